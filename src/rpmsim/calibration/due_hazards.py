"""Hazards of a stage with due dates: by days to go until the date, by age, or by both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.due_spells import Cells

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

Clock = Literal["age", "due", "both"]
"""What a hazard depends on. ``both``: a hazard by days to go times a factor by age."""

CLOCKS: tuple[Clock, ...] = ("age", "due", "both")
"""The simplest first."""

LEAST_EXITS = 10.0
"""Exits of a bin of days."""

DAILY = 7
"""Days around the date that have bins of their own if they have an exit."""

PRIOR_DAYS = 1.0
"""Weight of the pooled hazard in that of a bin, in record-days; a centered prior adds no exits (Gelman, 2013, 5.1)."""

PRIOR_EXITS = 0.5
"""Expected exits that the prior of a factor by age is worth; a strong one would make old records cancel too often."""

MOST_HAZARD = 1.0 - 1e-9
STEPS = 30
"""Of the alternation between the factors by days to go and by age."""


@dataclass(frozen=True)
class Bins:
    """Bins of days to go and of ages.

    Parameters
    ----------
    longest : int
        Most days to go.
    of_days : array of int
        Number of the bin of each number of days to go, from ``longest`` down.
    of_age : array of int
        Number of the bin of each age.
    """

    longest: int
    of_days: I64
    of_age: I64

    def by_days(self, to_go: I64) -> I64:
        """Bins of days to go; those outside belong to the first and to the last one."""
        return self.of_days[np.clip(self.longest - to_go, 0, len(self.of_days) - 1)]

    def by_age(self, age: I64) -> I64:
        """Bins of ages."""
        return self.of_age[np.clip(age, 0, len(self.of_age) - 1)]


def bins_of(cells: Cells) -> Bins:
    """Bins with enough exits each, narrow around the date; the day of entering and the date have their own."""
    leads, ages = cells.days.shape
    exits = cells.exits.sum(axis=0)
    to_go = cells.to_go
    longest, past = leads - 1, int(-to_go[cells.days > 0].min(initial=0))
    by_days = _summed(longest - to_go, exits, leads + ages - 1)[: longest + past + 1]
    before, after = by_days[:longest][::-1], by_days[longest + 1 :]  # outwards from the date
    left, right = _grown(before, DAILY), _grown(after, DAILY)
    middle = left.max(initial=-1) + 1
    of_days = np.concatenate([(middle - 1 - left)[::-1], [middle], middle + 1 + right])
    by_age = exits.sum(axis=0)
    return Bins(longest, of_days, np.concatenate([[0], 1 + _grown(by_age[1:], 0)]))


def _grown(exits: F64, daily: int) -> I64:
    """Bins that grow until they have enough exits; what is left at the end belongs to the last full one."""
    result = np.zeros(len(exits), dtype=np.int64)
    number, held = 0, 0.0
    for day, count in enumerate(exits):
        result[day] = number
        held += count
        if held >= LEAST_EXITS or (day < daily and held > 0):
            number, held = number + 1, 0.0
    if number and held < LEAST_EXITS:
        result[result == number] = number - 1
    return result


@dataclass(frozen=True)
class Hazards:
    """Hazards per day of the outcomes of a stage.

    Parameters
    ----------
    bins : Bins
    by_days : array, shape (..., outcomes, bins of days)
        By days to go, at a factor of 1 by age.
    by_age : array, shape (..., outcomes, bins of ages)
        Factor by age.
    """

    bins: Bins
    by_days: F64
    by_age: F64

    def at(self, to_go: I64, age: I64) -> F64:
        """Hazards of records, shape (..., outcomes) + that of ``to_go``; together at most 1."""
        days, ages = self.bins.by_days(to_go), self.bins.by_age(age)
        result = self.by_days[..., days] * self.by_age[..., ages]
        axis = -1 - np.ndim(to_go)
        return result / np.maximum(result.sum(axis=axis, keepdims=True) / MOST_HAZARD, 1.0)

    @property
    def plain(self) -> bool:
        """Whether they depend on the days to go alone."""
        return bool((self.by_age == 1.0).all())


@dataclass(frozen=True)
class Counts:
    """Days at risk and exits by bins.

    Parameters
    ----------
    days : array, shape (bins of days, bins of ages)
    exits : array, shape (outcomes, bins of days, bins of ages)
    """

    bins: Bins
    days: F64
    exits: F64


def binned(cells: Cells) -> Counts:
    """Put cells into bins of their own."""
    bins = bins_of(cells)
    shape = int(bins.of_days.max()) + 1, int(bins.of_age.max()) + 1
    place = bins.by_days(cells.to_go) * shape[1] + bins.by_age(np.arange(cells.days.shape[1]))
    size = shape[0] * shape[1]
    exits = [_summed(place, some, size).reshape(shape) for some in cells.exits]
    return Counts(bins, _summed(place, cells.days, size).reshape(shape), np.stack(exits))


def _summed(place: I64, values: F64, size: int) -> F64:
    """Values summed by their place."""
    return np.asarray(np.bincount(place.ravel(), values.ravel(), size), dtype=np.float64)


def fit(counts: Counts, clocks: list[Clock], draws: int = 0, rng: np.random.Generator | None = None) -> Hazards:
    """Fit the hazards of all outcomes, each on its own clock.

    The hazard of an outcome is a product of factors by days to go and by age, fitted in turn (iterative proportional
    fitting of a log-linear rate; Holford, 1980). Factors by age are drawn towards 1 where there are few exits.

    Parameters
    ----------
    counts : Counts
    clocks : list of {"age", "due", "both"}
    draws : int
        Number of draws from the posterior; 0: its mean, without an axis of draws.
    rng : Generator
        For draws.

    Returns
    -------
    Hazards
    """
    outcomes, days, ages = counts.exits.shape
    pooled = counts.exits.sum(axis=(1, 2)) / max(counts.days.sum(), 1.0)
    by_days, by_age = np.empty((outcomes, days)), np.ones((outcomes, ages))
    at_risk = np.empty((outcomes, days))
    for j, clock in enumerate(clocks):
        exits = counts.exits[j]
        for _ in range(STEPS if clock == "both" else 1):
            at_risk[j] = counts.days @ by_age[j]
            left = exits.sum(axis=1)
            if clock == "age":
                at_risk[j], left = at_risk[j].sum(), exits.sum()
            by_days[j] = (left + PRIOR_DAYS * pooled[j]) / (at_risk[j] + PRIOR_DAYS)
            if clock != "due":
                by_age[j] = _factor(exits.sum(axis=0), by_days[j] @ counts.days, _prior(clock, pooled[j]))
    mean = Hazards(counts.bins, by_days, by_age)
    if not draws:
        return mean
    assert rng is not None
    return _drawn(counts, clocks, mean, at_risk, pooled, draws, rng)


def seen(counts: Counts, hazards: Hazards, clocks: list[Clock]) -> Hazards:
    """Hazards by days to go without those before the date that are the prior's alone: nobody was seen leaving then."""
    ahead = np.zeros(hazards.by_days.shape[1], dtype=bool)
    ahead[counts.bins.of_days[: counts.bins.longest]] = True
    by_date = np.array([clock != "age" for clock in clocks])
    never = by_date[:, None] & ahead & (counts.exits.sum(axis=2) == 0)
    return replace(hazards, by_days=np.where(never, 0.0, hazards.by_days))


