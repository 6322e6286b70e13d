"""Clocks: which days weigh what."""

import datetime as dt

import pytest

from rpmsim.model.calendar import Calendar, Clock

CLOSING = Clock("closing", (1, 1, 1, 1, 1, 0, 0), holidays=True, month_end=(3.0, 1.5), quarter_end=(2.0,))


def weights(first: dt.date, days: int, *holidays: dt.date) -> list[float]:
    return Calendar(holidays=holidays, clocks=(CLOSING,)).weights("closing", first, days)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (dt.date(2027, 8, 30), [1.5, 3.0, 1.0, 1.0]),  # the month ends on a Tuesday
        (dt.date(2027, 10, 28), [1.5, 3.0, 0.0, 0.0, 1.0]),  # on a Sunday: the rush falls on the Friday
        (dt.date(2027, 9, 29), [1.5, 6.0, 1.0]),  # the end of a quarter
    ],
)
def test_the_rush_falls_on_the_last_days_on_which_the_clock_runs(first: dt.date, expected: list[float]) -> None:
    assert weights(first, len(expected)) == expected


def test_a_holiday_at_the_end_of_the_month_moves_the_rush() -> None:
    assert weights(dt.date(2027, 8, 27), 5, dt.date(2027, 8, 31)) == [1.5, 0.0, 0.0, 3.0, 0.0]
