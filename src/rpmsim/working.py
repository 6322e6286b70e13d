"""Working folders: each is locked while its process lives, so that later ones can clear away what a killed one left."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rpmsim.interrupts import held_interrupts

if sys.platform != "win32":  # there, nothing is cleared away but by the process itself
    import fcntl

_PREFIX = ".rpmsim-"


@contextmanager
def working_folder(parent: Path | None = None, look_in: Iterable[Path] = ()) -> Iterator[Path]:
    """Give an empty folder that is removed at the end, and remove those that killed processes left.

    Parameters
    ----------
    parent : Path, optional
        Where it is made; by default the system's place for temporary files.
    look_in : iterable of Path
        Where else killed processes may have left theirs.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    for place in dict.fromkeys((parent, *look_in)):
        _remove_left(place)
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    new, work = parent / f".rpmsim_{name}", parent / f"{_PREFIX}{name}"
    lock = None
    try:
        with held_interrupts():
            new.mkdir(mode=0o700)
            lock = _locked(new)
            new.rename(work)  # nobody sees it without its lock
        yield work
    finally:
        with held_interrupts():
            for path in (new, work):
                shutil.rmtree(path, ignore_errors=True)
            if lock is not None:
                os.close(lock)


def _remove_left(place: Path) -> None:
    """Remove the folders of this user that no process holds."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        for path in place.glob(f"{_PREFIX}*-*"):
            with contextlib.suppress(OSError):
                if path.lstat().st_uid == os.getuid() and not path.is_symlink():
                    _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    lock = _locked(path)
    if lock is not None:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _locked(folder: Path) -> int | None:
    """Handle of a folder that is held from now on; None where another process holds it, or nothing can be locked."""
    if sys.platform == "win32":
        return None
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
