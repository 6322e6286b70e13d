"""The samplers against scipy's distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from rpmsim.kernel import random
from rpmsim.kernel import sample as parts
from rpmsim.kernel.random import STATE_WORDS
from rpmsim.kernel.sample import (
    FEW_DRAWN,
    MOST_FOUND,
    NEAR,
    POWER_BELOW,
    SEARCH_BELOW,
    SEARCH_COUNTS_BELOW,
)

DRAWS = 200_000
MANY_DRAWS = 2_000_000


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
def binomial(n: int, p: float, state: np.ndarray, draws: int) -> np.ndarray:
    return np.array([parts.binomial(n, p, state) for _ in range(draws)])


@njit
def binomial_by_search(n: int, p: float, u: np.ndarray) -> np.ndarray:
    return np.array([parts._binomial_by_search(n, p, v) for v in u])


@njit
def binomial_quantile(n: int, p: float, z: np.ndarray) -> np.ndarray:
    return np.array([parts._binomial_quantile(n, p, v) for v in z])


@njit
def count_quantile(mean: float, variance: float, lean: float, s: float, z: np.ndarray) -> np.ndarray:
    return np.array([parts._count_quantile(mean, variance, lean, s, v) for v in z])


@njit
def uniforms_and_normals(state: np.ndarray, normal: np.ndarray) -> np.ndarray:
    values = np.empty(len(normal))
    for i in range(len(normal)):
        values[i] = parts.next_normal(state) if normal[i] else random.next_unit(state)
    return values


@njit
def hypergeometric(good: int, bad: int, drawn: int, state: np.ndarray, draws: int) -> np.ndarray:
    return np.array([parts.hypergeometric(good, bad, drawn, state) for _ in range(draws)])


@njit
def hypergeometric_by_search(good: int, bad: int, drawn: int, u: np.ndarray) -> np.ndarray:
    return np.array([parts._hypergeometric_by_search(good, bad, drawn, v) for v in u])


@njit
def hypergeometric_has(good: int, bad: int, drawn: int, k: int, u: float) -> bool:
    return parts._hypergeometric_has(good, bad, drawn, k, u)


@njit
def seek(state: np.ndarray, purpose: int, item: int, key: np.ndarray) -> None:
    random.seek(state, 0, purpose, item, key)


def stream(number: int) -> np.ndarray:
    state = np.zeros(STATE_WORDS, np.uint64)
    seek(state, 77, number, np.array([0, 1, 2], np.uint64))
    return state


def points_of(distribution: Any) -> np.ndarray:
    """Numbers that have all but 1e-9 of the probability."""
    return np.arange(distribution.ppf(1e-9), distribution.ppf(1 - 1e-9) + 1)


def chi_square_p(values: np.ndarray, points: np.ndarray, chances: np.ndarray) -> float:
    """p-value of a chi-square test of counts, rare values put together, and near ones where there are many."""
    seen = np.bincount(np.clip(values - int(points[0]), 0, len(points) - 1).astype(int), minlength=len(points))
    least = max(25.0, len(values) / 300)
    groups = np.minimum(np.cumsum(chances * len(values)) // least, len(values) // least - 1).astype(int)
    expected = np.bincount(groups, chances)
    seen = np.bincount(groups, seen)[expected > 0]
    expected = expected[expected > 0]
    return float(stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue)


def assert_moments(values: np.ndarray, distribution: Any) -> None:
    """Assert that mean, variance and skewness are within 4.5 standard errors of those of the distribution."""
    mean, variance, skewness, kurtosis = (float(x) for x in distribution.stats("mvsk"))
    draws = len(values)
    from_mean = values - mean
    assert abs(from_mean.mean()) < 4.5 * np.sqrt(variance / draws)
    assert abs((from_mean**2).mean() / variance - 1) < 4.5 * np.sqrt((kurtosis + 2) / draws)
    assert abs(stats.skew(from_mean) - skewness) < 4.5 * np.sqrt(6 / draws)


def log_chances(mode: int, k: int, ratio: Any) -> float:
    """Logarithm of the chance of ``k`` in parts of the mode's, of the ratios of the chances of neighbors."""
    i = np.arange(min(mode, k) + 1, max(mode, k) + 1, dtype=float)
    return math.fsum(np.log(ratio(i))) * (1 if k > mode else -1)


@pytest.mark.parametrize("u", [1e-300, 1e-12, 1e-4, 0.02, 0.3, 0.5, 0.77, 0.98, 1 - 1e-9])
def test_normal_quantile(u: float) -> None:
    assert normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("mean", [0.01, 1.0, 17.3, SEARCH_BELOW])
