"""Random small models with all features mixed, which a checked scenario could have made."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from rpmsim.model.arrivals import Channel, Spend
from rpmsim.model.calendar import Calendar, Clock, Every
from rpmsim.model.cycle import NO_DELAY, Delay, LoadEffect, Outcome, Queue, RandomEffect, Response, Stage
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Band, Cost, Segment
from rpmsim.model.number import ByClass, Number
from rpmsim.model.plan import Change, Content, Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Person, Role
from tests.reference.models import content, distribution, n
from tests.reference.strategies_open import with_open_leads

Draw = Callable[[int], int]
"""Chooses one of 0 ... n - 1."""

KINDS = ("anonymous", "lead", "mql", "sal", "sql", "opportunity")


@dataclasses.dataclass
class Shape:
    """What the parts of one model must know of each other."""

    first_day: dt.date
    days: int
    segments: list[str]
    channels: list[str]
    stages: list[str]
    roles: list[str]
    grades: tuple[str, ...]
    bands: tuple[str, ...]
    max_returns: int
    clocks: list[str]


@st.composite
def models(draw: Any) -> Model:
    """Random models as a strategy."""
    return any_model(lambda n: draw(st.integers(0, n - 1)))


def random_model(number: int) -> Model:
    """A random model by number, the same anywhere (hypothesis also takes numbers from the code that is loaded)."""
    return any_model(random.Random(number).randrange)


def pick(draw: Draw, options: Sequence[Any]) -> Any:
    return options[draw(len(options))]


def between(draw: Draw, low: int, high: int) -> int:
    return low + draw(high - low + 1)


def one_of(draw: Draw, *options: Any) -> Any:
    return pick(draw, options)


def sometimes(draw: Draw, one_in: int) -> bool:
    return bool(between(draw, 0, one_in - 1) == one_in - 1)


def any_model(draw: Draw) -> Model:
    """A model of 2 to 6 stages, 1 to 3 channels, 1 or 2 segments, up to 3 roles, 20 to 90 days, some hundred leads."""
    as_of = dt.date(2026, 12, 31) + dt.timedelta(between(draw, 0, 200))
    length = between(draw, 20, 90)
    banded = sometimes(draw, 4)
    shape = Shape(
        as_of + dt.timedelta(1),
        length,
        ["s_small", "s_big"][: between(draw, 1, 2)],
        ["c_one", "c_two", "c_three"][: between(draw, 1, 3)],
        [f"stage{i}" for i in range(between(draw, 2, 6))],
        ["r_one", "r_two", "r_three"][: one_of(draw, 2, 1, 3, 0, 2)],
        one_of(draw, (), (), ("hot", "cold")),
        ("low", "high") if banded else (),
        between(draw, 0, 2),
        ["calendar", "calendar", "work", "rush"],
    )
    stages = [stage(draw, shape, i) for i in range(len(shape.stages))]
    if banded:
        i = between(draw, 0, len(stages) - 1)
        stages[i] = dataclasses.replace(stages[i], amount_here=True)
    served = {name for s in stages for name in names_in(s.worked_by)}
    roles = [role(draw, shape, name) for name in shape.roles if name in served]
    stages = [end_for_slots(s, roles) for s in stages]
    segments = [Segment(name, amount=amount(draw)) for name in shape.segments]
    channels = [channel(draw, shape, name, i, [r.name for r in roles]) for i, name in enumerate(shape.channels)]
    costs = (Cost("crm", "tools", n(1_000), ((shape.first_day.replace(day=1), n(500)),)),)
    base = content(stages, channels, roles, segments, costs)
    holidays = tuple(
        shape.first_day + dt.timedelta(d) for d in sorted({between(draw, -5, 60) for _ in range(between(draw, 0, 3))})
    )
    rush = Clock(
        "rush", (1, 1, 1, 1, 1, 0.2, 0), sometimes(draw, 2), month_end=(3.0, 2.0), quarter_end=(2.0,), normalized=True
    )
    built = Model(
        name="random",
        label="",
        currency="EUR",
        as_of=as_of,
        until=as_of + dt.timedelta(length),
        calendar=Calendar(one_of(draw, (True,) * 7, (True,) * 5 + (False,) * 2), holidays, clocks=(rush,)),
        content=base,
        changes=changes(draw, shape, base),
        grades=shape.grades,
        bands=(Band("low", 900.0), Band("high", None)) if banded else (),
        max_returns=shape.max_returns,
        opening=tuple(opening(draw, shape, stages) for _ in range(between(draw, 0, 3))),
        open_deals=tuple(deal(draw, shape, stages, i) for i in range(between(draw, 0, 2))),
        revision=one_of(draw, None, distribution("lognormal", median=0.9, sigma=0.2)),
        period=one_of(draw, "month", "week", "quarter"),
    )
    built = with_batches(draw, built) if sometimes(draw, 2) else built
    built = with_grouped_leads(draw, built) if sometimes(draw, 2) else built
    return with_open_leads(draw, built) if sometimes(draw, 2) else built


def with_grouped_leads(draw: Draw, built: Model) -> Model:
    """Leads of some channels in groups, and levels of demand that are not as stated on the first day."""
    sizes = (
        None,
        distribution("fixed", value=3),
        distribution("lognormal", median=2.0, p90=4.0),
        Distribution("table", points=((1.0, 2.0), (4.0, 1.0))),
    )
    more = {
        item.name: {"batch": pick(draw, sizes), "drift_now": number(draw, one_of(draw, 1.0, 0.5, 1.7), "positive")}
        for item in built.content.channels
        if not item.made_by
    }

    def through(content: Content) -> Content:
        channels = tuple(dataclasses.replace(item, **more.get(item.name, {})) for item in content.channels)
        return dataclasses.replace(content, channels=channels)

    return dataclasses.replace(
        built,
        content=through(built.content),
        changes=tuple(dataclasses.replace(change, content=through(change.content)) for change in built.changes),
    )


def with_batches(draw: Draw, built: Model) -> Model:
    """A pace on one outcome, and times of 0 days on a clock that waits."""
    name = built.content.stages[draw(len(built.content.stages) - 2)].name
    own = one_of(draw, None, RandomEffect(n(1.2), "day"), RandomEffect(n(0.6), every(draw)))
    waits = sometimes(draw, 2)

    def changed(stage: Stage) -> Stage:
        first = dataclasses.replace(stage.outcomes[0], pace=own)
        if waits and first.delay == NO_DELAY:
            first = dataclasses.replace(first, delay=dataclasses.replace(NO_DELAY, clock="rush"))
        return dataclasses.replace(stage, outcomes=(first, *stage.outcomes[1:]))

    def through(content: Content) -> Content:
        stages = (changed(s) if s.name == name and s.outcomes else s for s in content.stages)
        return dataclasses.replace(content, stages=tuple(stages))

    clocks = tuple(dataclasses.replace(clock, waits=waits) for clock in built.calendar.clocks)
    return dataclasses.replace(
        built,
        content=through(built.content),
        changes=tuple(dataclasses.replace(change, content=through(change.content)) for change in built.changes),
        calendar=dataclasses.replace(built.calendar, clocks=clocks),
    )


def names_in(value: Any) -> set[str]:
    """Roles by which a stage is worked."""
    if isinstance(value, ByClass):
        return set().union(*(names_in(case) for _, case in value.cases))
    return {value} if value else set()


def number(draw: Draw, value: float, scale: str, shape: Shape | None = None) -> Number:
    """The value, exact or in a range; some ranges are shared by name."""
    if not sometimes(draw, 6):
        return n(value)
    if scale == "share":
        return Number(value, value * 0.6, value + (1 - value) * 0.3, "share", f"share{value}")
    return Number(value, value * 0.7, value * 1.4, "positive", f"positive{value}")


def by_class(draw: Draw, shape: Shape, values: tuple[float, ...], scale: str = "positive") -> Any:
    """A number, or a map by segment, channel or grade."""
    dimensions = {"segment": shape.segments, "channel": shape.channels, "grade": shape.grades}
    names = dimensions[one_of(draw, *dimensions)]
    if len(names) < 2 or not sometimes(draw, 3):
        return number(draw, one_of(draw, *values), scale)
    dimension = next(key for key, value in dimensions.items() if value is names)
    return ByClass(dimension, tuple((name, number(draw, one_of(draw, *values), scale)) for name in names))  # type: ignore[arg-type]


def delay(draw: Draw, shape: Shape, least: int) -> Delay:
    """A delay distribution of any family; ``least`` is the fewest days that keep the graph free of zero-day cycles."""
    median = one_of(draw, 2.0, 4.0, 9.0)
    distributions = [
        distribution("lognormal", median=median),
        distribution("lognormal", median=median, p90=median * 2.5),
        distribution("gamma", mean=median, shape=1.5),
        distribution("gamma", median=median, p90=median * 3),
        distribution("weibull", scale=median, shape=1.3),
        distribution("fixed", value=median),
        Distribution("table", points=((1.0, 2.0), (median, 3.0), (14.0, 1.0))),
    ]
    return Delay(pick(draw, distributions), max(least, between(draw, 0, 1)), pick(draw, shape.clocks))


def stage(draw: Draw, shape: Shape, i: int) -> Stage:
    """Stage ``i``: forward outcomes of any delay, a backward one of a day or more, the rest is lost."""
    name, later = shape.stages[i], [*shape.stages[i + 1 :], "won"]
    zero = sometimes(draw, 4)
    outcomes = [
        Outcome(later[0], by_class(draw, shape, (0.3, 0.45, 0.6), "share"), NO_DELAY if zero else delay(draw, shape, 0))
    ]
    if len(later) > 1 and sometimes(draw, 2):
        target = pick(draw, later[1:])
        outcomes.append(Outcome(target, number(draw, 0.12, "share"), delay(draw, shape, 0)))
    if sometimes(draw, 2):
        target = pick(draw, shape.stages[: i + 1])
        returning = shape.max_returns > 0 and sometimes(draw, 2)
        outcomes.append(Outcome(target, number(draw, 0.15, "share"), delay(draw, shape, 1), returning=returning))
    rest = Outcome("lost", None, NO_DELAY if sometimes(draw, 2) else delay(draw, shape, 0))
    stays = None
    if sometimes(draw, 5):
        stays = n(0.1)
    timeout = (n(between(draw, 3, 25)), "lost") if sometimes(draw, 4) else None
    kind = "nurture" if i and sometimes(draw, 6) else KINDS[min(5, i + 6 - len(shape.stages))]
    options: dict[str, Any] = {}
    if shape.roles and not sometimes(draw, 3):
        options |= staffing(draw, shape, name)
    effects = []
    if shape.grades:
        effects.append(ByClass("grade", (("hot", n(2.0)), ("cold", n(0.7)))))
    if shape.max_returns:
        effects.append(ByClass("returns", (("0", n(1.0)),), n(0.5)))
    if shape.bands:
        effects.append(ByClass("band", (("low", n(1.6)),)))
    return Stage(
        name,
        kind,  # type: ignore[arg-type]
        outcomes=(*outcomes, rest),
        stays=stays,
        timeout=timeout,
        odds=tuple(effects) if sometimes(draw, 2) else (),
        stretch=tuple(effects) if sometimes(draw, 3) else (),
        shock=RandomEffect(n(0.5), every(draw)) if sometimes(draw, 5) else None,
        pace=RandomEffect(n(0.5), every(draw)) if sometimes(draw, 4) else None,
        **options,
    )


def every(draw: Draw) -> Every:
    """How often a random effect is drawn."""
    return one_of(draw, "day", "week", "month", "quarter")


def staffing(draw: Draw, shape: Shape, name: str) -> dict[str, Any]:
    """Who works a stage and what waiting does there."""
    worked_by: Any = pick(draw, shape.roles)
    if len(shape.segments) > 1 and len(shape.roles) > 1 and sometimes(draw, 3):
        worked_by = ByClass("segment", tuple(zip(shape.segments, shape.roles, strict=False)))
    orders = [(), ("c_one",), ("returning", *shape.segments)]
    ties = [(), ("returning", "c_one"), ("s_big",)]
    time = one_of(draw, None, distribution("lognormal", median=2.0), distribution("gamma", mean=6.0, shape=2))
    response = Response(
        time,
        one_of(draw, "none", "per_day", "power"),
        number(draw, 0.8, "share"),
        one_of(draw, "odds", "probability"),
        by_class(draw, shape, (5.0, 24.0, 50.0)),
        n(1.03) if sometimes(draw, 3) else None,
        n(1.0),
    )
    return {
        "worked_by": worked_by,
        "work_hours": by_class(draw, shape, (1.0, 2.5)),
        "response": response,
        "queue": Queue(
            one_of(draw, "first_in", "first_in", "last_in", "deadline"), one_of(draw, *orders), one_of(draw, *ties)
        ),
        "load": LoadEffect(n(0.95), n(2.0)) if sometimes(draw, 4) else None,
        "gives_up": (n(0.08), one_of(draw, "lost", *shape.stages[shape.stages.index(name) + 1 :]))
        if sometimes(draw, 3)
        else None,
    }


def end_for_slots(item: Stage, roles: list[Role]) -> Stage:
    """A stage with slots and a share that never leaves needs a timeout."""
    slots = any(role.holds is not None and role.name in names_in(item.worked_by) for role in roles)
    if slots and item.stays is not None and item.timeout is None:
        return dataclasses.replace(item, timeout=(n(20), "lost"))
    return item


def role(draw: Draw, shape: Shape, name: str) -> Role:
    """A role whose desk is about full."""
    limits = one_of(draw, "time", "time", "slots", "both")
    hours = limits != "slots" and sometimes(draw, 2)
    heads = one_of(draw, 1.0, 2.0, 2.5)
    moving = sometimes(draw, 2)
    day = shape.first_day
    return Role(
        name,
        heads=n(heads),
        tenure_months=one_of(draw, None, n(0.3), n(1.5)),
        team=(Person("ana", day - dt.timedelta(40)), Person("bo", day + dt.timedelta(9), day + dt.timedelta(50)))
        if sometimes(draw, 4)
        else (),
        hires=((day + dt.timedelta(5), n(1)),) if moving else (),
        time_to_fill=one_of(draw, None, distribution("gamma", mean=8, shape=2)),
        backfill=one_of(draw, None, distribution("lognormal", median=10, sigma=0.5)),
        ramp=one_of(draw, (), (n(0.3), n(0.7)), (n(0.5),)),
        leaves_per_month=n(0.3) if moving else n(0.0),
        per_day=None
        if limits == "slots"
        else number(draw, (2.2 if hours else 1.1) * one_of(draw, 0.6, 1.0, 1.5), "positive"),
        in_hours=hours,
        holds=None if limits == "time" else number(draw, one_of(draw, 4.0, 8.0), "positive"),
        order=tuple(reversed(shape.stages)),
        leavers_items=one_of(draw, "colleagues", "queue", "lost"),
        pay_per_month=n(3_000),
        works_every_day=sometimes(draw, 2),
    )


def amount(draw: Draw) -> Amount:
    """An amount of some family, by the year or in total."""
    distributions = [
        distribution("lognormal", median=1_000, sigma=0.6),
        distribution("gamma", mean=1_500, shape=2),
        Distribution("table", points=((500.0, 1.0), (2_000.0, 2.0))),
    ]
    return Amount(pick(draw, distributions), one_of(draw, "total", "year", "month"), n(18))


def channel(draw: Draw, shape: Shape, name: str, i: int, roles: list[str]) -> Channel:
    """A channel by rate, spend or a role; the first one enters the first stage."""
    into = shape.stages[0] if i == 0 else pick(draw, shape.stages)
    mix: tuple[tuple[str, Number | None], ...] = ((shape.segments[0], None),)
    if len(shape.segments) > 1:
        mix = ((shape.segments[0], number(draw, 0.6, "share")), (shape.segments[1], None))
    grades: Any = ()
    if shape.grades:
        grades = (("hot", n(0.3)), ("cold", None))
        if len(shape.segments) > 1:
            grades = ByClass(
                "segment", ((shape.segments[0], grades), (shape.segments[1], (("hot", n(0.8)), ("cold", n(0.2)))))
            )
    base = Channel(name, into=into, mix=mix, grades=grades)
    how = one_of(draw, "rate", "rate", "spend", "made") if i else "rate"
    if how == "made" and roles:
        return dataclasses.replace(base, made_by=pick(draw, roles), made_rate=n(0.5))
    if how == "spend":
        return dataclasses.replace(base, spend=Spend(n(3_000), (), n(2_000), n(40), n(0.4), n(0.3)))
    unit, rate = one_of(draw, ("day", 2.0), ("week", 12.0), ("month", 70.0), ("year", 600.0))
    return dataclasses.replace(
        base,
        rate=number(draw, rate, "positive"),
        rate_unit=unit,
        change=n(one_of(draw, 1.0, 1.2)),
        growth_per_month=n(one_of(draw, 0.0, 0.3)),
        weekday_pattern=(1.0,) * 7 if unit == "day" else one_of(draw, (1.0,) * 7, (2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.3)),
        closed_on_holidays=unit != "day" and sometimes(draw, 3),
        dispersion=n(one_of(draw, 0.0, 0.0, 0.4)),
        drift_sigma=n(one_of(draw, 0.0, 0.0, 0.15)),
        drift_phi=n(0.9),
        drift_shared=n(0.5),
        spend_per_month=n(800) if sometimes(draw, 3) else None,
    )


def changes(draw: Draw, shape: Shape, base: Content) -> tuple[Change, ...]:
    """Up to two changes, the second after the first is fully in force."""
    result: list[Change] = []
    last, start = base, 0
    for i in range(between(draw, 0, 2)):
        start += between(draw, 2, 25)
        last = edited(draw, shape, last)
        phase = one_of(draw, 0, 0, 15)
        touches_open = phase == 0 and sometimes(draw, 2)
        result.append(Change(f"change{i}", shape.first_day + dt.timedelta(start), last, phase, touches_open))
        start += phase
    return tuple(result)


def edited(draw: Draw, shape: Shape, base: Content) -> Content:
    """The content with other shares and odds in one stage, other rates, prices and staff."""
    i = between(draw, 0, len(shape.stages) - 1)
    old = base.stages[i]
    share = n(one_of(draw, 0.1, 0.55))
    first = dataclasses.replace(old.outcomes[0], share=share)
    new = dataclasses.replace(old, outcomes=(first, *old.outcomes[1:]))
    stages = tuple(new if s is old else s for s in base.stages)
    channels, segments, roles = base.channels, base.segments, base.roles
    if sometimes(draw, 2):
        channels = tuple(dataclasses.replace(c, change=n(1.6)) for c in channels)
    if sometimes(draw, 3):
        roles = tuple(dataclasses.replace(r, holds=None if r.holds is None else n(6)) for r in roles)
    return Content(stages, channels, segments, roles, base.costs)


def opening(draw: Draw, shape: Shape, stages: list[Stage]) -> OpeningStock:
    """Some leads in a stage, young enough not to have timed out, or waiting for staff."""
    item = pick(draw, stages)
    lasting = any(has_long_tail(outcome.delay) for outcome in item.outcomes)
    if not lasting and item.worked_by is None:
        item = dataclasses.replace(stages[0], name="lost", worked_by=None)
    waiting = item.worked_by is not None and (not lasting or sometimes(draw, 2))
    return OpeningStock(
        item.name,
        pick(draw, shape.channels),
        pick(draw, shape.segments),
        between(draw, 1, 8),
        between(draw, 0, 5 if waiting else 2),
        waiting,
        one_of(draw, *shape.grades) if shape.grades else "",
        between(draw, 0, shape.max_returns),
    )


def has_long_tail(value: Any) -> bool:
    """Whether somebody may still be there after any time."""
    return isinstance(value, Delay) and value.distribution.family not in ("fixed", "table")


def deal(draw: Draw, shape: Shape, stages: list[Stage], i: int) -> OpenDeal:
    """A listed deal."""
    item = pick(draw, stages)
    stock = opening(draw, shape, [item])
    return OpenDeal(
        f"deal{i}",
        stock.stage,
        shape.first_day - dt.timedelta(1 + stock.days),
        stock.channel,
        stock.segment,
        one_of(draw, 700.0, 4_000.0),
        one_of(draw, 1.0, 3.0),
        stock.waiting,
        stock.grade,
        stock.returns,
    )
