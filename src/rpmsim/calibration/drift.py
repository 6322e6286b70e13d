"""How the level of demand drifts from week to week: sigma, phi and the shared part, as joint draws.

The sum of the log probabilities of each week given the weeks before is the likelihood: a rolling score of one-step
forecasts. It weighs a level that follows the recent weeks (phi = 1) against one that returns to the long-run mean, by
how well each would have forecast.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.pooling import Prior, pooled_draws, share_draws
from rpmsim.calibration.weekly_level import Forecast, Weeks, follow

F64 = NDArray[np.float64]

SIGMAS = np.geomspace(0.002, 0.8, 22)
"""Candidates for the weekly step of the log level."""
SIGMA_PRIOR = Prior(median=0.1, sd=0.8)
PHIS = np.array([0.0, 0.4, 0.7, 0.82, 0.9, 0.95, 0.975, 1.0])
"""Candidates for its persistence, equally likely beforehand; 1 is a random walk, which has no long-run level."""
LARGEST_PHI = 0.985
"""Of a level that returns to its mean."""
SHARES = np.linspace(0.0, 1.0, 21)
"""Candidates for the shared part."""


def drift_draws(weeks: Weeks, alpha: F64, growth: F64, draws: int, rng: np.random.Generator) -> tuple[F64, F64, F64]:
    """Draw sigma (draws, channels), phi (draws,) and the shared part (draws,).

    ``alpha`` and ``growth`` (per week) of shape (channels,) are central values: they hardly depend on the drift.
    """
    channels = len(alpha)
    sigma, phi = (grid.reshape(-1, 1) for grid in np.meshgrid(SIGMAS, PHIS))
    likelihood = follow(weeks, alpha[None], sigma, phi, growth=growth).score.reshape(len(PHIS), len(SIGMAS), channels)
    sigmas, index = pooled_draws(likelihood, SIGMAS, SIGMA_PRIOR, draws, rng)
    central = np.exp(np.log(sigmas).mean(axis=0)), np.full(channels, np.median(PHIS[index]))
    errors, signals = _errors(weeks, alpha, growth, *central)
    shared = share_draws(_of_share(errors, signals), SHARES, draws, rng)
    worth = _independent(signals, float(np.mean(shared**2)))
    sigmas, index = pooled_draws(likelihood, SIGMAS, SIGMA_PRIOR, draws, rng, worth)
    edges = np.concatenate([[0.0], (PHIS[1:-1] + PHIS[:-2]) / 2.0, [LARGEST_PHI, 1.0]])
    low, high = np.where(PHIS < 1.0, edges[:-1], 1.0), edges[1:]
    return sigmas, low[index] + (high - low)[index] * rng.random(draws), shared


def _errors(weeks: Weeks, alpha: F64, growth: F64, sigma: F64, phi: F64) -> tuple[F64, F64]:
    """Errors of the one-step forecasts in standard deviations, and their signals; shape (weeks, channels)."""
    forecasts: list[Forecast] = []
    follow(weeks, alpha[None], sigma[None], phi[None], growth=growth, forecasts=forecasts)
    return np.array([week.error[0] for week in forecasts]), np.array([week.signal[0] for week in forecasts])


def _independent(signals: F64, shared_squared: float) -> F64:
    """How many independent channels each one counts for, in the likelihood of what they have in common.

    Information on a variance from two channels overlaps by the square of the correlation of their errors (the design
    effect of clusters; Kish, Survey Sampling, 1965).
    """
    power = signals**2
    overlap = shared_squared * (power * (power.sum(axis=1, keepdims=True) - power)).mean(axis=0)
    return np.asarray(1.0 / (1.0 + overlap / np.maximum((power > 0).mean(axis=0), 1e-12)))


def _of_share(error: F64, signal: F64) -> F64:
    """Log likelihood of each shared part, from errors of the same week in different channels; shape (shares,).

    Errors are normal with variance 1 and correlation *shared b(c) b(d)*, with the signals *b*: one factor a week.
    """
    share = SHARES[:, None, None]
    own = np.maximum(1.0 - share * signal**2, 1e-6)
    common = (signal**2 / own).sum(axis=2)
    inner = (signal * error / own).sum(axis=2)
    share = SHARES[:, None]
    squares = (error**2 / own).sum(axis=2) - share * inner**2 / (1.0 + share * common)
    return np.asarray(-0.5 * (np.log(own).sum(axis=2) + np.log1p(share * common) + squares).sum(axis=1))
