"""Cells of a workbook, written in one step each: a sheet of a run has tens of thousands."""

from __future__ import annotations

from functools import cache
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_letters = cache(xl_col_to_name)


class Sheet(Worksheet):  # type: ignore[misc]
    """A sheet of numbers and texts that all have a format; its bytes are those of the library's own."""

    write_number, write_string = Worksheet._write_number, Worksheet._write_string  # cells are never named by letters

    def _write_cell(self, row: int, column: int, cell: Any) -> None:
        kind = type(cell).__name__
        if cell.format is None or kind not in ("Number", "String"):
            super()._write_cell(row, column, cell)
            return
        value = f"><v>{cell.number:.16G}" if kind == "Number" else f' t="s"><v>{cell.string}'
        self.fh.write(f'<c r="{_letters(column)}{row + 1}" s="{cell.format._get_xf_index()}"{value}</v></c>')
