"""Labels of a time axis: few enough to read, years where they change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

_MOST = 14
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STATES = {"partial": "(part)", "actual+simulated": "(+ actual)"}
_STEPS = {
    "month": (1, 3, 6, 12),
    "fiscal_month": (1, 3, 6, 12),
    "week": (1, 2, 4, 8, 13, 26),
    "quarter": (1, 2, 4),
    "fiscal_quarter": (1, 2, 4),
}


def period_ticks(
    kind: str, first_days: Sequence[dt.date], entries: Sequence[Mapping[str, Any]]
) -> tuple[list[int], list[str]]:
    """Positions and labels for periods of one kind.

    Parameters
    ----------
    kind : str
        Kind of the reporting period.
    first_days : sequence of date
        First day of each period.
    entries : sequence of mapping
        The periods, with their label under ``period`` and their ``state``.
    """
    steps = _STEPS.get(kind, (1, 2, 5, 10))
    step = next((step for step in steps if len(entries) <= _MOST * step), steps[-1])
    aligned = (first_days[0].month - 1) % 12 if kind == "month" else 0
    places = [i for i in range(len(entries)) if (i + aligned) % step == 0]
    labels = []
    before = ""
    for i in places:
        short, year = _parts(kind, first_days[i], entries[i]["period"])
        part = [_STATES[entries[i]["state"]]] if entries[i]["state"] in _STATES else []
        labels.append("\n".join([short, *([year] if year != before else []), *part]))
        before = year
    return places, labels


def _parts(kind: str, first: dt.date, label: str) -> tuple[str, str]:
    """Short name of a period, and the year that is reported once."""
    if kind == "month":
        return _MONTHS[first.month - 1], str(first.year)
    if kind == "week":
        return f"{first.day} {_MONTHS[first.month - 1]}", str(first.year)
    year, _, quarter = label.partition("-")
    return (quarter, year) if quarter else (label, "")
