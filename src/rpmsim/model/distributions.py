"""Probability delay distributions (days), response times (hours) and amounts (money).

A distribution is stated by what people know (median and p90, mean and sd, a table). It is turned into a
:class:`Shape`, two bare parameters of a family, for one parameter draw. Checking and showing a scenario do without
scipy, which takes long to load: functions import it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rpmsim.model.hazards import LONGEST_DAYS, AgeHazards
from rpmsim.model.number import Number, ValueOf, all_in

Family = Literal["fixed", "lognormal", "gamma", "weibull", "normal", "table", "hazards", "due"]

Z_P90 = 1.2815515655446004
"""90% quantile of the standard normal."""

LEAST_SPREAD = 1.001
"""Least ratio of p90 to median in a draw of ranges that would turn them upside down: all values nearly alike."""

MOST_DEVIATIONS = 6.0
"""Standard deviations to which a normal distribution of days reaches: beyond lies less than one in 500 million."""

DEFAULT_SIGMA = 0.8
"""Sigma of a lognormal of which only the median is known (sales-led cycles, an assumption that the docs state)."""


@dataclass(frozen=True)
class DrawnWeights:
    """Weights of the values of a table in the draws of a posterior.

    Parameters
    ----------
    key : tuple of str
        What they are: the file's hash, the path, and what was done to the values. Two of one key are the same.
    values : array, shape (draws, points)
        Each row sums to 1.
    """

    key: tuple[str, ...]
    values: NDArray[np.float64] = field(compare=False, repr=False)

    @property
    def mid(self) -> NDArray[np.float64]:
        """Mean weights over the draws, shape (points,)."""
        return np.asarray(self.values.mean(axis=0))

    def at(self, where: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weights in numbered draws, shape (draws, points)."""
        return self.values[where % len(self.values)]


