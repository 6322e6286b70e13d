"""A simulation that people wait for: a word before it compiles, and progress while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rpmsim.cli.progress import progress_bar, progress_line

if TYPE_CHECKING:
    from rpmsim.analysis.precision import Precision
    from rpmsim.dataset import Keep
    from rpmsim.engine import Result, Watcher
    from rpmsim.scenario import Scenario

DEFAULT_REPLICATIONS = 2000
DEFAULT_SEED = 20270101
MOST_REPLICATIONS = 10_000_000
"""A year of a mid-sized company takes about a millisecond: beyond this a run takes hours and fills the disk."""
PRECISE_REPLICATIONS = 200_000
"""Most replications of a run until a precision is reached, where no other number is stated."""


def simulate_visibly(
    scenario: Scenario,
    *,
    replications: int,
    seed: int,
    draws: int | None,
    keep: Keep,
    threads: int | None,
    path: Path,
    measure: Sequence[str] = (),
    first: int = 0,
    until: Precision | None = None,
    watchers: Sequence[Watcher] = (),
) -> Result:
    """Simulate into a file, saying on stderr why a first run takes long, and to a terminal how far it is."""
    from rpmsim.engine import run

    announce_compiling()
    label = "Simulating"
    shown = progress_bar(replications, label) if until is None else progress_line(lambda: until.standing, label)
    with shown as progress:
        return run(
            scenario,
            replications=replications,
            first=first,
            seed=seed,
            draws=draws,
            keep=keep,
            measure=measure,
            threads=threads,
            path=path,
            progress=progress,
            until=until,
            watchers=watchers,
        )


def announce_compiling() -> None:
    """Say on stderr why a first run takes long."""
    from rpmsim.compilation import is_compiled, keeps_compiled

    if not is_compiled():
        later = "once on this machine; later runs start immediately"
        nowhere = "as on every start here: no folder for compiled code can be written (set XDG_CACHE_HOME)"
        click.echo(f"Compiling the simulation, {later if keeps_compiled() else nowhere}.", err=True)


def timing_of(result: Result) -> dict[str, float]:
    """Wall-clock seconds that a run took: to prepare, to compile or load the kernel, and to simulate."""
    return {name: round(getattr(result, name), 6) for name in ("prepare_s", "compile_s", "simulate_s")}
