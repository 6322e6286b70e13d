"""In which order waiting records are taken up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.role_days import I64
from rpmsim.calibration.take_ups import Visits

MOST_DAYS = 120
"""Days that are looked at, the last ones."""

LEAST_PAIRS = 50

OLDER_FIRST, NEWER_FIRST = 0.6, 0.3
"""Share of pairs from which on the order is first in, and up to which it is last in; long response times mix it."""


def older_first(visits: Visits, mask: NDArray[np.bool_], days: I64) -> float | None:
    """Of two records that waited on one day, one of which was taken up, how often it was the older one.

    Parameters
    ----------
    visits : Visits
    mask : array of bool
        Which visits wait for the same people.
    days : array of int
        Days on which more waited than could be taken up.

    Returns
    -------
    float or None
        1 for first in, first out; 0 for last in, first out; 0.5 for any order. None if there are too few pairs.
    """
    entered = visits.entered[mask]
    until = np.minimum(visits.took, visits.left)[mask]
    took = visits.took[mask]
    older = pairs = 0
    for day in days[-MOST_DAYS:]:
        here = (entered < day) & (until >= day)
        taken, kept = entered[here & (took == day)], np.sort(entered[here & (until > day)])
        below, upto = np.searchsorted(kept, taken, "left"), np.searchsorted(kept, taken, "right")
        older += int((len(kept) - upto).sum())
        pairs += int((len(kept) - upto + below).sum())
    return older / pairs if pairs >= LEAST_PAIRS else None
