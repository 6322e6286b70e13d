"""Where finished blocks of replications go: into memory, or into a file that is complete or not there.

Blocks come in the order of their rows, so that a file is hashed while it is written, and never read again for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rpmsim.dataset.coordinates import Layout
from rpmsim.dataset.digest import Digest
from rpmsim.dataset.store import CREATOR, variable_hashes
from rpmsim.dataset.variables import Variable
from rpmsim.dataset.writer import Writer, chunk_rows

if TYPE_CHECKING:
    import xarray as xr

Arrays = Mapping[str, NDArray[Any]]


class Sink(Protocol):
    """Takes finished blocks in the order of their rows; a context manager that aborts on an exception."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, or abort on an exception."""

    def write_once(self, arrays: Arrays) -> None:
        """Store the variables without a dim ``replication``."""

    def write(self, first_row: int, arrays: Arrays) -> Arrays:
        """Store a block of replications whose first one is row ``first_row``; gives back the values as stored."""

    def grow(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        """Take a layout with more replications, and with more draws where each replication has one of its own."""

    def close(self) -> None:
        """Finish; every row must have been written once."""

    def abort(self) -> None:
        """Leave nothing behind."""

    def dataset(self) -> xr.Dataset:
        """The forecast, after closing."""


class _Checked:
    """What both sinks share: coordinates and attributes, rows are counted, exceptions abort."""

    def __init__(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        self._describe(layout, provenance)
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def grow(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        """Take a layout with more replications; what was written stays."""
        self._describe(layout, provenance)

    def close(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise NotImplementedError

    def _describe(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        self.layout = layout
        self.header = layout.coordinates().assign_attrs(attributes(layout, provenance))

    def _next(self, first_row: int, rows: int) -> slice:
        block = slice(first_row, first_row + rows)
        if first_row != self._rows or block.stop > self.layout.replications:
            raise ValueError(f"rows {block.start} to {block.stop} do not fit: the next one is row {self._rows}")
        self._rows = block.stop
        return block

    def _check_complete(self) -> None:
        missing = self.layout.replications - self._rows
        if missing:
            raise ValueError(f"{missing} of {self.layout.replications} replications were not written")


class MemorySink(_Checked):
    """Keeps the forecast in memory.

    Parameters
    ----------
    layout : Layout
        Dims and coordinates.
    provenance : mapping
        Document from which the run can be repeated; stored as JSON.
    """

    def __init__(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        super().__init__(layout, provenance)
        self._arrays = {v.name: np.zeros(layout.shape(v), layout.dtype(v)) for v in layout.variables}

    def write_once(self, arrays: Arrays) -> None:
        """Store the variables without a dim ``replication``."""
        for variable in self.layout.variables:
            if not variable.in_blocks:
                self._arrays[variable.name][...] = stored(variable, self.layout, arrays)

    def write(self, first_row: int, arrays: Arrays) -> Arrays:
        """Store the next block of replications, and give back the values as stored."""
        values = {v.name: stored(v, self.layout, arrays) for v in self.layout.variables if v.in_blocks}
        block = self._next(first_row, len(values["parameter_draw"]))
        for name, value in values.items():
            self._arrays[name][block] = value
        return values

    def grow(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        """Take a layout with more replications; what was written stays."""
        super().grow(layout, provenance)
        for variable in layout.variables:
            before = self._arrays[variable.name]
            self._arrays[variable.name] = np.zeros(layout.shape(variable), layout.dtype(variable))
            self._arrays[variable.name][: len(before)] = before

    def close(self) -> None:
        """Finish; every row must have been written."""
        self._check_complete()

    def abort(self) -> None:
        """Let go of the memory."""
        self._arrays.clear()

    def dataset(self) -> xr.Dataset:
        """The forecast; shares the sink's memory."""
        layout, arrays = self.layout, self._arrays
        return self.header.assign(
            {v.name: (layout.dims(v), arrays[v.name], layout.attributes(v)) for v in layout.variables}
        )


class FileSink(_Checked):
    """Streams the forecast into a netCDF file, which appears under its name when it is complete.

    Parameters
    ----------
    path : path
        The file to be; one that is there is replaced at the end.
    layout : Layout
        Dims and coordinates.
    provenance : mapping
        Document from which the run can be repeated; stored as JSON.
    block : int
        Replications of a block: chunks divide it, so that each is written once.
    growing : bool
        Whether :meth:`grow` will be used.

    Raises
    ------
    InputError
        The file cannot be written; also from ``write`` and ``close``, where the disk fills up.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        layout: Layout,
        provenance: Mapping[str, Any],
        block: int = 64,
        *,
        growing: bool = False,
    ) -> None:
        super().__init__(layout, provenance)
        self.path = Path(path)
        self._growing = ("replication", "draw") if growing else ()
        self._digests: dict[str, Digest] = {}
        self._writer = Writer(self.path, self.header, self._growing)
        try:
            for variable in layout.variables:
                dtype = np.dtype(layout.dtype(variable))
                if not growing:
                    sizes = dict(zip(layout.dims(variable), layout.shape(variable), strict=True))
                    self._digests[variable.name] = Digest(dtype, sizes)
                rows = chunk_rows(layout.shape(variable), dtype.itemsize, block)
                self._writer.create(variable.name, layout.dims(variable), dtype, layout.attributes(variable), rows)
        except BaseException:
            self._writer.abort()
            raise

    def write_once(self, arrays: Arrays) -> None:
        """Store the variables without a dim ``replication``."""
        self._put({v.name: stored(v, self.layout, arrays) for v in self.layout.variables if not v.in_blocks})

    def write(self, first_row: int, arrays: Arrays) -> Arrays:
        """Store the next block of replications, and give back the values as stored."""
        values = {v.name: stored(v, self.layout, arrays) for v in self.layout.variables if v.in_blocks}
        self._put(values, self._next(first_row, len(values["parameter_draw"])))
        return values

    def grow(self, layout: Layout, provenance: Mapping[str, Any]) -> None:
        """Take a layout with more replications; what was written stays."""
        super().grow(layout, provenance)
        self._writer.grow(self.header, self._growing)

    def _put(self, values: Arrays, rows: Any = ...) -> None:
        self._writer.put(values, rows)
        for name in self._digests.keys() & values.keys():
            self._digests[name].update(values[name])

    def close(self) -> None:
        """Finish: every row must have been written; then the file gets its name."""
        try:
            self._check_complete()
            self._writer.close()
        finally:
            self._writer.abort()

    def abort(self) -> None:
        """Delete what was written."""
        self._writer.abort()

    def dataset(self) -> xr.Dataset:
        """The forecast, read from the file when values are asked for.

        What lies where is known: the file is not searched for it, as :func:`rpmsim.dataset.open_forecast` must.
        """
        from rpmsim.dataset.lazy import with_stored

        layout = self.layout
        variables = {v.name: (layout.dims(v), layout.dtype(v), layout.attributes(v)) for v in layout.variables}
        return with_stored(self.header, self.path, variables)

    def hashes(self) -> dict[str, str]:
        """Of what was written; a hash begins with the sizes, so that a forecast that grew is read for it."""
        if self._growing:
            with self.dataset() as dataset:
                return variable_hashes(dataset)
        hashes = variable_hashes(self.header) | {name: digest.text() for name, digest in self._digests.items()}
        return dict(sorted(hashes.items()))


def attributes(layout: Layout, provenance: Mapping[str, Any]) -> dict[str, str]:
    """Attributes of the dataset: plain strings, and the provenance as one JSON document."""
    from rpmsim import __version__

    return {
        "title": layout.label,
        "scenario": layout.scenario,
        "as_of": layout.as_of.isoformat(),
        "until": layout.until.isoformat(),
        "currency": layout.currency,
        "keep": layout.keep,
        **({"measure": " ".join(layout.measure)} if layout.measure else {}),
        "creation_library": CREATOR,
        "creation_library_version": __version__,
        "created_at": str(provenance.get("created_at", "")),
        "provenance": json.dumps(dict(provenance), ensure_ascii=False, sort_keys=True),
    }


def stored(variable: Variable, layout: Layout, arrays: Arrays) -> NDArray[Any]:
    """Values of a variable from the engine's array: summed over classes if not kept, in stored units and dtype."""
    values = np.asarray(arrays[variable.source])
    dims = layout.dims(variable)
    expected = tuple(layout.sizes[dim] for dim in variable.dims)
    own = slice(1 if variable.in_blocks else 0, None)
    if values.ndim != len(expected) or values.shape[own] != expected[own]:
        raise ValueError(f"{variable.name}: shape {values.shape} in place of {expected}")
    if dims != variable.dims:
        values = values.sum(axis=tuple(i for i, dim in enumerate(variable.dims) if dim not in dims))
    if variable.kind == "real":
        return values / variable.divisor if variable.divisor != 1.0 else values.astype(np.float64, copy=False)
    dtype = np.dtype(layout.dtype(variable))
    if variable.kind == "single":
        return values.astype(dtype, copy=False)
    if values.dtype.itemsize > dtype.itemsize and values.size and int(values.max()) > np.iinfo(dtype).max:
        raise OverflowError(f"{variable.name}: a count does not fit {dtype}")
    return values.astype(dtype, copy=False)
