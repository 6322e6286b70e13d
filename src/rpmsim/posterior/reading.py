"""Reading a posterior file, which may come from anywhere: nothing is believed, and memory is bounded."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.display import plain
from rpmsim.errors import Diagnostic, InputError
from rpmsim.posterior.contents import F64, VERSION, HazardTable, Posterior

LARGEST_FILE = 1 << 28
"""Bytes."""

MOST_BYTES = 190_000_000
"""Of one variable: 47 million hazards in single precision, or half of that in double precision."""

MOST_NAMES = 20_000
WIDEST_NAME = 1_200
"""Bytes of a name of fixed length: a compressed file of some kB may state any length."""
VERSION_KEY = "rpmsim_posterior"
HAZARD_DIMS = ("draw", "stage", "outcome", "class", "age")
SLACK = 1e-6
"""By which the hazards of a day may exceed 1 together: rounding in single precision."""


class _WrongFile(ValueError):
    """What is wrong with a file, and the fix."""

    def __init__(self, message: str, fix: str = "write the file with `rpmsim.write_posterior`") -> None:
        super().__init__(message)
        self.fix = fix


def open_posterior(path: str | os.PathLike[str], name: str = "") -> Posterior:
    """Read a posterior file.

    Parameters
    ----------
    path : path
        A netCDF file in the form of the posterior reference.
    name : str
        How the file is called in messages; default: the path.

    Returns
    -------
    Posterior

    Raises
    ------
    InputError
        The file is missing, damaged, too large, of another version, or holds what no posterior can.
    """
    file, name = Path(path), name or str(path)
    try:
        return _read(file, name)
    except _WrongFile as error:
        raise InputError([Diagnostic(plain(name), None, None, "", str(error), error.fix)]) from error


def _read(file: Path, name: str) -> Posterior:
    import h5netcdf

    _check_file(file)
    try:
        with ThreadPoolExecutor(1) as beside, h5netcdf.File(file, "r") as stored:
            sha256 = beside.submit(_hash, file)  # of 100 MB it takes as long as all the rest
            return _contents(stored, name, sha256.result)
    except _WrongFile:
        raise
    except Exception as error:  # whatever the library meets in a damaged file
        raise _WrongFile("cannot be read as a posterior: it is damaged, or another kind of file") from error


def _hash(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _check_file(file: Path) -> None:
    """Refuse what is no file, what cannot be opened, and what is too large."""
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):
            raise _WrongFile("is not a regular file", "name the netCDF file")
        if about.st_size > LARGEST_FILE:
            raise _WrongFile(f"is larger than {LARGEST_FILE:,} bytes", "use fewer draws, classes or ages")
        with file.open("rb"):
            pass
    except FileNotFoundError:
        raise _WrongFile("does not exist", "check the path") from None
    except OSError as error:
        raise _WrongFile(f"cannot be read ({error.strerror or error})", "check the path") from error


def _contents(stored: Any, name: str, sha256: Callable[[], str]) -> Posterior:
    version = stored.attrs.get(VERSION_KEY)
    if version is None:
        raise _WrongFile(f"is not a posterior: it has no attribute `{VERSION_KEY}`")
    version = version.item() if isinstance(version, np.integer) else version
    if not isinstance(version, int) or int(version) != VERSION:
        raise _WrongFile(
            f"is a posterior of version {_line(repr(version))}, and this rpmsim reads version {VERSION}",
            f"write the file again in version {VERSION}",
        )
    draws = stored.dimensions["draw"].size if "draw" in stored.dimensions else 0
    if draws < 1:
        raise _WrongFile("has no draws (the dimension `draw`)")
    values, records = _values(stored, draws)
    hazards = _hazards(stored)
    if not values and hazards is None:
        raise _WrongFile("holds neither `value` nor `hazard`")
    source = stored.attrs.get("source", "")
    return Posterior(name, sha256(), draws, values, hazards, records, _line(str(source)))


def _values(stored: Any, draws: int) -> tuple[dict[str, F64], dict[str, int]]:
    """Values by path, and how many records are behind them."""
    if "value" not in stored.variables:
        return {}, {}
    array = _numbers(stored, "value", ("draw", "path"))
    paths = _names(stored, "path")
    _check_finite(array, "value", lambda at: f"`{paths[at[1]]}`, draw {at[0]}")
    columns = np.ascontiguousarray(array.T, dtype=np.float64)
    counts = _numbers(stored, "records", ("path",)) if "records" in stored.variables else None
    known = {} if counts is None else {path: int(n) for path, n in zip(paths, counts, strict=True) if n >= 0}
    return dict(zip(paths, columns, strict=True)), known


def _hazards(stored: Any) -> HazardTable | None:
    if "hazard" not in stored.variables:
        return None
    array = _numbers(stored, "hazard", HAZARD_DIMS)
    stages, outcomes, classes = (_names(stored, dim) for dim in HAZARD_DIMS[1:4])
    ages = _numbers(stored, "age", ("age",))
    steps = np.diff(ages)
    if len(ages) == 0 or ages[0] != 0 or (steps <= 0).any() or (ages != np.floor(ages)).any() or ages[-1] > 36525:
        raise _WrongFile("its ages are not whole days that begin with 0 and increase")

    def place(at: tuple[int, ...]) -> str:
        s, k = stages[at[1]], classes[at[3]]
        return f"stage `{s}`, outcome `{outcomes[at[2]]}`, class `{k}`, age {int(ages[at[4]])}, draw {at[0]}"

    _check_finite(array, "hazard", place)
    for is_wrong, what in ((array.min() < 0, "below 0"), (array.max() > 1 + SLACK, "above 1")):
        if is_wrong:
            at = _first(array < 0 if what == "below 0" else array > 1 + SLACK)
            raise _WrongFile(
                f"the hazard of {place(at)} is {array[at]:g}, {what}", "a hazard is a share of leads per day"
            )
    total = array.sum(axis=2)
    if total.max() > 1 + SLACK:
        d, s, k, a = _first(total > 1 + SLACK)
        where = f"stage `{stages[s]}`, class `{classes[k]}`, age {int(ages[a])}, draw {d}"
        raise _WrongFile(
            f"the hazards of all outcomes of {where} add up to {total[d, s, k, a]:g}, above 1",
            "no more leads can leave on a day than there are",
        )
    counts = _numbers(stored, "hazard_records", ("stage", "class")) if "hazard_records" in stored.variables else None
    if counts is not None:
        counts = np.where(np.isfinite(counts) & (counts >= 0), counts, -1).astype(np.int64)
    return HazardTable(ages.astype(np.int64), stages, outcomes, classes, array, counts)


def _numbers(stored: Any, name: str, dims: tuple[str, ...]) -> NDArray[Any]:
    """The values of a variable, after a look at its dims, size and type."""
    if name not in stored.variables:
        raise _WrongFile(f"has no variable `{name}`")
    variable = stored.variables[name]
    if tuple(variable.dimensions) != dims:
        raise _WrongFile(
            f"`{name}` has the dimensions ({', '.join(map(str, variable.dimensions))}) in place of ({', '.join(dims)})"
        )
    size = int(np.prod([int(n) for n in variable.shape], dtype=object))
    if size * max(np.dtype(variable.dtype).itemsize, 4) > MOST_BYTES:
        raise _WrongFile(
            f"`{name}` has {size:,} values in more than {MOST_BYTES:,} bytes",
            "use single precision, or fewer draws, classes or ages",
        )
    kind = np.dtype(variable.dtype)
    if kind.kind not in "fiu" or kind.itemsize > 8:
        raise _WrongFile(f"`{name}` does not hold numbers of at most 8 bytes")
    inner = variable._h5ds
    if inner.is_virtual or inner.external:
        raise _WrongFile(f"`{name}` lies in another file", "write the file again, with all that it needs")
    sizes = tuple(stored.dimensions[dim].size for dim in dims)
    if tuple(variable.shape) != sizes:
        raise _WrongFile(f"`{name}` has the shape {tuple(variable.shape)}, and its dimensions have {sizes}")
    return np.asarray(variable[...])


def _names(stored: Any, dim: str) -> tuple[str, ...]:
    """Names along a dim."""
    variable = stored.variables.get(dim)
    if variable is None or tuple(variable.dimensions) != (dim,):
        raise _WrongFile(f"has no names along the dimension `{dim}`")
    if variable.shape[0] > MOST_NAMES:
        raise _WrongFile(f"has {variable.shape[0]:,} names along `{dim}`, and at most {MOST_NAMES:,} are read")
    if np.dtype(variable.dtype).itemsize > WIDEST_NAME:
        raise _WrongFile(f"has names of more than {WIDEST_NAME:,} bytes along `{dim}`")
    found = variable[...]
    names = tuple(_line(n.decode() if isinstance(n, bytes) else str(n), 300) for n in np.atleast_1d(found))
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise _WrongFile(f"has `{twice}` twice along `{dim}`")
    return names


def _line(text: str, longest: int = 200) -> str:
    """The text as it may be shown in a message or a comment: on one line."""
    return plain(" ".join(text[:longest].split()))


def _check_finite(array: NDArray[Any], name: str, place: Any) -> None:
    if array.size and not np.isfinite(array.min() + array.max()):  # a NaN among them makes both one
        at = _first(~np.isfinite(array))
        raise _WrongFile(f"`{name}` is not a number ({array[at]}) for {place(at)}", "fill in what is missing")


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
