"""Feature models: who comes first where leads reach a queue on the day on which they begin another stage."""

from __future__ import annotations

import dataclasses

from rpmsim.model.cycle import Outcome, Queue, Response, Stage
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.reference.feature_parts import feature
from tests.reference.features_plan import changed
from tests.reference.models import channel, days, model, n, out, stage


def visit(*more: Outcome) -> Stage:
    """Most leads go on at once."""
    return stage("visit", out("lead", 0.6), *more, out("lost"), kind="anonymous")


def lead(order: str, *more: Outcome) -> Stage:
    """Too many leads for their role; those of the first channel have priority, and all become worse by waiting."""
    return stage("lead", out("won", 0.5, days(1)), *more, out("lost", None, days(1)), kind="lead", worked_by="rep",
                 response=Response(decay="power", strength=n(0.8)), queue=Queue(order, ("first",)))  # type: ignore[arg-type]  # fmt: skip


@feature
def fed_on_the_day() -> Model:
    """Leads that reach the queue at once, from a stage to which none returns, compete with those that waited."""
    return model(
        [visit(), lead("last_in")],
        [channel("first", "visit", 5), channel("second", "lead", 0.7)],
        [Role("rep", heads=n(1), per_day=n(3.3))],
        days=50,
    )


@feature
def fed_on_the_day_in_a_cycle() -> Model:
    """Some return to the first stage: what reaches the queue at once comes after what was there."""
    return model(
        [visit(), lead("first_in", out("visit", 0.3, days(4)))],
        [channel("first", "visit", 4), channel("second", "lead", 0.7)],
        [Role("rep", heads=n(1), per_day=n(3.3))],
        days=50,
    )


@feature
def made_leads_in_a_phase() -> Model:
    """A role makes more and more leads while a change is phased in."""
    own = dataclasses.replace(channel("own", "lead", 0), rate=None, made_by="rep", made_rate=n(0.8))
    base = model(
        [lead("first_in")],
        [channel("first", "lead", 1), own],
        [Role("rep", heads=n(2), per_day=n(2.5))],
        days=60,
    )
    return changed(
        base,
        5,
        lambda c: dataclasses.replace(c, channels=(c.channels[0], dataclasses.replace(own, made_rate=n(3.0)))),
        phase_days=50,
    )
