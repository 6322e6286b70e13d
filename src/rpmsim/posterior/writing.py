"""Writing a posterior file that is complete or not there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.posterior.contents import VERSION, HazardTable
from rpmsim.posterior.reading import HAZARD_DIMS, VERSION_KEY, open_posterior


def write_posterior(
    path: str | os.PathLike[str],
    values: Mapping[str, ArrayLike] | None = None,
    hazards: HazardTable | None = None,
    *,
    records: Mapping[str, int] | None = None,
    source: str = "",
) -> None:
    """Write joint parameter draws for ``posterior:`` in a scenario.

    Parameters
    ----------
    path : path
        The netCDF file; it is replaced when the new one is complete.
    values : mapping of str to array, shape (draws,)
        Numbers by their path in the scenario, each in the unit with which the scenario reads it
        (``{"channels.web.leads": ...}`` for ``leads: posterior per week``); shares as fractions.
    hazards : HazardTable, optional
        Shares and times of outcomes.
    records : mapping of str to int, optional
        Number of records behind a value.
    source : str
        Where the draws come from, for `rpmsim show`.

    Raises
    ------
    ValueError
        The arrays do not have the same number of draws.
    InputError
        What was written is no posterior: hazards above 1, values that are not numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rpmsim.write_posterior("posterior.nc", {"stages.mql.to.won.share": rng.beta(24, 76, 1000)})
    """
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in (values or {}).items()}
    counts = {column.shape for column in columns.values()}
    if hazards is not None:
        counts.add(np.shape(hazards.values)[:1])
    if len(counts) != 1 or len(next(iter(counts))) != 1:
        raise ValueError(f"all arrays must have the same number of draws along their first axis, not {sorted(counts)}")
    (draws,) = counts.pop()
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _write(temporary, draws, columns, hazards, records or {}, source)
        open_posterior(temporary, str(path))  # nothing is written that would not be read
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _write(
    file: Path,
    draws: int,
    columns: Mapping[str, Any],
    hazards: HazardTable | None,
    records: Mapping[str, int],
    source: str,
) -> None:
    import h5netcdf

    with h5netcdf.File(file, "w") as stored:
        stored.attrs[VERSION_KEY] = np.int32(VERSION)
        stored.attrs["source"] = source
        stored.dimensions = {"draw": draws}
        if columns:
            _names(stored, "path", tuple(columns))
            stored.create_variable("value", ("draw", "path"), data=np.stack(list(columns.values()), axis=1))
            counts = np.array([records.get(name, -1) for name in columns], dtype=np.int64)
            stored.create_variable("records", ("path",), data=counts)
        if hazards is not None:
            for dim, names in zip(HAZARD_DIMS[1:4], (hazards.stages, hazards.outcomes, hazards.classes), strict=True):
                _names(stored, dim, names)
            stored.dimensions["age"] = len(hazards.ages)
            stored.create_variable("age", ("age",), data=np.asarray(hazards.ages, dtype=np.int64))
            values = np.asarray(hazards.values)
            chunks = (len(values), 1, 1, 1, values.shape[4])  # where a stage has no such outcome, all are 0
            stored.create_variable(
                "hazard", HAZARD_DIMS, data=values, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True
            )
            if hazards.records is not None:
                counts = np.asarray(hazards.records, dtype=np.int64)
                stored.create_variable("hazard_records", ("stage", "class"), data=counts)


def _names(stored: Any, dim: str, names: tuple[str, ...]) -> None:
    import h5py

    stored.dimensions[dim] = len(names)
    stored.create_variable(dim, (dim,), dtype=h5py.string_dtype(), data=np.array(names, dtype=object))
