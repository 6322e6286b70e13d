"""Sheets of workbooks as CSV files, from the row of the headings on: values only, times in ISO form."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rpmsim.errors import MissingExtra
from rpmsim.history.columns import MOST_DIGITS
from rpmsim.history.found_files import first_rows, refusal
from rpmsim.text.complaints import nearest

MOST_LINES_ABOVE = 20
"""Titles and notes above the headings of a sheet."""


def first_row(sheet: Path) -> list[str]:
    """The headings of a sheet that is CSV now."""
    return first_rows(sheet, ",", "utf-8")[0]


def sheets_as_csv(paths: tuple[Path, ...], sheet: str, folder: Path, shown: str) -> tuple[Path, ...]:
    """The sheet of each of some workbooks as a CSV file in a new folder, all of one form.

    Raises
    ------
    InputError
        Where a workbook cannot be read, or differs from the first one.
    MissingExtra
        Without the package that reads workbooks.
    """
    sheets: list[Path] = []
    folder.mkdir()
    for number, path in enumerate(paths, 1):
        name = shown if len(paths) == 1 else f"{shown} ({path.name})"
        target = folder / f"{number}.csv"
        _sheet_to_csv(path, sheet, target, name)
        sheets.append(target)
        if first_row(target) != first_row(sheets[0]):
            raise refusal(name, "has another header than the first file", "name files of one form")
    return tuple(sheets)


def _sheet_to_csv(path: Path, sheet: str, target: Path, shown: str) -> None:
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise MissingExtra(f"{shown}: workbooks need the extra `excel`: pip install 'rpmsim[excel]'") from error

    try:
        with (
            calamine.CalamineWorkbook.from_path(path) as book,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            names = book.sheet_names
            if sheet and sheet not in names:
                raise refusal(shown, f"has no sheet `{sheet}`", nearest(sheet, names))
            rows = book.get_sheet_by_name(sheet or names[0]).iter_rows() if names else iter(())
            writer = csv.writer(file)
            writer.writerows([_cell(value) for value in row] for row in _from_headings(rows))
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise refusal(
            shown, f"cannot be read as a workbook ({error})", "is it protected? Save it again, or save it as CSV"
        ) from error
    if not target.stat().st_size:
        raise refusal(shown, "has an empty sheet", "state the sheet with `sheet`")


def _from_headings(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Rows from that of the headings on: of the first ones, the first that has two, or else any; titles have one."""
    above: list[list[Any]] = []
    for row in rows:
        filled = sum(value not in ("", None) for value in row)
        if filled > 1 or (filled and len(above) == MOST_LINES_ABOVE):
            yield row
            break
        if filled:
            above.append(row)
    else:
        yield from above
    yield from rows


def _cell(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 10**MOST_DIGITS else f"{value:.15E}"
    return "" if value is None else str(value)
