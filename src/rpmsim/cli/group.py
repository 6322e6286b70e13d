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
    "init": Entry("rpmsim.cli.init:init", "Write a small commented starter scenario, or the mapping for a CRM export."),
    "validate": Entry("rpmsim.cli.validate:validate", "Check scenario and history files and report what is wrong."),
    "show": Entry("rpmsim.cli.show:show", "Print the resolved scenario and where each value comes from."),
    "diff": Entry("rpmsim.cli.diff:diff", "Describe what changed from one scenario or forecast to another."),
    "run": Entry("rpmsim.cli.run:run", "Simulate a scenario and print the forecast."),
    "compare": Entry("rpmsim.cli.compare:compare", "Compare scenarios: what differs, why, and what limits them."),
    "replay": Entry("rpmsim.cli.replay:replay", "Repeat a stored run and verify it, or trace one replication."),
    "freeze": Entry("rpmsim.cli.freeze:freeze", "Write one self-contained, sealed scenario that reproduces a run."),
    "generate": Entry("rpmsim.cli.generate:generate", "Simulate a scenario once and write it as a CRM export."),
    "audit": Entry("rpmsim.cli.audit:audit", "Report what is in a CRM export and what is wrong with it."),
    "calibrate": Entry("rpmsim.cli.calibrate:calibrate", "Fit a model to a CRM export, for scenarios to extend."),
    "backtest": Entry("rpmsim.cli.backtest:backtest", "Forecast from past days of a CRM export, and score what came."),
    "completion": Entry("rpmsim.cli.completion:completion", "Print the completion script of a shell."),
    "schema": Entry("rpmsim.cli.schema:schema", "Print the JSON Schema of scenario or history files."),
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
