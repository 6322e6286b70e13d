"""Feature models: desks, queues and people."""

from __future__ import annotations

import dataclasses
import datetime as dt

from rpmsim.model.cycle import LoadEffect, Queue, Response
from rpmsim.model.number import ByClass, Number
from rpmsim.model.plan import Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Person, Role
from tests.reference.feature_parts import HALF, TWO, WEEKDAYS, by, desk, feature
from tests.reference.models import channel, days, delay, distribution, model, n, out, stage

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
def unlike_deadlines() -> Model:
    """Limits of less than a day, of two and a half days, and none; hours count against them."""
    limits = ByClass(
        "channel", (("one", by("segment", small=60.0, big=5.0)), ("two", ByClass("segment", (("big", n(30.0)),))))
    )
    return desk(4.2, queue=Queue("deadline", ties=("two",)), response=Response(distribution("gamma", mean=3, shape=1),
                "per_day", n(0.8), sla_hours=limits))  # fmt: skip


@feature
def priority() -> Model:
    """One channel, then one segment, before the rest; random ties; the rest starve and give up."""
    return desk(4.6, queue=Queue("first_in", priority=("two", "big")), gives_up=(n(0.1), "lost"),
                response=Response(decay="per_day", strength=n(0.8)))  # fmt: skip


@feature
def response_hours() -> Model:
    """Hours by distribution and segment, power decay, response slowed by load, limit inside the day."""
    times = ByClass(
        "segment",
        (("small", distribution("lognormal", median=3, sigma=0.8)), ("big", distribution("gamma", mean=0.4, shape=1))),
    )
    return desk(
        3.4,
        response=Response(times, "power", n(0.25), "odds", by("segment", small=4.0, big=24.5), n(1.15), n(1.0)),
    )  # fmt: skip


@feature
def response_probability() -> Model:
    """Decay that acts on the probability, and staff that rest at weekends."""
    return desk(
        2.2,
        response=Response(distribution("fixed", value=5.0), "per_day", n(0.75), "probability", n(29.0)),
        calendar=WEEKDAYS,
    )


@feature
def all_advance_unless_taken_up_late() -> Model:
    """Every lead advances but for what days of waiting hold back; those stay, though a way out is stated."""
    return model(
        [stage("deal", out("won", 1.0, days(3)), out("lost", 0.0, days(1)), kind="opportunity", worked_by="rep",
               response=Response(decay="per_day", strength=n(0.8), acts_on="probability"))],
        [channel("one", "deal", 3)],
        [Role("rep", heads=n(1), per_day=n(2.8))],
        days=50,
    )  # fmt: skip


@feature
def all_advance_unless_late() -> Model:
    """Every lead advances but for what its own response time holds back; those stay."""
    return model(
        [stage("deal", out("won", 1.0, days(3)), kind="opportunity", worked_by="rep",
               response=Response(distribution("lognormal", median=20, sigma=0.5), "per_day", n(0.5), "probability"))],
        [channel("one", "deal", 3)],
        [Role("rep", heads=n(1), per_day=n(2.8))],
        days=50,
    )  # fmt: skip


@feature
def all_advance() -> Model:
    """Ranged shares pass 100% in most draws; the rest takes what a decay of the probability holds back."""
    shares = [Number(0.55, 0.4, 0.7, "share", "a"), Number(0.44, 0.35, 0.6, "share", "b")]
    return model(
        [
            stage("deal", out("won", shares[0], days(3)), out("customer", shares[1], days(2)),
                  out("lost", None, days(1)),
                  kind="opportunity", worked_by="rep",
                  response=Response(decay="per_day", strength=n(0.7), acts_on="probability")),
            stage("customer", kind="customer"),
        ],
        [channel("one", "deal", 3)],
        [Role("rep", heads=n(1), per_day=n(2.6))],
        days=50,
    )  # fmt: skip


@feature
def load() -> Model:
    """Odds that fall with open items per head, two heads and a growing heap."""
    return desk(4.4, Role("rep", heads=n(2), per_day=n(1.8)), load=LoadEffect(n(0.93), n(3.0)))


@feature
def giving_up() -> Model:
    """A fifth of those who wait gives up each day, to a stage from which they come back."""
    return model(
        [
            stage(
                "lead", out("deal", 0.7, days(2)), out("lost"), kind="lead", worked_by="rep", gives_up=(n(0.2), "cold")
            ),
            stage(
                "cold", out("lead", 0.4, delay("gamma", mean=6, shape=2)), out("lost", None, days(3)), kind="nurture"
            ),
            stage("deal", out("won", 0.5, days(6)), out("lost", None, days(3)), kind="opportunity"),
        ],
        [channel("one", "lead", 5)],
        [Role("rep", heads=n(1), per_day=n(3.5))],
        days=60,
        calendar=WEEKDAYS,
    )


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
            stage(
                "sal",
                out("sql", 0.7, days(3)),
                out("lost", None, days(1)),
                kind="sal",
                worked_by="ae",
                work_hours=n(1.5),
            ),
            stage(
                "sql",
                out("deal", 0.7, delay("gamma", mean=4, shape=2, least=0)),
                out("lost", None, days(2)),
                kind="sql",
                worked_by="ae",
                work_hours=n(2.2),
            ),
            stage(
                "deal",
                out("won", 0.6, delay("gamma", mean=5, shape=2)),
                out("lost"),
                kind="opportunity",
                worked_by="ae",
                work_hours=n(3.0),
            ),
        ],
        [channel("one", "sal", 2.6)],
        [Role("ae", heads=n(2), per_day=n(7.1), in_hours=True)],
        days=60,
    )


