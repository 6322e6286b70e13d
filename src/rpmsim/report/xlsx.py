"""How a workbook is written: sheets with a table or with pictures, one look for all, and the same bytes each time."""

from __future__ import annotations

import datetime as dt
import io
import math
import struct
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rpmsim.report.sheets import Table

_FORMATS = {
    "text": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "number": {"num_format": "[>=9.95]#,##0;[<=-9.95]-#,##0;0.0"},
    "whole": {"num_format": "#,##0"},
    "percent": {"num_format": "0%"},
    "chance": {"num_format": '[>0.995]">99%";[<0.005]"<1%";0%'},
    "exact": {"num_format": "0.0%"},
    "fine": {"num_format": "0.00%"},
    "ratio": {"num_format": "0.00"},
}
"""As text and charts write them: whole from ten on, whole percents, and no chance that is certain."""
_WIDTHS = dict.fromkeys(_FORMATS, 13) | {"text": 16, "date": 11, "percent": 10, "chance": 10, "exact": 10, "fine": 10}
_ALIGNED = dict.fromkeys(_FORMATS, "right") | {"text": "left"}
_LINE_POINTS = 15
_MARGIN = 2
"""Letters of a column's width that bold headings need beyond their own."""
_CHART_SCALE = 0.9
"""So that the chart is nearly as wide as a landscape page."""
_CHART_INCHES = 6.3
"""Height of a picture beyond which it would not fit a landscape page."""
_WRAPPED_ABOVE = 40
_MOST_LETTERS = 70
"""Of each part of a page's head and foot; all of it may have 255 letters."""
_DAY_0 = dt.date(1899, 12, 30)
"""Days of a workbook are counted from here."""
MOST_ROWS = 1_000_000
"""A sheet holds 1,048,576."""


@dataclass(frozen=True)
class Page:
    """What stands on every printed page: above, title and status; below, a name, what is known of it, and currency."""

    title: str
    status: str
    name: str
    known: str
    currency: str


