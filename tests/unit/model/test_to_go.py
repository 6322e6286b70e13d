"""What of a target is still to go, against examples worked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from rpmsim.model.calendar import Calendar, periods
from rpmsim.model.plan import Actual, Content, Model, Target
from rpmsim.model.to_go import targets_to_go

YEAR = Target("bookings", "2027", dt.date(2027, 1, 1), dt.date(2027, 12, 31), 1000.0)
APRIL_TO_JUNE = Target("bookings", "2027-Q2", dt.date(2027, 4, 1), dt.date(2027, 6, 30), 300.0)
MODEL = Model(
    "plan", "", "USD", dt.date(2026, 12, 31), dt.date(2027, 6, 30), Calendar(), Content((), (), (), ()),
    targets=(YEAR, APRIL_TO_JUNE),
)  # fmt: skip
BOOKED = np.array([[100.0, 50.0, 0.0, 200.0, 150.0, 10.0], [0.0] * 6])


def to_go(model: Model) -> np.ndarray:
    return targets_to_go(model, periods(model.first_day, model.until, "month", model.calendar), BOOKED)


def test_each_period_has_the_shortest_target_that_holds_it_less_what_was_booked_since_its_start() -> None:
    # Of the year 1,000, then 900 and 850; from April on the quarter's 300, then 100 and, with 350 booked, -50.
    np.testing.assert_array_equal(to_go(MODEL), [[1000, 900, 850, 300, 100, -50], [1000, 1000, 1000, 300, 300, 300]])


def test_actuals_to_date_are_booked_already_and_a_gap_makes_it_unknown() -> None:
    begun = replace(MODEL, as_of=dt.date(2027, 1, 10))
    january = Actual("bookings", "January to date", dt.date(2027, 1, 1), dt.date(2027, 1, 10), 40.0)
    stated = to_go(replace(begun, actuals=(january,)))
    np.testing.assert_array_equal(stated[0], [960, 860, 810, 300, 100, -50])
    np.testing.assert_array_equal(to_go(begun)[0], [np.nan, np.nan, np.nan, 300, 100, -50])


def test_targets_of_other_metrics_and_of_parts_of_a_period_say_nothing_of_it() -> None:
    short = replace(YEAR, first=dt.date(2027, 1, 15), last=dt.date(2027, 2, 28))
    deals = replace(YEAR, metric="wins")
    found = to_go(replace(MODEL, targets=(short, deals)))[0]
    np.testing.assert_array_equal(found, [np.nan] * 6)  # January holds days before the target begins


def test_what_is_booked_before_a_target_begins_does_not_count() -> None:
    found = to_go(replace(MODEL, targets=(replace(YEAR, first=dt.date(2027, 2, 1)),)))[0]
    np.testing.assert_array_equal(found, [np.nan, 1000, 950, 950, 750, 600])
