"""A block of replications, one after the other, without the interpreter's lock."""

from __future__ import annotations

import math

from numba import njit

from rpmsim.kernel.arrivals import arrivals_kernel
from rpmsim.kernel.flow import flow_kernel
from rpmsim.kernel.fold import fold_kernel, late_amounts_kernel
from rpmsim.kernel.people import people_kernel


@njit(nogil=True)
def batch_kernel(frame, tables, work, out, first, table_draws, key0, key1):
    """Simulate replications ``first``, ``first`` + 1, ... into the rows of ``out``.

    ``table_draws`` is the row of the tables that each replication uses (its parameter draw inside the block).
    """
    for n in range(out.moves.shape[0]):
        replication = first + n
        draw = table_draws[n]
        work.moved[:] = 0
        people_kernel(frame, tables, work, draw, replication, key0, key1)
        arrivals_kernel(frame, tables, work, draw, replication, key0, key1)
        flow_kernel(frame, tables, work, out, n, draw, replication, key0, key1)
        fold_kernel(frame, work, out, n)
        late_amounts_kernel(frame, tables, work, out, n, draw, replication, key0, key1)
        for role in range(out.pay.shape[2]):
            day = 0
            for period in range(frame.periods):
                cents = 0.0
                while day < frame.days and frame.period_of[day] == period:
                    cents += work.pay[role, day]
                    day += 1
                out.pay[n, period, role] = int(math.floor(cents + 0.5))
