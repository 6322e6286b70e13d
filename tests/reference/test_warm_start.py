"""Property 8: a run that is stopped on a day and started again from its state goes on as if it had not been stopped."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter

import numpy as np
import pytest

from rpmsim.model.cycle import Response
from rpmsim.model.plan import Model, OpenDeal, OpeningStock
from rpmsim.model.staffing import Role
from rpmsim.plain import Simulation
from tests.reference.comparison import disagreements, engine_sample, quantities
from tests.reference.feature_parts import HALF, TWO, WEEKDAYS, by
from tests.reference.models import channel, days, delay, model, n, out, stage

STOPPED = 31
"""Days of the first part, January; the second is February and March."""

RUNS = 200
"""Runs that are stopped, each with a chance of its own; the uninterrupted ones are ten times as many."""


def cycle() -> Model:
    """Ages count (a distribution that is not exponential, a timeout), waits count, returns count, slots are held."""
    return model(
        [
            stage("lead", out("deal", 0.6, delay("gamma", mean=4, shape=2)), out("nurture", None, days(3)),
                  kind="lead", worked_by="sdr", odds=(by("returns", _0=1.0, _1=0.4),),
                  response=Response(decay="per_day", strength=n(0.8))),
            stage("nurture", out("lead", 0.5, delay("gamma", mean=20, shape=4), returning=True), stays="rest",
                  kind="nurture", timeout=(n(30), "lost")),
            stage("deal", out("won", 0.4, delay("lognormal", median=14, p90=25)),
                  out("lost", None, delay("gamma", mean=20, shape=5, clock="work")),
                  kind="opportunity", worked_by="ae"),
        ],
        [channel("one", "lead", 3.4, mix=HALF)],
        [Role("sdr", heads=n(1), per_day=n(4), works_every_day=True), Role("ae", heads=n(2), holds=n(14))],
        TWO,
        days=STOPPED + 28 + 31,
        calendar=WEEKDAYS,
        max_returns=1,
    )  # fmt: skip


def stopped(whole: Model, luck: int, listed: bool) -> Model:
    """The second part, opened with the state of one run of the first: as stock, or deals one by one."""
    run = Simulation(whole, np.random.default_rng([5, luck]))
    for day in range(STOPPED):
        run.simulate_day(day)
    waiting = [lead for queue in run.desks.queues.values() for lead in queue]
    busy = [lead for day in run.due.values() for lead, fate in day if lead.fate is fate]
    as_of = whole.as_of + dt.timedelta(STOPPED)
    state = Counter((lead.stage, lead.kind, STOPPED - 1 - lead.since, lead.waiting) for lead in [*waiting, *busy])
    stock, deals = [], []
    for (name, kind, age, waits), count in sorted(state.items(), key=str):
        if listed and name == "deal":
            deals += [
                OpenDeal(f"{len(deals) + i}", name, as_of - dt.timedelta(age), kind.channel, kind.segment,
                         waiting=waits, returns=kind.returns)
                for i in range(count)
            ]  # fmt: skip
        else:
            stock.append(OpeningStock(name, kind.channel, kind.segment, count, age, waits, "", kind.returns))
    return dataclasses.replace(whole, as_of=as_of, opening=tuple(stock), open_deals=tuple(deals))


@pytest.mark.parametrize("listed", [False, True])
def test_a_stopped_run_goes_on(listed: bool) -> None:
    """Means, variances and distributions of all moves, waits and money after the stop (tolerance as for property 5)."""
    from rpmsim.engine import simulate

    whole = cycle()
    parts = [stopped(whole, luck, listed) for luck in range(RUNS)]
    assert sum(bool(part.open_deals) for part in parts) == RUNS * listed
    samples = [engine_sample(part, simulate(part, 1, seed=luck)) for luck, part in enumerate(parts)]
    went_on = {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}
    whole_run = engine_sample(whole, simulate(whole, 10 * RUNS, seed=99))
    second = {name: values[:, 1:] for name, values in whole_run.items()}
    for arrays in (went_on, second):
        ends = [i for i, item in enumerate(whole.content.stages) if not item.outcomes]
        arrays["stock"] = arrays["stock"].copy()
        arrays["stock"][:, :, ends] = 0  # what had come to an end before the stop is not part of the state
    found = disagreements(quantities(parts[0], went_on), quantities(parts[0], second))
    assert not found, "\n".join(map(str, found[:12]))
