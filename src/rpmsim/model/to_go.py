"""What of a target is still to go at the start of each period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.actuals import actual_between
from rpmsim.model.calendar import Period
from rpmsim.model.plan import Model, Target


def target_of(model: Model, period: Period) -> Target | None:
    """The shortest bookings target that holds all days of a period; None where there is none."""
    holding = [
        target
        for target in model.targets
        if target.metric == "bookings" and target.first <= period.first and period.last <= target.last
    ]
    return min(holding, key=lambda target: target.last - target.first, default=None)


def targets_to_go(model: Model, periods: Sequence[Period], booked: NDArray[np.float64]) -> NDArray[np.float64]:
    """What of the target of each period is still to go when the period, or its first simulated day, begins.

    Parameters
    ----------
    model : Model
        Gives targets and actuals to date.
    periods : sequence of Period
        Reporting periods.
    booked : ndarray of float, shape (replications, periods)
        Bookings of the simulated days of each period, in currency.

    Returns
    -------
    ndarray of float, shape (replications, periods)
        The target less what is booked before, in currency; below 0 where that is more. NaN without a target, and where
        the target's days before the first simulated one are not all stated as actuals.
    """
    result = np.full(booked.shape, np.nan)
    for i, period in enumerate(periods):
        target = target_of(model, period)
        if target is None:
            continue
        actual: float | None = 0.0
        if target.first <= model.as_of:
            actual = actual_between(model.actuals, "bookings", target.first, min(target.last, model.as_of))
        before = [j for j in range(i) if periods[j].last >= target.first]
        if actual is not None and all(periods[j].first >= target.first for j in before):
            result[:, i] = target.value - actual - booked[:, before].sum(axis=1)
    return result
