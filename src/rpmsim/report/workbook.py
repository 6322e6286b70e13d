"""``summary.xlsx``: one sheet for each table of a run, numbers as numbers, and what the words mean."""

from __future__ import annotations

import datetime as dt
import io
import math
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from rpmsim.report.sheets import Table, tables
from rpmsim.report.text import settings_of, standing

Document = Mapping[str, Any]

_FORMATS = {
    "text": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "number": {"num_format": "[>=9.95]#,##0;[<=-9.95]-#,##0;0.0"},
    "whole": {"num_format": "#,##0"},
    "percent": {"num_format": "0%"},
    "chance": {"num_format": '[>0.995]">99%";[<0.005]"<1%";0%'},
    "exact": {"num_format": "0.0%"},
    "ratio": {"num_format": "0.00"},
}
"""As text and charts write them: whole from ten on, whole percents, and no chance that is certain."""
_WIDTHS = dict.fromkeys(_FORMATS, 13) | {"text": 16, "date": 11, "percent": 10, "chance": 10, "exact": 10}
_ALIGNED = dict.fromkeys(_FORMATS, "right") | {"text": "left"}
_LINE_POINTS = 15
_MARGIN = 2
"""Letters of a column's width that bold headings need beyond their own."""
_CHART_SCALE = 0.9
"""So that the chart is nearly as wide as a landscape page."""
_WRAPPED_ABOVE = 40
_MOST_LETTERS = 70
"""Of each part of a page's head and foot; all of it may have 255 letters."""
_DAY_0 = dt.date(1899, 12, 30)
"""Days of a workbook are counted from here."""
MOST_ROWS = 1_000_000
"""A sheet holds 1,048,576."""


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
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        created = provenance.get("created_at")
        book.set_properties(
            {
                "title": document["label"],
                "created": dt.datetime.fromisoformat(created) if created else dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
            }
        )
        formats = {kind: book.add_format({**style, "valign": "top"}) for kind, style in _FORMATS.items()}
        style = {"bold": True, "bg_color": "#e8eef5", "bottom": 1, "text_wrap": True, "valign": "bottom"}
        headings = {kind: book.add_format(style | {"align": _ALIGNED[kind]}) for kind in _FORMATS}
        note = book.add_format({"italic": True, "font_color": "#5f6368"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for table in tables(document, provenance):
            if not table.rows:
                continue
            sheet = book.add_worksheet(table.name)
            _write(sheet, table, formats, headings, note, wrapped)
            _set_page(sheet, document)
            if table.name == "Forecast":
                chart = book.add_worksheet("Chart")
                _set_page(chart, document)
                chart.set_default_row(_LINE_POINTS + 1)  # stated, so that no program stretches the chart by its own
                chart.hide_gridlines(2)
                chart.fit_to_pages(1, 1)
        image = {"image_data": io.BytesIO(chart_png()), "x_scale": _CHART_SCALE, "y_scale": _CHART_SCALE}
        chart.insert_image(0, 0, "bands.png", image | {"description": "Forecast with bands"})
    return out.getvalue()


def _set_page(sheet: Any, document: Document) -> None:
    """How a sheet is printed: every page says of what scenario it is, where that stands, and in what currency."""
    known = settings_of(document) or f"As of {document['as_of']}"
    status = standing(document) or "Status: not stated"
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{_part(document['label'])}&C&A&R{_part(status)}")
    sheet.set_footer(
        f"&L{_part(document['scenario'])}: {_part(known)}&CAmounts in {_part(document['currency'])}&RPage &P of &N"
    )


def _part(text: str) -> str:
    """Text for the head or foot of a page: not too long, and no codes."""
    short = text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."
    return short.replace("&", "&&")


def _write(
    sheet: Any, table: Table, formats: Mapping[str, Any], headings: Mapping[str, Any], note: Any, wrapped: Any
) -> None:
    widths = [
        (table.widths or {}).get(column, max(_WIDTHS[kind], *(len(word) + _MARGIN for word in title.split() or [""])))
        for column, (title, kind) in enumerate(table.head)
    ]
    for column, (title, kind) in enumerate(table.head):
        sheet.set_column(column, column, widths[column], formats[kind])  # also of cells that hold nothing
        sheet.write_string(0, column, title, headings[kind])
    lines = (len(textwrap.wrap(title, width - _MARGIN)) for (title, _), width in zip(table.head, widths, strict=True))
    sheet.set_row(0, max(2, *lines) * _LINE_POINTS)
    kinds = [kind for _, kind in table.head]
    numbers, texts = sheet.write_number, sheet.write_string
    text, date = formats["text"], formats["date"]
    for number, row in enumerate(table.rows[:MOST_ROWS], 1):
        own = formats[table.row_kinds[number - 1] if table.row_kinds else "number"]
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            if isinstance(value, dt.date):
                numbers(number, column, (value - _DAY_0).days, date)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                numbers(number, column, value, own if kinds[column] == "number" else formats[kinds[column]])
            elif widths[column] > _WRAPPED_ABOVE:
                texts(number, column, str(value), wrapped)  # never a formula
                if len(str(value)) > widths[column]:
                    sheet.set_row(number, _LINE_POINTS * math.ceil(1.1 * len(str(value)) / widths[column]))
            else:
                texts(number, column, str(value), text)
    last = min(len(table.rows), MOST_ROWS)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(table.head) - 1)
    sheet.repeat_rows(0)
    for i, line in enumerate(table.notes):
        texts(last + 2 + i, 0, line, note)
