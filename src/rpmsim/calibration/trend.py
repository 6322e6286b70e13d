"""Whether the leads of a channel grow or shrink, beyond drift: a trend of the log level, as draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from rpmsim.calibration.drift import SIGMA_PRIOR
from rpmsim.calibration.weekly_level import Weeks, follow

F64 = NDArray[np.float64]

WEEKS_PER_MONTH = 30.4375 / 7.0
GROWTHS = np.linspace(-0.15, 0.15, 13)
"""Candidates for the trend of the log level per month."""
GROWTH_SD = 0.04
"""Standard deviation of the trend per month before there are data."""
CLEAR = float(np.log(3.0))
"""Log Bayes factor from which on a trend is stated ("substantial"; Kass and Raftery, JASA 90, 1995)."""
FEWEST_WEEKS = 26
"""Weeks with leads from which on there can be a trend."""
SIGMAS = np.geomspace(0.005, 0.5, 7)
PHIS = np.array([0.5, 0.85, 0.96, 1.0])
"""A trend must explain more than a random walk would."""


def growth_draws(weeks: Weeks, alpha: F64, draws: int, rng: np.random.Generator) -> F64:
    """Draw the trend of the log level per month; 0 for channels without a clear one; shape (draws, channels).

    Compared is how likely the weeks are with and without a trend, each week given the weeks before, and whatever the
    drift may be. Where there seems to be one, some draws have none, by the odds that there is none.
    """
    growth, phi, sigma = (grid.reshape(-1, 1) for grid in np.meshgrid(GROWTHS, PHIS, SIGMAS, indexing="ij"))
    score = follow(weeks, alpha[None], sigma, phi, growth=growth / WEEKS_PER_MONTH).score
    score = score - 0.5 * ((np.log(sigma) - np.log(SIGMA_PRIOR.median)) / SIGMA_PRIOR.sd) ** 2
    by_growth = logsumexp(score.reshape(len(GROWTHS), -1, score.shape[1]), axis=1)
    prior = -0.5 * (GROWTHS / GROWTH_SD) ** 2
    posterior = by_growth + (prior - logsumexp(prior))[:, None]
    total = logsumexp(posterior, axis=0)
    evidence = total - by_growth[len(GROWTHS) // 2]
    result = np.zeros((draws, score.shape[1]))
    step = GROWTHS[1] - GROWTHS[0]
    enough = (weeks.leads > 0).sum(axis=0) >= FEWEST_WEEKS
    for channel in np.flatnonzero((evidence > CLEAR) & enough):
        below = np.exp(posterior[:, channel] - total[channel]).cumsum()
        place = np.searchsorted(below, rng.random(draws) * below[-1])
        trend = GROWTHS[place] + step * (rng.random(draws) - 0.5)
        result[:, channel] = np.where(rng.random(draws) < expit(evidence[channel]), trend, 0.0)
    return result
