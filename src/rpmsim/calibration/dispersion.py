"""How much more the leads of a day vary than those of a Poisson process: alpha of the negative binomial."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from rpmsim.calibration.arrival_days import Days, by_week
from rpmsim.calibration.pooling import Prior, pooled_draws

F64 = NDArray[np.float64]

ALPHAS = np.geomspace(1e-4, 100.0, 37)
"""Candidates; the largest is the largest that a scenario can state."""
PRIOR = Prior(median=0.03, sd=2.0)
"""Day-level alphas of 0.007 (1,000 leads a day) to 0.04 (30 a day) are published; call centers have similar ones
(Ibrahim, Ye, L'Ecuyer and Shen, International Journal of Forecasting 32, 2016)."""
NODES = np.linspace(-4.0, 4.0, 21)
"""Nodes for the level of a week, in standard deviations."""


def dispersion_draws(days: Days, exposure: F64, draws: int, rng: np.random.Generator) -> F64:
    """Draw alpha of each channel; shape (draws, channels).

    Only the days within a week are compared, so drift from week to week is not taken for dispersion: the level of each
    week is integrated out with the prior 1 / level, which makes the weeks' totals say nothing.
    """
    channels = days.counts.shape[1]
    likelihood = np.stack([_likelihood(days, exposure, channel) for channel in range(channels)], axis=-1)
    return pooled_draws(likelihood[None], ALPHAS, PRIOR, draws, rng)[0]


def _likelihood(days: Days, exposure: F64, channel: int) -> F64:
    """Log likelihood of each candidate; shape (alphas,)."""
    part, count = exposure[:, channel], days.counts[:, channel]
    leads = by_week(count[:, None], days)[:, 0]
    keep = (part > 0) & (leads >= 2)[days.week]
    if not keep.any():
        return np.zeros(len(ALPHAS))
    part, count, week = part[keep], count[keep], np.unique(days.week[keep], return_inverse=True)[1]
    first = np.flatnonzero(np.diff(week, prepend=-1))
    total, parts = np.add.reduceat(count, first), np.add.reduceat(part, first)
    squares = np.add.reduceat(part**2, first) / parts**2
    result = np.empty(len(ALPHAS))
    for i, alpha in enumerate(ALPHAS):
        width = np.sqrt(1.0 / total + np.minimum(alpha * squares, 4.0))
        level = (total / parts)[:, None] * np.exp(NODES * width[:, None])
        mean = part[:, None] * level[week]
        terms = count[:, None] * np.log(alpha * mean) - (count[:, None] + 1.0 / alpha) * np.log1p(alpha * mean)
        by_node = np.add.reduceat(terms, first, axis=0)
        constant = (gammaln(count + 1.0 / alpha) - gammaln(1.0 / alpha)).sum()
        result[i] = constant + (logsumexp(by_node, axis=1) + np.log(width)).sum()
    return result
