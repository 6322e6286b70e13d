"""Fiscal years of whole weeks against published ones, and wherever periods are named."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

import rpmsim
from rpmsim.analysis.growth import base_of
from rpmsim.analysis.summary import summary
from rpmsim.errors import InputError
from rpmsim.model.calendar import Calendar, period_of, periods
from rpmsim.model.fiscal import FiscalWeeks
from rpmsim.scenario import load_scenario_text
from rpmsim.scenario.assemble.calendar import period_days

RETAIL = FiscalWeeks((4, 5, 4), "nearest", 5, 1)
"""The retail calendar: 4-5-4, to the Saturday nearest the end of January."""
AUTUMN = FiscalWeeks((5, 4, 4), "last", 5, 9)


@pytest.mark.parametrize(
    ("weeks", "ends", "first", "last", "count"),
    [
        (RETAIL, 2024, dt.date(2023, 1, 29), dt.date(2024, 2, 3), 53),
        (RETAIL, 2025, dt.date(2024, 2, 4), dt.date(2025, 2, 1), 52),
        (RETAIL, 2018, dt.date(2017, 1, 29), dt.date(2018, 2, 3), 53),
        (AUTUMN, 2023, dt.date(2022, 9, 25), dt.date(2023, 9, 30), 53),
        (AUTUMN, 2022, dt.date(2021, 9, 26), dt.date(2022, 9, 24), 52),
    ],
)
def test_years_are_the_published_ones(weeks: FiscalWeeks, ends: int, first: dt.date, last: dt.date, count: int) -> None:
    months = weeks.months(ends)
    assert (months[0][0], months[-1][1]) == (first, last)
    assert ((last - first).days + 1) / 7 == count
    lengths = [((b - a).days + 1) // 7 for a, b in months]
    assert lengths == [*(weeks.pattern * 4)[:11], weeks.pattern[2] + count - 52]
    assert {weeks.year_of(day) for day in (first, last)} == {ends}


@pytest.mark.parametrize("pattern", [(4, 4, 5), (4, 5, 4), (5, 4, 4)])
@pytest.mark.parametrize("rule", ["last", "nearest"])
@pytest.mark.parametrize("month", [1, 6, 12])
@pytest.mark.parametrize("named", ["start", "end"])
def test_periods_tile_the_days_and_read_back(pattern: tuple[int, int, int], rule: str, month: int, named: str) -> None:
    weeks = FiscalWeeks(pattern, rule, 5, month)  # type: ignore[arg-type]
    calendar = Calendar(fiscal_year_starts=month % 12 + 1, fiscal_year_named=named, fiscal_weeks=weeks)  # type: ignore[arg-type]
    for kind in ("fiscal_month", "fiscal_quarter", "fiscal_year"):
        found = periods(dt.date(2020, 1, 1), dt.date(2031, 12, 31), kind, calendar)  # type: ignore[arg-type]
        assert all(b.first == a.last + dt.timedelta(1) for a, b in pairwise(found))
        assert len({period.label for period in found}) == len(found)
        assert all(period_days(period.label, calendar) == period for period in found)
    last = period_of(dt.date(2027, 6, 30), "fiscal_year", calendar)
    assert (last.last.weekday(), len(last.label)) == (5, 4)


def test_names_follow_the_start_or_the_end() -> None:
    for named, label in (("start", "FY26-P12"), ("end", "FY27-P12")):
        calendar = Calendar(fiscal_year_starts=2, fiscal_year_named=named, fiscal_weeks=RETAIL)  # type: ignore[arg-type]
        assert period_of(dt.date(2027, 1, 29), "fiscal_month", calendar).label == label
    plain = Calendar(fiscal_year_starts=2)
    assert period_of(dt.date(2027, 4, 3), "fiscal_month", plain).label == "FY27-P03"
    assert period_days("FY27-P12", plain) == period_of(dt.date(2028, 1, 1), "fiscal_month", plain)


def test_growth_compares_periods_of_the_same_number() -> None:
    calendar = Calendar(fiscal_year_starts=2, fiscal_weeks=RETAIL)
    now = period_of(dt.date(2024, 2, 10), "fiscal_month", calendar)
    assert (now.label, now.first) == ("FY24-P01", dt.date(2024, 2, 4))
    before = base_of(now, "year before", calendar)
    assert before is not None
    assert (before.label, before.first, before.last) == ("FY23-P01", dt.date(2023, 1, 29), dt.date(2023, 2, 25))
    last = base_of(now, "period before", calendar)
    assert last is not None
    assert (last.label, last.last - last.first) == ("FY23-P12", dt.timedelta(34))


PLAN = """\
as_of: 2027-02-27
until: FY27-Q2
calendar: {{fiscal_pattern: 4-4-5, fiscal_year_ends: last Saturday of January{calendar}}}
segments: {{all: {{amount: 1k}}}}
channels: {{web: {{into: deal, leads: 1 per day}}}}
stages: {{deal: {{to: {{won: {{share: 100%, after: 3 days}}}}}}}}
actuals: {{bookings: {{FY27-P01: 20k}}}}
targets: {{bookings: {{FY27-Q1: 80k, FY27-P01: 19k}}}}
changes: {{price: {{from: FY27-P05, segments.all.amount: +10%}}}}
report: {{period: fiscal_month}}
{more}"""


def test_a_plan_in_fiscal_months() -> None:
    scenario = load_scenario_text(PLAN.format(calendar="", more=""))
    model = scenario.model
    assert (model.until, model.changes[0].start) == (dt.date(2027, 7, 31), dt.date(2027, 5, 30))
    document = summary(rpmsim.simulate(scenario, 3, seed=1), model)
    entries = document["metrics"]["leads"]["periods"]
    assert [entry["period"] for entry in entries] == [f"FY27-P{i:02d}" for i in range(2, 7)]
    assert entries[1]["first"] == "2027-03-28"
    results = {target["period"]: (target["state"], target["actual"]) for target in document["targets"]}
    assert results == {"FY27-Q1": ("actual+simulated", 20e3), "FY27-P01": ("actual", 20e3)}
    assert load_scenario_text(scenario.resolved_text()).model.calendar == model.calendar


@pytest.mark.parametrize(
    ("calendar", "more", "says"),
    [
        (", fiscal_year_starts: March", "", "does not begin in the month after the one in which it ends"),
        ("", "roles: null\nopening: null\ncosts: {a: {months: {FY27-Q2: 3k}}}", "`FY27-Q2` is not three whole months"),
    ],
)
def test_what_does_not_fit_is_answered(calendar: str, more: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_scenario_text(PLAN.format(calendar=calendar, more=more.replace("roles: null\nopening: null\n", "")))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("4-4-5", "4-5-5", "is not a pattern of weeks"),
        ("last Saturday of January", "31 January", "last Saturday of January"),
        (", fiscal_year_ends: last Saturday of January", "", "`fiscal_pattern` without `fiscal_year_ends`"),
    ],
)
def test_half_a_calendar_is_answered(old: str, new: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_scenario_text(PLAN.format(calendar="", more="").replace(old, new))
