"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.errors import Fault, InputError

if TYPE_CHECKING:
    from rpmsim.scenario import Scenario

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

set_option: Decorator = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change one value, as a what-if file would: --set roles.sdr.heads=+2. May be repeated.",
)

json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else to stdout."
)


def scenario_argument(name: str, *, required: bool = True, many: bool = False) -> Decorator:
    """Argument that names a scenario file; whether it can be read is found when it is loaded."""
    return click.argument(name, type=click.Path(path_type=Path), required=required, nargs=-1 if many else 1)


def split_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """Take ``path=value`` apart.

    Parameters
    ----------
    settings : tuple of str
        As typed after ``--set``.

    Returns
    -------
    dict of str to str
        Value by path.

    Raises
    ------
    InputError
        For a setting without ``=`` or path, and for a path that is set twice.
    """
    values: dict[str, str] = {}
    faults = []
    for setting in settings:
        path, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not path:
            repair = "write it as path=value, such as roles.sdr.heads=8"
            faults.append(Fault("--set", None, None, setting, "is not a path and a value", repair))
        elif path in values:
            faults.append(Fault("--set", None, None, path, "is set twice", "keep one of the two"))
        values[path] = value
    if faults:
        raise InputError(faults)
    return values


def tell_warnings(scenario: Scenario) -> None:
    """Say on stderr what is not wrong but surely not meant."""
    for warning in scenario.warnings:
        click.echo(f"warning: {warning}", err=True)
