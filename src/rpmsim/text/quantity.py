"""Numbers as people write them: `20% to 26%`, `40 per week`, `18k`; and relative ones: `+20%`, `odds x1.2`.

Arithmetic is decimal, so that a relative value gives the number that a person would have written
(20% plus 20% is 24%), and text, value and text again agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any, Literal

from rpmsim.text.spelling import (
    DASH,
    DIGITS,
    LONGEST,
    SIGNS,
    comma_fix,
    fix_of,
    plain_spelling,
    suffix_fix,
    unit_words,
)

_SIDE = re.compile(
    rf"(?:(?P<factor>x)|(?P<sign>[+-]))?(?:(?P<money>[{SIGNS}]|[A-Z]{{3}} ) ?)?(?P<number>{DIGITS})"
    rf"(?P<suffix> ?(?:%|(?:k|M|bn)(?![A-Za-z])))? ?(?P<unit>[A-Za-z/{SIGNS}]\D*)?"
)
_POSTERIOR = re.compile(r"posterior(?P<unit>(?: (?!odds\b|x)[A-Za-z/]+)*)(?P<changes>(?: (?:odds |[x+-]).*)?)")
_CHANGE = re.compile(r"odds x\S+|x\S+|[+-]\S+(?: points?)?")
_MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_DASHED = re.compile(rf"(?P<low>[^+-].*?) ?{DASH} ?(?P<high>[x{SIGNS}]?(?:[A-Z]{{3}} )?[\d.].*)")
_COMMA = re.compile(r"\d,\d")
_SUFFIXES = {"": Decimal(1), "%": Decimal("0.01"), "k": Decimal(1000), "M": Decimal(10**6), "bn": Decimal(10**9)}

POSTERIOR = "posterior"
"""The word for a number whose values are the draws of a posterior."""


def is_drawn(text: str) -> bool:
    """Whether a text is a number whose values are the draws of a posterior."""
    return text.partition(" ")[0] == POSTERIOR


LARGEST = Decimal(10) ** 18
"""Beyond this a number in a plan is a slip."""
_MOST_KEPT = 4096
"""Texts whose quantities are kept: a table of thousands of rows repeats a few hundred."""


class QuantityError(ValueError):
    """A text that is not a number; carries what is wrong and how to fix it."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class Quantity:
    """A number or range with its unit.

    Parameters
    ----------
    value : Decimal or None
        None for a range without a stated middle.
    low, high : Decimal or None
        Ends of the range. All three are in units of ``suffix``: 20 with suffix % is a fifth.
    suffix : {"", "%", "k", "M", "bn"}
    unit : str
        Words behind the number, single spaces between them.
    factor : bool
        Whether it was written with an `x`.
    signed : bool
        Whether a sign was written.
    posterior : bool
        Whether its values are the draws of a posterior; then there is no value, low and high.
    changes : tuple of Relative
        What is done to these draws, one after the other.
    """

    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    suffix: str = ""
    unit: str = ""
    factor: bool = False
    signed: bool = False
    posterior: bool = False
    changes: tuple[Relative, ...] = ()

    @property
    def ranged(self) -> bool:
        """Whether it is drawn: a range, or the draws of a posterior."""
        return self.posterior or self.low is not None

    @property
    def multiplier(self) -> Decimal:
        """What the suffix stands for."""
        return _SUFFIXES[self.suffix]

    def __str__(self) -> str:
        """Write it so that it reads back as the same number."""
        sign = self.unit[:1] if self.unit[:1] in tuple(SIGNS) else ""
        x = sign or ("x" if self.factor else "")
        unit = self.unit.removeprefix(sign).strip()
        tail = f" {unit}" if unit else ""
        if self.posterior:
            return " ".join([f"{POSTERIOR}{tail}", *(change.text for change in self.changes)])
        if self.low is not None and self.high is not None:
            return f"{x}{plain(self.low)}{self.suffix} to {x}{plain(self.high)}{self.suffix}{tail}"
        assert self.value is not None
        return f"{x}{plain(self.value)}{self.suffix}{tail}"


def plain(number: Decimal) -> str:
    """Write a decimal with at most 15 significant digits and no exponent where people would not use one."""
    with localcontext() as context:
        context.prec = 15
        number = (+number).normalize()
    if -12 <= number.adjusted() <= 18:
        return f"{number:f}"
    return f"{number:E}"


def parse_quantity(text: str) -> Quantity:
    """Parse a number, a range, or either with an `x` or a sign.

    Raises
    ------
    QuantityError
        If the text is none of these.
    """
    if len(text) > LONGEST:
        raise QuantityError(f"`{text[:40]}...` is not a number", f"a number has at most {LONGEST} characters")
    return _quantity(text)


