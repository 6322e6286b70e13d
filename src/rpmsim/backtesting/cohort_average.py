"""The baseline of cohorts: records go on as older ones did at the same age."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.arrival_rate import arrival_rate
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.settings import WEEK
from rpmsim.backtesting.worth import Measure, worth

__all__ = ["cohort_average"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def cohort_average(known: Known, measure: Measure, origins: I64, horizons: I64) -> F64:
    """Forecast each weekly cohort from the older ones, and new leads from the run rate and the average cohort.

    Weeks of creation are counted back from the origin. A cohort wins in the next h days what all older cohorts won,
    per record created, in the h days after they had its age, as far as these days are recorded and over. New leads
    come at the rate of the last 28 days, and win at each age in days what the average record did.

    Parameters
    ----------
    known : Known
    measure : {"wins", "bookings"}
        Whether wins are counted or their amounts.
    origins : ndarray of int64, shape (origins,)
        Days at whose end a forecast is made.
    horizons : ndarray of int64, shape (horizons,)
        Days ahead.

    Returns
    -------
    ndarray of float64, shape (origins, horizons)
    """
    value = worth(known, measure, origins)
    here = np.stack([_from_cohorts(known, value.wins, int(origin), horizons) for origin in origins], axis=2)
    new = np.stack([_from_a_new_record(known, value.wins, int(origin), horizons) for origin in origins], axis=2)
    return (value.priced(here) + value.priced(new) * arrival_rate(known, origins)).T


def _from_cohorts(known: Known, wins: F64, origin: int, horizons: I64) -> F64:
    """What the records created so far win, by part and horizon."""
    cohorts = origin // WEEK + 1
    created = known.begun <= origin
    size = np.bincount((origin - known.begun[created]) // WEEK, minlength=cohorts).astype(np.float64)
    won = np.flatnonzero(created & (known.won >= known.recorded) & (known.won <= origin))
    cell = (origin - known.begun[won]) // WEEK * (origin + 2) + known.won[won] + 1
    by_day = np.stack([np.bincount(cell, part[won], cohorts * (origin + 2)) for part in wins])
    before = np.cumsum(by_day.reshape(-1, cohorts, origin + 2), axis=2, dtype=np.float64)
    return np.stack([_next(before, size, known.recorded, int(horizon)) for horizon in horizons], axis=1)


def _next(before: F64, size: F64, recorded: int, horizon: int) -> F64:
    """What all cohorts win in so many days, by part.

    `before` has by part and cohort what was won before each day, up to the origin, and `size` the records created.
    """
    origin, cohorts = before.shape[2] - 2, size.size
    age, lag = np.meshgrid(np.arange(cohorts), np.arange(-(-horizon // WEEK), cohorts), indexing="ij")
    start = origin + 1 - WEEK * lag
    older = age + lag
    usable = (older < cohorts) & (start >= recorded)
    age, older, start = age[usable], older[usable], start[usable]
    records = np.bincount(age, size[older], cohorts)
    won = before[:, older, start + horizon] - before[:, older, start]
    totals = np.stack([np.bincount(age, part, cohorts) for part in won])
    weights: F64 = np.divide(size, records, out=np.zeros(cohorts), where=records > 0.0)
    return (totals * weights).sum(axis=1)


def _from_a_new_record(known: Known, wins: F64, origin: int, horizons: I64) -> F64:
    """What is won in so many days by leads that come at one a day, by part and horizon."""
    ages = int(horizons.max())
    won = np.flatnonzero((known.begun >= known.recorded) & (known.won <= origin))
    age = np.clip(known.won[won] - known.begun[won], 0, ages)
    at_age = np.stack([np.bincount(age, part[won], ages + 1)[:ages] for part in wins])
    begun = known.begun[(known.begun >= known.recorded) & (known.begun <= origin)]
    reached = np.cumsum(np.bincount(np.maximum(ages - (origin - begun), 0), minlength=ages + 1))[:0:-1]
    share: F64 = np.divide(at_age, reached, out=np.zeros(at_age.shape), where=reached > 0)
    return np.cumsum(np.cumsum(share, axis=1), axis=1)[:, horizons - 1]
