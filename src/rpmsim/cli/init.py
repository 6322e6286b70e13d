"""``rpmsim init``: a starter to write one's own scenario from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from rpmsim.cli.destination import new_files

SCHEMA = "scenario.schema.json"
"""Named in the first line of every starter file, so that editors complete and explain the keys."""


@click.command(
    epilog="""\b
Example:
  rpmsim init plan
  rpmsim run plan/base.yaml
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a small commented starter to DIR: a base scenario and two what-ifs. Nothing is overwritten."""
    starter = sorted(
        (item for item in files("rpmsim.cli").joinpath("starter").iterdir() if item.name.endswith(".yaml")),
        key=lambda item: item.name,
    )
    from rpmsim.scenario.json_schema import json_schema_text

    with new_files(folder, overwrite=False) as work:
        for item in starter:
            (work / item.name).write_bytes(item.read_bytes())
        (work / SCHEMA).write_text(json_schema_text(), encoding="utf-8", newline="\n")
    for item in starter:
        click.echo(folder / item.name)
    click.echo(folder / SCHEMA)
    click.echo(f"Next: rpmsim run {folder / 'base.yaml'}", err=True)
