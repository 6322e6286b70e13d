"""On which days outcomes come: every day, or on open days only; decided from the history, for each outcome.

A clock gives each day a weight, as in the model (docs/background/model.md, section 1): the age of a record is the
sum of the weights of the days since it entered its stage, in whole days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rpmsim.calibration.evidence import Evidence, Spells

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Key = tuple[tuple[bool, ...], tuple[float, ...], tuple[float, ...]]

CLOSED_SHARE = 0.05
"""Days of the week are closed if fewer than this share of all exits falls on them together (calibration notes: a
clock of workdays then forecasts better)."""
CLOSED_RATE = 0.25
"""... and if each of them has less than this part of the exits of an average day."""
LEAST_EXITS = 40
PLACES = 3
"""Months of a quarter."""
RUSH, UNLIKELY = 1.5, 1e-6
LEAST_RUSH, LEAST_MONTHS, MOST_PLACES = 100, 4, 3
"""Exits and ends of months without which a rush is not looked for, and days at the end of a month that may be one."""
YEAR = 365
EPSILON = 1e-9
AHEAD = 1500
"""Days after the last one for which a clock is known."""

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EVERY_DAY = (True,) * 7
WORKWEEK = (True,) * 5 + (False,) * 2


@dataclass(frozen=True)
class Clock:
    """A clock of open days, with a rush at the end of the month, and by the months of the quarter, where there is one.

    Parameters
    ----------
    open_days : tuple of bool
        By day of the week, Monday first.
    weights : array, shape (days,)
        From day 0 of the history on: 1 on open days, 0 on others; with factors, scaled to a mean of 1 over a year.
    month_end : tuple of float
        Factors on the last open days of a month, the last one first.
    quarter : tuple of float
        Factors on the days of each month of a quarter: those of January, April, July and October first. None where
        months are alike.
    """

    open_days: tuple[bool, ...]
    weights: F64
    month_end: tuple[float, ...] = ()
    quarter: tuple[float, ...] = ()

    @property
    def is_calendar(self) -> bool:
        """Whether all days are alike."""
        return all(self.open_days) and not self.is_scaled

    @property
    def is_scaled(self) -> bool:
        """Whether open days have weights of their own, scaled to a mean of 1."""
        return bool(self.month_end or self.quarter)

    @property
    def key(self) -> Key:
        """What makes clocks of one history the same."""
        return self.open_days, self.month_end, self.quarter

    @property
    def name(self) -> str:
        """As a scenario calls it whose calendar has a working week of five days."""
        return self.called(WORKWEEK)

    @property
    def text(self) -> dict[str, Any]:
        """As such a scenario states it."""
        return self.stated(WORKWEEK)

    def called(self, workdays: tuple[bool, ...]) -> str:
        """As a scenario calls it whose calendar has these workdays."""
        parts = ["month_end"] * bool(self.month_end) + ["quarter"] * bool(self.quarter)
        if all(self.open_days):
            return "_".join(parts) or "calendar"
        return "_".join(["work"] * (self.open_days == workdays) or self._ends) + "".join(f"_{part}" for part in parts)

    def stated(self, workdays: tuple[bool, ...]) -> dict[str, Any]:
        """As a scenario states it whose calendar has these workdays."""
        if not self.is_scaled:
            return {"open": weekday_text(self.open_days)}
        factors: dict[str, Any] = {}
        if self.quarter:
            factors["months"] = {name: self.quarter[i % PLACES] for i, name in enumerate(MONTHS)}
        if self.month_end:
            factors["month_end"] = list(self.month_end)
        if all(self.open_days):
            return factors
        if self.open_days == workdays:
            return {"weekdays": "work"} | factors
        closed = {name: 0 for name, is_open in zip(NAMES, self.open_days, strict=True) if not is_open}
        return {"weekdays": closed, "holidays": "closed"} | factors

    @property
    def week(self) -> F64:
        """Weights of an ordinary week, Monday first."""
        days = np.array(self.open_days, dtype=np.float64)
        return days * 7.0 / days.sum() if self.is_scaled else days

    @property
    def _ends(self) -> list[str]:
        """Its first and last open day, if all others lie between; else all of them."""
        starts = [day for day in range(7) if self.open_days[day] and not self.open_days[day - 1]]
        if len(starts) != 1:
            return [NAMES[day] for day in range(7) if self.open_days[day]]
        return [NAMES[starts[0]], NAMES[(starts[0] + sum(self.open_days) - 1) % 7]]

    @cached_property
    def passed(self) -> F64:
        """Sum of the weights up to and including each day."""
        return np.cumsum(self.weights)

    @cached_property
    def _first(self) -> I64:
        """First day on which the sum of the weights is at least 0, 1, 2 ..."""
        return np.searchsorted(self.passed, np.arange(int(self.passed[-1]) + 2) - EPSILON, side="left")

    def age(self, entered: I64, day: I64 | int) -> I64:
        """Age on a day, in whole days of the clock."""
        return np.floor(self.passed[day] - self.passed[entered] + EPSILON).astype(np.int64)

    def when(self, entered: I64, age: int) -> I64:
        """First day on which the age is reached; the day of entering for 0."""
        if age <= 0:
            return entered
        target = self.passed[entered] + age
        if self.is_scaled:
            return np.minimum(np.searchsorted(self.passed, target - EPSILON, side="left"), len(self.passed) - 1)
        return self._first[np.minimum(target.astype(np.int64), len(self._first) - 1)]


def weekday_text(open_days: Sequence[bool]) -> str:
    """Days of the week as a scenario writes them: ``Mon-Fri``."""
    runs: list[list[str]] = []
    for i, name in enumerate(NAMES):
        if open_days[i] and i and open_days[i - 1]:
            runs[-1].append(name.capitalize())
        elif open_days[i]:
            runs.append([name.capitalize()])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def clock_names(clocks: Iterable[Clock], workdays: tuple[bool, ...]) -> dict[Key, str]:
    """Names of different clocks in a scenario whose calendar has these workdays, by their keys."""
    result: dict[Key, str] = {}
    counts: dict[str, int] = {}
    for clock in clocks:
        if clock.key not in result:
            name = clock.called(workdays)
            counts[name] = counts.get(name, 0) + 1
            result[clock.key] = name if counts[name] == 1 else f"{name}_{counts[name]}"
    return result


def make_clock(
    evidence: Evidence,
    open_days: tuple[bool, ...],
    closed: I64,
    month_end: tuple[float, ...] = (),
    quarter: tuple[float, ...] = (),
) -> Clock:
    """A clock over the days of a history and after it.

    Parameters
    ----------
    evidence : Evidence
    open_days : tuple of bool
        By day of the week, Monday first.
    closed : array of int
        Numbers of further days on which it does not run, such as holidays.
    month_end : tuple of float
        Factors on the last open days of a month, the last one first.
    quarter : tuple of float
        Factors on the days of each month of a quarter.
    """
    days = np.arange(evidence.last + AHEAD)
    weights = np.array(open_days, dtype=np.float64)[(days + evidence.first.weekday()) % 7]
    if not all(open_days):
        weights[closed[(closed >= 0) & (closed < len(weights))]] = 0.0
    if month_end:
        left = open_days_left(evidence, weights)
        for place, factor in enumerate(month_end):
            weights[left == place] *= factor
    if quarter:
        weights *= np.array(quarter)[months_of(evidence, days) % PLACES]
    if month_end or quarter:
        weights /= weights[evidence.last + 1 : evidence.last + 1 + YEAR].mean()
    return Clock(open_days, weights, month_end, quarter)


def months_of(evidence: Evidence, days: I64) -> I64:
    """Months from January 1970 to each day."""
    return (np.datetime64(evidence.first) + days).astype("datetime64[M]").astype(np.int64)


def open_days_left(evidence: Evidence, weights: F64) -> I64:
    """Open days of the month that follow each open day; -1 for days that are not open."""
    month = months_of(evidence, np.arange(len(weights)))
    is_open = weights > 0
    total = np.cumsum(is_open)
    last = np.searchsorted(month, month, side="right") - 1
    return np.where(is_open, total[last] - total, -1)


def month_end_of(spells: Spells, evidence: Evidence, plain: Clock) -> tuple[float, ...]:
    """Factors on the last open days of a month, if exits are clearly more frequent then; none if not.

    Parameters
    ----------
    spells : Spells
        That ended.
    evidence : Evidence
    plain : Clock
        With the open days of the outcome.

    Notes
    -----
    A factor is the exits of the last days of all months over those of other open days; it must be :data:`RUSH` at
    least, and so many exits must be unlikely by chance (Poisson).
    """
    until = spells.until[spells.until > spells.entered]
    days = np.arange(int(spells.since.min(initial=0)), evidence.last + 1)
    left = open_days_left(evidence, plain.weights)
    place, exits = left[days], np.bincount(until, minlength=evidence.last + 1)[days]
    usual = (place >= MOST_PLACES) | (place < 0)
    open_usual = usual & (place >= 0)
    if len(until) < LEAST_RUSH or not open_usual.any() or (place == 0).sum() < LEAST_MONTHS:
        return ()
    rate = exits[open_usual].mean()
    factors: list[float] = []
    for number in range(MOST_PLACES):
        here = place == number
        expected = rate * here.sum()
        found = exits[here].sum()
        if found < RUSH * expected or stats.poisson.sf(found - 1, expected) > UNLIKELY:
            break
        factors.append(round(float(found / max(expected, 1e-9)), 2))
    return tuple(factors)


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
