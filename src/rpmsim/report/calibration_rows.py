"""What the tables of a calibration hold: rows of texts, laid out on the terminal or as Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeGuard

from rpmsim.report import numbers

Document = Mapping[str, Any]
Band = Mapping[str, float | None]
"""Median and 90% interval: ``p05``, ``p50``, ``p95``."""
Write = Callable[[float], str]

INNER = "  "
"""What the name of a row begins with that belongs to the row above."""
INTERVAL = "90% interval"
_EXTREME = 0.1
_NARROW = 0.02
"""Shares within a tenth of none or all, or as sure as this, have a decimal."""
_WHOLE, _TENTH = 9.95, 0.05


class Rows(NamedTuple):
    """A table: titles of the columns, and cells; the first column has names that come from the data."""

    head: tuple[str, ...]
    rows: list[list[str]]

    def shown(self, most: int | None = None) -> Rows:
        """The first columns, without those that are empty in every row; no rows where only names are left."""
        kept = [i for i in range(len(self.head))[:most] if i == 0 or any(row[i] for row in self.rows)]
        rows = [[row[i] for i in kept] for row in self.rows] if len(kept) > 1 else []
        return Rows(tuple(self.head[i] for i in kept), rows)


def label_of(document: Document, name: str) -> str:
    """Display name of a stage in one line."""
    facts = document["stage_facts"].get(name, {})
    return one_line(facts.get("label") or name)


def one_line(name: str) -> str:
    """A name without line breaks and tabs."""
    return " ".join(str(name).split())


def outcome_rows(document: Document) -> Rows:
    """Each stage with its records, and below it where they go, how likely and how fast."""
    rows = []
    for stage, facts in document["stage_facts"].items():
        rows.append([label_of(document, stage), f"{facts['records']:,}", f"{facts['open']:,}", *[""] * 4])
        outcomes = document["stages"].get(stage, {})
        for outcome, found in outcomes.items():
            name, records = INNER + label_of(document, outcome), f"{found['records']:,}"
            rows.append([name, records, "", *share_cells(found["share"]), *band_cells(found["median_days"], days)])
        if facts.get("win_rate") and any(outcome in document["stage_facts"] for outcome in outcomes):
            rows.append([f"{INNER}(won in the end)", "", "", *share_cells(facts["win_rate"]), "", ""])
    head = ("Stage, and where\nits records go", "records", "open\nnow", "share", INTERVAL, "median\ndays", INTERVAL)
    return _table(document, head, rows)


def stage_rows(document: Document) -> Rows:
    """What else is known of each stage."""
    rows = []
    for stage, facts in document["stage_facts"].items():
        clocks = facts.get("clock", {})
        by_work = [label_of(document, outcome) for outcome, clock in clocks.items() if clock == "work"]
        rows.append(
            [
                label_of(document, stage),
                *band_cells(facts.get("pace_sigma"), plus_minus),
                *band_cells(facts.get("shock_sigma"), plus_minus),
                share(facts.get("tail_share"), 0),
                "all" if by_work and len(by_work) == len(clocks) else ", ".join(by_work),
            ]
        )
    head = ("Stage", "speed of\na week", INTERVAL, "odds of\na quarter", INTERVAL, "beyond the\nrecorded ages",
            "outcomes on\nwork days")  # fmt: skip
    return _table(document, head, rows)


def channel_rows(document: Document) -> Rows:
    """Leads per week of each channel, the largest first."""
    rows = [
        [
            one_line(channel["label"] or name),
            f"{channel['records']:,}",
            *band_cells(channel.get("leads_per_week"), per_week),
            *band_cells(channel.get("level_now"), factor),
            *band_cells(channel.get("dispersion"), "{:.3f}".format),
        ]
        for name, channel in largest(document["channels"])
    ]
    head = ("Channel", "records", "leads\nper week", INTERVAL, "level\nnow", INTERVAL, "dispersion", INTERVAL)
    return _table(document, head, rows)


def amount_rows(document: Document) -> Rows:
    """Amounts of each segment, the largest first."""

    def money(value: float) -> str:
        return numbers.money(value, document.get("currency", ""), even=True).strip()

    rows = [
        [
            one_line(segment["label"] or name),
            f"{segment['records']:,}",
            *band_cells(segment.get("median"), money),
            *band_cells(segment.get("mean"), money),
        ]
        for name, segment in largest(document["amounts"])
    ]
    return _table(document, ("Amount of\na won deal", "records", "median", INTERVAL, "mean", INTERVAL), rows)


def window_rows(document: Document) -> Rows:
    """The window of each stage, and how well every candidate would have forecast."""
    facts = document["stage_facts"]
    names = list(dict.fromkeys(c["window"] for own in facts.values() for c in own.get("window_candidates", ())))
    rows = []
    for stage, own in facts.items():
        scores = {entry["window"]: entry["score"] for entry in own.get("window_candidates", ())}
        tried = f"{own['window_origins']}" if scores else ""
        row = [label_of(document, stage), own["window"], tried]
        rows.append([*row, *(f"{scores[name]:.3f}" if name in scores else "" for name in names)])
    return Rows(("Stage", "what counts", "past days", *names), rows)


def _table(document: Document, head: tuple[str, ...], rows: list[list[str]]) -> Rows:
    """The table; fixed parameters have no intervals."""
    if document["plug_in"]:
        rows = [["" if title == INTERVAL else cell for title, cell in zip(head, row, strict=True)] for row in rows]
    return Rows(head, rows)


def largest(entries: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Entries by their number of records, the largest first."""
    return sorted(entries.items(), key=lambda entry: -entry[1]["records"])


def is_known(value: float | None) -> TypeGuard[float]:
    """Whether there is a number."""
    return value is not None and math.isfinite(value)


def band_cells(band: Band | None, write: Write) -> list[str]:
    """The median, and the 90% interval; empty where nothing was estimated."""
    if not band:
        return ["", ""]
    values = (band[key] for key in ("p05", "p50", "p95"))
    low, middle, high = (write(value) if is_known(value) else numbers.MISSING for value in values)
    return [middle, numbers.MISSING if numbers.MISSING in (low, high) else f"{low} to {high}"]


def share_cells(band: Band) -> list[str]:
    """A share and its interval with as many decimals as they need."""
    low, middle, high = (band[key] for key in ("p05", "p50", "p95"))
    decimals = 0
    if low is not None and middle is not None and high is not None:
        decimals = int(min(middle, 1 - middle) < _EXTREME or high - low < _NARROW)
    return band_cells(band, lambda value: share(value, decimals))


def share(value: float | None, decimals: int) -> str:
    """A share in percent; what is not certain is never reported as certain. Empty where nothing was estimated."""
    if value is None:
        return ""
    step = 0.01 * 10**-decimals
    if 0 < value < step / 2:
        return f"<{step:.{decimals}%}"
    if 1 - step / 2 < value < 1:
        return f">{1 - step:.{decimals}%}"
    return f"{value:.{decimals}%}"


def days(value: float) -> str:
    """A number of days: a decimal below ten."""
    if value >= _WHOLE or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= _TENTH else "<0.1"


def per_week(value: float) -> str:
    """A rate: a decimal below ten, and one digit of what is nearly nothing."""
    if value >= _WHOLE or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 2 * _TENTH else f"{value:.1g}"


def plus_minus(sigma: float) -> str:
    """A spread on the log scale as percent up or down."""
    return f"±{100 * math.expm1(sigma):.0f}%"


def factor(value: float) -> str:
    """A factor, as the scenario language writes it."""
    return f"x{value:.2f}"