def test_poisson_quantile_is_exact_by_search(mean: float) -> None:
    u = (np.arange(5000) + 0.5) / 5000
    assert [poisson_quantile(mean, v) for v in u] == list(stats.poisson.ppf(u, mean).astype(int))


def test_normals_of_a_stream_are_quantiles_of_its_uniforms() -> None:
    count = 30_000
    uniforms = uniforms_and_normals(stream(5), np.zeros(count, bool))
    expected = np.array([normal_quantile(u) for u in uniforms])
    for share in (1.0, 0.5, 0.05):  # with uniforms between them; also where few are left of those that are made
        normal = np.random.default_rng(3).random(count) < share
        values = uniforms_and_normals(stream(5), normal)
        assert (values == np.where(normal, expected, uniforms)).all()
        # A stream that is pointed elsewhere forgets them.
        state = stream(4)
        uniforms_and_normals(state, np.ones(7, bool))
        seek(state, 5, 5, np.array([0, 1, 2], np.uint64))
        again = stream(4)
        seek(again, 5, 5, np.array([0, 1, 2], np.uint64))
        assert (uniforms_and_normals(state, normal) == uniforms_and_normals(again, normal)).all()


NORMALS = np.linspace(-6.5, 6.5, 260_001)


def worst_error(distribution: Any, values: np.ndarray) -> float:
    """Largest error in a probability of quantiles at those of the normals :data:`NORMALS`, before they are rounded."""
    assert (np.diff(values) > 0).all()
    low, high = max(0.0, np.ceil(values[0])), np.floor(values[-1])
    counts = np.unique(np.round(np.linspace(low, high - 1, 20_000)))
    reached = np.interp(counts + 0.5, values, NORMALS)
    return float(np.abs(special.ndtr(reached) - distribution.cdf(counts)).max())


@pytest.mark.parametrize("mean", [SEARCH_BELOW, 40.0, 64.5, 1e3, 1e5])
def test_poisson_quantile_by_expansion_is_within_its_stated_error(mean: float) -> None:
    error = worst_error(stats.poisson(mean), count_quantile(mean, mean, 1.0, 0.0, NORMALS))
    assert error < 6e-7 * (SEARCH_BELOW / mean) ** 2 + 1e-10


@pytest.mark.parametrize("mean", [SEARCH_BELOW + 0.5, 1e3, 1e9])
def test_poisson_quantile_is_the_rounded_expansion(mean: float) -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([poisson_quantile(mean, v) for v in u])
    above = stats.poisson.cdf(values - 1, mean) - u
    below = u - stats.poisson.cdf(values, mean)
    assert max(above.max(), below.max()) < 6e-7
    assert values.mean() == pytest.approx(mean, rel=1e-5)


def test_poisson_quantile_does_not_fall_when_the_mean_rises() -> None:
    for u in (1e-16, 1e-9, 0.001, 0.2, 0.5, 0.9, 0.9999, 1 - 1e-11):
        values = [
            poisson_quantile(mean, u)
            for mean in np.concatenate([np.arange(0.1, 400, 0.37), np.arange(400, 9e4, 101.3)])
        ]
        assert (np.diff(values) >= 0).all()


def test_poisson_quantile_hardly_ever_falls_where_its_method_changes() -> None:
    u = (np.arange(400_000) + 0.5) / 400_000
    below, above = (
        np.array([poisson_quantile(mean, v) for v in u]) for mean in (SEARCH_BELOW, np.nextafter(SEARCH_BELOW, 99.0))
    )
    assert (above >= below - 1).all()
    assert (above < below).mean() <= 1e-5


