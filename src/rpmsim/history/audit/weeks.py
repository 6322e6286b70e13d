"""Weeks of a history: counts by whole week, from a Monday on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HORIZONS = (7, 14, 30, 60, 90)
"""Days within which conversion is measured: of all cohorts at the same age."""


def weekly(days: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Counts by whole week from the first Monday on."""
    weeks = (last + 1 - first) // 7
    inside = days[(days >= first) & (days < first + 7 * weeks)]
    return np.bincount(((inside - first) // 7).astype(int), minlength=max(weeks, 0)).astype(float)


def first_monday(day: float) -> int:
    """The Monday on or after a day since 1970 (which began on a Thursday)."""
    return int(day) + (4 - int(day)) % 7
