"""Slow changes that no single step shows: a trend over the weeks, and how surely two levels differ.

A trend is a quasi-likelihood fit of counts (log link) or shares (logit link) on time (McCullagh and Nelder, Generalized
Linear Models, 9.2). Its variance is multiplied by the dispersion of weeks or of blocks of four weeks, whichever is
greater: weeks that go together, as with a season or a queue, are not as many observations as they seem.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.history.audit.breaks import factor, lasting, levels_of, share_breaks, volume_breaks

BLOCK = 4
"""Weeks that may go together."""
LEAST_WEEKS = 16
STEPS = 30
SURE_TREND, SURE_STEP = 3.5, 5.0
"""Standard errors. A step is found first and tested then, so that it takes more to be sure of it."""
SLOW = 1.27
"""Factor from the first to the last week, from which on a trend is reported. How often healthy and changed histories
have one was measured on generated ones: see docs/reference/history.md."""
YEAR, SEASONAL = 52.18, 78
"""Weeks of a year, and those from which on a season can be distinguished from a trend."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trend:
    """A trend of a weekly series.

    Parameters
    ----------
    before, after : float
        Fitted level of the first and the last week.
    errors : float
        Slope in standard errors.
    """

    before: float
    after: float
    errors: float

    def sure(self, errors: float = SURE_TREND, least: float = SLOW) -> bool:
        """Whether it is surely there and large enough to matter."""
        return abs(self.errors) >= errors and factor(self.before, self.after) >= least


def trend_of(counts: Array, base: Array, share: bool) -> Trend | None:
    """The trend of counts by week, or of their share in ``base``; None for too few."""
    weeks = len(counts)
    total = counts.sum()
    if weeks < LEAST_WEEKS or total < 50 or (share and base.sum() - total < 1):
        return None
    time = (np.arange(weeks) + 0.5) / weeks - 0.5
    design = np.column_stack([np.ones(weeks), time, *([] if share else _seasons(weeks))])
    size = design.shape[1]
    level = total / base.sum()
    at = np.zeros(size)
    at[0] = np.log(level / (1 - level)) if share else np.log(level)
    for _ in range(STEPS):
        mean, weight = _mean(design @ at, base, share)
        information = design.T @ (design * weight[:, None]) + 1e-9 * np.eye(size)
        step = np.clip(np.linalg.solve(information, design.T @ (counts - mean)), -2.0, 2.0)
        at = at + step
        if np.abs(step).max() < 1e-8:
            break
    mean, weight = _mean(design @ at, base, share)
    information = design.T @ (design * weight[:, None]) + 1e-9 * np.eye(size)
    error = np.sqrt(_dispersion(counts - mean, weight, size) * np.linalg.inv(information)[1, 1])
    ends = _mean(at[0] + at[1] * np.array([-0.5, 0.5]), np.ones(2), share)[0]
    return Trend(float(ends[0]), float(ends[1]), float(at[1] / error))


def steps_of(counts: Array, base: Array, share: bool) -> list[int]:
    """First week of every level but the first: lasting steps that are sure."""
    found = share_breaks(counts, base) if share else volume_breaks(counts)
    return sure_steps(counts, base, lasting(found, counts, base), share)


def _seasons(weeks: int) -> list[Array]:
    """Two waves of a year, where there is more than a year of weeks."""
    turns = 2 * np.pi * np.arange(weeks) / YEAR
    return [wave(k * turns) for k in (1, 2) for wave in (np.sin, np.cos)] if weeks >= SEASONAL else []


def sure_steps(counts: Array, base: Array, breaks: list[int], share: bool) -> list[int]:
    """Those breaks at which the levels before and after surely differ: the least sure one goes, until all are sure."""
    breaks = list(breaks)
    while breaks:
        errors = _errors_of_steps(counts, base, breaks, share)
        least = int(np.argmin(errors))
        if errors[least] >= SURE_STEP:
            break
        del breaks[least]
    return breaks


def _errors_of_steps(counts: Array, base: Array, breaks: list[int], share: bool) -> list[float]:
    """By how many standard errors the levels before and after each break differ."""
    edges = [0, *breaks, len(counts)]
    mean, weight = np.zeros(len(counts)), np.zeros(len(counts))
    for a, b in itertools.pairwise(edges):
        level = levels_of(counts, base, a, b)
        mean[a:b], weight[a:b] = base[a:b] * level, base[a:b] * level * (1 - level if share else 1)
    spread = _dispersion(counts - mean, weight, len(edges) - 1)
    errors = []
    for a, at, b in zip(edges[:-2], breaks, edges[2:], strict=True):
        level = levels_of(counts, base, a, b)
        trials = 1 / max(base[a:at].sum(), 1.0) + 1 / max(base[at:b].sum(), 1.0)
        error = np.sqrt(max(level * (1 - level if share else 1) * trials * spread, 1e-18))
        errors.append(abs(levels_of(counts, base, a, at) - levels_of(counts, base, at, b)) / error)
    return errors


def _mean(link: Array, base: Array, share: bool) -> tuple[Array, Array]:
    """Expected counts and their variance."""
    if not share:
        mean = base * np.exp(np.clip(link, -30.0, 30.0))
        return mean, mean
    level = 1 / (1 + np.exp(-np.clip(link, -30.0, 30.0)))
    return base * level, base * level * (1 - level)


def _dispersion(rest: Array, variance: Array, parameters: int) -> float:
    """Variance of weeks, or of blocks of weeks, in units of that of independent events; at least 1."""
    found = 1.0
    for weeks in (1, BLOCK):
        size = len(rest) // weeks * weeks
        if size < 6 * weeks:
            break
        sums, variances = (x[:size].reshape(-1, weeks).sum(axis=1) for x in (rest, variance))
        usable = variances > 0
        found = max(found, float((sums[usable] ** 2 / variances[usable]).sum() / max(usable.sum() - parameters, 1)))
    return found
