"""From text to the model: channels, stages and people."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from rpmsim.model.arrivals import Spend, expected_per_day
from rpmsim.model.cycle import RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import ByClass, LeadClass, Number, median_of, resolve
from tests.unit.scenario.texts import model_of, stage_of

SMB = LeadClass("inbound", "smb", "hot")
ENTERPRISE = LeadClass("inbound", "enterprise", "hot")


def channel(text: str, *more: tuple[str, str]) -> Any:
    model = model_of(("leads: 40 per week", text), *more)
    return model.content.channels[0]


def role(text: str) -> Any:
    return model_of(("sdr: {heads: 6, handles: 9 per day each", f"sdr: {{{text}")).content.roles[0]


class TestChannels:
    @pytest.mark.parametrize(
        ("text", "unit"),
        [("40 per week", "week"), ("40 per day", "day"), ("40 per month", "month"), ("40 per year", "year")],
    )
    def test_rates(self, text: str, unit: str) -> None:
        stated = channel(f"leads: {text}")
        assert (stated.rate, stated.rate_unit) == (Number(40.0), unit)

    def test_by_month(self) -> None:
        stated = channel("leads: {2027-02: 50, 2027-01: 40}")
        assert stated.by_month == ((dt.date(2027, 1, 1), Number(40.0)), (dt.date(2027, 2, 1), Number(50.0)))
        assert stated.rate is None

    def test_pattern_trend_and_noise(self) -> None:
        stated = channel(
            "leads: 40 per month, change: +8%, growth: -1% per month, damping: 0.95, months: {jul: 0.5}, "
            "weekdays: {sat: 0, sun: 0}, "
            "holidays: closed, dispersion: 0.04, drift: {sigma: 4%, phi: 0.9, shared: 50%}"
        )
        assert stated.change == Number(1.08)
        assert (stated.growth_per_month, stated.damping) == (Number(-0.01), Number(0.95))
        assert stated.month_pattern == (1, 1, 1, 1, 1, 1, 0.5, 1, 1, 1, 1, 1)
        assert stated.weekday_pattern == (1, 1, 1, 1, 1, 0, 0)
        assert stated.closed_on_holidays
        assert (stated.dispersion, stated.drift_sigma, stated.drift_phi, stated.drift_shared) == (
            Number(0.04),
            Number(0.04),
            Number(0.9),
            Number(0.5),
        )

    def test_weekdays_of_work_are_the_open_days(self) -> None:
        stated = channel("leads: 40 per month, weekdays: work")
        assert stated.weekday_pattern == (1, 1, 1, 1, 1, 0, 0)
        assert stated.closed_on_holidays

    @pytest.mark.parametrize(
        ("stated", "closed"),
        [
            ("weekdays: work", True),
            ("weekdays: work, holidays: open", False),
            ("weekdays: work, holidays: closed", True),
            ("weekdays: {mon: 2}", False),
            ("weekdays: {mon: 2}, holidays: closed", True),
        ],
    )
    def test_weekdays_mean_the_same_for_channels_and_clocks(self, stated: str, closed: bool) -> None:
        """A holiday on a Tuesday, in a week that is worked from Sunday to Thursday."""
        built = model_of(
            ("leads: 40 per week", f"leads: 40 per week, {stated}"),
            (
                "work: Mon-Fri, clocks: {closing: {weekdays: work, month_end: [3, 1.5]}}",
                f"work: Sun-Thu, holidays: [2027-03-02], clocks: {{k: {{{stated}}}}}",
            ),
        )
        first = dt.date(2027, 3, 1)
        on_clock = built.calendar.weights("k", first, 3)
        arriving = expected_per_day(built.content.channels[0], built.calendar, first, 3, median_of)
        assert [on_clock[1] == 0, arriving[1] == 0] == [closed, closed]
        assert on_clock[2] > 0 < arriving[2]

    def test_spend_that_drives_leads(self) -> None:
        stated = channel(
            "spend: {2027-01: 60k}, current: {spend: 50k per month, leads: 150 per month}, "
            "elasticity: 0.4 to 0.6, carry_over: 30%"
        )
        assert isinstance(stated.spend, Spend)
        assert stated.spend.by_month == ((dt.date(2027, 1, 1), Number(60e3)),)
        assert (stated.spend.current_per_month, stated.spend.current_leads_per_month) == (Number(50e3), Number(150.0))
        assert stated.spend.carry_over == Number(0.3)
        assert stated.spend_per_month is None

    def test_spend_that_is_only_a_cost(self) -> None:
        assert channel("leads: 40 per month, spend: 120k per year").spend_per_month == Number(10e3)
        assert channel("leads: 40 per month, spend: {2027-03: 6k}").spend_by_month == (
            (dt.date(2027, 3, 1), Number(6e3)),
        )

    def test_leads_made_by_a_role_are_counted_per_open_day(self) -> None:
        made = model_of().content.channels[1]
        assert made.made_by == "sdr"
        open_days = 261 * 365.25 / 365  # 2027 begins on a Friday: 52 weeks of five days, and one more
        assert made.made_rate.mid == pytest.approx(20 * 12 / open_days)

    def test_mix_and_grades(self) -> None:
        stated = model_of().content.channels[0]
        assert stated.mix == (("smb", Number(0.9)), ("enterprise", None))
        assert stated.grades == (("hot", Number(0.2)), ("cold", None))
        model = model_of(
            ("grades: {hot: 20%, cold: rest}", "grades: {smb: {hot: 20%, cold: rest}, other: {hot: 50%, cold: 50%}}")
        )
        grades = model.content.channels[0].grades
        assert isinstance(grades, ByClass)
        assert grades.default == (("hot", Number(0.5)), ("cold", Number(0.5)))

    def test_the_one_stage_without_a_way_in_takes_leads_that_do_not_say_where(self) -> None:
        model = model_of(
            ("mql: {share: 20%, median: 61 days, returning: yes}, lost", "lost"),
            ("inbound: {into: mql, leads", "inbound: {leads"),
        )
        assert model.content.channels[0].into == "mql"


class TestStages:
    def test_built_in_ends_stand_behind_the_declared_stages(self) -> None:
        names = [(stage.name, stage.kind) for stage in model_of().content.stages]
        assert names == [
            ("mql", "mql"),
            ("opportunity", "opportunity"),
            ("nurture", "nurture"),
            ("won", "won"),
            ("lost", "lost"),
        ]

    def test_response_queue_and_limits(self) -> None:
        model = model_of(
            (
                "response: {time: {median: 2 hours}, odds: x0.8 per day waited, sla: 24 hours}",
                (
                    "response: {time: {median: {smb: 2 hours, enterprise: 30 minutes}}, probability: {power: 0.25},"
                    " sla: {smb: 1 day, enterprise: 4},"
                    " load: {time: x1.02 per open item each, above: 30}}\n"
                    "    queue: {order: deadline, priority: [hot], ties: [returning, inbound]}\n"
                    "    load: {odds: x0.98 per open item each, above: 40}\n"
                    "    gives_up: {share: 2% per day, to: lost}\n"
                    "    timeout: {after: 4 months, to: lost}\n"
                    "    odds: {returns: {1: x0.7, 2+: x0.5}, grade: {hot: x1.5}}\n"
                    "    stretch: {enterprise: x1.3}\n"
                    "    shock: 10%"
                ),
            )
        )
        stage = stage_of(model.content, "mql")
        response = stage.response
        assert resolve(response.time, SMB) == Distribution("lognormal", (("median", Number(2.0)),))
        assert resolve(response.time, ENTERPRISE) == Distribution("lognormal", (("median", Number(0.5)),))
        assert (response.decay, response.strength, response.acts_on) == ("power", Number(0.25), "probability")
        assert resolve(response.sla_hours, SMB) == Number(24.0)
        assert (response.load_stretch, response.load_above) == (Number(1.02), Number(30.0))
        assert (stage.queue.order, stage.queue.priority, stage.queue.ties) == (
            "deadline",
            ("hot",),
            ("returning", "inbound"),
        )
        assert stage.load is not None
        assert (stage.load.odds, stage.load.above) == (Number(0.98), Number(40.0))
        assert stage.gives_up == (Number(0.02), "lost")
        assert stage.timeout == (Number(4 * 365.25 / 12), "lost")
        returning = LeadClass("inbound", "smb", "cold", 2)
        assert [resolve(effect, returning).mid for effect in stage.odds] == [0.5, 1.0]
        assert [resolve(effect, SMB).mid for effect in stage.odds] == [1.0, 1.5]
        assert [resolve(effect, ENTERPRISE).mid for effect in stage.stretch] == [1.3]
        assert stage.shock == RandomEffect(Number(0.1), "quarter")

    def test_roles_by_class(self) -> None:
        worked_by = stage_of(model_of().content, "opportunity").worked_by
        assert (resolve(worked_by, SMB), resolve(worked_by, ENTERPRISE)) == ("ae", "ae_enterprise")
        model = model_of(
            (
                "worked_by: {smb: ae, enterprise: ae_enterprise}",
                "worked_by: {enterprise: ae_enterprise, other: nobody}",
            ),
            ("  ae: {heads: 4, holds: 25 each}\n", ""),
        )
        assert resolve(stage_of(model.content, "opportunity").worked_by, SMB) is None

    def test_hours_of_work(self) -> None:
        model = model_of(
            ("worked_by: sdr\n", "worked_by: sdr\n    work: {smb: 90 minutes, enterprise: 3}\n"),
            ("handles: 9 per day each", "handles: 6 hours per day each"),
        )
        work = stage_of(model.content, "mql").work_hours
        assert (resolve(work, SMB), resolve(work, ENTERPRISE)) == (Number(1.5), Number(3.0))
        assert model.content.roles[0].in_hours


class TestPeople:
    def test_a_role(self) -> None:
        stated = role(
            "heads: 6, tenure: 1 year, handles: 9 per day each, hires: {2027-03: 2, 2027-04-15: +1}, "
            "time_to_fill: {median: 45, p90: 80}, pay: 66k per year, works: every day, leavers_items: queue, "
            "serves: [mql], team: {ana: {start: 2026-03-01, pay: 6k per month}, Ó Brien: {}}"
        )
        assert (stated.heads, stated.tenure_months) == (Number(6.0), Number(12.0))
        assert (stated.per_day, stated.in_hours, stated.holds) == (Number(9.0), False, None)
        assert stated.hires == ((dt.date(2027, 3, 1), Number(2.0)), (dt.date(2027, 4, 15), Number(1.0)))
        assert stated.ramp == (Number(0.3), Number(0.7), Number(1.0))
        assert stated.leaves_per_month == Number(0.03)
        assert stated.backfill == Distribution("fixed", (("value", Number(64.0)),))
        assert stated.pay_per_month == Number(5500.0)
        assert stated.works_every_day
        assert (stated.leavers_items, stated.order) == ("queue", ("mql",))
        assert [(person.name, person.start, person.pay_per_month) for person in stated.team] == [
            ("ana", dt.date(2026, 3, 1), Number(6e3)),
            ("Ó Brien", None, None),
        ]

    def test_a_ramp_by_month_of_tenure(self) -> None:
        model = model_of(("ramp: [30%, 70%, 100%]", "ramp: {1: 30%, 3: 80%}"))
        assert model.content.roles[0].ramp == (Number(0.3), Number(0.3), Number(0.8))


def test_leads_enter_the_one_stage_to_which_only_nurture_leads_back() -> None:
    model = model_of(("inbound: {into: mql,", "inbound: {"))
    assert model.content.channels[0].into == "mql"
