"""One block of replications: its tables, its random numbers, its results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.compile import ParameterDraws, Program
from rpmsim.arrays.layout import MOST_CENTS, SHARED, Outputs
from rpmsim.engine.following import follow_block
from rpmsim.engine.outputs import by_class, make_outputs
from rpmsim.engine.settings import Run
from rpmsim.errors import UncountableError

if TYPE_CHECKING:
    from rpmsim.kernel.bundle import Bundle

BLOCK_BYTES = 48_000_000
"""Most bytes of results that a block of replications may take; blocks in work bound the memory of a run."""
TABLE_BYTES = 100_000_000
"""Most bytes of delay tables, which differ by parameter draw, that a block of replications may take."""
MOST_BLOCK = 256
"""Most replications of a block: enough to share the building of tables, few enough for smooth progress."""

Block = tuple[int, dict[str, NDArray[Any]]]
"""The first row of a block of replications, and its arrays."""


def simulate_block(
    program: Program, frame: Any, workspace: Any, run: Run, first: int, count: int
) -> dict[str, NDArray[Any]]:
    """Arrays of replications ``first`` ... ``first + count - 1``."""
    from rpmsim.kernel.batch import batch_kernel
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.move import MOST

    chance, arrivals, people = (
        first + moved for moved in (run.sources.chance, run.sources.arrivals, run.sources.people)
    )
    numbers = (np.arange(first, first + count, dtype=np.int64) + run.sources.ranges) % run.draws
    distinct, rows = np.unique(numbers, return_inverse=True)
    drawn = drawn_in(program, distinct, run)
    tables = Bundle(program.tables(drawn), len(distinct), SHARED, constant=True)
    rows = rows.astype(np.int64)
    workspace.values.too_many[0] = workspace.values.too_much[0] = 0
    followed: dict[str, NDArray[Any]] = {}
    if run.follows:
        out, followed = follow_block(program, frame, tables, workspace, (chance, arrivals, people), rows, run)
    else:
        out = make_outputs(program, count)
        batch_kernel(frame, tables, workspace, Bundle(out, count), chance, arrivals, people, rows, *run.keys)
    if workspace.values.too_many[0]:
        raise UncountableError(
            f"more than {MOST:,} leads of a class come to a stage on one day",
            ("channels",),
            "reduce the leads, or what makes them pile up: `dispersion`, stopped work, items of leavers",
        )
    if workspace.values.too_much[0]:
        raise _too_much_money(program, int(workspace.values.too_much[0]))
    arrays: dict[str, NDArray[Any]] = {name: getattr(out, name) for name in Outputs._fields}
    arrays["moves"] = out.moves.reshape(count, program.frame.periods, -1, program.frame.cells)
    arrays |= {name: by_class(program, arrays[name]) for name in ("moves", "stock", "bookings")}
    spend, other = program.costs(drawn)
    arrays |= {"spend": spend[rows], "other_cost": other[rows], "parameter_draw": numbers}
    return arrays | followed


def _too_much_money(program: Program, code: int) -> UncountableError:
    """Bookings of class ``code - 1``, or pay, beyond what is counted in cents."""
    most = f"{MOST_CENTS / 100:,.0f} {program.model.currency}"
    if code < 0:
        message = f"a role is paid more than {most} in one period"
        return UncountableError(message, ("roles",), "reduce `pay` or the heads")
    lead = program.classes.leads[code - 1]
    return UncountableError(
        f"leads of channel `{lead.channel}` book more than {most} in one period, too much to count to the cent",
        ("segments", lead.segment, "amount"),
        "reduce the amount (a `p90` far above the `median` makes huge deals possible) or the leads",
    )


def bundles_of(program: Program) -> tuple[Bundle, Bundle, Bundle, Bundle]:
    """What the kernel takes: frame, tables, work and out, the last three for a call without work."""
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.workspace import make_workspace

    return (
        Bundle(program.frame, constant=True),
        Bundle(program.middle, 1, SHARED, constant=True),
        Bundle(make_workspace(program.frame)),
        Bundle(make_outputs(program, 1), 1),
    )


def drawn_in(program: Program, draws: NDArray[np.int64], run: Run) -> ParameterDraws:
    """Numbered parameter draws of a run."""
    from rpmsim.kernel.batch import parameter_kernel

    normals = np.zeros((len(draws), len(program.parameters)))
    parameter_kernel(draws, np.array(program.parameter_hashes, dtype=np.int64), *run.keys, normals)
    return ParameterDraws(draws, normals)


def block_size(program: Program) -> int:
    """Replications of a block that keep its results inside :data:`BLOCK_BYTES`, its tables in :data:`TABLE_BYTES`."""
    one = sum(value.nbytes for value in make_outputs(program, 1))
    return max(1, min(MOST_BLOCK, BLOCK_BYTES // max(one, 1), TABLE_BYTES // max(program.draw_bytes, 1)))


def even_size(size: int, replications: int, threads: int) -> int:
    """Replications of a block, at most ``size``, so that every thread gets as many as the others."""
    rounds = -(-replications // (size * threads))
    return -(-replications // (rounds * threads))
