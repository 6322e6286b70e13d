"""The arrays into which the kernel writes the results of replications."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.compile import Program
from rpmsim.arrays.layout import Outputs


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
        waiting_minutes=counts(stages),
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
        prospecting=reals(roles),
        slot_days=reals(roles),
        slot_days_used=reals(roles),
        pay=counts(roles),
    )


def by_class(program: Program, values: NDArray[Any]) -> NDArray[Any]:
    """Values whose last dim is channel and segment together, with a dim for each."""
    return values.reshape(*values.shape[:-1], len(program.classes.channels), len(program.classes.segments))
