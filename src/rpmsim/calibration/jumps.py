"""When the level of a channel may have jumped: a step between two weeks that drift does not explain.

Without jumps, one step of the level would make all weeks look restless, and forecasts far too wide. With jumps in every
history, drift would be taken for jumps. So a series has jumps only where its leads are far more likely with them. Most
jumps concern all channels: whether the others jumped is evidence for each one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from rpmsim.calibration.weekly_level import Forecast, Weeks, follow

F64 = NDArray[np.float64]

CHANCE = 1.0 / 52.0
"""Of a jump in a week, in a series that has jumps: one a year."""
CLEAR = float(np.log(20.0))
"""Log Bayes factor from which on a series has jumps (strong evidence; Kass and Raftery, JASA 90, 1995)."""
WITH_OTHERS = 0.9
"""Chance at most that a channel jumps with the others."""
SIGMAS = np.geomspace(0.005, 0.8, 9)
PHIS = np.array([0.5, 0.9, 1.0])


def jump_chances(weeks: Weeks, alpha: F64) -> F64:
    """Probability of a jump in each week, before the channel's own leads of the week are seen; shape (weeks, channels).

    ``alpha`` of shape (channels,) is a central value.
    """
    has_own, _ = _jumps_of(weeks, alpha)
    chances = np.where(has_own, CHANCE, 0.0) * np.ones_like(weeks.leads)
    if weeks.leads.shape[1] > 1:
        others_have, jumped = _jumps_of(*_others(weeks, alpha))
        chances = 1.0 - (1.0 - chances) * (1.0 - np.where(others_have, WITH_OTHERS * jumped, 0.0))
    return chances


def _jumps_of(weeks: Weeks, alpha: F64) -> tuple[NDArray[np.bool_], F64]:
    """Whether each series has jumps, and the probability of one in each week; shapes (channels,), (weeks, channels)."""
    sigma, phi = (grid.reshape(-1, 1) for grid in np.meshgrid(SIGMAS, PHIS))
    forecasts: list[Forecast] = []
    without = follow(replace(weeks, jump=np.zeros_like(weeks.jump)), alpha[None], sigma, phi).score
    jumping = replace(weeks, jump=np.full_like(weeks.jump, CHANCE))
    score = follow(jumping, alpha[None], sigma, phi, forecasts=forecasts).score
    clear = logsumexp(score, axis=0) - logsumexp(without, axis=0) > CLEAR
    weight = np.exp(score - logsumexp(score, axis=0))
    return clear, np.array([(weight * forecast.jump).sum(axis=0) for forecast in forecasts])


def _others(weeks: Weeks, alpha: F64) -> tuple[Weeks, F64]:
    """All other channels together, for each channel.

    A day of a channel weighs as much as its leads of an average day, so channels that are not yet recorded do not look
    like a low level.
    """
    size = weeks.leads.sum(axis=0) / np.maximum(weeks.exposure.sum(axis=0), 1e-12)
    part = size * weeks.exposure
    square = part**2 * weeks.clumping
    rest = [values.sum(axis=1, keepdims=True) - values for values in (weeks.leads, part, square, square * alpha)]
    leads, parts, squares, dispersed = (np.maximum(values, 0.0) for values in rest)
    together = Weeks(
        leads=leads * (parts > 0),
        exposure=parts / np.maximum(size.sum() - size, 1e-12),
        clumping=squares / np.maximum(parts, 1e-12) ** 2,
        restart=np.full_like(weeks.restart, -1),
        jump=weeks.jump,
    )
    return together, dispersed.sum(axis=0) / np.maximum(squares.sum(axis=0), 1e-12)
