"""PIT values are uniform if the forecasts are right, and the band holds as often as it states."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rpmsim import scores


class Fixed:
    """A generator that always draws the same number."""

    def __init__(self, u: float) -> None:
        self.u = u

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        return np.full(size, self.u)


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 7], [3, 1, 3, 2, 2, 2, 9]])
def test_exactly_uniform_for_exchangeable_values(values: list[int]) -> None:
    # Any of the values may be the one that came. Given which, the PIT value is uniform from its lowest to its highest
    # value; the mixture must have the density 1 on each of the cells between multiples of 1 / (m + 1).
    density = np.zeros(len(values))
    edges = np.arange(len(values) + 1) / len(values)
    for i, actual in enumerate(values):
        draws = np.delete(values, i)
        low, high = (float(scores.pit(draws, actual, Fixed(u))) for u in (0.0, 1.0))  # type: ignore[arg-type]
        overlap = [max(0.0, min(high, b) - max(low, a)) for a, b in pairwise(edges)]
        density += np.array(overlap) * len(values) / (high - low) / len(values)
    np.testing.assert_allclose(density, 1.0, rtol=1e-12)


def test_uniform_for_counts_and_few_draws() -> None:
    rng = np.random.default_rng(6)
    mean = rng.gamma(2.0, 1.0, 20_000)
    found = scores.pit(rng.poisson(mean[:, None], (20_000, 9)), rng.poisson(mean), rng)
    assert stats.kstest(found, "uniform").pvalue > 0.001
    assert (
        stats.kstest(scores.pit(rng.poisson(mean[:, None], (20_000, 9)), rng.poisson(mean) + 1, rng), "uniform").pvalue
        < 1e-9
    )


def test_same_generator_same_values_whatever_is_not_known() -> None:
    draws = np.random.default_rng(1).poisson(2.0, (4, 30))
    whole = scores.pit(draws, [1.0, 2.0, 3.0, 4.0], np.random.default_rng(2))
    part = scores.pit(draws, [1.0, np.nan, 3.0, 4.0], np.random.default_rng(2))
    np.testing.assert_array_equal(part, np.where([False, True, False, False], np.nan, whole))


@pytest.mark.parametrize(("n", "level"), [(2, 0.9), (6, 0.9), (24, 0.9), (24, 0.5), (150, 0.9)])
def test_band_holds_as_often_as_it_states(n: int, level: float) -> None:
    rng = np.random.default_rng(n)
    band = scores.pit_band(n, level)
    series = 3000
    held = np.mean([band.holds(values) for values in rng.random((series, n))])
    error = np.sqrt(level * (1 - level) / series)
    assert level - 4 * error < held < level + 0.02 + 4 * error  # the counts allow no probability just above the level


def test_band_of_one_value_in_closed_form() -> None:
    band = scores.pit_band(1)
    below, above = band.at[band.high == 0.0].max(), band.at[band.low == 1.0].min()
    assert above - below == pytest.approx(0.92)  # a value between is inside; 0.9 itself is not symmetric on the grid


@pytest.mark.parametrize("n", [5, 24, 400])
def test_band_is_symmetric_and_narrows_with_n(n: int) -> None:
    band = scores.pit_band(n)
    np.testing.assert_allclose(band.low, 1.0 - band.high[::-1], atol=1e-12)
    assert (band.low <= band.at).all()
    assert (band.at <= band.high).all()
    wider = scores.pit_band(n // 4)
    assert (band.high - band.low).mean() <= (wider.high - wider.low).mean()
    assert (scores.pit_band(n + 0.7).low == band.low).all()


def test_overlapping_spans_stay_inside_the_band_of_the_effective_number() -> None:
    rng = np.random.default_rng(11)
    n, block, series = 24, 4, 1000
    held = dict.fromkeys((n, n // block), 0)
    for _ in range(series):
        sums = np.convolve(rng.normal(size=n + block - 1), np.ones(block), "valid") / np.sqrt(block)
        for number in held:
            held[number] += scores.pit_band(number).holds(stats.norm.cdf(sums))
    assert held[n] / series < 0.6
    assert 0.88 < held[n // block] / series < 0.97


def test_shares_of_known_values() -> None:
    share = scores.pit_band(3).shares([0.5, np.nan, 0.25, 0.9])
    np.testing.assert_allclose(share[[0, 24, 25, 49, 50, 89, 90, 100]], np.array([0, 0, 1, 1, 2, 2, 3, 3]) / 3)
    with pytest.raises(ValueError, match="no PIT value is known"):
        scores.pit_band(3).holds([np.nan])
    for n in (0, 0.5, np.nan):
        with pytest.raises(ValueError, match="at least one value"):
            scores.pit_band(n)
