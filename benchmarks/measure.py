"""Time: processor seconds and seconds on the clock, of programs that take turns."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple


class Seconds(NamedTuple):
    """Processor seconds of all threads and of child processes, and seconds on the clock."""

    processor: float
    clock: float


def spent() -> Seconds:
    """Seconds since some moment."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(time.process_time() + children.ru_utime + children.ru_stime, time.perf_counter())


def timed(work: Callable[[], object]) -> Seconds:
    """What a piece of work takes."""
    before = spent()
    work()
    after = spent()
    return Seconds(after.processor - before.processor, after.clock - before.clock)


@contextmanager
def one_core() -> Iterator[bool]:
    """Stay on one core inside, where the system can; gives whether it can."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)


def taking_turns(work: dict[str, Callable[[], object]], rounds: dict[str, int]) -> dict[str, list[Seconds]]:
    """Time every program once a round, so that what else the machine does falls on all of them."""
    times: dict[str, list[Seconds]] = {name: [] for name in work}
    for turn in range(max(rounds.values())):
        for name, call in work.items():
            if turn < rounds[name]:
                times[name].append(timed(call))
    return times


def medians(times: list[Seconds], count: int = 1) -> dict[str, float]:
    """Medians of repeats, for each of ``count`` replications."""
    return {
        "processor_s": median(t.processor for t in times) / count,
        "clock_s": median(t.clock for t in times) / count,
        "repeats": len(times),
    }
