"""Sums over the dataset, read in blocks of replications: a file larger than the memory is no obstacle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.dataset.store import loaded, row_blocks

if TYPE_CHECKING:
    import xarray as xr

CLASS_DIMS = ("channel", "segment")


def summed(array: xr.DataArray, over: Iterable[str]) -> xr.DataArray:
    """Sum over those of the dims that the array has, block by block of its first dim.

    Parameters
    ----------
    array : xarray.DataArray
        A variable of the forecast.
    over : iterable of str
        Dims to sum over.
    """
    over = [name for name in over if name in array.dims]
    if not over:
        return loaded(array)
    axes = tuple(array.dims.index(name) for name in over)
    template = array.isel(dict.fromkeys(over, 0), drop=True)

    def reduce(values: NDArray[Any]) -> NDArray[Any]:
        return add_up(values, axes)

    return _labelled(_by_blocks(array, reduce, template.shape), template)


def grouped(
    array: xr.DataArray, dim: str, groups: Mapping[str, NDArray[np.bool_]], new_dim: str, over: Iterable[str]
) -> xr.DataArray:
    """Sum entries of a dim in groups, and over further dims, in one pass.

    Parameters
    ----------
    array : xarray.DataArray
        Its first dim is read in blocks; ``dim`` is another one.
    groups : mapping of str to ndarray of bool
        For each entry of the new dim, which entries of ``dim`` are its own.
    new_dim : str
        Takes the place of ``dim``.
    over : iterable of str
        Further dims to sum over; those that the array lacks are passed over.
    """
    axis = array.dims.index(dim)
    others = [name for name in over if name in array.dims]
    axes = tuple(array.dims.index(name) for name in others)
    template = array.isel(dict.fromkeys(others, 0), drop=True).isel({dim: [0] * len(groups)}).rename({dim: new_dim})
    template = template.drop_vars([name for name, coord in template.coords.items() if new_dim in coord.dims])

    def reduce(values: NDArray[Any]) -> NDArray[Any]:
        kept = [add_up(np.compress(mask, values, axis=axis), axis, keepdims=True) for mask in groups.values()]
        together = np.concatenate(kept, axis=axis)
        return add_up(together, axes) if axes else together

    values = _by_blocks(array, reduce, template.shape)
    return _labelled(values, template).assign_coords({new_dim: list(groups)})


def add_up(values: NDArray[Any], axes: int | tuple[int, ...], keepdims: bool = False) -> NDArray[Any]:
    """Sum over axes: counts in 64 bits, real numbers in double precision."""
    result: NDArray[Any] = values.sum(
        axis=axes, dtype=np.float64 if values.dtype.kind == "f" else np.int64, keepdims=keepdims
    )
    return result


def _by_blocks(
    array: xr.DataArray, reduce: Callable[[NDArray[Any]], NDArray[Any]], shape: tuple[int, ...]
) -> NDArray[Any]:
    """Reduce block by block of the first dim; in the array's own type, or int64 where a sum does not fit it."""
    result = np.empty(shape, dtype=array.dtype)
    for rows in row_blocks(array):
        values = reduce(loaded(array[rows]).values)
        narrow = result.dtype == np.int32 and values.size > 0
        if narrow and values.max() > np.iinfo(np.int32).max:
            result = result.astype(np.int64)
        result[rows] = values
    return result


def _labelled(values: NDArray[Any], template: xr.DataArray) -> xr.DataArray:
    import xarray as xr

    return xr.DataArray(values, dims=template.dims, coords=template.coords, attrs=template.attrs, name=template.name)
