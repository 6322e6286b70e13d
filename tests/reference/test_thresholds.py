"""Property 9: one by one, by counts, and by large-count approximations, the distribution is the same."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rpmsim.arrays import layout
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.reference.comparison import disagreements, engine_sample, quantities
from tests.reference.features import FEATURES
from tests.reference.models import channel, days, delay, distribution, model, n, out, stage

REPLICATIONS = 1500

NEVER = 2**62
"""A threshold that no count reaches."""

MIXED = (
    "distributions_of_delay", "clocks", "classes", "patterns", "batches", "change_new", "change_phased", "money",
    "opening", "ranges", "response_hours", "response_probability", "slots", "leavers_to_queue", "timeouts",
    "several_stages", "shock_of_weeks", "pace_of_an_outcome", "pace_by_week", "pace_with_slots", "pace_in_batches",
    "business_calendars", "change_open_leaves_nothing", "all_advance_unless_late",
    "all_advance_unless_taken_up_late",
)  # fmt: skip


def forced(monkeypatch: pytest.MonkeyPatch, model: Model, split: int, amounts: int, seed: int) -> Any:
    """A run with thresholds of its own."""
    from rpmsim.engine import simulate

    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    monkeypatch.setattr(layout, "EXACT_AMOUNTS", amounts)
    return simulate(model, REPLICATIONS, seed=seed, draws=REPLICATIONS)


@pytest.mark.parametrize("name", MIXED)
def test_counts_follow_the_distribution_of_single_leads(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Means, variances and distributions of every quantity (tolerance as for property 5)."""
    built = FEATURES[name]()
    single = quantities(built, engine_sample(built, forced(monkeypatch, built, NEVER, NEVER, 1)))
    counts = quantities(built, engine_sample(built, forced(monkeypatch, built, 0, NEVER, 2)))
    found = disagreements(single, counts)
    assert not found, "\n".join(map(str, found[:12]))


RATE, SHARE, DAYS = 900.0, 0.4, 20
SIGMA = 0.7


def crowd() -> Model:
    """Many leads a day; those of the last days are not through."""
    from rpmsim.model.money import Amount, Segment

    amount = Amount(distribution("lognormal", median=1_000, sigma=SIGMA))
    return model(
        [stage("deal", out("won", SHARE, delay("gamma", mean=6, shape=2)), out("lost", None, days(4)),
               kind="opportunity")],
        [channel("one", "deal", RATE)],
        segments=[Segment("all", amount=amount)],
        days=DAYS,
    )  # fmt: skip


@pytest.mark.parametrize(("split", "amounts"), [(NEVER, NEVER), (0, NEVER), (0, 0), (0, 1), (1, 100)])
def test_a_crowd_against_the_closed_form(monkeypatch: pytest.MonkeyPatch, split: int, amounts: int) -> None:
    """Wins are Poisson with the mean of the convolution, bookings compound Poisson.

    Means, variances and the 10 and 90% quantiles stand within 4.5 standard errors: of 30 numbers, one in 5,000 runs
    of a correct program fails. A mean that is off by 0.4% would show.
    """
    from scipy import stats

    dataset = forced(monkeypatch, crowd(), split, amounts, 3)
    through = stats.gamma(2, scale=3).cdf(np.arange(DAYS) + 0.5)
    through[0] = 0.0  # at least one day
    wins = RATE * SHARE * through.sum()
    mean = 1_000 * math.exp(SIGMA**2 / 2)
    square = 1_000**2 * math.exp(2 * SIGMA**2)
    won = dataset["moves"].sel(edge=(dataset["from"] == "deal") & (dataset["to"] == "won"))
    assert_moments(won.sum(("period", "edge", "channel", "segment")).values, wins, wins)
    assert_moments(dataset["bookings"].sum(("period", "channel", "segment")).values, wins * mean, wins * square)


def assert_moments(values: np.ndarray, mean: float, variance: float) -> None:
    """Mean, variance and two quantiles of a sample of a nearly normal distribution."""
    from scipy import stats

    n = len(values)
    sd = math.sqrt(variance)
    assert abs(values.mean() - mean) < 4.5 * sd / math.sqrt(n)
    assert abs(values.var(ddof=1) / variance - 1) < 4.5 * math.sqrt(2 / n)
    for p in (0.1, 0.9):
        error = math.sqrt(p * (1 - p) / n)
        below = np.mean(values <= mean + sd * stats.norm.ppf(p))
        assert abs(below - p) < 4.5 * error + 0.01  # 0.01: what skewness makes of a normal quantile here


@pytest.mark.parametrize("split", [NEVER, 512, 0])
def test_few_of_many_give_up(monkeypatch: pytest.MonkeyPatch, split: int) -> None:
    """Nobody is taken up: after a day and after two, each of 600 leads gives up with one chance in a thousand."""
    chance, rate = 0.001, 600.0
    built = model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), kind="opportunity", worked_by="rep",
               gives_up=(n(chance), "lost"))],
        [channel("one", "deal", rate)],
        [Role("rep", heads=n(1), per_day=n(1e-6))],
        days=3,
    )  # fmt: skip
    gone = forced(monkeypatch, built, split, NEVER, 6)["gave_up"].sum(("period", "stage")).values
    mean = rate * (chance + 1 - (1 - chance) ** 2)
    assert abs(gone.mean() - mean) < 4.5 * math.sqrt(mean / REPLICATIONS)
    assert abs((gone == 0).mean() - math.exp(-mean)) < 4.5 * math.sqrt(math.exp(-mean) / REPLICATIONS)


