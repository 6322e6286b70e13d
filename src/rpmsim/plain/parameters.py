"""One parameter draw, and the distributions to draw from (model, sections 3 and 10).

Every distribution is drawn as such, and only then stretched and rounded; nothing is tabulated.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rpmsim.model.distributions import (
    Distribution,
    DrawnWeights,
    Shape,
    distributions_in,
    in_order,
    in_steps,
    mean,
    shape_of,
)
from rpmsim.model.hazards import LONGEST_DAYS, AgeHazards
from rpmsim.model.number import Number
from rpmsim.model.plan import Model

Draw = Callable[[np.random.Generator], float]
"""Draws one value of a distribution."""


class Parameters:
    """Values of all numbers in one parameter draw: drawn from their ranges or a posterior, or their medians.

    Numbers of one name share one draw; ``values`` has those that were drawn, by name.
    """

    def __init__(self, model: Model, rng: np.random.Generator, drawn: bool) -> None:
        self._rng, self._drawn = rng, drawn
        self._in_order = in_order(self._as_drawn, distributions_in((model.content, model.changes, model.revision)))
        self._row = rng.integers(2**31, size=1)
        self._z: dict[str, float] = {}
        self._known: dict[Number, float] = {}
        self._draws: dict[Distribution, Draw] = {}
        self.values: dict[str, float] = {}

    def __call__(self, number: Number | DrawnWeights) -> Any:
        """Value of the number (no median lies above its p90), or weights of a table, shape (points,)."""
        if isinstance(number, DrawnWeights):
            return number.at(self._row)[0] if self._drawn else number.mid
        if not number.ranged:
            return number.mid
        if number not in self._known:
            self._known[number] = float(self._in_order(number))
            if self._drawn:
                self.values[number.name] = self._known[number]
        return self._known[number]

    def _as_drawn(self, number: Number) -> float:
        if not (self._drawn and number.ranged):
            return number.mid
        if number.draws is not None:
            return float(number.draws.at(self._row)[0])
        if number.name not in self._z:
            self._z[number.name] = self._rng.standard_normal()
        return float(number.at(self._z[number.name]))

    def hazards(self, ages: AgeHazards) -> np.ndarray:
        """Chance per day of each outcome of a stage, shape (outcomes, bins)."""
        return ages.at(self._row)[0] if self._drawn else ages.mid

    def draw(self, distribution: Distribution) -> Draw:
        """What draws from the distribution."""
        if distribution not in self._draws:
            ages = distribution.ages
            if distribution.parts:
                until, after = (self.draw(part) for part in distribution.parts)
                self._draws[distribution] = lambda rng: _whole(until(rng)) + _whole(after(rng)) + distribution.shift
            elif ages is not None:
                self._draws[distribution] = draw_of_hazards(ages, self.hazards(ages))
            else:
                self._draws[distribution] = draw_of(shape_of(distribution, self))
        return self._draws[distribution]

    def shape(self, distribution: Distribution) -> Shape:
        """Bare parameters of the distribution in this draw."""
        ages = distribution.ages
        return shape_of(distribution, self) if ages is None else Shape("hazards", self.hazards(ages), ages=ages)

    def mean(self, distribution: Distribution) -> float:
        """Expectation of the distribution."""
        return float(mean(shape_of(distribution, self)))


def _whole(days: float) -> int:
    """A time in whole days."""
    return math.floor(days + 0.5)


def draw_of(shape: Shape) -> Draw:
    """What draws from a distribution of known shape."""
    if shape.family == "table":
        values, weights = (row.tolist() for row in in_steps(shape))
        sums = list(itertools.accumulate(weights))
        return lambda rng: values[min(bisect.bisect_right(sums, rng.random() * sums[-1]), len(values) - 1)]
    a, b = float(shape.a), float(shape.b)
    if shape.family == "fixed":
        return lambda _: a
    if shape.family == "normal":
        return lambda rng: a + b * rng.standard_normal()
    if shape.family == "lognormal":
        return lambda rng: math.exp(a + b * rng.standard_normal())
    if shape.family == "gamma":
        return lambda rng: b * rng.standard_gamma(a)
    return lambda rng: b * rng.weibull(a)


def draw_of_hazards(ages: AgeHazards, hazards: np.ndarray) -> Draw:
    """What draws days until an outcome, given that it is taken: day by day, some leave and some of them for it."""
    sums: list[float] = []
    stay = 1.0
    starts, own, all_ways = ages.starts.tolist(), hazards[ages.outcome].tolist(), hazards.sum(axis=0).tolist()
    for day in range(LONGEST_DAYS):
        bin_ = bisect.bisect_right(starts, day) - 1
        sums.append(stay * own[bin_] + (sums[-1] if sums else 0.0))
        stay *= max(0.0, 1.0 - all_ways[bin_])
        if stay < 1e-12:
            break
    return lambda rng: ages.stretch * bisect.bisect_right(sums, rng.random() * sums[-1])
