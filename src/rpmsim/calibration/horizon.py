"""Up to which day a model simulates unless somebody says so."""

from __future__ import annotations

import calendar
import datetime as dt


def default_end(as_of: dt.date, horizon: int) -> dt.date:
    """The last day of the next quarter, and not before the horizon.

    Parameters
    ----------
    as_of : date
    horizon : int
        Days.
    """
    least = as_of + dt.timedelta(max(horizon, 1))
    quarter = as_of.year * 4 + (as_of.month - 1) // 3 + 1
    while True:
        year, month = quarter // 4, quarter % 4 * 3 + 3
        day = dt.date(year, month, calendar.monthrange(year, month)[1])
        if day >= least:
            return day
        quarter += 1
