"""What a summary needs of the classes: their sums, gathered from blocks of replications as they pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import cost, flow
from rpmsim.analysis.condense import CLASS_DIMS, add_up
from rpmsim.dataset import variables_of
from rpmsim.dataset.store import loaded, row_blocks
from rpmsim.dataset.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

_SUMMED = tuple(variable for variable in variables_of() if variable.in_blocks and variable.dims[-2:] == CLASS_DIMS)
_OF_PIPELINE = tuple(v for v in VARIABLES if v.part == "pipeline" and v.dims[-2:] == CLASS_DIMS)
"""The same of what is there only on request."""
_COUNTED = {
    "leads": flow.lead_edges,
    "opportunities": flow.opportunity_edges,
    "wins": flow.won_edges,
    "worked": cost.staffed_edges,
}
"""Counts of moves by class, by the names under which the metrics find them."""
_OTHER_AXIS = {"channel": -1, "segment": -2}


class Sums:
    """Sums over the classes of a forecast, and counts of its channels and of its segments.

    A run hands over its blocks as it makes them, so that its file is not read for them; of a stored forecast they
    are read once. Nothing is gathered of a forecast that keeps no classes.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._sums: dict[str, NDArray[Any]] = {}

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Self:
        """Sums of a stored forecast, read block by block."""
        sums = cls()
        for rows in row_blocks(dataset["moves"]) if "channel" in dataset["moves"].dims else ():
            held = [v.name for v in (*_SUMMED, *_OF_PIPELINE) if v.name in dataset]
            values = {name: loaded(dataset[name][rows]).values for name in held}
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
        replications = forecast.sizes["replication"]
        pipeline = [v.name for v in _OF_PIPELINE if v.name in values]
        for name in (*(v.name for v in _SUMMED), *pipeline):
            sums = _narrow(add_up(values[name], (-2, -1)))
            self._room(name, sums, replications)[rows] = sums
        cells = {name: values[name] for name in ("bookings", *pipeline)}
        if pipeline:
            open_stages = np.flatnonzero(forecast["stage_kind"].values == "opportunity")
            cells["pipeline_count"] = add_up(values["stock"][:, :, open_stages], 2)
        for name, edges_of in _COUNTED.items():
            cells[name] = add_up(np.compress(edges_of(forecast), values["moves"], axis=2), 2)
        for name, counts in cells.items():
            for dim, axis in _OTHER_AXIS.items():
                sums = _narrow(add_up(counts, axis))
                self._room(f"{name} by {dim}", sums, replications)[rows] = sums

    def totals(self, dataset: xr.Dataset) -> xr.Dataset:
        """The forecast with sums in the place of what has classes.

        They are in memory, and so are the coordinates; the other variables stay where they are. Metrics without ``by``
        are the same on it.
        """
        result = dataset.assign_coords({name: loaded(array) for name, array in dataset.coords.items()})
        for variable in (*_SUMMED, *_OF_PIPELINE):
            if variable.name in self._sums:
                array = dataset[variable.name]
                result[variable.name] = (array.dims[:-2], self._sums[variable.name], array.attrs)
        return result

    def by_class(self, dataset: xr.Dataset, dim: str) -> xr.Dataset | None:
        """Leads, wins, bookings, work and pipeline of each channel or segment, in the place of all that has classes.

        Metrics split by the dim find them there. None where no classes were gathered.

        Parameters
        ----------
        dataset : xarray.Dataset
            From :meth:`totals`.
        dim : {"channel", "segment"}
            By what.
        """
        if not self._sums:
            return None
        names = [name.removesuffix(f" by {dim}") for name in self._sums if name.endswith(f" by {dim}")]
        result = dataset.drop_vars([v.name for v in (*_SUMMED, *_OF_PIPELINE) if v.name in dataset])
        for name in names:
            attrs = dataset[name].attrs if name in dataset else {}
            result[name] = (("replication", "period", dim), self._sums[f"{name} by {dim}"], attrs)
        return result

    def _room(self, name: str, sums: NDArray[Any], replications: int) -> NDArray[Any]:
        """The array of a variable's sums, made as long as the forecast, and wide enough for these ones."""
        held = self._sums.get(name, sums[:0])
        dtype = np.promote_types(held.dtype, sums.dtype)
        if len(held) < replications or held.dtype != dtype:
            self._sums[name] = np.zeros((replications, *sums.shape[1:]), dtype)
            self._sums[name][: len(held)] = held
        return self._sums[name]


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Counts in 32 bits where they fit."""
    fits = values.dtype == np.int64 and (not values.size or values.max() <= np.iinfo(np.int32).max)
    return values.astype(np.int32) if fits else values