@feature
def worked_ends() -> Model:
    """Stages that leads leave by giving up alone, or not at all; what waits there loads the desk of the deals."""
    return model(
        [
            stage("trial", worked_by="rep", gives_up=(n(0.08), "lost")),
            stage("deal", out("won", 0.4, days(4)), out("trial", 0.3, days(2)), out("customer", 0.1, days(3)),
                  out("lost", None, days(1)), kind="opportunity", worked_by="rep",
                  load=LoadEffect(n(0.98), n(10.0))),
            stage("customer", kind="customer", worked_by="rep"),
        ],
        [channel("one", "deal", 3.0, mix=HALF)],
        [Role("rep", heads=n(2), per_day=n(2.0))],
        TWO,
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


def two_desks(role: Role, **work: object) -> Model:
    """A role that works two stages in a row and comes to about two thirds of a lead a day in each."""
    return model(
        [
            stage("sql", out("deal", 0.6, days(2)), out("lost", None, days(1)), kind="sql", worked_by="ae", **work),
            stage(
                "deal", out("won", 0.5, days(3)), out("lost", None, days(1)), kind="opportunity", worked_by="ae", **work
            ),
        ],
        [channel("one", "sql", 0.5, mix=HALF)],
        [role],
        TWO,
        days=90,
    )


@feature
def begun_work_of_several_stages() -> Model:
    """Less than a lead a day: the time after finishing one lead goes into beginning the most downstream next."""
    return two_desks(Role("ae", heads=n(1), per_day=n(0.85)))


@feature
def begun_work_of_two_roles() -> Model:
    """Two roles whose stages are one circle, each with less than a lead a day in one of them."""
    return model(
        [
            stage("lead", out("sql", 0.7, days(2)), out("lost", None, days(1)), kind="lead", worked_by="sdr"),
            stage("sql", out("deal", 0.6, days(2)), out("lost", None, days(1)), kind="sql", worked_by="ae"),
            stage("deal", out("won", 0.4, days(3)), out("lead", None, days(4), returning=True), kind="opportunity",
                  worked_by="ae"),
        ],
        [channel("one", "lead", 0.5, mix=HALF)],
        [Role("ae", heads=n(1), per_day=n(0.85)), Role("sdr", heads=n(1), per_day=n(0.9))],
        TWO,
        days=90,
        max_returns=1,
    )  # fmt: skip


@feature
def unequal_work_of_several_stages() -> Model:
    """What is begun is a lead of one segment, and only its own rest is finished first."""
    return two_desks(
        Role("ae", heads=n(1), per_day=n(3.4), in_hours=True), work_hours=by("segment", small=1.0, big=8.0)
    )


@feature
def leads_and_hours() -> Model:
    """One stage, two roles: the one counts leads, so that hours of work are nothing to it, the other hours."""
    return model(
        [stage("deal", out("won", 0.5, days(3)), out("lost", None, days(1)), kind="opportunity", work_hours=n(2.5),
               worked_by=ByClass("segment", (("small", "inside"), ("big", "field"))))],
        [channel("one", "deal", 4, mix=HALF)],
        [Role("inside", heads=n(1), per_day=n(2.3)), Role("field", heads=n(1), per_day=n(4.0), in_hours=True)],
        TWO,
        days=60,
    )  # fmt: skip


@feature
def short_way_to_won() -> Model:
    """A few early leads are won directly; the later stage is the more downstream one all the same."""
    return model(
        [
            stage("early", out("late", 0.6, days(2)), out("won", 0.1, days(3)), out("lost", None, days(1)), kind="sql",
                  worked_by="ae"),
            stage("late", out("won", 0.5, days(3)), out("lost", None, days(1)), kind="opportunity", worked_by="ae"),
        ],
        [channel("one", "early", 2)],
        [Role("ae", heads=n(1), per_day=n(2.4))],
        days=60,
    )  # fmt: skip


@feature
def territories() -> Model:
    """Two roles at one stage, by segment; one of them also works another stage."""
    return model(
        [
            stage("lead", out("deal", 0.6, days(2)), out("lost", None, days(1)), kind="lead", worked_by="inside"),
            stage(
                "deal",
                out("won", 0.5, delay("gamma", mean=8, shape=2)),
                out("lost", None, days(7)),
                kind="opportunity",
                worked_by=ByClass("segment", (("small", "inside"), ("big", "field"))),
            ),
        ],
        [channel("one", "lead", 5, mix=HALF)],
        [Role("inside", heads=n(1), per_day=n(5.6)), Role("field", heads=n(2), holds=n(5))],
        TWO,
        days=60,
    )


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
        time_to_fill=distribution("gamma", mean=14, shape=2),
        backfill=distribution("lognormal", median=12, sigma=0.6),
        ramp=(n(0.2), n(0.5), n(0.8)),
        leaves_per_month=n(0.3),
        per_day=n(1.1),
        pay_per_month=n(5_000),
    )  # fmt: skip
    return desk(4.0, role, length=100, calendar=WEEKDAYS)