def _factor(exits: F64, expected: F64, prior: float) -> F64:
    """Observed to expected exits, drawn towards 1 by so many exits."""
    return (exits + prior) / np.maximum(expected + prior, 1e-300)


def _prior(clock: Clock, pooled: float) -> float:
    """Expected exits behind the factor of an age: as many as of a record-day where it is the whole hazard."""
    return PRIOR_DAYS * max(pooled, 1e-9) if clock == "age" else PRIOR_EXITS


def _drawn(
    counts: Counts, clocks: list[Clock], mean: Hazards, at_risk: F64, pooled: F64, draws: int, rng: np.random.Generator
) -> Hazards:
    """Draws around a fit: competing hazards of a bin are a Dirichlet, factors are gammas."""
    outcomes, days, ages = counts.exits.shape
    shape = draws, outcomes
    exits = counts.exits.sum(axis=2)
    taken = rng.standard_gamma(exits + PRIOR_DAYS * pooled[:, None], (*shape, days))
    stays = np.maximum(at_risk + PRIOR_DAYS - exits - PRIOR_DAYS * pooled[:, None], 1e-3)
    left = rng.standard_gamma(stays, (*shape, days))
    by_days, by_age = taken / np.maximum(taken + left, 1e-300), np.ones((*shape, ages))
    for j, clock in enumerate(clocks):
        if clock == "age":
            by_days[:, j] = mean.by_days[j]
        if clock != "due":
            own = counts.exits[j].sum(axis=0) + _prior(clock, pooled[j])
            by_age[:, j] = mean.by_age[j] * rng.standard_gamma(own, (draws, ages)) / own
    return Hazards(counts.bins, by_days, by_age)
