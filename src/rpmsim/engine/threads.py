"""Blocks of replications over threads, handed over in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from threading import local
from typing import Any

from rpmsim.arrays.compile import Program
from rpmsim.engine.block import Block, simulate_block
from rpmsim.engine.following import log_rows
from rpmsim.engine.settings import Run


@contextmanager
def in_threads(
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
            own.workspace = Bundle(make_workspace(program.frame, log_rows(program) if run.follows else 0))
        count = min(size, run.replications - low)
        return low, simulate_block(program, frame, own.workspace, run, run.first + low, count)

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
