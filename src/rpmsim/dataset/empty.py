"""Dims without an entry: a scenario without listed deals, say, has nothing along ``deal``.

Files and the engine hold every variable, so that all forecasts are alike. What a user gets holds those that have a
value: a dim of no length turns a table of several variables into an empty one, and stops other libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rpmsim.dataset.variables import variables_of

if TYPE_CHECKING:
    import xarray as xr

_MAY_BE_EMPTY = {
    "role": ("role", "role_label"),
    "cost": ("cost", "cost_kind"),
    "deal": ("deal", "deal_expected_close", "deal_label"),
    "parameter": ("parameter",),
}
"""Dims, and their coordinates."""
_OF_DRAWS = "draw"
"""The dim that has one entry, for nothing, where no number is given as a range."""
_TYPES: dict[str, Any] = {"count": np.int32, "index": np.int32, "real": np.float64, "single": np.float32}


def without_empty(dataset: xr.Dataset) -> xr.Dataset:
    """A forecast without the dims that have no entry, and without what lies along them."""
    empty = {dim for dim in _MAY_BE_EMPTY if dataset.sizes.get(dim) == 0}
    if not empty:
        return dataset
    kept = dataset.drop_vars([name for name, array in dataset.variables.items() if empty & set(array.dims)])
    if not any(_OF_DRAWS in array.dims for array in kept.data_vars.values()):
        kept = kept.drop_dims(_OF_DRAWS, errors="ignore")
    kept.set_close(dataset.close)
    return kept


def with_empty(dataset: xr.Dataset) -> xr.Dataset:
    """A forecast with every variable, those without a value included, as files hold them."""
    import xarray as xr

    sizes = {str(dim): size for dim, size in dataset.sizes.items()}
    added: dict[str, Any] = {}
    coords: dict[str, Any] = {}
    for variable in variables_of(str(dataset.attrs.get("measure", "")).split()):
        missing = [dim for dim in variable.dims if dim in _MAY_BE_EMPTY and dim not in sizes]
        if variable.name in dataset or not missing or (variable.in_blocks and "replication" not in sizes):
            continue
        shape = tuple(0 if dim in missing else sizes.get(dim, 1) for dim in variable.dims)
        added[variable.name] = xr.DataArray(np.zeros(shape, _TYPES[variable.kind]), dims=variable.dims)
        coords |= {name: (dim, np.zeros(0, "<U1")) for dim in missing for name in _MAY_BE_EMPTY[dim]}
        coords |= {} if _OF_DRAWS in sizes or _OF_DRAWS not in variable.dims else {_OF_DRAWS: np.arange(1)}
    return dataset.assign(added).assign_coords(coords) if added else dataset
