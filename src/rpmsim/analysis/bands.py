"""Bands: what a distribution over replications says in a few numbers, and how sure the numbers themselves are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

QUANTILES: dict[str, float] = {
    "p05": 0.05,
    "p10": 0.10,
    "p20": 0.20,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p80": 0.80,
    "p90": 0.90,
    "p95": 0.95,
}
STATISTICS: tuple[str, ...] = ("mean", "sd", *QUANTILES, "mc_error", "undefined")
"""Mean, standard deviation, quantiles (linear between order statistics), Monte Carlo standard error of the mean, and
the number of replications in which the value is undefined."""

WORDS: dict[str, tuple[str, str]] = {
    "p10": ("9 in 10", "reached or beaten in 9 of 10 replications (10% quantile)"),
    "p25": ("3 in 4", "reached or beaten in 3 of 4 replications (25% quantile)"),
    "p50": ("median", "half of the replications lie above, half below (50/50)"),
    "p75": ("1 in 4", "reached or beaten in 1 of 4 replications (75% quantile)"),
    "p80": ("1 in 5", "reached or beaten in 1 of 5 replications (80% quantile)"),
    "p90": ("1 in 10", "reached or beaten in 1 of 10 replications (90% quantile)"),
}
"""The names of quantiles, the same in text, charts and sheets, and what they mean."""

_CHUNK_VALUES = 1 << 20


def summarize(values: xr.DataArray, draws: NDArray[np.integer[Any]] | None = None) -> xr.DataArray:
    """Summarize a distribution over replications.

    Parameters
    ----------
    values : xarray.DataArray
        replication x any other dims; NaN is undefined.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication. Replications of one draw are alike, so the error of the mean is that
        of the draws' sums. None where nothing is drawn: all replications are independent.

    Returns
    -------
    xarray.DataArray
        statistic x the other dims, float64; see :data:`STATISTICS`. NaN where no replication is defined, and
        ``sd`` and ``mc_error`` where one is not enough.
    """
    import xarray as xr

    values = values.transpose("replication", ...)
    result = reduced(values.values.reshape(values.sizes["replication"], -1), draws)
    dims = values.dims[1:]
    coords = {name: c for name, c in values.coords.items() if "replication" not in c.dims}
    return xr.DataArray(
        result.reshape(len(STATISTICS), *values.shape[1:]),
        dims=("statistic", *dims),
        coords={"statistic": list(STATISTICS), **coords},
        name=values.name,
        attrs=values.attrs,
    )


def reduced(flat: NDArray[Any], draws: NDArray[np.integer[Any]] | None = None) -> NDArray[np.float64]:
    """The :data:`STATISTICS` of many values for each replication: replication x value in, statistic x value out."""
    result = np.empty((len(STATISTICS), flat.shape[1]))
    step = max(1, _CHUNK_VALUES // max(flat.shape[0], 1))
    for start in range(0, flat.shape[1], step):
        columns = np.ascontiguousarray(flat[:, start : start + step].T, dtype=np.float64)
        result[:, start : start + step] = _statistics(columns, draws)
    return result


def statistics_of(values: NDArray[np.float64], draws: NDArray[np.integer[Any]] | None = None) -> NDArray[np.float64]:
    """The :data:`STATISTICS` of one value for each replication."""
    return _statistics(values[None, :].astype(np.float64), draws)[:, 0]


REPORTED = ("mean", "sd", *QUANTILES, "mc_error")
"""Those of :data:`STATISTICS` that every entry of a document has."""


def statistics(column: NDArray[np.float64]) -> dict[str, Any]:
    """One column of :func:`summarize` as plain numbers of nine digits."""
    values = column.tolist()
    result: dict[str, Any] = {name: plain(value) for name, value in zip(REPORTED, values, strict=False)}
    if values[-1] > 0:
        result["undefined"] = int(values[-1])
    return result


def plain(value: float) -> float | None:
    """Nine significant digits, and None in the place of NaN."""
    if -1e9 < value < 1e9 and value == int(value):
        return float(value)  # as it is, which is quicker
    return float(f"{value:.9g}") if math.isfinite(value) else None


def error_of_mean(values: NDArray[np.float64], draws: NDArray[np.integer[Any]] | None = None) -> float:
    """Monte Carlo standard error of the mean of one value for each replication."""
    return float(statistics_of(values, draws)[STATISTICS.index("mc_error")])


def _statistics(series: NDArray[np.float64], draws: NDArray[np.integer[Any]] | None) -> NDArray[np.float64]:
    """Statistics of each row."""
    defined = ~np.isnan(series)
    count = defined.sum(axis=1)
    mean = _divide(np.where(defined, series, 0.0).sum(axis=1), count)
    residual = np.where(defined, series - mean[:, None], 0.0)
    squares = np.einsum("ij,ij->i", residual, residual)
    variance = _divide(squares, count - 1)
    error = np.sqrt(_divide(variance, count) if draws is None else _between_draws(residual, defined, variance, draws))
    ordered = np.sort(series, axis=1)  # NaN last
    quantiles = [_quantile(ordered, count, q) for q in QUANTILES.values()]
    undefined = series.shape[1] - count
    return np.stack([mean, np.sqrt(variance), *quantiles, error, undefined.astype(np.float64)])


def _between_draws(
    residual: NDArray[np.float64],
    defined: NDArray[np.bool_],
    variance: NDArray[np.float64],
    draws: NDArray[np.integer[Any]],
) -> NDArray[np.float64]:
    """Squared error of the mean from the sums over each draw: G / (G - 1) x sum of squares / n squared."""
    order = np.argsort(draws, kind="stable")
    starts = np.flatnonzero(np.diff(draws[order], prepend=draws[order][0] - 1))
    count = defined.sum(axis=1)
    if len(starts) in (1, len(draws)):
        # as many draws as replications are independent; one draw says nothing about others: the error given that draw
        return _divide(variance, count)
    sums = np.add.reduceat(residual[:, order], starts, axis=1)
    groups = (np.add.reduceat(defined[:, order], starts, axis=1) > 0).sum(axis=1)
    return _divide(groups * np.einsum("ij,ij->i", sums, sums), (groups - 1) * count.astype(np.float64) ** 2)


def _quantile(ordered: NDArray[np.float64], count: NDArray[np.int64], q: float) -> NDArray[np.float64]:
    rows = np.arange(len(ordered))
    place = np.maximum((count - 1) * q, 0.0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    low, high = ordered[rows, below], ordered[rows, above]
    result: NDArray[np.float64] = low + (high - low) * (place - below)
    return result


def _divide(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    result = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result
