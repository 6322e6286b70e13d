"""Parts of a Markdown page: text from the data cannot break out of its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rpmsim.report.calibration_rows import INNER, Rows

_MARKED = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def cell(text: str) -> str:
    """Prose in one line, which may hold `code`."""
    plain = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("](", "] (")
    return " ".join(plain.split())


def name_cell(name: str) -> str:
    """A name in one line, which is shown as it is."""
    escaped = _MARKED.sub(lambda found: f"\\{found.group()}", _ENTITY.sub("&amp;", name))
    return " ".join(escaped.replace("<", "&lt;").split())


def pipe_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose cells are ready: the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def section(title: str, charts: list[str], rows: list[str], note: str = "") -> list[str]:
    """A section with its charts above its table; none where both are missing."""
    if not (charts or rows):
        return []
    return [f"## {title}", *charts, *rows, *(["", note] if rows and note else [])]


def embedded(charts: Mapping[str, str], *names: str) -> list[str]:
    """Those of the named charts that there are; ``charts`` has what each shows."""
    return [line for name in names if name in charts for line in (f"![{cell(charts[name])}]({name}.svg)", "")]


def piped(rows: Rows) -> list[str]:
    """Lines of a table whose first column has names from the data."""
    shown = rows.shown()
    head = [title.replace("\n", " ") for title in shown.head]
    return pipe_table(head, ([_name(name), *map(cell, cells)] for name, *cells in shown.rows)) if shown.rows else []


def _name(name: str) -> str:
    """A name of a row, which may belong to the row above."""
    return f"→ {name_cell(name)}" if name.startswith(INNER) else name_cell(name)
