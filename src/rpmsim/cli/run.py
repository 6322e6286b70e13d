"""``rpmsim run``: a scenario file in, a forecast out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.destination import home_of, new_files, new_folder
from rpmsim.cli.options import json_option, scenario_argument, set_option, show_warnings, threads_option
from rpmsim.cli.simulation import (
    DEFAULT_REPLICATIONS,
    DEFAULT_SEED,
    MOST_REPLICATIONS,
    PRECISE_REPLICATIONS,
    simulate_visibly,
    timing_of,
)
from rpmsim.cli.watch import watch
from rpmsim.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from rpmsim.analysis.precision import Precision
    from rpmsim.dataset import Keep
    from rpmsim.report.canvas import Chart
    from rpmsim.report.drawing import Draw
    from rpmsim.scenario import Scenario
    from rpmsim.scenario.frozen import Frozen


MOST_WARNINGS = 3
"""How many are shown before a run; `validate` shows all, and `--json` has them."""


def _precision(context: click.Context, parameter: click.Parameter, text: str | None) -> Precision | None:
    """What is written after ``--precision``."""
    if text is None:
        return None
    from rpmsim.analysis.precision import parse_precision

    precision = parse_precision(text)
    if precision is None:
        message = f"{text!r} is not a precision; write a share such as 1%, or bookings:p10=1%, wins:p50=2%"
        raise click.BadParameter(message, context, parameter)
    return precision


@click.command(
    epilog="""\b
Examples:
  rpmsim run fy27.yaml
  rpmsim run fy27.yaml -n 10000 --set channels.*.change=-20% --out fewer_leads
  rpmsim run fy27.yaml -n 500 --watch
  rpmsim run fy27.yaml -n 500 --show speed --show funnel
  rpmsim run fy27.yaml --precision 1%
  rpmsim run fy27.yaml --precision wins:p50=0.5% -n 50000
  rpmsim run fy27.yaml --json | jq .metrics.bookings.total.p50
