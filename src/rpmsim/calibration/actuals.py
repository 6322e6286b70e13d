"""What came by month: leads, wins and bookings up to the day of the calibration."""

from __future__ import annotations

import datetime as dt

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
    wins, days = evidence.wins, np.arange(evidence.last + 1)
    months = (np.datetime64(evidence.first) + days).astype("datetime64[M]")
    first = max(_first_whole_month(evidence.first), _months_ago(evidence.as_of))
    shown = np.arange(np.datetime64(first, "M"), months[-1] + 1)
    won = wins.day.astype(np.int64)
    series = {"leads": evidence.arrivals.sum(axis=1), "wins": np.bincount(won, minlength=len(days))}
    if len(wins.amount) and np.isfinite(wins.amount).all():
        series["bookings"] = np.bincount(won, wins.amount, len(days))
    rows = []
    for metric, by_day in series.items():
        decimals = 2 if metric == "bookings" else 0
        for month in shown:
            value = f"{by_day[months == month].sum():.{decimals}f}"
            rows.append({"period": str(month), "metric": metric, "value": value})
    return rows


def _first_whole_month(day: dt.date) -> dt.date:
    return day if day.day == 1 else (day.replace(day=1) + dt.timedelta(32)).replace(day=1)


def _months_ago(day: dt.date) -> dt.date:
    """The first of the months to show, on the last day."""
    return dt.date(max(1, day.year - YEARS), day.month, 1)
