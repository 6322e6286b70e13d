"""Forecasts on disk: open, check, save, and hash."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.dataset.digest import Digest
from rpmsim.dataset.document import parsed, wrong_part
from rpmsim.dataset.empty import with_empty, without_empty
from rpmsim.dataset.writer import Writer, chunk_rows
from rpmsim.errors import Diagnostic, InputError
from rpmsim.interrupts import held_interrupts

if TYPE_CHECKING:
    import xarray as xr

CREATOR = "rpmsim"
"""Value of the attribute ``creation_library`` by which a file is known as a forecast."""

_ESSENTIAL = ("moves", "stock", "bookings", "parameter_draw")
_BLOCK_BYTES = 32 << 20
_SAVED_ROWS = 64


def open_forecast(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a stored forecast; values are read when they are asked for.

    Dims without an entry are left out, as :func:`rpmsim.simulate` leaves them out.

    Parameters
    ----------
    path : path
        A ``forecast.nc``, or the folder that holds one.

    Returns
    -------
    xarray.Dataset
        With the dims, variables and units of the dataset reference. Close it after use.

    Raises
    ------
    InputError
        There is no such file, it is damaged, or it is no forecast of rpmsim.
    """
    return without_empty(open_file(path))


def open_file(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a stored forecast with all that its file holds; see :func:`open_forecast`."""
    file = Path(path)
    if file.is_dir() and (file / "forecast.nc").is_file():
        file = file / "forecast.nc"
    if file.is_dir():
        raise _error(file, "is a folder without a forecast", "use a forecast.nc, or a folder that contains one")
    if not file.exists():
        raise _error(file, "does not exist", "check the path; `rpmsim run` writes forecast.nc")
    if not file.is_file():  # a pipe would never answer
        raise _error(file, "is not a regular file", "use a forecast.nc that `rpmsim run` wrote")
    dataset = _opened(file)
    if dataset is None:
        message = "cannot be read as a forecast (it is damaged, or not a forecast)"
        raise _error(file, message, "use a forecast.nc that `rpmsim run` wrote, or repeat the run")
    missing = [name for name in _ESSENTIAL if name not in dataset]
    if dataset.attrs.get("creation_library") != CREATOR or missing or parsed(dataset.attrs.get("provenance")) is None:
        dataset.close()
        raise _error(file, "is not a forecast of rpmsim", "use a forecast.nc that `rpmsim run` wrote")
    return dataset


def _opened(file: Path) -> xr.Dataset | None:
    """The dataset of a netCDF file; None where it is none."""
    import xarray as xr

    dataset = None
    unraisable = sys.unraisablehook
    sys.unraisablehook = lambda _: None  # the reader complains once more when a half-opened file is dropped
    try:
        with held_interrupts(), contextlib.suppress(Exception):
            dataset = xr.open_dataset(file, engine="h5netcdf", cache=False)
        if dataset is None:
            gc.collect()
    finally:
        sys.unraisablehook = unraisable
    return dataset


def loaded(array: xr.DataArray) -> xr.DataArray:
    """The array with its values in memory, read anew; the dataset that it comes from stays as lazy as it was.

    Raises
    ------
    InputError
        The file is damaged where the values lie.
    """
    try:
        return array.compute()
    except (OSError, RuntimeError) as error:
        file = Path(array.encoding.get("source", "forecast.nc"))
        raise _error(file, f"is damaged: {array.name} cannot be read", "repeat the run") from error


def provenance(dataset: xr.Dataset) -> dict[str, Any]:
    """The document from which the forecast can be repeated (empty where there is none).

    Raises
    ------
    InputError
        The document was changed to what no run writes.
    """
    document = parsed(dataset.attrs.get("provenance", "{}"))
    wrong = "the whole" if document is None else wrong_part(document)
    if document is None or wrong:
        file = Path(dataset.encoding.get("source", "forecast.nc"))
        raise _error(file, f"its provenance was changed: {wrong} is not what a run writes", "use the original file")
    return document


def save(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write a forecast, block by block, to a file that is complete or not there.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    dataset = with_empty(dataset)
    writer = Writer(Path(path), dataset.drop_vars(list(dataset.data_vars)))
    try:
        for name, array in dataset.data_vars.items():
            rows = chunk_rows(array.shape, array.dtype.itemsize, _SAVED_ROWS)
            writer.create(str(name), tuple(map(str, array.dims)), array.dtype, array.attrs, rows)
            for block in row_blocks(array):
                writer.put({str(name): loaded(array[block]).values}, block)
        writer.close()
    finally:
        writer.abort()


def variable_hashes(dataset: xr.Dataset) -> dict[str, str]:
    """SHA-256 of every variable: of its dims, its type and its values, whatever chunks or compression hold them.

    Coordinates count as variables, and so does what has no entry. Values are read block by block.
    """
    dataset = with_empty(dataset)
    return {str(name): _hash(dataset[name]) for name in sorted(dataset.variables, key=str)}


def row_blocks(array: xr.DataArray, max_bytes: int = _BLOCK_BYTES) -> Iterator[slice]:
    """Slices along the first dim, each of at most ``max_bytes`` (but at least one row)."""
    rows = array.shape[0] if array.ndim else 1
    row_bytes = max(array.nbytes // max(rows, 1), 1)
    step = max(max_bytes // row_bytes, 1)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _hash(array: xr.DataArray) -> str:
    digest = Digest(array.dtype, {str(dim): size for dim, size in array.sizes.items()})
    for rows in row_blocks(array):
        digest.update(loaded(array[rows] if array.ndim else array).values)
    return digest.text()


def _error(path: Path, message: str, fix: str) -> InputError:
    return InputError([Diagnostic(str(path), None, None, "", message, fix)])
