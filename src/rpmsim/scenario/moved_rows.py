"""Rows of a plan moved in time, or scaled: last year's leads for this year, hires a quarter later."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rpmsim.model.calendar import add_months
from rpmsim.scenario.schema.periods import parse_month_or_date
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Mark, Path, Scalar, Step
from rpmsim.text.quantity import Quantity, QuantityError, Relative, apply_relative, parse_quantity, parse_relative

MOST_MONTHS = 1_200
"""A plan is moved by a hundred years at most."""
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Move:
    """By how many months rows move, or by what they are multiplied, as it was written."""

    said: Scalar
    months: int = 0
    factor: Relative | None = None


def read_move(key: str, said: Scalar) -> Move | None:
    """What ``shift`` or ``scale`` says; None where it is no such value."""
    if key == "shift":
        months = shift_months(said.text)
        return None if months is None else Move(said, months)
    try:
        factor = factor_of(said.text, bare=True)
    except QuantityError:
        return None
    return None if factor is None else Move(said, factor=factor)


def shift_months(text: str) -> int | None:
    """Whole months of a time such as ``1 year`` or ``-3 months``; None where it is something else, or too long."""
    match = re.fullmatch(r"([+-]?\d{1,4})(?: ?(month|quarter|year)s?)?", text.strip().lower())
    months = int(match[1]) * MONTHS_OF[match[2] or "month"] if match else None
    return None if months is None or abs(months) > MOST_MONTHS else months


def factor_of(text: str, *, bare: bool) -> Relative | None:
    """One factor, such as ``x1.1`` or ``+8%`` (or, ``bare``, a number as such); None where it is none.

    Raises
    ------
    QuantityError
        If the text cannot be read.
    """
    factor = parse_relative(text)
    if factor is None and bare:
        by = parse_quantity(text)
        if by.value is not None and by.value > 0 and not by.unit:
            factor = Relative("times", Quantity(by.value * by.multiplier, factor=True), f"x{text}")
    return factor if factor is not None and factor.how == "times" and not factor.by.ranged else None


def multiplied(node: Scalar, factors: Sequence[tuple[Relative, Mark]]) -> Scalar:
    """A value times factors, with each of them as a step in its history.

    Raises
    ------
    QuantityError
        If the value is none that can be multiplied.
    """
    if not factors:
        return node
    quantity, chain = parse_quantity(node.text), node.chain or (Step(node.text, node.mark),)
    for factor, mark in factors:
        quantity, chain = apply_relative(quantity, factor), (*chain, Step(factor.text, mark))
    return replace(node, text=str(quantity), chain=chain)


def moved_key(key: str, months: int) -> str:
    """A month or day, so many months later; days behind a month's end become its last."""
    day = parse_month_or_date(key)
    if day is None:
        return key
    first = add_months(day, months)
    if len(key) == 7:
        return f"{first:%Y-%m}"
    last = add_months(first, 1) - dt.timedelta(1)
    return min(first + dt.timedelta(day.day - 1), last).isoformat()


def moved_rows(rows: Mapping, move: Move, path: Path, complaints: Complaints) -> Mapping:
    """A copy of the rows, moved and scaled, in the order of their dates."""
    result = Mapping({}, {}, rows.mark, rows.table)
    arrived: dict[str, str] = {}
    for key, node in rows.items.items():
        new = moved_key(key, move.months) if move.months else key
        if new in arrived:
            complaints.error(
                move.said.mark,
                (*path, new),
                f"{arrived[new]} and {key} both move to {new}",
                "write that day explicitly",
            )
        arrived[new] = key
        if isinstance(node, Scalar):
            node = _written_so(node, move, path, new, complaints)
        result.put(new, node, rows.marks[key])
    result.items = {key: result.items[key] for key in sorted(result.items, key=_day)}
    return result


def _written_so(node: Scalar, move: Move, path: Path, key: str, complaints: Complaints) -> Scalar:
    """A value that was moved or scaled, with this step in its history."""
    if move.factor is None:
        step = Step(f"shift {move.said.text}", move.said.mark)
        return replace(node, chain=(*(node.chain or (Step(node.text, node.mark),)), step))
    try:
        return multiplied(node, [(move.factor, move.said.mark)])
    except QuantityError as error:
        complaints.error(node.mark, (*path, key), error.message, error.fix)
        return node


def _day(key: str) -> tuple[dt.date, str]:
    """By which rows are in order; what is no date comes first, and is answered when it is read."""
    try:
        day = dt.date.fromisoformat(key if len(key) == 10 else f"{key}-01")
    except ValueError:
        day = dt.date.min
    return day, key
