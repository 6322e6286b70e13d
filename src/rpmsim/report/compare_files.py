"""The files of a comparison: the document as JSON, as a table and as a workbook, and its charts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rpmsim.display import plain

Document = Mapping[str, Any]

_BAND = ("mean", "sd", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "mc_error")
_DIFFERENCE = ("mean", "sd", "p10", "p25", "p50", "p75", "p80", "p90", "mc_error")
COLUMNS = (
    "metric", "unit", "period", "scenario",
    *_BAND,
    *(f"difference_{key}" for key in _DIFFERENCE),
    "probability_better", "probability_same", "variance_saved",
)  # fmt: skip
"""Columns of ``compare.csv``; those of differences are empty for the baseline."""


def write_comparison(folder: Path, document: Document) -> None:
    """Write ``compare.json``, ``compare.csv``, ``compare.xlsx`` and the charts into a folder.

    Parameters
    ----------
    folder : Path
        An existing folder.
    document : mapping
        The document of the comparison.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    from rpmsim.report.compare_charts import charts
    from rpmsim.report.compare_workbook import compare_workbook

    drawn = dict(charts(document))
    whole = plain(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"
    (folder / "compare.json").write_text(whole, encoding="utf-8", newline="\n")
    (folder / "compare.csv").write_text(compare_csv(document), encoding="utf-8", newline="")
    pictures = {name: chart.png for name, chart in drawn.items()}
    (folder / "compare.xlsx").write_bytes(compare_workbook(document, pictures))
    for name, chart in drawn.items():
        (folder / f"{name}.svg").write_text(chart.svg, encoding="utf-8", newline="\n")
        (folder / f"{name}.png").write_bytes(chart.png)


def rows(document: Document) -> Iterator[dict[str, Any]]:
    """One row for each metric, period and scenario."""
    for metric, spans in document["metrics"].items():
        for period, entries in spans.items():
            for scenario, entry in entries.items():
                head = {"metric": metric, "unit": document["units"][metric], "period": period, "scenario": scenario}
                change = {f"difference_{key}": value for key, value in entry.get("difference", {}).items()}
                rest = {key: entry.get(key) for key in ("probability_better", "probability_same", "variance_saved")}
                row = head | entry["value"] | change | rest
                yield {key: row.get(key) for key in COLUMNS}


def compare_csv(document: Document) -> str:
    """All bands and differences as a table; see :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows(document):
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()
