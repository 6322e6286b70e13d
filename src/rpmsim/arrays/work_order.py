"""The order of the work: edges of the stage graph, components of the graph of influence, steps of a day."""

from __future__ import annotations

from dataclasses import dataclass

from rpmsim.arrays.classes import Classes
from rpmsim.model.cycle import SOURCE
from rpmsim.model.graph import edges_of as ways_of
from rpmsim.model.graph import groups_of_influence, roles_of
from rpmsim.model.number import resolve
from rpmsim.model.plan import Content, Model


@dataclass(frozen=True)
class Edge:
    """A way from one stage to another.

    ``returning`` raises the return count; a leaver may take leads of a ``leaver`` edge back before they arrive.
    """

    source: str
    target: str
    returning: bool = False
    won: bool = False
    leaver: bool = False


@dataclass(frozen=True)
class Step:
    """A stage and the role that takes its leads up ("": they begin at once).

    ``landed``: only leads that came with the landings are served, not those that moved here since.
    """

    stage: str
    role: str
    landed: bool = False


@dataclass(frozen=True)
class Component:
    """Stages and roles that influence each other, and the steps of one day; not ``daily``: the whole span at once."""

    stages: tuple[str, ...]
    roles: tuple[str, ...]
    steps: tuple[Step, ...]
    daily: bool


def edges_of(content: Content, *later: Content) -> tuple[Edge, ...]:
    """All edges: arrivals, outcomes, timeouts, giving up, leavers' items; one for each pair of stages."""
    won = {stage.name for stage in content.stages if stage.kind == "won"}
    result: dict[tuple[str, str], Edge] = {}

    def add(source: str, target: str, returning: bool = False, leaver: bool = False) -> None:
        known = result.get((source, target))
        if known is not None:
            returning, leaver = returning or known.returning, leaver or known.leaver
        result[source, target] = Edge(source, target, returning, target in won, leaver)

    for channel in content.channels:
        add(SOURCE, channel.into)
    for stage in content.stages:
        leaves = [role for role in content.roles if role.leavers_items != "colleagues" and role.name in roles_of(stage)]
        for outcome in stage.outcomes:
            add(stage.name, outcome.to, outcome.returning, bool(leaves))
        if stage.timeout is not None:
            add(stage.name, stage.timeout[1], leaver=bool(leaves))
        if stage.gives_up is not None:
            add(stage.name, stage.gives_up[1])
        for role in leaves:
            if role.leavers_items != "queue":
                add(stage.name, role.leavers_items)
    for after in later:
        for stage in after.stages:
            if stage.gives_up is not None:
                add(stage.name, stage.gives_up[1])
    return tuple(result.values())


def components_of(model: Model, classes: Classes) -> tuple[Component, ...]:
    """Components of the graph of influence in the order of the flow."""
    groups = groups_of_influence(*model.contents)
    return tuple(
        Component(
            group.stages,
            group.roles,
            _steps(model.content, classes, group.stages, group.roles),
            daily=group.cyclic or bool(group.roles),
        )
        for group in groups
    )


def _steps(content: Content, classes: Classes, stages: tuple[str, ...], roles: tuple[str, ...]) -> tuple[Step, ...]:
    """The queues as they stand after the landings, where more can come later that day; then all stages in order."""
    by_name = {stage.name: stage for stage in content.stages}
    fed_today = {way.target for stage in content.stages for way in ways_of(stage, content) if way.zero_days}
    steps = []
    for role in content.roles:
        if role.name in roles:
            served = [name for name in service_order(content, role.name) if name in stages]
            if len(served) > 1 or any(name in fed_today for name in served):
                steps += [Step(name, role.name, landed=True) for name in served]
    for name in stages:
        steps += [Step(name, role) for role in roles_of(by_name[name])]
        goes_on = by_name[name].outcomes or by_name[name].timeout is not None
        if goes_on and any(resolve(by_name[name].worked_by, lead) is None for lead in classes.leads):
            steps.append(Step(name, ""))
    return tuple(steps)


def service_order(content: Content, role: str) -> tuple[str, ...]:
    """Stages that a role serves, in its order: as stated, else most downstream first, ties by name."""
    served = [stage.name for stage in content.stages if role in roles_of(stage)]
    stated = next(r.order for r in content.roles if r.name == role)
    depth = moves_from_start(content)
    rank = {name: i for i, name in enumerate(stated)}
    return tuple(sorted(served, key=lambda name: (rank.get(name, len(rank)), -depth[name], name)))


def moves_from_start(content: Content) -> dict[str, int]:
    """Most advancing moves by which a lead can come to each stage without meeting a stage twice."""
    before = {
        stage.name: [s.name for s in content.stages if any(o.to == stage.name and o.advances for o in s.outcomes)]
        for stage in content.stages
    }

    def depth(name: str, seen: frozenset[str]) -> int:
        return max((1 + depth(other, seen | {name}) for other in before[name] if other not in seen | {name}), default=0)

    return {stage.name: depth(stage.name, frozenset()) for stage in content.stages}
