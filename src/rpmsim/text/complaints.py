"""Errors and warnings of one level, gathered so that all are reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from rpmsim.errors import Diagnostic, InputError
from rpmsim.text.nodes import Mark, Path, dotted

MOST_ERRORS = 200
ENOUGH_ERRORS = 1_000
"""How many are reported, and gathered: more would hide the first ones, and a file with so many has one cause."""


class Complaints:
    """Gathers errors and warnings; an error that is found twice is reported once."""

    def __init__(self) -> None:
        self._diagnostics: dict[Diagnostic, None] = {}
        self._warnings: dict[str, None] = {}

    def error(self, mark: Mark, path: Path | str, message: str, fix: str = "") -> None:
        """Add an error at a position."""
        if len(self._diagnostics) >= ENOUGH_ERRORS:
            return
        place = path if isinstance(path, str) else dotted(path)
        line, column = (mark.line, mark.column) if mark.line else (None, None)
        diagnostic = Diagnostic(mark.file, line, column, place, message, fix)
        if any((f.file, f.line, f.column, f.message) == (mark.file, line, column, message) for f in self._diagnostics):
            return
        self._diagnostics[diagnostic] = None

    def warn(self, mark: Mark, path: Path | str, message: str, fix: str = "") -> None:
        """Add a warning at a position."""
        place = path if isinstance(path, str) else dotted(path)
        line, column = (mark.line, mark.column) if mark.line else (None, None)
        self._warnings[str(Diagnostic(mark.file, line, column, place, message, fix))] = None

    def keep(self, warning: str) -> None:
        """Take over a warning."""
        self._warnings[warning] = None

    @property
    def warnings(self) -> list[str]:
        """The warnings, in the order in which they came."""
        return list(self._warnings)

    @property
    def has_errors(self) -> bool:
        """Whether there is an error."""
        return bool(self._diagnostics)

    def raise_if_any(self) -> None:
        """Raise all errors, file by file in the order of lines.

        Raises
        ------
        InputError
            If there is any error.
        """
        if not self._diagnostics:
            return
        files = list(dict.fromkeys(diagnostic.file for diagnostic in self._diagnostics))
        order = sorted(self._diagnostics, key=lambda f: (files.index(f.file), f.line or 0, f.column or 0))
        raise InputError(order[:MOST_ERRORS])


def nearest(word: str, known: Iterable[str]) -> str:
    """A fix that names the nearest known word, or else all of them (if they are few)."""
    names = [name for name in known if name != "*"]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return "there are none"
    listed = ", ".join(f"`{name}`" for name in names[:30])
    return f"known are {listed}" + (" ..." if len(names) > 30 else "")
