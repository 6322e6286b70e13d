"""What a skeptic would forecast instead: every baseline as draws, from what was known at an origin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.cohort_average import cohort_average
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.life_table import life_table
from rpmsim.backtesting.past_errors import earlier_origins, predictive_draws
from rpmsim.backtesting.pipeline_baselines import pipeline_baselines
from rpmsim.backtesting.series_baselines import drift, naive, seasonal_naive
from rpmsim.backtesting.smoothing import damped_smoothing
from rpmsim.backtesting.worth import Measure, typical_deal

__all__ = ["BASELINES", "baseline_draws", "baseline_means"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

SERIES = {
    "naive": naive,
    "seasonal naive": seasonal_naive,
    "drift": drift,
    "damped smoothing": damped_smoothing,
}
RECENT_DAYS = 56
BASELINES = (
    *SERIES,
    "pipeline, CRM rates",
    "pipeline, calibrated rates",
    "coverage ratio",
    "cohort average",
    "life table, all history",
    f"life table, last {RECENT_DAYS} days",
)
"""All names, in the order in which they are reported."""

PARTIAL = ("pipeline, CRM rates", "pipeline, calibrated rates")
"""Those that leave out when deals close, or leads that are still to come."""


def baseline_draws(
    series: F64,
    known: Known | None,
    measure: Measure | None,
    horizons: Sequence[int],
    draws: int,
    rng: np.random.Generator,
) -> dict[str, F64]:
    """Draw the totals of the next days by every baseline.

    A baseline is a rule for the expected total. The same rule is applied at up to 26 earlier origins, a week apart and
    each with what was known by then, and its errors there give the distribution around today's forecast.

    Parameters
    ----------
    series : ndarray of float64, shape (days,)
        Daily totals of the target up to the origin.
    known : Known, optional
        What was known at the origin. Without it, every day of the series is recorded, and only the baselines that look
        at the series apply.
    measure : {"wins", "bookings"}, optional
        What the target counts; None for another target, such as leads, to which only the baselines of the series apply.
    horizons : sequence of int
        Days ahead, at least 1 each.
    draws : int
    rng : Generator

    Returns
    -------
    dict of str to ndarray of float64, shape (draws, horizons)
        Totals of the days 1 to h after the origin by name of the baseline, in the order of `BASELINES`; NaN at horizons
        for which a baseline cannot be computed, and left out where that is so for all.
    """
    ahead = np.asarray(horizons, dtype=np.int64)
    last, recorded = series.size - 1, known.recorded if known else 0
    earlier = [earlier_origins(last, recorded, int(horizon)) for horizon in ahead]
    origins = np.unique(np.concatenate([*earlier, [last]]))
    total = np.concatenate([[0.0], np.cumsum(series)])
    deal = typical_deal(known, measure)
    result = {}
    for name, means in baseline_means(series, known, measure, origins, ahead).items():
        if np.isfinite(means[-1]).any():
            columns = [
                np.full(draws, np.nan)
                if not np.isfinite(means[-1, column])
                else predictive_draws(
                    means[-1, column],
                    means[np.searchsorted(origins, days), column],
                    total[days + horizon + 1] - total[days + 1],
                    int(horizon),
                    deal,
                    whole=measure != "bookings",
                    draws=draws,
                    rng=rng,
                    partial=name in PARTIAL,
                )
                for column, (days, horizon) in enumerate(zip(earlier, ahead, strict=True))
            ]
            result[name] = np.stack(columns, axis=1)
    return result


def baseline_means(
    series: F64, known: Known | None, measure: Measure | None, origins: I64, horizons: I64
) -> dict[str, F64]:
    """Forecast the expected totals at several origins, each from the days up to it.

    Parameters
    ----------
    series, known, measure
        As for `baseline_draws`.
    origins : ndarray of int64, shape (origins,)
        Days at whose end a forecast is made, not before the first recorded day.
    horizons : ndarray of int64, shape (horizons,)
        Days ahead.

    Returns
    -------
    dict of str to ndarray of float64, shape (origins, horizons)
        At least 0 each; NaN where a baseline cannot be computed.
    """
    recorded = known.recorded if known else 0
    means = {name: forecast(series, recorded, origins, horizons) for name, forecast in SERIES.items()}
    if known is not None and measure is not None:
        means |= pipeline_baselines(known, measure, origins, horizons)
        means["cohort average"] = cohort_average(known, measure, origins, horizons)
        means["life table, all history"] = life_table(known, measure, origins, horizons)
        means[f"life table, last {RECENT_DAYS} days"] = life_table(known, measure, origins, horizons, RECENT_DAYS)
    return {name: np.maximum(means[name], 0.0) for name in BASELINES if name in means}
