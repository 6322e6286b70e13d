"""The shapes in which a history is exported: tables of text, and the mapping that reads them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from rpmsim.generate.crm import hubspot, salesforce
from rpmsim.generate.export import Export, Table
from rpmsim.generate.history import SECONDS_PER_DAY, History, Record, Visit, value_at

SNAPSHOT_EVERY_DAYS = 7


def events(history: History) -> Export:
    """One row for each stage that a record entered; also work items and people."""

    def rows() -> Iterator[tuple[str, ...]]:
        for record, visit in _visits(history):
            yield (
                record.id,
                visit.stage,
                "" if visit.undated else _time(history, visit.entered),
                _time(history, visit.known),
                value_at(record.owners, visit.entered) or "",
                value_at(record.amounts, visit.entered) or "",
                record.channel,
                record.segment,
            )

    header = ("record", "stage", "entered_at", "recorded_at", "owner", "amount", "channel", "segment")
    source = """\
  events:
    file: events{ending}
    shape: events
    record: record
    stage: stage
    time: entered_at
    recorded: recorded_at
    owner: owner
    amount: amount
    channel: channel
    segment: segment
  tasks:
    file: tasks{ending}
    shape: work
    record: record
    created: created_at
    started: started_at
    completed: completed_at
    owner: owner
"""
    people = "people:\n  file: people{ending}\n  id: id\n  role: role\n  start: first_day\n  end: last_day\n"
    return Export(
        [Table("events", header, rows()), _tasks(history), _people(history)], _mapping(history, source, people)
    )


def wide(history: History) -> Export:
    """One row for each record, one column for each stage with the time of the first visit."""
    names = [name for name, _ in history.stages]

    def rows() -> Iterator[tuple[str, ...]]:
        for record in _records(history):
            first: dict[str, Visit] = {}
            for visit in record.visits:
                first.setdefault(visit.stage, visit)
            times = ["" if n not in first or first[n].undated else _time(history, first[n].entered) for n in names]
            amount = record.amounts[-1].value if record.amounts else ""
            yield (record.id, record.channel, record.segment, amount, record.visits[-1].stage, *times)

    header = ("record", "channel", "segment", "amount", "stage", *(f"entered_{name}" for name in names))
    source = """\
  leads:
    file: leads{ending}
    shape: wide
    record: record
    channel: channel
    segment: segment
    amount: amount
    current: stage
    stages:
"""
    source += "".join(f"      {name}: entered_{name}\n" for name in names)
    return Export([Table("leads", header, rows())], _mapping(history, source))


def field_history(history: History) -> Export:
    """One row for each change of a field, with its old and its new value."""

    def rows() -> Iterator[tuple[str, ...]]:
        for record in _records(history):
            changes = [(v.known, "stage", v.stage, v.undated) for v in record.visits]
            changes += [(s.at, "owner", s.value, False) for s in record.owners]
            changes += [(s.at, "amount", s.value, False) for s in record.amounts]
            changes += [(record.created, "channel", record.channel, False)]
            changes += [(record.created, "segment", record.segment, False)]
            now: dict[str, str] = {}
            for at, name, value, undated in sorted(changes, key=lambda change: (change[0], change[1] == "stage")):
                yield record.id, name, now.get(name, ""), value, "" if undated else _time(history, at)
                now[name] = value

    source = """\
  changes:
    file: changes{ending}
    shape: field history
    record: record
    field: field
    old: old_value
    new: new_value
    time: changed_at
    fields: {stage: stage, owner: owner, amount: amount, channel: channel, segment: segment}
