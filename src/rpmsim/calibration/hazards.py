"""Hazards of one stage by age and outcome, as draws: discrete-time competing risks with a Bayesian bootstrap.

Each record has a weight of its own in each draw, exponential with mean 1, in all stages (Rubin, The Bayesian bootstrap,
1981; for censored data Lo, 1993). A bin of ages also has one day at risk from a prior that is centered on the hazard
of all ages: a flat prior would add half a win for each bin, and make win rates of young histories too high by a
fifth or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.clocks import Clock, Key
from rpmsim.calibration.evidence import Spells
from rpmsim.calibration.exposure import Ages, ages_of, exposed
from rpmsim.calibration.windows import Window

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PRIOR_DAYS = 1.0
"""Days at risk that the prior is worth in each bin of ages."""


@dataclass(frozen=True)
class Cause:
    """One outcome of a stage.

    Parameters
    ----------
    outcome : int
        Its number.
    clock : Clock
    ages : Ages
        Bins of its clock.
    least : int
        Age before which it does not come: 1 for moves backward, which could otherwise go in a circle within a day.
    """

    outcome: int
    clock: Clock
    ages: Ages
    least: int = 0

    def bins(self, ended: Spells) -> I64:
        """Bin of the age at which each spell ended; only on the day of entering in the bin of that day."""
        age = self.clock.age(ended.entered, ended.until)
        least = np.where(ended.until > ended.entered, 1, self.least)
        return self.ages.of(np.maximum(age, least))


@dataclass(frozen=True)
class Counted:
    """Weighted exits and days at risk of one outcome by group of records and bin of ages; shape (groups, bins)."""

    exits: F64
    at_risk: F64


def causes_of(spells: Spells, clocks: dict[int, Clock], backward: set[int]) -> list[Cause]:
    """The outcomes of a stage, each with its clock; outcomes of one clock have the same bins.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    clocks : dict of int to Clock
        By number of the outcome.
    backward : set of int
        Outcomes that lead to an earlier stage, or to the same one.
    """
    ages = {clock.key: ages_of(spells, clock) for clock in clocks.values()}
    return [Cause(o, clock, ages[clock.key], int(o in backward)) for o, clock in sorted(clocks.items())]


def counted(spells: Spells, causes: list[Cause], window: F64, *groupings: tuple[I64, int]) -> list[list[Counted]]:
    """Count the outcomes of a stage in a window.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    causes : list of Cause
    window : array, shape (days,)
        Weight of each day.
    *groupings : tuple of array of int and int
        Group of each spell, and how many groups there are.

    Returns
    -------
    list of list of Counted
        For each grouping and outcome.
    """
    at_risk: dict[Key, list[F64]] = {}
    for cause in causes:
        if cause.clock.key not in at_risk:
            rows = [np.zeros((n, len(cause.ages))) for _, n in groupings]
            for b, days in enumerate(exposed(spells, cause.clock, cause.ages, window)):
                for (of, n), row in zip(groupings, rows, strict=True):
                    row[:, b] = np.bincount(of, days, n)
            at_risk[cause.clock.key] = rows
    result: list[list[Counted]] = [[] for _ in groupings]
    for cause in causes:
        left = np.flatnonzero(spells.outcome == cause.outcome)
        ended, bins = spells.where(left), len(cause.ages)
        place, weight = cause.bins(ended), window[spells.until[left]]
        for (of, n), listed, days_at_risk in zip(groupings, result, at_risk[cause.clock.key], strict=True):
            exits = np.bincount(of[left] * bins + place, weight, n * bins).reshape(n, bins)
            listed.append(Counted(exits.astype(np.float64), days_at_risk))
    return result


def record_weights(draws: int, groups: int, rng: np.random.Generator) -> F64:
    """Weights of the groups of records in each draw, shape (draws, groups)."""
    return rng.standard_exponential((draws, groups))


def drawn_hazards(counts: Counted, weights: F64) -> F64:
    """Hazards of one outcome by draw and bin.

    Parameters
    ----------
    counts : Counted
    weights : array, shape (draws, groups)
        All 1 for an estimate without uncertainty.

    Returns
    -------
    array, shape (draws, bins)
    """
    total = counts.at_risk.sum()
    center = counts.exits.sum() / total if total > 0 else 0.0
    return with_prior(weights @ counts.exits, weights @ counts.at_risk, center)


def with_prior(exits: F64, at_risk: F64, center: F64 | float) -> F64:
    """Hazards of exits and days at risk, with the prior's days at the hazard on which it is centered."""
    return np.minimum((exits + PRIOR_DAYS * center) / (at_risk + PRIOR_DAYS), 1.0)


def mixed(spells: Spells, causes: list[Cause], windows: list[Window], pick: I64, weights: F64, last: int) -> list[F64]:
    """Hazards of all outcomes where each draw has one of several windows.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    causes : list of Cause
    windows : list of Window
    pick : array of int, shape (draws,)
        Number of the window of each draw.
    weights : array, shape (draws, groups)
    last : int
        Number of the last day.

    Returns
    -------
    list of array, shape (draws, bins)
        One for each outcome.
    """
    result = [np.zeros((len(weights), len(cause.ages))) for cause in causes]
    for i, window in enumerate(windows):
        here = pick == i
        if here.any():
            (counts,) = counted(spells, causes, window.weights(last), (spells.group, weights.shape[1]))
            for values, count in zip(result, counts, strict=True):
                values[here] = drawn_hazards(count, weights[here])
    return result
