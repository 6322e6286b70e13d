"""``rpmsim freeze``: one self-contained, sealed scenario that repeats a run."""

from __future__ import annotations

from pathlib import Path

import click

from rpmsim.cli.destination import new_files
from rpmsim.cli.options import set_option, show_warnings
from rpmsim.cli.simulation import DEFAULT_REPLICATIONS, DEFAULT_SEED, MOST_REPLICATIONS


@click.command(
    epilog="""\b
Examples:
  rpmsim freeze fy27.yaml -n 10000 --out board_january.yaml
  rpmsim freeze forecasts/fy27/2027-01-12T101500 --out board_january.yaml
  rpmsim run board_january.yaml
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(1, MOST_REPLICATIONS),
    metavar="N",
    help=f"Replications that `run` of the frozen file uses [default: {DEFAULT_REPLICATIONS}].",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Random seed that `run` of the frozen file uses."
)
@set_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The frozen file. Default: NAME.frozen.yaml next to the scenario, unless it exists.",
)
def freeze(file: Path, replications: int | None, seed: int | None, settings: tuple[str, ...], out: Path | None) -> None:
    """Write the scenario FILE, or the scenario of a stored forecast, as one self-contained file.

    It contains everything that the scenario extends, every table, the hashes of the files they came from, the random
    seed and the number of replications: `rpmsim run` of it repeats the run to the byte. An edited file is refused. A
    posterior stays a file of its own, next to the frozen one.
    """
    from rpmsim.engine.given import given_in
    from rpmsim.scenario.frozen import frozen_text

    source = given_in(file, settings)
    if source.forecast is None:
        show_warnings(source.scenario)
    defaults = {"replications": DEFAULT_REPLICATIONS, "seed": DEFAULT_SEED}
    stated = {key: value for key, value in (("replications", replications), ("seed", seed)) if value is not None}
    run = defaults | source.run | stated
    target = out or file.with_name(f"{file.stem}.frozen.yaml")
    posterior = source.scenario.posterior
    beside = "" if posterior is None else f"{target.stem}.posterior.nc"
    text = frozen_text(source.scenario.resolved_text(beside), run, source.inputs, source.overrides)
    with new_files(target.parent, overwrite=out is not None) as work:
        if posterior is not None:
            posterior.copy_to(work, beside)
        (work / target.name).write_text(text, encoding="utf-8", newline="\n")
    click.echo(target)
    click.echo(f"Next: rpmsim run {target}", err=True)
