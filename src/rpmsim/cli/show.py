"""``rpmsim show``: what a scenario says once everything it extends is merged, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rpmsim.cli.options import json_option, scenario_argument, set_option, split_settings


@click.command(
    epilog="""\b
Examples:
  rpmsim show fy27.yaml
  rpmsim show fy27.yaml --set roles.sdr.heads=+2 --json
  rpmsim show fy27.yaml --reach hire_two_sdrs.yaml
"""
)
@scenario_argument("file")
@set_option
@click.option(
    "--reach",
    "other",
    metavar="B",
    type=click.Path(path_type=Path),
    help="Print what the levers from FILE to the scenario B can reach; all else is identical, replication by replication.",
)
@json_option
def show(file: Path, settings: tuple[str, ...], other: Path | None, as_json: bool) -> None:
    """Print the resolved scenario FILE, each value with the file and line it comes from."""
    from rpmsim.scenario import load_scenario

    scenario = load_scenario(file, split_settings(settings))
