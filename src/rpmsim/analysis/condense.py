"""Sums over the dataset, read in blocks of replications: a file larger than the memory is no obstacle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.dataset.store import row_blocks

if TYPE_CHECKING:
    import xarray as xr

CLASS_DIMS = ("channel", "segment")


def condense(dataset: xr.Dataset, by: Sequence[str] = ()) -> xr.Dataset:
    """Sum every variable over the classes and hold the sums in memory; variables without classes stay where they are.

    Parameters
    ----------
    dataset : xarray.Dataset
        A forecast, in memory or on disk.
    by : sequence of {"channel", "segment"}
        Class dims to keep. Spend keeps its channels.

    Returns
    -------
    xarray.Dataset
        The same variables and coordinates; counts become int64. Metrics without ``by`` are the same on it.
    """
    result = dataset.copy()
    for name, array in dataset.data_vars.items():
        over = [dim for dim in CLASS_DIMS if dim in array.dims and dim not in by and "segment" in array.dims]
        if over:
            result[name] = summed(array, over)
    return result


def summed(array: xr.DataArray, over: Iterable[str]) -> xr.DataArray:
    """Sum over those of the dims that the array has, block by block of its first dim.

    Returns
    -------
    xarray.DataArray
        int64 for integers, float64 for reals, in memory.
    """
    over = [name for name in over if name in array.dims]
    axes = tuple(array.dims.index(name) for name in over)
    parts = [array[rows].values for rows in row_blocks(array)] if not over else []
    parts = parts or [_sum(array[rows].values, axes) for rows in row_blocks(array)]
    return _labelled(np.concatenate(parts), array.isel(dict.fromkeys(over, 0), drop=True))


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
    parts = []
    for rows in row_blocks(array):
        values = array[rows].values
        kept = [_sum(np.compress(mask, values, axis=axis), axis, keepdims=True) for mask in groups.values()]
        parts.append(_sum(np.concatenate(kept, axis=axis), axes) if others else np.concatenate(kept, axis=axis))
    template = array.isel(dict.fromkeys(others, 0), drop=True).isel({dim: [0] * len(groups)}).rename({dim: new_dim})
    template = template.drop_vars([name for name, coord in template.coords.items() if new_dim in coord.dims])
    return _labelled(np.concatenate(parts), template).assign_coords({new_dim: list(groups)})


def _sum(values: NDArray[Any], axes: int | tuple[int, ...], keepdims: bool = False) -> NDArray[Any]:
    result: NDArray[Any] = values.sum(
        axis=axes, dtype=np.float64 if values.dtype.kind == "f" else np.int64, keepdims=keepdims
    )
    return result


def _labelled(values: NDArray[Any], template: xr.DataArray) -> xr.DataArray:
    import xarray as xr

    return xr.DataArray(values, dims=template.dims, coords=template.coords, attrs=template.attrs, name=template.name)
