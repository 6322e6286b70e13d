"""The group of commands, each imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command lives, and its line in the list of commands."""

    home: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("rpmsim.cli.init:init", "Write a small commented starter, or the mapping of a CRM's export."),
    "validate": Entry(
        "rpmsim.cli.validate:validate", "Check scenario and history files and print what is wrong with them."
    ),
    "show": Entry("rpmsim.cli.show:show", "Print the resolved scenario, each value with its origin."),
    "diff": Entry("rpmsim.cli.diff:diff", "Say in words what changed from one scenario or forecast to another."),
    "run": Entry("rpmsim.cli.run:run", "Simulate a scenario and print the forecast."),
    "replay": Entry("rpmsim.cli.replay:replay", "Repeat a stored run and confirm it, or trace one replication."),
    "freeze": Entry("rpmsim.cli.freeze:freeze", "Write one self-contained, sealed scenario that repeats a run."),
    "generate": Entry("rpmsim.cli.generate:generate", "Write a synthetic CRM history that a scenario makes."),
    "audit": Entry("rpmsim.cli.audit:audit", "Tell what is in a CRM history and what is wrong with it."),
    "completion": Entry("rpmsim.cli.completion:completion", "Print what a shell needs to complete commands and files."),
    "schema": Entry("rpmsim.cli.schema:schema", "Print the JSON Schema of scenario and history files."),
}
"""In the order in which a newcomer needs them. The summaries stand here so that the list imports no command."""


class LazyGroup(click.Group):
    """A click group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; ``None`` for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].home.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])
