"""Spend is one path in time, whoever wrote it: its carry-over runs over base, tables and dated changes alike."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from rpmsim.arrays.compile import compile_model
from rpmsim.scenario.load import load_scenario_text

PLAN = """
as_of: {as_of}
until: 2027-08
segments: {{all: {{}}}}
channels:
  paid:
    into: lead
    current: {{spend: 30k per month, leads: 310 per month}}
    elasticity: 0.3
    carry_over: {carry}
    spend: {spend}
stages: {{lead: {{to: {{won: {{share: 10%, median: 4 days}}, lost: {{share: rest}}}}}}}}
changes: {{{changes}}}
"""


def acting(spend: str, changes: str = "", carry: str = "75%", as_of: str = "2027-01-27") -> dict[dt.date, float]:
    """Spend that acts on each day, in thousands: what brings the leads of the day by the saturating curve."""
    text = PLAN.format(spend=spend, changes=changes, carry=carry, as_of=as_of)
    program = compile_model(load_scenario_text(text).model)
    rate = program.middle.rate[0, 0] * program.span.month_days / 310
    half = 30 * 0.3 / 0.7
    top = (30 + half) / 30
    return dict(zip(program.span.dates, half * rate / (top - rate), strict=True))


TABLE = "{2027-01: 30k, 2027-02: 30k, 2027-03: 30k, 2027-04: 96k, 2027-05: 12k, 2027-06: 12k, 2027-07: 0, 2027-08: 0}"


@pytest.mark.parametrize(
    ("spend", "changes"),
    [
        (
            "30k per month",
            (
                "up: {from: 2027-04, channels.paid.spend: 96k per month}, "
                "down: {from: 2027-05, channels.paid.spend: 12k per month}, "
                "off: {from: 2027-07, channels.paid.spend: 0}"
            ),
        ),
        ("{2027-01: 30k, 2027-02: 30k, 2027-03: 30k}", f"all: {{from: 2027-03, channels.paid.spend: {TABLE}}}"),
        (
            "30k per month",
            (
                f"all: {{from: 2027-02-10, channels.paid.spend: {TABLE}}}, "
                "less: {from: 2027-05, channels.paid.spend: 12k per month}, "
                "off: {from: 2027-07-01, channels.paid.spend: 0}"
            ),
        ),
        (TABLE, "other: {from: 2027-06-09, channels.paid.mix: {all: 100%}}"),
    ],
    ids=["changes", "a table in a change", "both", "a change of something else"],
)
@pytest.mark.parametrize("carry", ["0%", "75%"])
def test_who_wrote_the_spend_does_not_matter(spend: str, changes: str, carry: str) -> None:
    exact, found = acting(TABLE, carry=carry), acting(spend, changes, carry)
    assert found.keys() == exact.keys()
    np.testing.assert_allclose(list(found.values()), list(exact.values()), rtol=1e-9, atol=1e-9)


def test_effects_of_a_month_fade_by_the_weekly_recursion() -> None:
    """From a level of 30, 96 act with a quarter in the first week; whole weeks of one spend have a closed form."""
    found = acting("30k per month", "up: {from: 2027-05-03, channels.paid.spend: 96k per month}", as_of="2026-12-31")
    for week in range(12):
        for day in range(7):
            date = dt.date(2027, 5, 3) + dt.timedelta(7 * week + day)
            assert found[date] == pytest.approx(96 - 66 * 0.75 ** (week + 1))
    assert found[dt.date(2027, 5, 2)] == pytest.approx(30)


@pytest.mark.parametrize("carry", ["0%", "40%"])
def test_no_leads_come_before_the_money_is_spent(carry: str) -> None:
    """April begins on a Thursday: Monday to Wednesday know nothing of it, and what was spent acts on."""
    before = acting("{2027-01: 0, 2027-02: 0, 2027-03: 0, 2027-04: 0}", carry=carry)
    after = acting("{2027-01: 0, 2027-02: 0, 2027-03: 0, 2027-04: 50k}", carry=carry)
    first = dt.date(2027, 4, 1)
    for day in before:
        assert (after[day] == before[day]) == (day < first or (carry == "0%" and day >= dt.date(2027, 5, 1)))
    if carry == "0%":
        assert set(before.values()) == {0.0}
        assert after[first] == pytest.approx(50)
        assert after[dt.date(2027, 5, 1)] == 0


def test_the_current_spend_held_before_the_first_day() -> None:
    """The first day is a Thursday: half of its effect is of the spend before, of which the first week has 3 days."""
    found = acting("100k per month", carry="50%")
    assert found[dt.date(2027, 1, 28)] == pytest.approx(65)
    assert found[dt.date(2027, 2, 1)] == pytest.approx(0.5 * (3 * 30 + 4 * 65) / 7 + 50)


def test_spend_that_is_phased_in_moves_in_a_straight_line() -> None:
    found = acting("30k per month", "up: {from: 2027-03-01, phase: 40 days, channels.paid.spend: 110k per month}", "0%")
    start = dt.date(2027, 3, 1)
    for day in range(60):
        assert found[start + dt.timedelta(day)] == pytest.approx(30 + 80 * min(1, day / 40))
