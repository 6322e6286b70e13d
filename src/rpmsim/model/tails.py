"""Leads that are older than their distributions: how fast they leave where nobody has said so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

HALF, NEARLY_ALL = 0.5, 0.9
"""The last well-filled stretch of a distribution is between the ages by which so many of those leaving have left ..."""

EARLIEST = 0.5
"""... and begins at this part of the last age, at the latest: if all leave on nearly the same day, that day says little
of those who did not."""


def tail_hazards(shares: F64, cumulative: F64) -> F64:
    """Chance per day of each outcome in the last well-filled stretch of a stage.

    The chance is leads leaving for the outcome over days that leads are in the stage, those who never leave included.

    Parameters
    ----------
    shares : array, shape (draws, outcomes)
        What they leave to 1 never leaves.
    cumulative : array, shape (draws, outcomes, days)
        Probability of at most 0, 1, ... days, given the outcome; the last entry is 1 where there is a share.

    Returns
    -------
    array, shape (draws, outcomes)
    """
    left = np.einsum("go,god->gd", shares, cumulative)
    leaving = shares.sum(axis=1)
    result = np.zeros_like(shares)
    for g in np.flatnonzero(leaving > 0):
        part = left[g] / leaving[g]
        half, most, last = (int(np.searchsorted(part, level)) for level in (HALF, NEARLY_ALL, 1.0 - 1e-9))
        if last == 0 and leaving[g] < 1.0 - 1e-9:
            continue  # all leave at once, and those who are there have stayed
        first = min(half, int(EARLIEST * last))
        before = left[g, first - 1] if first else 0.0
        here = cumulative[g, :, most] - (cumulative[g, :, first - 1] if first else 0.0)
        at_risk = 1.0 - np.concatenate([[before], left[g, first:most]])
        result[g] = np.minimum(shares[g] * here / at_risk.sum(), 1.0)
    return result
