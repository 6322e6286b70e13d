"""Bands and their scores, against an independent library and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules

from rpmsim import scores

RNG = np.random.default_rng(8)
ACTUAL = RNG.normal(size=(5, 12))
LOW = RNG.normal(-1.0, 0.5, (5, 12))
HIGH = LOW + RNG.gamma(2.0, 1.0, (5, 12))


def test_band_is_the_central_share_of_the_draws() -> None:
    low, high = scores.band([np.arange(101.0), np.arange(101.0)[::-1] * 2.0], 0.8)
    np.testing.assert_allclose([low, high], [[10.0, 20.0], [90.0, 180.0]])


def test_one_more_draw_is_inside_as_often_as_stated() -> None:
    rng = np.random.default_rng(3)
    n, m = 40_000, 21  # the quantiles 0.1 and 0.9 of 21 draws are order statistics: no interpolation
    low, high = scores.band(rng.normal(size=(n, m)), 0.8)
    wanted = 0.8 * (m - 1) / (m + 1)
    assert abs(scores.covered(low, high, rng.normal(size=n)).mean() - wanted) < 4.0 * np.sqrt(wanted * (1 - wanted) / n)


def test_ends_of_a_band_belong_to_it() -> None:
    found = scores.covered([1.0, 1.0, 1.0, 1.0, np.nan], [2.0, 2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 2.1, np.nan, 1.5])
    np.testing.assert_array_equal(found, [1.0, 1.0, 0.0, np.nan, np.nan])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_interval_score_equals_an_independent_library(level: float) -> None:
    wanted = scoringrules.interval_score(ACTUAL, LOW, HIGH, 1.0 - level)
    np.testing.assert_allclose(scores.interval_score(LOW, HIGH, ACTUAL, level), wanted, rtol=1e-9)


def test_interval_score_by_hand() -> None:
    # 2 / (1 - 0.8) = 10 per unit outside
    np.testing.assert_allclose(scores.interval_score([2.0] * 3, [5.0] * 3, [3.0, 1.5, 7.0], 0.8), [3.0, 8.0, 23.0])


def test_pinball_equals_an_independent_library() -> None:
    levels = np.array([0.05, 0.5, 0.9])
    quantiles = np.stack([LOW, (LOW + HIGH) / 2, HIGH], axis=-1)
    wanted = scoringrules.quantile_score(ACTUAL[..., None], quantiles, levels)
    np.testing.assert_allclose(scores.pinball(quantiles, levels, ACTUAL), wanted, rtol=1e-9)


def test_twice_the_mean_pinball_is_the_crps() -> None:
    draws = np.random.default_rng(4).gamma(2.0, size=200)
    levels = (np.arange(4000) + 0.5) / 4000
    quantiles = np.quantile(draws, levels, method="inverted_cdf")
    assert 2.0 * scores.pinball(quantiles, levels, 1.7).mean() == pytest.approx(
        scores.crps(draws, 1.7, False), rel=1e-3
    )


def test_weighted_interval_score_equals_an_independent_library() -> None:
    levels = np.array([0.5, 0.8, 0.9])
    median = (LOW + HIGH) / 2
    width = np.array([0.5, 1.0, 1.5])
    low, high = median[..., None] - width, median[..., None] + width
    wanted = scoringrules.weighted_interval_score(ACTUAL, median, low, high, 1.0 - levels)
    np.testing.assert_allclose(scores.weighted_interval_score(median, low, high, ACTUAL, levels), wanted, rtol=1e-9)


def test_what_is_not_known_has_no_score() -> None:
    assert np.isnan(scores.interval_score(1.0, 2.0, np.nan, 0.8))
    assert np.isnan(scores.pinball([1.0, 2.0], [0.1, 0.9], np.nan)).all()
    assert np.isnan(scores.weighted_interval_score(1.5, [1.0], [2.0], np.nan, [0.8]))


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match=r"same shape, not low \(1,\), high \(2,\), actual \(1,\)"):
        scores.covered([1.0], [2.0, 3.0], [1.0])
    with pytest.raises(ValueError, match=r"same shape"):
        scores.interval_score([1.0], [2.0], [1.0, 2.0], 0.8)
    with pytest.raises(ValueError, match=r"one more axis for the levels, \(1, 3\), not \(1, 2\)"):
        scores.pinball([[1.0, 2.0]], [0.1, 0.5, 0.9], [1.0])
    with pytest.raises(ValueError, match=r"one more axis for the levels"):
        scores.weighted_interval_score([1.0], [[1.0]], [[2.0]], [1.0], [0.5, 0.8])
    with pytest.raises(ValueError, match=r"levels must be inside \(0, 1\)"):
        scores.pinball([1.0, 2.0], [10.0, 90.0], 1.0)
    for level in (0.0, 1.0, 80.0):
        with pytest.raises(ValueError, match=r"a level must be inside \(0, 1\)"):
            scores.band([1.0, 2.0], level)
