"""What ``calibrate`` prints: what was fitted from what, how sure that is, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rpmsim.report.calibration_rows import (
    Rows,
    amount_rows,
    channel_rows,
    is_known,
    one_line,
    outcome_rows,
    window_rows,
)
from rpmsim.report.findings import Found, capital, findings_text, sentence
from rpmsim.report.table import lines, shortened, table, width

Document = Mapping[str, Any]
"""The document of a calibration."""

COLUMNS = 98
_NAME = 32
"""Columns of names in tables."""
_MOST_ROWS = 12
"""Channels and segments that are listed; ``health.md`` has all."""
_MOST_COLUMNS = 6
"""Columns of channels that fit beside a long name."""


def calibration_text(document: Document, folder: Path) -> str:
    """The page of a calibration, to be read in a terminal or pasted into a mail.

    Parameters
    ----------
    document : mapping
    folder : Path
        Where its files are.
    """
    parts = [
        "\n".join([title(document), *lines(basis(document), COLUMNS)]),
        _laid_out(window_rows(document)),
        _laid_out(outcome_rows(document)),
        _shortened(channel_rows(document).shown(_MOST_COLUMNS), "channel"),
        _shortened(amount_rows(document), "segment") or "No amounts: a forecast counts wins.",
        not_identified(document),
        "\n".join(findings_text(findings(document), COLUMNS)) if document["health"] else "",
        files(document, folder),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def title(document: Document) -> str:
    """Which history, on which day, and the verdict."""
    return f"{one_line(document['history'])}, as known on {document['as_of']}: {document['verdict']}"


def basis(document: Document) -> str:
    """What the model was fitted to, and how."""
    window = document["window"]
    records, draws = document["records"], document["draws"]
    text = f"A model of {records:,} record{'' if records == 1 else 's'}, "
    text += f"with {draws:,} parameter draws" if draws > 1 else "with fixed parameters (plug-in)"
    text += f" (random seed {document['seed']}). Window: {window['chosen']}"
    return f"{text}{why(document)}."


def why(document: Document) -> str:
    """Why this window, as the rest of a sentence; empty where there was no choice."""
    window = document["window"]
    if not window["candidates"]:
        return f", {window['why']}" if window.get("why") else ""
    on = f"in forecasts of {document['horizon_days']} days from {window['origins']} past days"
    best = min((entry for entry in window["candidates"] if is_known(entry["crps"])), key=_score, default=None)
    if best is not None and best["window"] == window["chosen"]:
        return f", the best {on}"
    if window["chosen"] in {entry["window"] for entry in window["candidates"]}:
        return f", the longest that is within one standard error of the best {on}"
    return f": none was clearly the best {on}"


def _score(entry: Document) -> float:
    return float(entry["crps"])


def findings(document: Document) -> list[Found]:
    """What was found about the fit."""
    return [
        Found(entry["verdict"], entry["item"], entry["what"], capital(entry["to_do"])) for entry in document["health"]
    ]


def not_identified(document: Document) -> str:
    """What these records cannot say."""
    if not document["not_identified"]:
        return ""
    said = [line for text in document["not_identified"] for line in lines(sentence(text), COLUMNS, "- ", "  ")]
    return "\n".join(["Not identified from this history:", *said])


def files(document: Document, folder: Path) -> str:
    """What was written, and what comes next."""
    named = [
        ("model.yaml", "the model, a scenario that others can extend"),
        ("posterior.nc", f"its {document['draws']:,} parameter draws" if document["draws"] > 1 else "its parameters"),
        ("open.csv", f"records that were open on {document['as_of']}"),
        ("actuals.csv", "wins so far by period"),
        ("health.md", "the fit against the records: all tables and charts"),
    ]
    said = [f"  {name:<13} {what}" for name, what in named]
    return "\n".join([f"Files in {folder}:", *said, "", f"Next: rpmsim run {folder / 'model.yaml'}"])


def _shortened(rows: Rows, noun: str) -> str:
    """The table with its first rows, and how many there are more."""
    more = len(rows.rows) - _MOST_ROWS
    text = _laid_out(Rows(rows.head, rows.rows[:_MOST_ROWS]))
    return f"{text}\n{more} more {noun}{'' if more == 1 else 's'} in health.md." if more > 0 else text


def _laid_out(rows: Rows, names: int = _NAME) -> str:
    """The table, with shorter names where it would be too wide."""
    if not rows.shown().rows:
        return ""
    text = table(rows.head, [[shortened(name, names), *cells] for name, *cells in rows.rows], names)
    over = max(map(width, text.split("\n"))) - COLUMNS
    return text if over <= 0 else _laid_out(rows, names - over)
