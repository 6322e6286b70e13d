"""Do something again whenever a file is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from rpmsim.errors import InputError

EVERY_SECONDS = 0.3
SETTLED_SECONDS = 0.2
"""Editors and spreadsheet programs save in several steps."""

State = dict[Path, tuple[int, int] | None]


def watch(first: Path, act: Callable[[], Iterable[Path]], rounds: int | None = None) -> None:
    """Act now, and again after every change of a file that the last round read.

    Errors of the input are reported and waited out: the next save may fix them.

    Parameters
    ----------
    first : Path
        Watched whatever happens.
    act : callable
        Returns the files that it read.
    rounds : int, optional
        End after so many; by default never (until an interrupt).
    """
    files: set[Path] = {first}
    done = 0
    while True:
        before = _state(files)
        try:
            read = set(act())
            files = {first, *read}
            before = {path: before[path] for path in files if path in before} | _state(files - before.keys())
        except InputError as error:
            click.echo(str(error), err=True)
            named = {
                Path(diagnostic.file.partition(", sheet ")[0]) for diagnostic in error.diagnostics if diagnostic.file
            }
            files |= {path for path in named if path.is_file()}
            before |= _state(files - before.keys())
        done += 1
        if rounds is not None and done >= rounds:
            return
        click.echo(f"\nWatching {len(files)} file{'' if len(files) == 1 else 's'}; press Ctrl-C to stop.", err=True)
        while _state(files) == before:
            time.sleep(EVERY_SECONDS)
        time.sleep(SETTLED_SECONDS)


def _state(files: Iterable[Path]) -> State:
    """Time of the last change, and size; None where there is no file."""
    state: State = {}
    for path in files:
        try:
            found = path.stat()
            state[path] = (found.st_mtime_ns, found.st_size)
        except OSError:
            state[path] = None
    return state
