"""Feature models: delay distributions, clocks, effects on odds and speed."""

from __future__ import annotations

import dataclasses
import datetime as dt

from rpmsim.model.calendar import Clock
from rpmsim.model.cycle import RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Band
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Model, OpeningStock
from rpmsim.model.staffing import Role
from tests.reference.feature_parts import HALF, TWO, WEEKDAYS, by, feature
from tests.reference.models import channel, days, delay, model, n, out, stage

# Distributions, clocks, competing risks


@feature
def distributions_of_delay() -> Model:
    """Every family of distribution, a table, a delay of zero days, and a share that stays."""
    points = Distribution("table", points=((2.0, 1.0), (5.4, 2.0), (11.0, 1.0)))
    spread = [
        delay("lognormal", median=6, p90=15), delay("lognormal", mean=8, sd=5), delay("gamma", median=5, p90=14),
        delay("gamma", mean=4, sd=3, least=0), delay("weibull", median=6, p90=12), delay("weibull", scale=9, shape=0.7),
        dataclasses.replace(delay(), distribution=points), days(3), delay("lognormal", median=7),
    ]  # fmt: skip
    ways = [stage(f"s{i}", out(f"s{i + 1}" if i < 8 else "won", 0.8, time), out("lost", 0.15, days(i, least=0)),
                  stays=n(0.05)) for i, time in enumerate(spread)]  # fmt: skip
    return model(ways, [channel("one", "s0", 8)], days=90)


@feature
def clocks() -> Model:
    """A work clock on wins, a month-end rush on losses, and staff that keep the calendar."""
    rush = Clock("rush", (1, 1, 1, 1, 1, 0, 0), True, month_end=(4.0, 2.0), quarter_end=(3.0,), normalized=True)
    calendar = dataclasses.replace(WEEKDAYS, clocks=(rush,))
    return model(
        [
            stage("lead", out("deal", 0.8, delay("gamma", mean=3, shape=2, clock="work")), out("lost", None, days(2)),
                  worked_by="rep"),
            stage("deal", out("won", 0.4, delay("lognormal", median=12, p90=25, clock="rush")),
                  out("lost", None, delay("weibull", median=9, p90=20, clock="work"))),
        ],
        [channel("one", "lead", 35, "week")],
        [Role("rep", heads=n(2), per_day=n(3.4))],
        days=80,
        calendar=calendar,
        opening=(OpeningStock("deal", "one", "all", 30, 9), OpeningStock("lead", "one", "all", 9, 3, waiting=True)),
    )  # fmt: skip


@feature
def zero_day_chain() -> Model:
    """Leads pass unstaffed and staffed stages in one day."""
    return model(
        [
            stage("visit", out("lead", 0.7), out("lost"), kind="anonymous"),
            stage("lead", out("mql", 0.8), out("nurture"), kind="lead", worked_by="sdr"),
            stage("mql", out("deal", 0.5, delay("gamma", mean=1, shape=1, least=0)), out("nurture"), kind="mql",
                  worked_by="ae"),
            stage("deal", out("won", 0.5, days(4)), out("lost"), kind="opportunity", worked_by="ae"),
            stage("nurture", out("lead", 0.5, days(5)), out("lost", None, days(7)), kind="nurture"),
        ],
        [channel("one", "visit", 6), channel("two", "mql", 1)],
        [Role("sdr", heads=n(1), per_day=n(4.6)), Role("ae", heads=n(1), per_day=n(3.7))],
        days=60,
    )  # fmt: skip


@feature
def busy_days() -> Model:
    """Many leads of one class begin a stage on a day: with slots, and in a cycle without staff; some leave at once."""
    return model(
        [
            stage("call", out("rest", 0.6, delay("gamma", mean=2, shape=1, least=0)),
                  out("lost", None, delay("lognormal", median=5, sigma=0.8)), kind="lead", worked_by="caller"),
            stage("rest", out("deal", 0.3, delay("gamma", mean=1, shape=1, least=0)),
                  out("call", 0.2, delay("gamma", mean=3, shape=2)),
                  out("lost", None, delay("weibull", scale=9, shape=0.8, least=0)), kind="nurture"),
            stage("deal", out("won", 0.4, delay("gamma", mean=4, shape=2)), out("rest", 0.2, days(4)),
                  out("lost", None, days(3)), kind="opportunity", worked_by="closer"),
        ],
        [channel("one", "call", 45)],
        [Role("caller", heads=n(1), holds=n(200)), Role("closer", heads=n(1), per_day=n(9))],
        days=50,
        period="week",
    )  # fmt: skip


