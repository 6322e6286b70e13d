"""What happens on the edges of time: first days, ends of months, a delay as long as its timeout."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import rpmsim
from rpmsim.engine import replay_days
from rpmsim.scenario.load import load_scenario_text

HEAD = "as_of: 2026-12-31\nuntil: {until}\nsegments: {{all: {{amount: {amount}}}}}\n"


def daily(body: str, replications: int = 1, until: str = "2027-02", amount: str = "1k") -> xr.Dataset:
    """A few replications, day by day."""
    scenario = load_scenario_text(HEAD.format(until=until, amount=amount) + body)
    return xr.concat([replay_days(scenario, r) for r in range(replications)], "replication", data_vars="minimal")


DESK = """
channels: {web: {leads: 1 per day, into: lead}}
stages: {lead: {worked_by: sdr, to: {won: {share: 100%}}}}
roles: {sdr: {handles: 10 per day each, PEOPLE}}
"""


def test_a_month_of_tenure_has_30_4375_days() -> None:
    capacity = daily(DESK.replace("PEOPLE", "heads: 0, hires: {2027-01-01: 1}, ramp: [20%, 60%]"))["capacity"].squeeze()
    steps = capacity.values[:70] if capacity.size >= 70 else capacity.values
    assert steps[0] == pytest.approx(2)
    assert np.flatnonzero(np.diff(steps)).tolist() == [30]  # the 31st day is whole months 1
    assert steps[31] == pytest.approx(6)


def test_who_is_hired_works_at_least_one_day_and_who_is_there_may_leave_at_once() -> None:
    hired = daily(DESK.replace("PEOPLE", "heads: 0, hires: {2027-01-10: 1}, leaves: 99.99% per month"), 60)[
        "head_days"
    ].squeeze("role")
    stays = 1e-4 ** (1 / 30.4375)
    assert (hired.isel(day=9) == 1).all()
    assert float(hired.isel(day=10).mean()) == pytest.approx(stays, abs=4 * np.sqrt(stays * (1 - stays) / 60))
    there = daily(DESK.replace("PEOPLE", "heads: 1, leaves: 99.99% per month"), 60)["head_days"].squeeze("role")
    assert float(there.isel(day=0).mean()) == pytest.approx(stays, abs=4 * np.sqrt(stays * (1 - stays) / 60))


@pytest.mark.parametrize(("days", "won"), [(10, True), (11, False)])
def test_who_leaves_on_the_last_day_has_left_before_the_time_out(days: int, won: bool) -> None:
    body = f"""
channels: {{web: {{leads: 3 per day, into: lead}}}}
stages:
  lead:
    timeout: {{after: 10 days, to: late}}
    to: {{won: {{share: 50%, after: {days} days}}, lost: {{share: rest, after: 9 days}}}}
  late: {{to: {{lost: {{share: 100%}}}}}}
"""
    moves = daily(body, 5)["moves"].sum(("replication", "day", "channel", "segment"))
    assert (int(moves.sel(edge="lead->won")) > 50) == won
    assert (int(moves.sel(edge="lead->late")) > 50) != won
    assert int(moves.sel(edge="lead->lost")) > 50


def test_a_phase_begins_with_nothing_and_is_whole_at_its_end() -> None:
    body = """
channels: {web: {leads: 40 per day, into: lead}}
stages: {lead: {to: {won: {share: 100%}}}}
changes: {price: {from: 2027-01-11, phase: 10 days, segments.all.amount: 2k}}
"""
    day = daily(body)
    price = (day["bookings"] / day["moves"].sel(edge="lead->won")).squeeze()
    assert price.isel(day=[9, 10, 11, 15, 20, 21]).values == pytest.approx([1000, 1000, 1100, 1500, 2000, 2000])


def test_drift_takes_its_first_step_on_the_first_day() -> None:
    body = """
channels: {web: {leads: 1000k per day, into: lead, drift: {sigma: 10%, phi: 0.8}}}
stages: {lead: {to: {won: {share: 100%}}}}
"""
    level = np.log(daily(body, 100, "2027-01-12")["moves"].sel(edge="source->lead").squeeze(("channel", "segment")))
    # 2027-01-01 is a Friday: a step on that day, the next ones on Mondays.
    spread = level.std("replication").values
    error = 4 / np.sqrt(2 * 100)
    assert spread[:3] == pytest.approx(np.full(3, 0.1), rel=error)
    assert (np.ptp(level.isel(day=slice(0, 3)).values, axis=level.get_axis_num("day")) < 0.01).all()
    assert spread[3:10] == pytest.approx(np.full(7, 0.1 * np.sqrt(1 + 0.64)), rel=error)
    assert float(np.exp(level).isel(day=9).mean()) == pytest.approx(1e6, rel=4 * 0.13 / np.sqrt(100))


def test_leads_made_per_month_are_spread_over_the_open_days_of_a_year() -> None:
    body = """
