"""The baseline of survival analysis: hazards of a win by age, and leads at their run rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.arrival_rate import arrival_rate
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.worth import Measure, mean_amounts

__all__ = ["life_table"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def life_table(known: Known, measure: Measure, origins: I64, horizons: I64, span: int | None = None) -> F64:
    """Forecast with the chances of a win and of a loss on each day since creation.

    Both are counted per record at risk, neither won nor ended, so that a record can be lost before it is won (the
    cumulative incidence of Aalen & Johansen 1978; wins alone would come out too many). An age at which nobody was at
    risk has none. The table holds for the records that are open, given their age, and for leads that come at the rate
    of the last 28 days. Bookings are wins times the mean amount of the wins counted.

    Parameters
    ----------
    known : Known
    measure : {"wins", "bookings"}
        Whether wins are counted or their amounts.
    origins : ndarray of int64, shape (origins,)
        Days at whose end a forecast is made.
    horizons : ndarray of int64, shape (horizons,)
        Days ahead.
    span : int, optional
        Days up to the origin that are counted; all recorded ones if it is left out.

    Returns
    -------
    ndarray of float64, shape (origins, horizons)
    """
    first = np.full(origins.size, known.recorded)
    if span is not None:
        first = np.maximum(first, origins + 1 - span)
    ages = known.last + 1 + int(horizons.max())
    left = np.minimum(known.won, known.ended)
    tables = [_table(known, left, int(start), int(origin), ages) for start, origin in zip(first, origins, strict=True)]
    won, stays, at_age = (np.stack(part) for part in zip(*tables, strict=True))
    wins = _expected(won, stays, at_age, arrival_rate(known, origins), horizons)
    if measure == "wins":
        return wins
    amounts = mean_amounts(known, first, origins)
    overall = mean_amounts(known, np.full(origins.size, known.recorded), origins)
    return wins * np.where(amounts > 0.0, amounts, overall)[:, None]


def _table(known: Known, left: I64, first: int, origin: int, ages: int) -> tuple[F64, F64, F64]:
    """Chance of a win and of staying open on the day of each age, and how many open records have it at the origin."""
    start = np.maximum(known.begun, first)
    seen = np.flatnonzero((start <= left) & (start <= origin))
    begun, last = known.begun[seen], np.minimum(left[seen], origin)
    at_risk = np.cumsum(
        np.bincount(start[seen] - begun, minlength=ages + 1) - np.bincount(last - begun + 1, minlength=ages + 1)
    )[:ages]
    ended = left[seen] <= origin
    won = ended & (known.won[seen] == last)
    share = 1.0 / np.maximum(at_risk, 1)
    wins = np.bincount((last - begun)[won], minlength=ages) * share
    ends = np.bincount((last - begun)[ended], minlength=ages) * share
    return wins, 1.0 - ends, np.bincount(origin - begun[~ended], minlength=ages).astype(np.float64)


def _expected(won: F64, stays: F64, at_age: F64, rate: F64, horizons: I64) -> F64:
    """Expected wins from the open records and from new leads: chances of a win build up day by day, at all ages."""
    chance = np.zeros((won.shape[0], won.shape[1] + 1))
    new = np.zeros(won.shape[0])
    expected = np.empty((won.shape[0], horizons.size))
    for day in range(1, int(horizons.max()) + 1):
        chance[:, :-1] = won + stays * chance[:, 1:]
        new += rate * chance[:, 0]
        expected[:, horizons == day] = ((at_age * chance[:, 1:]).sum(axis=1) + new)[:, None]
    return expected
