"""Dated changes: each builds on all before it, and the shape of the plan holds for the whole run."""

from __future__ import annotations

import datetime as dt

import pytest

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Change
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import END, diagnostics_of, edited, model_of, outcome_of

SMB = LeadClass("inbound", "smb", "hot")
ENTERPRISE = LeadClass("inbound", "enterprise", "hot")


def changes(text: str) -> tuple[Change, ...]:
    return model_of((END, f"changes: {{{text}}}")).changes


def median(change: Change, segment: int = 0) -> float:
    amount = change.content.segments[segment].amount
    assert amount is not None
    return dict(amount.distribution.parameters)["median"].mid


def test_they_are_applied_in_order_of_date_then_name() -> None:
    found = changes(
        "c: {from: 2027-09, segments.smb.amount: x2}, b: {from: 2027-07, segments.smb.amount.median: 9k},"
        " a: {from: 2027-07, segments.*.amount: +10%}"
    )
    assert [(change.name, change.start) for change in found] == [
        ("a", dt.date(2027, 7, 1)),
        ("b", dt.date(2027, 7, 1)),
        ("c", dt.date(2027, 9, 1)),
    ]
    assert [median(change) for change in found] == [pytest.approx(8800), pytest.approx(9000), pytest.approx(18000)]
    assert [median(change, 1) for change in found] == [pytest.approx(154e3)] * 3


def test_the_plan_before_a_change_stays() -> None:
    model = model_of((END, "changes: {a: {from: 2027-07, stages.opportunity.to.won.share: odds x0.95}}"))
    before, after = (
        outcome_of(content, "opportunity", "won").share for content in (model.content, model.changes[0].content)
    )
    assert resolve(before, SMB) == Number(0.3)
    odds = resolve(after, SMB).mid
    assert odds / (1 - odds) == pytest.approx(0.95 * 0.3 / 0.7)
    assert resolve(after, ENTERPRISE).name == "stages.opportunity.to.won.share.enterprise"


def test_how_it_comes_in() -> None:
    (change,) = changes(
        "a: {from: FY27-Q3, phase: 60 days, affects: open, channels.inbound.leads: 50 per week, owner: Ana}"
    )
    assert (change.start, change.phase_days, change.affects_open) == (dt.date(2027, 7, 1), 60, True)
    assert change.content.channels[0].rate == Number(50.0)


def test_statements_may_be_nested_maps() -> None:
    (change,) = changes("a: {from: 2027-07, stages: {mql: {to: {opportunity: {share: {smb: +2 points}, time: x0.5}}}}}")
    outcome = outcome_of(change.content, "mql", "opportunity")
    assert resolve(outcome.share, SMB) == Number(0.16)
    assert outcome.delay.distribution == Distribution("lognormal", (("median", Number(6.0)), ("p90", Number(15.0))))  # type: ignore[union-attr]


def test_a_range_of_a_change_is_named_by_its_place() -> None:
    (change,) = changes("a: {from: 2027-07, roles.sdr.leaves: 1% to 5% per month}")
    assert change.content.roles[0].leaves_per_month.name == "changes.a.roles.sdr.leaves"


def test_null_takes_away_from_the_day_on() -> None:
    (change,) = changes("a: {from: 2027-07, roles.sdr.backfill: null}")
    assert change.content.roles[0].backfill is None


def test_a_what_if_merges_with_the_parents_change_statement_by_statement(what_if: WhatIf) -> None:
    base = edited((END, "changes: {a: {from: 2027-07, segments.smb.amount: +10%, segments.enterprise.amount: +10%}}"))
    scenario = what_if(
        "changes: {a: {from: 2027-08, segments: {smb: {amount: +20%}}}, "
        "b: {from: 2027-09, roles.sdr.pay: 5k per month}}",
        base=base,
    )
    first, second = scenario.model.changes
    assert (first.start, median(first), median(first, 1)) == (
        dt.date(2027, 8, 1),
        pytest.approx(9600),
        pytest.approx(154e3),
    )
    assert second.name == "b"
    assert what_if("changes: {a: null}", base=base).model.changes == ()
    (left,) = what_if("changes: {a: {segments.smb.amount: null}}", base=base).model.changes
    assert (median(left), median(left, 1)) == (8e3, pytest.approx(154e3))


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("{segments.smb.amount: +5%}", "without a date"),
        ("{from: 2027-13, segments.smb.amount: +5%}", "not a date or period"),
        ("{from: 2028-07, segments.smb.amount: +5%}", "after the last simulated day"),
        ("{from: 2027-07, stages.mql.kind: sal}", "`kind` cannot change by date"),
        ("{from: 2027-07, stages.opportunity.worked_by: ae}", "`worked_by` cannot change by date"),
        ("{from: 2027-07, roles.sdr.hires: {2027-08: 1}}", "`hires` cannot change by date"),
        ("{from: 2027-07, stages.mql.to.won.share: 5%}", "`won` does not exist before the change"),
        ("{from: 2027-07, stages.mql.to.nurture: null}", "`nurture` cannot be deleted by date"),
        ("{from: 2027-07, channels.paid.leads: 5 per month}", "`paid` does not exist before the change"),
        ("{from: 2027-07, stages.*.to.*.clock: work}", "`clock` cannot change by date"),
        ("{from: 2027-07, until: 2028}", "unknown key `until` in a dated change"),
        ("{from: 2027-07, segments.smb.amont: +5%}", "unknown key `amont` in a segment"),
        ("{from: 2027-07, segments.smb.amount.median: 20 days}", "wrong unit"),
        ("{from: 2027-07, stages.mql.to.nurture.share: 90%}", "more than 100%"),
        ("{from: 2027-07, stages.nurture.to.mql: {median: 3, least: 0 days}}", "a cycle that takes 0"),
        ("{from: 2027-07, roles.sdr.pay: +5%}", "a relative value, but"),
        ("{from: 2027-07, stages: 5}", "a change without a path"),
    ],
)  # fmt: skip
def test_errors(text: str, reported: str) -> None:
    diagnostics = diagnostics_of(edited((END, f"changes:\n  a: {text}")))
    assert any(reported in str(diagnostic) for diagnostic in diagnostics), [
        str(diagnostic) for diagnostic in diagnostics
    ]
    assert all(diagnostic.line is not None for diagnostic in diagnostics)


def test_what_is_wrong_before_is_not_reported_again_for_each_change() -> None:
    changes = "{a: {from: 2027-07, roles.sdr.leaves: 4% per month}, b: {from: 2027-08, roles.sdr.leaves: 5% per month}}"
    text = edited(
        (END, f"changes: {changes}"),
        ("{share: 30%}", "{share: 90%}"),
    )
    assert len(diagnostics_of(text)) == 1
