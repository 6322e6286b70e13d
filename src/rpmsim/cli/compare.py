"""``rpmsim compare``: scenarios side by side on common random numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rpmsim.cli.destination import new_files, new_folder
from rpmsim.cli.options import json_option, show_warnings, threads_option
from rpmsim.cli.progress import steps_line
from rpmsim.cli.simulation import MOST_REPLICATIONS, announce_compiling
from rpmsim.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from rpmsim.engine.given import Given

_WARNINGS = 1
_FORECASTS = "forecasts"


@click.command(
    epilog="""\b
Examples:
  rpmsim compare base.yaml hire_two_sdrs.yaml
  rpmsim compare base.yaml leads_down_20.yaml q3_campaign.yaml -n 5000 --out board
  rpmsim compare base.yaml --set roles.sdr.heads=+2 --set "roles.ae.heads=+1; roles.sdr.heads=+1"
  rpmsim compare forecasts/base/2027-01-04 forecasts/plan_b/2027-01-04
  rpmsim compare base.yaml plan_b.yaml --no-bridge --no-binds --no-variance --json

\b
If it is interrupted, forecasts that are finished are kept: the same command with the same --out goes on from there.
"""
)
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="BASELINE SCENARIO...")
@click.option(
    "--set",
    "variants",
    multiple=True,
    metavar="PATH=VALUE[; ...]",
    help="A variant of the single file given: --set roles.sdr.heads=+2. Each --set is a separate variant; several "
    "values of one variant are separated by semicolons.",
)
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(2, MOST_REPLICATIONS),
    metavar="N",
    help="Replications of each scenario. [default: 1000, or as in the stored forecasts]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    help="Random seed of all scenarios. [default: 20270101, or as in the stored forecasts]",
)
@threads_option
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="Compare only this metric, such as leads or total_cost. Can be repeated. The first of leads, wins and "
    "bookings is the one whose difference is explained.",
)
@click.option("--bridge/--no-bridge", default=True, help="Divide each difference among the changes that make it.")
@click.option("--binds/--no-binds", default=True, help="Find what limits each scenario.")
@click.option("--variance/--no-variance", default=True, help="Find where the baseline's band comes from.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the files. Default: comparisons/<baseline>/<date-time>.",
)
@json_option
def compare(
    scenarios: tuple[Path, ...],
    variants: tuple[str, ...],
    replications: int | None,
    seed: int | None,
    threads: int | None,
    metrics: tuple[str, ...],
    bridge: bool,
    binds: bool,
    variance: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare scenarios with the first one, the baseline: scenario files, frozen scenarios, or stored forecasts.

    All run on common random numbers, so that a difference comes from what was changed and not from chance. Prints bands
    and differences, chances of targets, the bridge from the baseline to each scenario, what binds, and where the
    baseline's band comes from.

    Writes compare.json, compare.csv, compare.xlsx, and charts as SVG and PNG.
    """
    given = list(_given(scenarios, variants))
    from rpmsim.analysis.summary import FOR_TARGETS
    from rpmsim.comparison.cases import cases_of, common_settings
    from rpmsim.comparison.compare import Parts, compare_cases
    from rpmsim.comparison.document import check_metrics, document_of
    from rpmsim.report.compare_files import write_comparison
    from rpmsim.report.compare_text import compare_text

    cases = cases_of(given)
    check_metrics(metrics, cases)
    settings = common_settings(cases, replications, seed, None, threads)
    folder = out or new_folder("comparisons", scenarios[0].stem)
    with _kept(folder / _FORECASTS), ExitStack() as stack:
        announce_compiling()
        with steps_line("Comparing") as progress:
            headline = next((FOR_TARGETS[name] for name in metrics if name in FOR_TARGETS), None)
            parts = Parts(bridge, binds, variance, headline)
            comparison = compare_cases(cases, settings, parts, stack, folder / _FORECASTS, progress)
        document = document_of(comparison, metrics)
        with new_files(folder, overwrite=True) as work:
            write_comparison(work, document)
    click.echo(json.dumps(document, ensure_ascii=False, indent=1) if as_json else compare_text(document), nl=as_json)
    click.echo(f"\nWritten to {folder}", err=True)


def _given(scenarios: tuple[Path, ...], variants: tuple[str, ...]) -> Iterator[Given]:
    """What is compared: the files that are named, or one file and its variants."""
    from rpmsim.engine.given import given_in

    if variants and len(scenarios) > 1:
        message = "makes variants of one file, but several files are given"
        raise InputError([Diagnostic("--set", None, None, "", message, "give one file, or write what-if files")])
    for path in scenarios:
        given = given_in(path)
        if given.forecast is None:
            show_warnings(given.scenario, _WARNINGS)
        yield given
    for variant in variants:
        parts = tuple(part.strip() for part in variant.split(";") if part.strip())
        yield given_in(scenarios[0], parts or (variant,))


@contextmanager
def _kept(folder: Path) -> Iterator[None]:
    """Make the folder of the forecasts; of the folders that it makes, none is left behind empty."""
    made = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        _make(folder)
        yield
    except BaseException:
        if any(folder.glob("*.nc")):
            click.echo(f"Finished forecasts are kept in {folder}; use --out {folder.parent} to go on.", err=True)
        raise
    finally:
        with suppress(OSError):  # not empty
            for path in made:
                path.rmdir()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message, fix = f"cannot be written: {error.strerror or error}", "choose another folder"
        raise InputError([Diagnostic(str(folder), None, None, "", message, fix)]) from error
