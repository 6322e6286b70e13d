"""Spellings of numbers: one that has one meaning is read, any other gets a message with the exact fix."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?"
DASH = "[-\u2010\u2011\u2012\u2013\u2014]"

CURRENCY_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
}
"""The currencies that use a sign, the most usual one first."""
SIGNS = "".join(CURRENCY_SIGNS)

_PLAIN = (
    (re.compile("[\u2212\ufe63\uff0d]"), "-"),
    (re.compile("[×✕]"), "x"),
    (re.compile(r"^x (?=[\d.])"), "x"),
    (re.compile(rf"^({DIGITS})x(?= |$)"), r"x\1"),
    (re.compile(r"(?<=\d) ?(?:percent|per cent|pct)\b"), "%"),
    (re.compile(rf"\bUS\$(?= ?{DIGITS})"), "$"),
)
_UNITS = {
    **dict.fromkeys(("h", "hr"), "hour"),
    "min": "minute",
    "d": "day",
    "wk": "week",
    **dict.fromkeys(("mo", "mth"), "month"),
    "qtr": "quarter",
    **dict.fromkeys(("yr", "annum"), "year"),
    "wd": "workday",
}
_PHRASES = (
    (re.compile(r"\b(?:hourly|daily|weekly|monthly|quarterly|yearly|annually)\b"), lambda m: _per(m[0])),
    (re.compile(r"(?<!\S)p\.? ?a\.?(?!\S)"), lambda m: "per year"),
    (re.compile(r"(?<!\S)(?:a|an|each|every)(?= (?:hour|day|week|month|quarter|year)\b)"), lambda m: "per"),
    (re.compile(r"\b(?:business|working|work|open) day\b"), lambda m: "workday"),
    (re.compile(r"\bper (?:head|person|rep|fte)\b"), lambda m: "each"),
    (re.compile(r"^each (per .*)$"), lambda m: f"{m[1]} each"),
)


_SUFFIXES = {
    "k": ("k", "t", "tsd", "thousand"),
    "M": ("m", "mm", "mn", "mio", "mln", "mil", "million", "millions"),
    "bn": ("b", "bn", "bil", "mrd", "billion", "billions"),
}


LONGEST = 200
"""Characters of a number with its unit; a longer text is none, and is not searched for one."""


def plain_spelling(text: str) -> str:
    """A number's text with plain signs and single spaces: all kinds of spaces, minus and times, `percent`."""
    if len(text) > LONGEST:
        return text
    text = " ".join(text.split())
    if text.isdecimal():
        return text
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    return text


def unit_words(text: str) -> str:
    """A unit in its one spelling: lower case, singular, `hrs` as `hour`, `/mo` as `per month`."""
    words = []
    for word in text.lower().replace("/", " per ").split():
        singular = word[:-1] if re.fullmatch(".*[^s]s", word) else word
        words.append(_UNITS.get(singular, _UNITS.get(singular.rstrip("."), singular)))
    unit = " ".join(words)
    for pattern, plain in _PHRASES:
        unit = pattern.sub(plain, unit)
    return unit


def _per(adverb: str) -> str:
    return {"daily": "per day", "annually": "per year"}.get(adverb, f"per {adverb.removesuffix('ly')}")


def comma_fix(text: str) -> str:
    """What to write for a number with a comma in it."""
    plain = "a decimal point, and thousands without a separator"
    match = re.search(r"\d[\d,.]*\d", text)
    if match is None:
        return plain
    number = match[0]
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number)
    decimal = re.fullmatch(r"(\d+|\d{1,3}(?:\.\d{3})+),(\d+)", number)
    point = f"{decimal[1].replace('.', '')}.{decimal[2]}" if decimal else ""
    if grouped:
        other = f" (or `{text.replace(number, point)}` if it is a decimal comma)" if decimal else ""
        return f"write `{text.replace(number, number.replace(',', ''))}`{other}: {plain}"
    return f"write `{text.replace(number, point)}`: {plain}" if decimal else plain


def fix_of(text: str) -> str:
    """What to write in place of a text that is nearly a number."""
    for pattern, fix in _FIXES:
        match = pattern.fullmatch(text)
        if match:
            return fix(match)
    return "write a number such as `12`, `20%`, `18k`, or a range such as `20% to 26%`"


def suffix_fix(suffix: str) -> str:
    """The suffix that is meant by another one, or nothing."""
    return next((plain for plain, words in _SUFFIXES.items() if suffix.lower().rstrip(".") in words), "")


def _about(match: re.Match[str]) -> str:
    number, tail = Decimal(match[1]), match[2]
    low, high = (f"{(number * factor).normalize():f}{tail}" for factor in (Decimal("0.9"), Decimal("1.1")))
    return f"write `{match[1]}{tail}`, or write it as a range: `{low} to {high}`"


def _around(match: re.Match[str]) -> str:
    middle, tail, by = Decimal(match[1]), match[2].strip(), Decimal(match[3])
    behind = match[4].strip()
    unit = behind or tail
    if behind == "%" and tail != "%":
        by = middle * by / 100
        unit = tail
    gap = "" if unit.startswith("%") or unit in ("", "k", "M", "bn") else " "
    low, high = (f"{(middle + sign * by).normalize():f}{gap}{unit}" for sign in (-1, 1))
    return f"write `{low} to {high}`"


def _bound(match: re.Match[str]) -> str:
    return f"write the number, `{match[1]}`, or a range such as `20% to 26%`"


_FIXES = (
    (re.compile(rf"(?:~|≈|about|around|approx\.?|ca\.?|circa|c\.) ?({DIGITS})( ?\D*)"), _about),
    (re.compile(rf"({DIGITS})( ?[^\d±+]*)(?:±|\+/?-|\+ ?/ ?-) ?({DIGITS})(.*)"), _around),
    (re.compile(r"(?:[<>≤≥]=?|up to|at (?:least|most)|max\.?|min\.?) ?(.+)"), _bound),
    (
        re.compile(rf"(?:between|from)? ?({DIGITS})( ?%|k|M|bn)? ?(?:\.\.\.?|…|and|until|bis|:|;|~) ?({DIGITS})(.*)"),
        lambda match: f"write `{match[1]}{match[2] or ''} to {match[3]}{match[4]}`",
    ),
    (
        re.compile(r"(\d+) ?(?:/|per) ?(\d+)(.*)"),
        lambda match: f"write the result: `{int(match[1]) / max(int(match[2]), 1):.4g}{match[3]}`",
    ),
    (
        re.compile(r"(\d{1,3}(?:[ '’_.]\d{3})+)(\D.*|)"),
        lambda match: f"write `{re.sub('[^0-9]', '', match[1])}{match[2]}`: thousands have no separator",
    ),
)
