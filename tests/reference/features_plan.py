"""Feature models: arrivals, dated changes, the start, money, uncertain numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from rpmsim.model.arrivals import Spend
from rpmsim.model.cycle import Response
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Band, Cost, Segment
from rpmsim.model.number import Number
from rpmsim.model.plan import Change, Content, Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Role
from tests.reference.feature_parts import HALF, TWO, WEEKDAYS, by, desk, feature
from tests.reference.models import channel, days, delay, distribution, model, n, out, stage

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
def drift_from_a_level() -> Model:
    """Levels that begin above and below what is stated, and return to it or not, with and without steps."""
    return model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), kind="opportunity")],
        [
            channel("above", "deal", 4, drift_sigma=n(0.2), drift_phi=n(0.8), drift_shared=n(0.6), drift_now=n(1.8)),
            channel("below", "deal", 6, drift_sigma=n(0.2), drift_shared=n(0.6), drift_now=n(0.4), dispersion=n(0.5)),
            channel("fading", "deal", 4, drift_phi=n(0.7), drift_now=Number(2.0, 1.5, 3.0, "positive", "fading")),
        ],
        days=56,
        as_of=dt.date(2027, 1, 5),
    )  # fmt: skip


@feature
def batches() -> Model:
    """Leads in groups of every kind of size, some of them drifting and over-dispersed, split by segment and grade."""
    ranged = (("median", Number(3.0, 2.0, 5.0, "positive", "median")), ("p90", n(12)))
    sizes = {
        "fixed": distribution("fixed", value=4),
        "listed": Distribution("table", points=((1.0, 3.0), (2.0, 1.0), (15.0, 1.0))),
        "ranged": Distribution("lognormal", ranged),
        "wide": distribution("gamma", mean=6, sd=9),
    }
    channels = [channel(name, "deal", 5, batch=size, mix=HALF) for name, size in sizes.items()]
    channels[2] = dataclasses.replace(channels[2], dispersion=n(0.6), drift_sigma=n(0.2), drift_now=n(1.4))
    return model(
        [stage("deal", out("won", 0.5, days(3)), out("lost", None, days(2)), kind="opportunity")],
        channels,
        segments=TWO,
        days=60,
    )


@feature
def spend() -> Model:
    """Leads driven by money, which is doubled and stopped; costs of every kind."""
    money = Spend(
        n(20_000), ((dt.date(2027, 2, 1), n(60_000)), (dt.date(2027, 3, 1), n(0))), n(20_000), n(120), n(0.5), n(0.6)
    )
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


@feature
def spend_by_changes() -> Model:
    """A campaign that changes begin and end, the end phased in; carry-over changes with it."""
    money = Spend(n(20_000), (), n(25_000), n(120), n(0.4), n(0.7))

    def to(amount: float, carry_over: float) -> Callable[[Content], Content]:
        def edit(content: Content) -> Content:
            paid = dataclasses.replace(
                content.channels[0], spend=dataclasses.replace(money, per_month=n(amount), carry_over=n(carry_over))
            )
            return dataclasses.replace(content, channels=(paid,))

        return edit

    base = model(
        [stage("deal", out("won", 0.5, days(3)), out("lost", None, days(2)), kind="opportunity")],
        [dataclasses.replace(channel("paid", "deal", 0), rate=None, spend=money)],
        days=100,
        as_of=dt.date(2027, 1, 5),
    )
    return changed(changed(base, 24, to(90_000, 0.7)), 52, to(10_000, 0.2), phase_days=20)


def with_share(content: Content, share: float, mean: float) -> Content:
    """Content whose first stage wins with another share, after another time."""
    first, *others = content.stages
    won, *rest = first.outcomes
    won = dataclasses.replace(won, share=n(share), delay=delay("gamma", mean=mean, shape=2))
    return dataclasses.replace(content, stages=(dataclasses.replace(first, outcomes=(won, *rest)), *others))


def plain(rate: float = 6.0, length: int = 80) -> Model:
    """One unstaffed stage with slow ends."""
    return model(
        [
            stage(
                "deal",
                out("won", 0.3, delay("gamma", mean=15, shape=2)),
                out("lost", None, delay("lognormal", median=12, p90=30)),
                kind="opportunity",
            )
        ],
        [channel("one", "deal", rate, mix=HALF)],
        segments=TWO,
        days=length,
    )


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
def change_open_leaves_nothing() -> Model:
    """A change that touches open leads, most of whom are older than its delays allow; effects stay with the lead."""

    def with_delay(content: Content, count: int) -> Content:
        first, *others = content.stages
        outcomes = tuple(dataclasses.replace(outcome, delay=days(count)) for outcome in first.outcomes)
        return dataclasses.replace(content, stages=(dataclasses.replace(first, outcomes=outcomes), *others))

    base = desk(3.6, response=Response(decay="per_day", strength=n(0.4)), length=50)
    slow = dataclasses.replace(base, content=with_delay(base.content, 15))
    return changed(slow, 20, lambda c: with_delay(c, 1), affects_open=True)


@feature
def change_open_with_timeout() -> Model:
    """Two changes that touch open leads, of which many are timed out on the day of one or between the two."""
    base = plain(5.0, 60)
    first, *ends = base.content.stages
    limited = dataclasses.replace(first, timeout=(n(12), "lost"))
    opening = tuple(OpeningStock("deal", "one", "small", 40, age) for age in (3, 7, 11))
    base = dataclasses.replace(
        base, opening=opening, content=dataclasses.replace(base.content, stages=(limited, *ends))
    )
    quick = changed(base, 4, lambda c: with_share(c, 0.9, 5), affects_open=True)
    return changed(quick, 11, lambda c: with_share(c, 0.05, 30), affects_open=True)


@feature
def change_phased() -> Model:
    """A change phased in over 40 days: distribution, rate, mix and price."""

    def edit(content: Content) -> Content:
        small = dataclasses.replace(
            content.segments[0], amount=Amount(distribution("lognormal", median=3_000, sigma=0.7))
        )
        one = dataclasses.replace(content.channels[0], change=n(3.0), mix=(("small", n(0.1)), ("big", None)))
        return dataclasses.replace(with_share(content, 0.9, 3), segments=(small, content.segments[1]), channels=(one,))

    return changed(plain(4.0), 15, edit, phase_days=40)


@feature
def change_of_staff_phased() -> Model:
    """Capacity and slots grow in a straight line, from nothing more on the first day."""

    def edit(content: Content) -> Content:
        return dataclasses.replace(content, roles=(dataclasses.replace(content.roles[0], per_day=n(6.0), holds=n(90)),))

    role = Role("rep", heads=n(1), per_day=n(2.0), holds=n(12))
    return changed(desk(5.0, role), 12, edit, phase_days=30)


@feature
def change_of_staff() -> Model:
    """Capacity, queue and odds of a desk change at a date."""

    def edit(content: Content) -> Content:
        role = dataclasses.replace(content.roles[0], per_day=n(6.0), holds=n(20))
        first = dataclasses.replace(content.stages[0], odds=(by("segment", big=4.0),), gives_up=(n(0.1), "lost"))
        return dataclasses.replace(content, roles=(role,), stages=(first, *content.stages[1:]))

    role = Role("rep", heads=n(1), per_day=n(2.4), holds=n(15))
    return changed(desk(4.0, role, response=Response(decay="per_day", strength=n(0.9))), 30, edit)


def begun(affects_open: bool) -> Model:
    """Stock that began before and after a change of two weeks ago, and growth that has run for two months."""
    base = plain(3.0, 50)
    one = dataclasses.replace(
        base.content.channels[0], growth_per_month=n(0.5), damping=n(0.8), growth_from=dt.date(2026, 11, 1)
    )
    opening = tuple(OpeningStock("deal", "one", "small", 30, age) for age in (4, 20, 35))
    base = dataclasses.replace(base, opening=opening, content=dataclasses.replace(base.content, channels=(one,)))
    return changed(base, -14, lambda c: with_share(c, 0.8, 25), affects_open=affects_open)


@feature
def change_before_the_start() -> Model:
    """Those who began before it keep the distribution of then; a second change is half phased in."""
    return changed(begun(False), -8, lambda c: with_share(c, 0.1, 10), phase_days=20)


@feature
def change_of_open_before_the_start() -> Model:
    """All of the stock has been drawn again from its distribution."""
    return begun(True)


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
    return dataclasses.replace(base, revision=distribution("lognormal", median=0.9, sigma=0.3))


@feature
def opening_without_bands() -> Model:
    """Stock and deals whose size bands are not stated, in the stage that gives them and in the next one."""
    odds, role = (by("band", tiny=4.0, large=0.2),), Role("rep", heads=n(1), holds=n(12))
    return model(
        [
            stage("lead", out("deal", 0.6, days(5)), out("lost", None, days(3)), kind="lead"),
            stage("deal", out("offer", 0.4, days(4)), out("lost", None, days(6)), kind="sql", amount_here=True,
                  odds=odds, stretch=(by("band", large=2.0),), worked_by="rep"),
            stage("offer", out("won", 0.5, days(9)), out("lost", None, days(7)), kind="opportunity", odds=odds),
        ],
        [channel("one", "lead", 1, mix=HALF)],
        [role],
        segments=TWO,
        days=40,
        bands=(Band("tiny", 700), Band("middle", 5_000), Band("large", None)),
        opening=(
            OpeningStock("deal", "one", "small", 9, 2),
            OpeningStock("deal", "one", "big", 8, 1, waiting=True),
            OpeningStock("offer", "one", "big", 30, 3),
            OpeningStock("lead", "one", "small", 10, 1),
        ),
        open_deals=(
            OpenDeal("a", "deal", dt.date(2026, 12, 30), "one", "big"),
            OpenDeal("b", "offer", dt.date(2026, 12, 30), "one", "small"),
            OpenDeal("c", "lead", dt.date(2026, 12, 30), "one", "big"),
            OpenDeal("d", "lead", dt.date(2026, 12, 30), "one", "big", 300.0),
        ),
    )  # fmt: skip


@feature
def money() -> Model:
    """Amounts by the year and month, a table, fixed; no amount at all."""
    kinds = [
        Segment("a", amount=Amount(distribution("lognormal", median=5_000, p90=12_000), "year", n(18))),
        Segment("b", amount=Amount(distribution("gamma", median=400, p90=900), "month", n(24))),
        Segment("c", amount=Amount(Distribution("table", points=((100.0, 1.0), (900.0, 3.0))))),
        Segment("d", amount=Amount(distribution("fixed", value=777.77))),
        Segment("e", amount=Amount(distribution("weibull", scale=1_000, shape=1.5))),
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
    """Numbers drawn per replication, one of them used in two places, shares that can pass 100%."""
    shared = Number(0.4, 0.2, 0.7, "share", "both")
    return model(
        [
            stage(
                "lead",
                out("deal", shared, days(2)),
                out("other", Number(0.45, 0.3, 0.6, "share", "side"), days(1)),
                out("lost", None, days(3)),
                kind="lead",
            ),
            stage("other", out("deal", shared, days(4)), out("lost", None, days(3)), kind="nurture"),
            stage(
                "deal",
                out("won", 0.5, delay("lognormal", median=8, p90=20)),
                out("lost", None, days(5)),
                kind="opportunity",
                worked_by="rep",
            ),
        ],
        [
            dataclasses.replace(
                channel("one", "lead", 0), rate=Number(150, 100, 260, "positive", "rate"), rate_unit="month"
            )
        ],
        [Role("rep", heads=n(1), per_day=Number(2.5, 2.0, 2.8, "positive", "speed"))],
        days=60,
    )
