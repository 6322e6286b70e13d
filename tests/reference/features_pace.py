"""Feature models: paces beside clocks, staff, changes and ranges, and business calendars beside staff."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from rpmsim.model.calendar import Clock
from rpmsim.model.cycle import Outcome, RandomEffect, Stage
from rpmsim.model.number import Number
from rpmsim.model.plan import Change, Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Role
from tests.reference.feature_parts import HALF, TWO, WEEKDAYS, feature
from tests.reference.models import channel, days, delay, model, n, out, stage

RUSH = Clock("rush", (1, 1, 1, 1, 1, 0, 0), True, month_end=(4.0, 2.0), quarter_end=(3.0,), normalized=True)


def ahead(*outcomes: Outcome, **more: Any) -> Stage:
    """A stage of deals."""
    return stage("deal", *outcomes, kind="opportunity", **more)


@feature
def pace_by_week() -> Model:
    """A strong pace on a stage that some leads are in at the start, on three clocks; another stage has its own."""
    return model(
        [
            ahead(
                out("won", 0.3, delay("gamma", mean=9, shape=2)),
                out("offer", 0.3, delay("lognormal", median=6, sigma=0.5, clock="work")),
                out("lost", None, delay("weibull", scale=8, shape=1.5, clock="rush")),
                pace=RandomEffect(n(0.7), "week"),
            ),
            stage(
                "offer",
                out("won", 0.5, delay("gamma", mean=8, shape=2)),
                out("lost", None, days(9)),
                pace=RandomEffect(n(0.6), "month"),
            ),
        ],
        [channel("one", "deal", 6, mix=HALF)],
        segments=TWO,
        days=70,
        calendar=dataclasses.replace(WEEKDAYS, clocks=(RUSH,)),
        period="week",
        opening=(OpeningStock("deal", "one", "small", 60, 6), OpeningStock("deal", "one", "big", 60, 0)),
    )


@feature
def pace_with_slots() -> Model:
    """A pace where slots are held: who leaves together makes room together; a timeout and listed deals beside it."""
    return model(
        [
            ahead(
                out("won", 0.4, delay("gamma", mean=7, shape=2)),
                out("lost", None, delay("lognormal", median=5, sigma=0.6)),
                worked_by="rep",
                pace=RandomEffect(n(0.8), "week"),
                timeout=(n(20), "lost"),
            )
        ],
        [channel("one", "deal", 4)],
        [Role("rep", heads=n(2), holds=n(12))],
        days=63,
        period="week",
        opening=(OpeningStock("deal", "one", "all", 20, 4),),
        open_deals=tuple(OpenDeal(f"d{i}", "deal", dt.date(2026, 12, 28), "one", "all") for i in range(6)),
    )


@feature
def pace_in_batches() -> Model:
    """One outcome leaves in batches, the other at the pace of the stage, which changes for leads in progress too."""
    batch = RandomEffect(n(1.5), "day")
    built = model(
        [
            ahead(
                out("won", 0.5, delay("gamma", mean=12, shape=3), pace=batch),
                out("lost", None, delay("gamma", mean=9, shape=2)),
                pace=RandomEffect(n(0.1), "week"),
            )
        ],
        [channel("one", "deal", 6)],
        days=63,
        period="week",
    )
    won, lost = built.content.stages[0].outcomes
    first = dataclasses.replace(built.content.stages[0], pace=RandomEffect(n(0.9), "week"))
    second = dataclasses.replace(first, outcomes=(won, dataclasses.replace(lost, pace=RandomEffect(n(1.0), "day"))))
    contents = [dataclasses.replace(built.content, stages=(s, *built.content.stages[1:])) for s in (first, second)]
    return dataclasses.replace(
        built,
        changes=(
            Change("quicker", dt.date(2027, 1, 15), contents[0], phase_days=10, affects_open=True),
            Change("apart", dt.date(2027, 2, 10), contents[1]),
        ),
    )


@feature
def pace_in_a_range() -> Model:
    """A sigma that is not known exactly, in a cycle without staff."""
    sigma = Number(0.5, 0.2, 1.0, "positive", "sigma")
    return model(
        [
            ahead(
                out("won", 0.2, delay("gamma", mean=6, shape=2)),
                out("rest", None, delay("gamma", mean=4, shape=2)),
                pace=RandomEffect(sigma, "week"),
            ),
            stage(
                "rest",
                out("deal", 0.6, delay("gamma", mean=8, shape=2)),
                out("lost", None, days(3)),
                kind="nurture",
                pace=RandomEffect(sigma, "week"),
            ),
        ],
        [channel("one", "deal", 5)],
        days=63,
    )


@feature
def business_calendars() -> Model:
    """Whole-day calendars by outcome, times of 0 days that wait or pass, closed dates, months, staff and a cycle."""
    calls = Clock("calls", (1, 1, 1, 1, 1, 1, 0), True, dates=((dt.date(2027, 1, 12), 0.0),), waits=True)
    approvals = Clock("approvals", (1, 1, 1, 1, 1, 0, 0), True, waits=True)
    season = Clock(
        "season", (1, 1, 1, 1, 1, 0, 0), months=((1, 0.5),), dates=((dt.date(2027, 1, 30), 4.0),), normalized=True
    )
    return model(
        [
            stage(
                "lead",
                out("deal", 0.5, days(0, 0, "calls")),
                out("nurture", 0.3, delay("gamma", mean=1, shape=1, least=0, clock="calls")),
                out("lost", None, days(0, 0, "approvals")),
                kind="lead",
            ),
            ahead(
                out("won", 0.4, delay("gamma", mean=6, shape=2, clock="season")),
                out("lost", None, days(5, clock="approvals")),
                worked_by="rep",
                pace=RandomEffect(n(0.3), "week"),
            ),
            stage(
                "nurture",
                out("lead", 0.5, days(3, clock="approvals")),
                out("lost", None, days(0, 0, "approvals")),
                kind="nurture",
            ),
        ],
        [channel("one", "lead", 7)],
        [Role("rep", heads=n(2), per_day=n(3))],
        days=60,
        period="week",
        calendar=dataclasses.replace(WEEKDAYS, clocks=(calls, approvals, season)),
        opening=(OpeningStock("deal", "one", "all", 20, 3), OpeningStock("lead", "one", "all", 20, 0)),
    )
