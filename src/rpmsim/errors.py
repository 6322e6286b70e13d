"""Errors that a user sees: one base class, and faults of an input with their place and repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class RpmsimError(Exception):
    """Base of all errors that the program raises on purpose.

    Attributes
    ----------
    exit_code : int
        What the command line returns: 2 where the input is at fault, 1 where the program is.
    """

    exit_code = 1


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    file : str
        File as the user wrote it; ``--set`` for an override.
    line, column : int or None
        Counted from 1; None where the whole file is meant.
    path : str
        Place in the document, such as ``stages.mql.to.won.share``; may be empty.
    message, repair : str
        What is wrong, and how to mend it.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    repair: str = ""

    def __str__(self) -> str:
        """One line: ``file:line:column: path: what is wrong; how to mend it``."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        parts = [place, self.path, self.message]
        text = ": ".join(part for part in parts if part)
        return f"{text}; {self.repair}" if self.repair else text


class InputError(RpmsimError):
    """The input is at fault.

    Parameters
    ----------
    faults : iterable of Fault
        All faults of one level, in the order in which they are told.
    """

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @classmethod
    def of(cls, file: str, message: str, repair: str = "") -> InputError:
        """Build the error with a single fault that concerns a whole file."""
        return cls([Fault(file, None, None, "", message, repair)])
