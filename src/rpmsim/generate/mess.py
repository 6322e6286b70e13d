"""What people and systems do to records: each kind of mess on request, and the ids of whom it struck."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import random
from collections.abc import Callable

from rpmsim.generate.history import SECONDS_PER_DAY, History, Visit

CLOSED_AT = 17 * 3600
"""Second of the day at which somebody cleans up."""


def make_mess(history: History, shares: dict[str, float], seed: int) -> None:
    """Make a mess of a history, in place; ``history.truth`` then names the records of each kind.

    Parameters
    ----------
    shares : dict of str to float
        Share of the records to which it can happen, by the names of :data:`MESS`, which says what each does.
    seed : int
        Which records.
    """
    for name, make in MESS.items():
        if name in shares:
            rng = random.Random(f"{seed}/{name}")
            struck = make(history, shares[name], rng)
            history.truth[name] = sorted(set(struck))


def cut(history: History, as_of: dt.date, window: dt.date | None = None) -> None:
    """Keep what an export on the evening of ``as_of`` holds, of records that began on ``window`` or later."""
    end = history.second_of(as_of) + SECONDS_PER_DAY
    start = -math.inf if window is None else history.second_of(window)
    kept = []
    for record in history.records:
        record.visits = [visit for visit in record.visits if visit.known < end]
        record.amounts = [stated for stated in record.amounts if stated.at < end]
        record.owners = [stated for stated in record.owners if stated.at < end]
        record.tasks = [task for task in record.tasks if task.created < end]
        for task in record.tasks:
            if task.started is not None and task.started >= end:
                task.started, task.owner = None, ""
            if task.completed is not None and task.completed >= end:
                task.completed = None
        if record.visits and record.created >= start:
            kept.append(record)
    history.records = kept
    history.as_of = as_of
    ids = {record.id for record in kept}
    history.truth = {name: [id_ for id_ in struck if id_ in ids] for name, struck in history.truth.items()}


def _skipped_stages(history: History, share: float, rng: random.Random) -> list[str]:
    """A stage in the middle is missing, where the scenario has no such short cut."""
    allowed = set(history.moves)
    struck = []
    for record in history.records:
        names = [visit.stage for visit in record.visits]
        places = [i for i in range(1, len(names) - 1) if (names[i - 1], names[i + 1]) not in allowed]
        places = [i for i in places if names[i - 1] != names[i + 1]]
        if places and rng.random() < share:
            del record.visits[rng.choice(places)]
            struck.append(record.id)
    return struck


def _reopened(history: History, share: float, rng: random.Random) -> list[str]:
    """A lost record is opened again days later, and lost for good after that."""
    ends = {name for name, kind in history.stages if kind == "lost"}
    last = history.second_of(history.as_of) + SECONDS_PER_DAY
    struck = []
    for record in history.records:
        if len(record.visits) < 2 or record.visits[-1].stage not in ends or rng.random() >= share:
            continue
        again = record.visits[-1].entered + rng.randrange(5, 40) * SECONDS_PER_DAY
        over = again + rng.randrange(1, 30) * SECONDS_PER_DAY
        if over < last:
            record.visits += [Visit(record.visits[-2].stage, again), Visit(record.visits[-1].stage, over)]
            struck.append(record.id)
    return struck


def _bulk_edits(history: History, share: float, rng: random.Random) -> list[str]:
    """Losses of a month are typed in together, on the evening of its last day, in one second."""
    ends = {name for name, kind in history.stages if kind == "lost"}
    last = history.second_of(history.as_of) + SECONDS_PER_DAY
    struck = []
    for record in history.records:
        visit = record.visits[-1]
        if len(record.visits) < 2 or visit.stage not in ends or rng.random() >= share:
            continue
        day = history.moment(visit.entered).date()
        end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        second = history.second_of(end) + CLOSED_AT
        if visit.entered <= second < last:
            visit.entered = second
            struck.append(record.id)
    return struck


def _missing_starts(history: History, share: float, rng: random.Random) -> list[str]:
    """The first visit has no time."""
    struck = []
    for record in history.records:
        if len(record.visits) > 1 and rng.random() < share:
            record.visits[0].undated = True
            struck.append(record.id)
    return struck


def _late_entries(history: History, share: float, rng: random.Random) -> list[str]:
    """A move is typed in two to ten days after it happened."""
    struck = []
    for record in history.records:
        moved = [visit for visit in record.visits[1:] if not visit.undated]
        if moved and rng.random() < share:
            visit = rng.choice(moved)
            visit.recorded = visit.entered + rng.randrange(2, 10) * SECONDS_PER_DAY
            struck.append(record.id)
    return struck


def _duplicates(history: History, share: float, rng: random.Random) -> list[str]:
    """All rows of the record appear twice in the export."""
    struck = []
    for record in history.records:
        if rng.random() < share:
            record.copies = 1
            struck.append(record.id)
    return struck


MESS: dict[str, Callable[[History, float, random.Random], list[str]]] = {
    "skipped_stages": _skipped_stages,
    "reopened": _reopened,
    "bulk_edits": _bulk_edits,
    "missing_starts": _missing_starts,
    "late_entries": _late_entries,
    "duplicates": _duplicates,
}
"""Kinds of mess, in the order in which they happen."""

USUAL = {
    "skipped_stages": 0.05,
    "reopened": 0.03,
    "bulk_edits": 0.25,
    "missing_starts": 0.02,
    "late_entries": 0.10,
    "duplicates": 0.01,
}
"""What ``--mess usual`` stands for."""
