"""Pace: given the speed, leads leave independently, so the moments of counts follow from the chances at each speed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math

import numpy as np
import pytest
from scipy import stats

from rpmsim.arrays import layout
from rpmsim.arrays.clocks import MOST_DEVIATIONS
from rpmsim.model.calendar import Calendar, Clock, Every
from rpmsim.model.cycle import RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.plan import Model, OpeningStock
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, errors_of_covariance, errors_of_mean
from tests.reference.models import channel, days, delay, model, n, out, stage
from tests.reference.record import Record

LEADS = 400
REPLICATIONS = 12_000
SUNDAY = dt.date(2027, 1, 31)
"""The day before a week, and a month, begins."""

GAMMA = stats.gamma(2, scale=4.5)
WEIBULL = stats.weibull_min(1.5, scale=8.0)
NEVER = 2**62


def pace(sigma: float, every: Every = "week") -> RandomEffect:
    return RandomEffect(n(sigma), every)


def cohort(length: int, clock: str = "calendar", calendar: Calendar | None = None, **more: object) -> Model:
    """Leads that began two stages on the day before day 0, and nobody else."""
    two = [
        stage(name, out("won", 0.4, delay("gamma", mean=9, shape=2, clock=clock)),
              out("lost", None, delay("weibull", scale=8, shape=1.5, clock=clock)), kind="opportunity", **more)
        for name in ("first", "second")
    ]  # fmt: skip
    return model(
        two,  # type: ignore[arg-type]
        [channel("none", "first", 0)],
        days=length,
        as_of=SUNDAY,
        period="week",
        calendar=calendar or Calendar(),
        opening=tuple(OpeningStock(name, "none", "all", LEADS, 0) for name in ("first", "second")),
    )


def chances(sums: np.ndarray) -> list[np.ndarray]:
    """Chance of each of the two outcomes by the time at which its clock has run so far; a delay is a day at least."""
    whole = np.floor(sums + 0.5)
    return [share * law.cdf(np.where(whole < 1, 0.0, whole + 0.5)) for share, law in ((0.4, GAMMA), (0.6, WEIBULL))]


def speeds(sigma: float, points: int) -> np.ndarray:
    """Factors at the middles of equal shares of their distribution."""
    z = stats.norm.ppf((np.arange(points) + 0.5) / points)
    return np.exp(sigma * z - sigma**2 / 2)


def counts(dataset: dict[str, np.ndarray], source: str, target: str, period: int) -> np.ndarray:
    """Leads that took an edge in a period."""
    edge = Record(cohort(1)).labels["edge"].index((source, target))
    return dataset["moves"][:, period, edge].sum(axis=(1, 2)).astype(float)


def assert_moments(found: list[np.ndarray], exact: list[np.ndarray]) -> None:
    """Means, variances and covariances of counts, for their chances at equally likely speeds."""
    mean = [LEADS * p.mean() for p in exact]
    for i, (count, p) in enumerate(zip(found, exact, strict=True)):
        variance = LEADS * (p * (1 - p)).mean() + LEADS**2 * p.var()
        assert_agrees(f"mean of {i}", errors_of_mean(count, np.array(mean[i]), np.array(variance)))
        assert_agrees(f"variance of {i}", errors_of_covariance(count, count, np.array(variance)))
    for i, j in itertools.combinations(range(len(exact)), 2):
        covariance = LEADS**2 * np.cov(exact[i], exact[j], bias=True)[0, 1] - LEADS * (exact[i] * exact[j]).mean()
        assert_agrees(f"covariance of {i} and {j}", errors_of_covariance(found[i], found[j], np.array(covariance)))


@pytest.mark.parametrize("split", [NEVER, 0])
@pytest.mark.parametrize("sigma", [0.15, 0.8])
def test_two_weeks_of_a_cohort(monkeypatch: pytest.MonkeyPatch, sample: Sample, sigma: float, split: int) -> None:
    """Both outcomes in both weeks: their variances, and covariances within and between the weeks."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    found = sample(cohort(14, pace=pace(sigma)), REPLICATIONS, 1)
    one, other = np.meshgrid(7 * speeds(sigma, 1500), 7 * speeds(sigma, 1500))
    first, both = chances(one), chances(one + other)
    exact = [p.ravel() for p in (*first, *(b - a for a, b in zip(first, both, strict=True)))]
    assert_moments([counts(found, "first", to, week) for week in (0, 1) for to in ("won", "lost")], exact)


def test_stages_have_paces_of_their_own(sample: Sample) -> None:
    found = sample(cohort(14, pace=pace(0.8)), REPLICATIONS, 2)
    own = np.corrcoef(counts(found, "first", "won", 0), counts(found, "first", "lost", 0))[0, 1]
    other = np.corrcoef(counts(found, "first", "won", 0), counts(found, "second", "won", 0))[0, 1]
    assert own > 0.8
    assert abs(other) < 4 / math.sqrt(len(found["moves"]))


