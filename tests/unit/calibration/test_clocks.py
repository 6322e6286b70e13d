"""On which days outcomes come: found where the history shows it, and as the model counts days."""

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pytest

from rpmsim.calibration.clocks import EVERY_DAY, WORKWEEK, make_clock, month_end_of, open_days_of
from rpmsim.calibration.stages_text import calendar_text
from tests.unit.calibration.spells import spells_of

FIRST, LAST = dt.date(2026, 1, 1), 729  # a Thursday; two years
NONE = np.zeros(0, dtype=np.int64)
EVIDENCE = SimpleNamespace(first=FIRST, last=LAST)


def exits_on(rng, weights, n):
    """Exits on days in proportion to weights, of records that entered ten days before."""
    days = rng.choice(np.arange(10, LAST + 1), n, p=weights[10 : LAST + 1] / weights[10 : LAST + 1].sum())
    return spells_of(days - 10, days, np.zeros(n))


def test_workdays_are_found():
    rng = np.random.default_rng(1)
    work = make_clock(EVIDENCE, WORKWEEK, NONE)
    assert open_days_of(exits_on(rng, work.weights, 300), FIRST.weekday()) == WORKWEEK
    assert open_days_of(exits_on(rng, np.ones(LAST + 1), 300), FIRST.weekday()) == EVERY_DAY
    assert open_days_of(exits_on(rng, work.weights, 20), FIRST.weekday()) == EVERY_DAY  # too few to see


def test_names_and_texts():
    saturday = make_clock(EVIDENCE, (True,) * 6 + (False,), NONE)
    assert (saturday.name, saturday.text) == ("mon_sat", {"open": "Mon-Sat"})
    rush = make_clock(EVIDENCE, WORKWEEK, NONE, (3.0, 1.5))
    assert (rush.name, rush.text) == ("work_month_end", {"weekdays": "work", "month_end": [3.0, 1.5]})
    assert make_clock(EVIDENCE, EVERY_DAY, NONE, (2.0,)).text == {"month_end": [2.0]}
    assert make_clock(EVIDENCE, EVERY_DAY, NONE).is_calendar


@pytest.mark.parametrize("open_days", [EVERY_DAY, WORKWEEK])
def test_a_month_end_rush_is_found(open_days):
    rng = np.random.default_rng(2)
    plain = make_clock(EVIDENCE, open_days, NONE)
    rush = make_clock(EVIDENCE, open_days, NONE, (3.0, 2.0))
    found = month_end_of(exits_on(rng, rush.weights, 3000), EVIDENCE, plain)
    assert len(found) == 2
    assert found == pytest.approx((3.0, 2.0), rel=0.2)


def test_no_rush_is_made_up():
    rng = np.random.default_rng(3)
    plain = make_clock(EVIDENCE, WORKWEEK, NONE)
    assert not any(month_end_of(exits_on(rng, plain.weights, 600), EVIDENCE, plain) for _ in range(200))


@pytest.mark.parametrize("quarter", [(), (0.6, 1.0, 1.4)])
@pytest.mark.parametrize("month_end", [(), (3.0, 1.5)])
def test_ages_are_those_of_the_model(month_end, quarter):
    """A delay of x ends on the first day on which the weights of the days after its start add up to x."""
    clock = make_clock(EVIDENCE, WORKWEEK, NONE, month_end, quarter)
    entered = np.arange(300, 360)
    for age in (1, 2, 5, 17):
        for start, end in zip(entered, clock.when(entered, age), strict=True):
            sums = np.cumsum(clock.weights[start + 1 :])
            assert end == start + 1 + int(np.argmax(sums >= age - 1e-9))
            assert clock.age(np.array([start]), np.array([end]))[0] >= age
    assert clock.weights[LAST + 1 : LAST + 366].mean() == pytest.approx(
        1.0 if month_end or quarter else 261 / 365, abs=0.01
    )


def test_weights_equal_those_of_the_engine(tmp_path):
    """The same clock in a scenario has the same weights."""
    import rpmsim

    clock = make_clock(EVIDENCE, WORKWEEK, NONE, (3.0, 1.5))
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"""
name: Plan
as_of: {FIRST + dt.timedelta(LAST)}
until: 2028-12-31
calendar: {{work: Mon-Fri, clocks: {{work_month_end: {{weekdays: work, month_end: [3, 1.5]}}}}}}
segments: {{all: {{amount: 1k}}}}
channels: {{web: {{leads: 1 per day, into: deal}}}}
stages:
  deal: {{kind: opportunity, to: {{won: {{share: 30%, median: 9 days, clock: work_month_end}}, lost: {{share: rest}}}}}}
opening: {{}}
""",
        encoding="utf-8",
    )
    calendar = rpmsim.load_scenario(path).model.calendar
    weights = calendar.weights("work_month_end", FIRST + dt.timedelta(LAST + 1), 200)
    np.testing.assert_allclose(clock.weights[LAST + 1 : LAST + 201], weights, rtol=0.01)


def test_a_clock_keeps_its_days_whatever_the_calendar_calls_workdays():
    """Where staff work on Saturdays, `work` means six days: a clock of five days is stated as one of its own."""
    six = (True,) * 6 + (False,)
    five, staff = make_clock(EVIDENCE, WORKWEEK, NONE), make_clock(EVIDENCE, six, NONE)
    assert calendar_text([five, staff], six) == {"work": "Mon-Sat", "clocks": {"mon_fri": {"open": "Mon-Fri"}}}
    assert (five.called(six), staff.called(six)) == ("mon_fri", "work")
    assert calendar_text([five], EVERY_DAY) == {"clocks": {"mon_fri": {"open": "Mon-Fri"}}}
    assert calendar_text([five], WORKWEEK) == {"work": "Mon-Fri"}
    rush = make_clock(EVIDENCE, WORKWEEK, NONE, (3.0,))
    assert rush.stated(six) == {"weekdays": {"sat": 0, "sun": 0}, "holidays": "closed", "month_end": [3.0]}


@pytest.mark.parametrize("quarter", [(), (0.6, 1.0, 1.4)])
@pytest.mark.parametrize("month_end", [(), (3.0, 1.5)])
@pytest.mark.parametrize("workdays", [WORKWEEK, (True,) * 6 + (False,), EVERY_DAY])
def test_the_engine_runs_a_clock_as_stated(workdays, month_end, quarter, tmp_path):
    """Whatever the calendar calls workdays: five open days, closed on holidays."""
    import rpmsim

    begin = LAST + 1
    holidays = np.array([begin + 1, begin + 32, begin + 61])
    clock = make_clock(EVIDENCE, WORKWEEK, holidays, month_end, quarter)
    calendar = {"work": "Mon-Sun"} | calendar_text([clock], workdays)
    calendar["holidays"] = [str(FIRST + dt.timedelta(int(day))) for day in holidays]
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"""
name: Plan
as_of: {FIRST + dt.timedelta(LAST)}
until: 2028-12-31
calendar: {json.dumps(calendar)}
segments: {{all: {{amount: 1k}}}}
channels: {{web: {{leads: 1 per day, into: deal}}}}
stages:
  deal:
    kind: opportunity
    to: {{won: {{share: 30%, median: 9 days, clock: {clock.called(workdays)}}}, lost: {{share: rest}}}}
opening: {{}}
""",
        encoding="utf-8",
    )
    model = rpmsim.load_scenario(path).model
    weights = model.calendar.weights(clock.called(workdays), FIRST + dt.timedelta(begin), 200)
    np.testing.assert_allclose(clock.weights[begin : begin + 200], weights, rtol=0.01)
