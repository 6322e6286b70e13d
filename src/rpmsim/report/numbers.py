"""Numbers as a planner writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_UNITS = ((1e9, "bn", "billion"), (1e6, "M", "million"), (1e3, "k", "thousand"))

MISSING = "-"


@dataclass(frozen=True)
class Scale:
    """Unit of a column: divisor, its word ("thousand"; empty for ones), its letter, and decimals."""

    divisor: float
    word: str
    letter: str
    decimals: int

    def text(self, value: float | None, down: bool = False) -> str:
        """The number in this unit, with thousands separated; rounded down where it is reported as "at least"."""
        return MISSING if value is None else _digits(value / self.divisor, self.decimals, down, even=True)


def scale_of(values: Iterable[float | None]) -> Scale:
    """Unit in which the typical value of a column has two to five digits before the point."""
    known = sorted(abs(value) for value in values if value)
    typical = known[len(known) // 2] if known else 0.0
    for divisor, letter, word in _UNITS:
        if typical >= 10 * divisor:
            return Scale(divisor, word, letter, 0 if typical >= 100 * divisor or divisor == 1e3 else 1)
    return Scale(1.0, "", "", 0 if typical >= 20 else 1)


def currency_sign(code: str) -> str:
    """Sign to put before an amount: of a well-known currency its symbol, else the code and a space."""
    return _SYMBOLS.get(code, f"{code} ")


def money(value: float, currency: str, down: bool = False, even: bool = False) -> str:
    """An amount in short: €4.8M, €310k, €850; see :func:`short`."""
    return f"{'-' if value < 0 else ''}{currency_sign(currency)}{short(abs(value), down, even)}"


def short(value: float, down: bool = False, even: bool = False) -> str:
    """Two or three significant digits: 4.8M, 1.25M, 310k, 12.5k, 850, 7.3.

    Parameters
    ----------
    value : float
        Zero or more.
    down : bool
        Round down, where the number is reported as "at least".
    even : bool
        Keep a closing zero (5.0M), for columns.
    """
    for divisor, letter, _ in _UNITS:
        if value >= 0.9995 * divisor:
            scaled = value / divisor
            return _digits(scaled, 0 if scaled >= 99.95 else 1 if scaled >= 1.995 else 2, down, even) + letter
    return _digits(value, 0 if value >= 9.95 or value == 0 else 1, down, even)


def count(value: float | None, down: bool = False) -> str:
    """A mean or quantile of counts: whole from ten on, else one decimal."""
    if value is None:
        return MISSING
    return _digits(value, 0 if value >= 9.95 or value == int(value) else 1, down, even=True)


def percent(share: float | None) -> str:
    """A chance or share in whole percent; what is not certain is never reported as certain."""
    if share is None:
        return MISSING
    if share > 0.995:
        return ">99%"
    return "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def chance(target: Mapping[str, Any]) -> str:
    """The chance of a target; of one whose period is over, whether it was reached."""
    if target["state"] == "actual":
        return "reached" if target["probability"] else "missed"
    return percent(target["probability"])


def change(share: float | None) -> str:
    """A relative change in whole percent, with its sign."""
    if share is None:
        return MISSING
    text = f"{100 * share:+.0f}%"
    return "0%" if text in ("+0%", "-0%") else text


def use(share: float | None) -> str:
    """A share of something used up, in whole percent; empty where there is no such limit."""
    return "" if share is None else f"{100 * share:.0f}%"


def duration(hours: float | None) -> str:
    """A time that people can picture: minutes below two hours, hours below two days, else days."""
    if hours is None:
        return MISSING
    if hours < 2:
        return f"{60 * hours:.0f} min"
    if hours < 48:
        return f"{hours:.0f} hours"
    return f"{hours / 24:.{1 if hours < 240 else 0}f} days"


def _digits(value: float, decimals: int, down: bool, even: bool) -> str:
    power = 10**decimals
    text = f"{math.floor(value * power + 1e-9) / power if down else value:,.{decimals}f}"
    return text if even or "." not in text else text.rstrip("0").removesuffix(".")
