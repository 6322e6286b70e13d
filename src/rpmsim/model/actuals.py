"""Actuals to date, for any run of days that the stated periods make up without a gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from rpmsim.model.plan import Actual

DAY = dt.timedelta(1)


def actual_between(actuals: Iterable[Actual], metric: str, first: dt.date, last: dt.date) -> float | None:
    """Sum of what is stated for the days from ``first`` to ``last``, both inside.

    Longer periods are taken before the shorter ones that make them up.

    Returns
    -------
    float or None
        None where the stated periods do not make up exactly these days; 0 where ``last`` lies before ``first``.
    """
    rows = [row for row in actuals if row.metric == metric and row.first >= first and row.last <= last]
    found = _tiled(sorted(rows, key=lambda row: row.last, reverse=True), first, last, set())
    return None if found is None else sum(row.value for row in found)


def parts_of(whole: Actual, actuals: Iterable[Actual]) -> list[Actual] | None:
    """Other stated periods that make up the days of one, or None."""
    rows = [
        row
        for row in actuals
        if row != whole and row.metric == whole.metric and row.first >= whole.first and row.last <= whole.last
    ]
    return _tiled(sorted(rows, key=lambda row: row.last), whole.first, whole.last, set())


def _tiled(rows: list[Actual], first: dt.date, last: dt.date, dead: set[dt.date]) -> list[Actual] | None:
    """Rows, tried in their order, that follow each other from ``first`` to ``last``; ``dead`` starts lead nowhere."""
    if first > last:
        return []
    if first in dead:
        return None
    for row in rows:
        if row.first == first:
            rest = _tiled(rows, row.last + DAY, last, dead)
            if rest is not None:
                return [row, *rest]
    dead.add(first)
    return None
