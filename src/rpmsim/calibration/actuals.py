"""What came by month: leads, wins and bookings up to the day of the calibration."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np

from rpmsim.calibration.evidence import Evidence

YEARS = 10
"""Of actuals at most: a scenario takes 200 periods."""


def actual_rows(evidence: Evidence) -> list[dict[str, str]]:
    """Actuals by month, from the first whole month on, ten years at most; the last one counts up to the day of the fit.

    Returns
    -------
    list of dict
        With the columns period, metric and value. Bookings only if the amount of every win is known.
    """
    leads = evidence.arrivals.sum(axis=1)
    series: dict[str, dict[int, float]] = {"leads": dict(enumerate(leads.tolist())), "wins": {}, "bookings": {}}
    for metric, values in (("wins", np.ones(len(evidence.wins.day))), ("bookings", evidence.wins.amount)):
        totals: dict[int, float] = defaultdict(float)
        for day, value in zip(evidence.wins.day.tolist(), values.tolist(), strict=True):
            totals[day] += value
        series[metric] = totals
    known = bool(len(evidence.wins.amount)) and bool(np.isfinite(evidence.wins.amount).all())
    rows = []
    for metric, by_day in series.items():
        if metric == "bookings" and not known:
            continue
        months: dict[dt.date, float] = defaultdict(float)
        for day, value in by_day.items():
            months[evidence.date(day).replace(day=1)] += value
        month = max(_first_whole_month(evidence.first), _months_ago(evidence.as_of))
        while month <= evidence.as_of:
            value = months.get(month, 0.0)
            text = f"{value:.2f}" if metric == "bookings" else f"{value:.0f}"
            rows.append({"period": f"{month:%Y-%m}", "metric": metric, "value": text})
            month = (month + dt.timedelta(32)).replace(day=1)
    return rows


def _first_whole_month(day: dt.date) -> dt.date:
    return day if day.day == 1 else (day.replace(day=1) + dt.timedelta(32)).replace(day=1)


def _months_ago(day: dt.date) -> dt.date:
    """The first of the months to show, on the last day."""
    return dt.date(max(1, day.year - YEARS), day.month, 1)
