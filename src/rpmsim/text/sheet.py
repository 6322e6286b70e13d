"""A table in a file, CSV or XLSX, to rows of cells that know where they stand.

A cell is text, whatever the spreadsheet thought it was: the place that reads it says what it means. Files come from
others: formulas are not computed, nothing in them is run, and what they unpack to is bounded.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Mark, Path, Scalar
from rpmsim.text.source import SourceFile, read_bytes, read_text
from rpmsim.text.unpacking import Most, Refused, check_workbook
from rpmsim.text.yaml_text import CONTROL

LARGEST_WORKBOOK = 5_000_000
"""Bytes as stored."""
MOST = Most(unpacked=30_000_000, cells=1 << 40, characters=20_000_000)
"""What a workbook may unpack to; cells far from the table take no memory here."""
MOST_ROWS = 20_001
MOST_COLUMNS = 100
"""A header and 20,000 records; more is data, not a plan."""
FARTHEST_ROW = 50_000
"""What stands below in a workbook is not looked for."""

_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA")


@dataclass(frozen=True)
class Sheet:
    """A table with a header.

    Parameters
    ----------
    label : str
        What names it in messages: the file, and for a workbook the sheet.
    header : tuple of Scalar
        Headings; empty cells at the end are cut off.
    rows : tuple of tuples of Scalar
        As many cells in each as the header has; rows without any text are left out.
    """

    label: str
    header: tuple[Scalar, ...]
    rows: tuple[tuple[Scalar, ...], ...]


def read_sheet(
    file: FilePath, shown: str, sheet: str, complaints: Complaints, at: Mark, path: Path
) -> tuple[Sheet | None, SourceFile | None]:
    """Read a table from a CSV file or a workbook.

    Parameters
    ----------
    shown : str
        The file as the user wrote it.
    sheet : str
        Name of the sheet; may be empty for a workbook that has one.
    at, path : Mark, Path
        Where the file is named, and what for.

    Returns
    -------
    tuple of (Sheet or None, SourceFile or None)
        None where it cannot be read; the error is then among the complaints.
    """
    if file.suffix.lower() == ".csv":
        if sheet:
            complaints.error(at, path, f"{shown} is a CSV file and has no sheet `{sheet}`", "remove `sheet`")
        text = read_text(file, shown, complaints, at, path)
        if text is None:
            return None, None
        return csv_sheet(text[0], shown, 1, Mark(shown, 1, 1), complaints, path), text[1]
    read = read_bytes(file, shown, LARGEST_WORKBOOK, complaints, at, path)
    if read is None:
        return None, None
    _warn_if_open(file, shown, complaints, at, path)
    return _workbook_sheet(read[0], shown, sheet, complaints, at, path), read[1]


def csv_sheet(text: str, label: str, first_line: int, mark: Mark, complaints: Complaints, path: Path) -> Sheet | None:
    """The table in a CSV text whose first line is line ``first_line`` of the file ``label``."""
    rows: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(text), strict=True)
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((first_line + reader.line_num - 1, row))
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        complaints.error(mark, path, f"not a CSV file: {error}", "check quotes")
        return None
    cells = [tuple(Scalar(cell.strip(), Mark(label, line, 1), quoted=True) for cell in row) for line, row in rows]
    if cells and len(cells[0]) == 1 and ";" in cells[0][0].text:
        complaints.error(
            cells[0][0].mark,
            path,
            "columns are separated by semicolons",
            "separate columns with commas and write decimal points, or use the .xlsx file",
        )
        return None
    return _sheet(label, cells, mark, complaints, path, exact=True)


def _sheet(
    label: str, cells: list[tuple[Scalar, ...]], mark: Mark, complaints: Complaints, path: Path, exact: bool
) -> Sheet | None:
    """Header and rows; in a CSV file (``exact``) every line has as many cells as the header."""
    if not cells:
        complaints.error(mark, path, "the table is empty", "the first row must name the columns")
        return None
    strange = next((cell for row in cells for cell in row if CONTROL.search(cell.text)), None)
    if strange is not None:
        number = ord(CONTROL.search(strange.text).group())  # type: ignore[union-attr]
        complaints.error(strange.mark, path, f"character {number:#04x} is not allowed in a cell", "retype it")
        return None
    header = list(cells[0])
    if len(cells) > MOST_ROWS:
        complaints.error(mark, path, f"more than {MOST_ROWS - 1:,} rows", "combine old ones")
        return None
    for i, cell in enumerate(header):
        if cell.text and cell.text.lower() in [other.text.lower() for other in header[:i]]:
            complaints.error(cell.mark, path, f"the column `{cell.text[:60]}` appears twice", "keep one of them")
            return None
    rows = []
    for row in cells[1:]:
        if exact and len(row) != len(header):
            complaints.error(
                row[0].mark,
                path,
                f"{len(row)} cells, but the header has {len(header)}",
                "check the commas in this line: quote text that contains a comma, and write numbers without commas",
            )
            continue
        beyond = [cell for cell in row[len(header) :] if cell.text]
        if beyond:
            complaints.error(
                beyond[0].mark,
                path,
                f"`{beyond[0].text[:60]}` is in a column without a heading",
                "give the column a heading in the first row, or clear the cell",
            )
        line = row[0].mark.line
        missing = (Scalar("", Mark(label, line, i), quoted=True) for i in range(len(row) + 1, len(header) + 1))
        rows.append((*row[: len(header)], *missing))
    return Sheet(label, tuple(header), tuple(rows))


def _workbook_sheet(data: bytes, shown: str, name: str, complaints: Complaints, at: Mark, path: Path) -> Sheet | None:
    """One sheet of a workbook; formulas give the values that were stored with them."""
    try:
        contents = check_workbook(io.BytesIO(data), MOST)
    except Refused as refused:
        complaints.error(at, path, f"{shown} {refused.message}", refused.fix)
        return None
    import openpyxl  # a quarter of a second, which a scenario without workbooks need not wait for

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what of a workbook is no table (styles, validations) is not our business
            stored = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            titles = [sheet.title for sheet in stored.worksheets if sheet.sheet_state == "visible"]
            chosen = _chosen(name, titles, shown, complaints, at, path)
            if chosen is None:
                return None
            label = f"{shown}, sheet {chosen}"
            columns = min(contents.columns, MOST_COLUMNS + 1)
            cells = _cells(stored[chosen], label, columns)
            if contents.formulas and _gaps(cells):
                formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
                if not _formulas_have_values(formulas[chosen], columns, label, complaints, path, stored_in=cells):
                    return None
    except Exception:  # a workbook from anywhere: the reader stumbles over damaged ones in many ways
        complaints.error(at, path, f"{shown} cannot be read as a workbook", "open it and save it again as .xlsx")
        return None
    wide = next((row[MOST_COLUMNS] for row in cells if len(row) > MOST_COLUMNS), None)
    if wide is not None:
        complaints.error(wide.mark, path, f"more than {MOST_COLUMNS} columns", "copy the table to a separate sheet")
        return None
    return _sheet(label, cells, Mark(label, 1, 1), complaints, path, exact=False)


def _chosen(name: str, titles: list[str], shown: str, complaints: Complaints, at: Mark, path: Path) -> str | None:
    """The sheet that is meant."""
    if name in titles:
        return name
    if name:
        complaints.error(at, path, f"{shown} has no sheet `{name}`", nearest(name, titles))
        return None
    if len(titles) == 1:
        return titles[0]
    listed = ", ".join(f"`{title}`" for title in titles[:20])
    complaints.error(
        at,
        path,
        f"{shown} has {len(titles)} sheets: {listed}" if titles else f"{shown} has no visible sheet",
        f"state which one: `{{table: {shown.rpartition('/')[2]}, sheet: {titles[0] if titles else 'Sheet1'}}}`",
    )
    return None


def _numbered(sheet: Any, columns: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows of a sheet with their numbers, as far down as a table may reach."""
    return enumerate(sheet.iter_rows(max_row=FARTHEST_ROW, max_col=columns), 1)


