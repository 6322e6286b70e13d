"""Fewer bins of ages, where the hazards of all stages and classes would make too large a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.competing import hazards_of
from rpmsim.calibration.stage_fit import StageFit
from rpmsim.model.hazards import leaving_by_age

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def fewer_ages(fits: list[StageFit], ages: I64, most: int) -> I64:
    """Those ages that part the exits of all stages most evenly, with the first and last of each stage.

    Parameters
    ----------
    fits : list of StageFit
    ages : array of int
        First ages of all bins.
    most : int
        About how many are kept.
    """
    exits = np.zeros(len(ages))
    for fit in fits:
        leaving = fit.leaving.sum(axis=1).mean(axis=0)
        exits += np.bincount(np.searchsorted(ages, fit.starts), leaving / max(leaving.sum(), 1e-12), len(ages))
    ends = [a for fit in fits for a in (0, 1, int(fit.starts[-1])) if a in ages]
    until = np.cumsum(exits) - exits
    inner = ages[np.unique(np.searchsorted(until, np.linspace(0, until[-1], max(most - len(set(ends)), 2))))]
    return np.unique(np.concatenate([inner, ends]).astype(np.int64))


def coarser(fit: StageFit, ages: I64) -> StageFit:
    """The same shares of records leaving, by fewer bins of ages."""

    def joined(hazards: F64) -> F64:
        leaving = leaving_by_age(hazards, fit.starts)
        at = np.searchsorted(ages, fit.starts, side="right") - 1
        result = np.zeros((*leaving.shape[:2], len(ages)))
        for i, bin_ in enumerate(at):
            result[:, :, bin_] += leaving[:, :, i]
        return hazards_of(result, ages, hazards[:, :, -1].sum(axis=1))

    own = fit.class_hazards
    classes = None if own is None else np.stack([joined(own[:, c]) for c in range(own.shape[1])], axis=1)
    return replace(fit, starts=ages, hazards=joined(fit.hazards), class_hazards=classes)
