"""What the worlds call the truth is what a large simulated company shows."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rpmsim
from tests.analytic.standard_errors import assert_agrees
from tests.worlds.judge import score
from tests.worlds.numbers import Key, numbers_of
from tests.worlds.past import Past, make_past
from tests.worlds.world import World, random_world

LARGEST = 10_000
WATCHED_DAYS = 300
"""Visits that began so long before the end have ended: their shares and times are complete."""
NUMBERS = [
    n
    for n in range(60)
    if (w := random_world(n)).past == "whole" and w.shape == "events" and not w.features["no losses"]
][:4]


def independent(number: int) -> World:
    """A large world without what all leads share: shocks, pace, drift."""
    world = random_world(number, largest=LARGEST)
    tree = copy.deepcopy(world.tree)
    for stage in tree["stages"].values():
        stage.pop("shock", None)
        stage.pop("pace", None)
    for channel in tree["channels"].values():
        channel.pop("drift", None)
    return replace(world, tree=tree)


@dataclass(frozen=True)
class Shown:
    """A large company, its truth, and its visits as the export holds them."""

    world: World
    past: Past
    truth: dict[Key, float]
    visits: pd.DataFrame


@pytest.fixture(scope="module", params=NUMBERS)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    world = independent(request.param)
    past = make_past(world, tmp_path_factory.mktemp("world"))
    with rpmsim.open_history(past.history) as history:
        visits = history.as_of().to_pandas("risk")
    truth = {key: float(values[0]) for key, values in numbers_of(world.scenario.model, past, 1).items()}
    return Shown(world, past, truth, visits)


def test_the_worlds_differ_in_what_they_have() -> None:
    there = {name for number in NUMBERS for name, has in random_world(number).features.items() if has}
    assert {"shares by class", "recycling", "work clock", "shortcut", "dispersion"} <= there


def test_shares_and_medians(shown: Shown) -> None:
    long_ago = pd.Timestamp(shown.world.as_of - dt.timedelta(WATCHED_DAYS))
    ended = shown.visits[shown.visits.entered < long_ago]
    errors, names = [], []
    for key, true in shown.truth.items():
        if key.what not in ("share", "share by class", "median days"):
            continue
        stage, outcome = key.where.split(" to ")
        here = ended[ended.stage == stage]
        if key.of != "all":
            here = here[(here.channel == key.of) | (here.segment == key.of)]
        taken = here[here.outcome == outcome]
        if key.what == "median days":
            if len(taken) >= 100:
                errors.append((_part_below(taken.exit_age_days.to_numpy(), true) - 0.5) / (0.5 / np.sqrt(len(taken))))
                names.append(key)
        elif len(here) >= 100:
            errors.append((len(taken) / len(here) - true) / np.sqrt(true * (1 - true) / len(here)))
            names.append(key)
    assert len(errors) >= 5
    assert_agrees(str(names), np.array(errors))


def _part_below(ages: np.ndarray, median: float) -> float:
    """Share of ages below a median, where those of its own day are spread over the half days around it."""
    day = int(np.floor(median + 0.5))
    inside = (median - day + 0.5) if day > 0 else 2.0 * median
    return float(np.mean(ages < day) + inside * np.mean(ages == day))


def test_arrivals(shown: Shown) -> None:
    """Mean and variance of the leads of a day, given its weekday."""
    model = shown.world.scenario.model
    days = (shown.world.as_of - model.first_day).days + 1
    first_visits = shown.visits.sort_values("entered").groupby("record").first()
    for channel in model.content.channels:
        level, alpha = shown.truth[Key("level", channel.name)], shown.truth[Key("dispersion", channel.name)]
        begun = first_visits[first_visits.channel == channel.name].entered.dt.normalize()
        number = (begun - pd.Timestamp(model.first_day)).dt.days.to_numpy()
        counts = np.bincount(number, minlength=days)[:days]
        weights = np.array(channel.weekday_pattern)[(np.arange(days) + model.first_day.weekday()) % 7]
        means = level * 7 * weights / sum(channel.weekday_pattern)
        mean_error = (counts.sum() - means.sum()) / np.sqrt((means + alpha * means**2).sum())
        means, counts = means[means > 0], counts[means > 0]
        variance = means + alpha * means**2
        # Squares over the variance have a mean of 1; the excess kurtosis is 6 alpha + 1 / variance.
        squares = ((counts - means) ** 2 / variance - 1.0).sum() / np.sqrt((2.0 + 6.0 * alpha + 1.0 / variance).sum())
        assert_agrees(channel.name, np.array([mean_error, squares]))


def test_amounts(shown: Shown) -> None:
    won = shown.visits[shown.visits.outcome == "won"]
    for segment in shown.world.segments:
        amounts = won[won.segment == segment].amount.astype(float).dropna()
        mean, median = (shown.truth[Key(f"amount {what}", segment)] for what in ("mean", "median"))
        sigma = np.sqrt(2.0 * np.log(mean / median))  # all amounts are lognormal
        errors = [(np.log(amounts).mean() - np.log(mean) + sigma**2 / 2) / (sigma / np.sqrt(len(amounts)))]
        errors += [(np.mean(amounts < median) - 0.5) / (0.5 / np.sqrt(len(amounts)))]
        assert_agrees(segment, np.array(errors))


@pytest.mark.parametrize("number", range(6))
def test_no_row_of_an_export_is_later_than_its_day(number: int, tmp_path: Path) -> None:
    world = random_world(number)
    past = make_past(world, tmp_path)
    tables = [pd.read_csv(file, dtype=str) for file in tmp_path.glob("*.csv")]
    times = [
        pd.to_datetime(t[c]) for t in tables for c in t if c.startswith(("entered", "recorded", "since", "changed"))
    ]
    assert times
    assert max(column.max() for column in times) < pd.Timestamp(world.as_of + dt.timedelta(1))
    assert past.ahead["arrivals", 90] >= past.ahead["arrivals", 28] > 0


def test_a_migrated_export_holds_the_past_of_what_was_open(tmp_path: Path) -> None:
    number = next(n for n in range(100) if random_world(n).past == "migrated")
    world = random_world(number)
    past = make_past(world, tmp_path)
    start = pd.Timestamp(world.recorded_from)
    with rpmsim.open_history(past.history) as history:
        visits = history.as_of().to_pandas("risk")
    before = visits[visits.entered < start]
    assert len(before) > 10
    assert (before.at_risk_from >= start).all()  # nobody is seen to leave before: they would not be in the export
    assert (visits[visits.entered >= start].entry_age_days == 0).all()


def test_ranks_scores_and_intervals() -> None:
    """Closed forms: the CRPS of a normal at its mean is sigma (sqrt(2) - 1) / sqrt(pi) (Gneiting and Raftery, 2007)."""
    draws = np.random.default_rng(1).normal(3.0, 2.0, 200_000)
    row = score(0, Key("any", ""), 3.0, draws)
    assert row.rank == pytest.approx(0.5, abs=0.005)
    assert row.crps == pytest.approx(2.0 * (np.sqrt(2.0) - 1.0) / np.sqrt(np.pi), rel=0.01)
    assert (row.low, row.high) == (pytest.approx(3.0 - 2.563, abs=0.03), pytest.approx(3.0 + 2.563, abs=0.03))
    ranks = [score(world, Key("any", ""), 2.0, np.repeat([1.0, 2.0, 3.0], 10)).rank for world in range(300)]
    assert min(ranks) >= 1 / 3
    assert max(ranks) <= 2 / 3
    assert np.mean(ranks) == pytest.approx(0.5, abs=4 * (1 / 3) / np.sqrt(12 * 300))
