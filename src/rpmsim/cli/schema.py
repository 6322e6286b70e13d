"""``rpmsim schema``: what editors need to complete and check a scenario file."""

from __future__ import annotations

import click


@click.command(
    epilog="""\b
Example:
  rpmsim schema > scenario.schema.json
Then write as the first line of a scenario, for editors with a YAML language server:
  # yaml-language-server: $schema=./scenario.schema.json
"""
)
def schema() -> None:
    """Print the JSON Schema of scenario files."""
    from rpmsim.scenario.json_schema import json_schema_text

    click.echo(json_schema_text(), nl=False)
