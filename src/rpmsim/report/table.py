"""A table in plain text: aligned by what a terminal or a mail shows, in any script."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

RULE: tuple[str, ...] = ("-",)
"""A row that stands for a line across the table."""


WIDTH = 98
"""Letters of a line of prose."""


def wrapped(text: str) -> str:
    """Prose in lines that fit a mail."""
    return textwrap.fill(text, WIDTH)


def width(text: str) -> int:
    """Columns that a text takes in a fixed-width font; wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def fit(text: str, columns: int) -> str:
    """The text, cut with three dots where it is too wide."""
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 3:
        text = text[:-1]
    return f"{text}..."


def table(head: Sequence[str], rows: Sequence[Sequence[str]], first_width: int = 28) -> str:
    """Lay out rows: the first column to the left, the others to the right.

    Parameters
    ----------
    head : sequence of str
        Titles of the columns; a line break makes a second line.
    rows : sequence of sequences of str
        Cells, or :data:`RULE`. Columns that are empty in every row are left out.
    first_width : int
        Most columns that the first cell takes.
    """
    cells = [row for row in rows if row != RULE]
    shown = [i for i in range(len(head)) if i == 0 or any(row[i] for row in cells)]
    lines = max(head[i].count("\n") + 1 for i in shown)
    titles = {i: ([""] * lines + head[i].split("\n"))[-lines:] for i in shown}
    widths = {
        i: max(width(fit(text, first_width) if i == 0 else text) for text in (*titles[i], *(row[i] for row in cells)))
        for i in shown
    }
    result = [_line([titles[i][line] for i in shown], [widths[i] for i in shown]) for line in range(lines)]
    across = "-" * width(_line(["x" * widths[i] for i in shown], [widths[i] for i in shown]))
    result.append(across)
    for row in rows:
        if row == RULE:
            result.append(across)
        else:
            result.append(_line([fit(row[0], first_width), *(row[i] for i in shown[1:])], [widths[i] for i in shown]))
    return "\n".join(result)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0] + " " * (widths[0] - width(cells[0]))
    rest = [" " * (size - width(cell)) + cell for cell, size in zip(cells[1:], widths[1:], strict=True)]
    return "   ".join((first, *rest)).rstrip()
