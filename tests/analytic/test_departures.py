"""People who leave on a date: heads, pay and capacity by hand."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.errors import InputError
from rpmsim.scenario import load_scenario_text

PLAN = """\
as_of: 2026-12-31
until: 2027-06
segments: {{all: {{amount: 1k}}}}
channels: {{web: {{into: lead, leads: 1 per day}}}}
stages: {{lead: {{worked_by: sdr, to: {{won: {{share: 50%, after: 3 days}}, lost: {{share: rest}}}}}}}}
roles: {{sdr: {{heads: 3, handles: 2 per day each, ramp: [0%, 50%], pay: 1k per month, {role}}}}}
"""


def by_month(role: str, name: str) -> list[float]:
    forecast = rpmsim.simulate(load_scenario_text(PLAN.format(role=role)), 3, seed=1)
    values = forecast[name].sel(role="sdr").values
    assert np.all(values == values[0])
    return [float(value) for value in values[0]]


def test_people_are_away_from_their_day_on() -> None:
    days = [31, 28, 31, 30, 31, 30]
    heads = by_month("departures: {2027-03: 1, 2027-05-11: 2}", "head_days")
    assert heads == [3 * 31, 3 * 28, 2 * 31, 2 * 30, 2 * 10, 0]
    assert by_month("departures: {2027-Q2: 1}", "head_days") == [3 * d for d in days[:3]] + [2 * d for d in days[3:]]
    assert by_month("departures: {2027-03: 1}", "pay") == pytest.approx([3e3, 3e3, 2e3, 2e3, 2e3, 2e3])


def test_opening_heads_go_before_hires() -> None:
    capacity = by_month("hires: {2027-03: 2}, departures: {2027-06: 4}", "capacity")
    assert capacity[0] == 3 * 2 * 31
    assert capacity[5] == pytest.approx(2 * 30)  # one of the two hires, past the ramp


def test_a_departure_is_not_filled_again() -> None:
    assert by_month("departures: {2027-02: 3}, backfill: 5 days", "head_days") == [93, 0, 0, 0, 0, 0]


def test_those_who_left_before_the_start_are_taken_off() -> None:
    scenario = load_scenario_text(PLAN.format(role="hires: {2026-11: 1}, departures: {2026-12: 3}"))
    role = scenario.model.content.roles[0]
    assert (role.heads.mid, role.hires[0][1].mid, role.departures) == (0.0, 1.0, ())
    assert "is subtracted from `heads`" in scenario.warnings[-1]


def test_more_than_are_there_and_parts_of_people_are_answered() -> None:
    (warning,) = load_scenario_text(PLAN.format(role="departures: {2027-02: 5}")).warnings
    assert "5 people leave by 2027-02-01, but there are at most 3" in warning
    with pytest.raises(InputError, match="not a whole number"):
        load_scenario_text(PLAN.format(role="departures: {2027-02: 1.5}"))
