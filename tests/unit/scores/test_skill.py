"""The interval of the skill holds the true skill about as often as it states, and blocks are why."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.typing import NDArray

from rpmsim import scores


def overlapping(n: int, block: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Absolute errors of two forecasters of sums over overlapping spans, which share most of what they do not know."""
    mine, other = (
        np.convolve(rng.normal(size=n + block - 1), np.ones(block), "valid") / np.sqrt(block) for _ in range(2)
    )
    return np.abs(mine), np.abs(0.8 * mine + 0.9 * other)


TRUE = 1.0 - 1.0 / np.hypot(0.8, 0.9)  # absolute errors of normal variables are in proportion to their deviations


@pytest.mark.parametrize("blocks", [4, 6, 10, 20])
def test_interval_holds_the_true_skill(blocks: int) -> None:
    rng = np.random.default_rng(blocks)
    block, series = 4, 400
    held, held_by_single_origins = 0, 0
    times = np.arange(blocks * block) * 7
    for _ in range(series):
        mine, other = overlapping(blocks * block, block, rng)
        found = scores.skill(mine, other, times, block, rng, resamples=300)
        single = scores.skill(mine, other, times, 1, rng, resamples=300)
        held += found.low <= TRUE <= found.high
        held_by_single_origins += single.low <= TRUE <= single.high
    assert 0.86 < held / series < 0.96  # 0.9 within about three standard errors of 0.015
    assert held_by_single_origins / series < 0.78


def test_independent_origins_need_no_blocks() -> None:
    rng = np.random.default_rng(7)
    found = [scores.skill(*overlapping(20, 1, rng), np.arange(20), 1, rng, resamples=300) for _ in range(400)]
    assert 0.85 < np.mean([one.low <= TRUE <= one.high for one in found]) < 0.95


def test_value_and_interval_of_many_origins() -> None:
    rng = np.random.default_rng(2)
    mine, other = rng.gamma(4.0, 1.0, 400), rng.gamma(4.0, 1.25, 400)
    found = scores.skill(mine, other, np.arange(400), 1, rng)
    assert found.value == pytest.approx(1.0 - mine.mean() / other.mean())
    error = (1.0 - found.value) * np.sqrt(
        2.0 / 4.0 / 400
    )  # of a ratio of independent means, each with a variance of 1/4
    assert found.high - found.low == pytest.approx(2 * 1.645 * error, rel=0.15)
    assert found.low < found.value < found.high


def test_order_and_unknown_scores_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    mine, other = rng.gamma(2.0, size=(2, 40))
    days = np.repeat(np.arange(20), 2)  # two forecasts at each origin
    order = rng.permutation(42)
    more = [np.append(array, [np.nan, 1.0]) for array in (mine, other, days)]
    more[1][-1] = np.nan
    first = scores.skill(mine, other, days, 4, np.random.default_rng(1))
    again = scores.skill(*(array[order] for array in more), 4, np.random.default_rng(1))  # type: ignore[arg-type]
    assert first == pytest.approx(again, rel=1e-12)
    dates = [dt.date(2026, 1, 5) + dt.timedelta(days=int(day)) for day in days]
    assert scores.skill(mine, other, dates, 4, np.random.default_rng(1)) == first  # type: ignore[arg-type]


def test_forecasts_of_one_origin_stay_together() -> None:
    rng = np.random.default_rng(3)
    mine, other = rng.gamma(2.0, size=(2, 30))
    days = np.arange(30)
    once = scores.skill(mine, other, days, 3, np.random.default_rng(1))
    copies = scores.skill(np.tile(mine, 9), np.tile(other, 9), np.tile(days, 9), 3, np.random.default_rng(1))
    assert copies == pytest.approx(once)  # nine copies of a forecast say no more than one


def test_where_there_is_no_interval() -> None:
    rng = np.random.default_rng(1)
    few = scores.skill([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [0, 7, 14], 2, rng)
    assert few.value == pytest.approx(1 / 3)
    assert np.isnan([few.low, few.high]).all()
    assert np.isnan(scores.skill([1.0] * 9, [0.0] * 9, np.arange(9), 1, rng)).all()
    perfect = scores.skill([0.0] * 9, [1.0] * 9, np.arange(9), 1, rng)
    assert perfect.value == 1.0
    assert np.isnan([perfect.low, perfect.high]).all()
    assert np.isnan(scores.skill([], [], [], 1, rng)).all()


def test_a_baseline_that_is_mostly_perfect_leaves_the_lower_end_open() -> None:
    baseline = np.zeros(12)
    baseline[3] = 1.0
    found = scores.skill(np.ones(12), baseline, np.arange(12), 1, np.random.default_rng(1))
    assert found.value == -11.0
    assert found.low == -np.inf
    assert found.high < 0.0


def test_wrong_arguments() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"same shape"):
        scores.skill([1.0, 2.0], [1.0], [0, 1], 1, rng)
    with pytest.raises(ValueError, match=r"one axis of the same length"):
        scores.skill([1.0, 2.0], [1.0, 2.0], [0], 1, rng)
    with pytest.raises(ValueError, match="at least one origin"):
        scores.skill([1.0, 2.0], [1.0, 2.0], [0, 1], 0, rng)
    with pytest.raises(ValueError, match="level"):
        scores.skill([1.0, 2.0], [1.0, 2.0], [0, 1], 1, rng, level=90)
