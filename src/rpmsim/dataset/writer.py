"""A netCDF file that is complete or not there.

It is written under a temporary name. Room is reserved before each write, because the HDF5 library ends the
program when a disk fills under its hands: the reservation fails instead, as an ordinary :class:`OSError`. Interrupts
wait while the library works, which does not bear to be left half-way.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.errors import Diagnostic, InputError
from rpmsim.interrupts import held_interrupts

if TYPE_CHECKING:
    import xarray as xr

_MARGIN_BYTES = 4 << 20
"""Room for the library's own records: some hundred bytes a chunk."""

_CHUNK_BYTES = 1 << 20

_COMPRESSION = {"compression": "gzip", "compression_opts": 1}
"""Counts become smaller by a third, and sooner, when their bytes are shuffled, real numbers do not. Higher levels are
slower and little smaller; LZF is no part of netCDF.

Whole chunks are made here, by a library whose deflate takes a sixth of the time (measured on 2,000 replications of 24
periods, 31 edges and 15 classes: 170 MB become 24 MB in 0.2 s and not 25 MB in 1.2 s)."""


class Writer:
    """Writes one file; ``close`` gives it its name, ``abort`` removes it.

    Parameters
    ----------
    path : Path
        The file to be; one that is there is replaced at the end.
    header : xarray.Dataset
        Coordinates and attributes.
    growing : sequence of str
        Dims that :meth:`grow` may make longer.
    """

    def __init__(self, path: Path, header: xr.Dataset, growing: Sequence[str] = ()) -> None:
        import h5netcdf

        self.path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._file: Any = None
        try:
            with held_interrupts(), diagnostics_of(path):
                self._temporary.write_bytes(header.to_netcdf(engine="h5netcdf", unlimited_dims=growing))
                self._reserve(self._temporary.stat().st_size, 0)
                # no cache of chunks: whole ones are written, and nothing large is left for the end
                self._file = h5netcdf.File(self._temporary, "a", rdcc_nbytes=0)
        except BaseException:
            self.abort()
            raise

    def create(self, name: str, dims: tuple[str, ...], dtype: Any, attrs: dict[str, Any], rows: int) -> None:
        """Declare a variable in chunks of ``rows`` along its first dim."""
        shape = tuple(len(self._file.dimensions[dim]) for dim in dims)
        options: dict[str, Any] = {}
        if shape and 0 not in shape:
            shuffle = np.dtype(dtype).kind != "f"
            options = {**_COMPRESSION, "shuffle": shuffle, "chunks": (min(rows, shape[0]), *shape[1:])}
        with held_interrupts():
            self._file.create_variable(name, dims, dtype=dtype, **options).attrs.update(attrs)

    def grow(self, header: xr.Dataset, growing: Sequence[str]) -> None:
        """Give these dims the lengths that they have in the header, with its coordinates and attributes."""
        for dim in growing:
            with held_interrupts(), diagnostics_of(self.path):
                self._reserve(self._size, 0)
                self._file.resize_dimension(dim, header.sizes[dim])
            self.put({dim: header[dim].values}, ...)
        with held_interrupts(), diagnostics_of(self.path):
            self._file.attrs.update(header.attrs)

    def put(self, values: Mapping[str, NDArray[Any]], rows: slice | EllipsisType = ...) -> None:
        """Store values of several variables, in all rows or in those of a slice without steps."""
        with held_interrupts(), diagnostics_of(self.path):
            filled = {name: array for name, array in values.items() if array.size}
            self._reserve(self._size, sum(array.nbytes for array in filled.values()))
            for name, array in filled.items():
                variable = self._file._h5file[name]  # the layer for netCDF would look up all dims at each write
                first = 0 if rows is ... else rows.start or 0
                if _are_whole_chunks(variable, first, len(array) if array.ndim else 0):
                    _put_chunks(variable, first, array)
                else:
                    variable[rows] = array

    def close(self) -> None:
        """Give the file its name."""
        try:
            with held_interrupts(), diagnostics_of(self.path):
                self._file.close()  # also gives back what is reserved and was not used
                self._file = None
                self._temporary.replace(self.path)
        finally:
            self.abort()

    def abort(self) -> None:
        """Remove what was written, unless it has its name."""
        with held_interrupts():
            if self._file is not None:
                self._file.close()
                self._file = None
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)

    @property
    def _size(self) -> int:
        """Bytes that the library has laid out, which no reservation changes."""
        self._file.flush()
        return int(self._file._h5file.id.get_filesize())

    def _reserve(self, start: int, size: int) -> None:
        handle = os.open(self._temporary, os.O_RDWR)
        try:
            os.posix_fallocate(handle, start, size + _MARGIN_BYTES)
        finally:
            os.close(handle)


def _are_whole_chunks(variable: Any, first: int, rows: int) -> bool:
    """Whether rows are whole chunks, the last of the variable among them, which may be filled in part."""
    if variable.compression != _COMPRESSION["compression"]:
        return False
    size = variable.chunks[0]
    return rows > 0 and first % size == 0 and (rows % size == 0 or first + rows == len(variable))


def _put_chunks(variable: Any, first: int, array: NDArray[Any]) -> None:
    """Write whole chunks as the HDF5 library would: bytes shuffled, if they are to be, and compressed."""
    from isal import isal_zlib

    rows = variable.chunks[0]
    array = np.ascontiguousarray(array, variable.dtype)
    for low in range(0, len(array), rows):
        part = array[low : low + rows]
        if len(part) < rows:
            whole = np.zeros((rows, *part.shape[1:]), part.dtype)
            whole[: len(part)] = part
            part = whole
        if variable.shuffle:
            part = np.ascontiguousarray(part.reshape(-1).view(np.uint8).reshape(-1, part.itemsize).T)
        variable.id.write_direct_chunk((first + low, *(0,) * (array.ndim - 1)), isal_zlib.compress(part, 1))


def chunk_rows(shape: tuple[int, ...], itemsize: int, block: int) -> int:
    """Rows of a chunk: a divisor of the block, such that a chunk has a megabyte at most."""
    row_bytes = itemsize * math.prod(shape[1:])
    rows = max(1, min(block, *shape[:1]))
    most = max(1, _CHUNK_BYTES // max(row_bytes, 1))
    return next(rows // parts for parts in range(1, rows + 1) if rows % parts == 0 and rows // parts <= most)


@contextlib.contextmanager
def diagnostics_of(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into an :class:`InputError` about the path."""
    try:
        yield
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InputError(
            [Diagnostic(str(path), None, None, "", message, "choose a place that can be written")]
        ) from error
