"""Simulate a scenario: blocks of replications over threads, into memory or a file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, SupportsIndex

from rpmsim.arrays.compile import Program, compile_model
from rpmsim.beside import processors
from rpmsim.compilation import compile_kernels, second_process
from rpmsim.dataset import FileSink, Keep, without_empty
from rpmsim.engine.block import block_size, bundles_of, even_size
from rpmsim.engine.following import compile_following
from rpmsim.engine.provenance import provenance_of
from rpmsim.engine.settings import DEFAULT_REPLICATIONS, DEFAULT_SEED, Run, Sources, check_run, parts_of, whole
from rpmsim.engine.storing import Progress, Watcher, countable, layout_of, sink_for, store, write_once
from rpmsim.engine.threads import in_threads
from rpmsim.model.plan import Model
from rpmsim.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import xarray as xr

Simulable = Scenario | Model | str | os.PathLike[str]
"""A scenario, its model, or the path of a scenario file."""


class Goal(Watcher, Protocol):
    """Says how many replications are enough; :class:`rpmsim.analysis.precision.Precision` is one."""

    def further(self) -> int:
        """How many replications are to follow those that were seen; 0 where they are enough."""


@dataclass(frozen=True)
class Result:
    """What a run gives.

    Parameters
    ----------
    forecast : xarray.Dataset
        With provenance in its attributes.
    prepare_s, compile_s, simulate_s : float
        Wall-clock seconds: to compile the scenario, to compile or load the kernel, and for all blocks with their tables
        and their storing.
    hashes : dict of str to str, or None
        Of every variable that was written to a file, as :func:`rpmsim.dataset.variable_hashes` has them; else None.
    """

    forecast: xr.Dataset
    prepare_s: float
    compile_s: float
    simulate_s: float
    hashes: dict[str, str] | None = None


def simulate(
    scenario: Simulable,
    replications: SupportsIndex = DEFAULT_REPLICATIONS,
    *,
    first: SupportsIndex = 0,
    seed: SupportsIndex = DEFAULT_SEED,
    draws: SupportsIndex | None = None,
    threads: SupportsIndex | None = None,
    block: SupportsIndex | None = None,
    keep: Keep = "classes",
    measure: Sequence[str] = (),
    path: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    until: Goal | None = None,
    watchers: Sequence[Watcher] = (),
) -> xr.Dataset:
    """Simulate a scenario many times.

    Parameters
    ----------
    scenario : Scenario, Model, str or path
        What to simulate; a path is loaded as :func:`rpmsim.load_scenario` does.
    replications, first : int
        How many replications, and the number of the first one: replication r is the same in every run that holds it.
    seed : int
        Random seed, 0 to 2**64 - 1.
    draws : int, optional
        Number of distinct parameter draws; replication r uses draw r mod ``draws``. Default: one for each replication
        where the scenario has ranges, else one.
    threads : int, optional
        Threads; default: processors. The result does not depend on it.
    block : int, optional
        Replications that are worked on together. The result does not depend on it.
    keep : {"summary", "classes", "full"}
        Detail that is stored: totals over classes, by channel and segment, or all there is.
    measure : sequence of {"pipeline", "speed", "cohorts"}
        What is measured beyond what every forecast holds; it costs time and room.
    path : path, optional
        File to stream the forecast to, instead of memory.
    progress : callable, optional
        Gets the number of replications as they are finished.
    until : Goal, optional
        Says after each round how many more are wanted, in whole blocks; then ``replications`` is the most. The
        forecast is the one of a run of as many replications as there were in the end.
    watchers : sequence of Watcher, optional
        Are shown every block, in the order of the replications.

    Returns
    -------
    xarray.Dataset
        The forecast (see the dataset's reference), with provenance in its attributes, and without dims that have no
        entry (a scenario without listed deals has no dim ``deal``).

    Raises
    ------
    TypeError
        If a number is not whole.
    ValueError
        If a number is out of its range, or ``keep`` or a part of ``measure`` is unknown.
    InputError
        If the scenario is wrong, the file cannot be written, or there are more leads than can be counted.

    Examples
    --------
    >>> forecast = rpmsim.simulate("scenarios/base.yaml", 500)
    >>> rpmsim.metrics.bookings.total(forecast).quantile([0.1, 0.5, 0.9], "replication")
    """
    result = run(
        scenario,
        whole("replications", replications, 1),
        first=whole("first", first, 0),
        seed=whole("seed", seed, 0),
        draws=None if draws is None else whole("draws", draws, 1),
        threads=None if threads is None else whole("threads", threads, 1),
        block=None if block is None else whole("block", block, 1),
        keep=keep,
        measure=measure,
        path=path,
        progress=progress,
        until=until,
        watchers=watchers,
    )
    return without_empty(result.forecast)


def run(
    scenario: Simulable,
    replications: int = DEFAULT_REPLICATIONS,
    *,
    first: int = 0,
    seed: int = DEFAULT_SEED,
    draws: int | None = None,
    threads: int | None = None,
    block: int | None = None,
    keep: Keep = "classes",
    measure: Sequence[str] = (),
    path: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    until: Goal | None = None,
    watchers: Sequence[Watcher] = (),
    sources: Sources = Sources(),
    by_day: bool = False,
) -> Result:
    """Simulate as :func:`simulate` does, and report how long it took and the hashes of what was written.

    ``sources`` says of which replications the sources of randomness are; ``by_day`` makes every day a period, of a
    forecast that stays in memory.
    """
    started = time.perf_counter()
    scenario = loaded(scenario)
    model = scenario if isinstance(scenario, Model) else scenario.model
    parts = parts_of(measure)
    with second_process() as ask:
        program = compile_model(model, by_day, bool(parts))
        usual = block_size(program)

        def after_round(done: int) -> int:
            """Replications that there will be after another round."""
            more = replications if until is None else until.further()
            return min(done + -(-more // usual) * usual, replications)

        def run_of(count: int) -> Run:
            used = draws or draws_needed(program, first + count + sources.ranges)
            return Run(count, first, seed, used, sources, parts)

        check_run(run_of(replications), keep)
        settings = run_of(after_round(0))
        layout = layout_of(program, settings, keep)
        threads = threads or processors()
        size = block or (usual if until is not None else even_size(usual, settings.replications, threads))
        provenance = provenance_of(scenario, settings, keep, size)
        everyone = [*watchers, *([] if until is None else [until])]
        bundles = bundles_of(program)
        ask(*(bundle.type for bundle in bundles))
        prepared = time.perf_counter()
        compile_kernels(*bundles)
        if settings.follows:
            compile_following(program, settings)
        frame = bundles[0]
        del bundles  # a workspace is large, and each thread makes its own
        compiled = time.perf_counter()
        with ExitStack() as stack, countable(scenario):
            with in_threads(program, frame, settings, size, threads) as blocks:
                # Opening takes a while, in which the first blocks are in work.
                stack.enter_context(sink := sink_for(path, layout, provenance, size, growing=until is not None))
                store(blocks, sink, progress, everyone)
            while until is not None and (count := after_round(settings.replications)) > settings.replications:
                done, settings = settings.replications, run_of(count)
                sink.grow(layout_of(program, settings, keep), provenance_of(scenario, settings, keep, size))
                with in_threads(program, frame, settings, size, threads, done) as blocks:
                    store(blocks, sink, progress, everyone)
            simulated = time.perf_counter()
            write_once(sink, program, settings)
    forecast = sink.dataset()
    hashes = sink.hashes() if isinstance(sink, FileSink) else None
    return Result(forecast, prepared - started, compiled - prepared, simulated - compiled, hashes)


def draws_needed(program: Program, count: int) -> int:
    """Distinct parameter draws of a run in which every replication has its own, as far as there are so many."""
    if not program.is_uncertain:
        return 1
    return min(count, program.posterior_draws) if program.only_posterior else count


def loaded(scenario: Simulable) -> Scenario | Model:
    """The scenario itself, or the one in the file that is named."""
    return scenario if isinstance(scenario, Scenario | Model) else load_scenario(scenario)
