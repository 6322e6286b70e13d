"""From text to the model: each word means what the reference says."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from rpmsim.model.arrivals import Spend
from rpmsim.model.cycle import NO_DELAY, Delay, Outcome
from rpmsim.model.laws import Law, mean, shape_of
from rpmsim.model.number import ByClass, LeadClass, Number, median_of, resolve
from rpmsim.model.plan import Model, OpenDeal, OpeningStock
from rpmsim.scenario import load_scenario
from tests.unit.scenario.texts import END, edited, loaded, model_of, outcome_of, stage_of

SMB = LeadClass("inbound", "smb", "hot")
ENTERPRISE = LeadClass("inbound", "enterprise", "hot")


def outcome(text: str) -> Outcome:
    """The outcome `lost` of the stage `opportunity`, stated by a text."""
    model = model_of(("lost: {share: rest, median: 60 days}", f"lost: {{share: rest, {text}}}"))
    return outcome_of(model.content, "opportunity", "lost")


def law(text: str) -> Law:
    delay = outcome(text).delay
    assert isinstance(delay, Delay)
    return delay.law


def channel(text: str, *more: tuple[str, str]) -> Any:
    model = model_of(("leads: 40 per week", text), *more)
    return model.content.channels[0]


def role(text: str) -> Any:
    return model_of(("sdr: {heads: 6, handles: 9 per day each", f"sdr: {{{text}")).content.roles[0]


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("median: 60 days", Law("lognormal", (("median", Number(60.0)),))),
            ("median: 60, p90: 90", Law("lognormal", (("median", Number(60.0)), ("p90", Number(90.0))))),
            ("median: 60, sigma: 0.5", Law("lognormal", (("median", Number(60.0)), ("sigma", Number(0.5))))),
            ("mean: 60, sd: 30", Law("lognormal", (("mean", Number(60.0)), ("sd", Number(30.0))))),
            ("law: gamma, mean: 60, shape: 2", Law("gamma", (("mean", Number(60.0)), ("shape", Number(2.0))))),
            ("law: gamma, median: 6, p90: 9", Law("gamma", (("median", Number(6.0)), ("p90", Number(9.0))))),
            ("law: weibull, scale: 60, shape: 2", Law("weibull", (("shape", Number(2.0)), ("scale", Number(60.0))))),
            ("after: 2 weeks", Law("fixed", (("value", Number(14.0)),))),
            ("table: {3 days: 20%, 1 week: 80%}", Law("table", points=((3.0, 0.2), (7.0, 0.8)))),
            ("table: [3, 4, 4.5]", Law("table", points=((3.0, 1.0), (4.0, 1.0), (4.5, 1.0)))),
        ],
    )
    def test_laws(self, text: str, expected: Law) -> None:
        assert law(text) == expected

    def test_no_time_takes_no_day_and_a_stated_one_at_least_one(self) -> None:
        assert outcome_of(model_of().content, "mql", "nurture").delay == NO_DELAY
        assert outcome("median: 2").delay == Delay(law("median: 2"), least=1)
        assert outcome("median: 2, least: 0 days").delay == Delay(law("median: 2"), least=0)

    def test_workdays_run_on_the_clock_of_open_days(self) -> None:
        assert outcome("median: 5 workdays, p90: 9 workdays").delay.clock == "work"  # type: ignore[union-attr]
        assert outcome("median: 5, clock: closing").delay.clock == "closing"  # type: ignore[union-attr]
        assert outcome("median: 5").delay.clock == "calendar"  # type: ignore[union-attr]

    def test_parts_by_different_classes_make_one_law_by_both(self) -> None:
        delay = outcome("median: {smb: 5, enterprise: 50}, p90: {inbound: 100, outbound: 200}").delay
        for lead, parts in (
            (SMB, (5.0, 100.0)),
            (ENTERPRISE, (50.0, 100.0)),
            (LeadClass("outbound", "enterprise", "hot"), (50.0, 200.0)),
        ):
            assert dict(resolve(delay, lead).law.parameters) == {"median": Number(parts[0]), "p90": Number(parts[1])}

    def test_median_and_p90_hold(self) -> None:
        shape = shape_of(law("median: 60, p90: 90"), median_of)
        assert math.exp(shape.a) == pytest.approx(60)
        assert math.exp(shape.a + 1.2815515655446004 * shape.b) == pytest.approx(90)
        assert mean(shape_of(law("mean: 60, sd: 30"), median_of)) == pytest.approx(60)


class TestShares:
    def test_by_class_rest_and_ranges(self) -> None:
        content = model_of().content
        share = outcome_of(content, "mql", "opportunity").share
        assert resolve(share, SMB) == Number(0.14)
        name = "stages.mql.to.opportunity.share.enterprise"
        ranged = resolve(share, ENTERPRISE)
        assert (ranged.low, ranged.high, ranged.scale, ranged.name) == (0.2, 0.26, "share", name)
        assert outcome_of(content, "mql", "lost").share is None

    def test_nested_maps_and_other(self) -> None:
        model = model_of(
            ("share: {smb: 30%, enterprise: 12% to 18%}", "share: {smb: {inbound: 30%, other: 20%}, other: 15%}")
        )
        share = outcome_of(model.content, "opportunity", "won").share
        assert [
            resolve(share, LeadClass(*names, "hot")).mid
            for names in (("inbound", "smb"), ("outbound", "smb"), ("inbound", "enterprise"))
        ] == [0.3, 0.2, 0.15]

    def test_by_return_count_and_grade(self) -> None:
        model = model_of(("nurture: {share: 30%}", "nurture: {share: {0: 30%, 1: {hot: 20%, cold: 10%}, 2+: 5%}}"))
        share = outcome_of(model.content, "mql", "nurture").share
        leads = [
            LeadClass("inbound", "smb", grade, returns)
            for grade, returns in (("hot", 0), ("hot", 1), ("cold", 1), ("hot", 2))
        ]
        assert [resolve(share, lead).mid for lead in leads] == [0.3, 0.2, 0.1, 0.05]

    def test_rest_for_some_classes_only(self) -> None:
        model = model_of(
            ("nurture: {share: 30%}", "nurture: {share: {smb: rest, enterprise: 30%}}"),
            ("lost: {share: rest, median: 3 days}", "lost: {share: {smb: 50%, enterprise: rest}}"),
        )
        assert resolve(outcome_of(model.content, "mql", "nurture").share, SMB) is None
        assert resolve(outcome_of(model.content, "mql", "lost").share, ENTERPRISE) is None

    def test_leads_that_stay(self) -> None:
        change = ("lost: {share: rest, median: 3 days}", "lost: {share: 10%}\n    stays: {share: rest}")
        assert stage_of(model_of(change).content, "mql").stays == "rest"
        change = (change[0], "lost: {share: rest}\n    stays: 10%")
        assert stage_of(model_of(change).content, "mql").stays == Number(0.1)

    def test_kinds_decide_what_advances_unless_stated(self) -> None:
        content = model_of().content
        assert outcome_of(content, "mql", "opportunity").advances
        assert not outcome_of(content, "mql", "nurture").advances
        assert outcome_of(content, "nurture", "mql").advances
        model = model_of(("nurture: {share: 30%}", "nurture: {share: 30%, advances: yes}"))
        assert outcome_of(model.content, "mql", "nurture").advances


class TestNumbers:
    def test_a_number_with_its_history(self) -> None:
        text = (
            "share: {value: 23%, low: 20%, high: 26%, owner: Ana, source: CRM, date: 2026-10-30, note: from two years}"
        )
        share = outcome_of(model_of(("nurture: {share: 30%}", f"nurture: {{{text}}}")).content, "mql", "nurture").share
        assert share == Number(0.23, 0.2, 0.26, "share", "stages.mql.to.nurture.share")

    def test_a_range_may_stand_in_value(self) -> None:
        share = outcome_of(
            model_of(("{share: 30%}", "{share: {value: 20% to 26%, owner: Ana}}")).content, "mql", "nurture"
        ).share
        assert isinstance(share, Number)
        assert (share.low, share.high, share.name) == (0.2, 0.26, "stages.mql.to.nurture.share")

    def test_draw_names_the_parameter(self) -> None:
        share = outcome_of(
            model_of(("{share: 30%}", "{share: {low: 20%, high: 26%, draw: demand}}")).content, "mql", "nurture"
        ).share
        assert isinstance(share, Number)
        assert share.name == "demand"

    def test_an_alias_repeats_the_parameter(self) -> None:
        model = model_of(("enterprise: 12% to 18%", "enterprise: *part"), ("{share: 30%}", "{share: &part 12% to 18%}"))
        won = resolve(outcome_of(model.content, "opportunity", "won").share, ENTERPRISE)
        assert outcome_of(model.content, "mql", "nurture").share == won
        assert won.name == "stages.mql.to.nurture.share"


class TestChannels:
    @pytest.mark.parametrize(
        ("text", "unit"), [("40 per week", "week"), ("40 per day", "day"), ("40", "month"), ("40 per year", "year")]
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
            "leads: 40, change: +8%, growth: -1% per month, damping: 0.95, months: {jul: 0.5}, weekdays: {sat: 0, sun: 0}, "
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
        stated = channel("leads: 40, weekdays: work")
        assert stated.weekday_pattern == (1, 1, 1, 1, 1, 0, 0)
        assert stated.closed_on_holidays

    def test_spend_that_drives_leads(self) -> None:
        stated = channel(
            "spend: {2027-01: 60k}, current: {spend: 50k, leads: 150 per month}, elasticity: 0.4 to 0.6, carry_over: 30%"
        )
        assert isinstance(stated.spend, Spend)
        assert stated.spend.by_month == ((dt.date(2027, 1, 1), Number(60e3)),)
        assert (stated.spend.current_per_month, stated.spend.current_leads_per_month) == (Number(50e3), Number(150.0))
        assert stated.spend.carry_over == Number(0.3)
        assert stated.spend_per_month is None

    def test_spend_that_is_only_a_cost(self) -> None:
        assert channel("leads: 40, spend: 120k per year").spend_per_month == Number(10e3)
        assert channel("leads: 40, spend: {2027-03: 6k}").spend_by_month == ((dt.date(2027, 3, 1), Number(6e3)),)

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
                "response: {time: {median: {smb: 2 hours, enterprise: 30 minutes}}, probability: {power: 0.25}, sla: {smb: 1 day, enterprise: 4},"
                " load: {time: x1.02 per open item each, above: 30}}\n"
                "    queue: {order: deadline, priority: [hot], ties: [returning, inbound]}\n"
                "    load: {odds: x0.98 per open item each, above: 40}\n"
                "    gives_up: {share: 2% per day, to: lost}\n"
                "    timeout: {after: 4 months, to: lost}\n"
                "    odds: {returns: {1: x0.7, 2+: x0.5}, grade: {hot: x1.5}}\n"
                "    stretch: {enterprise: x1.3}\n"
                "    shock: 10%",
            )
        )
        stage = stage_of(model.content, "mql")
        response = stage.response
        assert resolve(response.time, SMB) == Law("lognormal", (("median", Number(2.0)),))
        assert resolve(response.time, ENTERPRISE) == Law("lognormal", (("median", Number(0.5)),))
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
        assert stage.shock == Number(0.1)

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
            "heads: 6, tenure: 1 year, handles: 9 per day each, hires: {2027-03: 2, 2027-04-15: +1}, time_to_fill: {median: 45, p90: 80}, "
            "pay: 66k per year, works: every day, leavers_items: queue, serves: [mql], team: {ana: {start: 2026-03-01, pay: 6k}, Ó Brien: {}}"
        )
        assert (stated.heads, stated.tenure_months) == (Number(6.0), Number(12.0))
        assert (stated.per_day, stated.in_hours, stated.holds) == (Number(9.0), False, None)
        assert stated.hires == ((dt.date(2027, 3, 1), Number(2.0)), (dt.date(2027, 4, 15), Number(1.0)))
        assert stated.ramp == (Number(0.3), Number(0.7), Number(1.0))
        assert stated.leaves_per_month == Number(0.03)
        assert stated.backfill == Law("fixed", (("value", Number(64.0)),))
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


class TestTheWhole:
    def test_horizon_calendar_and_targets(self) -> None:
        model = model_of(
            ("until: 2027-12", "until: FY27"),
            (
                "calendar: {work: Mon-Fri,",
                "calendar: {work: Sun-Thu, fiscal_year_starts: February, holidays: [2027-05-14],",
            ),
            (
                END,
                "targets: {bookings: {FY27-Q1: 2.2M, FY27: 11.5M}, wins: {2027-W30: 3}}\nreport: {period: fiscal_quarter}\ncurrency: CHF",
            ),
            ("as_of: 2026-12-31", "as_of: 2027-01-31"),
        )
        assert (model.as_of, model.until, model.days) == (dt.date(2027, 1, 31), dt.date(2028, 1, 31), 365)
        assert model.calendar.work == (True, True, True, True, False, False, True)
        assert model.calendar.holidays == (dt.date(2027, 5, 14),)
        assert [(t.metric, t.period, t.first, t.last, t.value) for t in model.targets] == [
            ("bookings", "FY27-Q1", dt.date(2027, 2, 1), dt.date(2027, 4, 30), 2.2e6),
            ("bookings", "FY27", dt.date(2027, 2, 1), dt.date(2028, 1, 31), 11.5e6),
            ("wins", "2027-W30", dt.date(2027, 7, 26), dt.date(2027, 8, 1), 3.0),
        ]
        assert (model.period, model.currency) == ("fiscal_quarter", "CHF")

    @pytest.mark.parametrize(
        ("until", "named", "last"),
        [("FY27", "start", "2028-01-31"), ("FY28", "end", "2028-01-31"), ("2027-Q2", "start", "2027-06-30"), ("2027-W30", "start", "2027-08-01"),
         ("2027-02", "start", "2027-02-28"), ("2027", "start", "2027-12-31"), ("FY27-Q4", "start", "2028-01-31")],
    )  # fmt: skip
    def test_periods_by_their_labels(self, until: str, named: str, last: str) -> None:
        model = model_of(
            ("until: 2027-12", f"until: {until}"), (END, ""),
            ("calendar: {work: Mon-Fri,", f"calendar: {{work: Mon-Fri, fiscal_year_starts: Feb, fiscal_year_named: {named},"),
            (", hires: {2027-03: 2}", ""),
        )  # fmt: skip
        assert model.until == dt.date.fromisoformat(last)

    def test_a_region_has_its_holidays(self) -> None:
        days = model_of(("work: Mon-Fri,", "work: Mon-Fri, holidays: DE-BY,")).calendar.holidays
        assert dt.date(2027, 5, 6) in days  # Ascension Day
        assert dt.date(2027, 1, 6) in days  # Epiphany: a holiday in Bavaria, not in Berlin
        assert {day.year for day in days} == {2025, 2026, 2027, 2028}

    def test_amounts_bands_and_costs(self) -> None:
        model = model_of(
            ("smb: {amount: {median: 8k, p90: 19k}}", "smb: {amount: 18k, label: Small, group: all}"),
            ("amount: {median: 140k, p90: 420k}", "amount: {median: 140k, p90: 420k, per: year, term: 2 years}"),
            ("  opportunity:\n", "  opportunity:\n    amount: here\n"),
            (
                END,
                "bands: {small: {below: 20k}, large: {}}\ncosts: {crm: 4k per month, fair: {kind: services, months: {2027-03: 20k}}}",
            ),
        )
        smb, enterprise = model.content.segments
        assert smb.amount is not None
        assert smb.amount.law == Law("fixed", (("value", Number(18e3)),))
        assert enterprise.amount is not None
        assert (enterprise.amount.per, enterprise.amount.term_months) == ("year", Number(24.0))
        assert [(band.name, band.below) for band in model.bands] == [("small", 20e3), ("large", None)]
        assert stage_of(model.content, "opportunity").amount_here
        assert model.content.costs[0].per_month == Number(4e3)
        assert model.content.costs[1].by_month == ((dt.date(2027, 3, 1), Number(20e3)),)

    def test_what_is_there_at_the_start(self) -> None:
        model = model_of(
            (
                END,
                "opening: {nurture: [{channel: inbound, segment: smb, grade: hot, returns: 1, age: 30 days, count: 120}], mql: [{channel: inbound, segment: smb, grade: cold, wait: 3, count: 2}]}",
            )
        )
        assert model.opening == (
            OpeningStock("nurture", "inbound", "smb", 120, 30, False, "hot", 1),
            OpeningStock("mql", "inbound", "smb", 2, 3, True, "cold"),
        )

    def test_open_records_as_map_list_and_csv_are_the_same(self, tmp_path: Any) -> None:
        as_map = "open: {A 1: {stage: opportunity, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot, amount: 12k, odds: x1.2}}"
        as_list = "open: [{id: A 1, stage: opportunity, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot, amount: 12k, odds: x1.2}]"
        rows = (
            "id,stage,entered,channel,segment,grade,amount,odds\nA 1,opportunity,2026-12-01,inbound,smb,hot,12k,x1.2\n"
        )
        as_text = "open: |\n" + "".join(f"  {line}\n" for line in rows.splitlines())
        (tmp_path / "deals.csv").write_text(rows)
        (tmp_path / "plan.yaml").write_text(edited((END, "open: deals.csv")))
        deal = OpenDeal("A 1", "opportunity", dt.date(2026, 12, 1), "inbound", "smb", 12e3, 1.2, grade="hot")
        for text in (as_map, as_list, as_text):
            assert model_of((END, text)).open_deals == (deal,)
        from_file = load_scenario(tmp_path / "plan.yaml")
        assert from_file.model.open_deals == (deal,)
        assert [file.path for file in from_file.files] == [str(tmp_path / "plan.yaml"), f"{tmp_path}/deals.csv"]

    def test_the_revision_of_open_deals(self) -> None:
        assert model_of((END, "revision: {median: 0.95, p90: 1.25}")).revision == Law(
            "lognormal", (("median", Number(0.95)), ("p90", Number(1.25)))
        )

    def test_one_segment_needs_no_mix(self) -> None:
        model = model_of(
            ("  enterprise: {amount: {median: 140k, p90: 420k}}\n", ""),
            (", mix: {smb: 90%, enterprise: rest}", ""), (", mix: {smb: 30%, enterprise: 70%}", ""),
            ("{smb: 14%, enterprise: 20% to 26%}", "14%"), ("{smb: ae, enterprise: ae_enterprise}", "ae"),
            ("{smb: 30%, enterprise: 12% to 18%}, median: {smb: 25 days, enterprise: 150 days}", "30%, median: 25"),
            ("  ae_enterprise: {heads: 4, holds: 12 each, hires: {2027-03: 2}}\n", ""),
        )  # fmt: skip
        assert model.content.channels[0].mix == (("smb", None),)

    def test_the_name_defaults_to_the_file(self) -> None:
        assert loaded(("name: Small\n", "")).name == "plan.yaml"

    def test_the_model_compares_by_meaning(self) -> None:
        assert model_of() == model_of(("40 per week", "40  per  week"))
        assert model_of() != model_of(("40 per week", "41 per week"))
        assert isinstance(model_of(), Model)
