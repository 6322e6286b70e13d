"""Replications in which every lead is followed: simulated one by one, and measured lead by lead.

The forecast itself is the same to the byte as without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.frame import last_days
from rpmsim.arrays.layout import I64, Outputs
from rpmsim.dataset.breakdowns import AGE_BANDS, breakdowns_of
from rpmsim.engine.outputs import by_class, make_outputs
from rpmsim.engine.pipeline import Pipeline
from rpmsim.engine.settings import Run
from rpmsim.errors import UncountableError
from rpmsim.model.graph import advances

if TYPE_CHECKING:
    from rpmsim.arrays.compile import Program
    from rpmsim.kernel.lifetimes import Shape
    from rpmsim.kernel.lives import Cycle

MOST_RECORDS = 1 << 26
"""Records of a replication's log, at most: 5 GB."""
SPARE_RECORDS = 1 << 16
USUAL_RECORDS = 8
"""Records for each expected lead that there is room for at once."""


def log_rows(program: Program) -> int:
    """Records that a replication's log has room for at first."""
    expected = program.middle.rate.sum() + program.frame.opening_stock.sum()
    return min(MOST_RECORDS, int(USUAL_RECORDS * expected) + SPARE_RECORDS)


def compile_following(program: Program, run: Run) -> None:
    """Compile or load what a run measures lives by, unless it is here: by a call without leads."""
    from rpmsim.kernel.cache import keep
    from rpmsim.kernel.lifetimes import lifetimes_of
    from rpmsim.kernel.lives import lives_of
    from rpmsim.kernel.log import FIELDS

    keep(lives_of, lifetimes_of)
    nothing = np.zeros((0, FIELDS), dtype=np.int64)
    visits, leads = lives_of(nothing, cycle_of(program), 1)
    if run.by_lead:
        lifetimes_of(nothing, visits, leads, shape_of(program))


def follow_block(
    program: Program,
    frame: Any,
    tables: Any,
    workspace: Any,
    first: tuple[int, int, int],
    rows: I64,
    run: Run,
) -> tuple[Outputs, dict[str, NDArray[Any]]]:
    """Simulate a block replication by replication, and measure the lives of all leads.

    Parameters
    ----------
    program : Program
    frame, tables, workspace : Bundle
        What the kernel takes.
    first : tuple of int
        Number of the first replication: of what is chance, of arrivals, of people.
    rows : ndarray of int64, shape (replications,)
        Parameter draw of each.
    run : Run
        Its seed, and what it measures.

    Returns
    -------
    Outputs
        What the kernel counts.
    dict of str to ndarray
        What is measured lead by lead; see the variables that have a part.

    Raises
    ------
    UncountableError
        If there are too many leads to be followed one by one.
    """
    from rpmsim.kernel.lifetimes import lifetimes_of
    from rpmsim.kernel.lives import lives_of

    cycle, shape = cycle_of(program), shape_of(program)
    pipeline = Pipeline(program, tables.values) if "pipeline" in run.measure else None
    given = workspace.values
    outputs: list[Outputs] = []
    measured: list[Any] = []
    for n in range(len(rows)):
        own = tuple(number + n for number in first)
        workspace, out = _simulate_one(program, frame, tables, workspace, own, rows[n : n + 1], run.keys)
        outputs.append(out)
        for noted, found in ((given.too_many, workspace.values.too_many), (given.too_much, workspace.values.too_much)):
            noted[0] = noted[0] or found[0]
        log = workspace.values.log[: int(workspace.values.log_length[0])]
        visits, leads = lives_of(log, cycle, _seed(run.keys, own[0]))
        if run.by_lead:
            measured.append(lifetimes_of(log, visits, leads, shape))
        if pipeline is not None:
            pipeline.see(int(rows[n]), log, visits)
    together = Outputs(*(np.concatenate(parts) for parts in zip(*outputs, strict=True)))
    arrays = _arrays(program, measured) if run.by_lead else {}
    if pipeline is not None:
        arrays |= pipeline.arrays(together.bookings)
    return together, arrays


