"""Where a series of counts changes its level: optimal partition by penalised likelihood.

Own, because the cost is that of counts whose variance is a multiple of the mean (volume) or of a share (conversion),
which change point packages do not have; with a few hundred weeks the exact partition by dynamic programming is short.
Segment costs are deviances divided by the dispersion phi; each further segment costs ``PENALTY * log(weeks)`` (the
Bayesian information criterion has 1 a parameter, a change point counts as two or three: Zhang and Siegmund, Biometrics
2007).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

PENALTY = 3.0
SHORTEST = 4
"""Weeks in a segment: shorter ones are holidays and campaigns."""
EXCURSION = 16
"""Weeks after which a level that returns is no season or campaign any more."""
STRIKING = 1.4
"""Factor between two levels, from which on a change is reported."""
MEDIAN_CHI2 = 0.4549364
"""Median of chi square with one degree of freedom."""


def volume_breaks(counts: NDArray[np.float64]) -> list[int]:
    """First week of every level but the first, from counts by week."""
    total = np.concatenate([[0.0], np.cumsum(counts)])
    steps = np.diff(counts) ** 2 / np.maximum(counts[1:] + counts[:-1], 1.0)
    phi = max(1.0, float(np.median(steps)) / MEDIAN_CHI2) if steps.size else 1.0

    def cost(first: NDArray[np.int64], last: int) -> NDArray[np.float64]:
        events, weeks = total[last] - total[first], last - first
        return -2.0 * _xlogx(events, events / weeks) / phi

    return _partition(len(counts), cost)


def share_breaks(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> list[int]:
    """First week of every level but the first, from successes out of trials by week."""
    good, all_ = (np.concatenate([[0.0], np.cumsum(x)]) for x in (successes, trials))
    share = np.divide(successes, trials, out=np.zeros_like(successes), where=trials > 0)
    mean = (share[1:] + share[:-1]) / 2
    spread = mean * (1 - mean) * (1 / np.maximum(trials[1:], 1) + 1 / np.maximum(trials[:-1], 1))
    usable = spread > 0
    steps = np.diff(share)[usable] ** 2 / spread[usable]
    phi = max(1.0, float(np.median(steps)) / MEDIAN_CHI2) if steps.size else 1.0

    def cost(first: NDArray[np.int64], last: int) -> NDArray[np.float64]:
        y, n = good[last] - good[first], all_[last] - all_[first]
        p = np.divide(y, n, out=np.zeros_like(y), where=n > 0)
        return -2.0 * (_xlogx(y, p) + _xlogx(n - y, 1.0 - p)) / phi

    return _partition(len(trials), cost)


def lasting(breaks: list[int], counts: NDArray[np.float64], base: NDArray[np.float64]) -> list[int]:
    """The breaks without those of excursions: a season, a campaign, a vacancy, after which the level is as it was."""
    edges = [0, *breaks, len(counts)]
    while True:
        levels = [levels_of(counts, base, a, b) for a, b in itertools.pairwise(edges)]
        short = [
            (edges[i + 1] - edges[i], i)
            for i in range(1, len(levels) - 1)
            if edges[i + 1] - edges[i] <= EXCURSION and factor(levels[i - 1], levels[i + 1]) < STRIKING
        ]
        if not short:
            return edges[1:-1]
        i = min(short)[1]
        del edges[i : i + 2]


def levels_of(counts: NDArray[np.float64], base: NDArray[np.float64], first: int, last: int) -> float:
    """Level of some weeks: counts out of base."""
    return float(counts[first:last].sum() / max(base[first:last].sum(), 1.0))


def factor(a: float, b: float) -> float:
    """How many times the greater one of two levels is the smaller one."""
    low, high = min(a, b), max(a, b)
    return high / low if low > 0 else (np.inf if high > 0 else 1.0)


def _xlogx(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """X log y, 0 where x is 0."""
    return np.where(x > 0, x * np.log(np.where(y > 0, y, 1.0)), 0.0)


def _partition(size: int, cost: Callable[[NDArray[np.int64], int], NDArray[np.float64]]) -> list[int]:
    """Cheapest partition of 0 ... size - 1 into segments of at least ``SHORTEST``."""
    if size < 2 * SHORTEST:
        return []
    penalty = PENALTY * np.log(size)
    best = np.full(size + 1, np.inf)
    best[0] = -penalty
    before = np.zeros(size + 1, dtype=np.int64)
    for last in range(SHORTEST, size + 1):
        first = np.arange(0, last - SHORTEST + 1)
        whole = best[first] + cost(first, last) + penalty
        i = int(np.argmin(whole))
        best[last], before[last] = whole[i], first[i]
    breaks = []
    at = int(before[size])
    while at > 0:
        breaks.append(at)
        at = int(before[at])
    return breaks[::-1]
