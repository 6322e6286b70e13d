"""The baselines of a series against plain loops and series whose future is known."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rpmsim.backtesting.series_baselines import drift, naive, seasonal_naive
from rpmsim.backtesting.smoothing import DAMPING, LEVEL_GAINS, TREND_GAINS, damped_smoothing

HORIZONS = np.array([1, 5, 7, 10, 28])
FORECASTS = [naive, seasonal_naive, drift, damped_smoothing]


def periods(data: list[float], horizon: int) -> list[float]:
    """Totals of whole periods counted back from the end, the last one first."""
    return [sum(data[len(data) - (k + 1) * horizon :][:horizon]) for k in range(len(data) // horizon)]


def slow_naive(data: list[float], horizon: int) -> float:
    return periods(data, horizon)[0] if len(data) >= horizon else sum(data) / len(data) * horizon


def slow_seasonal(data: list[float], horizon: int) -> float:
    if len(data) >= 396 and horizon <= 364:
        return sum(data[-364:][:horizon])
    last = periods(data, horizon)[:3]
    return sum(last) / len(last) if last else slow_naive(data, horizon)


def slow_drift(data: list[float], horizon: int) -> float:
    all_ = periods(data, horizon)[::-1]
    if len(all_) < 2:
        return slow_naive(data, horizon)
    changes = [b - a for a, b in pairwise(all_)]
    return max(0.0, all_[-1] + sum(changes) / len(changes))


def slow_smoothing(data: list[float], horizon: int) -> float:
    weeks = periods(data, 7)[::-1]
    best = (np.inf, np.nan)
    candidates = [(gain, 0.0, 0.0) for gain in LEVEL_GAINS]
    if len(weeks) >= 8:
        candidates += list(product(LEVEL_GAINS, TREND_GAINS, DAMPING))
    for gain, trend_gain, damping in candidates if weeks else []:
        level, trend, squared = weeks[0], 0.0, 0.0
        for number, week in enumerate(weeks[1:], 2):
            error = week - (level + damping * trend)
            squared += error**2
            level += damping * trend + max(gain, 1 / number) * error
            trend = damping * trend + gain * trend_gain * error
        total = sum(
            min(1.0, horizon / 7 - ahead) * (level + sum(damping**i for i in range(1, ahead + 2)) * trend)
            for ahead in range(-(-horizon // 7))
        )
        if squared < best[0]:
            best = squared, max(total, 0.0)
    return best[1]


SLOW = dict(zip(FORECASTS, [slow_naive, slow_seasonal, slow_drift, slow_smoothing], strict=True))


@pytest.mark.parametrize("forecast", FORECASTS)
@pytest.mark.parametrize(("days", "recorded"), [(100, 0), (100, 23), (430, 10)])
def test_as_in_plain_loops(forecast, days: int, recorded: int) -> None:
    rng = np.random.default_rng(days)
    series = rng.poisson(3.0 + np.arange(days) % 7 + np.arange(days) / 30).astype(float)
    series[:recorded] = 1e6
    origins = np.array([recorded, recorded + 8, days // 2, days - 9, days - 2, days - 1])
    if forecast is seasonal_naive and days > 396 + recorded:
        origins = origins[-3:]
    expected = [[SLOW[forecast](list(series[recorded : o + 1]), int(h)) for h in HORIZONS] for o in origins]
    assert_allclose(forecast(series, recorded, origins, HORIZONS), expected, rtol=1e-12)


@pytest.mark.parametrize("forecast", FORECASTS)
@pytest.mark.parametrize("days", [40, 500])
def test_a_constant_series_goes_on(forecast, days: int) -> None:
    assert_allclose(forecast(np.full(days, 2.0), 3, np.array([days - 1]), HORIZONS), [2.0 * HORIZONS])


def test_a_line_goes_on_with_drift() -> None:
    days = np.arange(140)
    assert drift(days.astype(float), 0, days[-1:], np.array([14])) == pytest.approx(np.arange(140, 154).sum())


def test_a_damped_trend_lies_between_the_last_level_and_the_line() -> None:
    weekly = np.repeat(np.arange(1.0, 41.0), 7)
    (forecast,) = damped_smoothing(weekly, 0, np.array([weekly.size - 1]), np.array([28]))[0]
    assert 4 * 7 * 39.0 < forecast < 7 * (41 + 42 + 43 + 44)


def test_a_season_is_found_after_thirteen_months() -> None:
    days = np.arange(500)
    series = 10.0 + 8.0 * np.sin(2.0 * np.pi * days / 364) + (days % 7 == 2)
    future = 10.0 + 8.0 * np.sin(2.0 * np.pi * np.arange(500, 528) / 364) + (np.arange(500, 528) % 7 == 2)
    last = np.array([499])
    assert_allclose(seasonal_naive(series, 0, last, np.array([28])), [[future.sum()]])
    assert abs(naive(series, 0, last, np.array([28]))[0, 0] - future.sum()) > 0.1 * future.sum()
    too_short = seasonal_naive(series, 105, last, np.array([28]))
    assert_allclose(too_short, [[series[-84:].sum() / 3]])


def test_earlier_origins_use_the_same_rule_or_none() -> None:
    series = np.random.default_rng(1).poisson(5.0, 410).astype(float)
    result = seasonal_naive(series, 0, np.array([300, 380, 409]), np.array([7]))
    assert np.isnan(result[0, 0])
    assert_allclose(result[1:, 0], [series[17:24].sum(), series[46:53].sum()])
