"""The command line: one file a command, none of them imported before it is called."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Words after ``rpmsim``; those of the process by default.
    """
    try:
        from rpmsim.cli.program import main as run

        run(arguments)
    except KeyboardInterrupt:  # before the program had begun, or after its end
        sys.exit(128 + signal.SIGINT)
