"""From text to the model: times, shares and numbers."""

from __future__ import annotations

import math

import pytest

from rpmsim.errors import InputError
from rpmsim.model.cycle import NO_DELAY, Delay, Outcome
from rpmsim.model.distributions import Distribution, mean, shape_of
from rpmsim.model.number import ByClass, LeadClass, Number, median_of, resolve
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import model_of, outcome_of, stage_of

SMB = LeadClass("inbound", "smb", "hot")
NURTURE = (
    "  nurture: {to: {mql: {share: 20%, median: 61 days, returning: yes}, lost: {share: rest, after: 180 days}}}\n"
)
ENTERPRISE = LeadClass("inbound", "enterprise", "hot")


def outcome(text: str) -> Outcome:
    """The outcome `lost` of the stage `opportunity`, stated by a text."""
    model = model_of(("lost: {share: rest, median: 60 days}", f"lost: {{share: rest, {text}}}"))
    return outcome_of(model.content, "opportunity", "lost")


def distribution(text: str) -> Distribution:
    delay = outcome(text).delay
    assert isinstance(delay, Delay)
    return delay.distribution


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("median: 60 days", Distribution("lognormal", (("median", Number(60.0)),))),
            ("median: 60, p90: 90", Distribution("lognormal", (("median", Number(60.0)), ("p90", Number(90.0))))),
            ("median: 60, sigma: 0.5", Distribution("lognormal", (("median", Number(60.0)), ("sigma", Number(0.5))))),
            ("mean: 60, sd: 30", Distribution("lognormal", (("mean", Number(60.0)), ("sd", Number(30.0))))),
            ("law: gamma, mean: 60, shape: 2", Distribution("gamma", (("mean", Number(60.0)), ("shape", Number(2.0))))),
            ("law: gamma, median: 6, p90: 9", Distribution("gamma", (("median", Number(6.0)), ("p90", Number(9.0))))),
            (
                "law: weibull, scale: 60, shape: 2",
                Distribution("weibull", (("shape", Number(2.0)), ("scale", Number(60.0)))),
            ),
            ("after: 2 weeks", Distribution("fixed", (("value", Number(14.0)),))),
            ("table: {3 days: 20%, 1 week: 80%}", Distribution("table", points=((3.0, 0.2), (7.0, 0.8)))),
            ("table: [3, 4, 4.5]", Distribution("table", points=((3.0, 1.0), (4.0, 1.0), (4.5, 1.0)))),
        ],
    )
    def test_distributions(self, text: str, expected: Distribution) -> None:
        assert distribution(text) == expected

    def test_no_time_takes_no_day_and_a_stated_one_at_least_one(self) -> None:
        assert outcome_of(model_of().content, "mql", "nurture").delay == NO_DELAY
        assert outcome("median: 2").delay == Delay(distribution("median: 2"), least=1)
        assert outcome("median: 2, least: 0 days").delay == Delay(distribution("median: 2"), least=0)

    def test_workdays_run_on_the_clock_of_open_days(self) -> None:
        assert outcome("median: 5 workdays, p90: 9 workdays").delay.clock == "work"  # type: ignore[union-attr]
        assert outcome("median: 5, clock: closing").delay.clock == "closing"  # type: ignore[union-attr]
        assert outcome("median: 5").delay.clock == "calendar"  # type: ignore[union-attr]

    def test_parts_by_different_classes_make_one_distribution_by_both(self) -> None:
        delay = outcome("median: {smb: 5, enterprise: 50}, p90: {inbound: 100, outbound: 200}").delay
        for lead, parts in (
            (SMB, (5.0, 100.0)),
            (ENTERPRISE, (50.0, 100.0)),
            (LeadClass("outbound", "enterprise", "hot"), (50.0, 200.0)),
        ):
            assert dict(resolve(delay, lead).distribution.parameters) == {
                "median": Number(parts[0]),
                "p90": Number(parts[1]),
            }

    def test_median_and_p90_hold(self) -> None:
        shape = shape_of(distribution("median: 60, p90: 90"), median_of)
        assert math.exp(shape.a) == pytest.approx(60)
        assert math.exp(shape.a + 1.2815515655446004 * shape.b) == pytest.approx(90)
        assert mean(shape_of(distribution("mean: 60, sd: 30"), median_of)) == pytest.approx(60)


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

    def test_a_stage_may_lead_to_itself_in_time(self) -> None:
        model = model_of(("nurture: {share: 30%}", "mql: {share: 30%, median: 9}"), (NURTURE, ""))
        assert outcome_of(model.content, "mql", "mql").share == Number(0.3)

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


def test_tables_by_class() -> None:
    delay = outcome("table: {smb: {5 days: 40%, 9 days: 60%}, enterprise: [20 workdays, 30 workdays]}").delay
    assert isinstance(delay, ByClass)
    assert [(name, case.distribution.points, case.clock) for name, case in delay.cases] == [
        ("smb", ((5.0, 0.4), (9.0, 0.6)), "calendar"),
        ("enterprise", ((20.0, 1.0), (30.0, 1.0)), "work"),
    ]


def test_tables_by_class_in_what_ifs(what_if: WhatIf) -> None:
    path = "stages.opportunity.to.lost"

    def points(*texts: str) -> dict[str, tuple[tuple[float, float], ...]]:
        delay = outcome_of(what_if(*texts).model.content, "opportunity", "lost").delay
        cases = {} if isinstance(delay, Delay) else {name: case.distribution.points for name, case in delay.cases}
        default = delay if isinstance(delay, Delay) else delay.default
        return cases | {"": default.distribution.points}

    one = f"{path}.table: {{4 days: 1, 8 days: 3}}"
    assert points(one) == {"": ((4.0, 1.0), (8.0, 3.0))}
    # A map by class over a single table keeps it for all classes that it does not list, and merges class by class.
    smb = f"{path}.table: {{smb: {{2 days: 1}}}}"
    assert points(one, smb) == {"smb": ((2.0, 1.0),), "": ((4.0, 1.0), (8.0, 3.0))}
    assert points(one, smb, f"{path}.table.smb: [3 days]")["smb"] == ((3.0, 1.0),)
    assert points(one, smb, f"{path}.time: x2") == {"smb": ((4.0, 1.0),), "": ((8.0, 1.0), (16.0, 3.0))}
    assert points(one, smb, f"{path}.table.smb: x3")["smb"] == ((6.0, 1.0),)
    assert points(one, smb, one) == {"": ((4.0, 1.0), (8.0, 3.0))}


def test_a_class_without_a_table_is_an_error() -> None:
    with pytest.raises(InputError, match="enterprise"):
        outcome("table: {smb: {5 days: 40%, 9 days: 60%}}")
