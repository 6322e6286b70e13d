"""The people of a history: who they are, and from when to when they were there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from rpmsim.calibration.part import Finding
from rpmsim.calibration.take_ups import NEVER, Visits
from rpmsim.history.view import View
from rpmsim.history.view_tables import query

IDLE_DAYS = 45
"""Somebody without a stated last day who took up nothing for longer, and holds nothing, has left."""

STRAY_DAYS, STRAY_ITEMS = 30, 5
"""Dates are not believed if the person took up so many records more than so many days outside them."""


@dataclass(frozen=True)
class Person:
    """Somebody who works.

    Parameters
    ----------
    id, role : str
        As the history writes them; the role is empty if it is not known.
    owner : int
        Number among the owners of work items; -1 for somebody who has none.
    first, last : int
        First day, and last day (:data:`NEVER`: still there).
    dated : bool
        Whether the history states the first day; otherwise it is that of the first record taken up, or of the history.
    left : bool
        Whether the history states the last day.
    """

    id: str
    role: str
    owner: int
    first: int
    last: int
    dated: bool
    left: bool

    def tenure(self, day: int) -> int:
        """Days since the first one; :data:`NEVER` if that is not known."""
        return day - self.first if self.dated else NEVER


def find_people(view: View, visits: Visits) -> tuple[list[Person], list[Finding]]:
    """Everybody who took up a record, and those whose first day and role are stated; by name."""
    rows = view.con.execute(
        f"SELECT id, role, first_day, last_day FROM ({query(view, 'people')}) WHERE id IS NOT NULL ORDER BY id"
    ).fetchall()
    listed = {
        str(name): (role or "", _number(visits, first), _number(visits, last)) for name, role, first, last in rows
    }
    states_starts = any(first is not None for _, first, _ in listed.values())
    states_ends = any(last is not None for _, _, last in listed.values())
    done = (visits.owner >= 0) & (visits.took < NEVER)
    owner, took = visits.owner[done], visits.took[done]
    until = np.where(visits.left[done] == NEVER, visits.last, took)
    earliest, latest = np.full(len(visits.owners), NEVER), np.full(len(visits.owners), -1)
    np.minimum.at(earliest, owner, took)
    np.maximum.at(latest, owner, until)
    order = np.argsort(owner, kind="stable")
    ends = np.searchsorted(owner[order], np.arange(len(visits.owners) + 1))
    people, absurd = [], []
    for number, name in enumerate(visits.owners):
        if earliest[number] == NEVER:
            continue
        in_list = name in listed
        role, first, last = listed.pop(name, ("", None, None))
        if _absurd(first, last, took[order[ends[number] : ends[number + 1]]]):
            absurd.append(name)
            first = last = None
        dated, left = first is not None, last is not None
        if first is None:
            first = -1 if in_list and states_starts and name not in absurd else int(earliest[number])
        if last is None:
            gone = not (in_list and states_ends) and visits.last - latest[number] > IDLE_DAYS
            last = int(latest[number]) if gone else NEVER
        people.append(Person(name, role, number, first, last, dated, left))
    for name, (role, first, last) in listed.items():
        if role and first is not None and not _absurd(first, last, took[:0]):
            people.append(Person(name, role, -1, first, NEVER if last is None else last, True, last is not None))
    return sorted(people, key=lambda person: person.id), _findings(absurd)


def _absurd(first: int | None, last: int | None, took: np.typing.NDArray[np.int64]) -> bool:
    early = first is not None and int((took < first - STRAY_DAYS).sum()) >= STRAY_ITEMS
    late = last is not None and int((took > last + STRAY_DAYS).sum()) >= STRAY_ITEMS
    return early or late or (first is not None and last is not None and last < first)


def _findings(absurd: list[str]) -> list[Finding]:
    if not absurd:
        return []
    who = ", ".join(absurd[:3]) + (f" and {len(absurd) - 3} more" if len(absurd) > 3 else "")
    return [
        Finding(
            "people",
            "REVIEW",
            f"First and last days contradict each other, or the work that was done: {who}. They were not used.",
            "Correct the dates in the list of people.",
        )
    ]


def _number(visits: Visits, date: object) -> int | None:
    return (date - visits.first).days if isinstance(date, dt.date) else None
