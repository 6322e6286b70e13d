"""What is known of every lead: its visits to stages, its amounts, who worked on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

SECONDS_PER_DAY = 86_400


@dataclass(slots=True)
class Visit:
    """One visit to a stage.

    Parameters
    ----------
    stage : str
    entered : int
        Seconds since the first simulated day began, in the clock on the wall.
    recorded : int or None
        When it was typed in; None: as it happened.
    undated : bool
        Whether the export holds no time for it.
    """

    stage: str
    entered: int
    recorded: int | None = None
    undated: bool = False

    @property
    def known(self) -> int:
        """When the CRM held it, in seconds."""
        return self.entered if self.recorded is None else self.recorded


@dataclass(slots=True)
class Task:
    """One piece of work of a desk on a lead; times in seconds, None where it has not come to it."""

    stage: str
    created: int
    started: int | None = None
    completed: int | None = None
    owner: str = ""


class Stated(NamedTuple):
    """A value and the second from which on it holds."""

    at: int
    value: str


@dataclass(slots=True)
class Record:
    """One lead with all that happened to it, in order of time.

    ``amounts`` are in the scenario's currency with two decimals, as text.
    """

    id: str
    channel: str
    segment: str
    grade: str = ""
    visits: list[Visit] = field(default_factory=list)
    amounts: list[Stated] = field(default_factory=list)
    owners: list[Stated] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    copies: int = 0

    @property
    def created(self) -> int:
        """When its first visit began, in seconds."""
        return self.visits[0].entered


@dataclass(frozen=True, slots=True)
class Worker:
    """A person as the CRM lists them; days since the first simulated day, ``first`` None: long before."""

    id: str
    role: str
    first: int | None
    last: int | None


class Row(NamedTuple):
    """One row of the event log, as reading an export must give it back (times in seconds, amount as text)."""

    record: str
    stage: str
    entered: int
    left: int | None
    outcome: str | None
    channel: str
    segment: str
    owner: str | None
    amount: str | None


@dataclass
class History:
    """All records of a company up to the end of one day.

    Parameters
    ----------
    first_day, as_of : date
        First simulated day, from which seconds count, and last day of the export.
    stages : tuple of (str, str)
        Name and kind, in the order of the scenario.
    moves : tuple of (str, str)
        Moves that the scenario allows; ``source`` is where leads come from.
    truth : dict
        What was put in as mess: name of the mess to the ids of the records that have it.
    parameters : dict
        Value of every ranged number that made this history.
    """

    name: str
    currency: str
    first_day: dt.date
    as_of: dt.date
    stages: tuple[tuple[str, str], ...]
    moves: tuple[tuple[str, str], ...]
    records: list[Record]
    workers: list[Worker]
    truth: dict[str, list[str]] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)

    def moment(self, seconds: int) -> dt.datetime:
        """The time on the wall."""
        return dt.datetime.combine(self.first_day, dt.time()) + dt.timedelta(seconds=seconds)

    def second_of(self, day: dt.date) -> int:
        """Second in which a day begins."""
        return (day - self.first_day).days * SECONDS_PER_DAY

    def rows(self) -> list[Row]:
        """The event log of what the export holds: without undated visits, in order of record and time."""
        result = []
        for record in sorted(self.records, key=lambda record: record.id):
            visits = [visit for visit in record.visits if not visit.undated]
            for i, visit in enumerate(visits):
                after = visits[i + 1] if i + 1 < len(visits) else None
                result.append(
                    Row(
                        record.id,
                        visit.stage,
                        visit.entered,
                        after.entered if after else None,
                        after.stage if after else None,
                        record.channel,
                        record.segment,
                        value_at(record.owners, visit.entered),
                        value_at(record.amounts, visit.entered),
                    )
                )
        return result


def value_at(stated: list[Stated], second: int) -> str | None:
    """The last value stated up to and with a second."""
    found = None
    for at, value in stated:
        if at > second:
            break
        found = value
    return found
