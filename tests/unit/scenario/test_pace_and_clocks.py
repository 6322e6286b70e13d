"""Random effects by period, and clocks by month, date and whole days: how they are stated, changed and refused."""

from __future__ import annotations

import datetime as dt

import pytest

from rpmsim.errors import ScenarioWarning
from rpmsim.model.calendar import Calendar
from rpmsim.model.cycle import NO_DELAY, RandomEffect
from rpmsim.model.number import Number
from rpmsim.scenario import load_scenario_text
from rpmsim.scenario.differences import differences
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import loaded, model_of, outcome_of, stage_of

NURTURE = "nurture: {share: 30%}"
WON = "median: {smb: 25 days, enterprise: 150 days}}"
CLOCKS = "clocks: {closing: {weekdays: work, month_end: [3, 1.5]}}"


def stating(line: str) -> tuple[str, str]:
    """A line of the stage `mql`."""
    return "worked_by: sdr\n", f"worked_by: sdr\n    {line}\n"


@pytest.mark.parametrize(
    ("line", "sigma", "every"),
    [
        ("shock: 10%", 0.1, "quarter"),
        ("shock: {sigma: 10%}", 0.1, "quarter"),
        ("shock: {sigma: 10%, every: month, owner: Ana}", 0.1, "month"),
        ("shock: {value: 10%, every: week}", 0.1, "week"),
        ("shock: {sigma: {value: 10%, owner: Ana}, every: day}", 0.1, "day"),
        ("pace: 15%", 0.15, "week"),
        ("pace: {sigma: 150%, every: day}", 1.5, "day"),
    ],
)
def test_a_random_effect(line: str, sigma: float, every: str) -> None:
    stage = stage_of(model_of(stating(line)).content, "mql")
    effect = stage.shock if line.startswith("shock") else stage.pace
    assert effect == RandomEffect(Number(sigma), every)  # type: ignore[arg-type]


def test_a_range_keeps_its_name_and_history() -> None:
    shock = stage_of(model_of(stating("shock: {low: 5%, high: 15%, owner: Ana}")).content, "mql").shock
    assert shock is not None
    assert (shock.sigma.low, shock.sigma.high, shock.sigma.name) == (0.05, 0.15, "stages.mql.shock")


def test_an_outcome_has_a_pace_of_its_own() -> None:
    content = model_of((WON, f"{WON[:-1]}, pace: {{sigma: 120%, every: day}}}}")).content
    assert outcome_of(content, "opportunity", "won").pace == RandomEffect(Number(1.2), "day")
    assert outcome_of(content, "opportunity", "lost").pace is None
    assert stage_of(content, "opportunity").pace is None


def test_what_ifs_change_the_sigma(what_if: WhatIf) -> None:
    def pace_of(*texts: str, overrides: dict[str, str] | None = None) -> RandomEffect | None:
        return stage_of(what_if(*texts, overrides=overrides).model.content, "mql").pace

    first = "stages.mql.pace: {sigma: 20%, every: month}"
    assert pace_of(first, "stages.mql.pace: x1.5") == RandomEffect(Number(0.3), "month")
    assert pace_of(first, "stages.mql.pace.sigma: 10%") == RandomEffect(Number(0.1), "month")
    assert pace_of("stages.mql.pace: 20%", "stages.mql.pace.every: quarter") == RandomEffect(Number(0.2), "quarter")
    assert pace_of("stages.mql.pace: {value: 20%, owner: Ana}", "stages.mql.pace: x0.5") == RandomEffect(
        Number(0.1), "week"
    )
    assert pace_of(first, "stages.mql.pace: null") is None
    assert pace_of(first, overrides={"stages.mql.pace.sigma": "5%"}) == RandomEffect(Number(0.05), "month")


def test_a_dated_change_touches_the_sigma_and_no_other_key(what_if: WhatIf) -> None:
    base = "stages.mql.pace: {sigma: 20%, every: month}"
    scenario = what_if(base, "changes: {rush: {from: 2027-07, stages.mql.pace.sigma: 40%}}")
    (change,) = scenario.model.changes
    assert stage_of(change.content, "mql").pace == RandomEffect(Number(0.4), "month")


def test_differences_and_the_resolved_text() -> None:
    one, other = (
        loaded(stating(f"pace: {{sigma: {sigma}, every: {every}}}"))
        for sigma, every in (("15%", "week"), ("20%", "month"))
    )
    every = "Stage mql, pace every"
    words = [difference.words for difference in differences(one, other)]
    assert words == ["Stage mql, pace sigma: from 15% to 20% (+5 points, +33.3%)", f"{every}: from week to month"]
    assert load_scenario_text(other.resolved_text()).model == other.model


