"""What may be wrong with what a user gave, and how it is told."""

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
class Fault:
    """One fault of an input.

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
    repair : str
        How to mend it; may be empty.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    repair: str = ""

    def __post_init__(self) -> None:
        """No fault repeats a password, wherever it is shown."""
        for part in ("file", "path", "message", "repair"):
            object.__setattr__(self, part, masked(getattr(self, part)))

    def __str__(self) -> str:
        """Tell the fault as ``file:line:column: path: message; repair``."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in (None, ""))
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        return f"{text}; {self.repair}" if self.repair else text


class InputError(RpmsimError):
    """An input is at fault.

    Parameters
    ----------
    faults : iterable of Fault
        All faults found at one level, in the order in which they are told.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UncountableError(OverflowError):
    """More than can be counted: what, where in the scenario it comes from, and what to do."""

    def __init__(self, message: str, path: tuple[str, ...], repair: str) -> None:
        super().__init__(message)
        self.path = path
        self.repair = repair
