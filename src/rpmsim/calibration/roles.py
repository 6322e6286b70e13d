"""What is known of each role: its people, their ramp, what limits it, and how it comes and goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rpmsim.calibration.people import Person
from rpmsim.calibration.queue_order import older_first
from rpmsim.calibration.ramp import Ramp, fit_ramp
from rpmsim.calibration.role_days import F64, role_days
from rpmsim.calibration.take_ups import Mask, Visits
from rpmsim.calibration.teams import Team
from rpmsim.calibration.throughput import Limit, busy_days, find_limit
from rpmsim.calibration.turnover import Turnover, fit_turnover

AUTOMATON_TIMES, AUTOMATON_HOURS, AUTOMATON_SHARE = 5.0, 0.1, 0.05
"""An owner that takes up so many times more than the median colleague, half of it within so many hours, is no person; a
role with such an owner for more than this share of its records has no queue."""

WHOLE = 0.95
"""A stage has a queue if roles with a limit work this share of its visits."""


@dataclass(frozen=True)
class Role:
    """A team with what is known of it.

    Parameters
    ----------
    name : str
        In the model.
    team : Team
    there : tuple of Person
        Who is there on the view's day.
    limit : Limit
    ramp : Ramp
    turnover : Turnover or None
        None if its people are not known.
    per_head, held : float
        Records that one person took up on an open day, and held in the evening; means of all days.
    order : float or None
        Of two waiting records, how often the older one was taken up first; None if that was seldom seen.
    """

    name: str
    team: Team
    there: tuple[Person, ...]
    limit: Limit
    ramp: Ramp
    turnover: Turnover | None
    per_head: float
    held: float
    order: float | None

    @property
    def heads(self) -> int:
        """People there on the view's day; 1 if it is not known who works."""
        return len(self.there) if self.team.people else 1


def fit_role(
    visits: Visits, team: Team, name: str, is_open: Mask, since: int, draws: int, rng: np.random.Generator
) -> Role:
    """Fit a role.

    Parameters
    ----------
    visits : Visits
    team : Team
    name : str
        In the model.
    is_open : array of bool, shape (days,)
        Days on which it works.
    since : int
        Limits are estimated from this day on.
    draws : int
    rng : Generator
    """
    days = role_days(visits, team, is_open, since)
    ramp = fit_ramp(visits, team, draws, rng)
    limit = find_limit(days, ramp, rng)
    turnover = fit_turnover(team, 0, visits.last, draws, rng) if team.people else None
    there = tuple(team.there(visits.last))
    automaton = _automaton(visits, team)
    if automaton:
        limit = Limit("", limit.per_head[:0], limit.busy_days, limit.taken, automaton)
    elif team.people and not there:
        limit = Limit("", limit.per_head[:0], limit.busy_days, limit.taken, "nobody of the role is there today")
    heads = max(float(days.heads.sum()), 1e-9)
    busy = days.day[busy_days(days, days.heads @ ramp.share.mean(axis=0))]
    order = older_first(visits, team.mask(visits), busy) if limit.kind else None
    return Role(name, team, there, limit, ramp, turnover, _sum(days.work) / heads, _sum(days.held) / heads, order)


def whole_stages(visits: Visits, roles: list[Role]) -> list[Role]:
    """Roles with a limit whose stages have a queue for (nearly) all records.

    The times of a stage count from being taken up or from entering; they cannot count from both.
    """
    kept = [role for role in roles if role.limit.kind]
    while kept:
        mine = np.any([role.team.mask(visits) for role in kept], axis=0)
        total = np.bincount(visits.stage, minlength=len(visits.stages))
        queue = np.bincount(visits.stage[mine], minlength=len(total))
        partly = {int(s) for s in np.flatnonzero((queue > 0) & (queue < WHOLE * total))}
        fewer = [role for role in kept if not partly & {stage for stage, _ in role.team.cells}]
        if len(fewer) == len(kept):
            break
        kept = fewer
    return kept


def _automaton(visits: Visits, team: Team) -> str:
    """Why a role is worked by something that is no person; empty if it is not."""
    mine = team.mask(visits) & visits.started & (visits.owner >= 0)
    counts = np.bincount(visits.owner[mine], minlength=len(visits.owners))
    at_work = counts[counts > 0]
    if len(at_work) < 2:
        return ""
    most = int(counts.argmax())
    usual = (
        float(np.median(at_work[at_work < at_work.max()])) if (at_work < at_work.max()).any() else float(counts[most])
    )
    hours = float(np.median(visits.wait_hours[mine & (visits.owner == most)]))
    share = counts[most] / counts.sum()
    if counts[most] < AUTOMATON_TIMES * usual or hours > AUTOMATON_HOURS or share < AUTOMATON_SHARE:
        return ""
    return f"{share:.0%} of the records are taken up at once by {visits.owners[most]}, which seems to be no person"


def _sum(values: F64) -> float:
    return float(values.sum())
