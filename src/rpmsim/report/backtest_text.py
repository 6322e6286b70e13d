"""What ``backtest`` prints: what was forecast, whether the bands held, and whether it beats the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.report.backtest_rows import band_rows, scored, skill_rows, targets
from rpmsim.report.backtest_words import basis, meanings
from rpmsim.report.calibration_rows import one_line
from rpmsim.report.calibration_text import COLUMNS, laid_out
from rpmsim.report.table import lines

Document = Mapping[str, Any]

_MOST_ROWS = 18
"""Targets and horizons that are listed; the page has all."""


def backtest_text(document: Document) -> str:
    """The page of a backtest, to be read in a terminal or pasted into a mail.

    Parameters
    ----------
    document : mapping
        What ``backtest.json`` holds. Any number in it may be None.
    """
    names = _listed(document)
    more = len(targets(document)) - len(names)
    parts = [
        "\n".join(lines(f"{one_line(document['history'])}: {basis(document)}", COLUMNS)),
        laid_out(band_rows(document, names)) or "Nothing could be scored.",
        laid_out(skill_rows(document, names)),
        f"And {more} more target{'' if more == 1 else 's'} in backtest.md." if more else "",
        "\n".join(line for text in meanings(document) for line in lines(text, COLUMNS, "- ", "  ")),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(document: Document) -> list[str]:
    """The first targets that there is room for; the first of them always."""
    names: list[str] = []
    rows = 0
    for name in targets(document):
        rows += 1 + len(scored(document, name))
        if names and rows > _MOST_ROWS:
            break
        names.append(name)
    return names
