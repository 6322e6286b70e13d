"""All baselines together: names, shapes, reproducibility, and inputs that are hardly data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rpmsim.backtesting.baselines import BASELINES, baseline_draws
from rpmsim.backtesting.known import NEVER, Known
from tests.unit.backtesting.known_worlds import RATES, daily, make_known

SERIES = ("naive", "seasonal naive", "drift", "damped smoothing")


def forecast(known: Known, measure="wins", horizons=(7, 14, 28), draws: int = 300, seed: int = 3) -> dict:
    rng = np.random.default_rng(seed)
    return baseline_draws(daily(known, measure), known, measure, horizons, draws, rng)


def empty(last: int = 100, recorded: int = 0) -> Known:
    none, no_amount = np.zeros(0, np.int64), np.zeros(0)
    return Known(last, recorded, none, none, none, no_amount, none, none, none, none, no_amount, RATES)


def one(day: int, won: int = NEVER, amount: float = np.nan, *, last: int = 100) -> Known:
    day_, won_ = np.array([day]), np.array([won])
    zero = np.zeros(1, np.int64)
    return Known(
        last, 0, day_, won_, won_, np.array([amount]), zero + 3, zero, day_, won_, np.array([amount]), RATES
    )  # fmt: skip


def same_day(records: int, day: int) -> Known:
    """All records come, and most are won, on one day."""
    known = make_known(records, 60, seed=8)
    won = np.where(np.arange(records) % 3 > 0, day, NEVER)
    return replace(
        known, begun=np.full(records, day), won=won, ended=won, amount=np.where(won < NEVER, 7.0, np.nan),
        entered=np.full(known.stage.size, day), until=won[known.record],
    )  # fmt: skip


@pytest.mark.parametrize("measure", ["wins", "bookings"])
def test_all_baselines_have_names_shapes_and_totals_that_count(measure) -> None:
    known = make_known(600, 200, seed=3)
    result = forecast(known, measure)
    assert tuple(result) == BASELINES
    assert {
        "naive", "seasonal naive", "drift", "damped smoothing", "pipeline, CRM rates", "pipeline, calibrated rates",
        "coverage ratio", "cohort average", "life table, all history", "life table, last 56 days",
    } == set(BASELINES)  # fmt: skip
    for name, draws in result.items():
        assert draws.shape == (300, 3), name
        assert np.isfinite(draws).all(), name
        assert (draws >= 0.0).all(), name
        assert np.median(draws[:, 2]) > 0.0, name
        if measure == "wins":
            assert (draws == np.rint(draws)).all(), name


def test_the_same_seed_gives_the_same_bytes() -> None:
    known = make_known(200, 120, seed=3)
    first, second, other = forecast(known), forecast(known), forecast(known, seed=4)
    for name in first:
        assert first[name].tobytes() == second[name].tobytes()
    assert any(first[name].tobytes() != other[name].tobytes() for name in first)


def test_other_targets_have_the_baselines_of_a_series() -> None:
    series = np.random.default_rng(1).poisson(4.0, 90).astype(float)
    known = make_known(200, 90, seed=3, recorded=30)
    for given, measure in ((None, None), (None, "wins"), (known, None)):
        result = baseline_draws(series, given, measure, [7], 100, np.random.default_rng(1))
        assert tuple(result) == SERIES


def test_left_truncated_zeros_are_no_data() -> None:
    rng = np.random.default_rng(1)
    series = np.concatenate([np.zeros(200), rng.poisson(20.0, 15)]).astype(float)
    known = replace(make_known(200, 215, seed=3, recorded=200), last=214)
    draws = baseline_draws(series, known, None, [28], 4000, np.random.default_rng(1))
    for name in SERIES:
        assert draws[name].mean() == pytest.approx(28 * 20.0, rel=0.15), name


@pytest.mark.parametrize("measure", ["wins", "bookings"])
@pytest.mark.parametrize(
    "known",
    [
        empty(), empty(last=0), empty(recorded=100), one(50), one(0, 0, 5.0), one(100, 100, 5.0), one(3, 60),
        one(0, last=0), one(0, 0, 0.0, last=0), one(3, 60, -5.0), one(3, 60, 1e-12), one(3, 60, 1e15),
        same_day(50, 30), same_day(50, 59), make_known(40, 60, recorded=59), make_known(40, 60, stay=200.0),
        make_known(40, 60, unknown=1.0), make_known(40, 5),
    ],
)  # fmt: skip
def test_hardly_any_data_gives_totals_all_the_same(known: Known, measure) -> None:
    result = forecast(known, measure, (1, 9, 400), draws=50)
    assert "seasonal naive" in result
    for name, draws in result.items():
        assert draws.shape == (50, 3), name
        assert (np.isfinite(draws).all(axis=0) | np.isnan(draws).all(axis=0)).all(), name
        draws = draws[:, np.isfinite(draws[0])]
        assert (draws >= 0.0).all(), name


def test_what_cannot_be_computed_is_left_out() -> None:
    result = forecast(make_known(40, 20), horizons=(7, 28))
    for name in ("pipeline, calibrated rates", "coverage ratio"):
        assert np.isfinite(result[name]).all(axis=0).tolist() == [True, False]
        assert name not in forecast(make_known(40, 20), horizons=(28,))
    assert "life table, all history" in result
    assert "damped smoothing" not in forecast(make_known(40, 5), horizons=(7,))
