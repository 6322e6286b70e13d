"""Each kind of mess does what it says, to about the share that was asked for, and says to whom."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest

from rpmsim.generate import History, generate_history
from rpmsim.generate.history import SECONDS_PER_DAY
from rpmsim.generate.mess import MESS, cut, make_mess
from rpmsim.scenario import load_scenario
from rpmsim.scenario.scenario import Scenario

SCENARIO = Path(__file__).parents[3] / "scenarios" / "enterprise.yaml"


@cache
def scenario() -> Scenario:
    return load_scenario(SCENARIO)


def fresh() -> History:
    return generate_history(scenario().model, seed=3)


@cache
def clean() -> tuple[str, ...]:
    return tuple(repr(record) for record in fresh().records)


def test_the_same_seed_gives_the_same_records() -> None:
    assert tuple(repr(record) for record in fresh().records) == clean()


@pytest.mark.parametrize("kind", MESS)
def test_mess_changes_the_records_that_it_names_and_no_others(kind: str) -> None:
    history = fresh()
    make_mess(history, {kind: 0.3}, seed=5)
    changed = {record.id for record, before in zip(history.records, clean(), strict=True) if repr(record) != before}
    assert changed == set(history.truth[kind])
    assert len(changed) > 20


def test_times_stay_in_order() -> None:
    history = fresh()
    make_mess(history, dict.fromkeys(MESS, 0.3), seed=5)
    for record in history.records:
        times = [visit.entered for visit in record.visits]
        assert times == sorted(times)
        assert all(visit.known >= visit.entered for visit in record.visits)


def test_skipped_moves_are_none_that_the_scenario_has() -> None:
    history = fresh()
    make_mess(history, {"skipped_stages": 0.5}, seed=5)
    moved = {(a.stage, b.stage) for r in history.records for a, b in zip(r.visits[:-1], r.visits[1:], strict=True)}
    assert moved - set(history.moves)


def test_an_export_holds_nothing_later_and_nothing_before_its_window() -> None:
    history = fresh()
    make_mess(history, {"late_entries": 0.5}, seed=5)
    as_of, window = dt.date(2027, 9, 30), dt.date(2027, 3, 1)
    cut(history, as_of, window)
    end = history.second_of(as_of) + SECONDS_PER_DAY
    assert history.records
    for record in history.records:
        assert record.created >= history.second_of(window)
        assert all(visit.known < end for visit in record.visits)
        assert all(stated.at < end for stated in (*record.amounts, *record.owners))
    assert set(history.truth["late_entries"]) <= {record.id for record in history.records}
