"""Who works which stage: the roles of a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.part import Finding
from rpmsim.calibration.people import Person
from rpmsim.calibration.take_ups import NEVER, Visits

F64 = NDArray[np.float64]
Cell = tuple[int, int]
"""A stage and a segment."""

COVERED = 0.9
"""A stage is worked if this share of its visits has a work item."""

ONE_ROLE = 0.8
"""A stage is worked by one role if people of that role took up this share of its records."""

OVERLAP = 0.5
"""Stages are worked by one team if the same people do this share of their work."""

FEW_ITEMS = 20
"""A segment with fewer work items in a stage says nothing about who works it."""


@dataclass(frozen=True)
class Team:
    """A role of the history.

    Parameters
    ----------
    label : str
        The role as the history writes it; empty if roles are not known.
    cells : frozenset of (stage, segment)
        What it works.
    people : tuple of Person
        Empty if it is not known who works: then the team counts as one head.
    """

    label: str
    cells: frozenset[Cell]
    people: tuple[Person, ...]

    def mask(self, visits: Visits) -> NDArray[np.bool_]:
        """Which visits it works."""
        width = len(visits.segments)
        return np.isin(visits.stage * width + visits.segment, [s * width + g for s, g in sorted(self.cells)])

    def there(self, day: int) -> list[Person]:
        """Who is there on a day."""
        return [person for person in self.people if person.first <= day <= person.last]


def covered_cells(visits: Visits) -> dict[Cell, tuple[int, int]]:
    """Visits by stage and segment since the first work item of the stage, and how many of them have one.

    If the export lists no work item that waits, what still waits has none, and does not count.
    """
    since = np.full(len(visits.stages), NEVER)
    np.minimum.at(since, visits.stage[visits.worked], visits.entered[visits.worked])
    counts = visits.entered >= since[visits.stage]
    if not lists_waiting(visits):
        counts &= visits.worked | (visits.left < NEVER)
    width = len(visits.segments)
    code = visits.stage * width + visits.segment
    total = np.bincount(code[counts], minlength=len(visits.stages) * width)
    worked = np.bincount(code[counts & visits.worked], minlength=len(total))
    return {divmod(int(i), width): (int(total[i]), int(worked[i])) for i in np.flatnonzero(total)}


def lists_waiting(visits: Visits) -> bool:
    """Whether the history has work items that nobody has begun."""
    return bool((visits.worked & ~visits.started).any())


def find_teams(
    visits: Visits, people: list[Person], cells: Mapping[Cell, tuple[int, int]]
) -> tuple[list[Team], list[Finding]]:
    """The roles that work what is covered by work items.

    Parameters
    ----------
    visits : Visits
    people : list of Person
    cells : mapping of (stage, segment) to (visits, visits with a work item)
    """
    covered = sorted(cell for cell, (n, worked) in cells.items() if worked >= COVERED * n)
    if not covered:
        return [], []
    counts = _work(visits, covered)
    done = int(((visits.took < NEVER) & visits.worked).sum())
    if counts.sum() < 0.5 * done:
        what = f"Only {counts.sum():.0f} of {done} work items state who did the work, so each team counts as one head."
        finding = Finding("owners", "REVIEW", what, "Map the owner of work items, or state the number of heads.")
        return [Team("", frozenset(own), ()) for own in _stagewise(covered)], [finding]
    working = [person for person in people if person.owner >= 0]
    if sum(bool(person.role) for person in working) >= ONE_ROLE * len(working):
        groups, findings = _by_role(visits, covered, counts, working)
    else:
        groups, findings = _by_owners(covered, counts), []
    teams = []
    for label, own in groups:
        teams.append(Team(label, frozenset(own), _members(label, own, groups, covered, counts, people)))
    return teams, findings


def _work(visits: Visits, cells: list[Cell]) -> F64:
    """Records taken up, by cell and owner."""
    width, owners = len(visits.segments), max(len(visits.owners), 1)
    done = (visits.owner >= 0) & (visits.took < NEVER)
    code = (visits.stage * width + visits.segment) * owners + visits.owner
    counts = np.bincount(code[done], minlength=len(visits.stages) * width * owners).reshape(-1, owners)
    return np.asarray(counts[[stage * width + segment for stage, segment in cells]], dtype=np.float64)


def _stagewise(cells: list[Cell]) -> list[list[Cell]]:
    return [[cell for cell in cells if cell[0] == stage] for stage in sorted({stage for stage, _ in cells})]


def _by_role(
    visits: Visits, cells: list[Cell], counts: F64, people: list[Person]
) -> tuple[list[tuple[str, list[Cell]]], list[Finding]]:
    """Cells by the role of those who took them up; a segment with its own role only if it has enough records."""
    roles = sorted({person.role for person in people if person.role})
    of_role = np.zeros((counts.shape[1], len(roles)))
    for person in people:
        if person.role:
            of_role[person.owner, roles.index(person.role)] = 1.0
    by_role = counts @ of_role
    groups: dict[str, list[Cell]] = {}
    findings = []
    for own in _stagewise(cells):
        rows = [cells.index(cell) for cell in own]
        total = by_role[rows].sum(axis=0)
        mixed = not total.sum()
        for cell, row in zip(own, rows, strict=True):
            count = by_role[row] if by_role[row].sum() >= FEW_ITEMS else total
            if count.max() >= ONE_ROLE * count.sum() > 0.0:
                groups.setdefault(roles[int(count.argmax())], []).append(cell)
            else:
                mixed = mixed or by_role[row].sum() >= FEW_ITEMS
        if mixed:
            shares = ", ".join(f"{roles[i]} {total[i] / total.sum():.0%}" for i in np.argsort(-total) if total[i] > 0)
            what = f"Several roles take up its records ({shares or 'none is stated'}), so none has a queue of them."
            to_do = "If they work different segments, map that attribute as the segment; else give them one role."
            findings.append(Finding(f"who works {visits.stages[own[0][0]]}", "REVIEW", what, to_do))
    return sorted(groups.items()), findings


def _by_owners(cells: list[Cell], counts: F64) -> list[tuple[str, list[Cell]]]:
    """Cells that the same people work."""
    total = counts.sum(axis=1)
    shares = counts / np.maximum(total[:, None], 1.0)
    group = np.arange(len(cells))
    enough = np.flatnonzero(total >= FEW_ITEMS)
    for i in enough:
        for j in enough[enough < i]:
            if np.minimum(shares[i], shares[j]).sum() >= OVERLAP:
                group[group == group[i]] = group[j]
    for i in np.flatnonzero(total < FEW_ITEMS):
        same = [int(j) for j in enough if cells[int(j)][0] == cells[i][0]]
        if same:
            group[i] = group[max(same, key=lambda j: total[j])]
    return [("", [cells[i] for i in np.flatnonzero(group == g)]) for g in np.unique(group)]


def _members(
    label: str,
    own: list[Cell],
    groups: list[tuple[str, list[Cell]]],
    cells: list[Cell],
    counts: F64,
    people: list[Person],
) -> tuple[Person, ...]:
    """People of the role, or those who do most of their work there."""
    if label:
        return tuple(person for person in people if person.role == label)
    by_group = np.stack([counts[[cells.index(cell) for cell in c]].sum(axis=0) for _, c in groups])
    mine = next(i for i, (_, c) in enumerate(groups) if c is own)
    return tuple(
        person
        for person in people
        if person.owner >= 0 and by_group[mine, person.owner] > 0 and by_group[:, person.owner].argmax() == mine
    )
