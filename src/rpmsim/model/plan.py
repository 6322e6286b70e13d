"""The whole model: what the engine simulates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from rpmsim.model.arrivals import Channel
from rpmsim.model.calendar import Calendar, PeriodKind
from rpmsim.model.cycle import Stage
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Band, Cost, Segment
from rpmsim.model.staffing import Role

LONGEST_SPAN_DAYS = 30 * 366
"""Days that a model may simulate at most."""


@dataclass(frozen=True)
class Content:
    """Everything that a dated change may touch. Tuples are in the order of the scenario file."""

    stages: tuple[Stage, ...]
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...]
    roles: tuple[Role, ...]
    costs: tuple[Cost, ...] = ()


@dataclass(frozen=True)
class Change:
    """A dated change: the content from a day on, all earlier changes included.

    Parameters
    ----------
    start : date
        First day of the new content.
    phase_days : int
        Days over which it is phased in: a growing chance of the new distribution, a straight line for rates and prices.
    affects_open : bool
        Whether leads in a stage whose end would fall on or after ``start`` are drawn again from the new distribution,
        given their age.
    """

    name: str
    start: dt.date
    content: Content
    phase_days: int = 0
    affects_open: bool = False


@dataclass(frozen=True)
class OpeningStock:
    """Leads of one class in a stage at the end of ``as_of``; ``days`` since they began it or came to its queue."""

    stage: str
    channel: str
    segment: str
    count: int
    days: int
    waiting: bool = False
    grade: str = ""
    returns: int = 0
    band: str = ""


@dataclass(frozen=True)
class OpenDeal:
    """One open record, simulated on its own. ``entered``: the day it began the stage (or came to its queue).

    ``due`` is a date that is known in advance, by which outcomes of its stages may run; ``expected_close`` is what the
    CRM says: it is stored and shown, and has no effect on what is simulated.
    """

    id: str
    stage: str
    entered: dt.date
    channel: str
    segment: str
    amount: float | None = None
    odds: float = 1.0
    waiting: bool = False
    grade: str = ""
    returns: int = 0
    label: str = ""
    expected_close: dt.date | None = None
    due: dt.date | None = None


@dataclass(frozen=True)
class Target:
    """A number to reach: metric, period label, its first and last day, value (currency or count).

    ``of`` and ``name`` say of which channel, segment or group of segments; of the whole where they are empty.
    """

    metric: Literal["leads", "wins", "bookings"]
    period: str
    first: dt.date
    last: dt.date
    value: float
    of: Literal["", "channel", "segment", "group"] = ""
    name: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Where it stands in the scenario."""
        return ("targets", *((f"{self.of}s", self.name) if self.of else ()), self.metric, self.period)


@dataclass(frozen=True)
class Actual:
    """Actuals to date in a period: metric, label, first day, last day (at most ``as_of``), value."""

    metric: Literal["leads", "wins", "bookings"]
    period: str
    first: dt.date
    last: dt.date
    value: float


@dataclass(frozen=True)
class TrackRecord:
    """How past forecasts of a metric fared against what came.

    Parameters
    ----------
    metric : {"leads", "wins", "bookings"}
    days : int
        Days ahead: each forecast is of the total over that many days.
    forecasts, inside : int
        How many there are, and how many results fell inside their 8-in-10 band (p10 to p90).
    separate : int
        Most of the forecasts that can be chosen so that no two are for a common day.
    first, last : date
        Days on which the first and the last one were made.
    inherited : bool
        Whether the model that was tested is one on which this one builds.
    """

    metric: Literal["leads", "wins", "bookings"]
    days: int
    forecasts: int
    inside: int
    separate: int
    first: dt.date
    last: dt.date
    inherited: bool = False


@dataclass(frozen=True, repr=False)
class Model:
    """A checked scenario in the terms of the field.

    Parameters
    ----------
    as_of, until : date
        Day before the first simulated day, and last simulated day.
    content : Content
        What holds from the first day on.
    changes : tuple of Change
        In order of ``start``, then name; each content includes all changes before it.
    grades, bands : tuple
        Declared grades by name (in order), size bands from small to large.
    max_returns : int
        Returns counted: 0 is not tracked, 2 means classes 0, 1 and "2 or more".
    targets, class_targets : tuple of Target
        Of the whole; and of channels, segments and groups of segments.
    revision : Distribution or None
        Distribution of the factor between an open deal's amount and its amount when won.
    track_record : tuple of TrackRecord
        How past forecasts fared, one entry a metric at most; it has no effect on what is simulated.
    """

    name: str
    label: str
    currency: str
    as_of: dt.date
    until: dt.date
    calendar: Calendar
    content: Content
    changes: tuple[Change, ...] = ()
    grades: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    max_returns: int = 0
    opening: tuple[OpeningStock, ...] = ()
    open_deals: tuple[OpenDeal, ...] = ()
    revision: Distribution | None = None
    targets: tuple[Target, ...] = ()
    class_targets: tuple[Target, ...] = ()
    actuals: tuple[Actual, ...] = ()
    track_record: tuple[TrackRecord, ...] = ()
    period: PeriodKind = "month"

    def __repr__(self) -> str:
        """Say in a line what it is."""
        content = self.content
        counts = ((len(getattr(content, kind)), kind) for kind in ("channels", "segments", "stages", "roles"))
        parts = ", ".join(f"{count} {kind if count != 1 else kind[:-1]}" for count, kind in counts)
        return f"{self.name!r}: {self.first_day} to {self.until}, {parts}"

    @property
    def contents(self) -> tuple[Content, ...]:
        """The content at the start, and that from each dated change on."""
        return self.content, *(change.content for change in self.changes)

    @property
    def first_day(self) -> dt.date:
        """Day 0."""
        return self.as_of + dt.timedelta(1)

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return (self.until - self.as_of).days
