"""``rpmsim schema``: what editors need to complete and check a scenario or history file."""

from __future__ import annotations

import click


@click.command(
    epilog="""\b
Examples:
  rpmsim schema > scenario.schema.json
  rpmsim schema --of history > history.schema.json
Then write this as the first line of a scenario, for editors with a YAML language server:
  # yaml-language-server: $schema=./scenario.schema.json
"""
)
@click.option(
    "--of",
    "kind",
    type=click.Choice(["scenario", "history"]),
    default="scenario",
    show_default=True,
    help="Kind of file.",
)
def schema(kind: str) -> None:
    """Print the JSON Schema of scenario or history files."""
    if kind == "history":
        from rpmsim.history.reference import schema_text

        click.echo(schema_text(), nl=False)
        return
    from rpmsim.scenario.json_schema import json_schema_text

    click.echo(json_schema_text(), nl=False)
