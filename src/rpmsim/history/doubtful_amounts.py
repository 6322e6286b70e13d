"""Amounts that may mean something else than was read: thousands or decimals, and currencies that nobody reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SURE = (
    ("long {0}", r"^([0-9]+\{0}[0-9]{{4,}}|[0-9]{{4,}}\{0}[0-9]{{3}}|0?\{0}[0-9]+)$"),
    ("sure {0}", r"(\{1}[0-9]{{3}}\{0}[0-9]+|(\{1}[0-9]{{3}}){{2,}}|^[^{1}]*\{0}[0-9]{{1,2}})$"),
)
"""What proves a mark to separate decimals: many decimals, or one or two, or the other mark between thousands."""
FORMS = (
    *(("three " + mark, rf"^[1-9][0-9]{{0,2}}\{mark}[0-9]{{3}}$") for mark in ".,"),
    *((name.format(own), form.format(own, other)) for own, other in (".,", ",.") for name, form in _SURE),
)
"""Forms of an amount by what they say of its marks; ``three`` may be thousands as well as decimals."""
WORDS = {".": "point", ",": "comma"}
CODES = (
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PEN", "PHP", "PLN", "RON", "RUB", "SAR",
    "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
)  # fmt: skip
CURRENCY_NAMES = re.compile(r"curr|valuta|devise|moneda|w(ä|ae)hrung", re.IGNORECASE)
CONVERTED = re.compile(r"currency|convert", re.IGNORECASE)
"""In the name of a column with amounts: they are in one currency, whatever those of the deals are."""


@dataclass(frozen=True)
class Doubt:
    """Amounts that may mean something else.

    Parameters
    ----------
    form : str
        Theirs, of :data:`FORMS`.
    kind, done : str
        What is doubtful, and what was done, for a correction.
    """

    form: str
    kind: str
    done: str


def doubts(counts: dict[str, int], decimal: str) -> list[Doubt]:
    """What is doubtful in a column of amounts.

    Parameters
    ----------
    counts : dict of str to int
        How many amounts are of each form.
    decimal : {"", ".", ","}
        What separates decimals, as stated; a point by default.
    """
    own, other = (",", ".") if decimal == "," else (".", ",")
    against = sum(counts.get(f"{word} {other}", 0) for word in ("long", "sure"))
    short, many = counts.get(f"sure {own}", 0), counts.get(f"long {own}", 0)
    choice = f"write `decimal: {WORDS[other]}` if they are thousands, otherwise `decimal: {WORDS[own]}`"
    found = []
    if counts.get(f"three {own}") and (against or not (decimal or many)):
        evidence = f"{against:,} others have decimals after a {WORDS[other]}" if against else ""
        evidence = evidence or (f"{short:,} others have one or two" if short else "as has every amount with one")
        done = f"read as decimals, though three digits follow the {WORDS[own]}, as in thousands ({evidence}): {choice}"
        found.append(Doubt(f"three {own}", f"with three digits after the {WORDS[own]} of the amount", done))
    if counts.get(f"three {other}") and against and not (short or many):
        done = f"read as thousands, though {against:,} others have decimals after a {WORDS[other]}: "
        done += f"write `decimal: {WORDS[other]}` if these are decimals too"
        found.append(Doubt(f"three {other}", f"with three digits after the {WORDS[other]} of the amount", done))
    return found