@pytest.mark.parametrize("split", [NEVER, 0])
def test_a_batch_leaves_on_a_day(monkeypatch: pytest.MonkeyPatch, sample: Sample, split: int) -> None:
    """A strong daily pace on one outcome: the other one's leads do not follow it."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    built = cohort(1)
    first = built.content.stages[0]
    outcomes = (dataclasses.replace(first.outcomes[0], pace=pace(1.5, "day")), first.outcomes[1])
    stages = (dataclasses.replace(first, outcomes=outcomes), *built.content.stages[1:])
    found = sample(
        dataclasses.replace(built, content=dataclasses.replace(built.content, stages=stages)), REPLICATIONS, 3
    )
    won, _ = chances(speeds(1.5, 200_000))
    _, lost = chances(np.ones(200_000))
    assert_moments([counts(found, "first", to, 0) for to in ("won", "lost")], [won, lost])
    assert won.std() > won.mean()


def test_a_pace_on_workdays(sample: Sample) -> None:
    """A week has five workdays, on a clock that runs faster and slower."""
    calendar = Calendar(work=(True,) * 5 + (False,) * 2)
    found = sample(cohort(7, "work", calendar, pace=pace(0.5)), REPLICATIONS, 4)
    exact = chances(5 * speeds(0.5, 200_000))
    assert_moments([counts(found, "first", to, 0) for to in ("won", "lost")], exact)


def test_over_a_year_the_mean_is_nearly_unchanged(sample: Sample) -> None:
    """Only what is in progress at the end makes a difference: half a day's leads at most."""

    def wins(**more: object) -> np.ndarray:
        built = model(
            [stage("deal", out("won", 0.4, delay("lognormal", median=15, sigma=0.6)), out("lost", None, days(9)),
                   kind="opportunity", **more)],
            [channel("one", "deal", 4)],
            days=364,
        )  # fmt: skip
        return (
            sample(built, 1_500, 5)["moves"][:, :, Record(built).labels["edge"].index(("deal", "won"))]
            .sum(axis=(1, 2, 3))
            .astype(float)
        )

    plain, paced = wins(), wins(pace=pace(0.25))
    difference = (paced - plain).mean()
    error = math.sqrt((plain.var() + paced.var()) / min(len(plain), len(paced)))
    assert abs(difference) < 0.5 * 4 * 0.4 + 4 * error


CLOSING = Clock("closing", (1, 1, 1, 1, 1, 0.3, 0), holidays=True, month_end=(3.1, 1.7), normalized=True)


@pytest.mark.parametrize("clock", ["calendar", "work", "closing"])
def test_a_pace_that_hardly_varies_changes_nothing(clock: str) -> None:
    """On every clock: a delay ends on the same day with factors that are nearly 1 as without them."""
    from rpmsim.engine import simulate

    calendar = Calendar((True,) * 5 + (False,) * 2, (dt.date(2027, 2, 2),), clocks=(CLOSING,))
    still, moving = (cohort(45, clock, calendar, **more) for more in ({}, {"pace": pace(1e-7, "day")}))
    assert (simulate(still, 50)["moves"].values == simulate(moving, 50)["moves"].values).all()


@pytest.mark.parametrize(("sigma", "every"), [(0.15, "week"), (0.5, "month"), (1.5, "day")])
def test_tables_hold_the_delays_of_nearly_all_replications(sigma: float, every: Every) -> None:
    """Cantelli's bound on the share of replications whose clocks run beyond the table; in fact they are fewer."""
    from rpmsim.arrays.compile import compile_model

    length = 360
    built = cohort(length, pace=pace(sigma, every))
    size = compile_model(built).frame.delay_days
    parts = {"day": 1, "week": 7, "month": 30}[every]
    deviation = parts * math.sqrt(math.expm1(sigma**2) * length / parts)
    assert size > length + 0.95 * MOST_DEVIATIONS * deviation
    factors = np.exp(sigma * np.random.default_rng(1).standard_normal((20_000, length // parts)) - sigma**2 / 2)
    assert (parts * factors.sum(axis=1) > size).mean() < 1 / (1 + MOST_DEVIATIONS**2)


def test_a_distribution_by_days_agrees_with_its_table() -> None:
    """A table of whole days at a strong pace: all who began on a day leave on one day, together."""
    from rpmsim.engine import replay_days

    points = Distribution("table", points=((10.0, 1.0),))
    built = model(
        [stage("deal", out("won", None, dataclasses.replace(days(10), distribution=points)), pace=pace(1.0, "day"))],
        [channel("none", "deal", 0)],
        days=40,
        opening=(OpeningStock("deal", "none", "all", LEADS, 0),),
    )
    moves = replay_days(built, 3)["moves"].values[0, :, 1].sum(axis=(1, 2))
    assert sorted(moves)[-2:] == [0, LEADS]
