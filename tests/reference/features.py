"""Small models, one or two features each, switched on so strongly that a wrong law would show."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from rpmsim.model.arrivals import Spend
from rpmsim.model.calendar import Calendar, Clock
from rpmsim.model.cycle import LoadEffect, Queue, Response
from rpmsim.model.laws import Law
from rpmsim.model.money import Amount, Band, Cost, Segment
from rpmsim.model.number import ByClass, Number
from rpmsim.model.plan import Change, Content, Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Person, Role
from tests.reference.models import channel, days, delay, law, model, n, out, stage

START = dt.date(2027, 1, 1)
WEEKDAYS = Calendar(work=(True,) * 5 + (False,) * 2, holidays=(dt.date(2027, 1, 6), dt.date(2027, 2, 3)))
TWO = [
    Segment("small", amount=Amount(law("lognormal", median=1_000, sigma=0.7))),
    Segment("big", amount=Amount(law("gamma", mean=9_000, shape=2))),
]
HALF = (("small", n(0.6)), ("big", None))

FEATURES: dict[str, Callable[[], Model]] = {}


def feature(build: Callable[[], Model]) -> Callable[[], Model]:
    FEATURES[build.__name__] = build
    return build


def by(dimension: str, **cases: float) -> ByClass:
    """Exact numbers by name; a leading underscore of a name is dropped (``_1``)."""
    return ByClass(dimension, tuple((name.lstrip("_"), n(value)) for name, value in cases.items()))  # type: ignore[arg-type]


def desk(rate: float = 4.0, role: Role | None = None, length: int = 60, **more: object) -> Model:
    """A staffed stage whose outcomes are won (half) and lost after some days; two channels, two segments."""
    options = {key: more.pop(key) for key in ("calendar", "opening", "open_deals", "changes") if key in more}
    closing = delay("gamma", mean=6, shape=2)
    return model(
        [stage("deal", out("won", 0.5, closing), out("lost", None, delay("lognormal", median=4, p90=9)),
               kind="opportunity", worked_by="rep", **more)],
        [channel("one", "deal", rate * 0.6, mix=HALF), channel("two", "deal", rate * 0.4, mix=HALF)],
        [role or Role("rep", heads=n(1), per_day=n(3.3))],
        TWO,
        days=length,
        **options,
    )  # fmt: skip


# Laws, clocks, competing risks


@feature
def laws_of_delay() -> Model:
    """Every family of law, a table, a delay of zero days, and a share that stays."""
    points = Law("table", points=((2.0, 1.0), (5.4, 2.0), (11.0, 1.0)))
    spread = [
        delay("lognormal", median=6, p90=15), delay("lognormal", mean=8, sd=5), delay("gamma", median=5, p90=14),
        delay("gamma", mean=4, sd=3, least=0), delay("weibull", median=6, p90=12), delay("weibull", scale=9, shape=0.7),
        dataclasses.replace(delay(), law=points), days(3), delay("lognormal", median=7),
    ]  # fmt: skip
    ways = [stage(f"s{i}", out(f"s{i + 1}" if i < 8 else "won", 0.8, law_), out("lost", 0.15, days(i, least=0)),
                  stays=n(0.05)) for i, law_ in enumerate(spread)]  # fmt: skip
    return model(ways, [channel("one", "s0", 8)], days=90)


@feature
def clocks() -> Model:
    """A work clock on wins, a month-end rush on losses, and staff that keep the calendar."""
    rush = Clock("rush", (1, 1, 1, 1, 1, 0, 0), True, month_end=(4.0, 2.0), quarter_end=(3.0,), normalised=True)
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
               kind="opportunity", shock=n(1.2))],
        [channel("one", "deal", 6)],
        days=60,
        as_of=dt.date(2027, 3, 1),
    )  # fmt: skip


@feature
def timeouts() -> Model:
    """A time-out beside slow outcomes and a share that stays."""
    return model(
        [stage("deal", out("won", 0.3, delay("lognormal", median=12, p90=30)), out("lost", 0.3, delay("gamma", mean=9, shape=1)),
               stays="rest", kind="opportunity", timeout=(n(14), "nurture"), worked_by="ae"),
         stage("nurture", out("deal", 0.5, days(10)), stays="rest", kind="nurture", timeout=(n(10), "lost"))],
        [channel("one", "deal", 3)],
        [Role("ae", heads=n(2), holds=n(11))],
        days=90,
        opening=(OpeningStock("deal", "one", "all", 12, 8), OpeningStock("nurture", "one", "all", 20, 4)),
    )  # fmt: skip


# Desks


@feature
def first_in() -> Model:
    """Carried fractions at a desk that is about full, random ties."""
    return desk(3.2, queue=Queue("first_in"))


@feature
def last_in() -> Model:
    """Last in first out at an overloaded desk, stated ties, decay by the day."""
    return desk(5.0, queue=Queue("last_in", ties=("big", "two")), response=Response(decay="per_day", strength=n(0.7)))


@feature
def deadline() -> Model:
    """Shortest deadline first, limits by segment."""
    limits = by("segment", small=96.0, big=24.0)
    return desk(4.2, queue=Queue("deadline"), response=Response(sla_hours=limits, decay="per_day", strength=n(0.85)))


@feature
def priority() -> Model:
    """One channel, then one segment, before the rest; random ties; the rest starve and give up."""
    return desk(4.6, queue=Queue("first_in", priority=("two", "big")), gives_up=(n(0.1), "lost"),
                response=Response(decay="per_day", strength=n(0.8)))  # fmt: skip


@feature
def response_hours() -> Model:
    """Hours by law and segment, power decay, response slowed by load, limit inside the day."""
    times = ByClass("segment", (("small", law("lognormal", median=3, sigma=0.8)), ("big", law("gamma", mean=0.4, shape=1))))
    return desk(
        3.4,
        response=Response(times, "power", n(0.25), "odds", by("segment", small=4.0, big=24.5), n(1.15), n(1.0)),
    )  # fmt: skip


@feature
def response_probability() -> Model:
    """Decay that acts on the probability, and staff that rest at weekends."""
    return desk(
        2.2,
        response=Response(law("fixed", value=5.0), "per_day", n(0.75), "probability", n(29.0)),
        calendar=WEEKDAYS,
    )


@feature
def load() -> Model:
    """Odds that fall with open items per head, two heads and a growing heap."""
    return desk(4.4, Role("rep", heads=n(2), per_day=n(1.8)), load=LoadEffect(n(0.93), n(3.0)))


@feature
def giving_up() -> Model:
    """A fifth of those who wait gives up each day, to a stage from which they come back."""
    return model(
        [
            stage("lead", out("deal", 0.7, days(2)), out("lost"), kind="lead", worked_by="rep", gives_up=(n(0.2), "cold")),
            stage("cold", out("lead", 0.4, delay("gamma", mean=6, shape=2)), out("lost", None, days(3)), kind="nurture"),
            stage("deal", out("won", 0.5, days(6)), out("lost", None, days(3)), kind="opportunity"),
        ],
        [channel("one", "lead", 5)],
        [Role("rep", heads=n(1), per_day=n(3.5))],
        days=60,
        calendar=WEEKDAYS,
    )  # fmt: skip


@feature
def slots() -> Model:
    """Slots and a zero-day loss that frees its slot at once."""
    return model(
        [stage("deal", out("won", 0.4, delay("gamma", mean=9, shape=2)), out("lost", 0.25), out("later", None, days(5)),
               kind="opportunity", worked_by="ae"),
         stage("later", out("deal", 0.3, days(8)), out("lost", None, days(2)), kind="nurture")],
        [channel("one", "deal", 2.4)],
        [Role("ae", heads=n(2.5), holds=n(5), works_every_day=False)],
        days=70,
        calendar=WEEKDAYS,
    )  # fmt: skip


@feature
def slots_and_time() -> Model:
    """Both limits at one desk that works hours, which differ by segment."""
    return desk(2.6, Role("rep", heads=n(2), per_day=n(5.5), in_hours=True, holds=n(7)),
                work_hours=by("segment", small=2.0, big=7.0))  # fmt: skip


@feature
def several_stages() -> Model:
    """One role over three stages, most downstream first, hours and slots shared."""
    return model(
        [
            stage("sal", out("sql", 0.7, days(3)), out("lost", None, days(1)), kind="sal", worked_by="ae", work_hours=n(1.5)),
            stage("sql", out("deal", 0.7, delay("gamma", mean=4, shape=2, least=0)), out("lost", None, days(2)),
                  kind="sql", worked_by="ae", work_hours=n(2.2)),
            stage("deal", out("won", 0.6, delay("gamma", mean=5, shape=2)), out("lost"), kind="opportunity",
                  worked_by="ae", work_hours=n(3.0)),
        ],
        [channel("one", "sal", 2.6)],
        [Role("ae", heads=n(2), per_day=n(7.1), in_hours=True)],
        days=60,
    )  # fmt: skip


@feature
def several_stages_with_slots() -> Model:
    """One role over two stages that share its slots, in a stated order against the stream."""
    return model(
        [
            stage("sql", out("deal", 0.7, days(4)), out("lost", None, days(6)), kind="sql", worked_by="ae"),
            stage("deal", out("won", 0.6, delay("gamma", mean=5, shape=2)), out("lost", None, days(3)),
                  kind="opportunity", worked_by="ae"),
        ],
        [channel("one", "sql", 2.2)],
        [Role("ae", heads=n(3), holds=n(5), order=("sql", "deal"))],
        days=70,
    )  # fmt: skip


@feature
def territories() -> Model:
    """Two roles at one stage, by segment; one of them also works another stage."""
    return model(
        [
            stage("lead", out("deal", 0.6, days(2)), out("lost", None, days(1)), kind="lead", worked_by="inside"),
            stage("deal", out("won", 0.5, delay("gamma", mean=8, shape=2)), out("lost", None, days(7)), kind="opportunity",
                  worked_by=ByClass("segment", (("small", "inside"), ("big", "field")))),
        ],
        [channel("one", "lead", 5, mix=HALF)],
        [Role("inside", heads=n(1), per_day=n(5.6)), Role("field", heads=n(2), holds=n(5))],
        TWO,
        days=60,
    )  # fmt: skip


# People


@feature
def people() -> Model:
    """Ramp, leavers, backfill, hires with a time to fill, named people, a part-time head."""
    role = Role(
        "rep",
        heads=n(2.5),
        tenure_months=n(1.2),
        team=(Person("ana", dt.date(2026, 11, 20), None, n(9_000)), Person("bo", dt.date(2027, 1, 20), None),
              Person("cy", None, dt.date(2027, 2, 10))),
        hires=((dt.date(2027, 1, 15), n(2)), (dt.date(2027, 2, 20), n(1))),
        time_to_fill=law("gamma", mean=14, shape=2),
        backfill=law("lognormal", median=12, sigma=0.6),
        ramp=(n(0.2), n(0.5), n(0.8)),
        leaves_per_month=n(0.3),
        per_day=n(1.1),
        pay_per_month=n(5_000),
    )  # fmt: skip
    return desk(4.0, role, length=100, calendar=WEEKDAYS)


@feature
def leavers_to_queue() -> Model:
    """Half of the people leave in a month; their items wait again."""
    role = Role("rep", heads=n(4), holds=n(6), leaves_per_month=n(0.5), backfill=law("fixed", value=6), leavers_items="queue",
                ramp=(n(0.5),))  # fmt: skip
    return desk(2.4, role, length=80)


@feature
def leavers_to_stage() -> Model:
    """The items of leavers go to another stage, over an edge of their own."""
    role = Role("rep", heads=n(3), holds=n(6), per_day=n(1.7), leaves_per_month=n(0.5), backfill=law("fixed", value=9),
                leavers_items="cold", ramp=(n(0.0), n(0.6)), tenure_months=n(0.5))  # fmt: skip
    base = desk(2.4, role, length=80)
    cold = stage("cold", out("deal", 0.5, days(7)), out("lost", None, days(4)), kind="nurture")
    return dataclasses.replace(base, content=dataclasses.replace(base.content, stages=(*base.content.stages, cold)))


@feature
def made_leads() -> Model:
    """A role makes leads in its free time, with throughput and with slots."""
    return model(
        [
            stage("lead", out("deal", 0.5, days(4)), out("lost", None, days(1)), kind="lead", worked_by="sdr"),
            stage("deal", out("won", 0.5, days(6)), out("lost", None, days(9)), kind="opportunity", worked_by="ae"),
        ],
        [channel("in", "lead", 2.0),
         dataclasses.replace(channel("out", "lead", 0), rate=None, made_by="sdr", made_rate=n(1.5)),
         dataclasses.replace(channel("own", "deal", 0), rate=None, made_by="ae", made_rate=n(0.8))],
        [Role("sdr", heads=n(2), per_day=n(2.5)), Role("ae", heads=n(2), holds=n(8))],
        days=60,
        calendar=WEEKDAYS,
    )  # fmt: skip


# Arrivals


@feature
def patterns() -> Model:
    """Rates by unit, weekday and month patterns, a table by month, damped trend, holidays."""
    week = (1.0, 2.0, 1.0, 1.0, 0.5, 0.0, 0.0)
    months = tuple(float(x) for x in (1, 3, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1))
    table = tuple((dt.date(2027, m, 1), n(v)) for m, v in ((1, 60), (2, 200), (3, 20), (4, 90)))
    return model(
        [stage("deal", out("won", 0.5, days(3)), out("lost", None, days(2)), kind="opportunity")],
        [
            channel("weekly", "deal", 20, "week", weekday_pattern=week, closed_on_holidays=True),
            channel("monthly", "deal", 90, "month", month_pattern=months, weekday_pattern=week, change=n(1.3)),
            channel("growing", "deal", 700, "year", growth_per_month=n(0.6), damping=n(0.5)),
            dataclasses.replace(channel("listed", "deal", 0), rate=None, by_month=table),
            channel("quarterly", "deal", 200, "quarter"),
        ],
        days=105,
        calendar=WEEKDAYS,
    )  # fmt: skip


@feature
def drift() -> Model:
    """Over-dispersed days and a wandering level that the channels partly share."""
    return model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), kind="opportunity")],
        [
            channel("one", "deal", 4, dispersion=n(0.8), drift_sigma=n(0.25), drift_phi=n(0.9), drift_shared=n(0.7)),
            channel("two", "deal", 4, drift_sigma=n(0.3), drift_phi=n(1.0), drift_shared=n(0.7)),
            channel("three", "deal", 4, dispersion=n(1.5)),
        ],
        days=70,
        as_of=dt.date(2027, 1, 5),
    )  # fmt: skip


@feature
def spend() -> Model:
    """Leads driven by money, which is doubled and stopped; costs of every kind."""
    money = Spend(n(20_000), ((dt.date(2027, 2, 1), n(60_000)), (dt.date(2027, 3, 1), n(0))), n(20_000), n(120), n(0.5), n(0.6))
    return model(
        [stage("deal", out("won", 0.5, days(3)), out("lost", None, days(2)), kind="opportunity")],
        [dataclasses.replace(channel("paid", "deal", 0), rate=None, spend=money),
         channel("free", "deal", 1, spend_per_month=n(700))],
        days=100,
        costs=(Cost("crm", "tools", n(4_000)), Cost("fair", "overhead", n(100), ((dt.date(2027, 2, 1), n(20_000)),))),
    )  # fmt: skip


# Dated changes


def changed(base: Model, at: int, edit: Callable[[Content], Content], **more: object) -> Model:
    """The model with one change from a day on."""
    last = base.changes[-1].content if base.changes else base.content
    change = Change(f"change{at}", base.first_day + dt.timedelta(at), edit(last), **more)
    return dataclasses.replace(base, changes=(*base.changes, change))


def with_share(content: Content, share: float, mean: float) -> Content:
    """Content whose first stage wins with another share, after another time."""
    first, *others = content.stages
    won, *rest = first.outcomes
    won = dataclasses.replace(won, share=n(share), delay=delay("gamma", mean=mean, shape=2))
    return dataclasses.replace(content, stages=(dataclasses.replace(first, outcomes=(won, *rest)), *others))


def plain(rate: float = 6.0, length: int = 80) -> Model:
    """One unstaffed stage with slow ends."""
    return model(
        [stage("deal", out("won", 0.3, delay("gamma", mean=15, shape=2)), out("lost", None, delay("lognormal", median=12, p90=30)),
               kind="opportunity")],
        [channel("one", "deal", rate, mix=HALF)],
        segments=TWO,
        days=length,
    )  # fmt: skip


@feature
def change_new() -> Model:
    """Two changes on top of each other, for those who begin after them."""
    first = changed(plain(), 20, lambda c: with_share(c, 0.8, 3))
    return changed(first, 45, lambda c: with_share(c, 0.1, 3))


@feature
def change_open() -> Model:
    """Two changes that touch open leads, and a staffed desk whose effects stay with the lead."""
    base = desk(3.6, response=Response(decay="per_day", strength=n(0.5)), length=80)
    slow = dataclasses.replace(base, content=with_share(base.content, 0.3, 20))
    first = changed(slow, 20, lambda c: with_share(c, 0.9, 12), affects_open=True)
    return changed(first, 40, lambda c: with_share(c, 0.05, 30), affects_open=True)


@feature
def change_phased() -> Model:
    """A change phased in over 40 days: law, rate and price."""

    def edit(content: Content) -> Content:
        small = dataclasses.replace(content.segments[0], amount=Amount(law("lognormal", median=3_000, sigma=0.7)))
        one = dataclasses.replace(content.channels[0], change=n(3.0), mix=(("small", n(0.1)), ("big", None)))
        return dataclasses.replace(with_share(content, 0.9, 3), segments=(small, content.segments[1]), channels=(one,))

    return changed(plain(4.0), 15, edit, phase_days=40)


@feature
def change_of_staff() -> Model:
    """Capacity, queue and odds of a desk change at a date."""

    def edit(content: Content) -> Content:
        role = dataclasses.replace(content.roles[0], per_day=n(6.0), holds=n(20))
        first = dataclasses.replace(content.stages[0], odds=(by("segment", big=4.0),), gives_up=(n(0.1), "lost"))
        return dataclasses.replace(content, roles=(role,), stages=(first, *content.stages[1:]))

    role = Role("rep", heads=n(1), per_day=n(2.4), holds=n(15))
    return changed(desk(4.0, role, response=Response(decay="per_day", strength=n(0.9))), 30, edit)


# Start, money, parameters


@feature
def opening() -> Model:
    """Stock by age and wait, held slots, and listed deals with own amount, odds and revision."""
    role = Role("rep", heads=n(2), holds=n(14))
    deals = (
        OpenDeal("a", "deal", dt.date(2026, 12, 20), "one", "small", 50_000.0, odds=6.0),
        OpenDeal("b", "deal", dt.date(2026, 12, 31), "two", "big", 20_000.0, odds=0.1, waiting=True),
        OpenDeal("c", "deal", dt.date(2026, 12, 1), "one", "big"),
        OpenDeal("d", "deal", dt.date(2026, 12, 30), "one", "big", 90_000.0, waiting=True),
    )
    base = desk(
        1.6,
        role,
        opening=(
            OpeningStock("deal", "one", "small", 6, 3),
            OpeningStock("deal", "two", "big", 5, 12),
            OpeningStock("deal", "two", "small", 10, 2, waiting=True),
        ),
        open_deals=deals,
        response=Response(decay="per_day", strength=n(0.9)),
    )
    return dataclasses.replace(base, revision=law("lognormal", median=0.9, sigma=0.3))


@feature
def money() -> Model:
    """Amounts by the year and month, a table, fixed; no amount at all."""
    kinds = [
        Segment("a", amount=Amount(law("lognormal", median=5_000, p90=12_000), "year", n(18))),
        Segment("b", amount=Amount(law("gamma", median=400, p90=900), "month", n(24))),
        Segment("c", amount=Amount(Law("table", points=((100.0, 1.0), (900.0, 3.0))))),
        Segment("d", amount=Amount(law("fixed", value=777.77))),
        Segment("e", amount=Amount(law("weibull", scale=1_000, shape=1.5))),
        Segment("f"),
    ]
    mix = tuple((s.name, n(1 / 6)) for s in kinds)
    return model(
        [stage("deal", out("won", 0.6, days(3)), out("lost", None, days(2)), kind="opportunity")],
        [channel("one", "deal", 4, mix=mix)],
        segments=kinds,
        days=60,
    )


@feature
def ranges() -> Model:
    """Numbers drawn per replication, one of them used in two places, shares that can pass 100 %."""
    shared = Number(0.4, 0.2, 0.7, "share", "both")
    return model(
        [
            stage("lead", out("deal", shared, days(2)), out("other", Number(0.45, 0.3, 0.6, "share", "side"), days(1)),
                  out("lost", None, days(3)), kind="lead"),
            stage("other", out("deal", shared, days(4)), out("lost", None, days(3)), kind="nurture"),
            stage("deal", out("won", 0.5, delay("lognormal", median=8, p90=20)), out("lost", None, days(5)),
                  kind="opportunity", worked_by="rep"),
        ],
        [dataclasses.replace(channel("one", "lead", 0), rate=Number(150, 100, 260, "positive", "rate"), rate_unit="month")],
        [Role("rep", heads=n(1), per_day=Number(2.5, 2.0, 2.8, "positive", "speed"))],
        days=60,
    )  # fmt: skip
