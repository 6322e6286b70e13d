"""The stage graph as a graph: ways out, who comes where, and the order of the stages inside one day."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rpmsim.model.cycle import Delay, Stage
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Content

Pair = tuple[str, str]
"""Channel and segment, which a lead keeps for life."""

Way = Literal["outcome", "gives_up", "timeout", "leaver"]


@dataclass(frozen=True)
class Edge:
    """A way from one stage to another."""

    source: str
    target: str
    way: Way
    zero_days: bool


def leaves(value: Any) -> Iterator[Any]:
    """Every plain value of a value by class."""
    if isinstance(value, ByClass):
        for _, case in value.cases:
            yield from leaves(case)
        if value.default is not None:
            yield from leaves(value.default)
    else:
        yield value


def cases(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every plain value of a value by class, with the names that lead to it; the default's name is ``other``."""
    if isinstance(value, ByClass):
        for name, case in value.cases:
            yield from cases(case, (*path, name))
        yield from cases(value.default, (*path, "other"))
    else:
        yield path, value


def can_take_zero_days(delay: Delay, stretched: bool = False) -> bool:
    """Whether the delay may be 0 days in some parameter draw; ``stretched`` says that a class may shorten it."""
    if delay.least > 0:
        return False
    if stretched or delay.distribution.family in ("lognormal", "gamma", "weibull", "hazards", "due"):
        return True
    if delay.distribution.family == "table":
        return any(value < 0.5 and weight > 0 for value, weight in delay.distribution.points)
    number = dict(delay.distribution.parameters)["value"]
    return number.ranged or number.mid < 0.5


def edges_of(stage: Stage, content: Content) -> Iterator[Edge]:
    """Every way out of a stage."""
    stretched = any(factor.mid < 1 or factor.ranged for effect in stage.stretch for factor in leaves(effect))
    for outcome in stage.outcomes:
        yield Edge(
            stage.name, outcome.to, "outcome", any(can_take_zero_days(d, stretched) for d in leaves(outcome.delay))
        )
    if stage.gives_up is not None:
        yield Edge(stage.name, stage.gives_up[1], "gives_up", True)
    if stage.timeout is not None:
        yield Edge(stage.name, stage.timeout[1], "timeout", False)
    roles = set(roles_of(stage))
    for role in content.roles:
        if role.name in roles and role.leavers_items not in ("colleagues", "queue"):
            yield Edge(stage.name, role.leavers_items, "leaver", False)


def roles_of(stage: Stage) -> tuple[str, ...]:
    """Roles that work a stage, in the order in which it names them."""
    if stage.worked_by is None:
        return ()
    return tuple(dict.fromkeys(role for role in leaves(stage.worked_by) if role))


def zero_day_edges(*contents: Content) -> tuple[tuple[str, str], ...]:
    """Pairs of stages between which a lead can move on one day: by an outcome without time, or by giving up.

    Parameters
    ----------
    *contents : Content
        Usually a model's own and those of its changes: an edge counts if it can take zero days in any of them.
    """
    names = {stage.name for content in contents for stage in content.stages}
    pairs = [
        (edge.source, edge.target)
        for content in contents
        for stage in content.stages
        for edge in edges_of(stage, content)
        if edge.zero_days and edge.target in names
    ]
    return tuple(dict.fromkeys(pairs))


def zero_day_order(*contents: Content) -> tuple[str, ...]:
    """Stages in the order in which they are processed inside a day: every zero-day edge runs forward, ties by name.

    Raises
    ------
    ValueError
        If these edges form a cycle; scenarios are checked for that before.
    """
    names, following = _zero_day_graph(contents)
    waiting = dict.fromkeys(names, 0)
    for targets in following.values():
        for target in targets:
            waiting[target] += 1
    free = [name for name, count in waiting.items() if count == 0]
    heapq.heapify(free)
    order = []
    while free:
        name = heapq.heappop(free)
        order.append(name)
        for target in following[name]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(free, target)
    if len(order) < len(names):
        raise ValueError("a cycle that takes 0 days: " + " -> ".join(zero_day_cycle(*contents)))
    return tuple(order)


def _zero_day_graph(contents: tuple[Content, ...]) -> tuple[list[str], dict[str, set[str]]]:
    names = list(dict.fromkeys(stage.name for content in contents for stage in content.stages))
    following: dict[str, set[str]] = {name: set() for name in names}
    for source, target in zero_day_edges(*contents):
        following[source].add(target)
    return names, following


def zero_day_cycle(*contents: Content) -> list[str]:
    """One cycle of edges that can all take zero days, its first stage again at the end; empty if there is none."""
    names, following = _zero_day_graph(contents)
    state: dict[str, int] = {}
    for root in sorted(names):
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if state.get(root, 0) == 0:
            stack.append((root, iter(sorted(following[root]))))
            state[root] = 1
            trail.append(root)
        while stack:
            name, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                trail.pop()
                state[name] = 2
            elif state.get(target, 0) == 1:
                return [*trail[trail.index(target) :], target]
            elif state.get(target, 0) == 0:
                state[target] = 1
                trail.append(target)
                stack.append((target, iter(sorted(following[target]))))
    return []


