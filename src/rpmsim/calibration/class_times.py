"""Hazards of single classes, where their times differ: each class leans on the hazards of all, as far as it is small.

A class has in each bin of ages the exits of its own, and those that the hazards of all classes, times the class's
factor, let expect in a few further days at risk: as many as make :data:`PRIOR_EXITS` exits. So a class with few exits
has the times of all, and one with many its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rpmsim.calibration.hazards import Counted

F64 = NDArray[np.float64]

PRIOR_EXITS = 3.0
"""Exits in a bin of ages that the hazards of all classes are worth in each of them."""
LEAST_EXITS = 200
"""Exits of a class without which it has no times of its own."""
UNLIKELY = 1e-3
"""Chance of a deviation from the hazards of all, from which on times differ."""


def times_differ(counts: list[Counted], means: list[F64], factors: F64) -> float:
    """Chance of deviations as large as these if all classes had the same times, 1 if nothing can be said.

    Parameters
    ----------
    counts : list of Counted
        By class, for each outcome.
    means : list of array, shape (bins,)
        Mean hazards of all classes, for each outcome.
    factors : array, shape (outcomes, classes)
        Of the classes on them.

    Notes
    -----
    Deviance of Poisson counts by bin (McCullagh and Nelder, 1989, section 6.2), without bins in which fewer than one
    exit is expected.
    """
    deviance, freedom = 0.0, 0
    enough = np.flatnonzero(sum(count.exits.sum(axis=1) for count in counts) >= LEAST_EXITS)
    for c in enough:
        for j, (count, mean) in enumerate(zip(counts, means, strict=True)):
            expected = mean * count.at_risk[c] * factors[j, c]
            seen = expected >= 1.0
            exits = count.exits[c, seen]
            if len(exits) < 2 or exits.sum() < 1:
                continue
            scaled = expected[seen] * exits.sum() / expected[seen].sum()
            some = np.maximum(exits, 1e-12)
            deviance += 2 * float((some * np.log(some / scaled)).sum())
            freedom += len(exits) - 1
    return float(stats.chi2.sf(deviance, freedom)) if freedom else 1.0


def class_hazards(count: Counted, pooled: F64, weights: F64) -> F64:
    """Hazards of one class and outcome.

    Parameters
    ----------
    count : Counted
        Of the class.
    pooled : array, shape (draws, bins)
        Hazards of all classes, times the factor of the class.
    weights : array, shape (draws, groups)

    Returns
    -------
    array, shape (draws, bins)
    """
    days = np.divide(PRIOR_EXITS, pooled, out=np.full_like(pooled, PRIOR_EXITS * 1e3), where=pooled > 0)
    return np.minimum((weights @ count.exits + pooled * days) / (weights @ count.at_risk + days), 1.0)
