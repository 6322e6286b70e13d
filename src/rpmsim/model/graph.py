"""The stage graph inside one day: which moves can take no time, and in what order stages are then processed."""

from __future__ import annotations

from collections.abc import Iterator

from rpmsim.model.cycle import Delay, Outcome
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Content


def zero_day_edges(content: Content) -> tuple[tuple[str, str], ...]:
    """Pairs of stages between which a lead can move on one day, by an outcome without time or by giving up."""
    result = []
    for stage in content.stages:
        result += [(stage.name, outcome.to) for outcome in stage.outcomes if can_take_no_time(outcome)]
        if stage.gives_up is not None:
            result.append((stage.name, stage.gives_up[1]))
    return tuple(dict.fromkeys(result))


def can_take_no_time(outcome: Outcome) -> bool:
    """Whether some class can take the outcome on the day on which it begins the stage."""

    def delays(value: Delay | ByClass | None) -> Iterator[Delay]:
        if isinstance(value, Delay):
            yield value
        elif isinstance(value, ByClass):
            for _, case in value.cases:
                yield from delays(case)
            yield from delays(value.default)

    return any(delay.least == 0 for delay in delays(outcome.delay))


def zero_day_order(content: Content) -> tuple[str, ...]:
    """All stages so that every zero-day edge runs forward; among those that are free, by name.

    Raises
    ------
    ValueError
        Where such edges form a cycle; scenarios are checked for that before.
    """
    edges = zero_day_edges(content)
    left = sorted(stage.name for stage in content.stages)
    result: list[str] = []
    while left:
        ready = [name for name in left if not any(target == name and source in left for source, target in edges)]
        if not ready:
            raise ValueError(f"a cycle without a day: {', '.join(left)}")
        result.append(ready[0])
        left.remove(ready[0])
    return tuple(result)
