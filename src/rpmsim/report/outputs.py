"""The files of a run beside ``forecast.nc``: the summary as JSON, as a table and as a workbook, and the chart."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rpmsim.display import plain
from rpmsim.report.all_numbers import COLUMNS, summary_rows
from rpmsim.report.canvas import Chart
from rpmsim.report.charts import bands_chart
from rpmsim.report.workbook import workbook

Document = Mapping[str, Any]
_ENCODED = json.JSONEncoder(ensure_ascii=False).encode


def write_results(
    folder: Path,
    document: Document,
    provenance: Mapping[str, Any],
    hashes: Mapping[str, str],
    chart: Callable[[], Chart] | None = None,
) -> None:
    """Write ``run.json``, ``summary.csv``, ``summary.xlsx``, ``bands.svg`` and ``bands.png`` into a folder.

    Parameters
    ----------
    folder : Path
        An existing folder; that it appears whole or not at all is its owner's business.
    document : mapping
        The summary document of the run.
    provenance : mapping
        From which the run can be repeated; goes into ``run.json`` and, in words, into the workbook.
    hashes : mapping of str to str
        Of every variable of the forecast; they go into ``run.json``.
    chart : callable, optional
        Gives the chart, where it is drawn elsewhere; it is asked for once.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    drawn = functools.cache(chart or (lambda: bands_chart(document)))
    (folder / "run.json").write_text(run_json(document, provenance, hashes), encoding="utf-8", newline="\n")
    (folder / "summary.csv").write_text(summary_csv(document), encoding="utf-8", newline="")
    (folder / "summary.xlsx").write_bytes(workbook(document, provenance, lambda: drawn().png))
    (folder / "bands.svg").write_text(drawn().svg, encoding="utf-8", newline="\n")
    (folder / "bands.png").write_bytes(drawn().png)


def run_json(document: Document, provenance: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    """The document of ``run --json``, with the hash of every variable and the provenance."""
    whole = {**document, "variable_hashes": hashes, "provenance": provenance}
    return plain(_indented(whole, "\n")) + "\n"


def _indented(value: Any, line: str) -> str:
    """JSON with what holds maps or lists over several lines, and all else in one: quicker to write and to read."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(item, (dict, list)) for item in inner):
        return _ENCODED(value)
    deeper = f"{line} "
    if isinstance(value, list):
        return f"[{','.join(deeper + _indented(item, deeper) for item in value)}{line}]"
    rows = (f"{deeper}{_ENCODED(str(key))}: {_indented(item, deeper)}" for key, item in value.items())
    return f"{{{','.join(rows)}{line}}}"


def summary_csv(document: Document) -> str:
    """All numbers of the document as a table, one row for each metric and period; see :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(summary_rows(document))
    return out.getvalue()
