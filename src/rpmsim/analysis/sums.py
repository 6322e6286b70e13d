"""What a summary needs of the classes: their sums, gathered from blocks of replications as they pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import cost, flow, revenue
from rpmsim.analysis.condense import CLASS_DIMS, add_up
from rpmsim.analysis.metric import Metric
from rpmsim.dataset import VARIABLES
from rpmsim.dataset.store import loaded, row_blocks

if TYPE_CHECKING:
    import xarray as xr

_SUMMED = tuple(variable for variable in VARIABLES if variable.in_blocks and variable.dims[-2:] == CLASS_DIMS)
_MONEY = tuple(variable for variable in VARIABLES if variable.name in ("spend", "pay", "other_cost"))
_BY_CHANNEL: tuple[tuple[Metric, tuple[str, ...]], ...] = (
    (flow.leads, ("channel",)),
    (flow.wins, ("channel",)),
    (revenue.bookings, ("channel",)),
    (revenue.sourced_share, ()),
    (cost.cac_by_channel, ()),
)
_ROWS = 4096
"""Replications of which every channel is held at once."""


class Sums:
    """Sums over the classes of a forecast, and the totals of its channels.

    A run hands over its blocks as it makes them, so that its file is not read for them; of a stored forecast they
    are read once. Nothing is gathered of a forecast that keeps no classes.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._sums: dict[str, NDArray[Any]] = {}
        self._pending: list[dict[str, NDArray[Any]]] = []
        self._channels: dict[str, list[xr.DataArray]] = {}

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Self:
        """Sums of a stored forecast, read block by block."""
        sums = cls()
        for rows in row_blocks(dataset["moves"]) if "channel" in dataset["moves"].dims else ():
            values = {v.name: loaded(dataset[v.name][rows]).values for v in (*_SUMMED, *_MONEY)}
            sums.see(values, dataset)
        return sums

    def see(self, values: Mapping[str, NDArray[Any]], forecast: xr.Dataset) -> None:
        """Take the next block of replications.

        Parameters
        ----------
        values : mapping of str to ndarray
            Variables as they are stored, replications first.
        forecast : xarray.Dataset
            For its coordinates.
        """
        if values["moves"].ndim < len(_SUMMED[0].dims):
            return
        rows = slice(self._seen, self._seen + len(values["moves"]))
        self._seen = rows.stop
        for variable in _SUMMED:
            sums = _narrow(add_up(values[variable.name], (-2, -1)))
            self._room(variable.name, sums, forecast.sizes["replication"])[rows] = sums
        edges = _edges(forecast)
        by_channel = {v.name: values[v.name] for v in _MONEY}
        by_channel["moves"] = _narrow(add_up(np.compress(edges, values["moves"], axis=2), -1))
        by_channel["bookings"] = add_up(values["bookings"], -1)
        self._pending.append(by_channel)
        if sum(len(block["moves"]) for block in self._pending) >= _ROWS:
            self._measure(forecast)

    def totals(self, dataset: xr.Dataset) -> xr.Dataset:
        """The forecast with sums in the place of what has classes.

        They are in memory, and so are the coordinates; the other variables stay where they are. Metrics without ``by``
        are the same on it.
        """
        result = dataset.assign_coords({name: loaded(array) for name, array in dataset.coords.items()})
        for name, sums in self._sums.items():
            result[name] = (dataset[name].dims[:-2], sums, dataset[name].attrs)
        return result

    def by_channel(self, dataset: xr.Dataset) -> dict[str, xr.DataArray]:
        """Totals over the whole span of the metrics that a channel has: replication x channel."""
        import xarray as xr

        if self._pending:
            self._measure(dataset)
        return {name: xr.concat(parts, "replication") for name, parts in self._channels.items()}

    def _room(self, name: str, sums: NDArray[Any], replications: int) -> NDArray[Any]:
        """The array of a variable's sums, made as long as the forecast, and wide enough for these ones."""
        held = self._sums.get(name, sums[:0])
        dtype = np.promote_types(held.dtype, sums.dtype)
        if len(held) < replications or held.dtype != dtype:
            self._sums[name] = np.zeros((replications, *sums.shape[1:]), dtype)
            self._sums[name][: len(held)] = held
        return self._sums[name]

    def _measure(self, forecast: xr.Dataset) -> None:
        import xarray as xr

        block = forecast.coords.to_dataset().drop_vars("replication").isel(edge=np.flatnonzero(_edges(forecast)))
        block = block.reset_coords()  # labels and kinds as variables: arithmetic does not carry them along
        for variable in (*_SUMMED, *_MONEY):
            if variable.name in self._pending[0]:
                dims = tuple(dim for dim in variable.dims if dim != "segment")
                block[variable.name] = xr.DataArray(
                    np.concatenate([part[variable.name] for part in self._pending]), dims=dims
                )
        self._pending.clear()
        for metric, by in _BY_CHANNEL:
            self._channels.setdefault(metric.name, []).append(metric.total(block.assign_attrs(forecast.attrs), by))


def _edges(forecast: xr.Dataset) -> NDArray[np.bool_]:
    """Edges that the metrics of channels count."""
    return flow.lead_edges(forecast) | flow.won_edges(forecast) | cost.staffed_edges(forecast)


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Counts in 32 bits where they fit."""
    fits = values.dtype == np.int64 and (not values.size or values.max() <= np.iinfo(np.int32).max)
    return values.astype(np.int32) if fits else values
