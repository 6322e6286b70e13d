"""Statistics of replications against exact numbers, in standard errors."""

from __future__ import annotations

import numpy as np
from scipy import stats

FAMILY = 1e-3
"""Chance that a correct program fails one test, over all numbers that the test compares (Bonferroni)."""


def limit(comparisons: int) -> float:
    """Largest error in standard errors that a test of so many comparisons accepts."""
    return float(stats.norm.isf(FAMILY / 2 / max(1, comparisons)))


LEAST_EVENTS = 30
"""A count of which fewer are expected over all replications is not near enough to normal to be compared."""


def errors_of_mean(sample: np.ndarray, exact: np.ndarray, variance: np.ndarray | None = None) -> np.ndarray:
    """(mean - exact) in standard errors; the replications are the first axis.

    Where the variance is known exactly it should be given: counts that are rarely above zero
    then have an honest error. A difference without any variance is infinitely wrong.
    """
    spread = sample.var(axis=0, ddof=1) if variance is None else variance
    difference = sample.mean(axis=0) - exact
    error = np.sqrt(np.maximum(spread, 0) / len(sample))
    small = np.abs(difference) < 1e-9 * (1 + np.abs(exact))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(small, 0.0, difference / error)


def errors_of_covariance(
    x: np.ndarray, y: np.ndarray, exact: np.ndarray, variance: np.ndarray | None = None
) -> np.ndarray:
    """(sample covariance - exact) in standard errors, columnwise; x is y for variances.

    ``variance`` is that of (X - E X)(Y - E Y), where it is known exactly.
    """
    products = (x - x.mean(axis=0)) * (y - y.mean(axis=0)) * (len(x) / (len(x) - 1))
    return errors_of_mean(products, exact, variance)


def assert_agrees(name: str, errors: np.ndarray) -> None:
    """Fail if the largest error is beyond what so many comparisons allow."""
    errors = np.atleast_1d(errors)
    worst = np.unravel_index(np.argmax(np.abs(np.nan_to_num(errors, nan=np.inf))), errors.shape)
    assert abs(errors[worst]) <= limit(errors.size), (
        f"{name}: {errors[worst]:+.1f} standard errors at {tuple(int(i) for i in worst)}"
        f" ({errors.size} compared, limit {limit(errors.size):.1f})"
    )


def assert_distribution(name: str, counts: np.ndarray, chances: np.ndarray) -> None:
    """Chi-square of whole numbers against exact chances of 0, 1, 2, ...; rare values are pooled at both ends."""
    chances = np.append(chances, max(0.0, 1 - chances.sum()))
    observed = np.bincount(np.minimum(counts.astype(int), len(chances) - 1), minlength=len(chances))
    expected = chances * len(counts)
    groups = _pooled(expected)
    seen = np.array([observed[a:b].sum() for a, b in groups])
    due = np.array([expected[a:b].sum() for a, b in groups])
    statistic = float(((seen - due) ** 2 / due).sum())
    chance = float(stats.chi2.sf(statistic, len(groups) - 1))
    assert len(groups) > 2, f"{name}: nothing to compare"
    assert chance > FAMILY, f"{name}: chi-square {statistic:.1f} with {len(groups) - 1} degrees, p = {chance:.2g}"


def _pooled(expected: np.ndarray, least: float = 10.0) -> list[tuple[int, int]]:
    groups, start = [], 0
    for end in range(1, len(expected) + 1):
        if expected[start:end].sum() >= least:
            groups.append((start, end))
            start = end
    if start < len(expected):
        groups[-1] = (groups[-1][0], len(expected))
    return groups
