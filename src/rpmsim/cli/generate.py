"""``rpmsim generate``: a synthetic CRM history from a scenario."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from rpmsim.cli.destination import new_files
from rpmsim.cli.options import scenario_argument, set_option, show_warnings
from rpmsim.cli.simulation import DEFAULT_SEED
from rpmsim.errors import Diagnostic, InputError

SHAPE_NAMES = ("events", "wide", "field-history", "values", "snapshots", "salesforce", "hubspot")
DATE = click.DateTime(["%Y-%m-%d"])


@click.command(
    epilog="""\b
Examples:
  rpmsim generate base.yaml --out history
  rpmsim generate base.yaml --out messy --mess usual --as-of 2028-06-30
  rpmsim generate base.yaml --out crm --shape salesforce --mess duplicates=0
  rpmsim generate base.yaml --out gaps --mess skipped_stages=10% --mess late_entries=30%

\b
Kinds of mess, each with the share of records that it affects:
  skipped_stages   a stage in the middle is missing
  reopened         a lost record is reopened, and lost again
  bulk_edits       losses are recorded together on the last evening of a month
  missing_starts   the first stage has no date (shape events)
  late_entries     a move is recorded days after it happened (shape events)
  duplicates       all rows of the record appear twice
"""
)
@scenario_argument("file")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the export.")
@click.option(
    "--shape",
    type=click.Choice(SHAPE_NAMES),
    default="events",
    show_default=True,
    help="Layout of the export: one of rpmsim's own shapes, or the export of a CRM.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Format of the tables.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=DEFAULT_SEED, show_default=True, metavar="N")
@click.option(
    "--draw", is_flag=True, help="Draw a value for each range, as a forecast does. Default: the medians of the ranges."
)
@click.option(
    "--mess",
    multiple=True,
    metavar="KIND=SHARE",
    help="Add data quality problems, see below; `usual` for some of each.",
)
@click.option("--as-of", type=DATE, metavar="DATE", help="Last day of the export. Default: the scenario's last day.")
@click.option(
    "--window",
    type=DATE,
    metavar="DATE",
    help="Leave out records that began before this day. Default: the scenario's first day, as records open then have "
    "no past.",
)
@set_option
def generate(
    file: Path,
    out: Path,
    shape: str,
    file_format: str,
    seed: int,
    draw: bool,
    mess: tuple[str, ...],
    as_of: dt.datetime | None,
    window: dt.datetime | None,
    settings: tuple[str, ...],
) -> None:
    """Simulate the scenario FILE once and write every lead as a CRM would export it.

    Writes the tables, history.yaml (the mapping that reads them back) and truth.json (the parameters, and the records
    that each kind of mess affected). For salesforce and hubspot, `rpmsim init --from` writes the mapping.
    """
    from rpmsim.generate import generate_history
    from rpmsim.generate.mess import cut, make_mess
    from rpmsim.generate.shapes import shape_of
    from rpmsim.generate.write import write_export, write_truth
    from rpmsim.scenario import load_scenario

    shares = _shares(mess)
    scenario = load_scenario(file, settings)
    show_warnings(scenario)
    model = scenario.model
    last = model.until if as_of is None else as_of.date()
    if not model.as_of < last <= model.until:
        what = f"{last} is outside the simulated days, {model.first_day} to {model.until}"
        raise InputError([Diagnostic("--as-of", None, None, "", what, "choose a day within them")])
    if window is not None and window.date() > last:
        raise InputError(
            [Diagnostic("--window", None, None, "", "is after the last day of the export", "choose an earlier day")]
        )
    history = generate_history(model, seed, drawn=draw)
    make_mess(history, shares, seed)
    cut(history, last, model.first_day if window is None else window.date())
    export = shape_of(shape, history)
    with new_files(out, overwrite=False) as work:
        write_export(export, work, file_format)
        about = {"scenario": scenario.name, "seed": seed, "as_of": str(last), "shape": shape, "shares": shares}
        write_truth(history, work / "truth.json", about)
    click.echo(f"{len(history.records):,} records, {sum(len(r.visits) for r in history.records):,} visits")
    click.echo(f"Written to {out}", err=True)


def _shares(mess: tuple[str, ...]) -> dict[str, float]:
    from rpmsim.generate.mess import MESS, USUAL

    shares: dict[str, float] = {}
    for word in mess:
        name, _, text = word.partition("=")
        if word == "usual":
            shares |= USUAL
            continue
        number = text.removesuffix("%")
        try:
            share = float(number) / (100.0 if text.endswith("%") else 1.0)
        except ValueError:
            share = -1.0
        if name not in MESS or not 0.0 <= share <= 1.0:
            known = ", ".join(f"`{kind}`" for kind in MESS)
            fix = f"write KIND=SHARE, such as duplicates=5%; the kinds are {known}; `usual` gives some of each"
            raise InputError([Diagnostic("--mess", None, None, word, "is not a kind of mess with a share", fix)])
        shares[name] = share
    return {name: share for name, share in shares.items() if share > 0.0}
