"""How the time of a run grows: in volume, replications, span, classes of leads and threads."""

from __future__ import annotations

import datetime as dt
import math
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import subject
from measure import medians, taking_turns, timed

PATIENCE_S = 20.0
"""Longest call that is begun: what would take longer, as the last one tells, is left out with that number."""

BUDGET_S = 4.0
"""A call has as many replications as fit into this time."""

Row = dict[str, Any]


def by_volume(play: Callable[[int, int, int], object], one: float, most: int, patience: float) -> list[Row]:
    """Seconds for a replication at ten, a hundred ... times the volume; ``one`` are those at its own volume."""
    rows: list[Row] = [{"volume": 1, "processor_s": one}]
    for volume in [10, 100, 1000, 1_000_000]:
        last = rows[-1]
        if volume > most:
            break
        expected = last["processor_s"] * volume / last["volume"]
        if len(rows) > 1:  # what the last step cost more, the next one may
            before = rows[-2]
            growth = (last["processor_s"] - before["processor_s"]) / (last["volume"] - before["volume"])
            expected = last["processor_s"] + max(growth, 0.0) * (volume - last["volume"])
        if expected > patience:
            rows.append({"volume": volume, "processor_s": None, "expected_s": expected})
            break
        play(1, 0, volume)
        alone = timed(partial(play, 1, 1, volume)).processor
        count = max(1, min(200, int(BUDGET_S / alone)))
        repeats = 3 if alone * count <= BUDGET_S else 1
        rows.append(
            {"volume": volume} | medians([timed(partial(play, count, 1 + i, volume)) for i in range(repeats)], count)
        )
    return rows


def rpmsim_by_volume(one: float) -> list[Row]:
    def play(count: int, seed: int, volume: int) -> None:
        subject.run(subject.at_volume(volume), count, seed=seed)

    return by_volume(play, one, 1_000_000, math.inf)


def by_replications(counts: list[int]) -> list[Row]:
    scenario = subject.load()
    return [{"replications": n} | _run(scenario, n, 3 if n <= 1000 else 1) for n in counts]


def by_span(years: list[int], replications: int) -> list[Row]:
    rows = []
    for year in years:
        until = dt.date(2026 + year, 12, 31).isoformat()
        rows.append({"years": year} | _run(subject.load({"until": until}), replications))
    return rows


def by_classes(segments: list[int], replications: int) -> list[Row]:
    """Two channels, and segments that share the same volume."""
    return [{"classes": 2 * n} | _run(subject.load(subject.class_overrides(n)), replications) for n in segments]


def by_threads(replications: int, repeats: int) -> dict[str, Any]:
    """Seconds on the clock count here, and threads take turns, also with processes that have nothing in common.

    What two of these gain over one is what the machine has to give while other work runs on it.
    """
    scenario = subject.load()
    counts = [n for n in (1, 2, 4, 8, 16) if n <= (os.cpu_count() or 1)]
    work: dict[str, Callable[[], object]] = {
        f"threads {n}": partial(subject.run, scenario, replications, n) for n in counts
    } | {f"processes {n}": partial(_busy, n) for n in counts}
    times = taking_turns(work, dict.fromkeys(work, repeats))
    return {
        "rows": [{"threads": n} | medians(times[f"threads {n}"], replications) for n in counts],
        "machine_gain": {
            str(n): n * medians(times["processes 1"])["clock_s"] / medians(times[f"processes {n}"])["clock_s"]
            for n in counts
        },
    }


def _busy(count: int) -> None:
    """Independent processes at once, each with the same work."""
    command = [sys.executable, "-c", "for i in range(20_000_000): pass"]
    for process in [subprocess.Popen(command) for _ in range(count)]:
        process.wait()


def _run(scenario: Any, replications: int, repeats: int = 3) -> Row:
    subject.run(scenario, 1)
    return medians([timed(lambda: subject.run(scenario, replications)) for _ in range(repeats)], replications)
