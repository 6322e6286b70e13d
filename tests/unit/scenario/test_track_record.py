"""The track record of a scenario: stated, inherited, frozen, compared, and without effect on what is simulated."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import rpmsim
from rpmsim.dataset import variable_hashes
from rpmsim.model.plan import TrackRecord
from rpmsim.scenario import load_scenario, load_scenario_text
from rpmsim.scenario.differences import differences
from rpmsim.scenario.levers import levers
from tests.unit.scenario.texts import END, SMALL, loaded

ENTRY = "{days: 28, forecasts: 24, inside: 19, separate: 6, from: 2026-06-02, to: 2026-11-10}"
STATED = (END, f"{END}\ntrack_record: {{leads: {ENTRY}, wins: {ENTRY}}}")


def record(metric: str, **other: int | bool) -> TrackRecord:
    whole = {"days": 28, "forecasts": 24, "inside": 19, "separate": 6} | other
    return TrackRecord(metric, first=dt.date(2026, 6, 2), last=dt.date(2026, 11, 10), **whole)  # type: ignore[arg-type]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text(SMALL.replace(*STATED), encoding="utf-8")
    return path


def test_it_is_read_and_repeated() -> None:
    scenario = loaded(STATED)
    assert scenario.model.track_record == (record("wins"), record("leads"))
    assert scenario.warnings == []
    assert load_scenario_text(scenario.resolved_text()).model == scenario.model
    assert "track_record.wins.from" in [leaf.path for leaf in scenario.leaves()]


def test_nothing_that_is_simulated_depends_on_it() -> None:
    with_it, without = (rpmsim.simulate(s, 8, seed=3) for s in (loaded(STATED), loaded()))
    assert variable_hashes(with_it) == variable_hashes(without)


def test_a_scenario_that_inherits_it_says_so_also_when_frozen(base: Path) -> None:
    assert not any(one.inherited for one in load_scenario(base).model.track_record)
    plan = base.with_name("plan.yaml")
    plan.write_text("extends: base.yaml\nchannels: {inbound: {leads: x2}}\n", encoding="utf-8")
    inherited = (record("wins", inherited=True), record("leads", inherited=True))
    for scenario in (load_scenario(plan), load_scenario(base, ["channels.inbound.leads=x2"])):
        assert scenario.model.track_record == inherited
        assert load_scenario_text(scenario.resolved_text()).model.track_record == inherited
    found = differences(load_scenario(base), load_scenario(plan))
    assert [difference.path for difference in found] == ["channels.inbound.leads"]


def test_a_what_if_replaces_a_part_or_drops_it(base: Path) -> None:
    plan = base.with_name("plan.yaml")
    plan.write_text(f"extends: base.yaml\ntrack_record: {{wins: {ENTRY.replace('19', '20')}}}\n", encoding="utf-8")
    assert load_scenario(plan).model.track_record == (record("wins", inside=20), record("leads", inherited=True))
    plan.write_text("extends: base.yaml\ntrack_record: {wins: {inside: 20}}\n", encoding="utf-8")
    assert load_scenario(plan).model.track_record[0] == record("wins", inside=20, inherited=True)
    plan.write_text("extends: base.yaml\ntrack_record: null\n", encoding="utf-8")
    assert load_scenario(plan).model.track_record == ()


def test_it_is_compared_and_is_no_lever() -> None:
    other = loaded(
        (STATED[0], STATED[1].replace("inside: 19", "inside: 21")), ("leads: 40 per week", "leads: 50 per week")
    )
    words = [difference.words for difference in differences(loaded(STATED), other)]
    assert "Track record of wins, inside: from 19 to 21 (+10.5%)" in words
    assert [lever.name for lever in levers(loaded(STATED), other)] == ["channels.inbound"]


def test_limits_are_allowed() -> None:
    """As many as can be: one a day, all inside, the last one over on the last day of the data."""
    entry = "{days: 28, forecasts: 57, inside: 57, separate: 3, from: 2026-10-08, to: 2026-12-03}"
    (found,) = loaded((END, f"{END}\ntrack_record: {{bookings: {entry}}}")).model.track_record
    assert (found.forecasts, found.inside, found.separate) == (57, 57, 3)
