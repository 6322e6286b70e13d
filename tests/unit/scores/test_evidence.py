"""What a record of a length can say: exact probabilities of every verdict."""

from __future__ import annotations

import datetime as dt
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy import stats

from rpmsim import scores


def chances(n: int, coverage: float, nominal: float = 0.8) -> dict[str, float]:
    """Exact probability of every verdict of n independent forecasts whose bands have a coverage."""
    found = dict.fromkeys(("bands hold", "too narrow", "too wide", "cannot tell"), 0.0)
    for inside, chance in enumerate(stats.binom.pmf(np.arange(n + 1), n, coverage)):
        found[scores.bands_verdict(inside, n, n, nominal)] += chance
    return found


@pytest.mark.parametrize("horizon", [1, 5, 7, 14, 40])
def test_effective_origins_are_the_most_that_do_not_overlap(horizon: int) -> None:
    days = np.random.default_rng(horizon).integers(0, 60, 11)
    most = max(
        size
        for size in range(1, 12)
        for chosen in combinations(sorted(days), size)
        if all(b - a >= horizon for a, b in pairwise(chosen))
    )
    assert scores.effective_origins(days, horizon) == most


def test_effective_origins_of_dates() -> None:
    weeks = [dt.date(2026, 1, 5) + dt.timedelta(days=7 * k) for k in range(24)]
    assert scores.effective_origins(weeks, 28) == 6
    assert scores.effective_origins(np.array(weeks, dtype="datetime64[D]"), 7) == 24
    assert scores.effective_origins(range(0, 168, 7), 8) == 12
    assert scores.effective_origins([], 7) == 0
    with pytest.raises(ValueError, match="at least one day"):
        scores.effective_origins([1, 2], 0)
    with pytest.raises(ValueError, match="one axis"):
        scores.effective_origins(np.zeros((2, 2)), 7)


@pytest.mark.parametrize(("inside", "n"), [(0, 7), (7, 7), (19, 24), (1, 2), (240, 300)])
def test_coverage_interval_equals_that_of_scipy(inside: int, n: int) -> None:
    exact = stats.binomtest(inside, n).proportion_ci(0.9, method="exact")
    np.testing.assert_allclose(scores.coverage_interval(inside, n), [exact.low, exact.high], rtol=1e-9)


def test_coverage_interval_of_a_fraction_lies_between() -> None:
    ends = np.array([scores.coverage_interval(0.8 * n, n) for n in (5.0, 5.5, 6.0, 10.0)])
    assert (np.diff(ends[:, 0]) > 0).all()
    assert (np.diff(ends[:, 1]) < 0).all()
    assert scores.coverage_interval(0, 0) == (0.0, 1.0)
    for inside, n in ((-1, 5), (6, 5), (np.nan, 5)):
        with pytest.raises(ValueError, match="from 0 to n"):
            scores.coverage_interval(inside, n)


@pytest.mark.parametrize("nominal", [0.5, 0.8, 0.9])
def test_bands_that_hold_are_rarely_called_wrong(nominal: float) -> None:
    for n in (*range(1, 40), 72, 155, 300):
        found = chances(n, nominal, nominal)
        assert found["too narrow"] <= 0.0501
        assert found["too wide"] <= 0.0501


def test_verdicts_need_the_forecasts_that_theory_says() -> None:
    assert [round(chances(n, p)["too narrow"], 2) for n, p in ((155, 0.7), (72, 0.65), (41, 0.6))] == [0.89, 0.88, 0.82]
    assert [round(chances(24, p)["too narrow"], 2) for p in (0.6, 0.4)] == [0.67, 0.99]
    assert [round(chances(n, 0.8)["bands hold"], 2) for n in (50, 72, 100, 155)] == [0.0, 0.23, 0.61, 0.82]
    assert chances(300, 0.8)["bands hold"] > 0.98
    assert chances(155, 0.95)["too wide"] > 0.99
    assert chances(300, 0.7)["bands hold"] < 0.06
    assert chances(6, 0.8)["cannot tell"] > 0.95


def test_verdict_by_the_effective_number() -> None:
    assert scores.bands_verdict(240, 300, 300, 0.8) == "bands hold"
    assert scores.bands_verdict(240, 300, 30.5, 0.8) == "cannot tell"
    assert scores.bands_verdict(150, 300, 30.5, 0.8) == "too narrow"
    assert scores.bands_verdict(300, 300, 30.5, 0.8) == "too wide"
    assert scores.bands_verdict(0, 0, 0, 0.8) == "cannot tell"
    with pytest.raises(ValueError, match="number of forecasts"):
        scores.bands_verdict(7, 6, 6, 0.8)
    with pytest.raises(ValueError, match="level"):
        scores.bands_verdict(5, 6, 6, 80)


def test_overlapping_spans_call_right_bands_wrong_no_more_often() -> None:
    rng = np.random.default_rng(4)
    n, block, series = 24, 4, 3000
    noise = rng.normal(size=(series, n + block - 1))
    sums = np.lib.stride_tricks.sliding_window_view(noise, block, axis=1).sum(-1) / np.sqrt(block)
    inside = (np.abs(sums) < stats.norm.ppf(0.9)).sum(1)
    found = [scores.bands_verdict(int(k), n, n / block, 0.8) for k in inside]
    assert np.mean([verdict == "too narrow" for verdict in found]) < 0.05
    assert np.mean([verdict == "too wide" for verdict in found]) < 0.05


@pytest.mark.parametrize(
    ("low", "high", "effective", "verdict"),
    [
        (0.01, 0.3, 5, "better"),
        (-0.3, -0.01, 5, "worse"),
        (-0.1, 0.3, 50, "cannot tell"),
        (0.01, 0.3, 4.9, "cannot tell"),
        (-0.3, -0.01, 4, "cannot tell"),
        (0.0, 0.3, 50, "cannot tell"),
        (-np.inf, -0.1, 9, "worse"),
        (np.nan, np.nan, 50, "cannot tell"),
    ],
)
def test_skill_verdict(low: float, high: float, effective: float, verdict: str) -> None:
    assert scores.skill_verdict(low, high, effective) == verdict
