"""Whether leads depend on the month of the year: factors by month, common to all channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from rpmsim.calibration.arrival_days import Days, by_week
from rpmsim.calibration.weekly_level import Weeks, follow

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

FEWEST_DAYS = 548
"""18 months."""
YEAR = 364
"""Whole weeks."""
FACTOR_SD, TREND_SD, YEAR_SD = 0.3, 0.3, 0.1
"""Standard deviations before there are data, of the log factors, of the trend per year, and of years around it. The
trend is mostly learned from one year to the next: within a year it looks like a season."""
CLEAR = float(np.log(20.0))
"""Log Bayes factor from which on there is a season (Kass and Raftery, JASA 90, 1995)."""
SIGMAS = np.geomspace(0.01, 0.5, 6)
PHIS = np.array([0.5, 0.9, 1.0])


def month_factors(days: Days, exposure: F64, month: I64, alpha: float) -> F64:
    """Factor of each month with a mean of 1; all 1 if months do not clearly forecast better; shape (12,).

    Each year is forecast week by week with the factors of the other years, and without factors.

    Parameters
    ----------
    days : Days
    exposure : ndarray of float, shape (days, channels)
    month : ndarray of int, shape (days,)
        0 is January.
    alpha : float
        A central dispersion.
    """
    flat = np.ones(12)
    if len(month) < FEWEST_DAYS:
        return flat
    size = days.counts.sum(axis=0) / np.maximum(exposure.sum(axis=0), 1e-12)
    counts = days.counts.sum(axis=1)
    part = exposure @ size / max(size.sum(), 1e-12)
    year = (np.arange(len(month)) - len(month)) // YEAR  # counted from the last day
    season = np.ones(len(month))
    for one in np.unique(year):
        season[year == one] = _factors(counts, part, month, year, year != one)[month[year == one]]
    if _score(days, counts, part * season, alpha) - _score(days, counts, part, alpha) < CLEAR:
        return flat
    return _factors(counts, part, month, year, np.ones(len(month), dtype=bool))


def _factors(counts: I64, part: F64, month: I64, year: I64, used: NDArray[np.bool_]) -> F64:
    """Ridge regression of the log level of each month of each year: a trend, deviations of years, and months."""
    cell, place = np.unique((year[used] - year.min()) * 12 + month[used], return_inverse=True)
    leads, parts = np.bincount(place, counts[used]), np.bincount(place, part[used])
    time = np.bincount(place, np.flatnonzero(used)) / np.bincount(place) / YEAR
    years = (cell // 12)[:, None] == np.unique(cell // 12)
    effects = (cell % 12)[:, None] == np.arange(12)
    design = np.column_stack([np.ones(len(cell)), time - time.mean(), years, effects]).astype(np.float64)
    level = np.log((leads + 0.5) / np.maximum(parts, 1e-12))
    spreads = np.concatenate([[100.0, TREND_SD], np.full(years.shape[1], YEAR_SD), np.full(12, FACTOR_SD)])
    weight = np.where(parts > 0, 1.0 / (1.0 / (leads + 0.5) + 0.1**2), 0.0)
    normal = design.T @ (weight[:, None] * design) + np.diag(spreads**-2)
    factors = np.exp(np.linalg.solve(normal, design.T @ (weight * np.where(parts > 0, level, 0.0)))[-12:])
    return np.asarray(factors / factors.mean())


def _score(days: Days, counts: I64, part: F64, alpha: float) -> float:
    """Log probability of all weeks, each given the weeks before, for all channels together, whatever the drift."""
    leads, parts = by_week(counts[:, None], days), by_week(part[:, None], days)
    clumping = by_week(part[:, None] ** 2, days) / np.maximum(parts, 1e-12) ** 2
    weeks = Weeks(leads * (parts > 0), parts, clumping, np.array([-1]), np.zeros_like(leads))
    sigma, phi = (grid.reshape(-1, 1) for grid in np.meshgrid(SIGMAS, PHIS))
    return float(logsumexp(follow(weeks, np.array([[alpha]]), sigma, phi).score))