@dataclass(frozen=True)
class Group:
    """Stages and roles that influence each other.

    Parameters
    ----------
    stages : tuple of str
        In the order in which they are processed inside a day.
    roles : tuple of str
    cyclic : bool
        Whether a member influences itself, through others or directly.
    """

    stages: tuple[str, ...]
    roles: tuple[str, ...]
    cyclic: bool


def groups_of_influence(*contents: Content) -> tuple[Group, ...]:
    """Groups of stages and roles in the order of the flow: each before those that it influences.

    A stage influences those to which its leads go, and its role; a role influences the stages that it works, and those
    into which it makes leads.
    """
    content = contents[0]
    stages, roles = [stage.name for stage in content.stages], [role.name for role in content.roles]
    node = {("stage", name): i for i, name in enumerate(stages)}
    node |= {("role", name): len(stages) + i for i, name in enumerate(roles)}
    links = set()
    for number, each in enumerate(contents):
        for stage in each.stages:
            for edge in edges_of(stage, each):
                if number == 0 or edge.way == "gives_up":
                    links.add((node["stage", edge.source], node["stage", edge.target]))
    for stage in content.stages:
        for role in roles_of(stage):
            links |= {(node["stage", stage.name], node["role", role]), (node["role", role], node["stage", stage.name])}
    for channel in content.channels:
        if channel.made_by:
            links.add((node["role", channel.made_by], node["stage", channel.into]))
    groups = strong_components(len(node), sorted(links))
    label = {i: number for number, group in enumerate(groups) for i in group}
    order = zero_day_order(*contents)
    result = []
    for number in _topological(len(groups), {(label[a], label[b]) for a, b in links if label[a] != label[b]}):
        inside = tuple(name for name in order if label[node["stage", name]] == number)
        staff = tuple(name for name in roles if label[node["role", name]] == number)
        cyclic = len(groups[number]) > 1 or (groups[number][0], groups[number][0]) in links
        result.append(Group(inside, staff, cyclic))
    return tuple(result)


def _topological(count: int, links: set[tuple[int, int]]) -> list[int]:
    """Numbers 0 ... count - 1 so that every link runs forward; ties by number."""
    waiting = dict.fromkeys(range(count), 0)
    for _, target in links:
        waiting[target] += 1
    result: list[int] = []
    while waiting:
        ready = min(i for i, n in waiting.items() if n == 0)
        del waiting[ready]
        result.append(ready)
        for source, target in links:
            if source == ready:
                waiting[target] -= 1
    return result


def pairs_by_stage(content: Content, opening: Iterable[tuple[str, str, str]]) -> dict[str, set[Pair]]:
    """Which channels and segments can come to each stage.

    Parameters
    ----------
    opening : iterable of (stage, channel, segment)
        What is there at the start.
    """
    ways = {stage.name: [edge.target for edge in edges_of(stage, content)] for stage in content.stages}
    found: dict[str, set[Pair]] = {name: set() for name in ways}
    starts = [(channel.into, channel.name, segment) for channel in content.channels for segment, _ in channel.mix]
    open_now = [(stage, (channel, segment)) for stage, channel, segment in [*starts, *opening]]
    while open_now:
        stage, pair = open_now.pop()
        if stage not in found or pair in found[stage]:
            continue
        found[stage].add(pair)
        open_now += [(target, pair) for target in ways[stage]]
    return found


def strong_components(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Nodes of a graph that reach each other, group by group (Kosaraju; Sharir 1981).

    Parameters
    ----------
    count : int
        Number of nodes; they are called 0, 1, ...
    links : iterable of (int, int)
        From one node to another.
    """
    forward: list[list[int]] = [[] for _ in range(count)]
    backward: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        forward[source].append(target)
        backward[target].append(source)
    finished = [node for tree in _trees(range(count), forward) for node in tree]
    return list(_trees(reversed(finished), backward))


def _trees(roots: Iterable[int], targets: list[list[int]]) -> Iterator[list[int]]:
    """Trees of a depth-first search, the nodes of each in the order in which they are finished."""
    seen: set[int] = set()
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        tree: list[int] = []
        path = [(root, iter(targets[root]))]
        while path:
            node, left = path[-1]
            following = next((target for target in left if target not in seen), None)
            if following is None:
                tree.append(node)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(targets[following])))
        yield tree


def advances(contents: Iterable[Content], source: str, target: str) -> bool:
    """Whether some version of the stage has an advancing outcome over the edge."""
    return any(
        outcome.advances
        for content in contents
        for stage in content.stages
        if stage.name == source
        for outcome in stage.outcomes
        if outcome.to == target
    )
