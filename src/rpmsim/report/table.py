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


def lines(text: str, columns: int = WIDTH, first: str = "", indent: str = "") -> list[str]:
    """Prose in lines of at most so many columns, in any script, broken only between words.

    Parameters
    ----------
    first, indent : str
        What the first line begins with, and the others.
    """
    result, line, empty = [], first, True
    for word in text.split():
        longer = f"{line}{word}" if empty else f"{line} {word}"
        if width(longer) > columns and not empty:
            result.append(line)
            longer = f"{indent}{word}"
        line, empty = longer, False
    return [*result, line.rstrip()]


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


def shortened(text: str, columns: int) -> str:
    """A name of at most so many columns: of a longer one the beginning and the end, where names often differ."""
    if width(text) <= columns:
        return text
    tail = text[-(columns - 3) // 3 :].lstrip()
    while width(tail) > columns // 3:
        tail = tail[1:]
    return fit(text, columns - width(tail)) + tail


def folded(text: str, columns: int) -> str:
    """A name in at most two lines of so many columns, the first broken at a space or dot; see :func:`shortened`."""
    text = text.strip()
    if width(text) <= columns:
        return text
    for most in range(2 * columns, columns, -1):
        cut = shortened(text, most)
        stop = next(i for i in range(len(cut), 0, -1) if width(cut[:i]) <= columns)
        at = max(cut.rfind(" ", 0, stop + 1), cut.rfind(".", 0, stop) + 1)
        at = at if at > 0 else stop
        if width(cut[at:].strip()) <= columns:
            return f"{cut[:at].rstrip()}\n{cut[at:].strip()}"
    return shortened(text, columns)


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
