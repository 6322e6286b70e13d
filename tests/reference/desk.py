"""Queues and the staff that serve them (model.md, section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rpmsim.model.cycle import Delay, Queue, Stage
from rpmsim.model.number import ByClass, LeadClass
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import Role

MICRO = 1_000_000
"""Time is counted in millionths of a lead or an hour."""


def misses(names: tuple[str, ...], lead: LeadClass) -> tuple[bool, ...]:
    """Which names the lead does not match: the first one weighs most, among equals the second, and so on."""
    own = {lead.channel, lead.segment, lead.grade, lead.band} | ({"returning"} if lead.returns > 0 else set())
    return tuple(name not in own for name in names)


def queue_key(queue: Queue, lead: LeadClass, arrived: int, sla_days: float, tie: float) -> tuple[Any, ...]:
    """Leads are taken up in increasing order of this key; ``tie`` is a uniform of the lead's own.

    Of leads with one deadline the older comes first.
    """
    day = -arrived if queue.order == "last_in" else arrived
    first = arrived + sla_days if queue.order == "deadline" else day
    return misses(queue.priority, lead), first, day, misses(queue.ties, lead), tie


@dataclass
class RoleDay:
    """What a role can still do today."""

    open: bool
    ramped: float
    heads: float
    time: float
    """Left, in millionths; infinite without a throughput limit."""
    share: float
    """Open items that can be held on average."""
    slots: float
    """Whole; infinite without a concurrency limit."""
    load: float
    budget: float = field(init=False)

    def __post_init__(self) -> None:
        self.budget = self.time


def time_today(per_day: float | None, ramped: float, is_open: bool) -> float:
    """Time in millionths."""
    if per_day is None:
        return math.inf if is_open else 0.0
    return math.floor(ramped * per_day * MICRO + 1e-6) if is_open else 0


def slots_today(holds: float | None, ramped: float, debt: float) -> float:
    """Open items that the role can hold today: the next whole number, unless the fraction was used too much before."""
    if holds is None:
        return math.inf
    whole = math.floor(holds * ramped + 1e-9)
    return whole + 1 if holds * ramped > whole + 1e-9 and debt <= 1e-6 else whole


def slot_debt(debt: float, share: float, held: int) -> float:
    """Item-days that were used beyond the fraction of a slot, after one more day; at most one day is saved up."""
    if math.isinf(share):
        return 0.0
    whole = math.floor(share + 1e-9)
    fraction = max(share - whole, 0.0) if share > whole + 1e-9 else 0.0
    return max(debt + min(held, math.ceil(share - 1e-9)) - share, -fraction)


def zero_day_order(contents: Sequence[Content]) -> list[str]:
    """Stages in the topological order of the edges that can take zero days in any content; ties by name.

    A lead that gives up is in its next stage on the same day, so that such an edge counts.
    """
    after: dict[str, set[str]] = {stage.name: set() for stage in contents[0].stages}
    for stage in [stage for content in contents for stage in content.stages]:
        after[stage.name] |= {o.to for o in stage.outcomes if _can_be_zero(o.delay)}
        if stage.gives_up is not None:
            after[stage.name].add(stage.gives_up[1])
    result: list[str] = []
    while len(result) < len(after):
        left = sorted(set(after) - set(result))
        free = [name for name in left if not any(name in after[other] for other in left)]
        if not free:
            raise ValueError("zero-day edges form a cycle")
        result.append(free[0])
    return result


def _can_be_zero(delay: object) -> bool:
    if isinstance(delay, ByClass):
        return any(_can_be_zero(case) for case in [*(case for _, case in delay.cases), delay.default])
    if not isinstance(delay, Delay) or delay.least > 0:
        return False
    if delay.distribution.family == "fixed":
        (_, number), *_ = delay.distribution.parameters
        return number.ranged or number.mid < 0.5
    return delay.distribution.family != "table" or any(value < 0.5 for value, _ in delay.distribution.points)


def service_order(model: Model, role: Role, served: list[str]) -> list[str]:
    """Stages of a role in the order of service: as stated, else most downstream first."""
    stages = {stage.name: stage for stage in model.content.stages}
    stated = [name for name in role.order if name in served]
    return stated + sorted(set(served) - set(stated), key=lambda name: (-_depth(stages, name, frozenset()), name))


def _depth(stages: dict[str, Stage], name: str, seen: frozenset[str]) -> int:
    """Length of the longest way by which leads come here along advancing outcomes."""
    before = [s for s in stages.values() if any(o.to == name and o.advances for o in s.outcomes)]
    return max((1 + _depth(stages, s.name, seen | {name}) for s in before if s.name not in seen | {name}), default=0)
