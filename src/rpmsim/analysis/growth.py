"""Growth: against the period before, and against the same period a year before, replication by replication."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.spans import Spans
from rpmsim.model.calendar import Calendar, Period, PeriodKind, period_of, year_before

KINDS: tuple[PeriodKind, ...] = (
    "month", "quarter", "year", "fiscal_month", "fiscal_quarter", "fiscal_year", "week"
)  # fmt: skip
AGAINST = ("period before", "year before")


def kind_of(period: Period, calendar: Calendar) -> PeriodKind | None:
    """The kind of a period by its label and days; None for days that are no period."""
    return next((kind for kind in KINDS if period_of(period.first, kind, calendar) == period), None)


def base_of(period: Period, against: str, calendar: Calendar) -> Period | None:
    """The period with which one is compared; None where there is none: before a year lies just the year before."""
    kind = kind_of(period, calendar)
    if kind is None:
        return None
    if against == "period before":
        return None if kind in ("year", "fiscal_year") else period_of(period.first - dt.timedelta(1), kind, calendar)
    return year_before(period, kind, calendar)


def growth(spans: Spans, metric: str, period: Period, base: Period) -> NDArray[np.float64] | None:
    """Relative growth in each replication.

    Parameters
    ----------
    spans : Spans
        What is known and simulated.
    metric : str
        ``leads``, ``wins`` or ``bookings``.
    period, base : Period
        What grows, and against what.

    Returns
    -------
    ndarray of float, shape (replications,), or None
        NaN where the base is 0. None where one of the two is not known whole, or both have happened.
    """
    now, before = (spans.of(metric, part.first, part.last) for part in (period, base))
    if now.values is None or before.values is None or now.state == "actual" or "partial" in (now.state, before.state):
        return None
    values: Any = np.divide(
        now.values, before.values, out=np.full(len(now.values), np.nan), where=np.asarray(before.values) != 0
    )
    return np.asarray(values - 1.0)
