"""Times, conversions and cohorts of leads followed one by one, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import rpmsim
from rpmsim import metrics
from rpmsim.engine import simulate
from rpmsim.model.plan import Model
from tests.analytic.standard_errors import assert_agrees, errors_of_mean
from tests.analytic.visits import Edge, Network, chances_of_days
from tests.reference.models import channel, delay, model, out, stage

DAYS = 360
SLOW = chances_of_days(stats.lognorm(s=0.7, scale=9.0).cdf, DAYS)
GAMMA = chances_of_days(stats.gamma(2, scale=2.5).cdf, DAYS, least=0)
RATE = 20.0
SHARES = {"first": 0.6, "second": 0.45}


def built(replications: int = 400):
    slow, gamma = delay("lognormal", median=9, sigma=0.7), delay("gamma", mean=5, shape=2, least=0)
    plan: Model = model(
        [
            stage("first", out("second", SHARES["first"], slow), out("lost", None, slow), kind="lead"),
            stage("second", out("won", SHARES["second"], gamma), out("lost", None, gamma), kind="opportunity"),
        ],
        [channel("web", "first", RATE)],
        days=DAYS,
        period="month",
    )
    return simulate(plan, replications, seed=11, measure=("speed", "cohorts"))


@pytest.fixture(scope="module")
def forecast():
    return built()


def quantile(chances: np.ndarray, share: float) -> int:
    """Smallest number of days by which a share has left."""
    return int(np.searchsorted(np.cumsum(chances), share - 1e-12))


@pytest.mark.parametrize(("name", "chances"), [("first", SLOW), ("second", GAMMA)])
def test_times_in_a_stage_are_those_of_its_distribution(forecast, name, chances):
    """Of 7,000 leads a median is within a day of the true one; the mean is compared by its error."""
    mean = metrics.time_in_stage_mean.total(forecast).sel(stage=name).values
    assert_agrees("mean time in stage", errors_of_mean(mean, np.arange(DAYS) @ chances))
    for metric, share in ((metrics.time_in_stage, 0.5), (metrics.time_in_stage_p90, 0.9)):
        found = metric.total(forecast).sel(stage=name).values
        assert np.median(found) == quantile(chances, share)


def test_periods_that_were_seen_for_a_few_days_have_the_times_of_all(forecast):
    """The last month's leads were seen for 26 days at most; without censoring their mean would be less than half."""
    mean = metrics.time_in_stage_mean(forecast).sel(stage="first")
    assert_agrees("mean time of a recent month", errors_of_mean(mean.isel(period=-2).values, np.arange(DAYS) @ SLOW))


def test_littles_law(forecast):
    """In the steady state the expected stock is the rate of entry x the mean time in the stage."""
    stock = metrics.stock(forecast).isel(period=slice(6, None))
    entries = metrics.entries(forecast).isel(period=slice(6, None)).sum("period")
    length = int(forecast["period_days"].values[6:].sum())
    for name in ("first", "second"):
        expected = entries.sel(stage=name) / length * metrics.time_in_stage_mean.total(forecast).sel(stage=name)
        difference = stock.sel(stage=name).mean("period") - expected
        assert_agrees("stock less rate x time", errors_of_mean(difference.values, np.zeros(())))


def test_age_of_what_is_open_is_the_stationary_age(forecast):
    """Of a stage in the steady state, the chance of an age is the chance to be there longer / the mean time."""
    longer = 1 - np.cumsum(SLOW)
    mean = np.arange(DAYS) @ longer / longer.sum()
    ages = metrics.lead_age_mean(forecast).sel(stage="first").isel(period=-1)
    stock = metrics.stock(forecast).sel(stage="first").isel(period=-1)
    assert_agrees("age", errors_of_mean((ages - mean).values * stock.values, np.zeros(())))  # by lead, as stocks differ


def test_conversion_in_the_end_is_the_share(forecast):
    """By absorption: the share of a stage, also for the months whose leads are mostly still there."""
    found = metrics.conversion_in_the_end(forecast)
    entries = metrics.entries(forecast)
    for name, share in SHARES.items():
        extra = (found - share).sel(stage=name) * entries.sel(stage=name)
        assert_agrees("share", errors_of_mean(extra.values, np.zeros(extra.sizes["period"])))


def test_the_cohort_triangle_is_a_convolution(forecast):
    """Leads of a month that are won so many months later, from the chances of the two stages by day."""
    network = Network(
        ("first", "second"),
        (
            Edge("first", "second", SHARES["first"], SLOW),
            Edge("second", "won", SHARES["second"], GAMMA),
        ),
    )
    lengths = forecast["period_days"].values
    ends = np.cumsum(lengths)
    period_of = np.searchsorted(ends, np.arange(DAYS), side="right")
    found = forecast["cohort_reached"].sel(stage="won").sum("channel").values
    for month in (0, 4, len(lengths) - 2):
        arrivals = np.where(period_of == month, RATE, 0.0)
        won = network.rates({"first": arrivals})[1]
        expected = np.array([won[period_of == month + k].sum() for k in range(len(lengths) - month)])
        likely = expected * found.shape[0] > 30
        errors = errors_of_mean(found[:, month, : len(expected)], expected, variance=np.maximum(expected, 1e-9))
        assert_agrees("wins of a cohort", errors[likely])


def test_the_cycle_is_the_sum_of_two_times(forecast):
    """The median from lead to win, over 1,900 wins of a run, is near that of the convolution."""
    both = np.convolve(SLOW, GAMMA)[:DAYS]
    found = metrics.cycle_time.total(forecast).values
    assert abs(np.mean(found) - quantile(both, 0.5)) < 1.0
    mean = metrics.cycle_time_mean.total(forecast).values
    assert abs(np.mean(mean) / (np.arange(DAYS) @ both) - 1) < 0.01
    sales = metrics.sales_cycle_mean.total(forecast).values
    assert_agrees("sales cycle", errors_of_mean(sales, np.arange(DAYS) @ GAMMA))


def test_rates_of_cohorts(forecast):
    """Of the first months, of which all is known, the shares are products of those of the stages."""
    first = slice(0, 6)
    leads = metrics.leads(forecast).isel(period=first)
    for metric, share, unit in (
        (metrics.lead_to_opportunity, 0.6, 1.0),
        (metrics.leads_to_close_cohort, 0.6 * 0.45, 100.0),
    ):
        extra = (metric(forecast).isel(period=first) / unit - share) * leads
        assert_agrees("share", errors_of_mean(extra.values, np.zeros(6)))
    assert np.allclose(metrics.win_rate.total(forecast).mean(), 0.45, atol=0.01)
    assert rpmsim.metrics.cohort_triangle(forecast, "won").isel(period=0, periods_later=-1).mean() == pytest.approx(
        0.27, abs=0.01
    )
