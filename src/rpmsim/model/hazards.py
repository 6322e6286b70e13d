"""Times given as hazards: of the leads that are still in a stage at an age, the share that leaves on that day.

The hazards of all outcomes of a stage together say how many leads take each outcome, and when. They are constant within
a bin of ages, and those of the last bin hold for all later ages (discrete-time competing risks; Prentice and Gloeckler,
1978).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

LONGEST_DAYS = 7305
"""Ages up to which quantiles and means are looked for: twenty years, the longest delay."""

SPARSE = 4
"""Days far in the future are looked up one by one, and not in a table of all days, if they are so many times fewer."""


@dataclass(frozen=True)
class AgeHazards:
    """The time to one outcome of a stage, for one class, in many parameter draws.

    Parameters
    ----------
    key : tuple of str
        What it is: the file's hash, stage, class and outcome. Two of one key are the same.
    starts : array of int, shape (bins,)
        First age of each bin in days, the first one 0.
    values : array, shape (draws, outcomes, bins)
        Chance per day of each outcome of the stage.
    outcome : int
        Number of the outcome among them.
    stretch : float
        Factor on the time.
    """

    key: tuple[str, ...]
    starts: NDArray[np.int64] = field(compare=False, repr=False)
    values: NDArray[np.floating] = field(compare=False, repr=False)
    outcome: int = 0
    stretch: float = 1.0

    @property
    def mid(self) -> F64:
        """Mean hazards over the draws, shape (outcomes, bins)."""
        return np.asarray(self.values.mean(axis=0, dtype=np.float64))

    def at(self, where: NDArray[np.int64]) -> F64:
        """Hazards in numbered draws, shape (draws, outcomes, bins)."""
        return self.values[where % len(self.values)].astype(np.float64)

    def stretched(self, factor: float) -> AgeHazards:
        """The same with all times multiplied."""
        return replace(self, stretch=self.stretch * factor)

    @property
    def some_at_once(self) -> bool:
        """Whether a lead may leave on the day on which it begins the stage."""
        return bool((self.values[:, self.outcome, 0] > 0).any())

    def cdf(self, hazards: F64, x: Any) -> F64:
        """Probability of a time of at most ``x`` days, given the outcome; shape of the draws, then that of ``x``."""
        days = np.floor(np.asarray(x, dtype=np.float64) / self.stretch)
        return conditional(hazards, self.starts, self.outcome, days)


def _bins(hazards: F64, starts: NDArray[np.int64]) -> tuple[F64, F64, F64]:
    """By bin: the chance to stay a day, leads that begin the bin, leads leaving in it per unit of hazard."""
    total = hazards.sum(axis=-2)
    stay = np.clip(1.0 - total, 0.0, 1.0)
    through = np.zeros_like(stay)  # the last bin has no end: all leave in it who can
    through[..., :-1] = stay[..., :-1] ** np.diff(starts)
    through[..., -1] = stay[..., -1] >= 1.0
    begins = np.ones_like(stay)
    np.cumprod(through[..., :-1], axis=-1, out=begins[..., 1:])
    leave = np.divide(begins * (1.0 - through), total, out=np.zeros_like(total), where=total > 0)
    return stay, begins, leave


def leaving_by_age(hazards: F64, starts: NDArray[np.int64]) -> F64:
    """Share of the leads beginning a stage that leave in each bin; shape of the hazards (..., outcomes, bins)."""
    return np.asarray(hazards * _bins(hazards, starts)[2][..., None, :])


def shares(hazards: F64, starts: NDArray[np.int64]) -> F64:
    """Share of the leads beginning a stage that take each outcome in the end; shape (..., outcomes).

    What the shares leave never leaves: it can be more than nothing only if the hazards of the last bin are 0.
    """
    return np.minimum(leaving_by_age(hazards, starts).sum(axis=-1), 1.0)  # a sum may be above 1 by rounding


def conditional(hazards: F64, starts: NDArray[np.int64], outcome: int, days: Any) -> F64:
    """Probability that the time is at most so many days, given the outcome.

    Parameters
    ----------
    hazards : array, shape (..., outcomes, bins)
    starts : array of int, shape (bins,)
    outcome : int
    days : array of whole numbers
        Below 0: probability 0.

    Returns
    -------
    array
        Shape (...) + shape of ``days``; 1 where nobody takes the outcome.
    """
    days = np.asarray(days, dtype=np.int64)
    last = int(days.max(initial=-1))
    whole = (hazards[..., outcome, :] * _bins(hazards, starts)[2]).sum(axis=-1)[..., None]
    if last < 0:
        return np.zeros((*hazards.shape[:-2], *days.shape))
    if last >= max(LONGEST_DAYS, SPARSE * days.size):
        return _at_few_days(hazards, starts, outcome, days, whole)
    days_of_bins = np.diff(np.minimum(np.append(starts, last + 1), last + 1))
    stay = np.repeat(np.clip(1.0 - hazards.sum(axis=-2), 0.0, 1.0), days_of_bins, axis=-1)
    taken = np.repeat(hazards[..., outcome, :], days_of_bins, axis=-1)
    taken[..., 1:] *= np.cumprod(stay[..., :-1], axis=-1)
    np.cumsum(taken, axis=-1, out=taken)
    np.divide(taken, whole, out=taken, where=whole > 0)
    np.minimum(taken, 1.0, out=taken)
    taken[(whole <= 0).repeat(last + 1, axis=-1)] = 1.0
    if days.ndim == 1 and len(days) == last + 1 and days[0] == 0:
        return taken  # day by day, as distributions are tabulated
    return np.where(days < 0, 0.0, taken[..., np.maximum(days, 0)])


def _at_few_days(hazards: F64, starts: NDArray[np.int64], outcome: int, days: NDArray[np.int64], whole: F64) -> F64:
    """The same as :func:`conditional` bin by bin, for days far apart: the memory does not depend on how far."""
    stay, begins, leave = _bins(hazards, starts)
    taken = hazards[..., outcome, :] * leave
    before = np.cumsum(taken, axis=-1) - taken
    at = np.clip(np.searchsorted(starts, days, side="right") - 1, 0, None)
    total = hazards.sum(axis=-2)[..., at]
    left = 1.0 - stay[..., at] ** (days - starts[at] + 1)
    here = hazards[..., outcome, :][..., at] * begins[..., at]
    whole = whole.reshape(whole.shape[:-1] + (1,) * days.ndim)
    inside = before[..., at] + np.divide(here * left, total, out=np.zeros_like(total), where=total > 0)
    share = np.divide(inside, whole, out=np.ones_like(inside), where=whole > 0)
    return np.where(days < 0, 0.0, np.minimum(share, 1.0))
