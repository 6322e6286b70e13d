"""Whole-day calendars: on which day leads leave is known, and shares do not depend on the clocks of the outcomes."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from rpmsim.arrays import layout
from rpmsim.engine import replay_days, simulate
from rpmsim.model.calendar import Calendar, Clock
from rpmsim.model.cycle import Outcome, RandomEffect
from rpmsim.model.plan import Model, OpeningStock
from rpmsim.model.staffing import Role
from tests.reference.models import channel, days, delay, model, n, out, stage

FRIDAY = dt.date(2027, 1, 29)
NEVER = 2**62
CALLS = Clock("calls", (1, 1, 1, 1, 1, 1, 0), holidays=True, dates=((dt.date(2027, 2, 10), 0.0),), waits=True)
APPROVALS = Clock("approvals", (1, 1, 1, 1, 1, 0, 0), holidays=True, waits=True)
PASSING = Clock("passing", (1, 1, 1, 1, 1, 0, 0), holidays=True)
CALENDAR = Calendar(holidays=(dt.date(2027, 2, 3),), clocks=(CALLS, APPROVALS, PASSING))


def plan(
    *outcomes: Outcome, staffed: bool = False, back: bool = False, pace: RandomEffect | None = None, **more: object
) -> Model:
    """Leads begin one stage, with or without staff; with a way back to it, the days are done one by one."""
    again = [stage("again", out("one", None, days(500)))] if back else []
    first = [out("again", 0.0)] if back else []
    return model(
        [stage("one", *outcomes, *first, worked_by="rep" if staffed else None, pace=pace),
         *again, stage("nurture", stays=n(1.0))],
        [channel("web", "one", 20)],
        [Role("rep", heads=n(1), per_day=n(10_000), works_every_day=True)] if staffed else [],
        days=42,
        as_of=FRIDAY,
        calendar=CALENDAR,
        **more,
    )  # fmt: skip


def opens(clock: str, day: int) -> int:
    """The first day from a day on, on which a clock runs."""
    weights = CALENDAR.weights(clock, FRIDAY + dt.timedelta(1 + day), 30)
    return day + next(i for i, weight in enumerate(weights) if weight > 0)


@pytest.mark.parametrize("split", [NEVER, 0])
@pytest.mark.parametrize(("staffed", "back"), [(False, False), (False, True), (True, False)])
@pytest.mark.parametrize("clock", ["calls", "approvals", "passing"])
@pytest.mark.parametrize("sigma", [None, 0.8])
def test_a_delay_of_no_days_waits_for_an_open_day(
    monkeypatch: pytest.MonkeyPatch, split: int, staffed: bool, back: bool, clock: str, sigma: float | None
) -> None:
    """Whether or not some delays of the outcome take time, and whatever the pace."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    waits = CALENDAR.clock(clock).waits
    pace = None if sigma is None else RandomEffect(n(sigma), "day")
    moves = replay_days(plan(out("won", None, days(0, 0, clock)), staffed=staffed, back=back, pace=pace), 2)["moves"]
    arrived, left = (moves.sel(edge=edge).values[0].sum(axis=(1, 2)) for edge in ("source->one", "one->won"))
    expected = np.zeros(42)
    for day, count in enumerate(arrived):
        end = opens(clock, day) if waits else day
        if end < 42:
            expected[end] += count
    assert (left == expected).all()


@pytest.mark.parametrize("split", [NEVER, 0])
@pytest.mark.parametrize(
    ("clock", "age", "delay_days", "expected"),
    [
        ("approvals", 0, 1, 2),  # begun on Friday: Monday is day 2
        ("approvals", 0, 3, 5),  # Wednesday is a holiday
        ("calls", 0, 1, 0),  # open on Saturday
        ("calls", 0, 10, 13),  # not on Sundays, the holiday, and February 10
        ("passing", 3, 5, 3),  # Wednesday, Thursday, Friday have passed; Monday, Tuesday
    ],
)
def test_whole_days_are_counted_for_what_is_open(
    monkeypatch: pytest.MonkeyPatch, split: int, clock: str, age: int, delay_days: int, expected: int
) -> None:
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    opening = (OpeningStock("one", "web", "all", 50, age),)
    built = plan(out("won", None, days(delay_days, clock=clock)), opening=opening)
    left = replay_days(built, 0)["moves"].sel(edge="one->won").values[0].sum(axis=(1, 2))
    assert left[expected] >= 50
    assert left[:expected].sum() == 0


@pytest.mark.parametrize("split", [NEVER, 0])
def test_what_waits_for_an_open_day_at_the_start_goes_on_waiting(monkeypatch: pytest.MonkeyPatch, split: int) -> None:
    """Of leads that began on a Saturday, those for an approval are still there on Sunday, and no others."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    built = model(
        [stage("one", out("won", 0.5, days(0, 0, "approvals")), out("lost", None, days(0, 0, "calls")))],
        [channel("web", "one", 0)],
        days=7,
        as_of=FRIDAY + dt.timedelta(1),
        calendar=CALENDAR,
        opening=(OpeningStock("one", "web", "all", 50, 0),),
    )
    moves = replay_days(built, 0)["moves"]
    won, lost = (moves.sel(edge=edge).values[0].sum(axis=(1, 2)) for edge in ("one->won", "one->lost"))
    assert list(won) == [0, 50, 0, 0, 0, 0, 0]
    assert lost.sum() == 0


@pytest.mark.parametrize("split", [NEVER, 0])
@pytest.mark.parametrize("staffed", [False, True])
def test_outcomes_on_different_clocks_keep_their_shares(
    monkeypatch: pytest.MonkeyPatch, split: int, staffed: bool
) -> None:
    """All who came in February are through on March 12: by each outcome its share, as a binomial."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    shares = {"won": 0.3, "lost": 0.45, "nurture": 0.25}
    built = plan(
        out("won", shares["won"], days(2, clock="calls"), pace=RandomEffect(n(0.5), "day")),
        out("lost", shares["lost"], days(0, 0, "approvals")),
        out("nurture", None, delay("gamma", mean=1, shape=2, clock="work")),
        staffed=staffed,
    )
    february = dataclasses.replace(built.content.channels[0], rate=None, by_month=((dt.date(2027, 2, 1), n(600)),))
    content = dataclasses.replace(built.content, channels=(february,))
    dataset = simulate(dataclasses.replace(built, content=content), 400, seed=3)
    found = dataset["moves"].sum(("replication", "period", "channel", "segment"))
    total = float(found.sel(edge="source->one"))
    assert int(dataset["stock"].sel(stage="one").isel(period=-1).sum()) == 0
    for to, share in shares.items():
        left = float(found.sel(edge=f"one->{to}"))
        assert abs(left - share * total) < 4.5 * (total * share * (1 - share)) ** 0.5
