"""Faults and warnings of one level, gathered so that all are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from rpmsim.errors import Fault, InputError
from rpmsim.text.nodes import Mark, Path, dotted

MOST_FAULTS = 200
ENOUGH_FAULTS = 1_000
"""How many are told, and gathered: more would hide the first ones, and a file with so many has one cause."""


class Complaints:
    """Gathers faults and warnings; a fault that is found twice is told once."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._warnings: dict[str, None] = {}

    def fault(self, mark: Mark, path: Path | str, message: str, repair: str = "") -> None:
        """Add a fault at a position."""
        if len(self._faults) >= ENOUGH_FAULTS:
            return
        place = path if isinstance(path, str) else dotted(path)
        line, column = (mark.line, mark.column) if mark.line else (None, None)
        fault = Fault(mark.file, line, column, place, message, repair)
        if any((f.file, f.line, f.column, f.message) == (mark.file, line, column, message) for f in self._faults):
            return
        self._faults[fault] = None

    def warn(self, mark: Mark, path: Path | str, message: str, repair: str = "") -> None:
        """Add a warning at a position."""
        place = path if isinstance(path, str) else dotted(path)
        line, column = (mark.line, mark.column) if mark.line else (None, None)
        self._warnings[str(Fault(mark.file, line, column, place, message, repair))] = None

    def keep(self, warning: str) -> None:
        """Take over a warning."""
        self._warnings[warning] = None

    @property
    def warnings(self) -> list[str]:
        """The warnings, in the order in which they came."""
        return list(self._warnings)

    @property
    def faulty(self) -> bool:
        """Whether there is a fault."""
        return bool(self._faults)

    def raise_if_faulty(self) -> None:
        """Raise all faults, file by file in the order of lines.

        Raises
        ------
        InputError
            If there is any fault.
        """
        if not self._faults:
            return
        files = list(dict.fromkeys(fault.file for fault in self._faults))
        order = sorted(self._faults, key=lambda f: (files.index(f.file), f.line or 0, f.column or 0))
        raise InputError(order[:MOST_FAULTS])


def nearest(word: str, known: Iterable[str]) -> str:
    """A repair that names the nearest known word, or else all of them (if they are few)."""
    names = [name for name in known if name != "*"]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return "there are none"
    listed = ", ".join(f"`{name}`" for name in names[:30])
    return f"known are {listed}" + (" ..." if len(names) > 30 else "")