@feature
def hired_before_the_start() -> Model:
    """Past hires are people in their ramp, or still searched for."""
    role = Role(
        "rep",
        heads=n(1),
        hires=((dt.date(2026, 11, 20), n(1)), (dt.date(2026, 12, 28), n(2.5))),
        time_to_fill=distribution("gamma", mean=20, shape=3),
        ramp=(n(0.1), n(0.5), n(0.8)),
        leaves_per_month=n(0.2),
        backfill=distribution("fixed", value=9),
        per_day=n(1.2),
        pay_per_month=n(5_000),
    )
    return desk(3.0, role, length=60)


@feature
def departures() -> Model:
    """People leave for good on three dates, and their items wait again; chance takes others, who are replaced."""
    role = Role(
        "rep",
        heads=n(3.5),
        tenure_months=n(0.5),
        team=(Person("ana", None, dt.date(2027, 2, 1)),),
        hires=((dt.date(2027, 1, 11), n(2)),),
        departures=((dt.date(2027, 1, 1), n(1)), (dt.date(2027, 1, 20), n(2)), (dt.date(2027, 2, 10), n(1))),
        backfill=distribution("fixed", value=6),
        ramp=(n(0.2), n(0.6)),
        leaves_per_month=n(0.4),
        leavers_items="queue",
        holds=n(3),
        pay_per_month=n(5_000),
    )
    return desk(3.0, role, length=70)


@feature
def leavers_to_queue() -> Model:
    """Half of the people leave in a month; their items wait again."""
    role = Role(
        "rep",
        heads=n(4),
        holds=n(6),
        leaves_per_month=n(0.5),
        backfill=distribution("fixed", value=6),
        leavers_items="queue",
        ramp=(n(0.5),),
    )
    return desk(2.4, role, length=80)


@feature
def leavers_to_stage() -> Model:
    """The items of leavers go to another stage, over an edge of their own."""
    role = Role("rep", heads=n(3), holds=n(6), per_day=n(1.7), leaves_per_month=n(0.5),
                backfill=distribution("fixed", value=9),
                leavers_items="cold", ramp=(n(0.0), n(0.6)), tenure_months=n(0.5))  # fmt: skip
    base = desk(2.4, role, length=80)
    cold = stage("cold", out("deal", 0.5, days(7)), out("lost", None, days(4)), kind="nurture")
    return dataclasses.replace(base, content=dataclasses.replace(base.content, stages=(*base.content.stages, cold)))


@feature
def leavers_together() -> Model:
    """Three of four people leave on two days, one of them on the first; their stock and listed deals wait again."""
    first, later = dt.date(2027, 1, 1), dt.date(2027, 1, 9)
    team = (
        Person("ana", None, first - dt.timedelta(1)),
        Person("bo", None, later),
        Person("cy", dt.date(2026, 12, 10), later),
        Person("dee", None, None),
        Person("long gone", None, dt.date(2026, 6, 1)),
    )
    role = Role("rep", team=team, holds=n(16), ramp=(n(0.4),), leavers_items="queue")
    deals = tuple(OpenDeal(f"d{i}", "deal", dt.date(2026, 12, 30), "one", "big", 5_000.0) for i in range(25))
    base = desk(0.5, role, opening=(OpeningStock("deal", "one", "small", 20, 2),), open_deals=deals)
    slow = delay("gamma", mean=25, shape=2)
    first_stage, *ends = base.content.stages
    outcomes = tuple(dataclasses.replace(o, delay=slow) for o in first_stage.outcomes)
    stages = (dataclasses.replace(first_stage, outcomes=outcomes), *ends)
    return dataclasses.replace(base, content=dataclasses.replace(base.content, stages=stages))


@feature
def leavers_deals_to_stage() -> Model:
    """Listed deals, some with odds of their own, go from leavers to another stage, from which they come back."""
    base = leavers_to_stage()
    deals = tuple(
        OpenDeal(f"d{i}", "deal", dt.date(2026, 12, 28), "one", "big", 5_000.0, odds=4.0, waiting=i % 2 == 0)
        for i in range(30)
    )
    return dataclasses.replace(base, open_deals=deals)


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
