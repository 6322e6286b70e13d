from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from rpmsim.analysis.targets import reached, span_of

D = dt.date


@pytest.mark.parametrize(
    ("first", "last", "periods", "state"),
    [
        (D(2027, 1, 1), D(2027, 3, 31), slice(0, 3), "partial"),  # the first day is the 11th of January
        (D(2027, 2, 1), D(2027, 3, 31), slice(1, 3), "whole"),
        (D(2027, 4, 1), D(2027, 6, 30), slice(3, 6), "whole"),
        (D(2027, 4, 1), D(2027, 9, 30), slice(3, 6), "partial"),  # ends after the horizon
        (D(2026, 10, 1), D(2027, 3, 31), slice(0, 3), "partial"),
        (D(2028, 1, 1), D(2028, 3, 31), slice(0, 0), "outside"),
        (D(2027, 2, 15), D(2027, 3, 31), slice(0, 0), "outside"),  # cuts a reporting period
    ],
)
def test_spans_are_whole_partial_or_outside(make_forecast, first, last, periods, state):
    _, dataset, _ = make_forecast(2, as_of=D(2027, 1, 10), until=D(2027, 6, 30))
    found = span_of(dataset, first, last)
    assert (found.periods, found.state) == (periods, state)


def test_actuals_make_a_period_whole_but_said(make_forecast):
    _, dataset, _ = make_forecast(2, as_of=D(2027, 1, 10), until=D(2027, 6, 30))
    states = dataset["period_state"].values.astype("<U20")
    states[0] = "actual+simulated"
    dataset = dataset.assign_coords(period_state=("period", states))
    assert span_of(dataset, D(2027, 1, 1), D(2027, 3, 31)).state == "actual+simulated"


def test_reached_or_beaten():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    found = reached(values, 3.0)
    assert found.probability == 0.5
    assert found.expected_miss == 1.5
    assert found.mc_error == pytest.approx(np.sqrt(0.25 * 4 / 3 / 4))
    assert reached(values, 0.5).expected_miss is None
    assert reached(values, 0.5).probability == 1.0
    assert reached(np.array([0.1 + 0.2]), 0.3).probability == 1.0


def test_draws_widen_the_error():
    rng = np.random.default_rng(1)
    draws = np.arange(1000) % 20
    values = rng.normal(size=20)[draws] + 0.1 * rng.normal(size=1000)
    assert reached(values, 0.0, draws).mc_error > 3 * reached(values, 0.0).mc_error