@lru_cache(_MOST_KEPT)
def _quantity(text: str) -> Quantity:
    text = plain_spelling(text)
    if _COMMA.search(text):
        raise QuantityError(f"`{text}` has a comma in a number", comma_fix(text))
    if text == "":
        raise QuantityError("a number is missing", "write it, or remove the line")
    if is_drawn(text):
        return _posterior(text)
    sides = text.split(" to ")
    if len(sides) > 2:
        raise QuantityError(f"`{text}` is not a number or a range", "write `low to high`")
    if len(sides) == 1 and not _SIDE.fullmatch(text) and not _MONTH.fullmatch(text):
        dashed = _DASHED.fullmatch(text)
        if dashed and all(_SIDE.fullmatch(side) for side in dashed.groups()):
            sides = [dashed["low"], dashed["high"]]
    if len(sides) == 1:
        return _side(text, text)
    low, high = (_side(side, text) for side in sides)
    return _range(low, high, text)


def _posterior(text: str) -> Quantity:
    """The word `posterior`, its unit, and what is done to its draws: `posterior per week x1.2 +5 points`."""
    match = _POSTERIOR.fullmatch(text)
    texts = _CHANGE.findall(match["changes"]) if match else []
    if match is None or " ".join(texts) != match["changes"].strip():
        raise QuantityError(
            f"`{text}` is not a number", "write `posterior`, then its unit, then changes: `posterior per week x1.2`"
        )
    changes = tuple(_steady(parse_relative(change), text) for change in texts)
    return Quantity(None, unit=match["unit"].strip().replace("/", " per "), posterior=True, changes=changes)


def _steady(change: Relative | None, text: str) -> Relative:
    """A change of the draws of a posterior, which are a range already."""
    if change is None or change.by.ranged:
        raise QuantityError(f"`{text}` changes draws by a range", "write one number for each change")
    return change


def _range(low: Quantity, high: Quantity, text: str) -> Quantity:
    """The range between two ends; what stands at one of them only holds for both, where that is clear."""
    if low.suffix != high.suffix:
        if low.suffix == "" and low.unit == "" and high.suffix == "%":
            if low.value is not None and high.value is not None and 0 < low.value < 1 <= high.value:
                raise QuantityError(f"the ends of `{text}` have different units", "write % at both ends")
            low = replace(low, suffix="%")
        elif low.value != 0:
            raise QuantityError(f"the ends of `{text}` have different units", "write the suffix at both ends")
    currency = low.unit if len(low.unit) == 1 or (len(low.unit) == 3 and low.unit.isupper()) else ""
    if currency and not high.unit.startswith(currency):
        high = replace(high, unit=f"{currency} {high.unit}".strip())
    if unit_words(low.unit) not in ("", unit_words(high.unit), unit_words(currency)):
        raise QuantityError(f"the ends of `{text}` have different units", "write both ends in one unit")
    return Quantity(
        None, low.value, high.value, high.suffix, high.unit, low.factor or high.factor, low.signed or high.signed
    )


def _side(text: str, whole: str) -> Quantity:
    match = _SIDE.fullmatch(text)
    if match is None:
        raise QuantityError(f"`{whole}` is not a number", fix_of(text))
    number = Decimal(match["number"])
    if number.adjusted() > 24 or abs(number) > LARGEST:
        raise QuantityError(f"`{whole}` is too large", "check the number")
    if match["sign"] == "-":
        number = -number
    unit = (match["unit"] or "").replace("/", " per ")
    meant, _, rest = unit.partition(" ")
    if suffix_fix(meant):
        fixed = f"{match['number']}{suffix_fix(meant)} {match['money'] or ''}{rest}".strip()
        months = ", and months and minutes in full" if meant == "m" else ""
        raise QuantityError(f"`{whole}` is not a number", f"write `{fixed}`: the suffixes are k, M and bn{months}")
    return Quantity(
        number,
        suffix=(match["suffix"] or "").strip(),
        unit=" ".join(((match["money"] or "") + " " + unit).split()),
        factor=bool(match["factor"]),
        signed=bool(match["sign"]),
    )


@dataclass(frozen=True)
class Relative:
    """A value that refers to the parent's: a factor, a summand, points of a share, or a factor of its odds."""

    how: Literal["times", "add", "points", "odds"]
    by: Quantity
    text: str


_POINTS = re.compile(r"(?P<rest>[+-].*?) ?(?:(?:percentage )?points?|pp|ppts?|pts?|p\.p\.)")


def parse_relative(text: str, signed_is_absolute: bool = False, factor_is_absolute: bool = False) -> Relative | None:
    """Parse a relative value.

    Parameters
    ----------
    signed_is_absolute : bool
        Whether `-2%` is a value of its own here (growth) and not a change of the parent's.
    factor_is_absolute : bool
        Whether `x0.8` is a value of its own here (effects) and not a change of the parent's.

    Returns
    -------
    Relative or None
        None if the text states a value of its own, or nothing that can be read.
    """
    return _relative(text, signed_is_absolute, factor_is_absolute) if len(text) <= LONGEST else None


