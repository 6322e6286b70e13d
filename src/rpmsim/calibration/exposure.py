"""Events and days at risk by age, of one stage: what hazards are made of.

The same numbers serve every window: they are kept by age and calendar day for the choice of a window, and by age and
group of records for the draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.clocks import Clock
from rpmsim.calibration.evidence import Spells

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_EVENTS = 4
"""Exits in a bin of ages, at least."""
MOST_BINS = 32
SPIKE = 0.5
"""Part of the exits of a bin from which on a single age is a bin of its own."""
WIDEST = 0.5
"""A bin is at most this part of its first age wide."""


@dataclass(frozen=True)
class Ages:
    """Bins of ages: first age of each in days of a clock; the last one has no end."""

    starts: I64

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, age: I64) -> I64:
        """Bin of each age."""
        return np.searchsorted(self.starts, age, side="right") - 1

    @property
    def widths(self) -> F64:
        """Days in each bin; the last one has infinitely many."""
        return np.append(np.diff(self.starts), np.inf)


def ages_of(spells: Spells, clock: Clock) -> Ages:
    """Bins that are filled about equally, with day 0 and everything after the last exit apart.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    clock : Clock

    Returns
    -------
    Ages
    """
    left = spells.outcome >= 0
    if not left.any():
        return Ages(np.zeros(1, dtype=np.int64))
    exits = np.bincount(clock.age(spells.entered[left], spells.until[left]))
    target = max(LEAST_EVENTS, exits[1:].sum() / MOST_BINS)
    starts, start, inside = [0], 1, 0
    last = len(exits) - 1
    for age in range(1, last + 1):
        if inside and exits[age] >= SPIKE * target:  # many on one day, such as an expiry: a bin of its own
            starts.append(start)
            start, inside = age, 0
        inside += int(exits[age])
        full = inside >= target or (inside >= LEAST_EVENTS and age + 1 - start >= max(1.0, WIDEST * start))
        if full:
            starts.append(start)
            start, inside = age + 1, 0
    if len(starts) == 1 and last >= 1:
        starts.append(1)
    if _beyond(spells, clock, last) and last >= 1:
        starts.append(last + 1)  # the few exits since the last full bin belong to it
    return Ages(np.array(starts, dtype=np.int64))


def _beyond(spells: Spells, clock: Clock, last: int) -> bool:
    """Whether records were watched for a good while after the age of the last exit, so that nobody leaves then."""
    left = spells.outcome >= 0
    rate = left.sum() / max(1.0, float((clock.age(spells.entered, spells.until) - 0.0).sum()))
    after = np.maximum(clock.age(spells.entered, spells.until) - last, 0).sum()
    return bool(after * rate >= LEAST_EVENTS)


def exposed(spells: Spells, clock: Clock, ages: Ages, window: F64) -> Iterator[F64]:
    """Days at risk of each spell, bin by bin.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    clock : Clock
    ages : Ages
    window : array, shape (days,)
        Weight of each day.

    Yields
    ------
    array, shape (spells,)
        One for each bin.
    """
    plain, running = summed(window), summed(window * clock.weights[: len(window)])
    for i, (first, after) in enumerate(_days(spells, clock, ages)):
        passed = plain if i == 0 and len(ages) > 1 else running
        yield passed[np.maximum(after, first)] - passed[first]


def summed(weights: F64) -> F64:
    """Sum of the weights of all days before each day; one more than there are days."""
    return np.concatenate([[0.0], np.cumsum(weights)])


def _days(spells: Spells, clock: Clock, ages: Ages) -> Iterator[tuple[I64, I64]]:
    """For each bin the first day at risk and the day after the last one; bin 0 is the day of entering alone."""
    end, begins = spells.until + 1, spells.entered
    for i, start in enumerate(ages.starts):
        following = clock.when(spells.entered, int(ages.starts[i + 1])) if i + 1 < len(ages) else end
        after = np.minimum(end, following)
        if start == 0 and len(ages) > 1:
            after = np.minimum(after, spells.entered + 1)
        yield np.minimum(np.maximum(begins, spells.since), end), after
        begins = following


def at_risk_by_day(spells: Spells, clock: Clock, ages: Ages, days: int) -> F64:
    """Days at risk by bin and calendar day, shape (bins, days)."""
    result = np.zeros((len(ages), days + 1))
    for i, (first, after) in enumerate(_days(spells, clock, ages)):
        inside = after > first
        np.add.at(result[i], first[inside], 1.0)
        np.add.at(result[i], after[inside], -1.0)
    result = np.cumsum(result, axis=1)[:, :days]
    result[1 if len(ages) > 1 else 0 :] *= clock.weights[:days]
    return result
