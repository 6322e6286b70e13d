"""What a backtest's tables hold: targets, horizons, and how each number is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rpmsim.report import numbers
from rpmsim.report.calibration_rows import INNER, INTERVAL, Rows, is_known, one_line, per_week, share
from rpmsim.report.table import shortened

Document = Mapping[str, Any]
Cells = Callable[[Document], list[str]]
"""Cells of one target and horizon; all empty where there is nothing."""

MAIN = ("wins", "bookings", "leads")
"""Targets that come first, and that charts draw."""
LEVELS = ("50", "80", "90")
"""Bands that are scored, in percent; the second one is that of all findings."""
BAND = "8-in-10 band"
_MOST = 9.995
"""A relative error beyond tenfold is not written out."""
_MANY = 1e5
_BASELINE = 28
"""Columns of a baseline's name in a table."""


def number(entry: Any, *keys: str) -> float | None:
    """A number inside maps of maps; None where there is none on the way."""
    for key in keys:
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return float(entry) if isinstance(entry, (int, float)) and is_known(entry) else None


def is_scored(entry: Document) -> bool:
    """Whether anything is known of a target at a horizon."""
    known = (number(entry, key) for key in ("crps", "bias", "wape"))
    return any(value is not None for value in (*known, *(number(entry, "coverage", level) for level in LEVELS)))


def scored(document: Document, name: str) -> dict[str, Document]:
    """The horizons of a target of which anything is known: those from the first day on before others, and by length."""
    entries = document["targets"].get(name) or {}
    return {horizon: entries[horizon] for horizon in sorted(entries, key=_order) if is_scored(entries[horizon] or {})}


def targets(document: Document) -> list[str]:
    """Targets of which anything is known, the main ones first."""
    names = dict.fromkeys([*MAIN, *document["targets"]])
    return [name for name in names if scored(document, name)]


def main_targets(document: Document) -> list[str]:
    """Those of wins, bookings and leads of which anything is known."""
    return [name for name in targets(document) if name in MAIN]


def cumulative(horizons: Iterable[str]) -> list[str]:
    """Horizons that begin on the day after the origin, the shortest first; of other periods only, all."""
    ordered = sorted(horizons, key=_order)
    return [horizon for horizon in ordered if "-" not in horizon] or ordered


def _order(horizon: str) -> tuple[bool, int, int]:
    first, _, last = horizon.rpartition("-")
    return "-" in horizon, int(last), int(first or 1)


def days_words(horizon: str) -> str:
    """The days of a forecast: ``28 days``, or ``days 15 to 28``."""
    first, _, last = horizon.rpartition("-")
    if first:
        return f"days {first} to {last}"
    return "1 day" if last == "1" else f"{last} days"


def best_baseline(entry: Document) -> tuple[str, Document] | None:
    """The baseline that is hardest to beat: the one with the lowest mean CRPS, over which skill is least."""
    found = {name: own for name, own in (entry.get("skill") or {}).items() if number(own, "value") is not None}
    return min(found.items(), key=lambda item: item[1]["value"]) if found else None


def amount(value: float | None, unit: str | None) -> str:
    """A number of deals, leads, hours, or an amount of money."""
    if not is_known(value):
        return numbers.MISSING
    if unit == "hours":
        return numbers.duration(value)
    if unit not in ("deals", "leads"):
        return numbers.money(value, unit or "", even=True).strip()
    if abs(value) < _MANY:
        return per_week(value)
    return f"{'-' if value < 0 else ''}{numbers.short(abs(value), even=True)}"


def relative(value: float | None) -> str:
    """A relative difference with its sign."""
    if value is None:
        return numbers.MISSING
    return numbers.change(value) if abs(value) < _MOST else f"{'>+' if value > 0 else '<-'}999%"


def unsigned(value: float | None) -> str:
    """A relative error without sign."""
    return relative(value).replace("+", "")


def interval(found: Any, write: Callable[[float | None], str]) -> str:
    """From low to high; empty where neither is known."""
    low, high = number(found, "low"), number(found, "high")
    return "" if low is None and high is None else f"{write(low)} to {write(high)}"


def percent(value: float | None) -> str:
    """A share in whole percent."""
    return numbers.MISSING if value is None else share(value, 0)


def whole(value: float | None) -> str:
    """A number of forecasts."""
    return numbers.MISSING if value is None else f"{int(value):,}"


def held(entry: Document, level: str = "80") -> str:
    """How many outcomes a band held: ``19 of 24 = 79%``."""
    inside, origins, found = number(entry, "inside", level), number(entry, "origins"), number(entry, "coverage", level)
    counts = "" if inside is None or origins is None else f"{whole(inside)} of {whole(origins)}"
    return f"{counts} = {percent(found)}" if counts and found is not None else counts or percent(found)


def verdict(found: Any) -> str:
    """The verdict in words; a dash where there is none."""
    return str((found.get("verdict") if isinstance(found, Mapping) else None) or numbers.MISSING)


def grouped(document: Document, names: Iterable[str], head: tuple[str, ...], cells: Cells) -> Rows:
    """A table with a row for each target, and below it one for each horizon that has cells."""
    rows = []
    for name in names:
        own = {horizon: cells(entry) for horizon, entry in scored(document, name).items()}
        inner = [[f"{INNER}{days_words(horizon)}", *texts] for horizon, texts in own.items() if any(texts)]
        rows += [[one_line(name), *[""] * (len(head) - 1)], *inner] if inner else []
    return Rows(head, rows)


def band_rows(document: Document, names: Iterable[str]) -> Rows:
    """Whether the 8-in-10 bands hold."""
    head = ("Do the bands\nhold?", "forecasts", "separate", f"in the\n{BAND}", f"true share,\n{INTERVAL}",
            "bias", "verdict")  # fmt: skip
    return grouped(
        document,
        names,
        head,
        lambda entry: [
            whole(number(entry, "origins")),
            whole(number(entry, "effective_origins")),
            held(entry),
            interval((entry.get("coverage_interval") or {}).get("80"), percent),
            relative(number(entry, "bias")),
            verdict(entry),
        ],
    )


def skill_rows(document: Document, names: Iterable[str]) -> Rows:
    """How the CRPS compares with that of the best baseline."""

    def cells(entry: Document) -> list[str]:
        best = best_baseline(entry)
        if best is None:
            return [""] * 5
        name, own = best
        said = [shortened(one_line(name), _BASELINE), relative(number(own, "value")), interval(own, relative)]
        return [amount(number(entry, "crps"), entry.get("unit")), *said, verdict(own)]

    head = ("Better than the\nbest baseline?", "CRPS", "best baseline", "skill", INTERVAL, "verdict")
    return grouped(document, names, head, cells)
