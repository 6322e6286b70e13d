"""Where the results of a run go: memory or a file, and who watches them go by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.compile import Program
from rpmsim.dataset import FileSink, Keep, Layout, MemorySink
from rpmsim.engine.block import Block, drawn_in
from rpmsim.engine.outputs import by_class
from rpmsim.engine.settings import Run
from rpmsim.errors import Diagnostic, InputError, UncountableError
from rpmsim.model.plan import Model
from rpmsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

WIDE_ABOVE = 2**31 - 1
"""More leads than this need counts of 64 bits."""

Progress = Callable[[int], None]


class Watcher(Protocol):
    """Sees every block as it is stored; :class:`rpmsim.analysis.sums.Sums` is one."""

    def see(self, values: Mapping[str, NDArray[Any]], forecast: xr.Dataset) -> None:
        """Take note of the next block: its variables as they are stored, and the coordinates of the forecast."""


def sink_for(
    path: str | os.PathLike[str] | None, layout: Layout, provenance: dict[str, Any], block: int, *, growing: bool
) -> MemorySink | FileSink:
    """A sink into memory, or into the file that is named."""
    if path is None:
        return MemorySink(layout, provenance)
    return FileSink(Path(path), layout, provenance, block, growing=growing)


def layout_of(program: Program, run: Run, keep: Keep) -> Layout:
    """The layout of the forecast of a run."""
    layout = Layout.of(
        program.model,
        [(edge.source, edge.target) for edge in program.edges],
        run.replications,
        first=run.first,
        draws=run.draws,
        parameters=program.parameters,
        wide=program.most_leads() > WIDE_ABOVE,
        keep=keep,
        measure=run.measure,
    )
    return replace(layout, periods=program.periods)


def store(
    blocks: Iterator[Block], sink: MemorySink | FileSink, progress: Progress | None, watchers: Sequence[Watcher]
) -> None:
    """Store blocks, and report each."""
    for low, arrays in blocks:
        values = sink.write(low, arrays)
        for watcher in watchers:
            watcher.see(values, sink.header)
        if progress is not None:
            progress(len(arrays["parameter_draw"]))
        del arrays, values  # before the next one is waited for


def write_once(sink: MemorySink | FileSink, program: Program, run: Run) -> None:
    """Store what belongs to no replication."""
    everything = np.arange(run.draws, dtype=np.int64)
    sink.write_once(
        {
            "opening_stock": by_class(program, program.frame.opening_stock),
            "parameter_value": program.parameter_values(drawn_in(program, everything, run)),
        }
    )


@contextmanager
def countable(scenario: Scenario | Model) -> Iterator[None]:
    """Report counts and sums of money that do not fit: what passes the checks may gather on a day or in a tail."""
    try:
        yield
    except UncountableError as error:
        if isinstance(scenario, Scenario):
            file, line, column = scenario.place_of(error.path)
        else:
            file, line, column = "", None, None
        raise InputError([Diagnostic(file, line, column, ".".join(error.path), str(error), error.fix)]) from error
