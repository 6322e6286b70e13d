"""Widened bands hold what they promise for exchangeable forecasts, and say where they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim import scores


@pytest.mark.parametrize(("level", "fewest"), [(0.8, 4), (0.9, 9), (0.95, 19), (0.5, 1)])
def test_fewest_past_forecasts(level: float, fewest: int) -> None:
    actual = np.arange(float(fewest))
    one, two = np.full(fewest, 1.0), np.full(fewest, 2.0)
    assert scores.conformal_stretch(one[1:], two[1:], actual[1:], level) is None
    assert scores.conformal_stretch(one, two, actual, level) is not None
    assert scores.conformal_stretch(np.r_[one[1:], np.nan], two, actual, level) is None
    assert scores.conformal_stretch(one, two, actual, level, effective=fewest - 0.1) is None


@pytest.mark.parametrize("n", [4, 9, 20])
@pytest.mark.parametrize("shrunk", [0.3, 1.0, 3.0])
def test_coverage_for_exchangeable_forecasts(n: int, shrunk: float) -> None:
    rng = np.random.default_rng(n)
    series = 4000
    mean = rng.gamma(3.0, 10.0, (series, n + 1))
    actual = rng.poisson(mean * rng.gamma(10.0, 0.1, mean.shape)).astype(float)
    low, high = np.maximum(mean - shrunk * 1.28 * np.sqrt(mean), 0.0), mean + shrunk * 1.28 * np.sqrt(mean)
    held = 0.0
    for k in range(series):
        amount = scores.conformal_stretch(low[k, :n], high[k, :n], actual[k, :n], 0.8)
        assert amount is not None
        held += float(scores.covered(*scores.conformal_band(low[k, n], high[k, n], amount), actual[k, n]))
    error = np.sqrt(0.8 * 0.2 / series)
    # At least the level; at most 1 / (n + 1) more, and what equal counts add.
    assert 0.8 - 3.5 * error < held / series < 0.8 + 1.0 / (n + 1) + 0.05


def test_amount_is_the_order_statistic_of_the_distances() -> None:
    actual = np.expm1([0.1, 2.0, 3.4, 5.0, 1.5])
    low, high = np.expm1(np.full(5, 1.0)), np.expm1(np.full(5, 3.0))
    # outside by 0.9, -1.0, 0.4, 2.0, -0.5; ceil(6 x 0.5) = 3, ceil(6 x 0.8) = 5
    assert scores.conformal_stretch(low, high, actual, 0.5) == pytest.approx(0.4)
    assert scores.conformal_stretch(low, high, actual, 0.8) == pytest.approx(2.0)
    assert scores.conformal_stretch(low, high, actual, 0.3) == pytest.approx(-0.5)


def test_fewer_independent_forecasts_widen_more() -> None:
    rng = np.random.default_rng(2)
    actual = rng.poisson(50.0, 40)
    bands = np.full(40, 48.0), np.full(40, 52.0)
    amounts = [scores.conformal_stretch(*bands, actual, 0.8, effective) for effective in (None, 40, 10.9, 4)]
    assert amounts[0] == amounts[1]
    assert amounts[1] < amounts[2] < amounts[3]  # type: ignore[operator]
    assert amounts[3] == pytest.approx(np.max(np.maximum(np.log(49 / (actual + 1)), np.log((actual + 1) / 53))))


def test_band_moves_on_the_logarithmic_scale() -> None:
    low, high = scores.conformal_band([9.0, 0.0, 1e6], [19.0, 0.0, 1e6], np.log(2.0))
    np.testing.assert_allclose(low, [4.0, 0.0, 499_999.5])
    np.testing.assert_allclose(high, [39.0, 1.0, 2_000_001.0])
    narrow = scores.conformal_band([9.0, 0.0], [19.0, 99.0], -1.0)
    np.testing.assert_allclose(narrow[0], [np.sqrt(200.0) - 1.0, np.e - 1.0])  # the first ends cross: their middle
    np.testing.assert_allclose(narrow[1], [np.sqrt(200.0) - 1.0, 100.0 / np.e - 1.0])


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        scores.conformal_stretch([1.0], [2.0], [-0.5], 0.5)
    with pytest.raises(ValueError, match="0 or more"):
        scores.conformal_band([-1.0], [2.0], 0.1)
    with pytest.raises(ValueError, match="same shape"):
        scores.conformal_stretch([1.0, 2.0], [2.0, 3.0], [1.0], 0.5)
    with pytest.raises(ValueError, match="level"):
        scores.conformal_stretch([1.0], [2.0], [1.0], 80)
