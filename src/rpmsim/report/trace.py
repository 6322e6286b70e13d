"""One replication as text, a line a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def trace_text(document: Document, currency: str) -> str:
    """The parameters that the replication drew, then each day: moves, bookings, and who waits at its end.

    Parameters
    ----------
    document : mapping
        From :func:`rpmsim.analysis.trace.trace`.
    currency : str
        Of the bookings.
    """
    head = [f"Replication {document['replication']}, parameter draw {document['parameter_draw']}"]
    width = max((len(path) for path in document["parameters"]), default=0)
    drawn = [f"  {path:{width}}  {value:.6g}" for path, value in document["parameters"].items()]
    return "\n".join([*head, *drawn, "", *(_day(day, currency) for day in document["days"])]) + "\n"


def _day(day: Document, currency: str) -> str:
    weekday = WEEKDAYS[dt.date.fromisoformat(day["day"]).weekday()]
    parts = [_listed(day["moves"]) or "no moves"]
    if day["bookings"]:
        parts.append(f"booked {currency} {day['bookings']:,.2f}")
    if day["waiting"]:
        parts.append(f"waiting: {_listed(day['waiting'])}")
    return f"{day['day']} {weekday}  {'; '.join(parts)}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
