"""An audit for people: on the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.display import plain
from rpmsim.report.findings import Found, findings_markdown, findings_text, sentence
from rpmsim.report.markdown import cell
from rpmsim.report.table import lines

Document = Mapping[str, Any]
WIDTH = 118


def audit_text(document: Document) -> str:
    """What needs attention, worst first, and the names of what is in order."""
    title = f"{document['history']}, as known on {document['as_of']}: {document['verdict']}"
    rows = next(item for item in document["items"] if item["name"] == "rows")
    parts = [title, "", *findings_text(_findings(document), WIDTH), "", *lines(sentence(rows["finding"]), WIDTH)]
    return "\n".join([*parts, "", *_coverage(document)]) + "\n"


def audit_markdown(document: Document, charts: Mapping[str, str]) -> str:
    """The whole audit as a page.

    Parameters
    ----------
    charts : mapping of str to str
        Name of each image file to what it shows.
    """
    page = [
        f"# Audit of {cell(document['history'])}",
        "",
        f"As known on {document['as_of']}. Verdict: **{document['verdict']}**.",
        "FAIL: a model fitted to these data is wrong unless something is done. REVIEW: somebody should look.",
        "",
        *findings_markdown(_findings(document)),
    ]
    for name, what in charts.items():
        page += ["", f"![{what}]({name})"]
    return plain("\n".join([*page, "", "## Stages", "", "```text", *_coverage(document), "```"]) + "\n")


def _findings(document: Document) -> list[Found]:
    return [Found(item["status"], item["name"], item["finding"], item["todo"]) for item in document["items"]]


def _coverage(document: Document) -> list[str]:
    """What each stage holds, as a table."""
    found = [item["numbers"]["stages"] for item in document["items"] if item["name"] == "coverage"]
    if not found:
        return []
    table = found[0]
    width = max(len("stage"), *(len(row["stage"]) for row in table))
    counted = " ".join(f"{word:>12}" for word in ("visits", "records", "in stage now"))
    head = f"{'stage':<{width}} {counted}  {'first':<11} {'last':<11} {'amount':>7} {'owner':>7}"
    result = [head, "-" * len(head)]
    for row in table:
        known = [_share(row[key], row["visits"]) for key in ("with_amount", "with_owner")]
        counts = " ".join(f"{row[key]:>12,}" for key in ("visits", "records", "still_there"))
        result.append(
            f"{row['stage']:<{width}} {counts}  {row['first'] or '':<11} {row['last'] or '':<11} {known[0]:>7} "
            f"{known[1]:>7}"
        )
    return result


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""
