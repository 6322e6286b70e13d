"""Trends of hazards with size, against one record at a time."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.size_effect import ADVANCED, OPEN, OTHER, Comparison, RiskSets, SizedSpells


def spells(rng: np.random.Generator, n: int = 60) -> SizedSpells:
    since = rng.integers(0, 4, n)
    return SizedSpells(
        rng.integers(0, 2, n),
        rng.integers(0, 2, n),
        rng.integers(0, 200, n),
        since,
        since + rng.integers(0, 9, n),
        rng.choice([OPEN, OTHER, ADVANCED], n),
        rng.lognormal(9, 1, n),
    )


def test_sums_over_risk_sets_are_those_of_counting_one_by_one() -> None:
    rng = np.random.default_rng(1)
    some, stratum, values = spells(rng), rng.integers(0, 3, 60), rng.standard_normal((60, 2))
    at = np.repeat(np.arange(3), 14), np.tile(np.arange(14), 3)
    sums = RiskSets(stratum, some.since, some.until).sums(values, at)
    for row, (group, age) in enumerate(zip(*at, strict=True)):
        there = (stratum == group) & (some.since <= age) & (some.until >= age)
        np.testing.assert_allclose(sums[row], values[there].sum(axis=0), atol=1e-12)


def test_trend_is_the_hypergeometric_score_at_each_age() -> None:
    rng = np.random.default_rng(2)
    some, z = spells(rng), rng.standard_normal((60, 2))
    stratum = some.strata()
    score, information = np.zeros(2), np.zeros((2, 2))
    for group in np.unique(stratum):
        for age in range(14):
            there = (stratum == group) & (some.since <= age) & (some.until >= age)
            leave = there & (some.until == age) & (some.end == ADVANCED)
            n, d = there.sum(), leave.sum()
            if d:
                score += z[leave].sum(axis=0) - d * z[there].mean(axis=0)
            if d and n > 1:
                information += d * (n - d) / (n - 1) * np.cov(z[there].T, bias=True)
    found = Comparison(some, stratum, ADVANCED).trend(z)
    np.testing.assert_allclose(found.score, score, atol=1e-10)
    np.testing.assert_allclose(found.information, information, atol=1e-10)
    assert found.events == (some.end == ADVANCED).sum()
    assert found.p_value == pytest.approx(np.exp(-found.statistic / 2))  # chi-squared with 2 degrees of freedom


def test_slope_maximizes_the_partial_likelihood() -> None:
    rng = np.random.default_rng(3)
    some, value = spells(rng, 300), rng.standard_normal(300)
    stratum = some.strata()

    def log_likelihood(beta: float) -> float:
        total = 0.0
        for i in np.flatnonzero(some.end == OTHER):
            there = (stratum == stratum[i]) & (some.since <= some.until[i]) & (some.until >= some.until[i])
            total += beta * value[i] - np.log(np.exp(beta * value[there]).sum())
        return total

    beta, precision = Comparison(some, stratum, OTHER).slope(value)
    grid = [log_likelihood(beta + step) for step in (-1e-3, 0.0, 1e-3)]
    assert grid[1] > max(grid[0], grid[2])
    assert precision == pytest.approx(-(grid[0] - 2 * grid[1] + grid[2]) / 1e-6, rel=1e-3)


def test_slopes_of_both_ends_differ_by_the_log_odds_ratio() -> None:
    rng = np.random.default_rng(4)
    n, b = 20_000, 0.3
    z = rng.standard_normal(n)
    advanced = rng.random(n) < 1 / (1 + np.exp(0.8 - b * z))
    until = np.rint(rng.lognormal(4, 0.8, n)).astype(np.int64)
    end = np.where(until > 150, OPEN, advanced.astype(np.int64))
    zero = np.zeros(n, dtype=np.int64)
    some = SizedSpells(zero, zero, zero, zero, np.minimum(until, 150), end, np.exp(z))
    (up, up_precision), (down, down_precision) = (
        Comparison(some, some.strata(), e).slope(z) for e in (ADVANCED, OTHER)
    )
    error = np.sqrt(1 / up_precision + 1 / down_precision)
    assert error < 0.02
    assert up - down == pytest.approx(b, abs=3 * error)


def test_without_events_there_is_no_trend() -> None:
    some = spells(np.random.default_rng(5))
    still = some.where(some.end == OPEN)
    comparison = Comparison(still, still.strata(), ADVANCED)
    assert comparison.trend(np.ones((len(still), 1))).events == 0
    assert comparison.slope(np.ones(len(still))) == (0.0, 0.0)
