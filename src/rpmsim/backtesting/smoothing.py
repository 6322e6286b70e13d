"""Exponential smoothing of weekly totals with a damped trend."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.settings import WEEK

__all__ = ["damped_smoothing"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

LEVEL_GAINS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
TREND_GAINS = (0.05, 0.1, 0.3)
DAMPING = (0.8, 0.9, 0.98)
"""Between 0.8 and 0.98 a damped trend differs both from none and from a lasting one (Hyndman & Athanasopoulos 2021)."""
FEWEST_WEEKS = 8
"""Weeks from which on a trend is fitted, too."""

GRID = np.array(
    [(level, 0.0, 0.0) for level in LEVEL_GAINS] + list(product(LEVEL_GAINS, TREND_GAINS, DAMPING))
).T  # fmt: skip
"""Gain of the level, gain of the trend as a share of it, and damping, one column a candidate; trendless ones first."""


def damped_smoothing(series: F64, recorded: int, origins: I64, horizons: I64) -> F64:
    """Forecast with simple or damped-trend exponential smoothing of weekly totals, at least 0.

    Weeks are counted back from the origin, and the forecast is their expected total over h/7 weeks. Gains and damping
    are those with the least squared one-week-ahead errors up to the origin (Gardner & McKenzie 1985; Gardner 2006). The
    first weeks are averaged, until the gain of a plain mean falls below that of the level.

    Parameters
    ----------
    series : ndarray of float64, shape (days,)
        Daily totals.
    recorded : int
        The first day with data.
    origins : ndarray of int64, shape (origins,)
        Days at whose end a forecast is made.
    horizons : ndarray of int64, shape (horizons,)
        Days ahead.

    Returns
    -------
    ndarray of float64, shape (origins, horizons)
        NaN where there is no full week.
    """
    forecasts = np.full((origins.size, horizons.size), np.nan)
    for phase in np.unique(origins % WEEK):
        rows = np.flatnonzero((origins % WEEK == phase) & (origins - recorded + 1 >= WEEK))
        if rows.size:
            weeks = (origins[rows] - recorded + 1) // WEEK
            last = int(origins[rows].max())
            totals = series[last + 1 - int(weeks.max()) * WEEK : last + 1].reshape(-1, WEEK).sum(axis=1)
            level, trend, damping = _smoothed(totals, weeks)
            forecasts[rows] = _ahead(level, trend, damping, horizons)
    return forecasts


def _smoothed(totals: F64, weeks: I64) -> tuple[F64, F64, F64]:
    """Level, trend and damping after the first so many weeks, each with the best candidate until then."""
    level_gain, trend_gain, damping = GRID
    level, trend, squared = np.zeros((3, level_gain.size))
    history = np.empty((totals.size, 3, level_gain.size))
    for week, total in enumerate(totals):
        expected = level + damping * trend
        error = total - expected
        level = expected + np.maximum(level_gain, 1.0 / (week + 1)) * error
        if week > 0:
            trend = damping * trend + level_gain * trend_gain * error
            squared = squared + error**2
        history[week] = level, trend, squared
    at = history[weeks - 1]
    allowed = (trend_gain == 0.0) | (weeks >= FEWEST_WEEKS)[:, None]
    best = np.argmin(np.where(allowed, at[:, 2], np.inf), axis=1)
    row = np.arange(weeks.size)
    return at[row, 0, best], at[row, 1, best], damping[best]


def _ahead(level: F64, trend: F64, damping: F64, horizons: I64) -> F64:
    """Expected total of the days ahead; the last week counts in part."""
    number = np.arange(1, -(-int(horizons.max()) // WEEK) + 1)
    by_week = level[:, None] + np.cumsum(damping[:, None] ** number, axis=1) * trend[:, None]
    share = np.clip(horizons[:, None] / WEEK - (number - 1), 0.0, 1.0)
    return np.maximum(by_week @ share.T, 0.0)
