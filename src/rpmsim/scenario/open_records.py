"""Open records from a table to the nodes that a list in the scenario would give, and back to CSV text."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from rpmsim.scenario.language.scenario import OPEN_DEAL
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar
from rpmsim.text.sheet import Sheet


def open_records(sheet: Sheet, path: Path, complaints: Complaints) -> Listing:
    """The records of a table, each a map with the positions of its cells; `currency` is that of the amount."""
    mark = sheet.header[0].mark if sheet.header else sheet.rows[0][0].mark
    result = Listing([], mark)
    if not _header_is_fine(sheet, path, complaints):
        return result
    for row in sheet.rows:
        cells: dict[str, Node] = {
            name.text: cell for name, cell in zip(sheet.header, row, strict=True) if name.text and cell.text
        }
        currency = cells.pop("currency", None)
        amount = cells.get("amount")
        if isinstance(amount, Scalar):
            cells["amount"] = amount = without_parentheses(amount)
        if isinstance(currency, Scalar) and isinstance(amount, Scalar):
            cells["amount"] = replace(amount, text=f"{amount.text} {currency.text}")
        marks = {name.text: cell.mark for name, cell in zip(sheet.header, row, strict=True)}
        result.items.append(Mapping(cells, {name: marks[name] for name in cells}, row[0].mark))
    return result


def without_parentheses(value: Scalar) -> Scalar:
    """A negative amount as accountants write it, `(5,000)`, with a minus."""
    match = re.fullmatch(r"\(([^()]+)\)( [A-Z]{3})?", value.text.strip())
    return replace(value, text=f"-{match[1]}{match[2] or ''}") if match else value


def _header_is_fine(sheet: Sheet, path: Path, complaints: Complaints) -> bool:
    known = [*OPEN_DEAL.fields, "currency"]
    names = [cell.text for cell in sheet.header]
    fine = True
    for cell in sheet.header:
        if cell.text and cell.text not in known:
            complaints.error(cell.mark, path, f"unknown column `{cell.text[:60]}`", nearest(cell.text, known))
            fine = False
    for name in ("id", "stage", "entered", "channel"):
        if name not in names and fine:
            fix = "the first row must name the columns: " + ", ".join(known[:6])
            complaints.error(sheet.header[0].mark, path, f"no column `{name}`", fix)
            fine = False
    return fine


def csv_text(node: Listing | Mapping) -> str | None:
    """Records as CSV text, or None if a record contains more than plain values."""
    if isinstance(node, Mapping):
        rows = [
            {"id": Scalar(key, node.marks[key]), **item.items} if isinstance(item, Mapping) else {}
            for key, item in node.items.items()
        ]
    else:
        rows = [item.items if isinstance(item, Mapping) else {} for item in node.items]
    if not rows or not all(row and all(isinstance(cell, Scalar) for cell in row.values()) for row in rows):
        return None
    header = [key for key in OPEN_DEAL.fields if any(key in row for row in rows)]
    if any(key not in header for row in rows for key in row):
        return None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        cells = [row.get(key) for key in header]
        writer.writerow([cell.text if isinstance(cell, Scalar) else "" for cell in cells])
    return out.getvalue()