@dataclass(frozen=True)
class Distribution:
    """A positive distribution.

    Parameters
    ----------
    family : {"fixed", "lognormal", "gamma", "weibull", "normal", "table", "hazards", "due"}
        ``table``: the stated points with their weights (delays), or resampled values (amounts). ``hazards``: of a
        posterior (delays). ``due``: whole days until a due date, plus whole days from the due date on, which may be
        negative, plus ``shift``. ``normal``: by ``mean`` and ``sd``, for days from a due date on.
    parameters : tuple of (str, Number)
        By family: fixed ``value``; lognormal ``median`` with ``sigma`` or ``p90``, or ``mean`` with
        ``sd``; gamma ``mean`` with ``shape`` or ``sd``, or ``median`` with ``p90``; weibull ``scale``
        with ``shape``, or ``median`` with ``p90``.
    points : tuple of (float, float)
        Value and weight, for ``table`` only; weights need not add to one.
    weights : DrawnWeights or None
        For ``table`` only: the weights of the points in each draw, of which those in ``points`` are the means.
    ages : AgeHazards or None
        For ``hazards`` only.
    parts : tuple of Distribution
        For ``due`` only: the time until the due date, and from there on.
    shift : int
        For ``due`` only: days by which all due dates are moved.
    """

    family: Family
    parameters: tuple[tuple[str, Number], ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    ages: AgeHazards | None = None
    parts: tuple[Distribution, ...] = ()
    shift: int = 0
    weights: DrawnWeights | None = None

    @property
    def drawn(self) -> NDArray[np.floating] | None:
        """What a posterior says of it beside its numbers, draws first: hazards, or weights of a table."""
        if self.ages is not None:
            return self.ages.values
        return None if self.weights is None else self.weights.values


@dataclass(frozen=True)
class Shape:
    """A distribution in one draw: ``a`` and ``b`` are log-median and sigma (lognormal), or shape and scale.

    Of hazards, ``a`` holds them, shape (outcomes, bins), and ``b`` is a factor on the time. Of a normal distribution,
    they are mean and standard deviation. Of a table with drawn weights, ``a`` holds these, shape (..., points).
    """

    family: Family
    a: Any = 0.0
    b: Any = 1.0
    points: tuple[tuple[float, float], ...] = ()
    ages: AgeHazards | None = None
    parts: tuple[Shape, ...] = ()
    shift: int = 0

    def stretched(self, factor: Any) -> Shape:
        """The distribution of ``factor`` times the value; what is due on a date stays so."""
        if self.parts:
            return self
        if self.family == "table":
            return Shape("table", self.a, points=tuple((v * float(factor), w) for v, w in self.points))
        if self.family == "fixed":
            return Shape("fixed", self.a * factor)
        if self.family == "lognormal":
            return Shape("lognormal", self.a + np.log(factor), self.b)
        return Shape(self.family, self.a, self.b * factor, ages=self.ages)


def shape_of(distribution: Distribution, value_of: ValueOf) -> Shape:
    """Bare parameters of the distribution: floats, or arrays where ``value_of`` gives values of many parameter draws.

    Each number means what it says in each draw: a range on the median leaves p90 where it is, and the other way around.
    """
    if distribution.family == "table":
        weights = 0.0 if distribution.weights is None else value_of(distribution.weights)
        return Shape("table", weights, points=distribution.points)
    if distribution.parts:
        return Shape("due", parts=tuple(shape_of(p, value_of) for p in distribution.parts), shift=distribution.shift)
    if distribution.ages is not None:
        return Shape("hazards", value_of(distribution.ages), ages=distribution.ages)
    given = {name: value_of(number) for name, number in distribution.parameters}
    if distribution.family == "fixed":
        return Shape("fixed", given["value"])
    if distribution.family == "normal":
        return Shape("normal", given["mean"], np.maximum(given["sd"], 1e-6))
    spread = np.maximum(given["p90"] / given["median"], 1.0 + 1e-6) if "p90" in given else None
    if distribution.family == "lognormal":
        if "median" in given:
            sigma = np.log(spread) / Z_P90 if spread is not None else given.get("sigma", DEFAULT_SIGMA)
            return Shape("lognormal", np.log(given["median"]), np.maximum(sigma, 1e-6))
        variance = np.log1p((given["sd"] / given["mean"]) ** 2)
        return Shape("lognormal", np.log(given["mean"]) - variance / 2, np.maximum(np.sqrt(variance), 1e-6))
    if distribution.family == "gamma":
        if spread is not None:
            from scipy import special

            shape = _gamma_shape(spread)
            return Shape("gamma", shape, given["median"] / special.gammaincinv(shape, 0.5))
        shape = given["shape"] if "shape" in given else (given["mean"] / given["sd"]) ** 2
        return Shape("gamma", shape, given["mean"] / shape)
    if spread is not None:
        shape = np.log(math.log(10.0) / math.log(2.0)) / np.log(spread)
        return Shape("weibull", shape, given["median"] / math.log(2.0) ** (1.0 / shape))
    return Shape("weibull", given["shape"], given["scale"])


def distributions_in(value: Any) -> Iterator[Distribution]:
    """Every :class:`Distribution` inside a model value, in a fixed order; of one with parts, these."""
    for distribution in all_in(value, Distribution):
        yield from distribution.parts or (distribution,)


def in_order(value_of: ValueOf, distributions: Iterable[Distribution]) -> ValueOf:
    """Values of numbers, of which no median lies above its p90.

    Ranges that overlap can be drawn upside down. Then the median, if it is ranged, is the p90 / 1.001, and else the p90
    is the median x 1.001: the draw says that values hardly differ. A number of several distributions gives way to all
    of them, so that it has one value in a draw.

    Parameters
    ----------
    value_of : callable
        Values as they are drawn.
    distributions : iterable of Distribution
        All distributions in which the numbers may stand.

    Returns
    -------
    callable
        Values as they are used.
    """
    at_most: dict[Number, set[Number]] = {}
    at_least: dict[Number, set[Number]] = {}
    for distribution in distributions:
        numbers = dict(distribution.parameters)
        if "p90" not in numbers:
            continue
        median, p90 = numbers["median"], numbers["p90"]
        if median.ranged:
            at_most.setdefault(median, set()).add(p90)
        elif p90.ranged:
            at_least.setdefault(p90, set()).add(median)

    def value(number: Number) -> Any:
        drawn = value_of(number)
        for p90 in at_most.get(number, ()):
            drawn = np.minimum(drawn, value_of(p90) / LEAST_SPREAD)
        for median in at_least.get(number, ()):
            drawn = np.maximum(drawn, median.mid * LEAST_SPREAD)
        return drawn

    return value


def _gamma_shape(spread: Any) -> Any:
    """Shape of the gamma distribution whose p90 is ``spread`` times its median: by 60 steps of bisection."""
    from scipy import special

    low = np.full(np.shape(spread), math.log(0.05))
    high = np.full(np.shape(spread), math.log(1e9))
    for _ in range(60):
        middle = (low + high) / 2
        shape = np.exp(middle)
        too_wide = special.gammaincinv(shape, 0.9) / special.gammaincinv(shape, 0.5) > spread
        low = np.where(too_wide, middle, low)
        high = np.where(too_wide, high, middle)
    return np.exp((low + high) / 2)


def cdf(shape: Shape, x: ArrayLike) -> NDArray[np.float64]:
    """Probability of a value of at most ``x``; broadcasts over ``x`` and the distribution's parameters."""
    if shape.ages is not None:
        return _hazard_cdf(shape, x)
    if shape.parts:
        return due_cdf(shape, x)
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    if shape.family == "normal":
        return special.ndtr((x - shape.a) / shape.b)
    positive = np.maximum(x, 1e-300)
    if shape.family == "fixed":
        return (x >= shape.a).astype(np.float64)
    if shape.family == "table":
        values, weights = in_steps(shape)
        cumulative = np.concatenate([np.zeros_like(weights[..., :1]), np.cumsum(weights, axis=-1)], axis=-1)
        total = cumulative[..., -1].reshape(weights.shape[:-1] + (1,) * x.ndim)
        return cumulative[..., np.searchsorted(values, x, side="right")] / total
    if shape.family == "lognormal":
        result = special.ndtr((np.log(positive) - shape.a) / shape.b)
    elif shape.family == "gamma":
        result = special.gammainc(shape.a, positive / shape.b)
    else:
        result = -np.expm1(-((positive / shape.b) ** shape.a))
    return np.where(x > 0, result, 0.0)


def _hazard_cdf(shape: Shape, x: ArrayLike) -> NDArray[np.float64]:
    """Probability of a time of at most ``x`` under hazards, shape of the draws, then that of ``x``."""
    assert shape.ages is not None
    if np.ndim(shape.b) == 0:
        return shape.ages.stretched(float(shape.b)).cdf(shape.a, x)
    hazards = np.broadcast_to(shape.a, (len(shape.b), *np.shape(shape.a)[-2:]))
    rows = [shape.ages.stretched(float(b)).cdf(row, x) for row, b in zip(hazards, shape.b, strict=True)]
    return np.stack(rows)


def offset_days(shape: Shape) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Whole days from a due date on, and their probabilities, shape (days,) and (..., days)."""
    if shape.family == "table":
        ends = min(v for v, _ in shape.points), max(v for v, _ in shape.points)
    elif shape.family == "fixed":
        ends = float(np.min(shape.a)), float(np.max(shape.a))
    else:
        reach = MOST_DEVIATIONS * np.asarray(shape.b)
        ends = float(np.min(shape.a - reach)), float(np.max(shape.a + reach))
    days = np.arange(math.floor(ends[0] + 0.5), math.floor(ends[1] + 0.5) + 1)
    if np.ndim(shape.a) or np.ndim(shape.b):
        shape = Shape(shape.family, np.asarray(shape.a)[..., None], np.asarray(shape.b)[..., None], shape.points)
    inside = cdf(shape, np.nextafter(days + 0.5, -np.inf))
    inside[..., -1] = 1.0
    return days, np.diff(inside, prepend=0.0, axis=-1)


def due_cdf(shape: Shape, x: ArrayLike) -> NDArray[np.float64]:
    """Probability that days until the due date and from there on are at most ``x`` together."""
    x = np.floor(np.asarray(x, dtype=np.float64)) - shape.shift
    until, after = shape.parts
    days, weights = offset_days(after)
    last = int(x.max(initial=0.0)) - int(days[0]) + 1
    before = cumulative_days(until, 0, max(last, 1))  # (..., last)
    result: Any = 0.0
    for i, day in enumerate(days):
        left = x - day
        here = np.where(left >= 0, before[..., np.clip(left, 0, before.shape[-1] - 1).astype(np.int64)], 0.0)
        result = result + (weights[..., i, None] if weights.ndim > 1 and x.ndim else weights[..., i]) * here
    return np.minimum(result, 1.0)


def _days_of(shape: Shape) -> NDArray[np.float64]:
    """Probability of at most 0, 1, ... days in one draw, up to twenty years, for what is counted in days."""
    return cdf(shape, np.arange(LONGEST_DAYS))


def quantile(shape: Shape, u: ArrayLike) -> NDArray[np.float64]:
    """Value that is not exceeded with probability ``u`` in (0, 1); same shape as ``u``."""
    if shape.ages is not None or shape.parts:
        return np.searchsorted(_days_of(shape), np.asarray(u)).astype(np.float64)
    from scipy import special

    u = np.asarray(u, dtype=np.float64)
    if shape.family == "fixed":
        return np.broadcast_to(np.asarray(shape.a, dtype=np.float64), np.broadcast_shapes(u.shape, np.shape(shape.a)))
    if shape.family == "lognormal":
        return np.exp(shape.a + shape.b * special.ndtri(u))
    if shape.family == "gamma":
        return special.gammaincinv(shape.a, u) * shape.b
    if shape.family == "weibull":
        return shape.b * (-np.log1p(-u)) ** (1.0 / shape.a)
    values, weights = in_steps(shape)
    cumulative = np.cumsum(weights, axis=-1) / weights.sum(axis=-1, keepdims=True)
    if cumulative.ndim == 1:
        places = np.searchsorted(cumulative, u, side="left")
    else:
        places = np.stack([np.searchsorted(row, u, side="left") for row in cumulative])
    return values[np.minimum(places, len(values) - 1)]


def in_steps(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of a table from small to large, shape (points,), and their weights, shape (points,) or (draws, points)."""
    values, weights = np.array(shape.points, dtype=np.float64).T
    order = np.argsort(values, kind="stable")
    return values[order], (np.asarray(shape.a) if np.ndim(shape.a) else weights)[..., order]


def mean(shape: Shape) -> Any:
    """Expectation of the distribution."""
    if shape.ages is not None or shape.parts:
        return float((1.0 - _days_of(shape)).sum())
    if shape.family == "normal":
        return shape.a
    from scipy import special

    if shape.family == "fixed":
        return shape.a
    if shape.family == "lognormal":
        return np.exp(shape.a + shape.b**2 / 2)
    if shape.family == "gamma":
        return shape.a * shape.b
    if shape.family == "weibull":
        return shape.b * special.gamma(1.0 + 1.0 / shape.a)
    values, weights = in_steps(shape)
    return (weights @ values) / weights.sum(axis=-1)


def cumulative_days(shape: Shape, least: int, size: int) -> NDArray[np.float64]:
    """Probability that ``max(least, floor(X + 0.5))`` is at most d, for d = 0 ... size - 1 (last axis).

    Parameters of shape (draws,) give an array of shape (draws, size).
    """
    if shape.ages is None and not shape.parts and (np.ndim(shape.a) or np.ndim(shape.b)):
        shape = Shape(shape.family, np.asarray(shape.a)[..., None], np.asarray(shape.b)[..., None], shape.points)
    days = np.arange(size, dtype=np.float64)
    inside = cdf(shape, np.nextafter(days + 0.5, -np.inf))
    return np.where(days >= least, inside, 0.0)
