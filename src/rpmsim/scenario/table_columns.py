"""The columns of a table of records, found by their headings."""

from __future__ import annotations

import re

from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Path
from rpmsim.text.sheet import Sheet


def plain_heading(heading: str) -> str:
    """A heading as a name: lower case, words joined by `_`."""
    return re.sub(r"[^\w]+", "_", heading.strip().lower()).strip("_")


def columns_of(
    sheet: Sheet, known: tuple[str, ...], needed: tuple[str, ...], path: Path, complaints: Complaints
) -> dict[str, int] | None:
    """Positions of the columns that a table of records has; None where one is unknown, or a needed one is missing."""
    result = {}
    for i, cell in enumerate(sheet.header):
        name = plain_heading(cell.text)
        if name and name not in known:
            complaints.error(cell.mark, path, f"unknown column `{cell.text[:60]}`", nearest(name, known))
            return None
        if name:
            result[name] = i
    for name in needed:
        if name not in result:
            fix = "the first row must name the columns: " + ", ".join(known)
            complaints.error(sheet.header[0].mark, path, f"no column `{name}`", fix)
            return None
    return result