def _simulate_one(
    program: Program,
    frame: Any,
    tables: Any,
    workspace: Any,
    numbers: tuple[int, ...],
    row: I64,
    keys: tuple[int, int],
) -> tuple[Any, Outputs]:
    """One replication with its whole log; also the workspace, a larger one where its log was too short."""
    from rpmsim.kernel.batch import batch_kernel
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.workspace import make_workspace

    while True:
        out: Outputs = make_outputs(program, 1)
        simulate: Any = batch_kernel
        simulate(frame, tables, workspace, Bundle(out, 1), *numbers, row, *keys)
        records = int(workspace.values.log_length[0])
        if records <= len(workspace.values.log):
            return workspace, out
        if records > MOST_RECORDS:
            raise UncountableError(
                f"a replication has {records:,} moves of leads, too many to follow leads one by one",
                ("channels",),
                "run without `measure`, or reduce the leads (such as those of anonymous visitors)",
            )
        workspace = Bundle(make_workspace(program.frame, min(MOST_RECORDS, records + records // 4)))


def _seed(keys: tuple[int, int], replication: int) -> int:
    """Seed of the choice among leads alike; never 0."""
    return int(np.random.SeedSequence((*keys, replication)).generate_state(1, np.uint64)[0] >> np.uint64(1)) | 1


def cycle_of(program: Program) -> Cycle:
    """What the lives of leads need to know of a program."""
    from rpmsim.kernel.lives import ANONYMOUS, LOST, OPPORTUNITY, WON, Cycle

    numbers = {"anonymous": ANONYMOUS, "lost": LOST, "won": WON, "opportunity": OPPORTUNITY}
    stages, frame = program.model.content.stages, program.frame
    return Cycle(
        frame.days,
        frame.history,
        frame.edge_from,
        frame.edge_to,
        frame.edge_class,
        frame.role_of,
        np.array([numbers.get(stage.kind, 0) for stage in stages], dtype=np.int64),
        _ends(program),
        len(frame.deal_stage),
    )


def _ends(program: Program) -> I64:
    """1 for each stage that is the end of a lead's life."""
    stages = program.model.content.stages
    return np.array([not s.outcomes and s.stays is None and s.timeout is None for s in stages], dtype=np.int64)


def shape_of(program: Program) -> Shape:
    """By what the lives of leads are measured."""
    from rpmsim.kernel.lifetimes import Shape

    frame, model = program.frame, program.model
    channels, segments = len(program.classes.channels), len(program.classes.segments)
    labels = [breakdown.label for breakdown in breakdowns_of(model)]
    members = np.full((channels * segments, 4), -1, dtype=np.int64)
    for c, channel in enumerate(model.content.channels):
        for s, segment in enumerate(model.content.segments):
            own = ["all", f"channel {channel.name}", f"segment {segment.name}"]
            own += [f"group {segment.group}"] if segment.group else []
            members[c * segments + s, : len(own)] = [labels.index(label) for label in own]
    return Shape(
        frame.days,
        frame.history,
        frame.period_of,
        last_days(frame),
        frame.cell_of,
        members,
        len(labels),
        np.repeat(np.arange(channels), segments),
        channels,
        _ends(program),
        np.array([advances(model.contents, edge.source, edge.target) for edge in program.edges], dtype=np.int64),
        np.array([band.first for band in AGE_BANDS[1:]], dtype=np.int64),
    )


def _arrays(program: Program, measured: list[Any]) -> dict[str, NDArray[Any]]:
    """The blocks of the variables, from the statistics of each replication."""

    def stacked(name: str) -> NDArray[Any]:
        return np.stack([getattr(found, name) for found in measured])

    arrays: dict[str, NDArray[Any]] = {}
    for variable, name in (("time_in_stage", "time_in_stage"), ("cycle_days", "cycle"), ("response_time", "response")):
        values = stacked(name)
        arrays[variable], arrays[f"{variable}_total"] = values[:, :-1], values[:, -1]
    return arrays | {
        "lead_age": stacked("age"),
        "lead_age_count": stacked("aged"),
        "waiting_time": stacked("waiting_age")[:, :, :, 0],
        "cohort_moves": by_class(program, stacked("cohort_moves")),
        "stay_days": by_class(program, stacked("stay_days")),
        "cohort_final": by_class(program, stacked("cohort_final")),
        "cycle_begun": by_class(program, stacked("cycle_begun")),
        "cycle_done": by_class(program, stacked("cycle_done")),
        "cohort_reached": stacked("reached"),
    }
