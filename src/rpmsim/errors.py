"""What may be wrong with what a user gave, and how it is reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rpmsim.display import masked


class RpmsimError(Exception):
    """Base of every error whose message is written for the user; the program ends with exit code 2."""


class MissingExtra(RpmsimError):
    """A package is needed that is not installed."""


class ScenarioWarning(UserWarning):
    """Something in a scenario that is not wrong, but surely worth a look."""


@dataclass(frozen=True)
class Diagnostic:
    """One error of an input.

    Parameters
    ----------
    file : str
        File as the user named it, ``--set`` or another source; empty where there is none.
    line, column : int or None
        Position, counted from 1; ``None`` where it is unknown.
    path : str
        Dotted path of the value, such as ``stages.mql.to.lost.share``; may be empty.
    message : str
        What is wrong.
    fix : str
        How to fix it; may be empty.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        """No error repeats a password, wherever it is shown."""
        for part in ("file", "path", "message", "fix"):
            object.__setattr__(self, part, masked(getattr(self, part)))

    def __str__(self) -> str:
        """Report the error as ``file:line:column: path: message; fix``."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in (None, ""))
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        return f"{text}; {self.fix}" if self.fix else text


class InputError(RpmsimError):
    """An input is wrong.

    Parameters
    ----------
    errors : iterable of Error
        All errors found at one level, in the order in which they are reported.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class UncountableError(OverflowError):
    """More than can be counted: what, where in the scenario it comes from, and what to do."""

    def __init__(self, message: str, path: tuple[str, ...], fix: str) -> None:
        super().__init__(message)
        self.path = path
        self.fix = fix
