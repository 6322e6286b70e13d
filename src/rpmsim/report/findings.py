"""What was found and what to do about it, the worst first: on the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rpmsim.report.markdown import cell
from rpmsim.report.table import lines

ORDER = {"FAIL": 0, "REVIEW": 1, "PASS": 2}
INDENT = " " * 8


class Found(NamedTuple):
    """One finding: its verdict, what was looked at, what was found, and what to do."""

    verdict: str
    item: str
    what: str
    to_do: str


def findings_text(findings: Sequence[Found], columns: int) -> list[str]:
    """What needs attention, and the names of what is in order, in lines of so many columns."""
    result = []
    for found in by_verdict(findings):
        if found.verdict != "PASS":
            result += lines(f"{found.item}: {sentence(found.what)}", columns, f"{found.verdict:<8}", INDENT)
            result += lines(f"To do: {sentence(found.to_do, False)}", columns, INDENT, INDENT)
    fine = [found.item for found in findings if found.verdict == "PASS"]
    names = f": {', '.join(dict.fromkeys(fine))}" if fine else ""
    result += [""] if result else []
    return [*result, *lines(f"{len(fine)} of {len(findings)}{names}", columns, f"{'PASS':<8}", INDENT)]


def findings_markdown(findings: Sequence[Found]) -> list[str]:
    """All findings as lines of a table."""
    result = ["| | what | finding | to do |", "|---|---|---|---|"]
    for found in by_verdict(findings):
        cells = (found.verdict, found.item, capital(found.what), found.to_do)
        result.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return result


def by_verdict(findings: Sequence[Found]) -> list[Found]:
    """The worst first, else in their order."""
    return sorted(findings, key=lambda found: ORDER[found.verdict])


def sentence(text: str, begins: bool = True) -> str:
    """The text with a point at its end, and a capital letter where a sentence begins with it."""
    text = text.strip()
    text = text if not text or text[-1] in ".!?" else f"{text}."
    return capital(text) if begins else text


def capital(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]
