"""Roles and queues from work items, owners and people, where the history shows a limit.

A stage has a queue in the model only if its role has a limit that can be seen (:mod:`rpmsim.calibrate.throughput`).
Otherwise the times of its outcomes count from entering the stage and include the waiting, and the findings say what
was measured and what a planner would add.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibrate.names import slug, unique
from rpmsim.calibrate.part import Finding, Part
from rpmsim.calibrate.people import find_people
from rpmsim.calibrate.ramp import Ramp, fit_ramp
from rpmsim.calibrate.response import fit_giving_up, fit_response
from rpmsim.calibrate.role_days import role_days
from rpmsim.calibrate.take_ups import Visits, open_days, read_visits, weekday_text
from rpmsim.calibrate.teams import COVERED, Cell, Team, covered_cells, find_teams
from rpmsim.calibrate.throughput import Limit, find_limit
from rpmsim.calibrate.turnover import Turnover, fit_turnover
from rpmsim.history import sql
from rpmsim.history.view import View
from rpmsim.model.staffing import DAYS_PER_MONTH

F64 = NDArray[np.float64]

DRAWN = "posterior"

HOURS = 8
"""Hours of a workday, if the stages of a role differ in the work that they take."""

WHOLE = 0.95
"""A stage has a queue if roles with a limit work this share of its visits."""

LEAST_VISITS = 20
"""A stage with fewer visits is not looked at."""

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
    """

    part: Part
    counts_from_take_up: frozenset[str] = frozenset()
    began: str = ""
    not_identified: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Role:
    """A team with what is known of it."""

    name: str
    team: Team
    limit: Limit
    ramp: Ramp
    turnover: Turnover | None


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
    names = _segment_names(visits, segments)
    people, findings = find_people(view, visits)
    cells = covered_cells(visits)
    teams, more = find_teams(visits, people, cells)
    findings += more
    part = Part(findings=findings)
    is_open = open_days(visits, closed)
    first = 0 if since is None else max((since - visits.first).days, 0)
    used = set(taken) | {rule.name for rule in view.mapping.stages} | set(names)
    roles = [_role(visits, team, is_open, first, draws, rng, used) for team in teams]
    queued = _whole_stages(visits, [role for role in roles if role.limit.kind])
    for role in queued:
        _write_role(part, visits, role)
    stages = _write_stages(part, view, visits, names, queued, draws, rng)
    if stages and not all(visits.weekdays):
        part.text["calendar"] = {"work": weekday_text(visits.weekdays)}
    reasons = _reasons(visits, cells, roles, stages)
    for stage, why in reasons.items():
        part.findings.append(Finding(f"queue of {stage}", "PASS", f"{why} {ADD}"))
    began = _began(view, visits, queued, stages) if stages else ""
    return StaffFit(part, frozenset(stages), began, reasons)


def _role(
    visits: Visits,
    team: Team,
    is_open: NDArray[np.bool_],
    since: int,
    draws: int,
    rng: np.random.Generator,
    used: set[str],
) -> _Role:
    ramp = fit_ramp(visits, team, draws, rng)
    limit = find_limit(role_days(visits, team, is_open, since), ramp, rng)
    turnover = fit_turnover(team, 0, visits.last, draws, rng) if team.people else None
    label = team.label or f"{visits.stages[min(team.cells)[0]]} team"
    return _Role(unique(slug(label), used), replace(team, label=label), limit, ramp, turnover)


def _whole_stages(visits: Visits, roles: list[_Role]) -> list[_Role]:
    """Roles whose stages have a queue for (nearly) all records: times cannot count from both ways for one stage."""
    while roles:
        mine = np.any([role.team.mask(visits) for role in roles], axis=0)
        total = np.bincount(visits.stage, minlength=len(visits.stages))
        queue = np.bincount(visits.stage[mine], minlength=len(total))
        partly = {int(s) for s in np.flatnonzero((queue > 0) & (queue < WHOLE * total))}
        kept = [role for role in roles if not partly & {stage for stage, _ in role.team.cells}]
        if len(kept) == len(roles):
            break
        roles = kept
    return roles


