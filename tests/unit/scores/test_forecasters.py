"""A forecaster who draws from the truth, and one whose draws are half as far from their mean, get what they deserve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from rpmsim import scores

LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class World:
    """Counts over 1,000 separate spans, and the draws of both forecasters."""

    actual: NDArray[np.float64]
    perfect: NDArray[np.float64]
    narrow: NDArray[np.float64]

    @property
    def origins(self) -> int:
        return self.actual.size


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(23)
    mean = 60.0 * rng.gamma(5.0, 0.2, (1000, 1))
    counts = rng.negative_binomial(8.0, 8.0 / (8.0 + mean), (1000, 1001)).astype(float)
    actual, draws = counts[:, 0], counts[:, 1:]
    middle = draws.mean(-1, keepdims=True)
    return World(actual, draws, middle + (draws - middle) / 2.0)


def test_crps_and_skill(world: World) -> None:
    perfect, narrow = scores.crps(world.perfect, world.actual), scores.crps(world.narrow, world.actual)
    found = scores.skill(perfect, narrow, np.arange(world.origins) * 28, 1, np.random.default_rng(1))
    assert found.value > 0.03
    assert scores.skill_verdict(found.low, found.high, world.origins) == "better"
    back = scores.skill(narrow, perfect, np.arange(world.origins) * 28, 1, np.random.default_rng(1))
    assert scores.skill_verdict(back.low, back.high, world.origins) == "worse"
    assert scores.skill_verdict(back.low, back.high, 4) == "cannot tell"


@pytest.mark.parametrize("level", LEVELS)
def test_coverage_and_verdict(world: World, level: float) -> None:
    inside = {}
    for name, draws in (("perfect", world.perfect), ("narrow", world.narrow)):
        inside[name] = float(scores.covered(*scores.band(draws, level), world.actual).sum())
    n = world.origins
    assert abs(inside["perfect"] / n - level) < 3.0 * np.sqrt(level * (1.0 - level) / n)
    assert scores.bands_verdict(inside["perfect"], n, n, level) == "bands hold"
    assert scores.bands_verdict(inside["narrow"], n, n, level) == "too narrow"
    assert scores.bands_verdict(inside["perfect"], n, 6, level) == "cannot tell"
    assert scores.coverage_interval(inside["narrow"], n)[1] < level - 0.1


def test_pit(world: World) -> None:
    rng = np.random.default_rng(3)
    band = scores.pit_band(world.origins)
    assert band.holds(scores.pit(world.perfect, world.actual, rng))
    narrow = band.shares(scores.pit(world.narrow, world.actual, rng))
    assert (narrow > band.high)[band.at < 0.4].any()  # too many low values
    assert (narrow < band.low)[band.at > 0.6].any()  # and too many high ones


def test_scores_of_quantiles(world: World) -> None:
    levels = [0.05, 0.1, 0.9, 0.95]
    ends = {}
    for name, draws in (("perfect", world.perfect), ("narrow", world.narrow)):
        quantiles = np.moveaxis(np.quantile(draws, levels, axis=-1), 0, -1)
        low, high = (np.stack(ends, -1) for ends in zip(*(scores.band(draws, level) for level in LEVELS), strict=True))
        ends[name] = [
            *scores.pinball(quantiles, levels, world.actual).mean(0),
            scores.interval_score(low[:, 1], high[:, 1], world.actual, 0.8).mean(),
            scores.weighted_interval_score(np.median(draws, -1), low, high, world.actual, LEVELS).mean(),
        ]
    assert (np.array(ends["perfect"]) < np.array(ends["narrow"])).all()


def test_probability_of_a_target(world: World) -> None:
    target = 70.0
    happened = world.actual >= target
    perfect, narrow = ((draws >= target).mean(-1) for draws in (world.perfect, world.narrow))
    climate = scores.brier(np.full(world.origins, happened.mean()), happened).mean()
    assert scores.brier(perfect, happened).mean() < scores.brier(narrow, happened).mean()
    assert scores.brier(perfect, happened).mean() < climate
    extreme = scores.reliability(narrow, happened)
    assert extreme[0].observed > extreme[0].forecast  # what it all but rules out happens
    assert extreme[-1].observed < extreme[-1].forecast


def test_mean_and_median_do_not_show_the_width(world: World) -> None:
    for draws in (world.perfect, world.narrow):
        assert abs(scores.bias(draws.mean(-1), world.actual)) < 3.0 * 0.4 / np.sqrt(world.origins)
        assert scores.wape(np.median(draws, -1), world.actual) == pytest.approx(0.3, abs=0.06)


def test_conformal_adjustment(world: World) -> None:
    past, now = slice(0, 500), slice(500, 1000)
    amounts, held = [], []
    for draws in (world.perfect, world.narrow):
        low, high = scores.band(draws, 0.8)
        amount = scores.conformal_stretch(low[past], high[past], world.actual[past], 0.8)
        assert amount is not None
        amounts.append(amount)
        held.append(scores.covered(*scores.conformal_band(low[now], high[now], amount), world.actual[now]).mean())
    assert abs(amounts[0]) < 0.1
    assert amounts[1] > 0.15
    # Given the past, the coverage is random too: beta with a deviation of sqrt(0.16 / 502).
    assert np.abs(np.array(held) - 0.8).max() < 3.0 * np.sqrt(0.16 / 500 + 0.16 / 502)
