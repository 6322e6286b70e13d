"""What random models say of open leads: hazards by age, tails of leads that are too old, and due dates."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np

from rpmsim.model.cycle import NO_DELAY, Delay, Outcome, Stage
from rpmsim.model.distributions import Distribution
from rpmsim.model.hazards import AgeHazards, shares
from rpmsim.model.number import ByClass, Draws, Number
from rpmsim.model.plan import Content, Model, OpenDeal, OpeningStock
from tests.reference.models import distribution, n

AGES = np.array([0, 1, 4, 12])
DRAWS = 3

Draw = Callable[[int], int]


def with_open_leads(draw: Draw, built: Model) -> Model:
    """The model with one stage, in all its contents, from which leads go by hazards, by the tail or by a due date."""
    stages = [stage for stage in built.content.stages if stage.outcomes]
    name = stages[draw(len(stages))].name
    change = (_by_hazards, _by_the_tail, _by_due_dates)[draw(3)](draw, built)

    def through(content: Content) -> Content:
        changed = (change(stage) if stage.name == name else stage for stage in content.stages)
        return dataclasses.replace(content, stages=tuple(changed))

    return dataclasses.replace(
        built,
        content=through(built.content),
        changes=tuple(dataclasses.replace(one, content=through(one.content)) for one in built.changes),
        opening=(*built.opening, _stock(draw, built, name)) if change.__name__ == "tailed" else built.opening,
        open_deals=(*built.open_deals, *_deals(draw, built, name, dated=change.__name__ == "dated")),
    )


Change = Callable[[Stage], Stage]


def _by_hazards(draw: Draw, built: Model) -> Change:
    values = np.random.default_rng(draw(1000)).gamma(4.0, 0.02, (DRAWS, 4, len(AGES)))
    own_share, stretch = draw(2), (1.0, 1.6)[draw(2)]

    def hazard(stage: Stage, i: int, outcome: Outcome) -> Outcome:
        if outcome.delay == NO_DELAY:
            return outcome
        least = outcome.delay.least if isinstance(outcome.delay, Delay) else 1
        ages = AgeHazards((stage.name, str(i)), AGES, values, i, stretch)
        changed = dataclasses.replace(outcome, delay=Delay(Distribution("hazards", ages=ages), least, "work"))
        if i or not own_share:
            return changed
        parts = shares(values, AGES)[:, 0]
        low, middle, high = (float(x) for x in np.quantile(parts, (0.05, 0.5, 0.95)))
        number = Number(middle, low, high, "share", f"hazard {stage.name}", Draws((stage.name,), parts))
        return dataclasses.replace(changed, share=number)

    def aged(stage: Stage) -> Stage:
        return dataclasses.replace(stage, outcomes=tuple(hazard(stage, i, o) for i, o in enumerate(stage.outcomes[:4])))

    return aged


def _by_the_tail(draw: Draw, built: Model) -> Change:
    stated, later = draw(2), (3.0, 9.0)[draw(2)]
    segments = [segment.name for segment in built.content.segments]

    def tail(i: int, outcome: Outcome) -> Outcome:
        least = outcome.delay.least if isinstance(outcome.delay, Delay) else 1
        table = Distribution("table", points=((2.0, 1.0), (later, 2.0)))
        delay: Any = Delay(table, least, ("calendar", "work")[i % 2])
        if len(segments) > 1 and i == 0:
            delay = ByClass(
                "segment", ((segments[0], delay), (segments[1], Delay(distribution("fixed", value=7), least)))
            )
        return dataclasses.replace(outcome, delay=delay, beyond=n(0.02 * (i + 1)) if stated else None)

    def tailed(stage: Stage) -> Stage:
        return dataclasses.replace(stage, outcomes=tuple(tail(i, o) for i, o in enumerate(stage.outcomes)))

    return tailed


def _by_due_dates(draw: Draw, built: Model) -> Change:
    normal = distribution("normal", mean=float(draw(5)) - 2.0, sd=3.0)
    table = Distribution("table", points=((-4.0, 1.0), (0.0, 3.0), (3.0, 1.0)))
    until, shift = distribution("lognormal", median=9.0, sigma=0.5), draw(4)

    def due(outcome: Outcome, after: Distribution) -> Outcome:
        least = outcome.delay.least if isinstance(outcome.delay, Delay) else 1
        delay = Delay(Distribution("due", parts=(until, after), shift=shift), least)
        return dataclasses.replace(outcome, delay=delay, offset=after, pace=None)

    def dated(stage: Stage) -> Stage:
        first, *others = stage.outcomes
        changed = [due(first, normal), *others[:-1], *(due(one, table) for one in others[-1:])]
        return dataclasses.replace(stage, outcomes=tuple(changed))

    return dated


def _stock(draw: Draw, built: Model, name: str) -> OpeningStock:
    """Leads that are older than all times of the stage."""
    channel, segment = built.content.channels[0].name, built.content.segments[0].name
    return OpeningStock(name, channel, segment, 1 + draw(20), 30 + draw(20), grade=_grade(built))


def _deals(draw: Draw, built: Model, name: str, *, dated: bool) -> list[OpenDeal]:
    """Listed deals of the stage, with dates around the start if it runs by them."""
    channel, segment = built.content.channels[0].name, built.content.segments[0].name
    return [
        OpenDeal(
            f"open{i}", name, built.as_of - dt.timedelta(5 + draw(3)), channel, segment, 800.0, 1.0 + draw(2),
            grade=_grade(built), due=built.as_of + dt.timedelta(draw(40) - 12) if dated else None,
        )
        for i in range(2 if dated else 0)
    ]  # fmt: skip


def _grade(built: Model) -> str:
    return built.grades[0] if built.grades else ""
