"""Worlds of bookings with a known truth: lead times, cancellations by days to go or by age, wins around the arrival."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.due_spells import DueSpells

I64 = NDArray[np.int64]
Chance = Callable[[I64, I64], NDArray[np.float64]]

OFFSETS, OFFSET_WEIGHTS = np.array([0, 1, 3]), np.array([0.85, 0.1, 0.05])
"""Days from the arrival to the win, or to the record of a guest who did not come."""

SHOWS = 0.95
WON, LOST = 0, 1


def lognormal_leads(rng: np.random.Generator, entered: I64) -> I64:
    """Lead times of a median of 40 days, up to a year."""
    return np.minimum(rng.lognormal(np.log(40.0), 0.8, len(entered)), 365).astype(np.int64)


@dataclass(frozen=True)
class World:
    """Bookings, all to their end; arrays of shape (bookings,)."""

    entered: I64
    due: I64
    end: I64
    outcome: I64

    def spells(self, last: int, first: int = 0) -> DueSpells:
        """What is known on a day, of a log that begins on day ``first``."""
        there = (self.entered <= last) & (self.end >= first)
        entered, end = self.entered[there], self.end[there]
        return DueSpells(
            record=np.arange(len(entered)),
            outcome=np.where(end <= last, self.outcome[there], -1),
            entered=entered,
            since=np.maximum(entered, first),
            until=np.minimum(end, last),
            due=self.due[there].astype(np.float64),
        )

    def csv(self, first: dt.date, last: int) -> str:
        """An export of the day ``last`` days after the first one."""

        def date(day: int) -> str:
            return (first + dt.timedelta(int(day))).isoformat()

        lines = ["id,booked,arrival,ended,state,amount"]
        for i in np.flatnonzero(self.entered <= last).tolist():
            left = self.end[i] <= last
            ended, state = (date(self.end[i]), ("in", "off")[self.outcome[i]]) if left else ("", "booked")
            lines.append(f"b{i},{date(self.entered[i])},{date(self.due[i])},{ended},{state},{100 + i % 7}")
        return "\n".join(lines) + "\n"

    def count(self, outcome: int, last: int, days: int) -> int:
        """Exits in the days after the last one."""
        ends = (self.end > last) & (self.end <= last + days)
        return int((ends & (self.outcome == outcome)).sum())


def world(
    rng: np.random.Generator,
    days: int,
    per_day: float,
    cancels: Chance,
    leads: Callable[[np.random.Generator, I64], I64] = lognormal_leads,
) -> World:
    """Simulate bookings day by day; ``cancels`` gives the chance per day by days to go and age, before the arrival."""
    entered = np.repeat(np.arange(days), rng.poisson(per_day, days))
    lead = leads(rng, entered)
    end = entered + lead + rng.choice(OFFSETS, len(entered), p=OFFSET_WEIGHTS)
    outcome = np.where(rng.random(len(entered)) < SHOWS, WON, LOST)
    open_ = np.ones(len(entered), dtype=bool)
    for age in range(int(lead.max())):
        to_go = lead - age
        off = open_ & (to_go > 0) & (rng.random(len(entered)) < cancels(to_go, np.full_like(to_go, age)))
        end[off], outcome[off] = entered[off] + age, LOST
        open_ &= ~off
    return World(entered, entered + lead, end, outcome)


def far_ahead(to_go: I64, age: I64) -> NDArray[np.float64]:
    """Long before the arrival, 1.4% of the bookings are cancelled a day; in the last month, 0.4%."""
    return np.where(to_go > 30, 0.014, 0.004)


def when_new(to_go: I64, age: I64) -> NDArray[np.float64]:
    """Most cancellations come in the first days after the booking, whatever its date."""
    return 0.002 + 0.03 * np.exp(-age / 10.0)


def both(to_go: I64, age: I64) -> NDArray[np.float64]:
    """New bookings are cancelled five times as often as old ones, and more often long before the arrival."""
    return np.where(to_go > 30, 0.013, 0.003) * (1.0 + 4.0 * np.exp(-age / 10.0))
