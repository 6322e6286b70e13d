"""``rpmsim init``: a starter to write one's own scenario from, or the mapping of a CRM's standard export."""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files
from pathlib import Path

import click

from rpmsim.cli.destination import new_files
from rpmsim.errors import Diagnostic, InputError

SCHEMA = "scenario.schema.json"
"""Named in the first line of every starter file, so that editors complete and explain the keys."""


@click.command(
    epilog="""\b
Examples:
  rpmsim init plan
  rpmsim run plan/base.yaml

\b
  rpmsim init crm_export --from salesforce --as-of 2026-12-31
  rpmsim audit crm_export/history.yaml
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "system",
    type=click.Choice(["salesforce", "hubspot"]),
    help="Write the mapping for this CRM's standard export instead; DIR is the folder of the export.",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day of the export. Default: today."
)
@click.option(
    "--time-zone", default="UTC", show_default=True, metavar="ZONE", help="Time zone in which days are counted."
)
@click.option("--currency", default="EUR", show_default=True, metavar="ABC", help="Currency of the amounts.")
def init(folder: Path, system: str | None, as_of: dt.datetime | None, time_zone: str, currency: str) -> None:
    """Write a small commented starter to DIR: a base scenario and two what-ifs. No file is overwritten.

    With --from, write history.yaml instead: the mapping of the standard CRM export in DIR, with the columns that its
    files have.
    """
    if system is not None:
        _mapping(folder, system, as_of.date() if as_of else dt.datetime.now().astimezone().date(), time_zone, currency)
        return
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


def _mapping(folder: Path, system: str, as_of: dt.date, time_zone: str, currency: str) -> None:
    for option, value, form in (
        ("--time-zone", time_zone, r"[A-Za-z0-9_+/-]{1,60}"),
        ("--currency", currency, "[A-Z]{3}"),
    ):
        if not re.fullmatch(form, value):
            raise InputError(
                [Diagnostic(option, None, None, "", f"`{value}` is not known", "such as Europe/Berlin, or USD")]
            )
    from rpmsim.history.starters import starter

    text = starter(system, folder, {"as_of": str(as_of), "time_zone": time_zone, "currency": currency})
    with new_files(folder, overwrite=False) as work:
        (work / "history.yaml").write_text(text, encoding="utf-8", newline="\n")
    click.echo(folder / "history.yaml")
    click.echo(f"Next: rpmsim audit {folder / 'history.yaml'}", err=True)
