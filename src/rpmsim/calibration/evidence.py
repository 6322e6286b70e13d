"""What a calibration counts on: the spells of all records in all stages, and who came when, as arrays.

Days are numbers from :attr:`Evidence.first` on. Everything comes from a view, so from what was known on its day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.columns import Columns
from rpmsim.calibration.names import Names
from rpmsim.history.mapping import StageRule
from rpmsim.history.view import View

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

NOT_LEFT = -1


@dataclass(frozen=True)
class Spells(Columns):
    """Spells of records in stages in which their exits would have been recorded; arrays of shape (spells,).

    Parameters
    ----------
    record, group : array of int
        Numbers of the record and of its group.
    stage : array of int
        Number of the stage in :attr:`Evidence.stages`.
    outcome : array of int
        Number of the stage that followed in :attr:`Evidence.targets`; -1 if the record was still there.
    entered, since, until : array of int
        Day of entering, first day at risk, and last day at risk: that of the exit, if there was one.
    channel, segment : array of int
    returns : array of int
        1 if the record had been moved back before, 0 if not.
    amount : array of float
        As known when the stage was entered; NaN if not known.
    band : array of int
        Number of the size band; all 0 without bands.
    """

    record: I64
    group: I64
    stage: I64
    outcome: I64
    entered: I64
    since: I64
    until: I64
    channel: I64
    segment: I64
    returns: I64
    amount: F64
    band: I64

    def as_of(self, day: int) -> Spells:
        """As they were known when an earlier day ended."""
        known = self.where((self.entered <= day) & (self.since <= day))
        later = known.until > day
        return replace(known, until=np.minimum(known.until, day), outcome=np.where(later, NOT_LEFT, known.outcome))


@dataclass(frozen=True)
class Wins:
    """Wins with their amounts; arrays of shape (wins,).

    Parameters
    ----------
    record, day, channel, segment : array of int
    amount : array of float
        As known at the win; NaN if not known.
    entry_amount : array of float
        As known when the stage before was entered.
    """

    record: I64
    day: I64
    channel: I64
    segment: I64
    amount: F64
    entry_amount: F64


@dataclass(frozen=True)
class Records:
    """Records by number; arrays of shape (records,).

    Parameters
    ----------
    begun : array of int
        Day on which each came.
    channel, segment : array of int
        Place of what the history says in ``channels`` and ``segments``.
    channels : tuple of (str or None, str, int)
        Channel and first stage, as the history has them, and the number of the model's channel.
    segments : tuple of (str or None, int)
        Segment, as the history has it, and the number of the model's segment.
    """

    begun: I64
    channel: I64
    segment: I64
    channels: tuple[tuple[str | None, str, int], ...]
    segments: tuple[tuple[str | None, int], ...]

    def __len__(self) -> int:
        return len(self.begun)

    @property
    def classes(self) -> tuple[I64, I64]:
        """Numbers of the model's channel and segment of each record."""
        channels, segments = (np.array([row[-1] for row in rows]) for rows in (self.channels, self.segments))
        return channels[self.channel], segments[self.segment]


@dataclass(frozen=True)
class Evidence:
    """What a calibration counts on.

    Parameters
    ----------
    view : View
    first, as_of : date
        Day 0, and the last day.
    stages : tuple of StageRule
        Those in which records can be.
    targets : tuple of str
        Stages that can follow: all stages of the mapping by number.
    channels, segments : Names
    into : tuple of int
        Stage in which the records of each channel begin.
    spells : Spells
    arrivals : array of int, shape (days, channels)
        New records by day.
    mix : array of int, shape (channels, segments)
        New records by segment.
    wins : Wins
    records : Records
    open_records : dict of str to array, shape (records,)
        Columns of today's open records: record, number, stage, entered, channel, segment, returns, amount,
        entry_amount, waiting.
    band_names : tuple of str
        Size bands, if the size of a deal acts on outcome or speed.
    band_stage : int
        Number of the stage in which a record gets its band.
    workdays : tuple of bool
        Days of the week in the calendar of the model, Monday first.
    silent : int
        Days at the end on which nothing was recorded.
    too_large : int
        Records with an amount that no scenario takes.
    """

    view: View
    first: dt.date
    as_of: dt.date
    stages: tuple[StageRule, ...]
    targets: tuple[str, ...]
    channels: Names
    segments: Names
    into: tuple[int, ...]
    spells: Spells
    arrivals: I64
    mix: F64
    wins: Wins
    records: Records
    open_records: dict[str, NDArray[Any]] = field(default_factory=dict)
    band_names: tuple[str, ...] = ()
    band_stage: int = 0
    workdays: tuple[bool, ...] = (True,) * 5 + (False,) * 2
    silent: int = 0
    too_large: int = 0

    @property
    def segment_of(self) -> dict[str | None, str]:
        """Segment in the model for each text of the history."""
        return {text: self.segments.names[code] for text, code in self.records.segments}

    @property
    def last(self) -> int:
        """Number of the last day."""
        return (self.as_of - self.first).days

    @property
    def seen(self) -> int:
        """Number of the last day on which anything was recorded."""
        return self.last - self.silent

    def date(self, day: int) -> dt.date:
        """The date of a numbered day."""
        return self.first + dt.timedelta(int(day))

    def number(self, day: dt.date) -> int:
        """The number of a date."""
        return (day - self.first).days


def moves_back(rules: Sequence[StageRule]) -> NDArray[np.bool_]:
    """Whether a move leads back: to the same or an earlier stage that is no end; shape (from, to)."""
    ends = np.array([rule.kind in ("won", "lost") for rule in rules])
    return np.tri(len(rules), dtype=bool) & ~ends
