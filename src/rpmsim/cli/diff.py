"""``rpmsim diff``: what changed from one scenario to another, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.options import json_option, show_warnings

if TYPE_CHECKING:
    from rpmsim.engine.given import Given
    from rpmsim.scenario import Leaf
    from rpmsim.scenario.differences import Difference


@click.command(
    epilog="""\b
Examples:
  rpmsim diff fy27.yaml hire_two_sdrs.yaml
  rpmsim diff forecasts/fy27/2027-01-12T101500 fy27.yaml
"""
)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@json_option
def diff(a: Path, b: Path, as_json: bool) -> None:
    """Report what changed from A to B, change by change: scenarios, frozen scenarios or stored forecasts.

    Input files of both whose bytes differ are named even if no value does.
    """
    from rpmsim.engine.given import given_in
    from rpmsim.scenario.differences import differences

    before, after = given_in(a), given_in(b)
    for given in (before, after):
        if given.forecast is None:
            show_warnings(given.scenario)
    found = differences(before.scenario, after.scenario)
    files = _files(before, after)
    if as_json:
        click.echo(json.dumps(_document(before, after, found, files), ensure_ascii=False, indent=1))
        return
    count = f"{len(found)} difference{'' if len(found) == 1 else 's'}" if found else "no differences"
    click.echo(f"From {before.scenario.name} to {after.scenario.name}: {count}")
    for difference in found:
        click.echo(f"  {difference.words}")
        click.echo(f"      {difference.path}   {_where(difference.before)} -> {_where(difference.after)}")
    for name, (old, new) in files.items():
        click.echo(f"  Changed input: {name} (sha256 was {old[:12]}, is now {new[:12]})")


def _files(before: Given, after: Given) -> dict[str, tuple[str, str]]:
    """Files of both whose bytes differ."""
    both = [name for name in before.inputs if name in after.inputs]
    return {
        name: (before.inputs[name], after.inputs[name]) for name in both if before.inputs[name] != after.inputs[name]
    }


def _where(leaves: tuple[Leaf, ...]) -> str:
    if not leaves:
        return "(not stated)"
    return f"{leaves[0].file}:{leaves[0].line}" if leaves[0].line else leaves[0].file


def _document(
    before: Given, after: Given, found: list[Difference], files: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    return {
        "from": before.scenario.name,
        "to": after.scenario.name,
        "differences": [
            {
                "path": difference.path,
                "words": difference.words,
                "from": {leaf.path: leaf.text for leaf in difference.before},
                "to": {leaf.path: leaf.text for leaf in difference.after},
            }
            for difference in found
        ],
        "inputs": [{"file": name, "from": old, "to": new} for name, (old, new) in files.items()],
    }
