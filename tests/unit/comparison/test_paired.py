from __future__ import annotations

from pathlib import Path

import numpy as np

import rpmsim
from rpmsim.comparison.binding import with_leads
from rpmsim.comparison.paired import difference
from rpmsim.comparison.runs import Settings, Simulator
from rpmsim.metrics import bookings

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"


def test_a_scenario_compared_with_itself_is_exactly_the_same():
    values = np.random.default_rng(1).normal(1e6, 1e5, 100)
    found = difference("bookings", values, values.copy(), None)
    assert set(found["difference"].values()) == {0.0}
    assert (found["probability_better"], found["probability_same"], found["variance_saved"]) == (0.0, 1.0, None)


def test_less_cost_is_better():
    before, after = np.array([10.0, 10.0, 10.0, 10.0]), np.array([9.0, 8.0, 10.0, 11.0])
    assert difference("total_cost", before, after, None)["probability_better"] == 0.5
    assert difference("bookings", before, after, None)["probability_better"] == 0.25


def test_variance_saved_is_that_of_independent_runs_over_that_of_pairs():
    draw = np.random.default_rng(2)
    common, own = draw.normal(0, 3, 40_000), draw.normal(0, 1, 40_000)
    saved = difference("wins", common, common + own, None)["variance_saved"]
    assert abs(saved - (9 + 10) / 1) < 0.5


def test_what_is_undefined_in_one_of_both_is_left_out():
    found = difference("cac_loaded", np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan]), None)
    assert found["difference"]["mean"] == 1.0
    assert found["difference"]["undefined"] == 2
    assert found["probability_better"] == 0.0


def test_two_percent_more_leads_stand_out_from_chance():
    """The variance of the difference is at least ten times smaller than with independent random numbers."""
    model = rpmsim.load_scenario(SCENARIOS / "base.yaml").model
    simulator = Simulator(Settings(120, 20270101), bookings, lambda _: None)
    before, after = (simulator.values(m, "").sum(axis=1) for m in (model, with_leads(model, 1.02)))
    assert difference("bookings", before, after, None)["variance_saved"] > 10
