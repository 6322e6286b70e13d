"""``rpmsim validate``: what is wrong with scenario and history files, without running them."""

from __future__ import annotations

from pathlib import Path

import click

from rpmsim.cli.options import scenario_argument, set_option, show_warnings
from rpmsim.errors import Diagnostic, InputError


@click.command(
    epilog="""\b
Examples:
  rpmsim validate scenarios/*.yaml
  rpmsim validate base.yaml --set roles.sdr.heads=8
"""
)
@scenario_argument("files", many=True)
@set_option
def validate(files: tuple[Path, ...], settings: tuple[str, ...]) -> None:
    """Check scenario and history FILES; report every error with its place and a fix.

    Of a history, the mapping is checked and not its sources: `rpmsim audit` reads those.
    """
    from rpmsim.history.mapping_file import is_mapping, load_mapping
    from rpmsim.scenario import load_scenario

    diagnostics: list[Diagnostic] = []
    for file in files:
        try:
            if is_mapping(file):
                load_mapping(file)
                click.echo(f"{file}: ok")
                continue
            scenario = load_scenario(file, settings)
        except InputError as error:
            diagnostics.extend(error.diagnostics)
            continue
        show_warnings(scenario)
        click.echo(f"{file}: ok")
    if diagnostics:
        raise InputError(diagnostics)
