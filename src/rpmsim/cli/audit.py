"""``rpmsim audit``: what is in a history and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

from rpmsim.cli.destination import new_files
from rpmsim.cli.options import history_argument, json_option
from rpmsim.display import plain


@click.command(
    epilog="""\b
Examples:
  rpmsim audit history.yaml
  rpmsim audit history.yaml --as-of 2026-06-30 --out audit_june
  rpmsim audit history.yaml --json | jq '.items[] | select(.status == "FAIL")'

\b
PASS    nothing to do
REVIEW  somebody should look at it
FAIL    a model fitted to these data is wrong unless something is done
The exit code is 0 whatever the audit finds.
"""
)
@history_argument
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Audit what was known on this day.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the output. Default: audits/<history>."
)
@click.option("--log", is_flag=True, help="Also write the event log, as events.parquet.")
@json_option
def audit(file: Path, as_of: dt.datetime | None, out: Path | None, log: bool, as_json: bool) -> None:
    """Read the mapping HISTORY and its sources, and report what is in them and what is wrong with them.

    Writes audit.md, audit.json and the charts levels and stages (.svg, .png).
    """
    from rpmsim.history import open_history
    from rpmsim.history.audit import audit as audited
    from rpmsim.report.audit_charts import levels_chart, stages_chart
    from rpmsim.report.audit_text import audit_markdown, audit_text

    folder = out or Path("audits", file.stem)
    with new_files(folder, overwrite=True) as work, open_history(file) as history:
        found = audited(history, None if as_of is None else as_of.date())
        document = found.document()
        charts = {}
        if found.evidence.totals[0]:
            for name, draw, what in (
                ("levels", levels_chart, "Volume and conversion by week, with the dates of lasting changes"),
                ("stages", stages_chart, "Entries of each stage by week"),
            ):
                draw(found).write(work, name)
                charts[f"{name}.svg"] = what
        if log:
            found.evidence.view.write(history.work / "events.parquet")
            (work / "events.parquet").write_bytes((history.work / "events.parquet").read_bytes())
        text = plain(json.dumps(document, ensure_ascii=False, indent=1))
        (work / "audit.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        (work / "audit.md").write_text(audit_markdown(document, charts), encoding="utf-8", newline="\n")
    click.echo(text if as_json else audit_text(document), nl=as_json)
    click.echo(f"\nWritten to {folder}", err=True)
