"""Rows of a plan moved in time, or scaled: last year's leads for this year, hires a quarter later."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from rpmsim.scenario.complaints import Complaints
from rpmsim.scenario.nodes import Mapping, Path, Scalar, Step
from rpmsim.scenario.quantity import Quantity, QuantityError, Relative, apply_relative, parse_quantity, parse_relative
from rpmsim.scenario.rows import moved_key, shift_months

MOST_MONTHS = 1_200
"""A plan is moved by a hundred years at most."""


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
        return Move(said, months) if months is not None and abs(months) <= MOST_MONTHS else None
    try:
        factor = parse_relative(said.text)
        if factor is None:
            by = parse_quantity(said.text)
            if by.value is None or by.ranged or by.value <= 0 or by.unit:
                return None
            factor = Relative("times", Quantity(by.value * by.multiplier, factor=True), f"x{said.text}")
    except QuantityError:
        return None
    return Move(said, factor=factor) if factor.how == "times" and not factor.by.ranged else None


def moved_rows(rows: Mapping, move: Move, still: set[str], path: Path, complaints: Complaints) -> Mapping:
    """A copy of the rows, all but those that stand still moved and scaled; who stands still wins over who comes."""
    result = Mapping({}, {}, rows.mark, rows.table)
    arrived: dict[str, str] = {}
    for key, node in rows.items.items():
        if key in still:
            continue
        new = moved_key(key, move.months) if move.months else key
        if new in arrived:
            complaints.fault(
                move.said.mark, (*path, new), f"{arrived[new]} and {key} both move to {new}", "state that day by hand"
            )
        arrived[new] = key
        if isinstance(node, Scalar):
            node = _written_so(node, move, path, new, complaints)
        result.put(new, node, rows.marks[key])
    for key in still:
        result.items.pop(key, None)
        result.marks.pop(key, None)
        result.put(key, rows.items[key], rows.marks[key])
    order = sorted(result.items, key=_day)
    result.items = {key: result.items[key] for key in order}
    return result


def _written_so(node: Scalar, move: Move, path: Path, key: str, complaints: Complaints) -> Scalar:
    """A value that was moved or scaled, with this step in its history."""
    chain = node.chain or (Step(node.text, node.mark),)
    if move.factor is None:
        return replace(node, chain=(*chain, Step(f"shift {move.said.text}", move.said.mark)))
    try:
        text = str(apply_relative(parse_quantity(node.text), move.factor))
    except QuantityError as error:
        complaints.fault(node.mark, (*path, key), error.message, error.repair)
        return node
    return replace(node, text=text, chain=(*chain, Step(move.factor.text, move.said.mark)))


def _day(key: str) -> tuple[dt.date, str]:
    """By which rows are in order; what is no date comes first, and is answered when it is read."""
    try:
        day = dt.date.fromisoformat(key if len(key) == 10 else f"{key}-01")
    except ValueError:
        day = dt.date.min
    return day, key
