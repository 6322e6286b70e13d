"""The continuous ranked probability score, against an independent library, all pairs, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from numpy.typing import NDArray

from rpmsim import scores

ESTIMATORS = [("fair", True), ("pwm", True), ("qd", False)]


def cases() -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    rng = np.random.default_rng(5)
    return {
        "two draws": (rng.normal(size=(30, 2)), rng.normal(size=30)),
        "two axes": (rng.gamma(2.0, 3.0, (4, 7, 50)), rng.gamma(2.0, 3.0, (4, 7))),
        "counts with ties": (rng.poisson(1.5, (40, 25)).astype(float), rng.poisson(1.5, 40).astype(float)),
        "all draws equal": (np.full((3, 10), 4.0), np.array([4.0, 2.0, 9.5])),
        "one forecast": (rng.normal(size=100), np.asarray(0.3)),
    }


@pytest.mark.parametrize(("estimator", "fair"), ESTIMATORS)
@pytest.mark.parametrize("case", cases())
def test_equal_to_an_independent_library(case: str, estimator: str, fair: bool) -> None:
    draws, actual = cases()[case]
    wanted = scoringrules.crps_ensemble(actual, draws, estimator=estimator)
    np.testing.assert_allclose(scores.crps(draws, actual, fair), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("fair", [True, False])
def test_equal_to_the_sum_over_all_pairs(fair: bool) -> None:
    rng = np.random.default_rng(1)
    draws, actual = rng.lognormal(10.0, 1.0, (20, 9)), rng.lognormal(10.0, 1.0, 20)
    pairs = np.abs(draws[:, :, None] - draws[:, None, :]).sum((1, 2)) / (9 * (8 if fair else 9))
    wanted = np.abs(draws - actual[:, None]).mean(1) - pairs / 2
    np.testing.assert_allclose(scores.crps(draws, actual, fair), wanted, rtol=1e-12)


def test_large_amounts_lose_no_digits() -> None:
    draws, actual = np.array([0.25, 1.5, 4.0]), 1.25
    assert scores.crps(draws + 2.0**40, actual + 2.0**40) == pytest.approx(scores.crps(draws, actual), rel=1e-12)


def test_the_fair_score_of_few_draws_is_that_of_the_distribution() -> None:
    rng = np.random.default_rng(2)
    n = 200_000
    actual = rng.normal(size=n)
    fair, plain = (scores.crps(rng.normal(size=(n, 2)), actual, fair) for fair in (True, False))
    exact = 1.0 / np.sqrt(np.pi)  # E|X - Y| - E|X - X'| / 2, each difference with the mean 2 / sqrt(pi)
    assert abs(fair.mean() - exact) < 4.0 * fair.std() / np.sqrt(n)
    assert abs(plain.mean() - 1.5 * exact) < 4.0 * plain.std() / np.sqrt(n)  # half of E|X - X'| / 2 is missing


def test_what_is_not_known_has_no_score() -> None:
    found = scores.crps([[1.0, 2.0], [3.0, 4.0], [np.nan, 1.0]], [np.nan, 3.0, 2.0])
    np.testing.assert_array_equal(np.isnan(found), [True, False, True])


@pytest.mark.parametrize(
    ("draws", "actual", "message"),
    [
        ([[1.0, 2.0, 3.0]], [1.0, 2.0], r"actual must have the shape \(1,\), not \(2,\)"),
        ([1.0, 2.0], [1.0, 2.0], r"draws must be on the last axis"),
        ([[1.0], [2.0]], [1.0, 2.0], "at least 2 values on the last axis"),
        (3.0, 1.0, "at least 2 values"),
    ],
)
def test_wrong_shapes(draws: object, actual: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scores.crps(draws, actual)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        scores.pit(draws, actual, np.random.default_rng(1))  # type: ignore[arg-type]
