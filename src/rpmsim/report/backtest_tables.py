"""The tables of a backtest's page that the terminal has no room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rpmsim.report import numbers
from rpmsim.report.backtest_rows import (
    LEVELS,
    amount,
    cumulative,
    days_words,
    grouped,
    held,
    interval,
    number,
    percent,
    relative,
    scored,
    unsigned,
    verdict,
    whole,
)
from rpmsim.report.calibration_rows import INNER, INTERVAL, Rows, one_line

Document = Mapping[str, Any]


def coverage_rows(document: Document, names: Iterable[str]) -> Rows:
    """Outcomes inside the 50%, 80% and 90% bands, and how wide these are."""

    def cells(entry: Document) -> list[str]:
        inside = [held(entry, level) for level in LEVELS]
        widths = [amount(number(entry, "width", level), entry.get("unit")) for level in LEVELS]
        return [*inside, *widths] if any(text != numbers.MISSING for text in (*inside, *widths)) else []

    head = ("Target", *(f"in the {level}% band" for level in LEVELS), *(f"width of {level}%" for level in LEVELS))
    return grouped(document, names, head, cells)


def error_rows(document: Document, names: Iterable[str]) -> Rows:
    """How far forecasts are from what came."""
    head = ("Target", "CRPS", "WAPE", "bias")
    return grouped(
        document,
        names,
        head,
        lambda entry: [
            amount(number(entry, "crps"), entry.get("unit")),
            unsigned(number(entry, "wape")),
            relative(number(entry, "bias")),
        ],
    )


def baseline_rows(document: Document, names: Iterable[str]) -> Rows:
    """Skill against every baseline, by horizon."""
    own = {name: scored(document, name) for name in names}
    horizons = cumulative({horizon for entries in own.values() for horizon in entries if entries[horizon].get("skill")})
    rows = []
    for name, entries in own.items():
        baselines = dict.fromkeys(key for entry in entries.values() for key in entry.get("skill") or {})
        found = {
            key: [_skill(((entries.get(horizon) or {}).get("skill") or {}).get(key)) for horizon in horizons]
            for key in baselines
        }
        inner = [[INNER + one_line(key), *cells] for key, cells in found.items() if any(cells)]
        rows += [[one_line(name), *[""] * len(horizons)], *inner] if inner else []
    return Rows(("Skill against", *map(days_words, horizons)), rows)


def _skill(found: Any) -> str:
    """Skill with its interval, and what that says."""
    value = number(found, "value")
    if value is None:
        return ""
    between = interval(found, relative)
    return f"{relative(value)}{f' ({between})' if between else ''}, {verdict(found)}"


def chance_rows(document: Document, names: Iterable[str]) -> Rows:
    """How good the chances of reaching a number are."""

    def cells(entry: Document) -> list[str]:
        reach = entry.get("reach") or {}
        brier, climate = (number(reach, key) for key in ("brier", "brier_climate"))
        if brier is None and climate is None:
            return []
        said = [
            f"{percent(number(group, 'forecast'))} → {percent(share)} of {whole(number(group, 'n'))}"
            for group in reach.get("reliability") or ()
            if (share := number(group, "observed")) is not None
        ]
        return [*(numbers.MISSING if v is None else f"{v:.3f}" for v in (brier, climate)), "; ".join(said)]

    head = ("Target", "Brier score", "of the share reached", "chance → share reached, by group of forecasts")
    return grouped(document, names, head, cells)


def conformal_rows(document: Document, names: Iterable[str]) -> Rows:
    """Coverage after the conformal adjustment."""

    def cells(entry: Document) -> list[str]:
        found = entry.get("conformal")
        if not found:
            return []
        return [_held_of(number(found, "coverage", level), number(found, "n", level)) for level in LEVELS]

    return grouped(document, names, ("Target", *(f"in the {level}% band" for level in LEVELS)), cells)


def _held_of(coverage: float | None, count: float | None) -> str:
    """Share inside the adjusted bands of so many forecasts, before which there was record enough to adjust."""
    return numbers.MISSING if coverage is None else f"{percent(coverage)} of {whole(count)}"


def combination_rows(document: Document, names: Iterable[str]) -> Rows:
    """The combination with a baseline, against the forecast alone."""

    def cells(entry: Document) -> list[str]:
        found = entry.get("combination")
        if not found:
            return []
        return [
            one_line(found.get("baseline") or numbers.MISSING),
            percent(number(found, "weight")),
            amount(number(found, "crps"), entry.get("unit")),
            relative(number(found, "value")),
            interval(found, relative),
            verdict(found),
        ]

    head = ("Target", "with", "its weight", "CRPS", "skill", INTERVAL, "verdict")
    return grouped(document, names, head, cells)
