"""``summary.xlsx``: one sheet for each table of a run, numbers as numbers, and what the words mean."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from rpmsim.report.sheets import tables
from rpmsim.report.text import settings_of, standing
from rpmsim.report.xlsx import Page, written

Document = Mapping[str, Any]


def workbook(document: Document, provenance: Mapping[str, Any], chart_png: Callable[[], bytes]) -> bytes:
    """The workbook of a run.

    Parameters
    ----------
    document : mapping
        The summary document.
    provenance : mapping
        For the sheet that says what the numbers rest on.
    chart_png : callable
        Gives the chart, for a sheet of its own, when all else is there.

    Returns
    -------
    bytes
        An XLSX file; the same for the same run.
    """
    out = io.BytesIO()
    with written(out, _page(document), provenance.get("created_at")) as writer:
        for table in tables(document, provenance):
            writer.table(table)
            if table.name == "Forecast":
                chart = writer.picture_sheet("Chart")
        writer.pictures(chart, {"bands": chart_png()}, {"bands": "Forecast with bands"})
    return out.getvalue()


def _page(document: Document) -> Page:
    """Every page says of what scenario it is, where that stands, and in what currency."""
    known = settings_of(document) or f"As of {document['as_of']}"
    status = standing(document) or "Status: not stated"
    return Page(document["label"], status, document["scenario"], known, document["currency"])
