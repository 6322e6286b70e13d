"""Roles and queues from work items, owners and people, where the history shows a limit.

A stage has a queue in the model only if its role has a limit that can be seen (:mod:`rpmsim.calibration.throughput`).
Otherwise the times of its outcomes count from entering the stage and include the waiting, and the findings say what
was measured and what a planner would add.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from rpmsim.calibration.clocks import weekday_text
from rpmsim.calibration.names import slug, unique
from rpmsim.calibration.part import Finding, Part
from rpmsim.calibration.people import find_people
from rpmsim.calibration.queue_text import write_queues
from rpmsim.calibration.role_text import write_role
from rpmsim.calibration.roles import Role, fit_role, whole_stages
from rpmsim.calibration.take_ups import Visits, open_days, read_visits
from rpmsim.calibration.teams import COVERED, Cell, covered_cells, find_teams, lists_waiting
from rpmsim.history import sql
from rpmsim.history.view import View

LEAST_VISITS = 20
"""A stage with fewer visits that have a work item is not looked at."""

ADD = "To plan heads there, state a role with `heads` and `handles` or `holds`, and `worked_by` in the stage."


@dataclass(frozen=True)
class StaffFit:
    """Roles and queues of a history.

    Parameters
    ----------
    part : Part
        Text of ``roles``, of ``worked_by``, ``response`` and ``gives_up`` of the stages with a queue, and of
        ``calendar.work``; draws by path, and findings.
    counts_from_take_up : frozenset of str
        Stages with a queue: times and shares of their outcomes must be counted from the day on which a record was
        taken up, and records that wait must be ``waiting`` in ``open``.
    began : str
        Table in the working database with a row for each visit to these stages: record, visit, began (DATE: the day on
        which it was taken up; empty if it waits or gave up waiting). Empty text if there is no such stage.
    not_identified : dict of str to str
        For each other stage with work items why it has no queue; for a comment in the model.
    workdays : tuple of bool, optional
        Days of the week on which the roles work, Monday first; None if the model has no queue.
    """

    part: Part
    counts_from_take_up: frozenset[str] = frozenset()
    began: str = ""
    not_identified: dict[str, str] = field(default_factory=dict)
    workdays: tuple[bool, ...] | None = None


def fit_staff(
    view: View,
    draws: int,
    rng: np.random.Generator,
    *,
    segments: Mapping[str | None, str] | None = None,
    taken: frozenset[str] = frozenset(),
    closed: frozenset[dt.date] = frozenset(),
    since: dt.date | None = None,
) -> StaffFit:
    """Fit the staff of a history.

    Parameters
    ----------
    view : View
    draws : int
        Number of joint draws.
    rng : Generator
    segments : mapping of str or None to str, optional
        Names in the model of the segments of the history. Default: made from their texts.
    taken : frozenset of str
        Names that the model uses otherwise.
    closed : frozenset of date
        Holidays of the model's calendar, on which no role works.
    since : date, optional
        Limits are estimated from the days from here on.

    Returns
    -------
    StaffFit
        Without work items: no text, and a finding that says so.
    """
    visits = read_visits(view)
    if visits is None:
        what = "The history has no work items, so the model has no queues: times in stages include waiting for staff. "
        return StaffFit(Part(findings=[Finding("staff", "PASS", what + ADD)]))
    given = segments or {}
    names = [given[text] if text in given else slug(text or "unknown") for text in visits.segments]
    people, findings = find_people(view, visits)
    cells = covered_cells(visits)
    teams, more = find_teams(visits, people, cells)
    findings += more
    part = Part(findings=findings)
    is_open = open_days(visits, closed)
    first = 0 if since is None else max((since - visits.first).days, 0)
    used = set(taken) | {rule.name for rule in view.mapping.stages} | set(names)
    roles = []
    for team in teams:
        label = team.label or f"{visits.stages[min(team.cells)[0]]} team"
        named = replace(team, label=label)
        roles.append(fit_role(visits, named, unique(slug(label), used), is_open, first, draws, rng))
    queued = whole_stages(visits, roles)
    for role in queued:
        write_role(part, visits, role)
    stages = write_queues(part, view.mapping.stages, visits, names, queued, draws, rng)
    if stages and not all(visits.weekdays):
        part.text["calendar"] = {"work": weekday_text(visits.weekdays)}
    reasons = _reasons(visits, cells, roles, stages)
    for why in dict.fromkeys(reasons.values()):
        here = ", ".join(stage for stage, reason in reasons.items() if reason == why)
        part.findings.append(Finding(f"queue of {here}", "PASS", f"{why} {_waits(visits, reasons, why)}{ADD}"))
    began = _began(view, visits, queued, stages) if stages else ""
    return StaffFit(part, frozenset(stages), began, reasons, tuple(visits.weekdays) if stages else None)


def _reasons(
    visits: Visits, cells: Mapping[Cell, tuple[int, int]], roles: list[Role], stages: list[str]
) -> dict[str, str]:
    """Why a stage with work items has no queue."""
    result = {}
    for number, stage in enumerate(visits.stages):
        if stage in stages:
            continue
        n, worked = np.sum([counts for cell, counts in cells.items() if cell[0] == number] or [(0, 0)], axis=0)
        if n < LEAST_VISITS or worked < LEAST_VISITS:
            result[stage] = f"Fewer than {LEAST_VISITS} visits have a work item."
            continue
        mine = next((role for role in roles if any(cell[0] == number for cell in role.team.cells)), None)
        if worked < COVERED * n:
            why = f"Only {worked} of {n} visits have a work item, so nobody can say who waits."
        elif mine is None:
            why = "It is not clear which role works it."
        else:
            why = f"No limit of {mine.team.label} is seen: {mine.limit.why}. {_measured(mine)}"
            if mine.limit.kind:
                why = f"{mine.team.label} has a limit, but other roles that work its stages have none that is seen."
        result[stage] = why
    return result


def _waits(visits: Visits, reasons: Mapping[str, str], why: str) -> str:
    """How long records waited, and what follows."""
    texts = []
    for number, stage in enumerate(visits.stages):
        waits = visits.wait_hours[(visits.stage == number) & visits.started]
        if reasons.get(stage) == why and len(waits):
            texts.append(f"{np.median(waits):.1f} hours ({stage})")
    return f"Median time until work began: {', '.join(texts)}; times in the stages include it. " if texts else ""


def _measured(role: Role) -> str:
    who = f"{role.heads} people, who" if role.team.people else "It as a whole"
    per = " each" if role.team.people else ""
    return f"{who} took up {role.per_head:.2g} records a workday{per} and held {role.held:.2g}."


def _began(view: View, visits: Visits, queued: list[Role], stages: list[str]) -> str:
    """The day on which each visit to a stage with a queue was taken up; what nobody works begins at once."""
    name = f"calibrate_began_{view.tag}"
    cells = [
        f"({sql.text(visits.stages[stage])}, {'NULL' if text is None else sql.text(text)})"
        for role in queued
        for stage, segment in sorted(role.team.cells)
        for text in [visits.segments[segment]]
    ]
    at_once = "NOT v.worked" if lists_waiting(visits) else "NOT v.worked AND v.entered_day < f.first"
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {name} AS
        SELECT
            v.record, v.visit,
            CASE WHEN c.stage IS NULL OR ({at_once}) THEN v.entered_day ELSE v.took END AS began
        FROM {visits.table} v
        JOIN (SELECT stage, min(entered_day) AS first FROM {visits.table} WHERE worked GROUP BY 1) f USING (stage)
        LEFT JOIN (SELECT * FROM (VALUES {", ".join(cells)}) t(stage, segment)) c
            ON c.stage = v.stage AND c.segment IS NOT DISTINCT FROM v.segment
        WHERE v.stage IN ({sql.texts(stages)})
    """)
    return name


def _segment_names(visits: Visits, segments: Mapping[str | None, str] | None) -> list[str]:
    """Name in the model of each segment of the visits."""
    given = segments or {}
    return [given[text] if text in given else slug(text or "unknown") for text in visits.segments]