def test_a_pace_needs_time() -> None:
    with pytest.warns(ScenarioWarning, match=r"nurture\.pace: `pace` has no effect without a time"):
        loaded((NURTURE, "nurture: {share: 30%, pace: 10%}"))


def clock(text: str) -> Calendar:
    return model_of((CLOCKS, f"clocks: {{closing: {{}}, own: {{{text}}}}}")).calendar


def weights(text: str, first: str, days: int) -> list[float]:
    return clock(text).weights("own", dt.date.fromisoformat(first), days)


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("open: Mon-Sat", "2027-02-05", [1, 1, 0, 1]),
        ("open: Mon-Sat, dates: {2027-02-06: 0, 2027-02-07: 1}", "2027-02-05", [1, 0, 1, 1]),
        ("open: every day, months: {mar: 0}", "2027-02-27", [1, 1, 0, 0]),
    ],
)
def test_whole_days(text: str, first: str, expected: list[float]) -> None:
    assert weights(text, first, len(expected)) == expected


def test_whole_days_are_closed_on_holidays_unless_they_are_not() -> None:
    def friday(holidays: str) -> float:
        model = model_of(
            ("calendar: {work: Mon-Fri, ", "calendar: {work: Mon-Fri, holidays: [2027-02-05], "),
            (CLOCKS, f"clocks: {{closing: {{}}, own: {{open: Mon-Sat{holidays}}}}}"),
        )
        return model.calendar.weights("own", dt.date(2027, 2, 5), 1)[0]

    assert (friday(""), friday(", holidays: closed"), friday(", holidays: open")) == (0.0, 0.0, 1.0)


def test_months_are_scaled_and_single_days_are_not() -> None:
    year = weights("months: {jan: 0.5, dec: 2}", "2027-01-01", 365)
    assert sum(year) == pytest.approx(365)
    assert year[0] == pytest.approx(year[40] / 2)
    assert year[-1] == pytest.approx(year[40] * 2)
    single = weights("months: {jan: 0.5, dec: 2}, dates: {2027-12-24: 0, 2027-02-10: 3}", "2027-01-01", 365)
    assert single[40] == pytest.approx(3 * year[40])
    assert single[357] == 0.0
    assert all(a == b for i, (a, b) in enumerate(zip(year, single, strict=True)) if i not in (40, 357))


def test_a_single_day_takes_the_place_of_the_month_end() -> None:
    year = weights("month_end: [4], dates: {2027-03-31: 1}", "2027-03-30", 2)
    assert year[0] == pytest.approx(year[1])


def test_a_time_of_no_days_waits_on_some_clocks() -> None:
    stated = (NURTURE, "nurture: {share: 30%, clock: own}")
    waiting = model_of((CLOCKS, "clocks: {closing: {}, own: {open: Mon-Fri, closed_days: wait}}"), stated)
    assert outcome_of(waiting.content, "mql", "nurture").delay.clock == "own"  # type: ignore[union-attr]
    with pytest.warns(ScenarioWarning, match="`clock` has no effect without a time"):
        passing = model_of((CLOCKS, "clocks: {closing: {}, own: {open: Mon-Fri}}"), stated)
    assert outcome_of(passing.content, "mql", "nurture").delay == NO_DELAY


def test_clocks_of_a_parent_can_be_changed(what_if: WhatIf) -> None:
    own = "calendar.clocks.own: {open: Mon-Sat, dates: {2027-12-24: 0}}"
    first = f"{own}\nstages.mql.to.lost.clock: own"
    second = "calendar.clocks.own.dates: {2027-12-31: 0}\ncalendar.clocks.own.closed_days: wait"
    changed = what_if(first, second).model.calendar.clock("own")
    assert changed.dates == ((dt.date(2027, 12, 24), 0.0), (dt.date(2027, 12, 31), 0.0))
    assert changed.waits


@pytest.mark.parametrize(
    ("text", "open_days"),
    [("Mon", "1000000"), ("Mon, wed-Fri", "1011100"), ("Sat-Mon,Wed", "1010011"), ("every day", "1111111")],
)
def test_workdays_are_days_and_runs_of_days(text, open_days):
    found = model_of((CLOCKS, CLOCKS), ("work: Mon-Fri", f'work: "{text}"')).calendar.work
    assert "".join(str(int(day)) for day in found) == open_days
