"""A folder that appears whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from rpmsim.errors import Diagnostic, InputError
from rpmsim.interrupts import held_interrupts
from rpmsim.working import working_folder

NEAR = 4
"""``forecasts/<scenario>/<date-time>`` may have been made by a run that began in the folder above all three."""


@contextmanager
def new_files(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a working folder whose files move to ``folder`` when the block ends without an error.

    The working folder lies on the same disk as ``folder``, so that each file moves in one step. An error or an
    interrupt removes it, and leaves ``folder`` as it was.

    Parameters
    ----------
    folder : Path
        Where the files go; it and its parents are created if need be.
    overwrite : bool
        Whether files of the same names are replaced.

    Yields
    ------
    Path
        The empty working folder.

    Raises
    ------
    InputError
        Where the folder cannot be written, or a file would be overwritten.
    """
    ancestor = _nearest_folder(folder)
    try:
        with working_folder(ancestor, _folders_near(folder)) as work:
            try:
                yield work
                if not overwrite:
                    refuse_to_overwrite(folder, [path.name for path in work.iterdir()])
                with held_interrupts():
                    folder.mkdir(parents=True, exist_ok=True)
                    for path in sorted(work.iterdir()):
                        path.replace(folder / path.name)
            except InputError as error:
                raise InputError(_said_of(folder, work, diagnostic) for diagnostic in error.diagnostics) from error
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _folders_near(folder: Path) -> list[Path]:
    """Folders in which a run for this one, or for one beside it, may have worked before this one was made."""
    return [path for path in (folder, *folder.parents)[:NEAR] if path.is_dir()]


def home_of(kind: str, scenario: str) -> Path:
    """``<kind>/<scenario>``; a name that Windows takes for a device, or ends in a dot, is changed a little."""
    from rpmsim.text.source import is_device_name

    name = scenario.rstrip(". ") or "scenario"
    return Path(kind, f"{name}_" if is_device_name(name) else name)


_ODD = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
"""What a system may not allow in the name of a folder."""
MOST_LETTERS = 60


def home_of_history(kind: str, history: str) -> Path:
    """``<kind>/<history>``, where a history is called anything."""
    return home_of(kind, _ODD.sub("-", history)[:MOST_LETTERS])


def new_folder(kind: str, scenario: str) -> Path:
    """``<kind>/<scenario>/<date-time>``, with a number where two begin in one second."""
    now = dt.datetime.now().astimezone().strftime("%Y-%m-%dT%H%M%S")
    home = home_of(kind, scenario)
    return next(folder for i in count(1) if not (folder := home / (now if i == 1 else f"{now}-{i}")).exists())


def refuse_to_overwrite(folder: Path, names: list[str]) -> None:
    """Raise :class:`InputError` with one error per file that is already there."""
    there = [name for name in sorted(names) if os.path.lexists(folder / name)]
    if there:
        raise InputError(
            Diagnostic(str(folder / name), None, None, "", "already exists", "choose another folder, or move this one")
            for name in there
        )


def _nearest_folder(folder: Path) -> Path:
    """The folder itself, or the nearest parent that exists."""
    for path in (folder, *folder.parents):
        if path.is_dir():
            return path
        if os.path.lexists(path):
            raise InputError(
                [Diagnostic(str(path), None, None, "", "is not a folder", "choose a folder for the output")]
            )
    raise AssertionError("the last parent is the root or this folder")


def _said_of(folder: Path, work: Path, diagnostic: Diagnostic) -> Diagnostic:
    """Name the folder that the user knows in place of the working folder."""
    file = Path(diagnostic.file)
    return replace(diagnostic, file=str(folder / file.name)) if work in file.parents else diagnostic


def _cannot_write(folder: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    fix = "choose another folder, or free up space and check the permissions there"
    if isinstance(error, PermissionError) and error.filename2:
        name = Path(str(error.filename2)).name
        fix = f"close {name} in the program that has it open (Excel?), or choose another folder"
    return InputError([Diagnostic(str(folder), None, None, "", f"cannot be written: {reason}", fix)])
