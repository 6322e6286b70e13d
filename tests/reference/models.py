"""Models written by hand: the reference workload, and short words for building others."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

from rpmsim.model.arrivals import Channel
from rpmsim.model.calendar import Calendar
from rpmsim.model.cycle import NO_DELAY, Delay, Outcome, Queue, Response, Stage, StageKind, advances
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Segment
from rpmsim.model.number import Number
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import Role

WON = Stage("won", "won")
LOST = Stage("lost", "lost")


def n(value: float) -> Number:
    """An exact number."""
    return Number(float(value))


def distribution(family: str, **parameters: float) -> Distribution:
    """A distribution with exact parameters."""
    return Distribution(family, tuple((name, n(value)) for name, value in parameters.items()))  # type: ignore[arg-type]


def delay(family: str = "fixed", least: int = 1, clock: str = "calendar", **parameters: float) -> Delay:
    """A delay distribution with exact parameters."""
    return Delay(distribution(family, **parameters), least, clock)


def days(count: int, least: int = 1, clock: str = "calendar") -> Delay:
    """A fixed delay."""
    return delay("fixed", least, clock, value=count)


def out(to: str, share: Any = None, delay: Any = NO_DELAY, **more: Any) -> Outcome:
    """An outcome; a bare share is exact, None is the rest."""
    return Outcome(to, n(share) if isinstance(share, (int, float)) else share, delay, **more)


def stage(name: str, *outcomes: Outcome, kind: StageKind = "other", **more: Any) -> Stage:
    """A stage of a kind; outcomes advance as their kinds say once :func:`model` puts the stages together."""
    return Stage(name, kind, outcomes=outcomes, **more)


def channel(name: str, into: str, rate: float, unit: str = "day", **more: Any) -> Channel:
    """A channel with an exact rate."""
    return Channel(name, into=into, rate=n(rate), rate_unit=unit, **more)  # type: ignore[arg-type]


def model(
    stages: list[Stage],
    channels: list[Channel],
    roles: list[Role] | None = None,
    segments: list[Segment] | None = None,
    days: int = 60,
    as_of: dt.date = dt.date(2026, 12, 31),
    costs: tuple[Any, ...] = (),
    **more: Any,
) -> Model:
    """A model with won and lost added, advancing outcomes marked by kind, and one segment unless stated."""
    return Model(
        name="hand",
        label="",
        currency="EUR",
        as_of=as_of,
        until=as_of + dt.timedelta(days),
        calendar=more.pop("calendar", Calendar()),
        content=content(stages, channels, roles or [], segments or [Segment("all")], costs),
        **more,
    )


def content(
    stages: list[Stage],
    channels: list[Channel],
    roles: list[Role],
    segments: list[Segment],
    costs: tuple[Any, ...] = (),
) -> Content:
    """Content with won and lost added, advancing outcomes marked by kind, leads of the first segment by default."""
    kinds = {s.name: s.kind for s in [*stages, WON, LOST]}
    marked = tuple(
        dataclasses.replace(
            s,
            outcomes=tuple(
                dataclasses.replace(o, advances=o.advances or advances(s.kind, kinds[o.to])) for o in s.outcomes
            ),
        )
        for s in stages
    )
    mixed = tuple(dataclasses.replace(c, mix=c.mix or ((segments[0].name, None),)) for c in channels)
    return Content((*marked, WON, LOST), mixed, tuple(segments), tuple(roles), costs)


def reference_model(sdr_a_day: float = 48.0, slots: int = 160, volume: float = 1.0) -> Model:
    """The reference workload: an overloaded first desk, recycling through nurture, a desk with slots.

    Two channels of 40 and 15 leads a day; a lead that waited w days advances with ``p0 exp(-0.05 w)``.
    """
    gamma = {mean: delay("gamma", mean=mean, shape=2) for mean in (5, 10, 12)}
    nurturing = delay("lognormal", median=45, sigma=0.8)
    closing = delay("lognormal", median=50, sigma=0.6)
    first, second = 0.35, 0.5
    from rpmsim.model.number import ByClass

    return model(
        [
            stage(
                "mql",
                out("sal", ByClass("channel", (("one", n(first)), ("two", n(second)))), gamma[5]),
                out("nurture", ByClass("channel", (("one", n(0.3 * (1 - first))), ("two", n(0.3 * (1 - second)))))),
                out("lost"),
                kind="mql",
                worked_by="sdr",
                response=Response(decay="per_day", strength=n(math.exp(-0.05)), acts_on="probability"),
                queue=Queue("first_in", ties=("returning", "one", "two")),
            ),
            stage(
                "nurture",
                out("mql", 0.4, nurturing, returning=True),
                out("lost", None, nurturing),
                kind="nurture",
            ),
            stage("sal", out("sql", 0.6, gamma[10]), out("lost", None, gamma[10]), kind="sal"),
            stage("sql", out("opportunity", 0.7, gamma[12]), out("lost", None, gamma[12]), kind="sql"),
            stage(
                "opportunity",
                out("won", 0.25, closing),
                out("lost", None, closing),
                kind="opportunity",
                worked_by="ae",
            ),
        ],
        [channel("one", "mql", 40 * volume), channel("two", "mql", 15 * volume)],
        [
            Role("sdr", heads=n(1), per_day=n(sdr_a_day * volume)),
            Role("ae", heads=n(1), holds=n(slots * volume)),
        ],
        [Segment("all", amount=Amount(distribution("lognormal", median=18_000, sigma=0.9)))],
        days=365,
        max_returns=1,
    )
