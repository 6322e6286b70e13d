"""Open records from a CSV file, or from its text, to the same nodes that a map in the scenario would give."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path as FilePath

from rpmsim.scenario.complaints import Complaints, nearest
from rpmsim.scenario.language.scenario import OPEN_DEAL
from rpmsim.scenario.nodes import Listing, Mapping, Mark, Node, Scalar
from rpmsim.scenario.source import SourceFile, read_text

MOST_RECORDS = 20_000
MOST_FAULTY_ROWS = 20


def with_open_records(
    tree: Mapping, folder: FilePath, root: FilePath, shown: str, complaints: Complaints
) -> list[SourceFile]:
    """Replace the name of a CSV file, or its text, by the records; returns the files that were read.

    Parameters
    ----------
    folder, root : path
        Folder of the file that names the CSV, and the folder in which all files must lie.
    shown : str
        Folder as the user wrote it, for messages.
    """
    node = tree.items.get("open")
    if not isinstance(node, Scalar) or node.is_null:
        return []
    if "\n" in node.text:
        tree.items["open"] = records_of(node.text, node.mark.file, node.mark.line + 1, node.mark, complaints)
        return []
    name = node.text.strip()
    path = folder / name
    if not name.endswith(".csv") or "\\" in name or FilePath(name).is_absolute():
        what = (
            "workbooks cannot be read yet"
            if name.endswith(".xlsx")
            else f"`{name}` is not a relative path of a CSV file"
        )
        complaints.fault(node.mark, "open", what, "write `open: open_deals.csv`, or the records themselves")
        return []
    if not FilePath(os.path.realpath(path)).is_relative_to(root):
        complaints.fault(
            node.mark,
            "open",
            f"`{name}` lies outside the folder of the scenario",
            "move it beside the scenario, or below",
        )
        return []
    label = f"{shown}/{name}" if shown else name
    read = read_text(path, label, complaints, node.mark)
    if read is None:
        return []
    tree.items["open"] = records_of(read[0], label, 1, Mark(label, 1, 1), complaints)
    return [read[1]]


def records_of(text: str, file: str, first_line: int, mark: Mark, complaints: Complaints) -> Listing:
    """The records of a CSV text, each a map with the position of its line."""
    result = Listing([], mark)
    try:
        reader = csv.reader(io.StringIO(text), strict=True)
        header = [name.strip() for name in next(reader, [])]
        if not _header_is_fine(header, file, first_line, complaints):
            return result
        for row in reader:
            here = Mark(file, first_line + reader.line_num - 1, 1)
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                complaints.fault(
                    here,
                    "open",
                    f"{len(row)} cells where the header has {len(header)}",
                    "check the commas of this line",
                )
                continue
            items: dict[str, Node] = {
                name: Scalar(cell.strip(), here, quoted=True)
                for name, cell in zip(header, row, strict=True)
                if cell.strip()
            }
            result.items.append(Mapping(items, dict.fromkeys(items, here), here))
            if len(result.items) > MOST_RECORDS:
                complaints.fault(
                    here,
                    "open",
                    f"more than {MOST_RECORDS:,} open records",
                    "gather old ones in `opening`, by class and age",
                )
                break
    except csv.Error as error:
        complaints.fault(mark, "open", f"not a CSV file: {error}", "check quotes")
    return result


def _header_is_fine(header: list[str], file: str, line: int, complaints: Complaints) -> bool:
    mark = Mark(file, line, 1)
    known = list(OPEN_DEAL.fields)
    fine = True
    for i, name in enumerate(header):
        if name not in known:
            repair = "separate columns with commas" if ";" in name else nearest(name, known)
            complaints.fault(mark, "open", f"unknown column `{name[:60]}`", repair)
            fine = False
        elif name in header[:i]:
            complaints.fault(mark, "open", f"the column `{name}` stands twice", "keep one of them")
            fine = False
    for name in ("id", "stage", "entered", "channel"):
        if name not in header and fine:
            complaints.fault(
                mark, "open", f"no column `{name}`", "the first line names the columns: " + ", ".join(known[:6])
            )
            fine = False
    return fine


def csv_text(node: Listing | Mapping) -> str | None:
    """Records as CSV text, or None if a record holds more than plain values."""
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
