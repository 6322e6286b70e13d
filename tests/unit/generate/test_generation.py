"""A history says what happened in the plain simulator, and who of those who were there did it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rpmsim.generate import History, generate_history
from rpmsim.generate.history import SECONDS_PER_DAY
from rpmsim.plain import simulate
from rpmsim.plain.lead import Entered, TakenUp
from tests.reference.features import FEATURES

WITH_PEOPLE = (
    "people",
    "leavers_to_queue",
    "leavers_to_stage",
    "leavers_together",
    "hired_before_the_start",
    "departures",
)


@pytest.mark.parametrize("name", FEATURES)
def test_a_history_has_all_events_of_the_simulation(name: str) -> None:
    model = FEATURES[name]()
    history = generate_history(model, seed=7, drawn=True)
    simulation = simulate(model, np.random.default_rng([7, 0]))
    assert len(history.records) == len(simulation.leads)
    for record, lead in zip(history.records, simulation.leads, strict=True):
        entered = [event for event in lead.story if isinstance(event, Entered)]
        assert [(v.stage, v.entered // SECONDS_PER_DAY) for v in record.visits] == [(e.stage, e.day) for e in entered]
        times = [visit.entered for visit in record.visits]
        assert times == sorted(times)
        assert [float(a.value) for a in record.amounts][-1:] == [e.cents / 100 for e in entered if e.cents is not None][
            -1:
        ]
        taken = [event for event in lead.story if isinstance(event, TakenUp) and event.hours is not None]
        assert len([task for task in record.tasks if task.owner]) <= len(taken)
    moves = Counter((a.stage, b.stage) for r in history.records for a, b in zip(r.visits, r.visits[1:], strict=False))
    assert set(moves) <= set(history.moves)


@pytest.mark.parametrize("name", [name for name in FEATURES if name in WITH_PEOPLE])
def test_owners_are_people_who_were_there(name: str) -> None:
    history = generate_history(FEATURES[name](), seed=3, drawn=True)
    there = {worker.id: (worker.first, worker.last) for worker in history.workers}
    assert len(there) == len(history.workers)
    checked = 0
    for record in history.records:
        for task in record.tasks:
            if task.owner:
                first, last = there[task.owner]
                ended = _end_day(history) if task.completed is None else task.completed // SECONDS_PER_DAY
                assert first is None or first <= ended
                assert last is None or last >= ended - 1  # what leavers held moves on the next morning
                checked += 1
        for stated in record.owners:
            first, last = there[stated.value]
            day = stated.at // SECONDS_PER_DAY
            assert day < 0 or ((first is None or first <= day) and (last is None or day <= last + 1))
    assert checked > 40


def _end_day(history: History) -> int:
    return (history.as_of - history.first_day).days
