"""What ``calibrate`` prints: what was fitted from what, how sure that is, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from rpmsim.report.calibration_rows import (
    Rows,
    amount_rows,
    channel_rows,
    label_of,
    one_line,
    outcome_rows,
)
from rpmsim.report.findings import Found, capital, findings_text, sentence
from rpmsim.report.table import lines, shortened, table, width

Document = Mapping[str, Any]
"""The document of a calibration."""

COLUMNS = 98
_WHOLE = "the whole history"
_NAME = 32
"""Columns of names in tables."""
_MOST_ROWS = 12
"""Channels and segments that are listed; ``health.md`` has all."""
_MOST_COLUMNS = 6
"""Columns of channels that fit beside a long name."""


def calibration_text(document: Document, folder: Path, names: Collection[str]) -> str:
    """The page of a calibration, to be read in a terminal or pasted into a mail.

    Parameters
    ----------
    document : mapping
    folder : Path
        Where its files are.
    names : collection of str
        The files that there are.
    """
    parts = [
        "\n".join([title(document), *lines(basis(document), COLUMNS)]),
        laid_out(outcome_rows(document)),
        _shortened(channel_rows(document).shown(_MOST_COLUMNS), "channel"),
        _shortened(amount_rows(document), "segment") or "No amounts: a forecast counts wins.",
        _not_identified(document),
        "\n".join(findings_text(findings(document), COLUMNS)) if document["health"] else "",
        files(document, folder, names),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def title(document: Document) -> str:
    """Which history, on which day, and the verdict."""
    return f"{one_line(document['history'])}, as known on {document['as_of']}: {document['verdict']}"


def basis(document: Document) -> str:
    """What the model was fitted to, and how."""
    records = document["records"]
    text = f"A model of {records:,} record{'' if records == 1 else 's'} from {document['first_day']} on, "
    text += f"{document['open']:,} of them open, with "
    text += "fixed parameters (plug-in)" if document["plug_in"] else f"{document['draws']:,} parameter draws"
    return f"{text} (random seed {document['seed']}).{window(document)}"


def window(document: Document) -> str:
    """What of the history counts in which stage, and why, as a sentence; empty where there are no stages."""
    facts = document["stage_facts"]
    stages: dict[str, list[str]] = {}
    for stage, own in facts.items():
        stages.setdefault(own["window"], []).append(label_of(document, stage))
    said = [_WHOLE if name == "all" else name for name in stages]
    if len(stages) > 1:
        said = [f"{what} for {_listed(names)}" for what, names in zip(said, stages.values(), strict=True)]
    days = max((own["window_origins"] for own in facts.values() if own.get("window_candidates")), default=0)
    why = f", chosen by forecasts of {document['horizon_days']} days from up to {days} past days" if days else ""
    return f" What counts: {'; '.join(said)}{why}." if said else ""


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def findings(document: Document) -> list[Found]:
    """What was found about the fit."""
    return [
        Found(entry["verdict"], entry["item"], entry["what"], capital(entry["to_do"])) for entry in document["health"]
    ]


def not_identified(document: Document) -> list[str]:
    """What these records cannot say, without what a finding says."""
    said = {f"{entry['item']}: {entry['what']}" for entry in document["health"]}
    return [sentence(text) for text in document["not_identified"] if text not in said]


def _not_identified(document: Document) -> str:
    listed = [line for text in not_identified(document) for line in lines(text, COLUMNS, "- ", "  ")]
    return "\n".join(["Not identified from this history:", *listed]) if listed else ""


def files(document: Document, folder: Path, names: Collection[str]) -> str:
    """What was written, and what comes next."""
    many = document["open"]
    was_open = f"{many:,} record{' that was' if many == 1 else 's that were'} open on {document['as_of']}"
    said = [
        ("model.yaml", "the model, a scenario that others can extend"),
        ("posterior.nc", "fixed parameters" if document["plug_in"] else f"{document['draws']:,} joint parameter draws"),
        ("open.csv", was_open),
        ("opening.csv", f"{was_open}, counted by age"),
        ("actuals.csv", "leads and wins so far by month"),
        ("health.md", "the fit against the records: all tables and charts"),
    ]
    listed = [f"  {name:<13} {what}" for name, what in said if name in names]
    return "\n".join([f"Files in {folder}:", *listed, "", f"Next: rpmsim run {folder / 'model.yaml'}"])


def _shortened(rows: Rows, noun: str) -> str:
    """The table with its first rows, and how many there are more."""
    more = len(rows.rows) - _MOST_ROWS
    text = laid_out(Rows(rows.head, rows.rows[:_MOST_ROWS]))
    return f"{text}\n{more} more {noun}{'' if more == 1 else 's'} in health.md." if more > 0 else text


def laid_out(rows: Rows, names: int = _NAME) -> str:
    """The table in plain text, with shorter names where it would be too wide; empty without rows."""
    if not rows.shown().rows:
        return ""
    text = table(rows.head, [[shortened(name, names), *cells] for name, *cells in rows.rows], names)
    over = max(map(width, text.split("\n"))) - COLUMNS
    return text if over <= 0 else laid_out(rows, names - over)
