"""A block of replications, without the interpreter's lock: the entry points of the compiled code."""

from __future__ import annotations

import math

from numba import njit

from rpmsim.kernel.arrivals import arrivals_kernel, unit
from rpmsim.kernel.bundle import pick
from rpmsim.kernel.cache import CACHED
from rpmsim.kernel.flow import flow_kernel
from rpmsim.kernel.fold import fold_kernel, late_amounts_kernel
from rpmsim.kernel.people import people_kernel
from rpmsim.kernel.purposes import PARAMETER
from rpmsim.kernel.sample import normal_quantile


@njit(nogil=True, cache=CACHED)
def batch_kernel(frame, draws, work, out, first, rows, key0, key1):
    """Simulate replications ``first``, ``first`` + 1, ... into the rows of ``out``.

    ``draws`` holds the tables of several parameter draws; replication ``first`` + n uses those of row ``rows[n]``.
    """
    for n in range(len(rows)):
        replication = first + n
        tables = pick(draws, rows[n])
        work.moved[:] = 0
        people_kernel(frame, tables, work, replication, key0, key1)
        arrivals_kernel(frame, tables, work, replication, key0, key1)
        flow_kernel(frame, tables, work, out, n, replication, key0, key1)
        fold_kernel(frame, work, out, n)
        late_amounts_kernel(frame, tables, work, out, n, replication, key0, key1)
        for role in range(len(frame.role_hash)):
            day = 0
            for period in range(frame.periods):
                cents = 0.0
                while day < frame.days and frame.period_of[day] == period:
                    cents += work.pay[role, day]
                    day += 1
                out.pay[n, period, role] = math.floor(cents + 0.5)


@njit(cache=CACHED)
def parameter_kernel(draws, hashes, key0, key1, out):
    """Standard normals of the parameter draws: ``out`` (draws, parameters) for draw numbers and hashes of names."""
    for i in range(len(draws)):
        for j in range(len(hashes)):
            out[i, j] = normal_quantile(unit(draws[i], 0, PARAMETER, hashes[j], key0, key1))
