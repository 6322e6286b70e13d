"""Waits of those taken up and of those still waiting, and time spent on prospecting: what must add up, to the unit."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.analysis import staffing
from rpmsim.engine import replay_days
from rpmsim.scenario import load_scenario

SCENARIO = """
as_of: 2026-12-31
until: 2027-05
segments: {{all: {{amount: 5k}}, big: {{amount: 50k}}}}
channels:
  web: {{kind: marketing, into: lead, leads: 9 per day, mix: {{all: 70%, big: rest}}}}
  calls: {{kind: sales, into: talk, made_by: rep, leads: 6 per month each, mix: {{all: rest}}}}
stages:
  lead:
    worked_by: rep
    queue: {{order: {order}, priority: [big]}}
    to: {{talk: {{share: 50%, median: 3 days}}, lost: {{share: rest, median: 9 days}}}}
  talk:
    worked_by: closer
    to: {{won: {{share: 50%, median: 5 days}}, lost: {{share: rest, median: 5 days}}}}
roles:
  rep: {{handles: 5 per day each, heads: {heads}, {team}}}
  closer: {{handles: 30 per day each, heads: 1}}
"""


def forecast_of(tmp_path, order="first in", heads=2, team="ramp: [100%]"):
    path = tmp_path / "waits.yaml"
    path.write_text(SCENARIO.format(order=order, heads=heads, team=team), encoding="utf-8")
    return load_scenario(path)


@pytest.mark.parametrize("order", ["first in", "last in"])
def test_every_evening_of_waiting_is_a_day_of_someones_wait(tmp_path, order):
    """A lead that waits for n days is there on n evenings, and one still waiting after n days on n + 1."""
    scenario = forecast_of(tmp_path, order)
    for replication in (0, 1):
        days = replay_days(scenario, replication, seed=4).isel(replication=0)
        evenings = days["waiting"].sum("day")
        last = days.isel(day=-1)
        waited = (days["wait_hours"].sum("day") + last["waiting_hours"]) / 24 + last["waiting"]
        np.testing.assert_array_equal(evenings.values, waited.values)
        assert evenings.sel(stage="lead") > 0


def test_nobody_serves_and_the_age_is_that_of_all(tmp_path):
    scenario = forecast_of(tmp_path, team="team: {ann: {end: 2027-01-31}, bob: {end: 2027-01-31}}", heads=0)
    forecast = rpmsim.simulate(scenario, 20, seed=3)
    served = staffing.response_hours.total(forecast).sel(stage="lead")
    age = staffing.waiting_age_hours.total(forecast).sel(stage="lead")
    assert served.max() < 24 * 20
    # leads of four months at a constant rate: sixty days on average
    assert float(age.mean()) / 24 == pytest.approx(119 / 2, rel=0.03)


def test_nobody_waits_and_the_age_is_undefined(tmp_path):
    forecast = rpmsim.simulate(forecast_of(tmp_path, heads=40), 5, seed=3)
    assert np.isnan(staffing.waiting_age_hours(forecast).sel(stage="won").values).all()


def test_time_that_the_queue_leaves_goes_into_prospecting(tmp_path):
    forecast = rpmsim.simulate(forecast_of(tmp_path, heads=4), 20, seed=3)
    rep = forecast.sel(role="rep")
    np.testing.assert_allclose(rep["capacity_used"] + rep["prospecting"], rep["capacity"])
    share = staffing.prospecting_share.total(forecast)
    assert 0.05 < float(share.sel(role="rep").mean()) < 0.95
    assert (share.sel(role="closer") == 0).all()
