"""Intervals of amounts cover the truth as often as they say, and fitted means are those of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import special

from rpmsim.calibration.amounts import Amounts, fit_amounts

DRAWS = 300
SIZES = np.array([5, 5, 30, 30, 200, 200])
"""Wins of the segments of a world."""

WORLDS = 60
NEXT = 30


@dataclass(frozen=True)
class World:
    """True log place and spread of each segment, and how to draw from them."""

    family: str
    place: np.ndarray
    spread: np.ndarray

    def amounts(self, segment: int, n: int, rng: np.random.Generator) -> np.ndarray:
        place, spread = np.exp(self.place[segment]), self.spread[segment]
        if self.family == "lognormal":
            return place * np.exp(spread * rng.standard_normal(n))
        return place * rng.gamma(spread**-2, spread**2, n)

    def median(self) -> np.ndarray:
        if self.family == "lognormal":
            return np.exp(self.place)
        return np.exp(self.place) * special.gammaincinv(self.spread**-2, 0.5) * self.spread**2

    def mean(self) -> np.ndarray:
        return np.exp(self.place + (self.spread**2 / 2 if self.family == "lognormal" else 0.0))


def world(family: str, rng: np.random.Generator) -> World:
    n = len(SIZES)
    return World(family, 9 + 0.8 * rng.standard_normal(n), 0.8 * np.exp(0.3 * rng.standard_normal(n)))


def name(segment: int) -> str:
    return f"s{segment}"


def drawn(found: Amounts, segment: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Medians by draw, and n amounts in each draw, as the engine draws them."""
    path = f"segments.{name(segment)}.amount."
    numbers = {key.removeprefix(path): v for key, v in found.part.draws.items() if key.startswith(path)}
    if "median" in numbers:
        sigma = np.log(numbers["p90"] / numbers["median"]) / 1.2815515655446004
        return numbers["median"], numbers["median"][:, None] * np.exp(sigma[:, None] * rng.standard_normal((DRAWS, n)))
    if "mean" in numbers:
        shape = (numbers["mean"] / numbers["sd"]) ** 2
        scale = numbers["mean"] / shape
        return special.gammaincinv(shape, 0.5) * scale, scale[:, None] * rng.gamma(shape[:, None], 1.0, (DRAWS, n))
    values = np.array([float(key.removeprefix("table.")) for key in numbers])
    sums = np.cumsum(np.stack(list(numbers.values()), axis=1), axis=1)
    u = rng.random((DRAWS, n))
    return values[(sums < 0.5).sum(axis=1)], values[(sums[:, None] < u[:, :, None] - 1e-12).sum(axis=2)]


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_intervals_cover(family: str) -> None:
    inside: dict[str, list[list[bool]]] = {"median": [], "mean": [], "next": []}
    for number in range(WORLDS):
        rng = np.random.default_rng(number)
        true = world(family, rng)
        amount = np.concatenate([true.amounts(i, n, rng) for i, n in enumerate(SIZES)])
        segment, names = np.repeat(np.arange(len(SIZES)), SIZES), [name(i) for i in range(len(SIZES))]
        found = fit_amounts(amount, segment, names, draws=DRAWS, rng=rng)
        rows: dict[str, list[bool]] = {key: [] for key in inside}
        for i in range(len(SIZES)):
            median, future = drawn(found, i, NEXT, rng)
            comes = true.amounts(i, NEXT, rng).sum()
            for key, values, truth in (
                ("median", median, true.median()[i]),
                ("mean", found.mean[name(i)], true.mean()[i]),
                ("next", future.sum(axis=1), comes),
            ):
                low, high = np.quantile(values, (0.1, 0.9))
                rows[key].append(bool(low <= truth <= high))
        for key, row in rows.items():
            inside[key].append(row)
    for key, found_inside in inside.items():
        covered = np.array(found_inside)
        # 360 intervals: one standard error is 2.1 points; 120 of each size: 3.7 points.
        assert 0.74 <= covered.mean() <= 0.86, (key, covered.mean(axis=0))
        for size in np.unique(SIZES):
            assert 0.68 <= covered[:, size == SIZES].mean() <= 0.92, (key, size)


def mixture(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.exp(rng.standard_normal(n) * 0.4 + np.where(rng.random(n) < 0.2, 10.5, 8.5))


@pytest.mark.parametrize(
    ("draw", "n"),
    [
        (lambda rng, n: rng.lognormal(9, 1, n), 200),
        (lambda rng, n: rng.gamma(0.6, 9000, n), 200),
        (lambda rng, n: 9000 * rng.weibull(0.7, n), 200),
        (lambda rng, n: 9000 * rng.weibull(0.7, n), 50),
        (mixture, 200),
        (lambda rng, n: np.round(rng.lognormal(9, 0.7, n), -3), 200),
        (lambda rng, n: np.where(rng.random(n) < 0.3, 0.0, rng.lognormal(9, 0.7, n)), 150),
    ],
)
def test_the_fitted_mean_is_that_of_the_data(draw, n: int) -> None:  # type: ignore[no-untyped-def]
    ratios = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        amount = draw(rng, n)
        found = fit_amounts(amount, np.zeros(n, dtype=int), ("all",), draws=200, rng=rng)
        ratios.append(found.mean["all"].mean() / amount.mean())
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.02 + 3 * error)
    assert error < 0.02
