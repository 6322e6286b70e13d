"""A fraction of a slot is used for its fraction of the time: nothing is lost by rounding, and nothing is gained."""

from __future__ import annotations

import pytest

import rpmsim
from rpmsim.scenario.load import load_scenario_text

PLAN = """
as_of: 2026-12-31
until: 2030-12
segments: {all: {amount: 1k}}
channels: {web: {leads: LEADS, into: deal}}
stages:
  deal:
    worked_by: ae
    to: {won: {share: 30%, median: 25 days, p90: 60 days}, lost: {share: rest, median: 30 days}}
roles: {ae: {heads: HEADS, holds: HOLDS each, ramp: RAMP}}
"""


def used(heads: float, holds: float, leads: str = "5 per day", ramp: str = "[100%]") -> tuple[float, float, float]:
    """Open items and slots on an average day after half a year, and wins."""
    text = PLAN.replace("HEADS", str(heads)).replace("HOLDS", str(holds)).replace("LEADS", leads).replace("RAMP", ramp)
    late = rpmsim.simulate(load_scenario_text(text), 60).isel(period=slice(6, None))
    days = int(late["period_days"].sum())
    wins = late["moves"].sel(edge="deal->won").sum(("period", "channel", "segment"))
    held, there = (float(late[name].sum("period").mean()) / days for name in ("slot_days_used", "slot_days"))
    return held, there, float(wins.mean())


@pytest.mark.parametrize(("heads", "holds"), [(0.9, 1), (1.9, 1), (0.3, 1), (2.5, 7), (0.05, 3), (1.0, 1.5)])
def test_a_busy_desk_holds_as_many_items_as_it_has_slots(heads: float, holds: float) -> None:
    held, there, _ = used(heads, holds)
    assert there == pytest.approx(heads * holds, rel=1e-9)
    # Off by one item at the end of the span: at most some 60 days of 1,645.
    assert held == pytest.approx(heads * holds, abs=60 / 1645)


def test_more_heads_win_more_in_proportion() -> None:
    wins = [used(heads, 4)[2] for heads in (0.8, 0.9, 1.0, 1.1)]
    assert wins == sorted(wins)
    assert wins[0] / wins[2] == pytest.approx(0.8, abs=0.03)
    assert wins[3] / wins[2] == pytest.approx(1.1, abs=0.03)


def test_idle_time_is_not_saved_up() -> None:
    held, there, _ = used(0.9, 1, leads="1 per quarter")
    assert there == pytest.approx(0.9)
    assert held < 0.55
