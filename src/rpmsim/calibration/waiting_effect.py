"""Whether records that waited longer advance less: an observation, which may have other causes."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.take_ups import NEVER, Visits

LEAST = 50
"""Records that advanced, and that did not, at least."""

LONGEST_DAYS = 30.0
"""Longer waits count as this."""


def odds_per_day(
    visits: Visits, mask: NDArray[np.bool_], advancing: Collection[int]
) -> tuple[float, float, float, int] | None:
    """Factor on the odds of advancing for each day that a record waited, with its 90% interval.

    A logistic regression of the outcome on the days waited, with a level for each quarter of entering, as both can
    change over time. Only records are counted that came early enough to have left.

    Returns
    -------
    factor, low, high : float
    records : int
        None in place of all four if there are too few records, or if all waited alike.
    """
    stay = (visits.left - visits.took)[mask & visits.started & (visits.left < NEVER)]
    if not len(stay):
        return None
    old = (
        visits.entered
        <= visits.last - np.quantile(stay, 0.95) - np.quantile(visits.wait_hours[mask & visits.started], 0.95) / 24.0
    )
    use = mask & visits.started & old & (visits.left < NEVER)
    advanced = np.isin(visits.outcome[use], list(advancing)).astype(np.float64)
    days = np.minimum(visits.wait_hours[use] / 24.0, LONGEST_DAYS)
    if min(advanced.sum(), (1.0 - advanced).sum()) < LEAST or days.std() < 0.05:
        return None
    _, quarter = np.unique(visits.entered[use] // 91, return_inverse=True)
    design = np.column_stack([days, np.eye(int(quarter.max()) + 1)[quarter]])
    ridge = np.diag([0.0, *[0.01] * (design.shape[1] - 1)])
    at = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-design @ at))
        information = design.T @ (design * (chance * (1.0 - chance))[:, None]) + ridge
        step = np.linalg.solve(information, design.T @ (advanced - chance) - ridge @ at)
        at = at + step
        if np.abs(step).max() < 1e-8:
            break
    error = 1.645 * float(np.sqrt(np.linalg.inv(information)[0, 0]))
    slope = float(at[0])
    return float(np.exp(slope)), float(np.exp(slope - error)), float(np.exp(slope + error)), int(use.sum())