@pytest.mark.parametrize("p", [1e-6, 0.01, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("mean", [SEARCH_COUNTS_BELOW, 20.0, 50.0, 200.0, 1e3, 1e6])
def test_binomial_by_expansion_is_within_its_stated_error(p: float, mean: float) -> None:
    distribution = stats.binom(math.ceil(mean / p), p)
    s = p * (1 - p)
    error = worst_error(distribution, count_quantile(distribution.mean(), distribution.var(), 1 - 2 * p, s, NORMALS))
    assert error < 4e-6 * (SEARCH_COUNTS_BELOW / mean) ** 2 + 1e-10


@pytest.mark.parametrize("p", [1e-6, 0.01, 0.2, 0.5])
@pytest.mark.parametrize("mean", [SEARCH_COUNTS_BELOW, 1e3, 1e8])
def test_binomial_quantile_is_the_rounded_expansion(p: float, mean: float) -> None:
    distribution = stats.binom(math.ceil(mean / p), p)
    u = np.concatenate([(np.arange(20_000) + 0.5) / 20_000, np.geomspace(1e-16, 1e-4, 30)])
    values = binomial_quantile(distribution.args[0], p, special.ndtri(u))
    assert values.min() >= 0
    assert np.maximum(distribution.cdf(values - 1) - u, u - distribution.cdf(values)).max() < 4e-6


BINOMIALS = [
    (5, 0.2),
    (40, 0.35),
    (300, 0.001),
    (POWER_BELOW - 1, 0.004),
    (POWER_BELOW, 0.004),
    (300, 0.98),
    (10**9, 3e-10),
    (10**9, 1.2e-8),
    (159, 0.1),
    (161, 0.1),
    (31, 0.5),
    (32, 0.5),
    (10**6, 1.59e-5),
    (10**6, 1.61e-5),
    (300, 0.9),
    (170, 0.1),
    (4000, 0.5),
    (10**5, 0.01),
    (100_000, 0.3),
    (30_000_000, 0.0004),
    (10**9, 1e-7),
    (10**8, 1 - 1e-4),
]


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial(n: int, p: float) -> None:
    distribution = stats.binom(n, p)
    points = points_of(distribution)
    values = binomial(n, p, stream(n), DRAWS)
    assert values.min() >= 0
    assert values.max() <= n
    assert chi_square_p(values, points, distribution.pmf(points)) > 1e-4


@pytest.mark.parametrize(
    ("n", "p"),
    [(10**6, 0.5), (10**6, 2e-5), (10**7, 0.93), (10**8, 0.3), (10**8, 1e-6), (10**9, 0.5), (10**9, 1e-4)],
)
def test_moments_of_large_binomials(n: int, p: float) -> None:
    assert_moments(binomial(n, p, stream(n), DRAWS), stats.binom(n, p))


@pytest.mark.parametrize("n", [0, 1, 1000, 10**9])
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_binomial_of_a_certainty(n: int, p: float) -> None:
    assert binomial(n, p, stream(0), 1)[0] == n * p


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (1, 0.5),
        (12, 0.3),
        (500, 1e-4),
        (POWER_BELOW - 1, 0.015),
        (POWER_BELOW, 0.015),
        (10**9, 1e-10),
        (10**9, 1.59e-8),
    ],
)
def test_binomial_by_search_inverts(n: int, p: float) -> None:
    u = (np.arange(5000) + 0.5) / 5000
    assert list(binomial_by_search(n, p, u)) == list(stats.binom.ppf(u, n, p))


def test_searches_end() -> None:
    assert binomial_by_search(10**9, 1.5e-8, np.ones(1))[0] <= MOST_FOUND
    assert hypergeometric_by_search(10**4, 10**9, 10**6, np.ones(1))[0] <= MOST_FOUND


HYPERGEOMETRICS = [
    (3, 2, 4),
    (20, 30, 10),
    (1, 1, 1),
    (FEW_DRAWN, 60, 50),
    (FEW_DRAWN + 1, 60, 50),
    (48, 10**9, 10**9 - 3),
    (500, 10, 300),
    (1000, 10**6, 3000),
    (100, 900, 159),
    (100, 900, 161),
    (20_000, 10**9, 500_000),
    (60, 60, 60),
    (700, 400, 650),
    (40_000, 90_000, 30_000),
    (10**6, 10**7, 10**5),
    (10**8, 9 * 10**8, 10**6),
    (10**8, 9 * 10**8, 200),
    (3 * 10**8, 7 * 10**8, 10**8),
]


@pytest.mark.parametrize(("good", "bad", "drawn"), HYPERGEOMETRICS)
def test_hypergeometric(good: int, bad: int, drawn: int) -> None:
    distribution = stats.hypergeom(good + bad, good, drawn)
    share = good / (good + bad)
    mean = drawn * share
    reach = 6.5 * math.sqrt(mean * (1 - share) * (1 - drawn / (good + bad))) + 12
    points = np.arange(
        max(0, drawn - bad, math.floor(mean - reach)), min(good, drawn, math.ceil(mean + reach)) + 1, dtype=float
    )
    values = hypergeometric(good, bad, drawn, stream(good), DRAWS)
    assert values.min() >= max(0, drawn - bad)
    assert values.max() <= min(good, drawn)
    assert chi_square_p(values, points, distribution.pmf(points)) > 1e-4


@pytest.mark.parametrize(("n", "p"), [(32, 0.5), (10**6, 1.61e-5)])
def test_least_spread_of_a_binomial_by_rejection(n: int, p: float) -> None:
    distribution = stats.binom(n, p)
    points = points_of(distribution)
    assert chi_square_p(binomial(n, p, stream(6), MANY_DRAWS), points, distribution.pmf(points)) > 1e-4


