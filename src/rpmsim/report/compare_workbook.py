"""``compare.xlsx``: the tables of a comparison, its charts, and what the words mean."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from rpmsim.report.compare_sheets import tables
from rpmsim.report.compare_text import others
from rpmsim.report.xlsx import Page, written

Document = Mapping[str, Any]


def compare_workbook(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The workbook of a comparison.

    Parameters
    ----------
    document : mapping
        The document of the comparison.
    pictures : mapping of str to bytes
        Charts as PNG, by name.

    Returns
    -------
    bytes
        An XLSX file; the same for the same document and pictures.
    """
    out = io.BytesIO()
    with written(out, _page(document)) as writer:
        for table in tables(document):
            if table.name == "All numbers" and pictures:
                writer.pictures(writer.picture_sheet("Charts"), pictures, {})
            writer.table(table)
    return out.getvalue()


def _page(document: Document) -> Page:
    """Every page says what is compared, where the baseline stands, and in what currency."""
    baseline, names = document["baseline"], others(document)
    title = f"{baseline} compared with {names[0] if len(names) == 1 else f'{len(names)} scenarios'}"
    status = document["status"].get(baseline)
    known = f"As of {document['as_of']}, until {document['until']}"
    return Page(title, f"Status: {status or 'not stated'}", baseline, known, document["currency"])
