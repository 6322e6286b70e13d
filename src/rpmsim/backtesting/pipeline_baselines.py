"""Baselines that weigh the open pipeline: with the rates of a CRM, with its own past rates, or as coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.known import Known
from rpmsim.backtesting.worth import Measure, Worth, worth

__all__ = ["pipeline_baselines"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def pipeline_baselines(known: Known, measure: Measure, origins: I64, horizons: I64) -> dict[str, F64]:
    """Forecast from what is open at each origin.

    Parameters
    ----------
    known : Known
    measure : {"wins", "bookings"}
        Whether wins are counted or their amounts.
    origins : ndarray of int64, shape (origins,)
        Days at whose end a forecast is made.
    horizons : ndarray of int64, shape (horizons,)
        Days ahead.

    Returns
    -------
    dict of str to ndarray of float64, shape (origins, horizons)
        "pipeline, CRM rates": every open record at the rate of its stage, whatever the horizon; left out if all rates
        are 0. "pipeline, calibrated rates": what is open in each stage times the share of what was open there on past
        days that was won within h days. "coverage ratio": what is open times the ratio of what was won within h days
        of past days, from new leads too, to what was open then. Both are summed over those days before they are
        divided, so that days with next to nothing open do not run away with a mean of ratios; only opportunities
        count as open if the rates say which stages these are. NaN where no past day is h days before the origin.
    """
    value = worth(known, measure, origins)
    left = np.minimum(known.until, known.won[known.record])
    open_then = _by_stage_and_day(known, value.spells, known.entered, left)
    now = value.priced(open_then[:, :, origins])
    exposures = np.cumsum(open_then * (np.arange(known.last + 1) >= known.recorded), axis=2)
    opportunity = known.default_rates > 0.0 if known.default_rates.any() else np.ones(now.shape[0], dtype=bool)
    calibrated, coverage = np.full((2, origins.size, horizons.size), np.nan)
    for column, horizon in enumerate(horizons):
        possible = origins - horizon >= known.recorded
        past = np.maximum(origins - horizon, 0)
        exposure = value.priced(exposures[:, :, past])
        won = value.priced(_won_from_stage(known, value, left, int(horizon))[:, :, past])
        won_at_all = value.priced(_won(known, value, int(horizon))[:, past])
        by_stage = _ratio(won, exposure) * now
        ratio = _ratio(won_at_all, exposure[opportunity].sum(axis=0))
        calibrated[possible, column] = by_stage.sum(axis=0)[possible]
        coverage[possible, column] = (ratio * now[opportunity].sum(axis=0))[possible]
    forecasts = {"pipeline, calibrated rates": calibrated, "coverage ratio": coverage}
    if known.default_rates.any():
        timeless = (known.default_rates @ now)[:, None]
        forecasts["pipeline, CRM rates"] = np.repeat(timeless, horizons.size, axis=1)
    return forecasts


def _by_stage_and_day(known: Known, weights: F64, first: I64, end: I64) -> F64:
    """Total weight, by part, stage and day, of the spells that count from a first day to the day before an end."""
    stages, days = known.default_rates.size, known.last + 1
    first = np.clip(first, 0, days)
    end = np.clip(end, first, days)
    size = stages * (days + 1)
    row = known.stage * (days + 1)
    change = [np.bincount(row + first, part, size) - np.bincount(row + end, part, size) for part in weights]
    return np.stack(change).reshape(-1, stages, days + 1).cumsum(axis=2)[:, :, :days]


def _won_from_stage(known: Known, value: Worth, left: I64, horizon: int) -> F64:
    """What was open on a recorded day and won within so many days, summed up to each day, by part and stage."""
    first = np.maximum(np.maximum(known.entered, known.won[known.record] - horizon), known.recorded)
    return np.cumsum(_by_stage_and_day(known, value.wins[:, known.record], first, left), axis=2)


def _won(known: Known, value: Worth, horizon: int) -> F64:
    """What was won within so many days of a recorded day, summed up to each day, by part."""
    day = np.clip(known.won, 0, known.last + 1)
    by_day = np.stack([np.bincount(day, part, known.last + 2) for part in value.wins])[:, :-1]
    total = np.cumsum(by_day, axis=1)
    later = total[:, np.minimum(np.arange(known.last + 1) + horizon, known.last)]
    return np.cumsum((later - total) * (np.arange(known.last + 1) >= known.recorded), axis=1)


def _ratio(won: F64, exposure: F64) -> F64:
    return np.divide(won, exposure, out=np.zeros_like(won), where=exposure > 0.0)
