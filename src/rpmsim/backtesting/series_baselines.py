"""Baselines that look at nothing but the daily totals of what is forecast.

Each takes origins and horizons and gives the expected total of the days 1 to h after each origin, from days up to that
origin alone; NaN where there is no recorded day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["drift", "naive", "seasonal_naive"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

YEAR = 364
"""Days of 52 weeks: the same season on the same weekdays."""
THIRTEEN_MONTHS = 396
PERIODS = 3
"""Periods that are averaged while the history is too short for a season."""


def _total(series: F64, first: I64, days: I64) -> F64:
    """Total of so many days from a first day on; days outside the series count as 0."""
    cumulative = np.concatenate([[0.0], np.cumsum(series)])
    first, end = (np.clip(day, 0, series.size) for day in (first, first + days))
    return cumulative[end] - cumulative[first]


def _recorded_days(recorded: int, origins: I64) -> I64:
    """Recorded days up to each origin, as a column."""
    return (origins - recorded + 1)[:, None]


def naive(series: F64, recorded: int, origins: I64, horizons: I64) -> F64:
    """Forecast the total of the last h days again; a shorter history is scaled to h days.

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
    """
    return _mean_of_periods(series, recorded, origins, horizons, 1)


def seasonal_naive(series: F64, recorded: int, origins: I64, horizons: I64) -> F64:
    """Forecast the same h days 52 weeks ago, or the mean of the last three periods while there are no 13 months.

    The whole series decides which of the two it is, so that the errors at earlier origins are errors of the same
    method: where those days a year ago are not recorded, the result is NaN. Parameters and result as for `naive`.
    """
    if series.size - recorded < THIRTEEN_MONTHS:
        return _mean_of_periods(series, recorded, origins, horizons, PERIODS)
    first = origins[:, None] + 1 - YEAR
    last_year = np.where(first >= recorded, _total(series, first, horizons), np.nan)
    return np.where(horizons <= YEAR, last_year, _mean_of_periods(series, recorded, origins, horizons, PERIODS))


def drift(series: F64, recorded: int, origins: I64, horizons: I64) -> F64:
    """Forecast the last period of h days plus the mean change from one period to the next, at least 0.

    A random walk with drift (Hyndman & Athanasopoulos 2021, section 5.2). With one period or less no change is known,
    and the forecast is the naive one. Parameters and result as for `naive`.
    """
    periods = _recorded_days(recorded, origins) // horizons
    changes = np.maximum(periods - 1, 1)
    last = _total(series, origins[:, None] + 1 - horizons, horizons)
    first = _total(series, origins[:, None] + 1 - periods * horizons, horizons)
    forecast = np.maximum(last + (last - first) / changes, 0.0)
    return np.where(periods >= 2, forecast, naive(series, recorded, origins, horizons))


def _mean_of_periods(series: F64, recorded: int, origins: I64, horizons: I64, most: int) -> F64:
    """Mean total of the last periods of h days, of which there are `most` or fewer, or a part of one."""
    days = _recorded_days(recorded, origins)
    span = np.where(days < horizons, days, np.minimum(days // horizons, most) * horizons)
    total = _total(series, origins[:, None] + 1 - span, span)
    return np.where(days > 0, total * horizons / np.maximum(span, 1), np.nan)