@pytest.mark.parametrize(("minutes", "share"), [(5.0, 1.0), (5.3, 1.0), (5.7, 0.0)])
def test_waits_are_whole_minutes_on_both_paths(monkeypatch: pytest.MonkeyPatch, minutes: float, share: float) -> None:
    from rpmsim.model.cycle import Response

    response = Response(distribution("fixed", value=minutes / 60), sla_hours=n(5 / 60))
    built = model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), kind="opportunity", worked_by="rep",
               response=response)],
        [channel("one", "deal", 900)],
        [Role("rep", heads=n(1), per_day=n(1e6), works_every_day=True)],
        days=3,
    )  # fmt: skip
    for split in (NEVER, 0):
        dataset = forced(monkeypatch, built, split, NEVER, 7)
        assert float(dataset["within_sla"].sum() / dataset["taken_up"].sum()) == share


def test_a_crowd_of_unequal_work() -> None:
    """Leads that need different work are taken up one at a time, hundreds of them on a day."""
    from rpmsim.engine import simulate
    from rpmsim.model.money import Segment
    from rpmsim.model.number import ByClass

    work = ByClass("segment", (("small", n(0.5)), ("big", n(1.0))))
    built = model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), kind="opportunity", worked_by="rep",
               work_hours=work)],
        [channel("one", "deal", 900, mix=(("small", n(0.5)), ("big", n(0.5))))],
        [Role("rep", heads=n(100), per_day=n(20), in_hours=True, works_every_day=True)],
        segments=[Segment("small"), Segment("big")],
        days=6,
    )  # fmt: skip
    dataset = simulate(built, 20)
    arrived = dataset["moves"].sel(edge=dataset["from"] == "source").sum().item()
    assert dataset["taken_up"].sum().item() == arrived


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_response_times_of_many_leads_are_within_their_stated_error(sigma: float) -> None:
    """Mean hours, the share within the limit, and the share that advances, against integrals over the distribution."""
    from scipy import integrate, stats

    from rpmsim.engine import simulate
    from rpmsim.model.cycle import Response

    share, strength, limit = 0.3, 0.25, 4.0
    response = Response(distribution("lognormal", median=3, sigma=sigma), "power", n(strength), "odds", n(limit))
    built = model(
        [stage("mql", out("won", share, days(1)), out("lost", None, days(1)), kind="opportunity", worked_by="rep",
               response=response)],
        [channel("one", "mql", 2e6)],
        [Role("rep", heads=n(1), per_day=n(1e9), works_every_day=True)],
        days=8,
    )  # fmt: skip
    dataset = simulate(built, 4)
    hours = stats.lognorm(sigma, scale=3)

    def advancing(quantile: float) -> float:
        odds = (min(max(hours.ppf(quantile), 5 / 60), 48) / (5 / 60)) ** -strength
        return odds * share / (1 - share + odds * share)

    taken = float(dataset["taken_up"].sum())
    went = dataset["moves"].sel(edge=dataset["from"] == "mql").sum(("replication", "period", "channel", "segment"))
    won = float(went[0] / went.sum())
    assert float(dataset["wait_hours"].sum()) / taken == pytest.approx(hours.mean(), rel=0.001 if sigma == 1 else 0.004)
    assert float(dataset["within_sla"].sum()) / taken == pytest.approx(hours.cdf(limit + 0.5 / 60), abs=0.0005)
    assert won == pytest.approx(integrate.quad(advancing, 0, 1, limit=200)[0], abs=0.0005)


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("amounts", [0, NEVER])
def test_days_of_a_replay_add_up_to_the_row(monkeypatch: pytest.MonkeyPatch, name: str, amounts: int) -> None:
    """Counts are drawn by reporting period; which day of it is chance of its own, and changes nothing else."""
    from rpmsim.engine import replay_days, simulate

    monkeypatch.setattr(layout, "SPLIT_ABOVE", 0)
    monkeypatch.setattr(layout, "EXACT_AMOUNTS", amounts)
    built = FEATURES[name]()
    row = simulate(built, 3, seed=4, draws=3)
    days = replay_days(built, 2, seed=4, draws=3)
    period = np.searchsorted(row["period"].values, days["day"].values, side="right") - 1
    for variable in ("moves", "bookings", "taken_up", "gave_up"):
        whole = row[variable].values[2]
        parts = np.zeros(whole.shape)
        np.add.at(parts, period, days[variable].values[0])
        np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-6, err_msg=variable)
    ends = np.flatnonzero(np.append(np.diff(period) > 0, True))
    assert (days["stock"].values[0][ends] == row["stock"].values[2]).all()
    assert (days["stock"].values >= 0).all()


@pytest.mark.parametrize("split", [2, NEVER])
@pytest.mark.parametrize("times", [2, 40])
def test_response_times_on_a_desk_that_drowns_stay_numbers(
    monkeypatch: pytest.MonkeyPatch, split: int, times: int
) -> None:
    """Load stretches them exponentially: left alone, they pass every whole number within weeks."""
    from rpmsim.engine import simulate

    plan = FEATURES["response_hours"]()
    channels = tuple(
        replace(one, rate=replace(one.rate, mid=one.rate.mid * times)) for one in plan.content.channels if one.rate
    )
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    results = simulate(replace(plan, content=replace(plan.content, channels=channels)), 20, seed=3)
    taken = results["taken_up"].values.sum(axis=(1, 2))
    hours = results["wait_hours"].values.sum(axis=(1, 2))
    assert (taken > 0).all()
    assert (hours > 24.0 * taken).all()
    assert (hours <= 24.0 * (365.25 * 30 + 1000) * taken).all()
    assert (results["within_sla"].values.sum(axis=(1, 2)) <= taken).all()
