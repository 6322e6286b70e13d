"""``rpmsim show``: what a scenario says once everything it extends is merged, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.options import json_option, scenario_argument, set_option, split_settings, tell_warnings

if TYPE_CHECKING:
    from rpmsim.scenario import Leaf, Scenario

WIDEST_VALUE = 72
"""A longer ``path = value`` pushes its origin out of line rather than everybody's."""


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
@json_option
def show(file: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """Print the resolved scenario FILE: each value as --set takes it, with the file and line it comes from."""
    from rpmsim.scenario import load_scenario

    scenario = load_scenario(file, split_settings(settings))
    tell_warnings(scenario)
    if as_json:
        click.echo(json.dumps(_document(scenario), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(scenario)))


def _lines(scenario: Scenario) -> list[str]:
    """One line for each value."""
    values = [(f"{leaf.path} = {leaf.text}", _origin(leaf)) for leaf in scenario.leaves()]
    width = max((len(value) for value, _ in values if len(value) <= WIDEST_VALUE), default=0)
    return [f"{value:{width}}  # {origin}" for value, origin in values]


def _origin(leaf: Leaf) -> str:
    """Where a value was written; for a relative one, every step."""
    if len(leaf.chain) < 2:
        return _place(leaf.file, leaf.line)
    return ", then ".join(f"{step.text} {_place(step.mark.file, step.mark.line)}" for step in leaf.chain)


def _place(file: str, line: int | None) -> str:
    return f"{file}:{line}" if line else file


def _document(scenario: Scenario) -> dict[str, Any]:
    """The JSON form: what the lines say, and the history of each assumption."""
    return {
        "scenario": scenario.name,
        "status": scenario.status,
        "approved_by": scenario.approved_by,
        "files": [{"file": file.path, "sha256": file.sha256} for file in scenario.files],
        "set": scenario.overrides,
        "values": [
            {
                "path": leaf.path,
                "value": leaf.text,
                "file": leaf.file,
                "line": leaf.line,
                "steps": [
                    {"text": step.text, "file": step.mark.file, "line": step.mark.line or None} for step in leaf.chain
                ],
                "owner": leaf.owner,
                "source": leaf.source,
                "date": leaf.date,
                "note": leaf.note,
            }
            for leaf in scenario.leaves()
        ],
    }
