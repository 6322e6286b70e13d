"""How many leads come a day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.known import Known

__all__ = ["arrival_rate"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

SPAN = 28
"""Days of the run rate."""


def arrival_rate(known: Known, origins: I64) -> F64:
    """New records a day, the mean of the last 28 recorded days up to each origin."""
    created = np.concatenate([[0.0], np.cumsum(np.bincount(known.begun, minlength=known.last + 1))])
    first = np.maximum(origins + 1 - SPAN, known.recorded)
    return (created[origins + 1] - created[first]) / np.maximum(origins + 1 - first, 1)