calendar: {work: Mon-Fri}
channels: {out: {kind: sales, made_by: sdr, into: lead, leads: 300 per month each}}
stages: {lead: {to: {won: {share: 100%}}}}
roles: {sdr: {heads: 1, handles: 10 per day each}}
"""
    scenario = load_scenario_text(HEAD.format(until="2028-12", amount="1k") + body)
    made = rpmsim.simulate(scenario, 40)["moves"].sel(edge="source->lead").sum(("channel", "segment"))
    open_days = np.array([np.busday_count(m, m + 1) for m in np.arange("2027-01", "2029-01", dtype="datetime64[M]")])
    per_day = 300 * 12 / (365.25 * 5 / 7)
    found, expected = made.mean("replication").values, per_day * open_days
    # What is made on the last open day of a month comes on the next day, perhaps in the next month.
    assert np.abs(found - expected).max() < per_day * 1.2 + 4 * np.sqrt(300 / 40)
    assert found.sum() == pytest.approx(expected.sum() - per_day, rel=4 / np.sqrt(expected.sum() * 40))


PAID = """
channels:
  paid:
    {{into: lead, spend: {spend}, elasticity: 0.4, carry_over: {carry},
     current: {{spend: 20k per month, leads: 900 per month}}}}
stages: {{lead: {{to: {{won: {{share: 10%, median: 10 days}}, lost: {{share: rest, median: 10 days}}}}}}}}
"""


@pytest.mark.parametrize("carry", ["80%", "20% to 60%"])
def test_spend_by_a_dated_change_brings_the_leads_of_the_same_spend_by_month(carry: str) -> None:
    head = HEAD.format(until="2027-06", amount="1k")
    by_month = "{2027-01: 20k, 2027-02: 20k, 2027-03: 80k, 2027-04: 20k, 2027-05: 20k, 2027-06: 20k}"
    changes = """
changes:
  on: {from: 2027-03-01, channels.paid.spend: 80k per month}
  off: {from: 2027-04-01, channels.paid.spend: 20k per month}
"""
    table = rpmsim.simulate(load_scenario_text(head + PAID.format(spend=by_month, carry=carry)), 30)
    dated = rpmsim.simulate(load_scenario_text(head + PAID.format(spend="20k per month", carry=carry) + changes), 30)
    xr.testing.assert_equal(table["moves"], dated["moves"])
    xr.testing.assert_allclose(table["spend"], dated["spend"])


def test_no_lead_comes_before_its_money_is_spent() -> None:
    spend = "{2027-01: 0, 2027-02: 0, 2027-03: 0, 2027-04: 50k}"
    day = daily(PAID.format(spend=spend, carry="0%"), 3, "2027-04")  # the first of April is a Thursday
    came = day["moves"].sel(edge="source->lead").sum(("replication", "channel", "segment")).values
    assert came[:90].sum() == 0
    assert came[90] > 50


WORK = """
as_of: 2027-01-03
until: 2027-01
calendar:
  work: Sun-Thu
  holidays: [2027-01-06, 2027-01-07]
  clocks: {desk: {weekdays: workEXTRA}}
segments: {all: {amount: 1k}}
channels:
  web: {leads: 9000 per month, into: lead, weekdays: workEXTRA}
  old: {leads: 0 per day, into: deal}
stages:
  lead: {to: {lost: {share: 100%}}}
  deal: {to: {won: {share: 100%, after: 3 days, clock: desk}}}
opening: {deal: [{channel: old, segment: all, age: 0 days, count: 90}]}
"""


# An open day weighs 7/5, so that 3 days end on the third one.
# Days of January: 4 and 5 are open, 6 and 7 holidays, 8 and 9 the weekend, 10 is a Sunday, which is open.
@pytest.mark.parametrize(
    ("extra", "came_on", "won_on"), [("", [4, 5, 10, 11], [10]), (", holidays: open", [4, 5, 6, 7, 10, 11], [6])]
)
def test_work_means_open_days_for_channels_and_clocks(extra: str, came_on: list[int], won_on: list[int]) -> None:
    moves = replay_days(load_scenario_text(WORK.replace("EXTRA", extra)), 0)["moves"].sum(
        ("replication", "channel", "segment")
    )
    came, won = (np.flatnonzero(moves.sel(edge=edge).values[:9]) + 4 for edge in ("source->lead", "deal->won"))
    assert came[came < 12].tolist() == came_on
    assert won.tolist() == won_on


def test_a_channel_that_is_closed_on_holidays_brings_nothing_on_them() -> None:
    text = WORK.replace("weekdays: workEXTRA}\n  old", "weekdays: {sat: 0.3, sun: 0.5}, holidays: closed}\n  old")
    moves = replay_days(load_scenario_text(text.replace("EXTRA", "")), 0)["moves"]
    came = moves.sel(edge="source->lead").sum(("replication", "channel", "segment")).values
    assert came[[2, 3]].sum() == 0
    assert (came[[0, 1, 4, 5, 6]] > 50).all()