@lru_cache(_MOST_KEPT)
def _relative(text: str, signed_is_absolute: bool, factor_is_absolute: bool) -> Relative | None:
    text = plain_spelling(text)
    if text.startswith("odds "):
        by = parse_quantity(text[5:])
        if not by.factor or by.suffix or by.unit:
            raise QuantityError(f"`{text}` is not a change of odds", "write `odds x1.2`")
        _positive(by, text)
        return Relative("odds", by, text)
    points = _POINTS.fullmatch(text)
    if points:
        by = parse_quantity(points["rest"])
        return Relative("points", replace(by, suffix=""), text)
    if text.startswith("x"):
        if factor_is_absolute:
            return None
        by = parse_quantity(text)
        if by.unit or by.suffix:
            raise QuantityError(f"`{text}` has a unit after a factor", "write `x1.1` alone")
        _positive(by, text)
        return Relative("times", by, text)
    if not text.startswith(("+", "-")) or signed_is_absolute:
        return None
    by = parse_quantity(text)
    if by.suffix == "%" and not by.unit:
        return Relative("times", _as_factor(by, text), text)
    if by.suffix == "%":
        raise QuantityError(f"`{text}` has a unit after a relative value", f"write `{text.split()[0]}` alone")
    return Relative("add", by, text)


def _positive(by: Quantity, text: str) -> None:
    smallest = by.low if by.low is not None else by.value
    if smallest is None or smallest < 0 or (smallest == 0 and by.ranged):
        raise QuantityError(f"`{text}` is not a positive factor", "write a factor such as `x0.8`, or `x0` for nothing")


def _as_factor(by: Quantity, text: str) -> Quantity:
    def one(percent: Decimal | None) -> Decimal | None:
        return None if percent is None else 1 + percent / 100

    factor = Quantity(one(by.value), one(by.low), one(by.high), factor=True)
    smallest = factor.low if factor.low is not None else factor.value
    if smallest is not None and smallest < 0:
        raise QuantityError(f"`{text}` subtracts more than everything", "write at least -100%")
    return factor


def apply_relative(parent: Quantity, change: Relative) -> Quantity:
    """The parent's value after a relative change; a range keeps its shape, both ends move.

    Raises
    ------
    QuantityError
        If parent and change are both ranges (that would be two draws in one number), or the units do not fit.
    """
    by = change.by
    if parent.posterior and not by.ranged:
        return _with_change(parent, change)
    if parent.ranged and by.ranged:
        raise QuantityError(
            f"`{change.text}` is a range and the value it refers to is `{parent}`", "write the whole range"
        )
    if change.how == "add":
        if by.unit not in ("", parent.unit):
            raise QuantityError(
                f"`{change.text}` has a different unit from `{parent}`", f"write `{change.text.split()[0]}` alone"
            )
        step = by.multiplier / parent.multiplier
        by = replace(by, value=_times(by.value, step), low=_times(by.low, step), high=_times(by.high, step))
    if by.ranged:
        middle = parent.value
        return replace(
            parent, value=None, low=_one(middle, by.low, change, parent), high=_one(middle, by.high, change, parent)
        )
    return replace(
        parent,
        value=_one(parent.value, by.value, change, parent),
        low=_one(parent.low, by.value, change, parent),
        high=_one(parent.high, by.value, change, parent),
    )


def _with_change(parent: Quantity, change: Relative) -> Quantity:
    """Draws with one more change; two factors in a row are one, as a person would have written it."""
    last = parent.changes[-1] if parent.changes else None
    if last is not None and last.how == change.how and change.how in ("times", "odds"):
        assert last.by.value is not None
        assert change.by.value is not None
        by = replace(change.by, value=last.by.value * change.by.value)
        return replace(parent, changes=(*parent.changes[:-1], Relative(change.how, by, _factor_text(change.how, by))))
    text = _factor_text(change.how, change.by) if change.how in ("times", "odds") else change.text
    return replace(parent, changes=(*parent.changes, Relative(change.how, change.by, text)))


def _factor_text(how: str, by: Quantity) -> str:
    return ("odds " if how == "odds" else "") + str(by)


def change_draws(values: Any, quantity: Quantity) -> Any:
    """Values of draws after the changes that a quantity states, in its own unit.

    Raises
    ------
    QuantityError
        If a value is no share where its odds are changed.
    """
    for change in quantity.changes:
        assert change.by.value is not None
        by = float(change.by.value * change.by.multiplier)
        if change.how == "times":
            values = values * by
        elif change.how == "add":
            values = values + by
        elif change.how == "points":
            values = values + by * 0.01
        else:
            if (values < 0).any() or (values > 1).any():
                raise QuantityError(f"`{quantity}`: some draws are not shares", "a share is between 0% and 100%")
            values = values * by / (1.0 - values + values * by)
    return values


def _times(value: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if value is None else value * factor


def _one(value: Decimal | None, by: Decimal | None, change: Relative, parent: Quantity) -> Decimal | None:
    if value is None or by is None:
        return None
    if change.how == "times":
        return value * by
    if change.how == "add":
        return value + by
    if change.how == "points":
        return value + by * Decimal("0.01") / parent.multiplier
    share = value * parent.multiplier
    if not 0 <= share <= 1:
        raise QuantityError(f"`{parent}` is not a share", "a share is between 0% and 100%")
    return share * by / (1 - share + share * by) / parent.multiplier
