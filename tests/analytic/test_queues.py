"""Property 4: the discrete bulk-service queue, the queue with a concurrency limit, and their classical limits."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from rpmsim.engine import replay_days
from rpmsim.model.cycle import Delay, Queue
from rpmsim.model.distributions import Distribution
from rpmsim.model.plan import Change, Model, OpeningStock
from rpmsim.model.staffing import Role
from tests.analytic.chains import (
    bulk_queue_after,
    bulk_queue_mean,
    erlang_c_mean,
    run,
    slot_chain,
    stationary,
)
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, assert_distribution, errors_of_mean
from tests.reference.feature_parts import HALF, TWO, by
from tests.reference.models import channel, days, model, n, out, stage


def desk(rate: float, capacity: float, length: int) -> Model:
    """Leads a day against a desk that finishes ``capacity`` a day."""
    return model(
        [stage("deal", out("won", 0.5, days(1)), out("lost", None, days(1)), worked_by="rep")],
        [channel("one", "deal", rate)],
        [Role("rep", heads=n(2), per_day=n(capacity / 2))],
        days=length,
        period="year",
    )


@pytest.mark.parametrize(("rate", "capacity"), [(2.6, 3.0), (1.9, 2.5), (0.22, 0.3)])
def test_queue_of_a_desk_with_throughput_is_the_bulk_service_queue(
    sample: Sample, rate: float, capacity: float
) -> None:
    """In a year after an empty start; a fraction of a lead is carried, so 0.3 a day is one lead in 3 1/3 days."""
    arrays = sample(desk(rate, capacity, 200), 6_000, 41)
    exact = bulk_queue_after(rate, capacity, 200)
    waiting = arrays["waiting"][:, -1, 0]
    assert_distribution("waiting", waiting, exact)
    assert_agrees("mean", errors_of_mean(waiting.astype(float), np.array(exact @ np.arange(len(exact)))))


def test_long_queue_has_the_classical_mean_and_empty_share(sample: Sample) -> None:
    rate, capacity = 2.5, 3
    mean, empty = bulk_queue_mean(rate, capacity)
    chain = bulk_queue_after(rate, capacity, 300)
    assert chain @ np.arange(len(chain)) == pytest.approx(mean, rel=1e-4)
    assert chain[0] == pytest.approx(empty, rel=1e-4)
    waiting = sample(desk(rate, capacity, 300), 6_000, 42)["waiting"][:, -1, 0].astype(float)
    assert_agrees("mean", errors_of_mean(waiting, np.array(mean)))
    assert_agrees("empty", errors_of_mean((waiting == 0).astype(float), np.array(empty)))


def slots_desk(rate: float, leave: float, at_once: float, slots: int, length: int) -> Model:
    """A desk with slots; the time held is geometric, so that it has no memory."""
    table = Distribution(
        "table", points=tuple((float(k), leave * (1 - leave) ** (k - 1)) for k in range(1, int(25 / leave)))
    )
    held = Delay(table)
    return model(
        [stage("deal", out("won", at_once), out("lost", None, held), worked_by="rep")],
        [channel("one", "deal", rate)],
        [Role("rep", heads=n(1), holds=n(slots))],
        days=length,
        period="year",
    )


@pytest.mark.parametrize(
    ("rate", "leave", "at_once", "slots"), [(0.42, 0.2, 0.0, 3), (0.65, 0.2, 0.5, 3), (0.11, 0.2, 0.0, 1)]
)
def test_desk_with_slots_is_the_discrete_chain(
    sample: Sample, rate: float, leave: float, at_once: float, slots: int
) -> None:
    size, length = 40, 150
    matrix = slot_chain(rate, leave, at_once, slots, size)
    steady = stationary(matrix)
    waiting_distribution = steady.reshape(slots + 1, size).sum(0)
    held_distribution = steady.reshape(slots + 1, size).sum(1)
    assert waiting_distribution[-5:].sum() < 1e-6

    arrays = sample(slots_desk(rate, leave, at_once, slots, length), 8_000, 43)
    waiting = arrays["waiting"][:, -1, 0]
    held = arrays["stock"][:, -1, 0].sum((1, 2)) - waiting
    assert_distribution("waiting", waiting, waiting_distribution)
    assert_agrees(
        "held",
        errors_of_mean(
            (held[:, None] == np.arange(slots + 1)).astype(float),
            held_distribution,
            held_distribution * (1 - held_distribution),
        ),
    )

    by_day = run(matrix, length, lambda now: float(now.reshape(slots + 1, size).sum(1) @ np.arange(slots + 1)))
    assert_agrees("slot days", errors_of_mean(arrays["slot_days_used"][:, :, 0].sum(1), np.array(sum(by_day))))


def test_chain_tends_to_the_classical_queue_as_its_days_get_short() -> None:
    """The solution that the engine is held against has M/M/m as its limit: the error halves with the step."""
    load, servers = 1.4, 2
    exact = erlang_c_mean(load, servers)
    errors = []
    for leave in (0.08, 0.04, 0.02):
        size = 40
        steady = stationary(slot_chain(load * leave, leave, 0.0, servers, size)).reshape(servers + 1, size)
        mean = steady.sum(1) @ np.arange(servers + 1) + steady.sum(0) @ np.arange(size)
        errors.append(abs(mean - exact))
    assert errors[2] < 0.02 * exact
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.15)
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.15)


def test_enough_staff_gives_the_distribution_without_staff(sample: Sample) -> None:
    """Section 4: enough people, working every day, without load and response effects, are as no role."""
    staffed = slots_desk(1.5, 0.2, 0.3, 10_000, 60)
    bare = dataclasses.replace(
        staffed,
        content=dataclasses.replace(
            staffed.content,
            roles=(),
            stages=(dataclasses.replace(staffed.content.stages[0], worked_by=None), *staffed.content.stages[1:]),
        ),
    )
    with_staff, without = sample(staffed, 4_000, 44), sample(bare, 4_000, 45)
    x = with_staff["moves"].sum((1, 3, 4)).astype(float)
    y = without["moves"].sum((1, 3, 4)).astype(float)
    error = np.sqrt((x.var(0, ddof=1) + y.var(0, ddof=1)) / len(x))
    assert_agrees("moves", (x.mean(0) - y.mean(0)) / error)
    assert with_staff["waiting"].sum() == 0


def test_work_on_a_lead_that_another_one_passes_is_lost() -> None:
    """Twenty hours of work: eight are done on the first day, a short lead that comes first takes what is done, and the
    long one takes the three days after it. No day has more hours than it has."""
    built = model(
        [
            stage("lead", out("deal", None, days(2))),
            stage("deal", out("won", None, days(1)), worked_by="rep", work_hours=by("segment", small=1.0, big=20.0),
                  queue=Queue("first_in", priority=("small",))),
        ],
        [channel("one", "lead", 0.0, mix=HALF)],
        [Role("rep", heads=n(1), per_day=n(8), in_hours=True)],
        TWO,
        days=6,
        opening=(OpeningStock("deal", "one", "big", 1, 1, waiting=True), OpeningStock("lead", "one", "small", 1, 0)),
    )  # fmt: skip
    found = replay_days(built, 0)
    assert found["taken_up"].sel(stage="deal").values[0].tolist() == [0, 1, 0, 1, 0, 0]
    assert found["capacity_used"].sel(role="rep").values[0].tolist() == [8, 8, 8, 4, 0, 0]


def test_work_that_becomes_less_leaves_nothing_over() -> None:
    """Eight of twenty hours are done when the work becomes one hour: one lead is done, and eight more that day."""
    built = model(
        [stage("deal", out("won", None, days(1)), worked_by="rep", work_hours=n(20))],
        [channel("one", "deal", 0.0)],
        [Role("rep", heads=n(1), per_day=n(8), in_hours=True)],
        days=4,
        opening=(OpeningStock("deal", "one", "all", 12, 1, waiting=True),),
    )
    first, *others = built.content.stages
    less = dataclasses.replace(built.content, stages=(dataclasses.replace(first, work_hours=n(1)), *others))
    built = dataclasses.replace(built, changes=(Change("less", built.first_day + dt.timedelta(days=1), less),))
    found = replay_days(built, 0)
    assert found["taken_up"].sel(stage="deal").values[0].tolist() == [0, 9, 3, 0]
    assert found["capacity_used"].sel(role="rep").values[0].tolist() == [8, 8, 3, 0]
