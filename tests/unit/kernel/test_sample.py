"""The samplers against scipy's laws."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from rpmsim.kernel import sample as parts
from rpmsim.kernel.sample import SEARCH_BELOW

DRAWS = 20_000


@njit
def normal_quantile(u: float) -> float:
    return parts.normal_quantile(u)


@njit
def poisson_quantile(mean: float, u: float) -> int:
    return parts.poisson_quantile(mean, u)


@njit
def gamma_unit(shape: float, state: np.ndarray) -> float:
    return parts.gamma_unit(shape, state)


@njit
def binomial(n: int, p: float, state: np.ndarray) -> int:
    return parts.binomial(n, p, state)


@njit
def hypergeometric(good: int, bad: int, drawn: int, state: np.ndarray) -> int:
    return parts.hypergeometric(good, bad, drawn, state)


def stream(number: int) -> np.ndarray:
    return np.array([0, 0, 77, number, 1, 2, 0, 0], np.uint64)


def chi_square_p(values: np.ndarray, law: stats.rv_discrete) -> float:
    """p-value of a chi-square test of counts, rare values put together."""
    low, high = int(law.ppf(0.001)), int(law.ppf(0.999))
    points = np.arange(low, high + 1)
    expected = np.concatenate([[law.cdf(low - 1)], law.pmf(points), [law.sf(high)]]) * len(values)
    clipped = np.clip(values, low - 1, high + 1) - (low - 1)
    seen = np.bincount(clipped, minlength=len(expected)).astype(float)
    groups = np.minimum((np.cumsum(expected) - 1e-9) // 25, (len(values) - 25) // 25)
    groups = np.maximum(groups, groups[expected > 0].min())
    seen = np.array([seen[groups == g].sum() for g in np.unique(groups)])
    expected = np.array([expected[groups == g].sum() for g in np.unique(groups)])
    return float(stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue)


@pytest.mark.parametrize("u", [1e-300, 1e-12, 1e-4, 0.02, 0.3, 0.5, 0.77, 0.98, 1 - 1e-9])
def test_normal_quantile(u: float) -> None:
    assert normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("mean", [0.01, 1.0, 17.3, SEARCH_BELOW])
def test_poisson_quantile_is_exact_by_search(mean: float) -> None:
    u = (np.arange(5000) + 0.5) / 5000
    assert [poisson_quantile(mean, v) for v in u] == list(stats.poisson.ppf(u, mean).astype(int))


@pytest.mark.parametrize("mean", [SEARCH_BELOW + 1, 1e3, 1e5, 5e7])
def test_poisson_quantile_by_expansion_is_within_its_stated_error(mean: float) -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([poisson_quantile(mean, v) for v in u])
    error = np.abs(stats.poisson.cdf(values, mean) - np.maximum(u, stats.poisson.cdf(values, mean)))
    gap = np.maximum(stats.poisson.cdf(values - 1, mean) - u, 0.0) + error
    assert gap.max() < 1e-4
    assert values.mean() == pytest.approx(mean, rel=1e-5)
    assert values.var() == pytest.approx(mean, rel=2e-3)


def test_poisson_quantile_never_falls_when_the_mean_rises() -> None:
    for u in (0.001, 0.2, 0.5, 0.9, 0.9999):
        values = [
            poisson_quantile(mean, u)
            for mean in np.concatenate([np.arange(0.1, 400, 0.37), np.arange(400, 9e4, 101.3)])
        ]
        assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize(
    ("n", "p"), [(5, 0.2), (40, 0.5), (300, 0.01), (300, 0.9), (100_000, 0.3), (30_000_000, 0.0004)]
)
def test_binomial(n: int, p: float) -> None:
    state = stream(n)
    assert chi_square_p(np.array([binomial(n, p, state) for _ in range(DRAWS)]), stats.binom(n, p)) > 1e-4


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_binomial_of_a_certainty(p: float) -> None:
    assert binomial(1000, p, stream(0)) == 1000 * p


@pytest.mark.parametrize(("good", "bad", "drawn"), [(3, 2, 4), (20, 30, 10), (500, 10, 300), (40_000, 90_000, 30_000)])
def test_hypergeometric(good: int, bad: int, drawn: int) -> None:
    state = stream(good)
    values = np.array([hypergeometric(good, bad, drawn, state) for _ in range(DRAWS)])
    assert chi_square_p(values, stats.hypergeom(good + bad, good, drawn)) > 1e-4


@pytest.mark.parametrize("shape", [0.3, 1.0, 25.0])
def test_gamma_of_mean_one(shape: float) -> None:
    state = stream(int(shape * 10))
    values = [gamma_unit(shape, state) for _ in range(DRAWS)]
    assert stats.kstest(values, stats.gamma(shape, scale=1 / shape).cdf).pvalue > 1e-4