def _write_role(part: Part, visits: Visits, role: _Role) -> None:
    """The role with its people of today, its limit, and how people come and go."""
    there = role.team.there(visits.last)
    new = [person for person in there if person.tenure(visits.last) < role.ramp.months * DAYS_PER_MONTH]
    heads = len(there) - len(new) if role.team.people else 1
    text: dict[str, Any] = {"label": role.team.label, "heads": heads}
    if new:
        starts = sorted(person.first for person in new)
        text["team"] = {f"{role.name}_new_{i}": {"start": visits.date(day)} for i, day in enumerate(starts, 1)}
    path = f"roles.{role.name}"
    if role.limit.effort is not None:
        text["handles"] = f"{HOURS} hours per day each"
    else:
        text[role.limit.kind] = f"{DRAWN} per day each" if role.limit.kind == "handles" else f"{DRAWN} each"
        _draw(part, f"{path}.{role.limit.kind}", role.limit.per_head, role.limit.taken)
    if role.ramp.months:
        text["ramp"] = [DRAWN] * role.ramp.months
        for month in range(role.ramp.months):
            _draw(part, f"{path}.ramp.{month}", role.ramp.share[:, month], role.ramp.starters)
    part.text.setdefault("roles", {})[role.name] = text
    amount = np.median(role.limit.per_head)
    what = "takes up" if role.limit.kind == "handles" else "holds"
    per = " a day" if role.limit.kind == "handles" else " at once"
    part.findings.append(
        Finding(
            f"role {role.name}",
            "PASS",
            f"{len(there) if role.team.people else 1} heads today; one {what} {amount:.3g} records{per}, from "
            f"{role.limit.busy_days} busy days: {role.limit.why}.",
        )
    )
    if role.turnover is not None:
        _write_turnover(part, text, role, path)
    if not there and role.team.people:
        part.findings.append(
            Finding(
                f"role {role.name}",
                "REVIEW",
                "Nobody of it is there today, so its queue would never be served.",
                f"State the heads: `{path}.heads`.",
            )
        )


def _write_turnover(part: Part, text: dict[str, Any], role: _Role, path: str) -> None:
    """Leaving, if seats are seen to be filled again: heads that only leave would shrink every forecast."""
    turnover = role.turnover
    assert turnover is not None
    if turnover.days is not None and turnover.sigma is not None:
        text["leaves"] = f"{DRAWN} per month"
        text["backfill"] = {"median": f"{DRAWN} days", "sigma": DRAWN}
        _draw(part, f"{path}.leaves", turnover.leaves, turnover.leavers)
        _draw(part, f"{path}.backfill.median", turnover.days, turnover.filled)
        _draw(part, f"{path}.backfill.sigma", turnover.sigma, turnover.filled)
    elif turnover.leavers:
        rate = np.median(turnover.leaves)
        part.findings.append(
            Finding(
                f"leavers of {role.name}",
                "REVIEW",
                f"{turnover.leavers} people left ({rate:.1%} a month), and {turnover.filled} seats were filled "
                "again: too few to say how long that takes, so the model keeps the heads of today.",
                f"State `{path}.leaves` and `{path}.backfill` if people will leave.",
            )
        )
    if turnover.empty:
        part.findings.append(
            Finding(
                f"empty seats of {role.name}",
                "REVIEW",
                f"{turnover.empty} seats of people who left have not been filled; the model leaves them empty.",
                f"If they will be filled, state `{path}.hires`.",
            )
        )


def _write_stages(
    part: Part,
    view: View,
    visits: Visits,
    names: list[str],
    queued: list[_Role],
    draws: int,
    rng: np.random.Generator,
) -> list[str]:
    """Who works each stage, how soon they respond, and who gives up; gives the stages with a queue."""
    stages = []
    for number, stage in enumerate(visits.stages):
        worked_by = _worked_by(visits, names, queued, number)
        if worked_by is None:
            continue
        stages.append(stage)
        text: dict[str, Any] = {"worked_by": worked_by}
        _write_effort(part, text, names, visits, number, queued)
        mask = visits.stage == number
        mask &= np.any([role.team.mask(visits) for role in queued], axis=0)
        response = fit_response(visits.wait_hours[mask & visits.started], draws, rng)
        if response is not None:
            text["response"] = {"time": {"median": f"{DRAWN} hours", "p90": f"{DRAWN} hours"}}
            _draw(part, f"stages.{stage}.response.time.median", response.median, response.records)
            _draw(part, f"stages.{stage}.response.time.p90", response.p90, response.records)
        share, gave_up, target, most = fit_giving_up(visits, mask, draws, rng)
        if gave_up:
            to = view.mapping.stages[target].name
            text["gives_up"] = {"share": f"{DRAWN} per day", "to": to}
            _draw(part, f"stages.{stage}.gives_up.share", share, gave_up)
            if most < 0.8:
                part.findings.append(
                    Finding(
                        f"giving up in {stage}",
                        "REVIEW",
                        f"{gave_up} records left without being taken up, {most:.0%} of them for {to}; in the model, "
                        "all do.",
                        "Check whether they really were not worked, or whether a work item is missing.",
                    )
                )
        part.text.setdefault("stages", {})[stage] = text
    return stages


