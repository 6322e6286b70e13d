"""Spells of one stage with the date that was known on each day, and what they add up to by lead time and age.

A record with a date known in advance has two clocks: the days since it entered the stage, and the days to go until its
date. On each day they add up to its lead time, so that the days at risk of all records are a table of lead time and
age, which holds all that a model of either clock, or of both, needs to know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.columns import Columns
from rpmsim.calibration.windows import ALL, Window

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

LONGEST_LEAD = 731
"""Days ahead (two years) up to which a date is used; what is due later runs by its age until then."""

LONGEST_PAST = 366
"""Days after its date from which on a record counts as one of which the date says nothing any more."""

STEPS, LEAST_WEIGHT = 2, 2.0**-8
"""Weights of days are taken in so many steps for each half, down to the least one."""

OLDEST = 1096
"""Days in the stage from which on days at risk are not counted: too few are as old."""


@dataclass(frozen=True)
class DueSpells(Columns):
    """Spells of the records of one stage in which their exits would have been recorded; arrays of shape (spells,).

    A record whose date was moved has a spell for each date, of which only the last one can have an outcome.

    Parameters
    ----------
    record : array of int
        Number of the record.
    outcome : array of int
        Number of the outcome; -1 if the record was still there at the end of the last day.
    entered, since, until : array of int
        Day on which the record entered the stage, and first and last day at risk.
    due : array of float
        Day of the date as it was known then; NaN if it was not known.
    """

    record: I64
    outcome: I64
    entered: I64
    since: I64
    until: I64
    due: F64

    def as_of(self, day: int) -> DueSpells:
        """As they were known when an earlier day ended."""
        known = self.where(self.since <= day)
        later = known.until > day
        return replace(known, until=np.minimum(known.until, day), outcome=np.where(later, -1, known.outcome))

    @property
    def lead(self) -> F64:
        """Days from entering the stage to the date; NaN where it is not known or of no use."""
        days = self.due - self.entered
        return np.where((days > LONGEST_LEAD) | (days < 0), np.nan, days)


def with_dates(spells: DueSpells, record: I64, known: I64, due: I64) -> DueSpells:
    """Spells with the dates of their records, each in force from the day after it was known.

    A date that became known on the day on which the stage was entered counts from that day on. One that became known on
    the day of the exit came too late to say anything about it: many systems overwrite the date when a record is closed.

    Parameters
    ----------
    spells : DueSpells
        One for each stay in the stage; their ``due`` is not looked at.
    record, known, due : array of int, shape (dates,)
        Each date of a record, with the day on which it was known first.

    Returns
    -------
    DueSpells
        In the order of the given ones, with one for each date that was in force.
    """
    order = np.lexsort((known, record))
    record, known, due = record[order], known[order], due[order]
    width = int(max(known.max(initial=0), spells.until.max(initial=0)) - min(known.min(initial=0), 0)) + 2
    low = min(int(known.min(initial=0)), 0)
    place = record * width + (known - low)

    def last_by(day: I64) -> I64:
        """Place of the last date of the record that was known on a day, -1 if there is none."""
        at = np.searchsorted(place, spells.record * width + np.clip(day - low, -1, width - 1), side="right") - 1
        return np.where((at >= 0) & (record[np.maximum(at, 0)] == spells.record), at, -1) if len(place) else at

    start = np.maximum(spells.since, spells.entered)
    in_time = np.where(start == spells.entered, start, start - 1)
    first, last = last_by(in_time), last_by(np.maximum(spells.until - 1, in_time))
    begins = np.searchsorted(place, spells.record * width, side="left") - 1
    first = np.where(first < 0, begins, first)  # the place before the record's first date: none yet
    last = np.maximum(last, first)
    pieces = last - first + 1
    of = np.repeat(np.arange(len(spells)), pieces)
    step = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    at = first[of] + step
    is_dated = (at > begins[of]) & (at >= 0)
    result = spells.where(of)
    since = np.where(step > 0, known[np.maximum(at, 0)] + 1 if len(known) else 0, result.since)
    is_last = step == pieces[of] - 1
    following = np.append(since[1:], 0)
    return replace(
        result,
        since=since,
        until=np.where(is_last, result.until, following - 1),
        outcome=np.where(is_last, result.outcome, -1),
        due=np.where(is_dated, due[np.maximum(at, 0)] if len(due) else np.nan, np.nan),
    )


@dataclass(frozen=True)
class Cells:
    """Days at risk and exits by lead time and age.

    Parameters
    ----------
    days : array, shape (leads, ages)
        Record-days at risk; ``leads`` is 0 ... longest lead time.
    exits : array, shape (outcomes, leads, ages)
    """

    days: F64
    exits: F64

    @property
    def to_go(self) -> I64:
        """Days to go of each cell, shape (leads, ages); below 0 after the date."""
        leads, ages = self.days.shape
        return np.arange(leads)[:, None] - np.arange(ages)


def cells_of(spells: DueSpells, outcomes: int, first: int, last: int, window: Window = ALL) -> Cells:
    """Count spells with a date, from day ``first`` to day ``last``.

    Parameters
    ----------
    spells : DueSpells
    outcomes : int
        Number of outcomes.
    window : Window
        How much each day counts, seen from the last one. Weights are scaled so that exits add up to the number of equal
        ones that say as much (Kish, 1965).

    Returns
    -------
    Cells
    """
    lead = spells.lead
    latest = np.where(np.isnan(lead), -np.inf, np.minimum(spells.due + LONGEST_PAST, spells.entered + OLDEST))
    until = np.minimum(spells.until, latest.clip(-1)).astype(np.int64)
    some = spells.where((spells.since <= until) & (until >= first) & (spells.since <= last))
    until = until[(spells.since <= until) & (until >= first) & (spells.since <= last)]
    ends = (some.outcome >= 0) & (some.until == until)
    shape = int(np.max(some.lead, initial=0)) + 1, int(np.max(until - some.entered, initial=0)) + 2
    row = some.lead.astype(np.int64) * shape[1] - some.entered
    size = shape[0] * shape[1]
    days, exits = np.zeros(size), np.zeros((outcomes, size))
    summed, squared = 0.0, 0.0
    for begin, end, weight in _blocks(window, first, last):
        since, stop = np.maximum(some.since, begin), np.minimum(until, end)
        here = since <= stop
        change = np.bincount((row + since)[here], minlength=size) - np.bincount((row + stop + 1)[here], minlength=size)
        days += weight * np.cumsum(change.reshape(shape), axis=1).ravel()
        left = here & ends & (stop == until)
        for j in range(outcomes):
            exits[j] += weight * np.bincount((row + until)[left & (some.outcome == j)], minlength=size)
        summed, squared = summed + weight * left.sum(), squared + weight**2 * left.sum()
    scale = summed / squared if squared > 0 else 1.0
    return Cells(scale * days.reshape(shape), scale * exits.reshape(outcomes, *shape))


def _blocks(window: Window, first: int, last: int) -> list[tuple[int, int, float]]:
    """Spans of days that count about alike, with their weight."""
    weights = window.weights(last)[max(first, 0) :]
    level = np.full(len(weights), -np.inf)
    np.log2(weights, out=level, where=weights > 0)
    level = np.floor(STEPS * level)
    edges = np.concatenate([[0], np.flatnonzero(level[1:] != level[:-1]) + 1, [len(weights)]])
    spans = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    start = max(first, 0)
    return [
        (start + a, start + b - 1, float(weights[a:b].mean()))
        for a, b in spans
        if b > a and weights[a:b].mean() > LEAST_WEIGHT
    ]