class Writer:
    """Writes the sheets of a workbook."""

    def __init__(self, book: Any, page: Page) -> None:
        style = {"bold": True, "bg_color": "#e8eef5", "bottom": 1, "text_wrap": True, "valign": "bottom"}
        self._book, self._page = book, page
        self._formats = {kind: book.add_format({**form, "valign": "top"}) for kind, form in _FORMATS.items()}
        self._headings = {kind: book.add_format(style | {"align": _ALIGNED[kind]}) for kind in _FORMATS}
        self._note = book.add_format({"italic": True, "font_color": "#5f6368"})
        self._word = book.add_format({"align": "right", "valign": "top"})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def table(self, table: Table) -> None:
        """Write a table on a sheet of its own; one without rows is left out."""
        if not table.rows:
            return
        sheet = self._sheet(table.name)
        sheet.fit_to_pages(1, 0)
        widths = [
            (table.widths or {}).get(
                column, max(_WIDTHS[kind], *(len(word) + _MARGIN for word in title.split() or [""]))
            )
            for column, (title, kind) in enumerate(table.head)
        ]
        self._head(sheet, table, widths)
        self._rows(sheet, table, widths)
        last = min(len(table.rows), MOST_ROWS)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(table.head) - 1)
        sheet.repeat_rows(0)
        for i, line in enumerate(table.notes):
            sheet.write_string(last + 2 + i, 0, line, self._note)

    def picture_sheet(self, name: str) -> Any:
        """An empty sheet for pictures; see :meth:`pictures`."""
        sheet = self._sheet(name)
        sheet.set_default_row(_LINE_POINTS + 1)  # stated, so that no program stretches the pictures by its own
        sheet.hide_gridlines(2)
        return sheet

    def pictures(self, sheet: Any, pictures: Mapping[str, bytes], descriptions: Mapping[str, str]) -> None:
        """Put pictures (PNG, by name) below each other on a sheet, each on a page of its own."""
        row, breaks = 0, []
        for name, png in pictures.items():
            inches = _inches(png)
            scale = min(_CHART_SCALE, _CHART_INCHES / inches)
            image = {"image_data": io.BytesIO(png), "x_scale": scale, "y_scale": scale}
            sheet.insert_image(row, 0, f"{name}.png", image | {"description": descriptions.get(name, name)})
            row += math.ceil(72 * scale * inches / (_LINE_POINTS + 1)) + 2
            breaks.append(row)
        sheet.fit_to_pages(1, 1 if len(breaks) == 1 else 0)
        sheet.set_h_pagebreaks(breaks[:-1])

    def _sheet(self, name: str) -> Any:
        """A new sheet, and how it is printed."""
        sheet, page = self._book.add_worksheet(name), self._page
        sheet.set_landscape()
        sheet.set_header(f"&L{_part(page.title)}&C&A&R{_part(page.status)}")
        sheet.set_footer(f"&L{_part(page.name)}: {_part(page.known)}&CAmounts in {_part(page.currency)}&RPage &P of &N")
        return sheet

    def _head(self, sheet: Any, table: Table, widths: list[int]) -> None:
        for column, (title, kind) in enumerate(table.head):
            sheet.set_column(column, column, widths[column], self._formats[kind])  # also of cells that hold nothing
            sheet.write_string(0, column, title, self._headings[kind])
        lines = (
            len(textwrap.wrap(title, width - _MARGIN)) for (title, _), width in zip(table.head, widths, strict=True)
        )
        sheet.set_row(0, max(2, *lines) * _LINE_POINTS)

    def _rows(self, sheet: Any, table: Table, widths: list[int]) -> None:
        kinds = [kind for _, kind in table.head]
        formats, numbers, texts = self._formats, sheet.write_number, sheet.write_string
        for number, row in enumerate(table.rows[:MOST_ROWS], 1):
            own = formats[table.row_kinds[number - 1] if table.row_kinds else "number"]
            lines = 1
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                if type(value) is float:  # nearly all are
                    numbers(number, column, value, own if kinds[column] == "number" else formats[kinds[column]])
                elif isinstance(value, dt.date):
                    numbers(number, column, (value - _DAY_0).days, formats["date"])
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    numbers(number, column, value, own if kinds[column] == "number" else formats[kinds[column]])
                elif widths[column] > _WRAPPED_ABOVE:
                    texts(number, column, str(value), self._wrapped)  # never a formula
                    if len(str(value)) > widths[column]:
                        lines = max(lines, math.ceil(1.1 * len(str(value)) / widths[column]))
                else:
                    texts(number, column, str(value), formats["text"] if kinds[column] == "text" else self._word)
            if lines > 1:
                sheet.set_row(number, _LINE_POINTS * lines)


@contextmanager
def written(out: io.BytesIO, page: Page, created: str | None = None) -> Iterator[Writer]:
    """Write a workbook into memory.

    Parameters
    ----------
    out : BytesIO
        Holds the workbook when the context is left.
    page : Page
    created : str, optional
        When its contents were made; by default a fixed day, so that the same numbers give the same bytes.
    """
    import xlsxwriter

    from rpmsim.report.cells import Sheet

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        made = dt.datetime.fromisoformat(created) if created else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
        book.set_properties({"title": page.title, "created": made})
        book.worksheet_class = Sheet
        yield Writer(book, page)


def _part(text: str) -> str:
    """Text for the head or foot of a page: not too long, and no codes."""
    short = text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."
    return short.replace("&", "&&")


def _inches(png: bytes) -> float:
    """Height of a picture at the resolution that it states."""
    at = png.find(b"pHYs")
    per_metre: int = struct.unpack(">I", png[at + 8 : at + 12])[0] if at > 0 else 3780
    height: int = struct.unpack(">I", png[20:24])[0]
    return height / (per_metre * 0.0254)
