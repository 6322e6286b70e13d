"""Statistics of lives, worked by hand: four leads in one stage over ten days, two periods of five days."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.kernel.lifetimes import MEAN, MEDIAN, P90, Shape, lifetimes_of
from rpmsim.kernel.lives import LONG_AGO, NEVER, Leads, Visits
from rpmsim.kernel.log import ANSWERED, FIELDS

DAYS = 10
UP, OUT = 0, 1
"""Edges: one advances, one does not."""


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


SHAPE = Shape(
    days=DAYS,
    history=20,
    period_of=np.repeat(ints(0, 1), 5),
    last_day=ints(4, 9),
    cell_of=ints(0, 1),
    member=np.array([[0, 1, -1, -1], [0, 2, -1, -1]], dtype=np.int64),
    breakdowns=3,
    channel_of=ints(0, 1),
    channels=2,
    ends=ints(0, 1),
    advances=ints(1, 0),
    age_bins=ints(3, 6),
)


@pytest.fixture(scope="module")
def found():
    # lead, class, entered, left, edge: 0 leaves upward after 2 days, 1 goes after 5, 2 is there for 3 days at the end,
    # 3 has been there since day -6 and leaves on day 8.
    visits = Visits(
        lead=ints(0, 1, 2, 3),
        stage=ints(0, 0, 0, 0),
        lead_class=ints(0, 0, 1, 1),
        entered=ints(0, 4, 6, -6),
        queued=ints(0, 4, 6, -6),
        begun=ints(1, 4, NEVER, -6),
        left=ints(2, 9, NEVER, 8),
        edge=ints(UP, OUT, -1, UP),
    )
    leads = Leads(
        created=ints(0, 4, 6, LONG_AGO),
        opportunity=ints(2, NEVER, NEVER, 8),
        won=ints(5, NEVER, NEVER, NEVER),
        ended=ints(5, 9, NEVER, NEVER),
        lead_class=ints(0, 0, 1, 1),
    )
    log = np.zeros((3, FIELDS), dtype=np.int64)
    log[:, 0] = ANSWERED
    log[:, 3] = 1, 2, 7  # days
    log[:, 4] = 60, 600, 120  # minutes
    log[:, 7] = 3, 1, 1  # leads
    return lifetimes_of(log, visits, leads, SHAPE)


def test_time_in_the_stage_with_a_censored_lead(found):
    """Ages 2 and 5, and one seen for 3 days: 1/3 leaves on day 2, the rest, 2/3, on day 5."""
    np.testing.assert_allclose(found.time_in_stage[2, 0, 0], [2 * 1 / 3 + 5 * 2 / 3, 5, 5])


def test_a_period_goes_on_as_the_whole_where_it_was_not_seen(found):
    """The second period has the lead seen for 3 days alone; after them it leaves as the whole does, on day 5."""
    np.testing.assert_allclose(found.time_in_stage[1, 0, 0], [5, 5, 5])
    np.testing.assert_allclose(found.time_in_stage[0, 0, 0], [3.5, 2, 5])


def test_cohorts_count_their_moves_and_days(found):
    assert found.cohort_moves[0, :, 0].tolist() == [1, 1]
    assert found.stay_days[0, :, 0].tolist() == [2, 5]
    assert found.cohort_moves[1].sum() == 0


def test_those_who_are_open_advance_later_as_leads_of_their_age_did(found):
    """Of those still there after 3 days all left on day 5, and not upward: the open lead will not advance."""
    np.testing.assert_allclose(found.cohort_final[:, 0], [[1, 0], [0, 0]])


def test_cycles_are_among_those_who_get_there(found):
    """Three leads are created: one is an opportunity after 2 days, one goes, one is still under way."""
    assert found.cycle_begun[:, 0].tolist() == [[2, 0], [0, 1]]
    assert found.cycle_done[:, 0].tolist() == [[1, 0], [0, 0]]
    assert found.cycle[2, 0, 0, MEDIAN] == 2
    assert found.cycle[2, 1, 0, MEDIAN] == 3  # opportunity on day 2, won on day 5
    assert found.cycle[2, 2, 0, MEAN] == 5
    assert np.isnan(found.cycle[2, 2, 2]).all()  # nothing of the second channel was won


def test_ages_of_what_is_there_at_the_end_of_a_period(found):
    """On day 4: the lead of day 4, and the one of day -6; on day 9 only that of day 6."""
    np.testing.assert_allclose(found.age[0, 0, 0], [5, 0, 10])
    np.testing.assert_allclose(found.age[1, 0, 0], [3, 3, 3])
    assert found.aged[0, 0].tolist() == [[1, 0], [0, 0], [0, 1]]
    assert found.aged[1, 0].tolist() == [[0, 0], [0, 1], [0, 0]]


def test_waiting_and_response_times(found):
    """One lead waits at the end, for 3 days; of the five answered, three waited an hour, one two, one ten."""
    assert np.isnan(found.waiting_age[0, 0, 0]).all()
    np.testing.assert_allclose(found.waiting_age[1, 0, 0], [72, 72, 72])
    np.testing.assert_allclose(found.response[2, 0, 0], [(3 + 10 + 2) / 5, 1, 10])
    np.testing.assert_allclose(found.response[0, 0, 0], [13 / 4, 1, 10])
    assert found.response[1, 0, 0, P90] == 2


def test_stages_first_reached_by_period_of_creation(found):
    assert found.reached[:, :, 0].sum(axis=2).tolist() == [[2, 0], [1, 0]]
