"""``rpmsim calibrate``: a history to a model that a scenario extends."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.destination import home_of_history, new_files
from rpmsim.cli.options import accept_option, history_argument, json_option, plug_in_option, seed_option
from rpmsim.cli.progress import words_line
from rpmsim.cli.simulation import MOST_REPLICATIONS
from rpmsim.display import plain
from rpmsim.errors import InputError

if TYPE_CHECKING:
    from rpmsim.history import History

DEFAULT_DRAWS = 1000
DEFAULT_HORIZON = 28
MOST_DAYS = 3660


def _window(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """What is written after ``--window``; 0 for all."""
    if text is None or text == "all":
        return None if text is None else 0
    number = text.removesuffix("days").removesuffix("day").strip()
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= MOST_DAYS:
        message = f"{text!r} is not a window; write a number of days such as 90, or all"
        raise click.BadParameter(message, context, parameter)
    return int(number)


def _until(context: click.Context, parameter: click.Parameter, text: str | None) -> dt.date | None:
    """The last day of the period that is written after ``--until``."""
    if text is None:
        return None
    from rpmsim.model.calendar import Calendar
    from rpmsim.scenario.assemble.calendar import period_days
    from rpmsim.scenario.schema.periods import is_period_label
    from rpmsim.text.schema.scalars import parse_date

    found = period_days(text, Calendar()) if is_period_label(text) else None
    day = found.last if found else parse_date(text)
    if day is None:
        message = f"{text!r} is not a period; write 2027-12-31, 2027-12, 2027-Q4 or 2027"
        raise click.BadParameter(message, context, parameter)
    return day


@click.command(
    epilog="""\b
Examples:
  rpmsim calibrate history.yaml
  rpmsim calibrate history.yaml --as-of 2026-06-30 --out june
  rpmsim calibrate history.yaml --window 90 --until 2027
  rpmsim calibrate history.yaml --accept "bulk edits" --accept "missing starts"
  rpmsim calibrate history.yaml --record backtests/history/backtest.json
  rpmsim calibrate history.yaml --json | jq .stages

\b
Then:
  rpmsim run models/NAME/model.yaml
or a plan that changes it: a file that begins with `extends: model.yaml`.

\b
PASS    nothing to do
REVIEW  somebody should look at it
FAIL    a forecast from this is wrong unless something is done
The exit code is 0 whatever the verdict; it is 2 if nothing could be fitted.
"""
)
@history_argument
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Use what was known on this day.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the output. Default: models/<history>."
)
@click.option(
    "--window",
    callback=_window,
    metavar="DAYS|all",
    help="Fit to the last so many days, or to all of the history. Default: what would have forecast best.",
)
@click.option(
    "--horizon",
    type=click.IntRange(1, MOST_DAYS),
    default=DEFAULT_HORIZON,
    show_default=True,
    metavar="DAYS",
    help="Choose the window for forecasts of so many days.",
)
@click.option(
    "--until",
    callback=_until,
    metavar="PERIOD",
    help="Last period or day that the model forecasts, such as 2027-Q2 or 2027. Default: the next quarter.",
)
@click.option(
    "--draws",
    type=click.IntRange(1, MOST_REPLICATIONS),
    default=DEFAULT_DRAWS,
    show_default=True,
    metavar="N",
    help="Number of joint parameter draws.",
)
@seed_option
@plug_in_option
@accept_option
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The backtest.json from which the model gets its track record. Default: that in backtests/<history>, if there "
    "is one.",
)
@json_option
def calibrate(
    file: Path,
    as_of: dt.datetime | None,
    out: Path | None,
    window: int | None,
    horizon: int,
    until: dt.date | None,
    draws: int,
    seed: int,
    plug_in: bool,
    accept: tuple[str, ...],
    record: Path | None,
    as_json: bool,
) -> None:
    """Fit a model to HISTORY, and report what was fitted from how many records and how sure it is.

    Writes model.yaml, posterior.nc, open.csv, actuals.csv, health.md, health.json and the charts shares, incidence,
    arrivals and amounts (.svg, .png), or nothing at all. Start with `rpmsim audit`, which says what is wrong with a
    history.
    """
    from rpmsim.calibration import calibrate as calibrated
    from rpmsim.history import open_history
    from rpmsim.report.calibration_text import calibration_text

    with open_history(file) as history:
        name = history.mapping.name
        folder = out or home_of_history("models", name)
        backtest = _backtest(record, history, plug_in)
        with new_files(folder, overwrite=True) as work:
            with words_line("Calibrating") as progress:
                calibration = calibrated(
                    history,
                    as_of=None if as_of is None else as_of.date(),
                    window=window,
                    horizon=horizon,
                    until=until,
                    draws=draws,
                    seed=seed,
                    plug_in=plug_in,
                    accept=accept,
                    record=None if backtest is None else backtest[1],
                    progress=progress,
                )
            document = calibration.document()
            calibration.write(work)
            text = plain(json.dumps(document, ensure_ascii=False, indent=1))
            _write_health(work, document, text)
            names = {path.name for path in work.iterdir()}
    click.echo(text if as_json else calibration_text(document, folder, names), nl=as_json)
    click.echo(f"\nWritten to {folder}", err=True)
    if backtest is not None:
        click.echo(_said_of_record(document, backtest[0]), err=True)


def _backtest(named: Path | None, history: History, plug_in: bool) -> tuple[Path, Any] | None:
    """The backtest that is named, or else the one in its usual place, which is left alone where it does not fit."""
    from rpmsim.calibration.track_record import check_records, read_backtest, scored_forecasts

    path = named or home_of_history("backtests", history.mapping.name) / "backtest.json"
    if named is None and not path.exists():
        return None
    try:
        document = read_backtest(path)
        scored_forecasts(document, history.mapping.name, plug_in, str(path))
        check_records(document, history, str(path))
    except InputError as error:
        if named is not None:
            raise
        click.echo(f"No track record is taken from {error}", err=True)
        return None
    return path, document


def _said_of_record(document: Mapping[str, Any], path: Path) -> str:
    """Which forecasts of a backtest the model states."""
    record = document["track_record"]
    if not record:
        return f"No track record: no forecast in {path} was over by {document['as_of']}"
    counts = (f"{entry['forecasts']:,} forecasts of {metric}" for metric, entry in record.items())
    return f"Track record from {path}: {', '.join(counts)}"


def _write_health(folder: Path, document: Mapping[str, Any], text: str) -> None:
    """Write the health of the calibration: as JSON, and as a page with charts."""
    from rpmsim.report.calibration_charts import calibration_charts
    from rpmsim.report.calibration_markdown import calibration_markdown

    charts = calibration_charts(document)
    for name, (chart, _) in charts.items():
        chart.write(folder, name)
    page = calibration_markdown(document, {name: what for name, (_, what) in charts.items()})
    (folder / "health.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    (folder / "health.md").write_text(page, encoding="utf-8", newline="\n")
