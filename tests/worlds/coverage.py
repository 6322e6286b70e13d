"""Many worlds together: how often intervals cover, how wide they are, and how far off their middle is.

A world is one unit of evidence: its quantities share their leads. So standard errors are those of a ratio of sums over
worlds (Cochran, Sampling Techniques, 1977, section 6.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.polynomial import legendre
from scipy import stats

from tests.worlds.judge import Row

R = TypeVar("R", bound=Row)

BOUNDS = (0.74, 0.86)
"""Between which 80% intervals must cover, all quantities pooled."""


class Pooled(NamedTuple):
    """A mean over rows, and its standard error."""

    value: float
    error: float


def pooled(rows: Collection[R], value: Callable[[R], float]) -> Pooled:
    """Mean of a value over rows, with the standard error that worlds have as units."""
    sums: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        sums[row.world].append(value(row))
    if not sums:
        return Pooled(np.nan, np.nan)
    totals = np.array([sum(values) for values in sums.values()])
    counts = np.array([len(values) for values in sums.values()], dtype=np.float64)
    mean, worlds = float(totals.sum() / counts.sum()), len(totals)
    if worlds == 1:
        return Pooled(mean, np.nan)
    off = totals - mean * counts
    return Pooled(mean, float(np.sqrt(worlds / (worlds - 1) * (off**2).sum()) / counts.sum()))


def coverage(rows: Collection[Row], level: float = 0.8) -> Pooled:
    """Share of the central intervals that hold the truth."""
    return pooled(rows, lambda row: float(abs(row.rank - 0.5) <= level / 2))


def lean(rows: Collection[Row]) -> Pooled:
    """Mean rank less one half: above 0 where the truth tends to lie above the draws."""
    return pooled(rows, lambda row: row.rank - 0.5)


def bias(rows: Collection[Row]) -> Pooled:
    """Sum of the means of the draws over the sum of the truths, less one: truths near 0 do not move it."""
    total = sum(row.truth for row in rows)
    if not rows or total == 0.0:
        return Pooled(np.nan, np.nan)
    ratio = sum(row.mean for row in rows) / total
    error = pooled(rows, lambda row: row.mean - ratio * row.truth).error * len(rows) / total
    return Pooled(ratio - 1.0, error)


def ratio(rows: Iterable[Row], others: Iterable[Row], value: Callable[[Row], float]) -> float:
    """Ratio of the geometric means of a value over the quantities that two runs have in common."""
    known = {row.key: value(row) for row in others}
    pairs = [(value(row), known[row.key]) for row in rows if row.key in known]
    logs = [np.log(a / b) for a, b in pairs if a > 0.0 and b > 0.0]
    return float(np.exp(np.mean(logs))) if logs else float("nan")


def width(row: Row) -> float:
    """Width of the 80% interval."""
    return row.high - row.low


def crps(row: Row) -> float:
    """Continuous ranked probability score."""
    return row.crps


def by_kind(rows: Iterable[R]) -> dict[str, list[R]]:
    """Rows by kind of quantity, in the order in which they come."""
    kinds: dict[str, list[R]] = defaultdict(list)
    for row in rows:
        kinds[row.what].append(row)
    return dict(kinds)


def uniformity(rows: Iterable[Row], bins: int = 10) -> float:
    """P-value of uniform ranks, by chi-square of one rank a world and kind: the first one (Talts et al., 2018)."""
    first: dict[tuple[int, str], float] = {}
    for row in rows:
        first.setdefault((row.world, row.what), row.rank)
    counts = np.histogram(list(first.values()), bins=bins, range=(0.0, 1.0))[0]
    return float(stats.chisquare(counts).pvalue)


def smooth_test(rows: Iterable[Row], components: int = 4) -> float:
    """P-value of uniform ranks, all of a world's taken together as one unit of evidence.

    Neyman's (1937) smooth test: the means of the first Legendre polynomials of the ranks are 0. They stand for lean,
    spread, skewness and so on. Their sums by world are held against 0 by Hotelling's T², whatever the dependence
    within a world.
    """
    by_world: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        by_world[row.world].append(2.0 * row.rank - 1.0)
    polynomials = [legendre.Legendre.basis(k) for k in range(1, components + 1)]
    sums = np.array([[float(p(np.array(ranks)).sum()) for p in polynomials] for ranks in by_world.values()])
    worlds = len(sums)
    mean, covariance = sums.mean(axis=0), np.cov(sums.T).reshape(components, components)
    t2 = worlds * float(mean @ np.linalg.solve(covariance, mean))
    return float(stats.f.sf(t2 * (worlds - components) / (components * (worlds - 1)), components, worlds - components))