"""
)
@scenario_argument("file")
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(1, MOST_REPLICATIONS),
    metavar="N",
    help="Number of replications. Four times as many halve the Monte Carlo error. "
    f"[default: {DEFAULT_REPLICATIONS}, or as frozen]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    help=f"Random seed: the same seed gives the same numbers. [default: {DEFAULT_SEED}, or as frozen]",
)
@click.option(
    "--precision",
    callback=_precision,
    metavar="[METRIC:QUANTILE=]SHARE",
    help="Add replications until the Monte Carlo error (95%) of a quantile of the total is this small, such as 1%, and "
    f"report how many were needed; -n is then the maximum [{PRECISE_REPLICATIONS:,}]. Default: the "
    '"9 in 10" number of bookings (p10), or of wins if deals have no amounts.',
)
@set_option
@click.option(
    "--draws",
    type=click.IntRange(1, MOST_REPLICATIONS),
    metavar="N",
    help="Number of distinct parameter draws, that is, of values drawn from all ranges. Default: one per replication.",
)
@click.option(
    "--keep",
    type=click.Choice(["summary", "classes", "full"]),
    help="What to store: totals only, or every channel and segment. [default: classes, or as frozen]",
)
@click.option(
    "--measure",
    multiple=True,
    type=click.Choice(["pipeline", "speed", "cohorts"]),
    help="Also measure this part, which takes time and room. Can be repeated.",
)
@click.option(
    "--show",
    "subjects",
    multiple=True,
    type=click.Choice(["funnel", "speed", "pipeline", "money", "staff", "segments"]),
    help="Print tables of this subject instead of the usual ones, and measure what they need. Can be repeated.",
)
@threads_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the output. Default: forecasts/<scenario>/<date-time>, or .../watch with --watch.",
)
@click.option("--watch", "watching", is_flag=True, help="Run again whenever the scenario or a file it reads is saved.")
@json_option
def run(
    file: Path,
    replications: int | None,
    seed: int | None,
    precision: Precision | None,
    settings: tuple[str, ...],
    draws: int | None,
    keep: Keep | None,
    measure: tuple[str, ...],
    subjects: tuple[str, ...],
    threads: int | None,
    out: Path | None,
    watching: bool,
    as_json: bool,
) -> None:
    """Simulate the scenario FILE and print the forecast: bands, targets, stages, staff.

    Writes forecast.nc, summary.csv, summary.xlsx, bands.svg, bands.png and run.json, or nothing at all.
    """
    stated = {"replications": replications, "seed": seed, "draws": draws, "keep": keep}

    def once() -> list[Path]:
        from rpmsim.compilation import second_process
        from rpmsim.report.drawing import drawing

        with second_process(), drawing() as draw:  # before the scenario is read: they take a while until they are ready
            return _run_once(
                file, settings, stated, measure, subjects, precision, threads, out, watching, as_json, draw
            )

    if watching:
        watch(file, once)
    else:
        once()


def _run_once(
    file: Path,
    settings: tuple[str, ...],
    stated: dict[str, Any],
    measure: tuple[str, ...],
    subjects: tuple[str, ...],
    precision: Precision | None,
    threads: int | None,
    out: Path | None,
    watching: bool,
    as_json: bool,
    draw: Draw,
) -> list[Path]:
    """Read, simulate, write and print; the files that were read."""
    from rpmsim.scenario import load_scenario

    scenario = load_scenario(file, settings)
    show_warnings(scenario, MOST_WARNINGS)
    from rpmsim.analysis.summary import summary
    from rpmsim.analysis.sums import Sums
    from rpmsim.dataset import provenance
    from rpmsim.report.outputs import write_results
    from rpmsim.report.shown import MEASURED
    from rpmsim.report.text import forecast_text

    goal = None if precision is None else _goal(precision, scenario)
    if goal is not None:
        stated = stated | {"replications": stated["replications"] or PRECISE_REPLICATIONS}
    folder = out or (home_of("forecasts", file.stem) / "watch" if watching else new_folder("forecasts", file.stem))
    sums = Sums()
    with new_files(folder, overwrite=watching or out is not None) as work:
        result = simulate_visibly(
            scenario,
            **_settings(stated, scenario.frozen),
            measure=(*measure, *(part for subject in subjects for part in MEASURED.get(subject, ()))),
            threads=threads,
            path=work / "forecast.nc",
            until=goal,
            watchers=[sums],
        )
        if scenario.posterior is not None:
            scenario.posterior.copy_to(work)  # so that the folder has all that a replay needs
        with result.forecast as forecast:
            charts: list[Callable[[], Chart]] = []
            document = summary(
                forecast, scenario.model, timing_of(result), sums, lambda begun: charts.append(draw(begun))
            )
            document |= {} if goal is None else {"precision": goal.document()}
            document["warnings"] = scenario.warnings
            write_results(work, document, provenance(forecast), result.hashes or {}, *charts)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        click.echo(forecast_text(document, subjects), nl=False)
    click.echo(f"\nWritten to {folder}", err=True)
    return [Path(source.path) for source in scenario.files]


def _goal(precision: Precision, scenario: Scenario) -> Precision:
    """The precision of a run that begins: of the metric that is stated, or else the headline."""
    from rpmsim.analysis.summary import has_amounts

    amounts = has_amounts(scenario.model)
    if precision.metric == "bookings" and not amounts:
        fix = "state a precision of wins, or give the segments amounts"
        raise InputError(
            [Diagnostic("--precision", None, None, "bookings", "there are no bookings: deals have no amounts", fix)]
        )
    return replace(precision, metric=precision.metric or ("bookings" if amounts else "wins"))


def _settings(stated: dict[str, Any], frozen: Frozen | None) -> dict[str, Any]:
    """What is stated, else what a frozen scenario says, else the defaults."""
    run = dict(frozen.run) if frozen else {}
    if stated["replications"] is not None:
        run.pop("draws", None)  # as many draws as there are replications now
    defaults = {"replications": DEFAULT_REPLICATIONS, "seed": DEFAULT_SEED, "draws": None, "keep": "classes"}
    return defaults | run | {key: value for key, value in stated.items() if value is not None}