def _write_effort(
    part: Part, text: dict[str, Any], names: list[str], visits: Visits, stage: int, queued: list[_Role]
) -> None:
    """Hours of work in a stage, if its role has stages that differ in it."""
    efforts: dict[str, tuple[F64, int]] = {}
    for role in queued:
        if role.limit.effort is not None:
            hours = np.maximum(role.limit.effort[:, stage] * HOURS, 1.0 / 60.0)
            for cell in sorted(role.team.cells):
                if cell[0] == stage:
                    efforts[names[cell[1]]] = hours, role.limit.taken
    if not efforts:
        return
    same = len({id(role) for role in queued if any(cell[0] == stage for cell in role.team.cells)}) == 1
    if same:
        text["work"] = f"{DRAWN} hours"
        _draw(part, f"stages.{visits.stages[stage]}.work", *next(iter(efforts.values())))
    else:
        text["work"] = dict.fromkeys(efforts, f"{DRAWN} hours")
        for name, (hours, records) in efforts.items():
            _draw(part, f"stages.{visits.stages[stage]}.work.{name}", hours, records)


def _worked_by(visits: Visits, names: list[str], queued: list[_Role], stage: int) -> str | dict[str, str] | None:
    """The role of a stage, by segment if it differs; None if no role with a limit works it."""
    width = len(visits.segments)
    sizes = np.bincount(visits.segment[visits.stage == stage], minlength=width)
    role_of = {cell[1]: role.name for role in queued for cell in role.team.cells if cell[0] == stage}
    if not role_of:
        return None
    by_name: dict[str, tuple[int, str]] = {}
    for segment in range(width):
        if sizes[segment]:
            entry = int(sizes[segment]), role_of.get(segment, "nobody")
            by_name[names[segment]] = max(entry, by_name.get(names[segment], (0, "")))
    chosen = {name: role for name, (_, role) in by_name.items()}
    if len(set(chosen.values())) == 1:
        return next(iter(chosen.values()))
    return {name: chosen.get(name, "nobody") for name in dict.fromkeys(names)}


def _reasons(
    visits: Visits, cells: Mapping[Cell, tuple[int, int]], roles: list[_Role], stages: list[str]
) -> dict[str, str]:
    """Why a stage with work items has no queue."""
    result = {}
    for number, stage in enumerate(visits.stages):
        if stage in stages:
            continue
        n, worked = np.sum([counts for cell, counts in cells.items() if cell[0] == number] or [(0, 0)], axis=0)
        if n < LEAST_VISITS or worked < LEAST_VISITS:
            continue
        mine = next((role for role in roles if any(cell[0] == number for cell in role.team.cells)), None)
        if worked < COVERED * n:
            why = f"Only {worked} of {n} visits have a work item, so nobody can say who waits."
        elif mine is None:
            why = "It is not clear which role works it."
        else:
            limited = "Another role that works it has no limit that is seen" if mine.limit.kind else mine.limit.why
            why = f"No limit of the role is seen: {limited}."
        waits = visits.wait_hours[(visits.stage == number) & visits.started]
        median = f" Half of the records were taken up within {np.median(waits):.1f} hours." if len(waits) else ""
        result[stage] = f"{why}{median} Times count from entering the stage and include waiting."
    return result


def _began(view: View, visits: Visits, queued: list[_Role], stages: list[str]) -> str:
    """The day on which each visit to a stage with a queue was taken up; what nobody works begins at once."""
    name = f"calibrate_began_{view.tag}"
    cells = [
        f"({sql.text(visits.stages[stage])}, {'NULL' if text is None else sql.text(text)})"
        for role in queued
        for stage, segment in sorted(role.team.cells)
        for text in [visits.segments[segment]]
    ]
    lists_waiting = bool((visits.worked & ~visits.started).any())
    at_once = "NOT v.worked" if lists_waiting else "NOT v.worked AND v.entered_day < f.first"
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


def _draw(part: Part, path: str, values: F64, records: int) -> None:
    part.draws[path], part.records[path] = values, records
