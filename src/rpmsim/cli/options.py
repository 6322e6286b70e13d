"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.simulation import DEFAULT_SEED

if TYPE_CHECKING:
    from rpmsim.scenario import Scenario

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

set_option: Decorator = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change one value, as a what-if file does: --set roles.sdr.heads=+2. Can be repeated.",
)

MOST_THREADS = 1024

threads_option: Decorator = click.option(
    "--threads", type=click.IntRange(1, MOST_THREADS), metavar="N", help="Default: one per processor."
)

json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document to stdout, and nothing else."
)

history_argument: Decorator = click.argument("file", metavar="HISTORY", type=click.Path(path_type=Path))

seed_option: Decorator = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=DEFAULT_SEED,
    show_default=True,
    metavar="N",
    help="Random seed: the same seed gives the same numbers.",
)

plug_in_option: Decorator = click.option(
    "--plug-in", is_flag=True, help="Fixed parameters instead of draws: bands cover chance only."
)

accept_option: Decorator = click.option(
    "--accept",
    multiple=True,
    metavar="ITEM",
    help="Go on although this item of the audit fails; all for every one. Can be repeated.",
)


def scenario_argument(name: str, *, required: bool = True, many: bool = False) -> Decorator:
    """Argument that names a scenario file; whether it can be read is found when it is loaded."""
    return click.argument(name, type=click.Path(path_type=Path), required=required, nargs=-1 if many else 1)


def show_warnings(scenario: Scenario, most: int | None = None) -> None:
    """Say on stderr what is not wrong but surely not meant; of many, the first ones, and how to see all."""
    for warning in scenario.warnings[:most]:
        click.echo(f"warning: {warning}", err=True)
    more = len(scenario.warnings) - (most or len(scenario.warnings))
    if more > 0:
        click.echo(f"warning: {more} more; `rpmsim validate {scenario.path}` shows all", err=True)
