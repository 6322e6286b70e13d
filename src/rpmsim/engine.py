"""Simulate a scenario: blocks of replications over threads, into memory or a file."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rpmsim import __version__
from rpmsim.arrays.compile import Program, compile_model
from rpmsim.arrays.layout import MOST_CENTS, SHARED, Outputs
from rpmsim.compilation import compile_kernels, second_process
from rpmsim.dataset import FileSink, Keep, Layout, MemorySink
from rpmsim.errors import Fault, InputError, UncountableError
from rpmsim.model.plan import Model
from rpmsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

    from rpmsim.kernel.bundle import Bundle

DEFAULT_REPLICATIONS = 2000
DEFAULT_SEED = 20270101
BLOCK_BYTES = 48_000_000
"""Most bytes of results that a block of replications may take; blocks in work bound the memory of a run."""
MOST_BLOCK = 256
"""Most replications of a block: enough to share the building of tables, few enough for smooth progress."""
WIDE_ABOVE = 2**31 - 1

Progress = Callable[[int], None]
Block = tuple[int, dict[str, NDArray[Any]]]
"""The first row of a block of replications, and its arrays."""


@dataclass(frozen=True)
class Run:
    """What a run is, apart from how it is carried out: together with a model it determines every number."""

    replications: int = DEFAULT_REPLICATIONS
    first: int = 0
    seed: int = DEFAULT_SEED
    draws: int = 1

    @property
    def keys(self) -> tuple[int, int]:
        """The two words of the key of all random numbers."""
        return self.seed & 0xFFFFFFFF, self.seed >> 32 & 0xFFFFFFFF


class Watcher(Protocol):
    """Sees every block as it is stored; :class:`rpmsim.analysis.sums.Sums` is one."""

    def see(self, values: Mapping[str, NDArray[Any]], forecast: xr.Dataset) -> None:
        """Take note of the next block: its variables as they are stored, and the coordinates of the forecast."""


class Goal(Watcher, Protocol):
    """Says how many replications are enough; :class:`rpmsim.analysis.precision.Precision` is one."""

    def further(self) -> int:
        """How many replications are to follow those that were seen; 0 where they are enough."""


def simulate(
    scenario: Scenario | Model,
    replications: int = DEFAULT_REPLICATIONS,
    *,
    first: int = 0,
    seed: int = DEFAULT_SEED,
    draws: int | None = None,
    threads: int | None = None,
    block: int | None = None,
    keep: Keep = "classes",
    path: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    until: Goal | None = None,
    watchers: Sequence[Watcher] = (),
) -> xr.Dataset:
    """Play a scenario many times.

    Parameters
    ----------
    scenario : Scenario or Model
        What to simulate.
    replications, first : int
        How many replications, and the number of the first one: replication r is the same in every run that holds it.
    seed : int
        Which luck, 0 to 2**64 - 1.
    draws : int, optional
        Number of distinct parameter draws; replication r uses draw r mod ``draws``. Default: one for each replication
        where the scenario has ranges, else one.
    threads : int, optional
        Threads; default: processors. The result does not depend on it.
    block : int, optional
        Replications that are worked on together. The result does not depend on it.
    keep : {"summary", "classes", "full"}
        Detail that is stored.
    path : path, optional
        File to stream the forecast to, instead of memory.
    progress : callable, optional
        Is told the number of replications as they are finished.
    until : Goal, optional
        Says after each round how many more are wanted, in whole blocks; then ``replications`` is the most. The
        forecast is the one of a run of as many replications as there were in the end.
    watchers : sequence of Watcher, optional
        Are shown every block, in the order of the replications.

    Returns
    -------
    xarray.Dataset
        The forecast (see the dataset's reference), with provenance in its attributes, and wall-clock seconds:
        ``prepare_s``, ``compile_s`` and ``simulate_s`` (all blocks, with tables and storing); with a path also
        ``variable_hashes``, as :func:`rpmsim.dataset.variable_hashes` has them, as JSON. They are not in the file,
        whose bytes the run determines.

    Raises
    ------
    ValueError
        If a number is out of its range.
    InputError
        If the file cannot be written, or there are more leads than can be counted.
    """
    started = time.perf_counter()
    model = scenario if isinstance(scenario, Model) else scenario.model
    with second_process() as ask:
        program = compile_model(model)
        ranged = bool(program.parameters)
        whole = _block_size(program)

        def after_round(done: int) -> int:
            """Replications that there will be after another round."""
            more = replications if until is None else until.further()
            return min(done + -(-more // whole) * whole, replications)

        def run_of(count: int) -> Run:
            return Run(count, first, seed, (draws or first + count) if ranged else 1)

        _check(run_of(replications), threads, block)
        run = run_of(after_round(0))
        layout = _layout(program, run, keep)
        size = block or whole
        provenance = _provenance(scenario, run, keep, size)
        everyone = [*watchers, *([] if until is None else [until])]
        bundles = _bundles(program)
        ask(*(bundle.type for bundle in bundles))
        prepared = time.perf_counter()
        compile_kernels(*bundles)
        frame = bundles[0]
        del bundles  # a workspace is large, and each thread makes its own
        compiled = time.perf_counter()
        threads = threads or os.cpu_count() or 1
        with ExitStack() as stack, _countable(scenario):
            with _played(program, frame, run, size, threads) as blocks:
                # Opening takes a while, in which the first blocks are in work.
                stack.enter_context(sink := _sink(path, layout, provenance, size, growing=until is not None))
                _store(blocks, sink, progress, everyone)
            while until is not None and (count := after_round(run.replications)) > run.replications:
                done, run = run.replications, run_of(count)
                sink.grow(_layout(program, run, keep), _provenance(scenario, run, keep, size))
                with _played(program, frame, run, size, threads, done) as blocks:
                    _store(blocks, sink, progress, everyone)
            simulated = time.perf_counter()
            _write_once(sink, program, run)
    timing = {"prepare_s": prepared - started, "compile_s": compiled - prepared, "simulate_s": simulated - compiled}
    dataset = sink.dataset()
    dataset.attrs |= timing  # in place: a copy would not close the file
    return dataset


def replay_days(
    scenario: Scenario | Model, replication: int, *, seed: int = DEFAULT_SEED, draws: int | None = None
) -> xr.Dataset:
    """Play one replication alone, day by day.

    Parameters
    ----------
    scenario : Scenario or Model
        What to simulate.
    replication : int
        Number of the replication.
    seed, draws : int
        As in the run that holds it (``draws`` as stored there).

    Returns
    -------
    xarray.Dataset
        As a forecast, with the dim ``day`` in place of ``period`` and one replication.
    """
    model = scenario if isinstance(scenario, Model) else scenario.model
    with second_process() as ask:
        program = compile_model(model, by_day=True)
        run = Run(1, replication, seed, (draws or replication + 1) if program.parameters else 1)
        layout = replace(_layout(program, run, "classes"), periods=program.periods)
        bundles = _bundles(program)
        ask(*(bundle.type for bundle in bundles))
        compile_kernels(*bundles)
        frame = bundles[0]
        with MemorySink(layout, _provenance(scenario, run, "classes", 1)) as sink:
            with _countable(scenario), _played(program, frame, run, 1, 1) as blocks:
                _store(blocks, sink, None, ())
            _write_once(sink, program, run)
    return sink.dataset().rename({"period": "day"})


def _check(run: Run, threads: int | None, block: int | None) -> None:
    for name, value, low in (
        ("replications", run.replications, 1),
        ("first", run.first, 0),
        ("seed", run.seed, 0),
        ("draws", run.draws, 1),
        ("threads", threads, 1),
        ("block", block, 1),
    ):
        if value is not None and value < low:
            raise ValueError(f"{name} is {value}; it must be {low} or more")
    if run.first + run.replications > 2**32 or run.seed >= 2**64:
        raise ValueError("replications are numbered up to 2**32, seeds up to 2**64")


def _sink(
    path: str | os.PathLike[str] | None, layout: Layout, provenance: dict[str, Any], block: int, *, growing: bool
) -> MemorySink | FileSink:
    if path is None:
        return MemorySink(layout, provenance)
    return FileSink(Path(path), layout, provenance, block, growing=growing)


@contextmanager
def _countable(scenario: Scenario | Model) -> Iterator[None]:
    """Report counts and sums of money that do not fit: what passes the checks may gather on a day or in a tail."""
    try:
        yield
    except UncountableError as error:
        if isinstance(scenario, Scenario):
            file, line, column = scenario.place_of(error.path)
        else:
            file, line, column = "", None, None
        raise InputError([Fault(file, line, column, ".".join(error.path), str(error), error.repair)]) from error


@contextmanager
def _played(
    program: Program, frame: Any, run: Run, size: int, threads: int, done: int = 0
) -> Iterator[Iterator[Block]]:
    """All blocks after ``done`` replications, in their order, of which the first ones are in work at once.

    At most two for each thread are in work or wait to be taken.
    """
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.workspace import make_workspace

    own = local()

    def work(low: int) -> Block:
        if not hasattr(own, "workspace"):
            own.workspace = Bundle(make_workspace(program.frame))
        count = min(size, run.replications - low)
        return low, _simulate_block(program, frame, own.workspace, run, run.first + low, count)

    pool = ThreadPoolExecutor(max_workers=threads)
    begun = (pool.submit(work, low) for low in range(done, run.replications, size))
    pending: deque[Future[Block]] = deque()

    def blocks() -> Iterator[Block]:
        while pending:
            yield pending.popleft().result()
            pending.extend(islice(begun, 1))

    try:
        pending.extend(islice(begun, 2 * threads))
        yield blocks()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write_once(sink: MemorySink | FileSink, program: Program, run: Run) -> None:
    """Store what belongs to no replication."""
    classes = (len(program.classes.channels), len(program.classes.segments))
    everything = np.arange(run.draws, dtype=np.int64)
    sink.write_once(
        {
            "opening_stock": program.frame.opening_stock.reshape(len(program.model.content.stages), *classes),
            "parameter_value": program.parameter_values(_normals(program, everything, run)),
        }
    )


def _store(
    blocks: Iterator[Block], sink: MemorySink | FileSink, progress: Progress | None, watchers: Sequence[Watcher]
) -> None:
    """Store blocks, and tell of each."""
    for low, arrays in blocks:
        values = sink.write(low, arrays)
        for watcher in watchers:
            watcher.see(values, sink.header)
        if progress is not None:
            progress(len(arrays["parameter_draw"]))
        del arrays, values  # before the next one is waited for


def _simulate_block(
    program: Program, frame: Any, workspace: Any, run: Run, first: int, count: int
) -> dict[str, NDArray[Any]]:
    """Arrays of replications ``first`` ... ``first + count - 1``."""
    from rpmsim.kernel.batch import batch_kernel
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.move import MOST

    numbers = np.arange(first, first + count, dtype=np.int64) % run.draws
    distinct, rows = np.unique(numbers, return_inverse=True)
    normals = _normals(program, distinct, run)
    tables = Bundle(program.tables(normals), len(distinct), SHARED, constant=True)
    out = make_outputs(program, count)
    bundle = Bundle(out, count)
    workspace.values.too_many[0] = workspace.values.too_much[0] = 0
    batch_kernel(frame, tables, workspace, bundle, first, rows.astype(np.int64), *run.keys)
    if workspace.values.too_many[0]:
        raise UncountableError(
            f"more than {MOST:,} leads of a class come to a stage on one day",
            ("channels",),
            "lower the leads, or what makes them gather: `dispersion`, work that stands still, leavers' items",
        )
    if workspace.values.too_much[0]:
        raise _too_much_money(program, int(workspace.values.too_much[0]))
    classes = (len(program.classes.channels), len(program.classes.segments))
    arrays: dict[str, NDArray[Any]] = {name: getattr(out, name) for name in Outputs._fields}
    arrays["moves"] = out.moves.reshape(count, program.frame.periods, -1, *classes)
    for name in ("stock", "bookings"):
        arrays[name] = arrays[name].reshape(*arrays[name].shape[:-1], *classes)
    spend, other = program.costs(normals)
    arrays |= {"spend": spend[rows], "other_cost": other[rows], "parameter_draw": numbers}
    return arrays


def _too_much_money(program: Program, code: int) -> UncountableError:
    """Bookings of class ``code - 1``, or pay, beyond what is counted in cents."""
    most = f"{MOST_CENTS / 100:,.0f} {program.model.currency}"
    if code < 0:
        message = f"a role is paid more than {most} in one period"
        return UncountableError(message, ("roles",), "lower the `pay`, or the heads")
    lead = program.classes.leads[code - 1]
    return UncountableError(
        f"leads of channel `{lead.channel}` book more than {most} in one period, which cannot be summed to the cent",
        ("segments", lead.segment, "amount"),
        "lower the amount (a `p90` far above the `median` makes single deals of any size) or the leads",
    )


def make_outputs(program: Program, count: int) -> Outputs:
    """Empty results of ``count`` replications."""
    frame = program.frame
    edges, stages, roles = len(frame.edge_to), len(frame.stage_hash), len(frame.role_hash)
    followed = int((frame.deal_row >= 0).sum())

    def counts(*shape: int) -> NDArray[np.int64]:
        return np.zeros((count, frame.periods, *shape), dtype=np.int64)

    def reals(*shape: int) -> NDArray[np.float64]:
        return np.zeros((count, frame.periods, *shape))

    return Outputs(
        moves=np.zeros((count, frame.periods * edges * frame.cells), dtype=np.int64),
        stock=counts(stages, frame.cells),
        waiting=counts(stages),
        bookings=counts(frame.cells),
        deal_cents=np.zeros((count, followed), dtype=np.int64),
        deal_period=np.zeros((count, followed), dtype=np.int64),
        taken_up=counts(stages),
        wait_minutes=counts(stages),
        within_sla=counts(stages),
        gave_up=counts(stages),
        head_days=reals(roles),
        capacity=reals(roles),
        capacity_used=reals(roles),
        slot_days=reals(roles),
        slot_days_used=reals(roles),
        pay=counts(roles),
    )


def _bundles(program: Program) -> tuple[Bundle, Bundle, Bundle, Bundle]:
    """What the kernel takes: frame, tables, work and out, the last three for a call without work."""
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.workspace import make_workspace

    return (
        Bundle(program.frame, constant=True),
        Bundle(program.middle, 1, SHARED, constant=True),
        Bundle(make_workspace(program.frame)),
        Bundle(make_outputs(program, 1), 1),
    )


def _normals(program: Program, draws: NDArray[np.int64], run: Run) -> NDArray[np.float64]:
    """Standard normals of parameter draws, shape (draws, parameters)."""
    from rpmsim.kernel.batch import parameter_kernel

    result = np.zeros((len(draws), len(program.parameters)))
    parameter_kernel(draws, np.array(program.parameter_hashes, dtype=np.int64), *run.keys, result)
    return result


def _block_size(program: Program) -> int:
    """Replications of a block that keep its results and tables inside :data:`BLOCK_BYTES`."""
    one = sum(value.nbytes for value in make_outputs(program, 1))
    return max(1, min(MOST_BLOCK, BLOCK_BYTES // max(one, 1)))


def _layout(program: Program, run: Run, keep: Keep) -> Layout:
    return Layout.of(
        program.model,
        [(edge.source, edge.target) for edge in program.edges],
        run.replications,
        first=run.first,
        draws=run.draws,
        parameters=program.parameters,
        wide=program.most_leads() > WIDE_ABOVE,
        keep=keep,
    )


def _provenance(scenario: Scenario | Model, run: Run, keep: Keep, block: int) -> dict[str, Any]:
    """Document from which the run can be repeated; of a bare Model only the run itself is known."""
    document: dict[str, Any] = {
        "software": "rpmsim",
        "version": __version__,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "run": {
            "replications": run.replications,
            "first": run.first,
            "seed": run.seed,
            "draws": run.draws,
            "keep": keep,
        },
        "block": block,
        "environment": {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "numba": version("numba"),
            "machine": platform.machine(),
            "processor": platform.processor(),
            "system": platform.system(),
        },
    }
    if isinstance(scenario, Scenario):
        document["scenario"] = scenario.resolved_text()
        document["files"] = [{"path": str(file.path), "sha256": file.sha256} for file in scenario.files]
        document["inputs"] = scenario.inputs
        document["overrides"] = dict(scenario.overrides)
        document["status"], document["approved_by"] = scenario.status, scenario.approved_by
    return document
