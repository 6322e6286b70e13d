"""Property 3: absorption shares and mean times of the fundamental matrix; stock as in M/G/infinity; Little's law."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
from scipy import stats

from rpmsim.model.cycle import Stage
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, assert_distribution, errors_of_mean
from tests.reference.models import channel, days, delay, model, n, out, stage
from tests.reference.record import Record

STAGES = ("lead", "sql", "deal", "nurture")
SHARES = np.array([
    [0.0, 0.4, 0.1, 0.3],
    [0.0, 0.0, 0.5, 0.2],
    [0.1, 0.0, 0.0, 0.3],
    [0.5, 0.1, 0.0, 0.0],
])  # fmt: skip
WON = np.array([0.0, 0.0, 0.35, 0.0])
MEAN_DAYS = np.array([2.0, 5.0, 7.0, 11.0])
VISITS = np.linalg.inv(np.eye(4) - SHARES)
"""The fundamental matrix: expected visits of each stage by a lead that starts in each."""


def recycling_stages() -> list[Stage]:
    """A cycle with fixed times, so that all is over, or stationary, after some months."""
    result = []
    for i, name in enumerate(STAGES):
        time = days(int(MEAN_DAYS[i]))
        ways = [out(STAGES[j], SHARES[i, j], time) for j in range(4) if SHARES[i, j]]
        wins = [out("won", WON[i], time)] if WON[i] else []
        result.append(stage(name, *ways, *wins, out("lost", None, time)))
    return result


def test_absorbed_leads_are_poisson_with_the_shares_of_the_fundamental_matrix(sample: Sample) -> None:
    table = (dt.date(2027, 1, 1), n(60)), (dt.date(2027, 2, 1), n(0))
    only_january = dataclasses.replace(channel("one", "lead", 0), rate=None, by_month=table)
    built = model(recycling_stages(), [only_january], days=334, period="year")
    built = with_zero_months(built)
    arrays = sample(built, 8_000, 21)
    labels = Record(built).labels
    stock = arrays["stock"][:, -1].sum((2, 3)).astype(float)
    won = stock[:, labels["stage"].index("won")]
    lost = stock[:, labels["stage"].index("lost")]
    share = (VISITS @ WON)[0]
    exact = np.array([60 * share, 60 * (1 - share)])
    assert stock[:, :4].sum() < 1e-4 * stock.sum(), "the horizon is too short for this comparison"
    assert_agrees("absorbed", errors_of_mean(np.stack([won, lost], 1), exact, exact))
    assert_distribution("won", won, stats.poisson(exact[0]).pmf(np.arange(60)))

    visits = np.stack(
        [
            sum(arrays["moves"][:, 0, e].sum((1, 2)) for e, edge in enumerate(labels["edge"]) if edge[1] == s)
            for s in STAGES
        ],
        axis=1,
    )
    assert_agrees("visits", errors_of_mean(visits.astype(float), 60 * VISITS[0]))


def with_zero_months(built: Model) -> Model:
    """A table that says nought for every month after January."""
    (one,) = built.content.channels
    rest = tuple((dt.date(2027, m, 1), n(0)) for m in range(3, 13))
    one = dataclasses.replace(one, by_month=(*one.by_month, *rest))
    return dataclasses.replace(built, content=dataclasses.replace(built.content, channels=(one,)))


def test_mean_time_follows_its_formula(sample: Sample) -> None:
    """In the steady state the stock is rate x visits x days, and its sum rate x mean time (Little)."""
    built = model(recycling_stages(), [channel("one", "lead", 2.0)], days=400, period="year")
    arrays = sample(built, 4_000, 22)
    exact = 2.0 * VISITS[0] * MEAN_DAYS
    stock = arrays["stock"][:, -1, :4].sum((2, 3)).astype(float)
    assert_agrees("stock", errors_of_mean(stock, exact, exact))
    assert_agrees("mean time", errors_of_mean(stock.sum(1), np.array(2.0 * (VISITS @ MEAN_DAYS)[0])))


def test_stock_without_staff_is_poisson_for_any_distribution_of_time(sample: Sample) -> None:
    """M/G/infinity: E D x rate, whatever the distribution of D; here a third stays three times as long."""
    distribution = delay("lognormal", median=6, sigma=1.0)
    built = model(
        [stage("deal", out("won", 1 / 3, days(30)), out("lost", None, distribution))],
        [channel("one", "deal", 1.5)],
        days=720,
        period="year",
    )
    below = stats.lognorm(s=1.0, scale=6).cdf(np.arange(1, 720) - 0.5)
    below[0] = 0.0  # at least a day
    mean = 1.5 * (30 / 3 + 2 / 3 * (1 + (1 - below[1:]).sum()))
    stock = sample(built, 4_000, 23)["stock"][:, -1, 0].sum((1, 2))
    assert_distribution("stock", stock, stats.poisson(mean).pmf(np.arange(int(3 * mean))))


def test_littles_law_holds_at_a_desk(sample: Sample) -> None:
    """Leads waiting at the end of a day = rate of take-ups x days waited, in the steady state, in the mean."""
    built = model(
        [stage("deal", out("won", 0.5, days(4)), out("lost", None, days(9)), worked_by="rep")],
        [channel("one", "deal", 3.2)],
        [Role("rep", heads=n(2), per_day=n(2.0), holds=n(13))],
        days=730,
        period="month",
    )
    arrays = sample(built, 4_000, 24)
    late = slice(12, 24)
    waiting = arrays["waiting"][:, late, 0].mean(1)
    days_waited = arrays["wait_hours"][:, late, 0].sum(1) / 24 / 365
    assert_agrees("waiting", errors_of_mean(waiting - days_waited, np.array(0.0)))
    assert waiting.mean() > 1

    taken = arrays["taken_up"][:, late, 0].sum(1) / 365
    held = arrays["slot_days_used"][:, late, 0].sum(1) / 365
    assert_agrees("held", errors_of_mean(held - taken * 6.5, np.array(0.0)))
