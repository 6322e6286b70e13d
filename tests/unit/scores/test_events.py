"""Scores of probabilities and of single numbers, against an independent library and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules

from rpmsim import scores


def test_brier_equals_an_independent_library() -> None:
    rng = np.random.default_rng(3)
    probability, happened = rng.random((3, 20)), rng.integers(0, 2, (3, 20))
    wanted = scoringrules.brier_score(happened, probability)
    np.testing.assert_allclose(scores.brier(probability, happened), wanted, rtol=1e-9)
    assert np.isnan(scores.brier(0.3, np.nan))


def test_reliability_by_hand() -> None:
    probability = [0.0, 0.1, 0.2, 0.3, 0.55, 0.6, 1.0, 0.9, np.nan, 0.7]
    happened = [0, 1, 0, 1, 1, 0, 1, 1, 1, np.nan]
    rows = scores.reliability(probability, happened)
    assert [row.n for row in rows] == [2, 2, 1, 1, 2]
    np.testing.assert_allclose([row.forecast for row in rows], [0.05, 0.25, 0.55, 0.6, 0.95])
    np.testing.assert_allclose([row.observed for row in rows], [0.5, 0.5, 1.0, 0.0, 1.0])
    assert scores.reliability([0.95], [True]) == [(0.95, 1.0, 1)]
    assert scores.reliability([], []) == []


def test_calibrated_probabilities_lie_on_the_diagonal() -> None:
    rng = np.random.default_rng(9)
    probability = rng.beta(1.0, 1.0, 50_000)
    rows = scores.reliability(probability, rng.random(50_000) < probability, bins=10)
    assert len(rows) == 10
    for row in rows:
        assert abs(row.observed - row.forecast) < 4.0 * np.sqrt(row.forecast * (1.0 - row.forecast) / row.n)


def test_bias_and_wape_by_hand() -> None:
    forecast, actual = [[12.0, 8.0, 5.0], [1.0, 1.0, 1.0]], [[10.0, 10.0, np.nan], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(scores.bias(forecast, actual), [0.0, np.nan])
    np.testing.assert_allclose(scores.wape(forecast, actual), [0.2, np.nan])
    assert scores.bias([11.0, 22.0], [10.0, 20.0]) == pytest.approx(0.1)
    assert scores.wape([9.0, 0.0], [10.0, 0.0]) == pytest.approx(0.1)


def test_wrong_arguments() -> None:
    for function in (scores.brier, scores.reliability):
        with pytest.raises(ValueError, match="from 0 to 1"):
            function([50.0], [1.0])
        with pytest.raises(ValueError, match="from 0 to 1"):
            function([0.5], [2.0])
        with pytest.raises(ValueError, match="same shape"):
            function([0.5, 0.2], [1.0])
    with pytest.raises(ValueError, match="at least one range"):
        scores.reliability([0.5], [1.0], bins=0)
    for function in (scores.bias, scores.wape):
        with pytest.raises(ValueError, match="same shape"):
            function([1.0, 2.0], [1.0])
        with pytest.raises(ValueError, match="last axis"):
            function(1.0, 2.0)
