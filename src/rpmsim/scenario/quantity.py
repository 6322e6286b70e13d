"""Numbers as people write them: `20% to 26%`, `40 per week`, `18k`; and relative ones: `+20%`, `odds x1.2`.

Arithmetic is decimal, so that a relative value gives the number that a person would have written
(20 % plus 20 % is 24 %), and text, value and text again agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Literal

_DIGITS = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?"
_SIDE = re.compile(
    rf"(?:(?P<factor>x)|(?P<sign>[+-]))?(?P<number>{_DIGITS})(?P<suffix> ?%|k|M|bn)?(?:\s+(?P<unit>\D.*))?"
)
_COMMA = re.compile(r"\d,\d")
_SUFFIXES = {"": Decimal(1), "%": Decimal("0.01"), "k": Decimal(1000), "M": Decimal(10**6), "bn": Decimal(10**9)}

LARGEST = Decimal(10) ** 18
"""Beyond this a number in a plan is a slip."""


class QuantityError(ValueError):
    """A text that is not a number; carries what is wrong and how to mend it."""

    def __init__(self, message: str, repair: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.repair = repair


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
    """

    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    suffix: str = ""
    unit: str = ""
    factor: bool = False
    signed: bool = False

    @property
    def ranged(self) -> bool:
        """Whether it is a range."""
        return self.low is not None

    @property
    def multiplier(self) -> Decimal:
        """What the suffix stands for."""
        return _SUFFIXES[self.suffix]

    def __str__(self) -> str:
        """Write it so that it reads back as the same number."""
        x = "x" if self.factor else ""
        tail = f" {self.unit}" if self.unit else ""
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
    text = " ".join(text.split())
    if _COMMA.search(text):
        raise QuantityError(
            f"`{text}` has a comma inside a number", "write a decimal point, and thousands without a separator"
        )
    if text == "":
        raise QuantityError("a number is missing", "write it, or take the line away")
    sides = text.split(" to ")
    if len(sides) > 2:
        raise QuantityError(f"`{text}` is not a number or a range", "write `low to high`")
    if len(sides) == 1:
        return _side(text, text)
    low, high = (_side(side, text) for side in sides)
    if low.suffix != high.suffix:
        if low.suffix == "" and low.unit == "" and high.suffix == "%":
            low = replace(low, suffix="%")
        elif low.value != 0:
            raise QuantityError(f"the ends of `{text}` have different units", "write the suffix at both ends")
    if low.unit not in ("", high.unit):
        raise QuantityError(f"the ends of `{text}` have different units", "write both ends in one unit")
    return Quantity(
        None, low.value, high.value, high.suffix, high.unit, low.factor or high.factor, low.signed or high.signed
    )


def _side(text: str, whole: str) -> Quantity:
    match = _SIDE.fullmatch(text)
    if match is None:
        raise QuantityError(f"`{whole}` is not a number", _hint(text))
    number = Decimal(match["number"])
    if number.adjusted() > 24 or abs(number) > LARGEST:
        raise QuantityError(f"`{whole}` is absurdly large", "check the number")
    if match["sign"] == "-":
        number = -number
    return Quantity(
        number,
        suffix=(match["suffix"] or "").strip(),
        unit=match["unit"] or "",
        factor=bool(match["factor"]),
        signed=bool(match["sign"]),
    )


def _hint(text: str) -> str:
    if re.fullmatch(rf"[+-]?{_DIGITS}[KmBb]n?", text):
        return "suffixes are k, M and bn"
    if re.match(rf"[+-]?{_DIGITS}[a-zA-Z]", text):
        return "put a space between the number and its unit"
    if re.match(r"[€$£]", text):
        return "take the currency sign away: amounts are in the scenario's currency"
    return "write a number such as `12`, `20%`, `18k`, or a range such as `20% to 26%`"


@dataclass(frozen=True)
class Relative:
    """A value that refers to the parent's: a factor, a summand, points of a share, or a factor of its odds."""

    how: Literal["times", "add", "points", "odds"]
    by: Quantity
    text: str


_POINTS = re.compile(r"(?P<rest>[+-].*?) ?(?:percentage )?points?")


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
    text = " ".join(text.split())
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
            raise QuantityError(f"`{text}` has a unit behind a factor", "write `x1.1` alone")
        _positive(by, text)
        return Relative("times", by, text)
    if not text.startswith(("+", "-")) or signed_is_absolute:
        return None
    by = parse_quantity(text)
    if by.suffix == "%" and not by.unit:
        return Relative("times", _as_factor(by, text), text)
    if by.suffix == "%":
        raise QuantityError(f"`{text}` has a unit behind a relative value", f"write `{text.split()[0]}` alone")
    return Relative("add", by, text)


def _positive(by: Quantity, text: str) -> None:
    smallest = by.low if by.low is not None else by.value
    if smallest is None or smallest <= 0:
        raise QuantityError(f"`{text}` is not a positive factor", "write a factor above 0, such as `x0.8`")


def _as_factor(by: Quantity, text: str) -> Quantity:
    def one(percent: Decimal | None) -> Decimal | None:
        return None if percent is None else 1 + percent / 100

    factor = Quantity(one(by.value), one(by.low), one(by.high), factor=True)
    smallest = factor.low if factor.low is not None else factor.value
    if smallest is not None and smallest < 0:
        raise QuantityError(f"`{text}` takes away more than everything", "write at least -100%")
    return factor


def apply_relative(parent: Quantity, change: Relative) -> Quantity:
    """The parent's value after a relative change; a range keeps its shape, both ends move.

    Raises
    ------
    QuantityError
        If parent and change are both ranges (that would be two draws in one number), or the units do not fit.
    """
    by = change.by
    if parent.ranged and by.ranged:
        raise QuantityError(
            f"`{change.text}` is a range and the value it refers to is `{parent}`", "write the whole range"
        )
    if change.how == "add":
        if by.unit not in ("", parent.unit):
            raise QuantityError(
                f"`{change.text}` has another unit than `{parent}`", f"write `{change.text.split()[0]}` alone"
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
        raise QuantityError(f"`{parent}` is not a share", "a share lies between 0% and 100%")
    return share * by / (1 - share + share * by) / parent.multiplier
