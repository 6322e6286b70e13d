"""What a kind of number is, and how a quantity becomes a number of it: units, currencies, bounds, ranges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.number import Draws, Number, Scale, from_scale, to_scale
from rpmsim.text.quantity import Quantity, QuantityError, Relative, change_draws
from rpmsim.text.spelling import CURRENCY_SIGNS, unit_words

LONGEST_DELAY_DAYS = 20 * 365.25

Convert = float | Callable[[float], float]


@dataclass(frozen=True)
class Kind:
    """A kind of number.

    Parameters
    ----------
    noun : str
        What it is, for messages and the reference: "a share".
    scale : {"share", "positive", "real"}
        Where its ranges are normal.
    units : mapping of str to factor or function
        Words that may stand behind the number, singular, and how the number becomes one of the model's unit.
    default : str
        Unit of a bare number.
    asks : tuple of str
        Units among which a bare number leaves a choice that would change results many times over, so that it is
        refused; empty where the default is meant. A bare 0 is 0 in every unit.
    percent : bool
        Whether `%` may stand behind it.
    needs_percent : bool
        Whether a bare number above 1 is surely a forgotten `%`.
    least, most : float
        Bounds, in the model's unit; both allowed.
    above_zero : bool
        Whether 0 is out of bounds too.
    counts : bool
        Whether `+2` adds to the parent's value.
    signed : bool
        Whether a sign belongs to the value, so that `-2%` is not relative.
    factor : {"no", "value", "composes"}
        Whether `x0.8` is a value of its own, or one that multiplies the parent's.
    keeps_unit : bool
        Whether the model needs to know the unit.
    money : bool
        Whether a currency may stand behind it: `20k USD`.
    """

    noun: str
    scale: Scale
    units: Mapping[str, Convert] = field(default_factory=dict)
    default: str = ""
    asks: tuple[str, ...] = ()
    percent: bool = False
    needs_percent: bool = False
    least: float = 0.0
    most: float = 1e15
    above_zero: bool = False
    whole: bool = False
    counts: bool = False
    signed: bool = False
    factor: Literal["no", "value", "composes"] = "no"
    ranged: bool = True
    keeps_unit: bool = False
    money: bool = False
    examples: tuple[str, ...] = ()

    @property
    def is_share(self) -> bool:
        """Whether `+5 points` and `odds x1.2` make sense."""
        return self.scale == "share" and not self.units


@dataclass(frozen=True)
class Measured:
    """A number whose unit the model needs."""

    number: Number
    unit: str


def in_currency(quantity: Quantity, worth: Mapping[str, Decimal], own: str = "") -> Quantity:
    """An amount in the reporting currency.

    Parameters
    ----------
    quantity : Quantity
        Of a kind of money; a currency or its sign may begin its unit, as in `60k USD per month`.
    worth : mapping of str to Decimal
        What one unit of each currency is worth in the reporting currency; under the empty name, of a bare number.
    own : str
        Currency of bare numbers.

    Raises
    ------
    QuantityError
        If nothing is known of the currency, or a sign may mean several.
    """
    first, _, rest = quantity.unit.partition(" ")
    code = first if len(first) == 3 and first.isascii() and first.isupper() else ""
    if first in CURRENCY_SIGNS:
        code = _currency_of(first, quantity, worth, own)
    if code and code not in worth:
        bare = replace(quantity, unit=rest)
        raise QuantityError(
            f"`{quantity}`: there is no rate for {code}",
            f"write `rates: {{{code}: 0.92}}` at the top"
            + (f" (the value of one {code} in {own}), or `{bare}` if it is {own}" if own else ""),
        )
    factor = worth.get(code, Decimal(1))
    unit = rest if code else quantity.unit
    if quantity.posterior:
        by = Quantity(factor, factor=True)
        changes = quantity.changes if factor == 1 else (*quantity.changes, Relative("times", by, str(by)))
        return replace(quantity, unit=unit, changes=changes)
    value, low, high = (None if x is None else x * factor for x in (quantity.value, quantity.low, quantity.high))
    return replace(quantity, value=value, low=low, high=high, unit=unit)


def check_unit(quantity: Quantity, kind: Kind) -> None:
    """Refuse a bare number, with or without a currency, where the kind asks for a unit.

    Raises
    ------
    QuantityError
        With the number in each of the units that may be meant.
    """
    unit = quantity.unit
    currency = unit in CURRENCY_SIGNS or (len(unit) == 3 and unit.isascii() and unit.isupper())
    bare = not unit or (kind.money and currency)
    if kind.asks and bare and (quantity.posterior or any((quantity.value, quantity.low, quantity.high))):
        ways = _or(tuple(str(replace(quantity, unit=f"{unit} {asked}".strip())) for asked in kind.asks))
        raise QuantityError(f"`{quantity}` without a unit", f"write {ways}")


def _currency_of(sign: str, quantity: Quantity, worth: Mapping[str, Decimal], own: str) -> str:
    """The currency that a sign means here: the scenario's own, or the only other one of which there is a rate."""
    users = CURRENCY_SIGNS[sign]
    known = [code for code in users if code in worth]
    if len(known) > 1 and own != users[0]:
        unit = quantity.unit.removeprefix(sign)
        ways = " or ".join(f"`{replace(quantity, unit=code + unit)}`" for code in known)
        raise QuantityError(f"`{quantity}`: `{sign}` can mean {' or '.join(known)}", f"write {ways}")
    return own if own in users else known[0] if known else users[0]


