"""Growth: against the period before, and against the same period a year before, replication by replication."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

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
    pair = _comparable(spans, metric, period, base)
    if pair is None:
        return None
    now, before = pair
    values: Any = np.divide(now, before, out=np.full(len(now), np.nan), where=before != 0)
    return np.asarray(values - 1.0)


class Bridge(NamedTuple):
    """Why bookings changed, in each replication; currency. The two effects add up to the change.

    NaN where one of the two periods has no wins, and so no average deal.
    """

    change: NDArray[np.float64]
    logos: NDArray[np.float64]
    average_deal: NDArray[np.float64]


def bridge(spans: Spans, period: Period, base: Period) -> Bridge | None:
    """Split the change of bookings into that of the number of deals and that of the average deal.

    Bookings are wins x average deal. The effect of the wins is their change at the mean of the two average deals, the
    effect of the average deal its change at the mean of the two numbers of wins; nothing is left over.

    Parameters
    ----------
    spans : Spans
        What is known and simulated.
    period, base : Period
        What changed, and against what.

    Returns
    -------
    Bridge or None
        None where one of the two is not known whole, or both have happened.
    """
    wins, booked = (_comparable(spans, metric, period, base) for metric in ("wins", "bookings"))
    if wins is None or booked is None:
        return None
    deal = [np.divide(b, w, out=np.full(len(b), np.nan), where=w > 0) for w, b in zip(wins, booked, strict=True)]
    return Bridge(
        np.where(np.isnan(deal[0] + deal[1]), np.nan, booked[0] - booked[1]),
        (wins[0] - wins[1]) * (deal[0] + deal[1]) / 2,
        (deal[0] - deal[1]) * (wins[0] + wins[1]) / 2,
    )


def _comparable(
    spans: Spans, metric: str, period: Period, base: Period
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Values of both periods by replication; None where one is not known whole, or both have happened."""
    now, before = (spans.of(metric, part.first, part.last) for part in (period, base))
    if now.values is None or before.values is None or now.state == "actual" or "partial" in (now.state, before.state):
        return None
    return np.asarray(now.values, dtype=np.float64), np.asarray(before.values, dtype=np.float64)
