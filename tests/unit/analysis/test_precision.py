"""The interval of a quantile, and when it is narrow enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom, norm

from rpmsim.analysis.precision import FIRST, Precision, interval, parse_precision


def test_interval_holds_the_true_quantile_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20270101)
    runs, true = 2000, norm.ppf(0.1)
    inside = 0
    for values in rng.normal(size=(runs, 1000)):
        _, low, high = interval(values, 0.1)
        inside += low <= true <= high
    share = inside / runs
    assert abs(share - 0.955) < 4 * math.sqrt(0.05 * 0.95 / runs)  # ranks are rounded outwards


@pytest.mark.parametrize(("q", "count"), [(0.1, 1024), (0.5, 400), (0.95, 5000)])
def test_ends_are_the_order_statistics_that_the_binomial_gives(q: float, count: int) -> None:
    value, low, high = interval(np.arange(1.0, count + 1), q)  # each value is its rank
    assert low < value < high
    assert abs(low - binom.ppf(0.025, count, q)) <= 2
    assert abs(high - binom.ppf(0.975, count, q) - 1) <= 2


def test_replications_of_one_draw_count_together() -> None:
    rng = np.random.default_rng(1)
    draws = np.repeat(np.arange(500), 8)
    widths = np.zeros(2)
    for _ in range(100):
        values = np.repeat(rng.normal(size=500), 8)
        widths += [np.diff(interval(values, 0.1, of)[1:])[0] for of in (draws, None)]
    assert widths[0] / widths[1] == pytest.approx(math.sqrt(8), rel=0.1)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_too_few_tell_nothing(count: int) -> None:
    assert interval(np.arange(float(count)), 0.1)[1:] == (-math.inf, math.inf)


def see(precision: Precision, row: int, totals: np.ndarray) -> None:
    draws = np.arange(row, row + len(totals))
    precision.see({"bookings": totals[:, None, None, None], "parameter_draw": draws}, xr.Dataset())


def test_rounds_grow_until_it_is_enough() -> None:
    rng = np.random.default_rng(2)
    precision = Precision("bookings", "p10", 0.01)
    rounds = []
    while more := precision.further():
        rounds.append(more)
        see(precision, precision.seen, rng.normal(100.0, 20.0, more))
    assert rounds[0] == FIRST
    assert 1 < len(rounds) < 5
    assert precision.error <= 0.01
    # the density of a normal at its 10% quantile gives the number that is needed
    needed = (1.96 * math.sqrt(0.09) / norm.pdf(norm.ppf(0.1)) * 20.0 / (100.0 + 20.0 * norm.ppf(0.1)) / 0.01) ** 2
    assert 0.7 * needed < precision.seen < 1.6 * needed
    reported = precision.document()
    assert reported["reached"]
    assert reported["low"] < reported["value"] < reported["high"]
    assert reported["achieved"] == pytest.approx((reported["high"] - reported["low"]) / 2 / reported["value"])


def test_size_of_blocks_does_not_matter() -> None:
    values = np.random.default_rng(3).normal(100.0, 20.0, 2000)
    one, other = Precision(), Precision()
    for row in (0, 500, 1000, 1500):
        see(one, row, values[row : row + 500])
    see(other, 0, values)
    assert one.document() == other.document()


def test_how_far_it_is_is_reported_in_words() -> None:
    precision = Precision("bookings", "p50", 0.005)
    assert precision.standing == ""
    totals = np.arange(500.0, 1500.0)
    see(precision, 0, totals[:30])
    assert precision.standing == "30 replications: bookings p50 exact to 1.3 %, wanted 0.5 %"
    few = Precision()
    see(few, 0, totals[:3])
    assert few.standing == "3 replications: bookings p10 not yet exact, wanted 1 %"


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_quantile_without_spread_is_exact(value: float) -> None:
    precision = Precision()
    see(precision, 0, np.full(2000, value))
    assert precision.error == 0.0


def test_a_quantile_of_zero_that_varies_is_never_precise() -> None:
    precision = Precision()
    see(precision, 0, np.repeat([0.0, 1000.0], [110, 890]))
    assert precision.error == math.inf
    assert precision.further() == 3000
    assert precision.document()["achieved"] is None


def test_what_can_be_written() -> None:
    assert parse_precision("1%") == Precision("", "p10", 0.01)
    assert parse_precision("bookings:p10=0.5 %") == Precision("bookings", "p10", 0.005)
    assert parse_precision("wins:p50=2%") == Precision("wins", "p50", 0.02)
    for wrong in ("1", "0%", "100%", "-1%", "p10=1%", "bookings=1%", "pipeline:p10=1%", "bookings:p11=1%", ""):
        assert parse_precision(wrong) is None, wrong
