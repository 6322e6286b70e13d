"""Hazards against tables that were computed by hand, or published."""

import numpy as np
import pytest

from rpmsim.calibration.exposure import Ages
from rpmsim.calibration.hazards import Cause, Counted, counted, drawn_hazards
from rpmsim.model.hazards import leaving_by_age
from tests.unit.calibration.spells import every_day, spells_of


def incidence(spells, ages, outcomes):
    """Cumulative incidence of each outcome by age, without any prior."""
    clock = every_day(60)
    causes = [Cause(outcome, clock, ages) for outcome in outcomes]
    (counts,) = counted(spells, causes, np.ones(40), (np.zeros(len(spells), dtype=np.int64), 1))
    many = 1e9  # of each record, so that the prior of one day is nothing
    hazards = np.stack(
        [drawn_hazards(Counted(c.exits * many, c.at_risk * many), np.ones((1, 1))) for c in counts], axis=1
    )
    return np.cumsum(leaving_by_age(hazards, ages.starts), axis=2)[0]


def test_six_records():
    """Times 1 to 6 with the events censored, 1, 1, 2, 2, censored: outcome 2 has an incidence of 0.4 at time 6."""
    spells = spells_of(np.zeros(6), np.arange(1, 7), [-1, 0, 0, 1, 1, -1])
    curves = incidence(spells, Ages(np.arange(0, 8)), (0, 1))
    assert curves[1, 6] == pytest.approx(0.4, abs=1e-8)
    assert curves[0, 6] == pytest.approx(0.4, abs=1e-8)


def test_events_on_the_first_day_count():
    """Two of four leave on the day of entering, for different outcomes, and the others on the next day."""
    spells = spells_of(np.zeros(4), [0, 0, 1, 1], [0, 1, 0, 0])
    curves = incidence(spells, Ages(np.arange(0, 3)), (0, 1))
    np.testing.assert_allclose(curves[:, 0], [0.25, 0.25], atol=1e-8)
    np.testing.assert_allclose(curves[:, 1], [0.75, 0.25], atol=1e-8)


def test_renewals_of_a_published_cohort():
    """Survivors of seven years by thousand customers (Fader and Hardie, 2007, table 1): 869, 743, 653 ... 491."""
    survivors = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
    lost = -np.diff(survivors)
    years = np.repeat(np.arange(1, 8), lost)
    until = np.concatenate([years, np.full(491, 7)])
    outcome = np.concatenate([np.zeros(len(years)), np.full(491, -1)])
    curves = incidence(spells_of(np.zeros(1000), until, outcome), Ages(np.arange(0, 9)), (0,))
    np.testing.assert_allclose(1 - curves[0, :8], survivors / 1000, atol=1e-8)
