"""Replications that take a source of randomness from other ones: exactly that source is the other's."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.engine import Sources, run

N, LATER = 6, 40
SCENARIO = """
name: four sources
as_of: 2026-12-31
until: 2027-06-30
segments: {small: {amount: 5k}, large: {amount: 20k}}
channels: {web: {leads: 60 to 90 per month, mix: {small: 70%, large: 30%}}}
roles: {rep: {heads: 6, leaves: 20% per month, backfill: {median: 20 days, p90: 60 days}, handles: 1 per day each}}
stages:
  lead:
    worked_by: rep
    to:
      won: {share: 20% to 40%, median: 20 days, p90: 50 days}
      lost: {share: rest, median: 20 days, p90: 50 days}
"""


@pytest.fixture(scope="module")
def moved():
    """Forecast by source that is taken from 40 replications later; `all` and none beside them."""
    scenario = rpmsim.load_scenario_text(SCENARIO)

    def forecast(first=0, **sources):
        return run(scenario, N, first=first, draws=100, sources=Sources(**sources)).forecast

    found = {name: forecast(**{name: LATER}) for name in Sources._fields}
    return found | {
        "none": forecast(),
        "later": forecast(first=LATER),
        "all": forecast(**dict.fromkeys(Sources._fields, LATER)),
    }


def same(a, b, name):
    return bool(np.array_equal(a[name].values, b[name].values))


def arrivals(forecast):
    return forecast["moves"].sel(edge=forecast["from"] == "source")


def test_all_sources_of_others_are_the_others(moved):
    for name in ("moves", "bookings", "head_days", "parameter_draw"):
        assert same(moved["all"], moved["later"], name)


@pytest.mark.parametrize("source", Sources._fields)
def test_each_source_moves_what_is_its_own_and_nothing_else(moved, source):
    one, none, later = moved[source], moved["none"], moved["later"]
    assert not same(one, none, "moves") or source == "people"
    assert same(one, later if source == "people" else none, "head_days")
    assert same(one, later if source == "ranges" else none, "parameter_draw")
    if source in ("people", "chance"):
        assert arrivals(one).equals(arrivals(none))
    else:
        assert not arrivals(one).equals(arrivals(none))
    assert not same(one, none, "bookings")
