"""Draws around a forecast: bias, spread and coverage, from no past error to many."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.backtesting.past_errors import earlier_origins, predictive_draws

COUNT = (1.0, 1.0)


def draw(now: float, then=(), actual=(), *, horizon: int = 7, deal=COUNT, whole: bool = True, draws: int = 20_000):
    rng = np.random.default_rng(5)
    return predictive_draws(
        now, np.array(then, float), np.array(actual, float), horizon, deal, whole=whole, draws=draws, rng=rng
    )


def test_earlier_origins_are_weeks_apart_and_have_as_much_history_as_the_horizon() -> None:
    assert earlier_origins(100, 0, 14).tolist() == [86, 79, 72, 65, 58, 51, 44, 37, 30]
    assert earlier_origins(100, 20, 42).size == 0
    assert earlier_origins(103, 20, 42).tolist() == [61]
    assert earlier_origins(1000, 0, 7).size == 26


def test_without_errors_theory_stands_alone() -> None:
    totals = draw(50.0)
    standard_error = np.sqrt(75.0 * 1.25 / totals.size)
    assert totals.mean() == pytest.approx(50.0, abs=4 * standard_error)
    assert totals.var() == pytest.approx(1.25 * 75.0, rel=0.05)


def test_money_is_a_compound_total() -> None:
    deal = (100.0, 250.0)
    totals = draw(5_000.0, deal=deal, whole=False, draws=100_000)
    variance = 1.25 * 1.5 * 5_000.0 * 250.0
    assert totals.mean() == pytest.approx(5_000.0, abs=4 * np.sqrt(variance / totals.size))
    assert totals.var() == pytest.approx(variance, rel=0.05)
    assert (draw(50.0, deal=deal, whole=False) == 0.0).mean() > 0.4


@pytest.mark.parametrize(("level", "spread"), [(3.0, 5.0), (0.4, 5.0)])
def test_a_lasting_bias_is_corrected(level: float, spread: float) -> None:
    rng = np.random.default_rng(2)
    actual = rng.normal(100.0, spread, 26)
    totals = draw(100.0 * level, np.full(26, 100.0 * level), actual)
    assert totals.mean() == pytest.approx(100.0, rel=0.06)


def test_a_bias_is_corrected_only_where_that_would_have_helped_before() -> None:
    jump = [30.0, 3.0, 2.0, 1.0], [60.0, 30.0, 20.0, 12.0]  # newest first: volume has grown tenfold, and stays
    assert draw(60.0, *jump, horizon=28).mean() == pytest.approx(60.0, rel=0.1)
    growth = 100.0 * 1.1 ** np.arange(13)[::-1]  # a naive forecast is a tenth too low every week
    assert 1.04 * growth[0] < draw(growth[0], growth[1:], growth[:-1]).mean() < 1.1 * growth[0]
    changing = np.where(np.arange(12) % 6 < 3, 60.0, 140.0)  # three weeks too high, three weeks too low
    assert draw(100.0, np.full(12, 100.0), changing).mean() == pytest.approx(100.0, rel=0.02)


@pytest.mark.parametrize("partial", [True, False])
def test_with_few_errors_only_partial_forecasts_are_corrected(partial: bool) -> None:
    rng = np.random.default_rng(5)
    then, actual = np.full(3, 100.0), np.array([298.0, 305.0, 301.0])
    totals = predictive_draws(100.0, then, actual, 28, COUNT, whole=True, draws=4000, rng=rng, partial=partial)
    assert totals.mean() == pytest.approx(300.0 if partial else 100.0, rel=0.25)


def test_errors_without_bias_correct_nothing_and_set_the_spread() -> None:
    errors = np.tile([-30.0, 30.0], 13)
    totals = draw(100.0, np.full(26, 100.0), 100.0 + errors)
    assert totals.mean() == pytest.approx(100.0, abs=1.5)
    assert 24.0 < totals.std() < 31.0
    steady = draw(100.0, np.full(26, 100.0), np.full(26, 100.0))
    assert steady.std() < 6.0


def test_counts_are_whole_and_nothing_is_below_zero() -> None:
    totals = draw(2.0, [3.0, 1.5, 2.5, 8.0, 0.0, 0.0], [0.0, 4.0, 1.0, 2.0, 0.0, 5.0])
    assert (totals == np.rint(totals)).all()
    assert totals.min() >= 0.0
    assert 0.0 < draw(0.0).mean() < 0.1


def test_what_has_no_forecast_is_no_error() -> None:
    assert np.array_equal(draw(9.0, [np.nan, 8.0, 9.0], [50.0, 9.0, 8.0]), draw(9.0, [8.0, 9.0], [9.0, 8.0]))


def test_overlapping_errors_count_less() -> None:
    then, actual = np.full(10, 100.0), 100.0 + np.tile([-40.0, 40.0], 5)
    assert draw(100.0, then, actual, horizon=7).std() > draw(100.0, then, actual, horizon=70).std() + 5.0


@pytest.mark.parametrize(("mean", "weeks"), [(30.0, 27), (30.0, 8), (4.0, 27)])
def test_eighty_percent_bands_of_a_stationary_series_hold(mean: float, weeks: int) -> None:
    rng = np.random.default_rng(11)
    inside, worlds = 0.0, 1500
    for _ in range(worlds):
        counts = rng.poisson(mean, weeks + 2).astype(float)
        totals = predictive_draws(
            counts[-2], counts[-3:0:-1][: weeks - 1], counts[-2:1:-1][: weeks - 1], 7, COUNT,
            whole=True, draws=200, rng=rng,
        )  # fmt: skip
        below, upto = (totals < counts[-1]).mean(), (totals <= counts[-1]).mean()
        place = below + rng.random() * (upto - below)
        inside += 0.1 <= place <= 0.9
    assert inside / worlds == pytest.approx(0.8, abs=0.03 + 3 * np.sqrt(0.16 / worlds))
