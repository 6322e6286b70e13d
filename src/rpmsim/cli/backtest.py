"""``rpmsim backtest``: forecasts from past days, held against what came."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from rpmsim.cli.destination import home_of_history, new_files
from rpmsim.cli.options import (
    MOST_THREADS,
    accept_option,
    history_argument,
    json_option,
    plug_in_option,
    seed_option,
)
from rpmsim.cli.progress import steps_line
from rpmsim.cli.simulation import MOST_REPLICATIONS
from rpmsim.display import plain

DEFAULT_HORIZONS = (7, 14, 28)
DEFAULT_REPLICATIONS = 1000
MOST_DAYS = 731


@click.command(
    epilog="""\b
Examples:
  rpmsim backtest history.yaml
  rpmsim backtest history.yaml --horizon 28 --horizon 91 --every 14
  rpmsim backtest history.yaml --target wins --target bookings
  rpmsim backtest history.yaml --from 2026-01-01 --out backtests/2026
  rpmsim backtest history.yaml --json | jq .targets.wins

\b
Every forecast is made from what was known on its day, and is kept in DIR/origins: an
interrupted backtest goes on where it stopped when the same command is given again.
`rpmsim calibrate` on the same history then puts the record into its model, and
`rpmsim run` prints it beside the forecast.
"""
)
@history_argument
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="What is shown: wins, bookings, leads, a move such as mql->sql, a class such as channels.paid.wins. "
    "Can be repeated; the files have all there is.",
)
@click.option(
    "--horizon",
    "horizons",
    multiple=True,
    type=click.IntRange(1, MOST_DAYS),
    metavar="DAYS",
    help="Days ahead. Can be repeated. Default: 7, 14 and 28.",
)
@click.option(
    "--every",
    type=click.IntRange(1, MOST_DAYS),
    metavar="DAYS",
    help="Days between forecasts. Default: 7, or more weeks where that gives more than 60 forecasts.",
)
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Day of the first forecast. Default: when 6 weeks, and the largest horizon, have been recorded.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the output. Default: backtests/<history>.",
)
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(2, MOST_REPLICATIONS),
    default=DEFAULT_REPLICATIONS,
    show_default=True,
    metavar="N",
    help="Replications of each forecast, each with a parameter draw of its own.",
)
@seed_option
@plug_in_option
@click.option("--conformal", is_flag=True, help="Also score bands that are widened by the record before each forecast.")
@accept_option
@click.option(
    "--jobs", type=click.IntRange(1, MOST_THREADS), metavar="N", help="Processes. Default: one per processor."
)
@json_option
def backtest(
    file: Path,
    targets: tuple[str, ...],
    horizons: tuple[int, ...],
    every: int | None,
    start: dt.datetime | None,
    out: Path | None,
    replications: int,
    seed: int,
    plug_in: bool,
    conformal: bool,
    accept: tuple[str, ...],
    jobs: int | None,
    as_json: bool,
) -> None:
    """Forecast from past days of HISTORY, each time by what was known then, and score what came.

    Writes backtest.json, backtest.csv, backtest.md and the charts bands, coverage, pit and skill (.svg, .png).
    Baselines that need no simulation are scored beside the forecasts: run rate, seasonal, smoothing, weighted
    pipeline, coverage ratio, cohorts and life tables.
    """
    from rpmsim.backtesting import backtest as tested
    from rpmsim.history import open_history
    from rpmsim.report.backtest_text import backtest_text

    with open_history(file) as history:
        folder = out or home_of_history("backtests", history.mapping.name)
        with new_files(folder, overwrite=True) as work:
            with steps_line("Backtesting") as progress:
                record = tested(
                    history,
                    horizons=horizons or DEFAULT_HORIZONS,
                    every=every,
                    start=None if start is None else start.date(),
                    targets=targets,
                    replications=replications,
                    seed=seed,
                    plug_in=plug_in,
                    conformal=conformal,
                    accept=accept,
                    jobs=jobs,
                    folder=folder,
                    progress=progress,
                )
            _write(work, record.whole, _json(record.whole))
    click.echo(_json(record.document) if as_json else backtest_text(record.document), nl=as_json)
    click.echo(f"\nWritten to {folder}", err=True)


def _json(document: dict[str, Any]) -> str:
    return plain(json.dumps(document, ensure_ascii=False, indent=1))


def _write(folder: Path, document: dict[str, Any], text: str) -> None:
    """Write the record: as JSON, as a table, and as a page with charts."""
    from rpmsim.report.backtest_charts import backtest_charts
    from rpmsim.report.backtest_csv import backtest_csv
    from rpmsim.report.backtest_markdown import backtest_markdown

    charts = backtest_charts(document)
    for name, (chart, _) in charts.items():
        chart.write(folder, name)
    page = backtest_markdown(document, {name: what for name, (_, what) in charts.items()})
    (folder / "backtest.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    (folder / "backtest.csv").write_text(backtest_csv(document), encoding="utf-8", newline="\n")
    (folder / "backtest.md").write_text(page, encoding="utf-8", newline="\n")
