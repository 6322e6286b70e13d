"""Queues: which leads wait for whom, and in what order."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

import numpy as np

from rpmsim.arrays.classes import Classes
from rpmsim.arrays.work_order import Component
from rpmsim.model.cycle import Stage
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model


def queue_fields(model: Model, classes: Classes, components: tuple[Component, ...]) -> dict[str, Any]:
    """Fields of the frame on queues. A queue is a stage, a role and a rank; its classes stand in the order of ties."""
    stages = model.content.stages
    stage_number = {stage.name: i for i, stage in enumerate(stages)}
    roles = [role.name for role in model.content.roles]
    leads = classes.leads
    shape = (len(stages), len(leads))
    role_of = np.full(shape, -1, dtype=np.int64)
    queue_of = np.full(shape, -1, dtype=np.int64)
    waiting_row = np.full(shape, -1, dtype=np.int64)
    key_offset = np.zeros(shape, dtype=np.int64)
    one_work = np.full((len(stages), max(len(roles), 1)), -1, dtype=np.int64)
    queues: list[tuple[int, int]] = []
    ranges, last_in, least, span = [0], [], [], []
    members: list[int] = []
    tie_until: list[int] = []
    row_offset: list[int] = []
    stage_rows = [0]
    step_range: dict[tuple[str, str], tuple[int, int]] = {}
    for s, stage in enumerate(stages):
        for k, lead in enumerate(leads):
            role = resolve(stage.worked_by, lead)
            if role is not None:
                role_of[s, k] = roles.index(role)
                if stage.queue.order == "deadline":
                    key_offset[s, k] = days_to_deadline(stage, lead) or 0
        for r, role in enumerate(roles):
            served = [k for k in range(len(leads)) if role_of[s, k] == r]
            if not served:
                continue
            in_hours = model.content.roles[r].in_hours
            works = {resolve(stage.work_hours, leads[k]) if in_hours else None for k in served}
            one_work[s, r] = served[0] if len(works) == 1 else -1
            rank_of = {k: rank(stage, leads[k]) for k in served}
            # Of leads with one deadline the older comes first: the one whose limit is longer.
            tie_of = {k: (-int(key_offset[s, k]), order_of(stage.queue.ties, leads[k])) for k in served}
            low = len(queues)
            for level in sorted(set(rank_of.values())):
                inside = sorted((k for k in served if rank_of[k] == level), key=lambda k: tie_of[k])
                ties = [tie_of[k] for k in inside]
                tie_until += [len(members) + bisect_right(ties, tie) for tie in ties]
                members += inside
                ranges.append(len(members))
                for k in inside:
                    queue_of[s, k] = len(queues)
                    waiting_row[s, k] = len(row_offset)
                    row_offset.append(int(key_offset[s, k]))
                queues.append((s, r))
                last_in.append(stage.queue.order == "last_in")
                least.append(min(int(key_offset[s, k]) for k in inside))
                span.append(max(int(key_offset[s, k]) for k in inside))
            step_range[stage.name, role] = (low, len(queues))
        stage_rows.append(len(row_offset))
    steps = [step_range.get((step.stage, step.role), (0, 0)) for component in components for step in component.steps]
    serves = np.zeros((len(stages), max(len(roles), 1)), dtype=np.int64)
    for name, role in step_range:
        serves[stage_number[name], roles.index(role)] = 1

    def integers(values: Any) -> Any:
        return np.array(values, dtype=np.int64)

    return {
        "staffed": (role_of >= 0).any(axis=1).astype(np.int64),
        "serves": serves,
        "role_of": role_of,
        "queue_of": queue_of,
        "waiting_row": waiting_row,
        "stage_rows": integers(stage_rows),
        "row_offset": integers(row_offset),
        "one_work": one_work,
        "queue_stage": integers([s for s, _ in queues]),
        "queue_role": integers([r for _, r in queues]),
        "queue_range": integers(ranges),
        "queue_class": integers(members),
        "tie_until": integers(tie_until),
        "queue_last_in": integers(last_in),
        "queue_least_offset": integers(least),
        "queue_span": integers(span),
        "step_queues": integers(steps).reshape(len(steps), 2),
    }


def days_to_deadline(stage: Stage, lead: LeadClass) -> int | None:
    """Last day, counted from that of arrival, on which a class can be taken up inside its limit; None without one."""
    number = resolve(stage.response.sla_hours, lead)
    return None if number is None else math.floor(number.mid / 24.0)


def rank(stage: Stage, lead: LeadClass) -> tuple[bool, ...]:
    """Sort key of a class that comes before the day: its priority, and those without a deadline after all others."""
    never_due = stage.queue.order == "deadline" and days_to_deadline(stage, lead) is None
    return (*order_of(stage.queue.priority, lead), never_due)


def order_of(names: tuple[str, ...], lead: LeadClass) -> tuple[bool, ...]:
    """Sort key of a class in a list of names by weight: the first name decides, then the second, and so on."""
    return tuple(not matches(name, lead) for name in names)


def matches(name: str, lead: LeadClass) -> bool:
    """Whether a class has a name of a queue's list."""
    if name == "returning":
        return lead.returns > 0
    return name in (lead.channel, lead.segment, lead.grade, lead.band)
