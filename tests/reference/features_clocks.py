"""Feature models: clocks by date, random effects that leads share, and hazards of a posterior."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from rpmsim.model.calendar import Clock
from rpmsim.model.cycle import Delay, RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.hazards import AgeHazards, shares
from rpmsim.model.number import Draws, Number
from rpmsim.model.plan import Change, Model, OpeningStock
from tests.reference.feature_parts import WEEKDAYS, by, feature
from tests.reference.models import channel, days, delay, model, n, out, stage


@feature
def clocks_of_months_and_dates() -> Model:
    """Clocks of whole days and of weights by month and date; delays of 0 days wait for them."""
    desks = Clock("desks", (1, 1, 1, 1, 1, 1, 0), True, dates=((dt.date(2027, 1, 9), 0.0),), waits=True)
    slow = Clock("slow", months=((1, 0.4), (2, 1.5)), dates=((dt.date(2027, 2, 14), 6.0),), normalized=True)
    calendar = dataclasses.replace(WEEKDAYS, clocks=(desks, slow))
    return model(
        [
            stage("lead", out("deal", 0.6, delay("fixed", 0, "desks", value=0)),
                  out("lost", None, delay("gamma", mean=2, shape=1, least=0, clock="desks")), kind="lead"),
            stage("deal", out("won", 0.5, delay("gamma", mean=8, shape=2, clock="slow")),
                  out("lost", None, days(6, clock="desks")), kind="opportunity"),
        ],
        [channel("one", "lead", 5)],
        days=70,
        calendar=calendar,
    )  # fmt: skip


@feature
def pace() -> Model:
    """A random clock by week for a stage, on calendar and whole days; leads are open at the start."""
    return model(
        [
            stage("deal", out("won", 0.4, delay("gamma", mean=9, shape=2)),
                  out("lost", 0.4, delay("gamma", mean=9, shape=3, clock="work")), out("nurture"),
                  kind="opportunity", pace=RandomEffect(n(0.9), "week")),
            stage("nurture"),
        ],
        [channel("one", "deal", 5)],
        days=60,
        calendar=WEEKDAYS,
        opening=(OpeningStock("deal", "one", "all", 60, 3),),
    )  # fmt: skip


@feature
def pace_of_an_outcome() -> Model:
    """Wins come in batches, losses at the pace of their stage by month; a change makes both slower and steadier."""
    base = model(
        [stage("deal", out("won", 0.5, delay("gamma", mean=10, shape=2), pace=RandomEffect(n(1.8), "day")),
               out("lost", None, delay("weibull", scale=9, shape=1.5)), kind="opportunity",
               pace=RandomEffect(n(0.6), "month"))],
        [channel("one", "deal", 6)],
        days=75,
    )  # fmt: skip
    first, *ends = base.content.stages
    won, lost = first.outcomes
    steady = dataclasses.replace(first, outcomes=(dataclasses.replace(won, pace=RandomEffect(n(0.3), "day")), lost),
                                 pace=RandomEffect(n(0.1), "month"))  # fmt: skip
    content = dataclasses.replace(base.content, stages=(steady, *ends))
    return dataclasses.replace(base, changes=(Change("steady", dt.date(2027, 1, 20), content, 30),))


@feature
def shock_of_weeks() -> Model:
    """A shock per week, which a change makes stronger step by step."""
    base = model(
        [stage("deal", out("won", 0.4, delay("gamma", mean=5, shape=2)), out("lost", None, days(8)),
               kind="opportunity", shock=RandomEffect(n(0.4), "week"))],
        [channel("one", "deal", 6)],
        days=60,
    )  # fmt: skip
    first, *ends = base.content.stages
    strong = dataclasses.replace(first, shock=RandomEffect(n(1.8), "week"))
    content = dataclasses.replace(base.content, stages=(strong, *ends))
    return dataclasses.replace(base, changes=(Change("nervous", dt.date(2027, 1, 15), content, 20),))


@feature
def hazards_by_age() -> Model:
    """Two draws of hazards, which a class stretches; some leads are open at the start, past the first ages."""
    starts = np.array([0, 1, 4, 10])
    values = np.array(
        [[[0.0, 0.02, 0.10, 0.05], [0.1, 0.05, 0.02, 0.02]], [[0.05, 0.08, 0.0, 0.1], [0.0, 0.1, 0.1, 0.0]]]
    )
    ways = [AgeHazards(("file", "deal", to), starts, values, i) for i, to in enumerate(("won", "lost"))]
    taken = shares(values, starts)
    draws = [Number(taken[:, i].mean(), *sorted(taken[:, i]), "share", f"share of {i}",
                    Draws(("file", str(i)), taken[:, i])) for i in range(2)]  # fmt: skip
    return model(
        [
            stage("deal", *(out(to, share, Delay(Distribution("hazards", ages=way), 0))
                            for to, share, way in zip(("won", "lost"), draws, ways, strict=True)),
                  stays="rest", kind="opportunity", stretch=(by("grade", hot=1.7),), odds=(by("grade", hot=2.0),)),
        ],
        [channel("one", "deal", 6, grades=(("hot", n(0.4)), ("cold", None)))],
        days=60,
        grades=("hot", "cold"),
        opening=(OpeningStock("deal", "one", "all", 50, 6, grade="cold"),),
    )  # fmt: skip
