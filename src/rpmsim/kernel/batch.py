"""A block of replications, without the interpreter's lock: the entry points of the compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from rpmsim.kernel.arrivals import arrivals_kernel
from rpmsim.kernel.bundle import pick
from rpmsim.kernel.cache import caching
from rpmsim.kernel.compiled import EntryCompiler
from rpmsim.kernel.flow import flow_kernel
from rpmsim.kernel.fold import fold_kernel, late_amounts_kernel
from rpmsim.kernel.people import people_kernel
from rpmsim.kernel.purposes import PARAMETER
from rpmsim.kernel.random import U64, unit
from rpmsim.kernel.sample import normal_quantile
from rpmsim.kernel.start import start


@njit(nogil=True, cache=caching(), pipeline_class=EntryCompiler)
def batch_kernel(frame, draws, work, outs, first, first_arrivals, first_people, rows, key0, key1):
    """Simulate replications ``first``, ``first`` + 1, ... into ``outs``, one bundle for each.

    ``draws`` holds the tables of several parameter draws; replication ``first`` + n uses those of row ``rows[n]``,
    the arrivals of replication ``first_arrivals`` + n, and the people of ``first_people`` + n.
    """
    for key in (work.key, work.arrivals_key, work.people_key):
        key[1] = U64(key0)
        key[2] = U64(key1)
    for n in range(len(rows)):
        work.key[0] = U64(first + n)
        work.arrivals_key[0] = U64(first_arrivals + n)
        work.people_key[0] = U64(first_people + n)
        tables = pick(draws, rows[n])
        out = pick(outs, n)
        start(frame, tables, work)
        people_kernel(frame, tables, work, out)
        arrivals_kernel(frame, tables, work, out)
        flow_kernel(frame, tables, work, out)
        fold_kernel(frame, work, out)
        late_amounts_kernel(frame, tables, work, out)


@njit(cache=caching())
def parameter_kernel(draws, hashes, key0, key1, out):
    """Standard normals of the parameter draws: ``out`` (draws, parameters) for draw numbers and hashes of names."""
    key = np.array([0, key0, key1], dtype=np.uint64)
    for i in range(len(draws)):
        for j in range(len(hashes)):
            out[i, j] = normal_quantile(unit(draws[i], PARAMETER, hashes[j], key))
