"""One positive number per channel, drawn jointly: few data of one channel are pooled towards all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

F64 = NDArray[np.float64]

SPREADS = np.array([0.1, 0.3, 0.7, 1.5])
"""Candidate standard deviations between channels on the log scale, equally likely beforehand."""


@dataclass(frozen=True)
class Prior:
    """What is believed about the middle of all channels before there are data: normal on the log scale."""

    median: float
    sd: float


def pooled_draws(
    likelihood: F64, grid: F64, prior: Prior, draws: int, rng: np.random.Generator, worth: F64 | float = 1.0
) -> tuple[F64, NDArray[np.intp]]:
    """Draw a number per channel, and one other parameter that all have in common.

    The logarithms of the channels' numbers are normal around a common middle. All parameters are on grids, so the
    posterior is a table: no chain has to converge.

    Parameters
    ----------
    likelihood : ndarray of float, shape (others, grid, channels)
        Log likelihood by values of the common parameter and of the channel's number.
    grid : ndarray of float, shape (grid,)
        Candidate values in equal steps on the log scale.
    worth : ndarray of float, shape (channels,)
        How many independent channels each one counts for in what they have in common.

    Returns
    -------
    values : ndarray of float, shape (draws, channels)
        Uniform within the cells of the grid (log scale).
    other : ndarray of int, shape (draws,)
        Index of the common parameter.
    """
    log_grid = np.log(grid)
    step = log_grid[1] - log_grid[0]
    distance = (log_grid[None, :] - log_grid[:, None]) / SPREADS[:, None, None]
    around = -0.5 * distance**2
    around -= logsumexp(around, axis=2, keepdims=True)  # (spreads, middles, grid)
    middle = -0.5 * ((log_grid - np.log(prior.median)) / prior.sd) ** 2
    # of every channel, given spread, middle and the common parameter
    by_channel = logsumexp(around[:, :, None, :, None] + likelihood[None, None], axis=3)
    joint = (worth * by_channel).sum(axis=3) + middle[None, :, None]
    chosen = _categories(joint.ravel(), draws, rng)
    spread, center, other = np.unravel_index(chosen, joint.shape)
    channels = likelihood.shape[2]
    values = np.empty((draws, channels))
    for channel in range(channels):
        given = around[spread, center] + likelihood[other, :, channel]
        given = np.exp(given - given.max(axis=1, keepdims=True)).cumsum(axis=1)
        place = (given < (rng.random(draws) * given[:, -1])[:, None]).sum(axis=1)
        values[:, channel] = np.exp(log_grid[place] + step * (rng.random(draws) - 0.5))
    return values, other


def _categories(log_weights: F64, draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw indices by their weights."""
    total = np.exp(log_weights - log_weights.max()).cumsum()
    return np.searchsorted(total, rng.random(draws) * total[-1])


def share_draws(likelihood: F64, grid: F64, draws: int, rng: np.random.Generator) -> F64:
    """Draw a share in [0, 1] from its log likelihood on an even grid, equally likely beforehand; shape (draws,)."""
    step = grid[1] - grid[0]
    values = grid[_categories(likelihood, draws, rng)] + step * (rng.random(draws) - 0.5)
    return np.clip(values, 0.0, 1.0)
