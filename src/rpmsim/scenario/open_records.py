"""What is open at the start, from a table to the nodes that the scenario would hold, and back to CSV text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import replace

from rpmsim.scenario.language.scenario import OPEN_DEAL, OPENING
from rpmsim.scenario.table_columns import columns_of
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar
from rpmsim.text.sheet import Sheet

DEAL_COLUMNS = (*OPEN_DEAL.fields, "currency", "note")
STOCK_COLUMNS = ("stage", *OPENING.fields, "note")
Cells = MappingType[str, Node]


def open_records(sheet: Sheet, path: Path, complaints: Complaints) -> Listing:
    """The open deals of a table, each a map with the positions of its cells; `currency` is that of the amount."""
    result = Listing([], sheet.header[0].mark)
    for cells in _records(sheet, DEAL_COLUMNS, ("id", "stage", "entered", "channel"), path, complaints):
        currency, amount = cells.items.pop("currency", None), cells.items.get("amount")
        if isinstance(amount, Scalar):
            cells.items["amount"] = amount = without_parentheses(amount)
        if isinstance(currency, Scalar) and isinstance(amount, Scalar):
            cells.items["amount"] = replace(amount, text=f"{amount.text} {currency.text}")
        result.items.append(cells)
    return result


def opening_stock(sheet: Sheet, path: Path, complaints: Complaints) -> Mapping:
    """The opening stock of a table by stage, each row a map with the positions of its cells."""
    result = Mapping({}, {}, sheet.header[0].mark)
    for cells in _records(sheet, STOCK_COLUMNS, ("stage", "channel", "count"), path, complaints):
        stage = cells.items.pop("stage", None)
        if not isinstance(stage, Scalar):
            complaints.error(cells.mark, path, "opening leads without a stage", "write the name of their stage")
            continue
        rows = result.items.get(stage.text)
        if not isinstance(rows, Listing):
            rows = Listing([], stage.mark)
            result.put(stage.text, rows, stage.mark)
        rows.items.append(cells)
    return result


def _records(
    sheet: Sheet, known: tuple[str, ...], needed: tuple[str, ...], path: Path, complaints: Complaints
) -> Iterator[Mapping]:
    """The rows of a table as maps; an empty cell states nothing."""
    columns = columns_of(sheet, known, needed, path, complaints)
    for row in sheet.rows if columns else ():
        assert columns is not None
        cells: dict[str, Node] = {name: row[i] for name, i in columns.items() if row[i].text}
        yield Mapping(cells, {name: row[columns[name]].mark for name in cells}, row[0].mark)


def without_parentheses(value: Scalar) -> Scalar:
    """A negative amount as accountants write it, `(5,000)`, with a minus."""
    match = re.fullmatch(r"\(([^()]+)\)( [A-Z]{3})?", value.text.strip())
    return replace(value, text=f"-{match[1]}{match[2] or ''}") if match else value


def deals_text(node: Node) -> str | None:
    """Open deals as CSV text, or None if one contains more than plain values."""
    if isinstance(node, Mapping):
        rows: list[Cells] = [{"id": Scalar(key, node.marks[key]), **_cells(item)} for key, item in node.items.items()]
        return _csv_text(rows, DEAL_COLUMNS)
    return _csv_text([_cells(item) for item in node.items], DEAL_COLUMNS) if isinstance(node, Listing) else None


def stock_text(node: Node) -> str | None:
    """Opening stock that came from a table as CSV text, or None if it did not, or contains more than plain values."""
    if not isinstance(node, Mapping) or not node.table:
        return None
    rows: list[Cells] = [
        {"stage": Scalar(stage, node.marks[stage]), **_cells(row)}
        for stage, listed in node.items.items()
        for row in (listed.items if isinstance(listed, Listing) else ())
    ]
    whole = all(isinstance(listed, Listing) and listed.items for listed in node.items.values())
    return _csv_text(rows, STOCK_COLUMNS) if whole else None


def _cells(node: Node) -> Cells:
    return node.items if isinstance(node, Mapping) else {}


def _csv_text(rows: list[Cells], known: tuple[str, ...]) -> str | None:
    """Records as CSV text, or None if one contains more than plain values of known columns."""
    if not rows or not all(row and all(isinstance(cell, Scalar) for cell in row.values()) for row in rows):
        return None
    header = [key for key in known if any(key in row for row in rows)]
    if any(key not in header for row in rows for key in row):
        return None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        cells = [row.get(key) for key in header]
        writer.writerow([cell.text if isinstance(cell, Scalar) else "" for cell in cells])
    return out.getvalue()
