"""What a run measures only on request: the arrays of the parts that were asked for, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from rpmsim.arrays.compile import Program
from rpmsim.dataset import Part
from rpmsim.engine.settings import Run
from rpmsim.model.to_go import targets_to_go

Arrays = Mapping[str, NDArray[Any]]


def measured(program: Program, run: Run, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of a block for every part that the run measures, by the names under which variables find them.

    Parameters
    ----------
    program : Program
    run : Run
        Says what is measured.
    arrays : mapping of str to ndarray
        What the block holds in any case.
    """
    found: dict[str, NDArray[Any]] = {}
    for part in run.measure:
        if part in _PARTS:
            found |= _PARTS[part](program, arrays)
    return found


def _pipeline(program: Program, arrays: Arrays) -> dict[str, NDArray[Any]]:
    booked = arrays["bookings"].sum(axis=(2, 3)) / 100.0
    return {"target_to_go": targets_to_go(program.model, program.periods, booked)}


_PARTS: Mapping[Part, Callable[[Program, Arrays], dict[str, NDArray[Any]]]] = {
    "pipeline": _pipeline,
}
"""The other parts are measured lead by lead: see :mod:`rpmsim.engine.following`."""
