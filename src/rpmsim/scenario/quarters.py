"""Quarters where months are written: leads and money are spread over the three months, people come on the first day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

from rpmsim.model.calendar import Calendar, Period, add_months
from rpmsim.scenario.assemble.calendar import period_days
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import ByMonth
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Node, Path, Scalar
from rpmsim.text.quantity import Quantity, QuantityError, parse_quantity, parse_relative
from rpmsim.text.schema.base import Type

_PARTS = ("value", "low", "high")
_QUARTER = re.compile(r"(\d{4}|FY\d\d)-Q[1-4]")


def is_quarter(text: str) -> bool:
    """Whether a text has the form of a quarter's label."""
    return bool(_QUARTER.fullmatch(text))


def as_months(rows: Mapping, schema: Type | None, path: Path, calendar: Calendar, complaints: Complaints) -> Mapping:
    """The rows with every quarter written as its months, or, for people, as its first day."""
    if not isinstance(schema, Dated | ByMonth) or not any(is_quarter(key) for key in rows.items):
        return rows
    number = schema.inner if isinstance(schema, Dated) else schema.rows
    spread = isinstance(number, Num) and number.kind.noun.endswith("in the month")
    result = Mapping({}, {}, rows.mark, rows.table)
    for key, node in rows.items.items():
        mark = rows.marks[key]
        period = period_days(key, calendar) if is_quarter(key) else None
        keys = [key] if period is None else _keys(period, spread)
        if is_quarter(key) and not keys:
            complaints.error(mark, (*path, key), f"`{key}` is not three whole months", "write the months")
        for month in keys:
            if month in result.items:
                complaints.error(mark, (*path, key), f"{month} appears twice", "keep one of them")
            result.put(month, _third(node, (*path, key)) if spread and period else node, mark)
    return result


def _keys(period: Period, spread: bool) -> list[str]:
    """What a quarter is written as; nothing where its months are not those of the calendar."""
    whole = period.first.day == 1 and (period.last + dt.timedelta(1)).day == 1
    if not spread:
        return [f"{period.first:%Y-%m}" if whole else period.first.isoformat()]
    return [f"{add_months(period.first, i):%Y-%m}" for i in range(3)] if whole else []


def _third(node: Node, written: Path) -> Node:
    """A third of a number; a factor is the same for each month, and a range one draw for all three."""
    if isinstance(node, Mapping):
        items = {key: _third(item, (*written, key)) if key in _PARTS else item for key, item in node.items.items()}
        return Mapping(items, dict(node.marks), node.mark)
    if not isinstance(node, Scalar) or node.is_null:
        return node
    try:
        change = parse_relative(node.text)
        if change is not None and change.how != "add":
            return node
        stated = change.by if change is not None else parse_quantity(node.text)
    except QuantityError:
        return node
    value, low, high = (None if x is None else x / Decimal(3) for x in (stated.value, stated.low, stated.high))
    third = Quantity(value, low, high, stated.suffix, stated.unit, signed=stated.signed)
    text = str(third)
    if change is not None and not text.startswith(("+", "-")):
        text = f"+{text}"
    return replace(node, text=text, written=written)
