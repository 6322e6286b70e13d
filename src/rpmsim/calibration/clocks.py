"""On which days outcomes come: every day, or on open days only; decided from the history, for each outcome.

A clock gives each day a weight, as in the model (docs/background/model.md, section 1): the age of a record is the
sum of the weights of the days since it entered its stage, in whole days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.evidence import Evidence, Spells

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CLOSED_SHARE = 0.05
"""Days of the week are closed if fewer than this share of all exits falls on them together (calibration notes: a
clock of workdays then forecasts better)."""
CLOSED_RATE = 0.25
"""... and if each of them has less than this part of the exits of an average day."""
LEAST_EXITS = 40
AHEAD = 1500
"""Days after the last one for which a clock is known."""

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = (True,) * 7
WORKWEEK = (True,) * 5 + (False,) * 2


@dataclass(frozen=True)
class Clock:
    """A clock of open days.

    Parameters
    ----------
    open_days : tuple of bool
        By day of the week, Monday first.
    weights : array, shape (days,)
        1 on open days, 0 on others, from day 0 of the history on.
    """

    open_days: tuple[bool, ...]
    weights: F64

    @property
    def every_day(self) -> bool:
        """Whether it runs every day."""
        return all(self.open_days)

    @property
    def name(self) -> str:
        """As the scenario calls it."""
        if self.every_day:
            return "calendar"
        return "work" if self.open_days == WORKWEEK else "_".join(self._ends)

    @property
    def open_text(self) -> str:
        """Its days as a scenario writes them."""
        return "-".join(end.capitalize() for end in self._ends) if self._run else ", ".join(self._ends)

    @cached_property
    def _run(self) -> bool:
        starts = [day for day in range(7) if self.open_days[day] and not self.open_days[day - 1]]
        return len(starts) == 1

    @cached_property
    def _ends(self) -> list[str]:
        if not self._run:
            return [NAMES[day] for day in range(7) if self.open_days[day]]
        first = next(day for day in range(7) if self.open_days[day] and not self.open_days[day - 1])
        return [NAMES[first], NAMES[(first + sum(self.open_days) - 1) % 7]]

    @cached_property
    def passed(self) -> I64:
        """Sum of the weights up to and including each day."""
        return np.cumsum(self.weights).astype(np.int64)

    @cached_property
    def _first(self) -> I64:
        """First day on which the sum of the weights is at least 0, 1, 2 ..."""
        return np.searchsorted(self.passed, np.arange(self.passed[-1] + 2), side="left")

    def age(self, entered: I64, day: I64 | int) -> I64:
        """Age on a day, in whole days of the clock."""
        return self.passed[day] - self.passed[entered]

    def when(self, entered: I64, age: int) -> I64:
        """First day on which the age is reached; the day of entering for 0."""
        if age <= 0:
            return entered
        target = np.minimum(self.passed[entered] + age, len(self._first) - 1)
        return self._first[target]


def make_clock(evidence: Evidence, open_days: tuple[bool, ...], closed: I64) -> Clock:
    """A clock over the days of a history and after it.

    Parameters
    ----------
    evidence : Evidence
    open_days : tuple of bool
        By day of the week, Monday first.
    closed : array of int
        Numbers of further days on which it does not run, such as holidays.
    """
    days = np.arange(evidence.last + AHEAD)
    weights = np.array(open_days, dtype=np.float64)[(days + evidence.first.weekday()) % 7]
    if not all(open_days):
        weights[closed[(closed >= 0) & (closed < len(weights))]] = 0.0
    return Clock(open_days, weights)


def open_days_of(spells: Spells, first_weekday: int) -> tuple[bool, ...]:
    """Days of the week on which exits fall; those of the day of entering say nothing.

    Parameters
    ----------
    spells : Spells
        That ended.
    first_weekday : int
        Day of the week of day 0.
    """
    later = spells.until > spells.entered
    counts = np.bincount((spells.until[later] + first_weekday) % 7, minlength=7)
    total = counts.sum()
    if total < LEAST_EXITS:
        return EVERY_DAY
    closed = counts < CLOSED_RATE * total / 7
    if not closed.any() or counts[closed].sum() >= CLOSED_SHARE * total:
        return EVERY_DAY
    return tuple(bool(is_open) for is_open in ~closed)
