"""Parts of a Markdown page: text from the data cannot break out of its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