@feature
def busy_days_by_clock() -> Model:
    """Many leads of a class begin a stage on a day without a cycle: some leave by a clock, some have an amount."""
    return model(
        [
            stage("visit", out("won", 0.3, delay("gamma", mean=6, shape=2)),
                  out("lost", 0.3, delay("weibull", scale=9, shape=0.8, least=0)),
                  out("nurture", None, delay("lognormal", median=5, sigma=0.8, clock="work"))),
            stage("nurture", stays=n(1.0)),
        ],
        [channel("one", "visit", 60, mix=HALF)],
        segments=TWO,
        days=75,
        calendar=WEEKDAYS,
    )  # fmt: skip


# Effects on odds and speed


@feature
def classes() -> Model:
    """Grades, returns and bands act on odds and stretch; recycling raises the return count."""
    effects = (by("returns", _1=0.6, _2=0.25), by("grade", hot=2.5))
    return model(
        [
            stage("lead", out("deal", 0.5, delay("gamma", mean=4, shape=2)), out("nurture", 0.3), out("lost"),
                  kind="lead", odds=effects, stretch=(by("grade", hot=0.4), by("returns", _2=3.0))),
            stage("nurture", out("lead", 0.8, delay("lognormal", median=6, sigma=0.5), returning=True),
                  out("lost", None, days(9)), kind="nurture"),
            stage("deal", out("won", 0.4, delay("gamma", mean=8, shape=3)), out("lost", None, days(10)),
                  kind="opportunity", amount_here=True, odds=(by("band", tiny=3.0, large=0.3),),
                  stretch=(by("band", large=2.5),)),
        ],
        [channel("one", "lead", 6, mix=HALF, grades=ByClass("segment", (
            ("small", (("hot", n(0.2)), ("cold", None))), ("big", (("hot", n(0.7)), ("cold", n(0.3)))))))],
        segments=TWO,
        days=90,
        grades=("hot", "cold"),
        bands=(Band("tiny", 700), Band("middle", 5_000), Band("large", None)),
        max_returns=2,
    )  # fmt: skip


@feature
def stage_shock() -> Model:
    """A strong shock per quarter, with the end of a quarter inside the horizon."""
    return model(
        [stage("deal", out("won", 0.4, delay("gamma", mean=5, shape=2)), out("lost", 0.4, days(8)), stays=n(0.2),
               kind="opportunity", shock=RandomEffect(n(1.2), "quarter"))],
        [channel("one", "deal", 6)],
        days=60,
        as_of=dt.date(2027, 3, 1),
    )  # fmt: skip


@feature
def timeout_alone() -> Model:
    """A stage that leads leave by its timeout and no other way."""
    return model(
        [
            stage("trial", timeout=(n(5), "deal"), kind="nurture"),
            stage("deal", out("won", 0.4, days(4)), out("trial", 0.3, days(2)), out("lost", None, days(1)),
                  kind="opportunity"),
            stage("rest", timeout=(n(9), "lost"), kind="nurture"),
        ],
        [channel("one", "trial", 3.0, mix=HALF), channel("two", "rest", 2.0, mix=HALF)],
        [],
        TWO,
    )  # fmt: skip


@feature
def timeouts() -> Model:
    """A timeout beside slow outcomes and a share that stays."""
    return model(
        [
            stage(
                "deal",
                out("won", 0.3, delay("lognormal", median=12, p90=30)),
                out("lost", 0.3, delay("gamma", mean=9, shape=1)),
                stays="rest",
                kind="opportunity",
                timeout=(n(14), "nurture"),
                worked_by="ae",
            ),
            stage("nurture", out("deal", 0.5, days(10)), stays="rest", kind="nurture", timeout=(n(10), "lost")),
        ],
        [channel("one", "deal", 3)],
        [Role("ae", heads=n(2), holds=n(11))],
        days=90,
        opening=(OpeningStock("deal", "one", "all", 12, 8), OpeningStock("nurture", "one", "all", 20, 4)),
    )
