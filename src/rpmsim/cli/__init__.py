"""The command line: one file a command, none of them imported before it is called."""

from rpmsim.cli.program import main

__all__ = ["main"]
