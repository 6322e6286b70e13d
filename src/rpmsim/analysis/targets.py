"""Targets: how likely each is reached, and by how much it is missed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.bands import error_of_mean

if TYPE_CHECKING:
    import xarray as xr

State = Literal["whole", "partial", "actual+simulated", "outside"]


@dataclass(frozen=True)
class Span:
    """Reporting periods that make up a longer one.

    Parameters
    ----------
    periods : slice
        Positions of the periods inside it (empty where there are none).
    state : {"whole", "partial", "actual+simulated", "outside"}
        ``partial`` where some of its days are not simulated, ``outside`` where none is, or where a
        reporting period lies across its border.
    """

    periods: slice
    state: State


def span_of(dataset: xr.Dataset, first: dt.date, last: dt.date) -> Span:
    """The reporting periods from ``first`` to ``last``, both inside."""
    starts = dataset["period"].values.astype("datetime64[D]")
    ends = dataset["period_last"].values.astype("datetime64[D]")
    low, high = np.datetime64(first), np.datetime64(last)
    touched = np.flatnonzero((ends >= low) & (starts <= high))
    if not len(touched) or starts[touched[0]] < low or ends[touched[-1]] > high:
        return Span(slice(0, 0), "outside")
    periods = slice(int(touched[0]), int(touched[-1]) + 1)
    states = set(dataset["period_state"].values[periods].tolist())
    complete = starts[touched[0]] == low and ends[touched[-1]] == high
    if not complete or "partial" in states:
        return Span(periods, "partial")
    return Span(periods, "actual+simulated" if "actual+simulated" in states else "whole")


@dataclass(frozen=True)
class Reached:
    """How a target fares.

    Parameters
    ----------
    probability : float
        Share of replications that reach or beat it.
    mc_error : float
        Monte Carlo standard error of the probability; NaN from one replication.
    expected_miss : float or None
        Mean of target minus result over the replications that miss; None where none does.
    """

    probability: float
    mc_error: float
    expected_miss: float | None


def reached(values: NDArray[np.float64], target: float, draws: NDArray[np.integer[Any]] | None = None) -> Reached:
    """Compare the results of all replications with a target.

    Parameters
    ----------
    values : ndarray, shape (replications,)
        Result of each replication.
    target : float
        Reached by a result that is equal or larger (within a millionth of a unit, which is rounding).
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication.
    """
    hit = values >= target - 1e-6
    missed = target - values[~hit]
    error = error_of_mean(hit.astype(np.float64), draws)
    miss = float(missed.mean()) if missed.size else None
    return Reached(float(hit.mean()), error, miss)