"""
    header = ("record", "field", "old_value", "new_value", "changed_at")
    return Export([Table("changes", header, rows())], _mapping(history, source))


def values(history: History) -> Export:
    """One row for each moment at which something changed, with all values that hold from then on."""

    def rows() -> Iterator[tuple[str, ...]]:
        for record in _records(history):
            dated = [visit for visit in record.visits if not visit.undated]
            moments = {v.known for v in dated} | {s.at for s in (*record.owners, *record.amounts)}
            for at in sorted(moments):
                stage = next((v.stage for v in reversed(dated) if v.known <= at), "")
                if stage:
                    owner, amount = value_at(record.owners, at) or "", value_at(record.amounts, at) or ""
                    yield record.id, stage, owner, amount, record.channel, record.segment, _time(history, at)

    header = ("record", "stage", "owner", "amount", "channel", "segment", "since")
    return Export(
        [Table("values", header, rows())],
        _mapping(history, _VALUES.format(name="values", shape="values", time="since")),
    )


def snapshots(history: History) -> Export:
    """One row for each record that is open, or was closed since the last one, on every seventh day."""
    ends = {name for name, kind in history.stages if kind in ("won", "lost")}
    earliest = min((record.created for record in history.records), default=0) // SECONDS_PER_DAY
    last = (history.as_of - history.first_day).days
    days = [
        day for day in range(last % SNAPSHOT_EVERY_DAYS - 7 * 600, last + 1, SNAPSHOT_EVERY_DAYS) if day >= earliest
    ]

    def rows() -> Iterator[tuple[str, ...]]:
        for record in _records(history):
            reported = ""
            dated = [visit for visit in record.visits if not visit.undated]
            for day in days:
                end = (day + 1) * SECONDS_PER_DAY - 1
                visit = next((v for v in reversed(dated) if v.known <= end), None)
                if visit is None or (reported in ends and visit.stage == reported):
                    continue
                reported = visit.stage
                owner, amount = value_at(record.owners, end) or "", value_at(record.amounts, end) or ""
                date = (history.first_day + dt.timedelta(day)).isoformat()
                yield record.id, reported, owner, amount, record.channel, record.segment, date

    header = ("record", "stage", "owner", "amount", "channel", "segment", "snapshot_date")
    text = _VALUES.format(name="snapshots", shape="snapshots", time="snapshot_date")
    return Export([Table("snapshots", header, rows())], _mapping(history, text))


_VALUES = """\
  {name}:
    file: {name}{{ending}}
    shape: {shape}
    record: record
    stage: stage
    time: {time}
    owner: owner
    amount: amount
    channel: channel
    segment: segment
"""


def _records(history: History) -> Iterator[Record]:
    for record in history.records:
        for _ in range(1 + record.copies):
            yield record


def _visits(history: History) -> Iterator[tuple[Record, Visit]]:
    for record in history.records:
        for _ in range(1 + record.copies):
            for visit in record.visits:
                yield record, visit


def _tasks(history: History) -> Table:
    def rows() -> Iterator[tuple[str, ...]]:
        for record in history.records:
            for task in record.tasks:
                times = ["" if t is None else _time(history, t) for t in (task.created, task.started, task.completed)]
                yield (record.id, task.stage, *times, task.owner)

    return Table("tasks", ("record", "stage", "created_at", "started_at", "completed_at", "owner"), rows())


def _people(history: History) -> Table:
    def date(day: int | None) -> str:
        inside = day is not None and history.first_day + dt.timedelta(day) <= history.as_of
        return (history.first_day + dt.timedelta(day)).isoformat() if day is not None and inside else ""

    rows = ((worker.id, worker.role, date(worker.first), date(worker.last)) for worker in history.workers)
    return Table("people", ("id", "role", "first_day", "last_day"), rows)


def _time(history: History, second: int) -> str:
    return history.moment(second).isoformat(" ")


def _mapping(history: History, sources: str, more: str = "") -> str:
    """The mapping of an export, with the stages and the moves of the scenario."""
    entries = {to for source, to in history.moves if source == "source"}
    lines = []
    for name, kind in history.stages:
        moves = ", ".join(to for source, to in history.moves if source == name)
        parts = [f"kind: {kind}", *(["enters: yes"] if name in entries else []), *([f"to: [{moves}]"] if moves else [])]
        lines.append(f"  {name}: {{{', '.join(parts)}}}\n")
    return (
        f"# Written by `rpmsim generate`: the mapping of this export.\n"
        f"as_of: {history.as_of}\ncurrency: {history.currency}\n\nstages:\n{''.join(lines)}\nsources:\n{sources}{more}"
    )


SHAPES: dict[str, Callable[[History], Export]] = {
    "events": events,
    "wide": wide,
    "field-history": field_history,
    "values": values,
    "snapshots": snapshots,
}
"""Shapes by the name that ``--shape`` takes."""


def shape_of(name: str, history: History) -> Export:
    """The export of a history in a shape, one of ours or that of a CRM."""
    return {**SHAPES, "salesforce": salesforce, "hubspot": hubspot}[name](history)
