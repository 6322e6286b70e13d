"""Negative actuals and open amounts, expected close dates, and channels that are switched off."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.analysis.summary import summary
from rpmsim.scenario import load_scenario_text

PLAN = """\
as_of: 2027-03-31
until: 2027-06
segments: {all: {amount: 1k}}
channels: {web: {into: deal, leads: 0}}
stages: {deal: {to: {won: {share: 100%, after: 20 days}}}}
actuals: {bookings: {2027-01: 300k, 2027-02: -20k, 2027-03: 70k}, wins: {2027-03: -2}}
targets: {bookings: {2027-Q1: 400k, 2027-H: null, 2027-Q2: 1k}}
"""


def plan(more: str = "", text: str = PLAN) -> str:
    return text.replace(", 2027-H: null", "") + more


def test_a_month_of_credit_notes_is_part_of_its_quarter() -> None:
    scenario = load_scenario_text(plan())
    assert sum(actual.value for actual in scenario.model.actuals if actual.metric == "bookings") == 350e3
    document = summary(rpmsim.simulate(scenario, 5, seed=1), scenario.model)
    result = next(target for target in document["targets"] if target["period"] == "2027-Q1")
    assert (result["state"], result["actual"], result["to_go"]) == ("actual", 350e3, 50e3)
    assert result["reached"] is False
    assert load_scenario_text(scenario.resolved_text()).model.actuals == scenario.model.actuals


@pytest.mark.parametrize("written", ["-20k", "(20k)", "-20000"])
def test_a_table_of_actuals_holds_credit_notes(written: str) -> None:
    table = f'actuals: "period,metric,value\\n2027-01,bookings,{written}\\n"\n'
    text = plan(table).replace(PLAN.splitlines()[5] + "\n", "").replace("2027-Q1: 400k, ", "")
    assert [actual.value for actual in load_scenario_text(text).model.actuals] == [-20e3]


def test_an_open_credit_note_lowers_bookings_when_it_comes() -> None:
    rows = "id,stage,entered,channel,segment,amount,expected_close\\n"
    open_records = f'open: "{rows}A,deal,2027-03-20,web,all,5k,2027-04-09\\nB,deal,2027-03-25,web,all,(2k),\\n"\n'
    scenario = load_scenario_text(plan(open_records))
    assert [deal.amount for deal in scenario.model.open_deals] == [5e3, -2e3]
    forecast = rpmsim.simulate(scenario, 4, seed=1)
    assert np.all(forecast["bookings"].sum(["period", "channel", "segment"]) == 3e3)
    assert forecast["deal_bookings"].values.tolist() == [[5e3, -2e3]] * 4
    assert forecast["deal_expected_close"].values.tolist() == ["2027-04-09", ""]
    again = load_scenario_text(scenario.resolved_text())
    assert again.model.open_deals == scenario.model.open_deals


def test_an_expected_close_date_is_shown_and_moves_nothing() -> None:
    record = "open: {a: {stage: deal, entered: 2027-03-20, channel: web, segment: all, amount: 5k"
    without, dated = (
        load_scenario_text(plan(f"{record}{more}}}}}\n")) for more in ("", ", expected_close: 2027-05-01")
    )
    one, other = (rpmsim.simulate(scenario, 4, seed=1) for scenario in (without, dated))
    assert all(np.array_equal(one[name].values, other[name].values) for name in one.data_vars)
    late = load_scenario_text(plan(f"{record}, expected_close: 2027-03-01}}}}\n"))
    assert "1 of 1 open deals were expected to close by 2027-03-31, the earliest, a, on 2027-03-01" in late.warnings[0]


@pytest.mark.parametrize("change", ["x0", "-100%"])
def test_a_channel_is_switched_off(change: str) -> None:
    text = plan(text=PLAN.replace("leads: 0", f"leads: 40 to 60 per week, change: {change}"))
    forecast = rpmsim.simulate(load_scenario_text(text), 4, seed=1)
    assert int(forecast["moves"].sum()) == 0
