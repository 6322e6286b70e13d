"""An audit for people: on the terminal and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from rpmsim.display import plain

Document = Mapping[str, Any]
ORDER = {"FAIL": 0, "REVIEW": 1, "PASS": 2}
WIDTH = 118


def audit_text(document: Document) -> str:
    """What needs attention, worst first, and the names of what is in order."""
    lines = [f"{document['history']}, as known on {document['as_of']}: {document['verdict']}", ""]
    items = sorted(document["items"], key=lambda item: ORDER[item["status"]])
    for item in items:
        if item["status"] == "PASS":
            continue
        lines += _wrapped(f"{item['status']:<7} {item['name']}: {_capital(item['finding'])}.", "        ")
        lines += _wrapped(f"        To do: {item['todo']}.", "        ")
    fine = [item for item in items if item["status"] == "PASS"]
    names = f": {', '.join(item['name'] for item in fine)}" if fine else ""
    lines += ["", *_wrapped(f"PASS    {len(fine)} of {len(items)}{names}", "        ")]
    rows = next(item for item in items if item["name"] == "rows")
    lines += ["", *_wrapped(_capital(rows["finding"]) + ".", "")]
    return "\n".join([*lines, "", *_coverage(document)]) + "\n"


def audit_markdown(document: Document, charts: Mapping[str, str]) -> str:
    """The whole audit as a page.

    Parameters
    ----------
    charts : mapping of str to str
        Name of each image file to what it shows.
    """
    lines = [
        f"# Audit of {_cell(document['history'])}",
        "",
        f"As known on {document['as_of']}. Verdict: **{document['verdict']}**.",
        "FAIL: a model fitted to these data is wrong unless something is done. REVIEW: somebody should look.",
        "",
        "| | what | finding | to do |",
        "|---|---|---|---|",
    ]
    for item in sorted(document["items"], key=lambda item: ORDER[item["status"]]):
        cells = (item["status"], item["name"], _capital(item["finding"]), item["todo"])
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    for name, what in charts.items():
        lines += ["", f"![{what}]({name})"]
    return plain("\n".join([*lines, "", "## Stages", "", "```text", *_coverage(document), "```"]) + "\n")


def _coverage(document: Document) -> list[str]:
    """What each stage holds, as a table."""
    found = [item["numbers"]["stages"] for item in document["items"] if item["name"] == "coverage"]
    if not found:
        return []
    table = found[0]
    width = max(len("stage"), *(len(row["stage"]) for row in table))
    counted = " ".join(f"{word:>12}" for word in ("visits", "records", "in stage now"))
    head = f"{'stage':<{width}} {counted}  {'first':<11} {'last':<11} {'amount':>7} {'owner':>7}"
    lines = [head, "-" * len(head)]
    for row in table:
        known = [_share(row[key], row["visits"]) for key in ("with_amount", "with_owner")]
        counts = " ".join(f"{row[key]:>12,}" for key in ("visits", "records", "still_there"))
        lines.append(
            f"{row['stage']:<{width}} {counts}  {row['first'] or '':<11} {row['last'] or '':<11} {known[0]:>7} "
            f"{known[1]:>7}"
        )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1] != "`" else text


def _cell(text: str) -> str:
    """Text from the data cannot break out of its cell."""
    plain = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("](", "] (")
    return " ".join(plain.split())