def _cells(sheet: Any, label: str, columns: int) -> list[tuple[Scalar, ...]]:
    """The rows in which some cell holds something, each up to its last such cell."""
    rows = []
    for number, row in _numbered(sheet, columns):
        texts = [_text(cell.value) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            rows.append(tuple(Scalar(text, Mark(label, number, i), quoted=True) for i, text in enumerate(texts, 1)))
    return rows


def _gaps(cells: list[tuple[Scalar, ...]]) -> bool:
    """Whether a cell is empty under a heading or rows are left out: a formula without a value looks like that."""
    width = max((len(row) for row in cells), default=0)
    numbers = [row[0].mark.line for row in cells]
    return any(len(row) < width or not all(cell.text for cell in row) for row in cells) or numbers != list(
        range(1, len(cells) + 1)
    )


def _text(value: object) -> str:
    """A cell's value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return str(value).strip()


def _formulas_have_values(
    sheet: Any, columns: int, label: str, complaints: Complaints, path: Path, stored_in: list[tuple[Scalar, ...]]
) -> bool:
    """Report cells that hold a formula without the value it gave: nothing here computes it."""
    stored = {cell.mark[1:]: cell.text for row in stored_in for cell in row}
    fine = True
    for number, row in _numbered(sheet, columns):
        for i, cell in enumerate(row, 1):
            if getattr(cell, "data_type", "") == "f" and not stored.get((number, i)):
                complaints.error(
                    Mark(label, number, i),
                    path,
                    f"the formula `{str(cell.value)[:60]}` has no stored value",
                    "open the workbook, recalculate and save it; or write the value",
                )
                fine = False
    return fine


def is_error(text: str) -> bool:
    """Whether a cell holds an error of the spreadsheet, such as ``#N/A``."""
    return text in _ERRORS


def _warn_if_open(file: FilePath, shown: str, complaints: Complaints, at: Mark, path: Path) -> None:
    """Warn where a spreadsheet program has the workbook open: what is not saved there is not read."""
    locks = (file.with_name(f"~${file.name}"), file.with_name(f".~lock.{file.name}#"))
    if any(lock.exists() for lock in locks):
        complaints.warn(
            at, path, f"{shown} is open in a spreadsheet program", "save it there; unsaved changes are not read"
        )
