"""The order of stages inside a day, cycles without a day, and who can come where."""

from __future__ import annotations

import pytest

from rpmsim.model.arrivals import Channel
from rpmsim.model.cycle import NO_DELAY, Delay, Outcome, Stage
from rpmsim.model.distributions import Distribution
from rpmsim.model.graph import (
    can_take_zero_days,
    edges_of,
    pairs_by_stage,
    zero_day_cycle,
    zero_day_edges,
    zero_day_order,
)
from rpmsim.model.number import ByClass, Number
from rpmsim.model.plan import Content
from rpmsim.model.staffing import Role

DAYS = Delay(Distribution("lognormal", (("median", Number(5.0)),)))


def fixed(days: float, least: int = 0) -> Delay:
    return Delay(Distribution("fixed", (("value", Number(days)),)), least)


def stage(name: str, *ways: tuple[str, Delay | ByClass], **more: object) -> Stage:
    return Stage(name, "other", outcomes=tuple(Outcome(to, None, delay) for to, delay in ways), **more)  # type: ignore[arg-type]


def content(*stages: Stage, channels: tuple[Channel, ...] = (), roles: tuple[Role, ...] = ()) -> Content:
    return Content(stages, channels, (), roles)


@pytest.mark.parametrize(
    ("delay", "zero"),
    [
        (NO_DELAY, True),
        (DAYS, False),
        (Delay(DAYS.distribution, 0), True),
        (fixed(5.0), False),
        (fixed(0.4), True),
        (fixed(0.0, 1), False),
        (Delay(Distribution("fixed", (("value", Number(5.0, 3.0, 8.0, "positive", "x")),)), 0), True),
        (Delay(Distribution("table", points=((0.0, 1.0), (3.0, 1.0))), 0), True),
        (Delay(Distribution("table", points=((0.0, 0.0), (3.0, 1.0))), 0), False),
    ],
)
def test_which_delays_can_take_no_day(delay: Delay, zero: bool) -> None:
    assert can_take_zero_days(delay) is zero


def test_an_effect_that_shortens_a_fixed_time_may_make_it_zero() -> None:
    effect = ByClass("grade", (("hot", Number(0.1)),), Number(1.0))
    plain, short = stage("a", ("b", fixed(2.0))), stage("a", ("b", fixed(2.0)), stretch=(effect,))
    assert [next(edges_of(s, content(s))).zero_days for s in (plain, short)] == [False, True]


def test_order_runs_forward_with_ties_by_name() -> None:
    graph = content(stage("d", ("b", NO_DELAY)), stage("a", ("c", DAYS)), stage("c", ("d", NO_DELAY)), stage("b"))
    assert zero_day_order(graph) == ("a", "c", "d", "b")
    assert zero_day_edges(graph) == (("d", "b"), ("c", "d"))


def test_the_order_holds_under_all_changes() -> None:
    before = content(stage("a", ("b", DAYS)), stage("b"), stage("z", ("a", DAYS)))
    after = content(stage("a", ("b", DAYS)), stage("b"), stage("z", ("a", NO_DELAY)))
    assert zero_day_order(before) == ("a", "b", "z")
    assert zero_day_order(before, after) == ("b", "z", "a")


def test_giving_up_is_a_move_of_the_same_day() -> None:
    graph = content(stage("b", gives_up=(Number(0.1), "a")), stage("a"))
    assert zero_day_order(graph) == ("b", "a")


def test_a_cycle_is_named() -> None:
    graph = content(
        stage("a", ("b", NO_DELAY)), stage("b", ("c", NO_DELAY)), stage("c", ("b", NO_DELAY), ("d", DAYS)), stage("d")
    )
    assert zero_day_cycle(graph) == ["b", "c", "b"]
    with pytest.raises(ValueError, match="b -> c -> b"):
        zero_day_order(graph)
    assert zero_day_cycle(content(stage("a", ("b", NO_DELAY)), stage("b", ("a", DAYS)))) == []


def test_a_cycle_that_only_some_changes_close_together_counts() -> None:
    first = content(stage("a", ("b", NO_DELAY)), stage("b", ("a", DAYS)))
    second = content(stage("a", ("b", DAYS)), stage("b", ("a", NO_DELAY)))
    assert zero_day_cycle(first) == zero_day_cycle(second) == []
    assert zero_day_cycle(first, second) == ["a", "b", "a"]


def test_who_can_come_where() -> None:
    web = Channel("web", into="a", mix=(("smb", None),))
    call = Channel("call", into="b", mix=(("smb", Number(0.5)), ("big", None)))
    desk = Role("desk", leavers_items="d")
    graph = content(
        stage("a", ("b", DAYS)),
        stage("b", ("c", DAYS), worked_by="desk"),
        stage("c", timeout=(Number(3.0), "e")),
        stage("d"),
        stage("e"),
        stage("f"),
        channels=(web, call),
        roles=(desk,),
    )
    found = pairs_by_stage(graph, [("f", "web", "big")])
    everyone = {("web", "smb"), ("call", "smb"), ("call", "big")}
    assert found == {
        "a": {("web", "smb")},
        "b": everyone,
        "c": everyone,
        "d": everyone,
        "e": everyone,
        "f": {("web", "big")},
    }
