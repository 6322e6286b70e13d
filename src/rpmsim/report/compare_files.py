"""The files of a comparison: the document as JSON, as a table and as a workbook, and its charts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rpmsim.display import plain
from rpmsim.report.compare_rows import COLUMNS, rows

Document = Mapping[str, Any]


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
        chart.write(folder, name)


def compare_csv(document: Document) -> str:
    """All bands and differences as a table; see :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows(document):
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()
