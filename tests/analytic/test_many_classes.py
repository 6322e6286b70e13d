"""More classes than an integer has bits: each has the flow that it would have alone."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.model.cycle import Stage
from rpmsim.model.money import Segment
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, errors_of_mean
from tests.reference.models import channel, days, model, n, out, stage
from tests.reference.record import Record

SEGMENTS = 150
DAYS = 40
RATE = 1.5
"""Leads of a segment a day."""


def of_segments(*stages: Stage, handles: float) -> Model:
    """Stages, the first one a desk, into which as many leads of every segment come."""
    names = [f"s{i}" for i in range(SEGMENTS)]
    mix = (*((name, n(1 / SEGMENTS)) for name in names[:-1]), (names[-1], None))
    return model(
        list(stages),
        [channel("one", "deal", RATE * SEGMENTS, mix=mix)],
        [Role("rep", heads=n(1), per_day=n(handles))],
        [Segment(name) for name in names],
        days=DAYS,
        period="year",
    )


def loop(*, handles: float) -> Model:
    """A desk; those who do not win rest for three days, and half of them come back to it."""
    return of_segments(
        stage("deal", out("won", 0.4, days(1)), out("rest", None, days(0, least=0)), worked_by="rep"),
        stage("rest", out("deal", 0.5, days(3)), out("lost", None, days(0, least=0))),
        handles=handles,
    )


def from_desk(built: Model, arrays: dict[str, np.ndarray], to: str = "won") -> np.ndarray:
    """Moves from the desk, wins unless stated, by replication and segment."""
    edge = Record(built).labels["edge"].index(("deal", to))
    return arrays["moves"][:, 0, edge, 0].astype(float)


def wins_of_a_segment() -> float:
    """Of one who is never kept waiting: 0.4 win a day later, 0.3 are back after three days."""
    entries = np.zeros(DAYS)
    for day in range(DAYS):
        entries[day] = RATE + (0.3 * entries[day - 3] if day >= 3 else 0.0)
    return float(0.4 * entries[:-1].sum())


def test_each_of_many_classes_has_its_own_flow(sample: Sample) -> None:
    """A desk that takes up all at once; every segment has the same expectation."""
    built = loop(handles=10 * RATE * SEGMENTS)
    wins = from_desk(built, sample(built, 800, 51))
    assert_agrees("wins", errors_of_mean(wins, np.full(SEGMENTS, wins_of_a_segment())))


def test_each_of_many_classes_gives_up_alike(sample: Sample) -> None:
    """Nobody is taken up: of those who came ``n`` days ago, 0.8 to the power of ``n`` are still there."""
    desk = stage("deal", out("won", None, days(1)), worked_by="rep", gives_up=(n(0.2), "lost"))
    built = of_segments(desk, handles=0)
    gone = from_desk(built, sample(built, 400, 53), "lost")
    expected = RATE * sum(1 - 0.8**age for age in range(DAYS))
    assert_agrees("gave up", errors_of_mean(gone, np.full(SEGMENTS, expected)))


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_many_classes_share_a_desk_that_is_too_small(sample: Sample, share: float) -> None:
    """The desk is always busy, first in, first out: it takes up what it can, and no segment is passed over."""
    a_day = share * RATE * SEGMENTS
    built = loop(handles=a_day)
    arrays = sample(built, 400, 52)
    np.testing.assert_array_equal(arrays["taken_up"][:, 0, 0], int(a_day * DAYS + 1e-9))
    through = int(a_day * (DAYS - 1) + 1e-9)
    assert_agrees("wins", errors_of_mean(from_desk(built, arrays), np.full(SEGMENTS, 0.4 * through / SEGMENTS)))