def to_number(
    quantity: Quantity, kind: Kind, name: str, stated: Quantity | None = None
) -> tuple[Number, str, list[tuple[str, str]]]:
    """The model's number for a quantity.

    Parameters
    ----------
    name : str
        Name of the parameter if it is a range.
    stated : Quantity or None
        The stated middle of the range.

    Returns
    -------
    number : Number
        Inside its bounds even where the text is not, so that reading can go on.
    unit : str
        Unit in its one spelling.
    complaints : list of (str, str)
        What is wrong with the value (not with its form), and the fix.

    Raises
    ------
    QuantityError
        If the form is wrong: unit, suffix, a range where none may stand.
    """
    if quantity.ranged and not kind.ranged:
        raise QuantityError(f"`{quantity}` is a range", f"write one number: {kind.noun} cannot be a range here")
    unit, convert = _conversion(quantity, kind)
    wrong: list[tuple[str, str]] = []

    def carry(value: Any) -> float:
        number = float(value * quantity.multiplier)
        number = convert(min(max(number, 0.0), 1.0)) if callable(convert) else number * convert
        return _inside(number, kind, quantity, wrong)

    if quantity.low is None or quantity.high is None:
        return Number(carry(quantity.value)), unit, wrong
    low, high = carry(quantity.low), carry(quantity.high)
    if low > high:
        wrong.append((f"the range `{quantity}` is in the wrong order", "write the lower end first"))
        low, high = high, low
    smallest, largest = (1e-12, 1 - 1e-12) if kind.scale == "share" else (1e-12, math.inf)
    if kind.scale != "real" and (low < smallest or high > largest):
        inside = "between 0% and 100%, exclusive" if kind.scale == "share" else "above 0"
        wrong.append(
            (f"the range `{quantity}` reaches its limit", f"both ends of a range of {kind.noun} must be {inside}")
        )
        low, high = max(low, smallest), min(max(high, smallest), largest)
    middle = stated if stated is not None else quantity if quantity.value is not None else None
    if middle is not None and middle.value is not None:
        _, convert = _conversion(middle, kind)
        quantity = middle
        mid = carry(middle.value)
        if not low <= mid <= high:
            wrong.append((f"the value `{middle}` is outside its range", "write a value between low and high"))
            mid = min(max(mid, low), high)
    else:
        mid = float(from_scale((to_scale(low, kind.scale) + to_scale(high, kind.scale)) / 2, kind.scale))
    if low == high:
        return Number(low), unit, wrong
    return Number(mid, low, high, kind.scale, name), unit, wrong


