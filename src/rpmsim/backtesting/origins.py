"""The days from which a backtest forecasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.settings import FEWEST_DAYS, MOST_ORIGINS, WEEK, Settings
from rpmsim.errors import Diagnostic, InputError


def planned(observed: Observed, settings: Settings) -> tuple[Settings, list[dt.date]]:
    """The settings with nothing left open, and the origins in order.

    Raises
    ------
    InputError
        If no origin leaves the smallest horizon before the end of the history.
    """
    file = str(observed.evidence.view.mapping.path)
    enough = max(FEWEST_DAYS, settings.longest)
    first = settings.first or observed.recorded_from + dt.timedelta(enough)
    last = observed.recorded_until - dt.timedelta(min(settings.horizons))
    if settings.first and settings.first < observed.evidence.first:
        what = f"{settings.first} is before the first record, of {observed.evidence.first}"
        raise InputError([Diagnostic(file, None, None, "from", what, "choose a later day")])
    if first > last:
        what = (
            f"no forecast from {first} on, {min(settings.horizons)} days ahead, can be scored: what came is recorded "
        )
        what += f"from {observed.recorded_from} to {observed.recorded_until}"
        fix = "choose a smaller horizon, or an earlier first day"
        if not settings.first:
            fix = f"choose a smaller horizon, or a first day before the {enough} days that are left for the first fit"
        raise InputError([Diagnostic(file, None, None, "from" if settings.first else "horizon", what, fix)])
    days = (last - first).days
    every = settings.every or WEEK * max(1, -(-(days + 1) // (WEEK * MOST_ORIGINS)))
    origins = [first + dt.timedelta(every * i) for i in range(days // every + 1)]
    return replace(settings, every=every, first=first), origins
