"""Variables of a file that has just been written: what lies where is known, and values are read when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from xarray.backends import BackendArray, CachingFileManager
from xarray.core import indexing

Described = tuple[tuple[str, ...], str, Mapping[str, str]]
"""Dims, type and attributes of a variable."""


def with_stored(header: xr.Dataset, path: Path, variables: Mapping[str, Described]) -> xr.Dataset:
    """Add variables that lie in a file to a dataset that holds the coordinates and attributes of the file.

    That is what :func:`rpmsim.dataset.open_forecast` gives, without a search of the file for it, which takes a quarter
    of a second. Close the dataset after use.
    """
    source = str(path.absolute())
    files = CachingFileManager[h5py.File](h5py.File, source, mode="r")
    file = files.acquire()  # whatever it is called when it is read
    lazy = {}
    for name, (dims, dtype, attrs) in variables.items():
        shape = tuple(header.sizes[dim] for dim in dims)
        stored: Any = indexing.LazilyIndexedArray(_Stored(files, name, shape, np.dtype(dtype)))
        encoding = _encoding(file[name]) | {"source": source}
        lazy[name] = xr.Variable(dims, indexing.CopyOnWriteArray(stored), attrs, encoding)
    dataset = header.assign(lazy)
    dataset.encoding["source"] = source
    dataset.set_close(files.close)
    return dataset


def _encoding(variable: h5py.Dataset) -> dict[str, Any]:
    """How a variable is stored, for who writes it again."""
    if variable.compression != "gzip":
        return {}
    compression = {"zlib": True, "complevel": variable.compression_opts, "shuffle": variable.shuffle}
    return {"chunksizes": variable.chunks} | compression


class _Stored(BackendArray):
    """A variable as it lies in a file."""

    def __init__(
        self, files: CachingFileManager[h5py.File], name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._files = files
        self._name = name
        self.shape = shape
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER_1VECTOR, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        with self._files.acquire_context() as file:
            return file[self._name][key]
