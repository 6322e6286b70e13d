"""What a role did on each day it worked: what came, was taken up, left, waited and was held, and who was there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.columns import Columns
from rpmsim.calibration.take_ups import NEVER, Mask, Visits
from rpmsim.calibration.teams import Team, lists_waiting
from rpmsim.model.staffing import DAYS_PER_MONTH

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

MOST_MONTHS = 12
"""Months of tenure that are distinguished."""


@dataclass(frozen=True)
class RoleDays(Columns):
    """Open days of a role since its records are complete; arrays of shape (days,).

    Parameters
    ----------
    day : array of int
    came, taken, left : array of float
        Records that came from elsewhere, that were taken up, and that left the role, since the open day before.
        A record that moves on inside the role comes and leaves once; one that left on the day on which it was taken up
        is in none of them but ``came``.
    taken_by_stage : array, shape (days, stages)
        All that were taken up, also those that moved on inside the role.
    morning, old, held : array of float
        Records waiting in the morning, those waiting in the evening that came on an earlier day, and those held in the
        evening.
    heads : array, shape (days, months + 1)
        People there, by month of tenure; the last column has those beyond.
    """

    day: I64
    came: F64
    taken: F64
    left: F64
    taken_by_stage: F64
    morning: F64
    old: F64
    held: F64
    heads: F64

    @property
    def work(self) -> F64:
        """All records that were taken up on each day."""
        return np.asarray(self.taken_by_stage.sum(axis=1))

    @property
    def week(self) -> I64:
        """Number of the week of each day, for blocks."""
        return self.day // 7


def role_days(visits: Visits, team: Team, is_open: Mask, since: int = 0) -> RoleDays:
    """Count the days of a role.

    Records that were there before the history began are not in it. So the days begin when nine of ten records that
    came with the first work items have left, at the latest in the middle.

    Parameters
    ----------
    visits : Visits
    team : Team
    is_open : array of bool, shape (days,)
        Days on which the role works.
    since : int
        No earlier day.
    """
    mine = team.mask(visits)
    stage, entered, left, worked = visits.stage[mine], visits.entered[mine], visits.left[mine], visits.worked[mine]
    recorded = int(entered[worked].min(initial=visits.last))
    # A record without a work item waited for nobody, unless the export lists no items that wait.
    at_once = ~worked if lists_waiting(visits) else ~worked & (entered < recorded)
    took = np.where(at_once, entered, visits.took[mine])
    served = took < NEVER
    stays = served & (left > took)
    comes_from, goes_to = _inside(visits, mine, team)
    size = visits.last + 1
    arriving = _by_day(entered, size)
    leaving_queue = _by_day(np.minimum(took, left), size)
    taken = _by_day(took[served], size)
    leaving = _by_day(left[served], size)
    waiting, held = np.cumsum(arriving - leaving_queue), np.cumsum(taken - leaving)
    old = waiting - _by_day(entered[np.minimum(took, left) > entered], size)
    stay = np.minimum(left, size) - entered
    warm = recorded + int(min(np.quantile(stay, 0.9) if len(stay) else 0, (visits.last - recorded) / 2))
    days = np.flatnonzero(is_open)
    keep = days[days >= max(since, warm)]
    stages = [_by_day(took[served & (stage == s)], size) for s in range(len(visits.stages))]
    return RoleDays(
        keep,
        _between(_by_day(entered[~comes_from], size), days, keep),
        _between(_by_day(took[stays & ~comes_from], size), days, keep),
        _between(_by_day(left[stays & ~goes_to], size), days, keep),
        np.stack([_between(counts, days, keep) for counts in stages], axis=1),
        waiting[np.maximum(keep - 1, 0)],
        old[keep],
        held[keep],
        _heads(team, keep),
    )


def _inside(visits: Visits, mine: Mask, team: Team) -> tuple[Mask, Mask]:
    """Whether a visit comes from a stage of the role, and whether it moves on to one."""
    own = np.zeros((len(visits.stages) + 1, len(visits.segments)), dtype=bool)  # the last row is for other stages
    for cell in team.cells:
        own[cell] = True
    segment = visits.segment[mine]
    return own[visits.previous[mine], segment], own[visits.following[mine], segment]


def _heads(team: Team, days: I64) -> F64:
    heads = np.zeros((len(days), MOST_MONTHS + 1))
    if not team.people:
        heads[:, -1] = 1.0
        return heads
    for person in team.people:
        there = (days >= person.first) & (days <= person.last)
        tenure = np.maximum(days - person.first, 0) if person.dated else np.full_like(days, NEVER)
        month = np.minimum(tenure // DAYS_PER_MONTH, MOST_MONTHS).astype(np.int64)
        np.add.at(heads, (np.flatnonzero(there), month[there]), 1.0)
    return heads


def _by_day(days: I64, size: int) -> F64:
    return np.bincount(np.clip(days[days < size], 0, None), minlength=size).astype(np.float64)


def _between(counts: F64, days: I64, keep: I64) -> F64:
    """Sums from the day after one open day to the next."""
    total = np.cumsum(counts)
    previous = np.searchsorted(days, keep) - 1
    before = np.where(previous >= 0, total[days[previous]], 0.0)
    return np.asarray(total[keep] - before)
