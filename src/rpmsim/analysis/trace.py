"""One replication, day by day: what happened, and whether it is the row of the forecast that it claims to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.dataset import variables_of

if TYPE_CHECKING:
    import xarray as xr

Document = dict[str, Any]

STATES = frozenset({"stock", "waiting", "waiting_hours"})
"""Variables that are read at the end of a period; the others are sums over its days."""

COSTS = frozenset({"spend", "pay", "other_cost"})
"""Rounded to cents once a period, so once a day in a replication that is simulated by days."""

RELATIVE = 1e-9
"""Real numbers were added in another order."""


def trace(days: xr.Dataset) -> Document:
    """Describe one replication.

    Parameters
    ----------
    days : xarray.Dataset
        From :func:`rpmsim.engine.replay_days`: one replication, with the dim ``day``.

    Returns
    -------
    dict
        ``replication``, ``parameter_draw``, ``parameters`` (value by path) and ``days``: for each one its date, the
        moves by edge and the bookings that there were, and the stock and the waiting leads that there are (only what
        is not zero).
    """
    one = days.isel(replication=0)
    draw = int(one["parameter_draw"])
    moves, stock = (_total(one[name], ("channel", "segment")) for name in ("moves", "stock"))
    bookings = _total(one["bookings"], ("channel", "segment"))
    waiting = one["waiting"].values
    edges, stages = one["edge"].values.tolist(), one["stage"].values.tolist()
    dates = one["day"].values.astype("datetime64[D]").astype(str).tolist()
    return {
        "replication": int(one["replication"]),
        "parameter_draw": draw,
        "parameters": dict(
            zip(one["parameter"].values.tolist(), one["parameter_value"].sel(draw=draw).values.tolist(), strict=True)
        ),
        "days": [
            {
                "day": date,
                "moves": _counts(edges, moves[i]),
                "bookings": float(bookings[i]),
                "stock": _counts(stages, stock[i]),
                "waiting": _counts(stages, waiting[i]),
            }
            for i, date in enumerate(dates)
        ],
    }


def differences(days: xr.Dataset, forecast: xr.Dataset) -> list[str]:
    """Names of the variables in which a replication, added up by period, is not its row of the forecast.

    Parameters
    ----------
    days : xarray.Dataset
        One replication with the dim ``day``.
    forecast : xarray.Dataset
        A forecast that holds the replication; counts must be equal, real numbers but for the order of their sums.
    """
    row = forecast.sel(replication=days["replication"].values[0])
    starts = forecast["period"].values
    period_of_day = np.searchsorted(starts, days["day"].values, side="right") - 1
    found = []
    for variable in variables_of():  # parts are measured by reporting period
        stored = row[variable.name]
        if "period" not in stored.dims:
            continue
        values = days[variable.name].isel(replication=0)
        missing = [dim for dim in values.dims if dim != "day" and dim not in stored.dims]
        by_day = values.sum(missing).transpose("day", *(dim for dim in stored.dims if dim != "period")).values
        by_period = np.zeros((len(starts), *by_day.shape[1:]), dtype=by_day.dtype)
        if variable.name in STATES:
            by_period[period_of_day] = by_day  # the last day of a period is written last
        else:
            np.add.at(by_period, period_of_day, by_day)
        expected = stored.transpose("period", ...).values
        if variable.kind != "real":
            same = np.array_equal(by_period, expected)
        else:
            cents = 0.005 * (1 + int(np.bincount(period_of_day).max())) if variable.name in COSTS else 1e-6
            same = np.allclose(by_period, expected, rtol=RELATIVE, atol=cents)
        if not same:
            found.append(variable.name)
    return found


def _total(array: xr.DataArray, dims: Iterable[str]) -> NDArray[Any]:
    """Values summed over classes, days first."""
    values: NDArray[Any] = array.sum(list(dims)).transpose("day", ...).values
    return values


def _counts(names: list[str], values: NDArray[Any]) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: int(value) for name, value in zip(names, values.tolist(), strict=True) if value}
