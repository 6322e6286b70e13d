"""Spells of one stage with the date that was known on each day, and what they add up to by lead time and age.

A record with a date known in advance has two clocks: the days since it entered the stage, and the days to go until its
date. On each day they add up to its lead time, so that the days at risk of all records are a table of lead time and
age, which holds all that a model of either clock, or of both, needs to know.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

LONGEST_LEAD = 731
"""Days ahead (two years) up to which a date is used; what is due later runs by its age until then."""

LONGEST_PAST = 366
"""Days after its date from which on a record counts as one of which the date says nothing any more."""

OLDEST = 1096
"""Days in the stage from which on days at risk are not counted: too few are as old."""


@dataclass(frozen=True)
class DueSpells:
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
    kind : array of int
        Number of the class.
    weight : array of float
        By recency; 1 for all is none.
    """

    record: I64
    outcome: I64
    entered: I64
    since: I64
    until: I64
    due: F64
    kind: I64
    weight: F64

    def __len__(self) -> int:
        return len(self.record)

    def where(self, mask: NDArray[np.bool_] | I64) -> DueSpells:
        """Some of them."""
        return DueSpells(**{item.name: getattr(self, item.name)[mask] for item in fields(self)})

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
    days : array, shape (classes, leads, ages)
        Record-days at risk; ``leads`` is 0 ... longest lead time.
    exits : array, shape (outcomes, classes, leads, ages)
    """

    days: F64
    exits: F64

    @property
    def to_go(self) -> I64:
        """Days to go of each cell, shape (leads, ages); below 0 after the date."""
        leads, ages = self.days.shape[1:]
        return np.arange(leads)[:, None] - np.arange(ages)


def cells_of(spells: DueSpells, outcomes: int, kinds: int, first: int, last: int, *, weighted: bool = True) -> Cells:
    """Count spells with a date, from day ``first`` to day ``last``.

    Parameters
    ----------
    spells : DueSpells
    outcomes, kinds : int
        Number of outcomes and of classes.
    weighted : bool
        Whether the weights count. They are scaled so that their sum is the number of equally weighted spells that say
        as much (Kish, 1965).

    Returns
    -------
    Cells
    """
    lead = spells.lead
    since, until = np.maximum(spells.since, first), np.minimum(spells.until, last)
    latest = np.where(np.isnan(lead), np.inf, spells.due + LONGEST_PAST)
    until = np.minimum(until, np.minimum(latest, spells.entered + OLDEST)).astype(np.int64)
    counted = ~np.isnan(lead) & (since <= until)
    some, since, until = spells.where(counted), since[counted], until[counted]
    ends = (some.outcome >= 0) & (some.until == until)
    leads, ages = int(np.max(some.lead, initial=0)) + 1, int(np.max(until - some.entered, initial=0)) + 2
    weight = some.weight if weighted else np.ones(len(some))
    if weighted and len(some):
        weight = weight * (weight.sum() / (weight**2).sum())
    row = (some.kind * leads + some.lead.astype(np.int64)) * ages
    size = kinds * leads * ages
    change = np.bincount(row + since - some.entered, weight, size)
    change -= np.bincount(row + until - some.entered + 1, weight, size)
    days = np.maximum(np.cumsum(change.reshape(kinds, leads, ages), axis=2), 0.0)
    exits = np.zeros((outcomes, size))
    for j in range(outcomes):
        here = ends & (some.outcome == j)
        exits[j] = np.bincount((row + until - some.entered)[here], weight[here], size)
    return Cells(days, exits.reshape(outcomes, kinds, leads, ages))
