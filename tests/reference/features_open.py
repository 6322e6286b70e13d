"""Feature models: hazards by age, and leads that are older than the distributions of their stage."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from rpmsim.model.cycle import Delay, RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.hazards import AgeHazards, shares
from rpmsim.model.number import ByClass, Draws, Number
from rpmsim.model.plan import Change, Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Role
from tests.reference.feature_parts import HALF, START, TWO, WEEKDAYS, by, feature
from tests.reference.models import channel, days, delay, distribution, model, n, out, stage

AGES = np.array([0, 1, 4, 12])
DRAWS = 3


def table(*points: tuple[float, float], clock: str = "calendar") -> Delay:
    return dataclasses.replace(delay(clock=clock), distribution=Distribution("table", points=points))


def hazard(name: str, seed: int, outcome: int, outcomes: int = 2, level: float = 0.06) -> tuple[Number, Delay]:
    """Share and delay of an outcome from random hazards; outcomes of one name and seed belong together."""
    values = np.random.default_rng(seed).gamma(4.0, level / 4.0, (DRAWS, outcomes, len(AGES)))
    parts = shares(values, AGES)[:, outcome]
    key = ("test", name, str(outcome))
    low, middle, high = np.quantile(parts, (0.05, 0.5, 0.95))
    number = Number(float(middle), float(low), float(high), "share", f"{name}{outcome}", Draws(key, parts))
    return number, Delay(Distribution("hazards", ages=AgeHazards(key, AGES, values, outcome)), least=0)


@feature
def hazards_by_age() -> Model:
    """Shares and times from hazards that differ by draw and by class, on a clock, stretched, and for old leads."""
    small, quick = hazard("small", 1, 0)
    big, slow = hazard("big", 2, 0, level=0.03)
    _, gone = hazard("small", 1, 1)
    _, gone_big = hazard("big", 2, 1, level=0.03)
    deal, won = hazard("deal", 3, 0, level=0.04)
    stretched = dataclasses.replace(won.distribution.ages, stretch=1.7)  # type: ignore[type-var]

    return model(
        [
            stage("lead", out("deal", ByClass("segment", (("small", small), ("big", big))),
                              ByClass("segment", (("small", quick), ("big", slow)))),
                  out("lost", None, ByClass("segment", (("small", gone), ("big", gone_big)))), kind="lead"),
            stage("deal", out("won", deal, Delay(Distribution("hazards", ages=stretched), 0, "work")),
                  out("lost", n(0.3), delay("gamma", mean=9, shape=2)), stays="rest", kind="opportunity"),
        ],
        [channel("one", "lead", 9, mix=HALF)],
        None,
        TWO,
        days=80,
        calendar=WEEKDAYS,
        opening=(OpeningStock("lead", "one", "small", 40, 18), OpeningStock("deal", "one", "big", 30, 20)),
    )  # fmt: skip


OLD = (OpeningStock("deal", "one", "all", 120, 60), OpeningStock("deal", "one", "all", 60, 5))


@feature
def leads_older_than_all_times() -> Model:
    """Leads of 60 days where all times end by day 12, some never leave, and a later change makes others too old."""
    ways = [
        stage("deal", out("won", 0.3, table((2, 1), (8, 2), (12, 1), clock="work")), out("lost", 0.5, days(9)),
              stays=n(0.2), kind="opportunity"),
    ]  # fmt: skip
    base = model(ways, [channel("one", "deal", 6)], days=70, calendar=WEEKDAYS, opening=OLD)
    slow = dataclasses.replace(base.content.stages[0], outcomes=(
        dataclasses.replace(base.content.stages[0].outcomes[0], delay=table((1, 1), (3, 1))),
        dataclasses.replace(base.content.stages[0].outcomes[1], delay=days(4)),
    ))  # fmt: skip
    later = dataclasses.replace(base.content, stages=(slow, *base.content.stages[1:]))
    return dataclasses.replace(base, changes=(Change("quick", START + dt.timedelta(30), later, 0, True),))


@feature
def a_stated_tail() -> Model:
    """Old leads and listed deals leave by stated chances, which differ by class, at a pace, from slots."""
    closing = [
        out("won", 0.4, table((2, 1), (8, 2)), beyond=by("channel", one=0.03, two=0.01)),
        out("lost", None, table((4, 1), (10, 1)), beyond=n(0.05)),
    ]
    deals = tuple(
        OpenDeal(f"d{i}", "deal", START - dt.timedelta(40 + i), "two", "all", 900.0, 1.0 + i) for i in range(4)
    )
    return model(
        [stage("deal", *closing, kind="opportunity", worked_by="rep", shock=RandomEffect(n(0.5), "month"),
               pace=RandomEffect(n(0.3), "week"))],
        [channel("one", "deal", 2), channel("two", "deal", 1)],
        [Role("rep", heads=n(2), holds=n(30))],
        days=60,
        calendar=WEEKDAYS,
        opening=(OpeningStock("deal", "one", "all", 25, 50), OpeningStock("deal", "two", "all", 20, 11)),
        open_deals=deals,
    )  # fmt: skip


def offset(family: str, least: int = 1, until: float = 12.0, shift: int = 0, **parameters: float) -> dict[str, object]:
    """Delay and offset of an outcome that runs by a due date."""
    after = (
        Distribution("table", points=((-3.0, 2.0), (0.0, 5.0), (4.0, 1.0)))
        if family == "table"
        else distribution(family, **parameters)
    )
    before = distribution("lognormal", median=until, sigma=0.5)
    return {"delay": Delay(Distribution("due", parts=(before, after), shift=shift), least), "offset": after}


@feature
def due_dates() -> Model:
    """Deals end around a date that is known for listed ones and drawn for others, or are lost by age before it."""
    deals = tuple(
        OpenDeal(
            f"d{i}", "ready" if i % 3 else "offer", START - dt.timedelta(1 + 4 * i), "one", "all", 900.0, 1.0 + i % 2,
            due=START + dt.timedelta(9 * i - 25),
        )
        for i in range(9)
    )  # fmt: skip
    return model(
        [
            stage("offer", out("ready", 0.7, delay("gamma", mean=6, shape=2)), out("lost", None, days(11)), kind="sql"),
            stage("ready", out("won", 0.5, **offset("normal", mean=1.0, sd=4.0)),
                  out("lost", 0.2, **offset("table", least=0, shift=2)),
                  out("nurture", None, delay("gamma", mean=15, shape=2)),
                  kind="opportunity", worked_by="rep", pace=RandomEffect(n(0.4), "week"),
                  stretch=(by("channel", one=1.5),)),
            stage("nurture", out("ready", 0.3, days(20)), kind="nurture", stays="rest"),
        ],
        [channel("one", "offer", 2)],
        [Role("rep", heads=n(2), holds=n(30))],
        days=60,
        opening=(OpeningStock("ready", "one", "all", 25, 8),),
        open_deals=deals,
    )  # fmt: skip


@feature
def dates_beside_times() -> Model:
    """Outcomes run by the date of deals that have one, and by a time on a random clock for all other leads."""
    deals = tuple(
        OpenDeal(f"d{i}", "ready", START - dt.timedelta(20), "one", "all", 900.0,
                 due=START + dt.timedelta(4 * i - 9) if i % 4 else None)
        for i in range(16)
    )  # fmt: skip
    won, lost = (offset("table")["offset"], offset("normal", mean=-9.0, sd=5.0)["offset"])
    ways = [
        stage("ready", out("won", 0.6, delay("gamma", mean=15, shape=2), offset=won),
              out("lost", None, days(12), offset=lost), kind="opportunity", pace=RandomEffect(n(0.4), "week"),
              stretch=(by("channel", one=1.3),)),
    ]  # fmt: skip
    return model(ways, [channel("one", "ready", 1)], days=50, open_deals=deals)


@feature
def overdue_dates() -> Model:
    """Listed deals whose date is long past, with offsets that cannot reach so far, leave by the tail."""
    deals = tuple(
        OpenDeal(f"d{i}", "ready", START - dt.timedelta(60), "one", "all", 900.0, due=START - dt.timedelta(20 + i))
        for i in range(20)
    )
    ways = [
        stage("ready", out("won", 0.6, **offset("table"), beyond=n(0.04)),
              out("lost", None, **offset("fixed", value=-2.0), beyond=n(0.02)), kind="opportunity"),
    ]  # fmt: skip
    return model(ways, [channel("one", "ready", 1)], days=50, open_deals=deals)
