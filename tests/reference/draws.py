"""Draws for the reference simulator: parameters from their ranges, and values from their distributions.

Written from the model, not from the engine: every continuous distribution is drawn as such with numpy and only then
stretched and rounded; nothing is tabulated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number

Z90 = float(stats.norm.ppf(0.95))
Z_P90 = float(stats.norm.ppf(0.9))


class Parameters:
    """One parameter draw: a standard normal for every name, shared by all numbers of that name."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._z: dict[str, float] = {}
        self._drawers: dict[Distribution, Drawer] = {}

    def __call__(self, number: Number) -> float:
        """Value of the number in this draw."""
        if number.low is None or number.high is None:
            return number.mid
        if number.name not in self._z:
            self._z[number.name] = float(self._rng.standard_normal())
        z = self._z[number.name]
        if number.scale == "share":
            ends = [math.log(v / (1 - v)) for v in (number.low, number.mid, number.high)]
        elif number.scale == "positive":
            ends = [math.log(v) for v in (number.low, number.mid, number.high)]
        else:
            ends = [number.low, number.mid, number.high]
        low, mid, high = ends
        value = mid + (z / Z90) * ((mid - low) if z < 0 else (high - mid))
        if number.scale == "share":
            return 1 / (1 + math.exp(-value))
        return math.exp(value) if number.scale == "positive" else value

    def drawer(self, distribution: Distribution) -> Drawer:
        """The distribution in this draw."""
        if distribution not in self._drawers:
            self._drawers[distribution] = drawer_of(distribution, self)
        return self._drawers[distribution]


@dataclass
class Drawer:
    """A distribution in one parameter draw, as something to draw from."""

    family: str
    a: float = 0.0
    b: float = 1.0
    values: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    def draw(self, rng: np.random.Generator) -> float:
        """One value."""
        if self.family == "fixed":
            return self.a
        if self.family == "lognormal":
            return math.exp(self.a + self.b * rng.standard_normal())
        if self.family == "gamma":
            return self.b * rng.standard_gamma(self.a)
        if self.family == "weibull":
            return self.b * rng.weibull(self.a)
        return float(rng.choice(self.values, p=self.chances))

    def mean(self) -> float:
        """Expectation."""
        if self.family == "fixed":
            return self.a
        if self.family == "lognormal":
            return math.exp(self.a + self.b**2 / 2)
        if self.family == "gamma":
            return self.a * self.b
        if self.family == "weibull":
            return float(stats.weibull_min(self.a, scale=self.b).mean())
        return sum(v * p for v, p in zip(self.values, self.chances, strict=True))


def drawer_of(distribution: Distribution, value_of: Parameters) -> Drawer:
    """Translate a stated law: it has the median and the p90 of the draw, the median just below if it is drawn above."""
    given = {name: value_of(number) for name, number in distribution.parameters}
    if "p90" in given and given["p90"] < 1.001 * given["median"]:
        if dict(distribution.parameters)["median"].low is None:
            given["p90"] = 1.001 * given["median"]
        else:
            given["median"] = given["p90"] / 1.001
    if distribution.family == "fixed":
        return Drawer("fixed", given["value"])
    if distribution.family == "table":
        total = sum(weight for _, weight in distribution.points)
        return Drawer(
            "table",
            values=tuple(value for value, _ in distribution.points),
            chances=tuple(weight / total for _, weight in distribution.points),
        )
    ratio = given["p90"] / given["median"] if "p90" in given else math.nan
    if distribution.family == "lognormal":
        if "sd" in given:
            variance = math.log(1 + (given["sd"] / given["mean"]) ** 2)
            return Drawer("lognormal", math.log(given["mean"]) - variance / 2, math.sqrt(variance))
        sigma = math.log(ratio) / Z_P90 if "p90" in given else given.get("sigma", 0.8)
        return Drawer("lognormal", math.log(given["median"]), max(sigma, 1e-6))
    if distribution.family == "gamma":
        if "p90" in given:
            shape = float(
                optimize.brentq(lambda k: stats.gamma.ppf(0.9, k) / stats.gamma.ppf(0.5, k) - ratio, 0.05, 1e5)
            )
            return Drawer("gamma", shape, given["median"] / float(stats.gamma.ppf(0.5, shape)))
        shape = given["shape"] if "shape" in given else (given["mean"] / given["sd"]) ** 2
        return Drawer("gamma", shape, given["mean"] / shape)
    if "p90" in given:
        shape = math.log(math.log(10) / math.log(2)) / math.log(ratio)
        return Drawer("weibull", shape, given["median"] / math.log(2) ** (1 / shape))
    return Drawer("weibull", given["shape"], given["scale"])