@pytest.mark.parametrize(("good", "bad", "drawn"), [(FEW_DRAWN + 1, 50, 49), (60, 60, 60), (100, 900, 161)])
def test_least_spread_of_a_hypergeometric_by_rejection(good: int, bad: int, drawn: int) -> None:
    distribution = stats.hypergeom(good + bad, good, drawn)
    points = points_of(distribution)
    assert (
        chi_square_p(hypergeometric(good, bad, drawn, stream(7), MANY_DRAWS), points, distribution.pmf(points)) > 1e-4
    )


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("other_kind", [False, True])
@pytest.mark.parametrize("other_part", [False, True])
def test_hypergeometric_of_either_kind_and_part(large: bool, other_kind: bool, other_part: bool) -> None:
    good, bad, drawn = (700, 1900, 400) if large else (55, 2000, 70)
    if other_kind:
        good, bad = bad, good
    if other_part:
        drawn = good + bad - drawn
    distribution = stats.hypergeom(good + bad, good, drawn)
    points = points_of(distribution)
    values = hypergeometric(good, bad, drawn, stream(5), DRAWS)
    assert chi_square_p(values, points, distribution.pmf(points)) > 1e-4


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [
        (10**6, 10**6, 10**6),
        (10**5, 10**9, 10**6),
        (9 * 10**8, 10**8, 10**8),
        (10**8, 9 * 10**8, 9 * 10**8),
        (5 * 10**8, 5 * 10**8, 5 * 10**8),
    ],
)
def test_moments_of_large_hypergeometrics(good: int, bad: int, drawn: int) -> None:
    values = hypergeometric(good, bad, drawn, stream(drawn), DRAWS)
    assert_moments(values, stats.hypergeom(float(good + bad), float(good), float(drawn)))


@pytest.mark.parametrize(
    ("good", "bad", "drawn", "number"),
    [(0, 9, 5, 0), (9, 0, 5, 5), (9, 4, 0, 0), (9, 4, 13, 9), (0, 0, 0, 0), (10**9, 10**8, 11 * 10**8, 10**9)],
)
def test_hypergeometric_of_a_certainty(good: int, bad: int, drawn: int, number: int) -> None:
    assert hypergeometric(good, bad, drawn, stream(0), 1)[0] == number


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [(3, 9, 5), (FEW_DRAWN, 1000, 60), (FEW_DRAWN + 1, 1000, 60), (300, 2000, 100), (10**5, 10**9, 150_000)],
)
def test_hypergeometric_by_search_inverts(good: int, bad: int, drawn: int) -> None:
    u = (np.arange(5000) + 0.5) / 5000
    i = np.arange(1.0, min(good, drawn, 100) + 1)
    ratios = (good - i + 1) * (drawn - i + 1) / (i * (bad - drawn + i))
    chances = np.cumprod(np.concatenate([[1.0], ratios]))
    expected = np.searchsorted(np.cumsum(chances / chances.sum()), u)
    assert list(hypergeometric_by_search(good, bad, drawn, u)) == list(expected)


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [
        (60, 60, 60),
        (100, 10**6, 3 * 10**5),
        (90, 10**6, 5 * 10**5),
        (5000, 9000, 5000),
        (10**5, 10**9, 10**6),
        (5 * 10**8, 5 * 10**8, 10**8),
    ],
)
def test_chances_of_a_hypergeometric_keep_their_digits(good: int, bad: int, drawn: int) -> None:
    mode = (good + 1) * (drawn + 1) // (good + bad + 2)
    spread = float(stats.hypergeom(float(good + bad), float(good), float(drawn)).std())
    for d in (1, NEAR - 1, NEAR, NEAR + 1, *(round(z * spread) for z in (0.3, 1.0, 2.2, 3.7, 5.5, 8.0))):
        for k in (mode - d, mode + d):
            if 0 <= k <= min(good, drawn):
                ratio = lambda i: (good - i + 1) / i * (drawn - i + 1) / (bad - drawn + i)  # noqa: E731
                u = math.exp(0.5 * log_chances(mode, k, ratio))
                assert hypergeometric_has(good, bad, drawn, k, u * (1 - 1e-9))
                assert not hypergeometric_has(good, bad, drawn, k, u * (1 + 1e-9))


@pytest.mark.parametrize("shape", [0.3, 1.0, 25.0, 1e6])
def test_gamma_of_mean_one(shape: float) -> None:
    state = stream(int(shape * 10))
    values = [gamma_unit(shape, state) for _ in range(20_000)]
    assert stats.kstest(values, stats.gamma(shape, scale=1 / shape).cdf).pvalue > 1e-4