def drawn_number(
    quantity: Quantity, kind: Kind, name: str, values: NDArray[np.float64], key: tuple[str, ...]
) -> tuple[Number, str, list[tuple[str, str]]]:
    """The model's number for the draws of a posterior; see :func:`to_number`.

    Parameters
    ----------
    values : array, shape (draws,)
        The draws of the path, in the unit of the quantity.
    key : tuple of str
        What the draws are.
    """
    if not kind.ranged:
        raise QuantityError(f"`{quantity}` is drawn", f"write one number: {kind.noun} cannot be a range here")
    if not kind.is_share and any(change.how == "points" for change in quantity.changes):
        raise QuantityError(f"`{quantity}` adds points to {kind.noun}", "points are added to shares: write `x1.1`")
    unit, convert = _conversion(quantity, kind)
    values = change_draws(values, quantity)
    turn: Callable[[Any], Any] = convert if callable(convert) else (lambda x: x * convert)
    values = turn(np.clip(values, 0.0, 1.0) if callable(convert) else values)
    wrong: list[tuple[str, str]] = []
    least = max(kind.least, 1e-9) if kind.above_zero else kind.least
    outside = (values < least) | (values > kind.most)
    if outside.any():
        worst = values[outside][0]
        shown = f"{worst * 100:.4g}%" if kind.is_share else f"{worst:.6g}"
        message = f"`{quantity}`: {outside.sum():,} of {len(values):,} draws are out of bounds, one is {shown}"
        wrong.append((message, f"{kind.noun} {_bounds(kind)}"))
        values = np.clip(values, least, kind.most)
    low, mid, high = (float(x) for x in np.quantile(values, (0.05, 0.5, 0.95)))
    return Number(mid, low, high, kind.scale, name, Draws((*key, str(quantity)), values)), unit, wrong


def _conversion(quantity: Quantity, kind: Kind) -> tuple[str, Convert]:
    if quantity.suffix == "%" and not kind.percent:
        raise QuantityError(f"`{quantity}` is a percentage", f"this is {kind.noun}: write {_or(kind.examples)}")
    if quantity.factor and kind.factor == "no":
        raise QuantityError(f"`{quantity}` is a factor", f"this is {kind.noun}: write {_or(kind.examples)}")
    check_unit(quantity, kind)
    first = quantity.unit.partition(" ")[0]
    if not kind.money and first in CURRENCY_SIGNS:
        raise QuantityError(f"`{quantity}` is money", f"this is {kind.noun}: remove the currency sign")
    unit = unit_words(quantity.unit) or kind.default
    if unit == kind.default and unit not in kind.units:
        return unit, 1.0
    if unit not in kind.units:
        known = ", ".join(f"`{name}`" for name in kind.units) if kind.units else "none"
        raise QuantityError(
            f"`{quantity}` has the wrong unit `{quantity.unit}`",
            f"{kind.noun} can have the units {known}; for example {_or(kind.examples)}",
        )
    return unit, kind.units[unit]


def _inside(number: float, kind: Kind, quantity: Quantity, wrong: list[tuple[str, str]]) -> float:
    """Bring a value inside its bounds, saying if it was outside."""
    if kind.needs_percent and quantity.suffix != "%" and number >= 1 and str(quantity) != "1.0":
        wrong.append((f"`{quantity}` without a percent sign", _percent_fix(quantity)))
        number /= 100
    elif number < kind.least or number > kind.most or (kind.above_zero and number <= 0):
        wrong.append((f"`{quantity}` is out of bounds", f"{kind.noun} {_bounds(kind)}"))
    elif kind.whole and number != math.floor(number):
        wrong.append((f"`{quantity}` is not a whole number", f"{kind.noun} must be a whole number"))
        return float(math.floor(number))
    least = max(kind.least, 1e-9) if kind.above_zero else kind.least
    return min(max(number, least), kind.most)


def _percent_fix(quantity: Quantity) -> str:
    """What to write for a share above 1 without a percent sign."""
    ends = [end for end in (quantity.value, quantity.low, quantity.high) if end is not None]
    if max(ends) > 100:
        return "a share is at most 100%"
    whole = " or `100%`" if ends == [1] else ""
    return f"write `{replace(quantity, suffix='%')}`{whole}"


def _bounds(kind: Kind) -> str:
    """The bounds in words, in the model's unit."""
    if kind.scale == "share" or (kind.percent and kind.most <= 100):
        low, high = f"{kind.least * 100:g}%", f"{kind.most * 100:g}%"
    else:
        low, high = f"{kind.least:g}", f"{kind.most:g}"
        if kind.most == LONGEST_DELAY_DAYS:
            high = "20 years"
        if kind.least == -LONGEST_DELAY_DAYS:
            low = "-20 years"
    word = "is above" if kind.above_zero else "is at least"
    return f"{word} {low}" if kind.most >= 1e15 else f"{word} {low} and at most {high}"


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(f"`{word}`" for word in words) or "a number"
