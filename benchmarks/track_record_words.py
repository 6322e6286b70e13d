"""Numbers and names of the track record as its pages write them."""

from __future__ import annotations

from typing import Any

NAMED = ("life table, all history", "life table, last 56 days")
"""Named in advance as the baseline that counts: life tables with run-rate arrivals."""


def named(name: str) -> str:
    """A baseline, with a mark if it was named in advance."""
    return f"{name} (named in advance)" if name in NAMED else name


def amount(value: float) -> str:
    """A score in the unit of what is forecast."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percent(value: float) -> str:
    """A share."""
    return f"{value:.1%}" if 0.0 < value < 0.01 else f"{value:.0%}"


def skill_words(skill: dict[str, Any]) -> str:
    """A skill and its interval."""
    value = f"{skill['value']:+.1%}" if abs(skill["value"]) < 0.01 else f"{skill['value']:+.0%}"
    if skill["low"] is None or skill["high"] is None:
        return f"{value} (no interval)"
    low = "below -100%" if skill["low"] < -1 else f"{skill['low']:+.0%}"
    return f"{value} ({low} to {skill['high']:+.0%})"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "".join("| " + " | ".join(line) + " |\n" for line in [head, ["---"] * len(head), *rows])
