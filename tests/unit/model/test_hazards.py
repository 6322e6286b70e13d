"""Hazards by age, against leads that are followed day by day."""

from dataclasses import replace

import numpy as np
import pytest

from rpmsim.model.distributions import Distribution, cumulative_days, mean, quantile, shape_of
from rpmsim.model.hazards import AgeHazards, conditional, shares
from rpmsim.model.number import median_of

STARTS = np.array([0, 1, 3, 7, 20])
DAYS = 6000


def tables() -> np.ndarray:
    """Hazards of four draws, two outcomes: ordinary, without a tail, with an outcome of no chance, with a sure day."""
    values = np.random.default_rng(7).uniform(0.0, 0.3, (4, 2, len(STARTS)))
    values[1, :, -1] = 0.0
    values[2, 0] = 0.0
    values[3, :, 2] = 0.5
    return values


def day_by_day(hazards: np.ndarray) -> np.ndarray:
    """Share of the leads that have taken each outcome by each day, shape (days, outcomes)."""
    left, taken, result = 1.0, np.zeros(len(hazards)), []
    for day in range(DAYS):
        on_day = hazards[:, np.searchsorted(STARTS, day, side="right") - 1]
        taken = taken + left * on_day
        left *= 1.0 - on_day.sum()
        result.append(taken)
    return np.array(result)


def test_shares_are_those_of_leads_followed_day_by_day() -> None:
    values = tables()
    np.testing.assert_allclose(shares(values, STARTS), [day_by_day(draw)[-1] for draw in values], atol=1e-12)


@pytest.mark.parametrize("draw", range(4))
@pytest.mark.parametrize("outcome", range(2))
def test_times_are_those_of_leads_followed_day_by_day(draw: int, outcome: int) -> None:
    values = tables()
    taken = day_by_day(values[draw])[:, outcome]
    expected = taken / taken[-1] if taken[-1] > 0 else np.ones(DAYS)
    days = np.arange(-2, 300)
    found = conditional(values[draw], STARTS, outcome, days)
    np.testing.assert_allclose(found, [0.0, 0.0, *expected[:300]], atol=1e-12)
    np.testing.assert_array_equal(conditional(values, STARTS, outcome, days)[draw], found)


def delay(outcome: int = 0, stretch: float = 1.0) -> Distribution:
    return Distribution("hazards", ages=AgeHazards(("a",), STARTS, tables()[:1], outcome, stretch))


def test_a_stretched_time_is_each_time_multiplied_and_rounded() -> None:
    plain = np.diff(cumulative_days(shape_of(delay(), median_of), 0, 400), prepend=0.0)
    found = np.diff(cumulative_days(shape_of(delay(stretch=0.8), median_of), 0, 200), prepend=0.0)
    by_hand = np.bincount(np.floor(0.8 * np.arange(400) + 0.5).astype(int), weights=plain)[:200]
    np.testing.assert_allclose(found, by_hand, atol=1e-12)
    # A factor of the class and one on the time are one factor.
    twice = shape_of(delay(stretch=0.5), median_of).stretched(1.6)
    np.testing.assert_allclose(cumulative_days(twice, 0, 200), np.cumsum(by_hand), atol=1e-12)


def test_factors_that_differ_by_draw() -> None:
    factors = np.array([0.5, 1.0, 2.0])
    shape = shape_of(delay(), lambda ages: ages.at(np.arange(3))).stretched(factors)
    together = cumulative_days(shape, 1, 90)
    for row, factor in zip(together, factors, strict=True):
        alone = cumulative_days(shape_of(delay(stretch=factor), median_of), 1, 90)
        np.testing.assert_allclose(row, alone, atol=1e-15)


def test_mean_and_quantiles() -> None:
    shape = shape_of(delay(), median_of)
    by_day = np.diff(cumulative_days(shape, 0, DAYS), prepend=0.0)
    assert mean(shape) == pytest.approx((np.arange(DAYS) * by_day).sum(), rel=1e-9)
    for u in (0.05, 0.5, 0.9):
        day = int(quantile(shape, u))
        assert by_day[:day].sum() < u <= by_day[: day + 1].sum()


def test_two_of_one_key_are_one() -> None:
    ages = delay().ages
    assert ages is not None
    assert ages == replace(ages, values=ages.values + 0.0)
    assert ages != ages.stretched(0.9)
    assert ages.some_at_once


def test_days_far_apart_are_those_of_a_table_of_all_days() -> None:
    """A time that is cut to a small part of itself takes no memory for all the days that it skips."""
    days = np.array([-1, 0, 2, 3, 900, 9000])
    for outcome in (0, 1):
        every = conditional(tables(), STARTS, outcome, np.arange(9001))
        few = conditional(tables(), STARTS, outcome, days)
        np.testing.assert_allclose(few, np.where(days < 0, 0.0, every[..., np.maximum(days, 0)]), atol=1e-12)
    assert conditional(tables(), STARTS, 0, 9000).shape == (4,)
    whole = cumulative_days(shape_of(delay(stretch=1e-6), median_of), 0, 100)
    assert whole.min() > 1.0 - 1e-9
