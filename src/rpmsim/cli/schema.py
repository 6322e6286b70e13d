"""``rpmsim schema``: what editors need to complete and check a scenario file."""

from __future__ import annotations

import json

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
    from rpmsim.scenario import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
