from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from rpmsim.calibration.document import _not_identified
from rpmsim.calibration.health import _level
from rpmsim.calibration.incidence import _fitted
from rpmsim.calibration.part import Finding
from rpmsim.model.hazards import shares


@pytest.mark.parametrize(
    ("unit", "leads", "now", "verdict"),
    [
        ("week", 50.0, 1.0, "PASS"),
        ("day", 50.0 / 7, 1.0, "PASS"),
        ("week", 50.0, None, "PASS"),
        ("week", 50.0, 0.2, "REVIEW"),
        ("week", 99.0, 1.0, "REVIEW"),
    ],
)
def test_a_level_of_leads_that_is_not_that_of_the_last_weeks_is_for_review(unit, leads, now, verdict):
    observed = np.full((20, 2), 25.0)
    observed[-1] = 0.0  # a week that is not whole
    values = {f"channels.{name}.leads": np.full(3, leads / 2) for name in "ab"}
    values |= {} if now is None else {f"channels.{name}.drift.now": np.full(3, now) for name in "ab"}
    fit = SimpleNamespace(observed=observed, names=("a", "b"), unit=unit)
    found = _level(SimpleNamespace(arrivals=fit, values=values))
    assert (found.verdict, "in the last 8 weeks there were 50" in found.what) == (verdict, True)


@pytest.mark.parametrize("weeks", [0, 5, 8])
def test_the_level_of_a_short_history_is_not_judged(weeks):
    fit = SimpleNamespace(observed=np.ones((weeks, 1)), names=("a",), unit="week")
    assert _level(SimpleNamespace(arrivals=fit, values={"channels.a.leads": np.ones(3)})) is None


def test_queues_that_are_not_seen_are_named_once():
    found = [
        Finding("queue of meeting", "PASS", "long"),
        Finding("queue of deal", "PASS", "long"),
        Finding("losses", "REVIEW", "none"),
        Finding("amounts", "PASS", "all"),
    ]
    assert _not_identified(found) == [
        "losses: none",
        "The limit of staff in meeting, deal: times there include waiting, and there is no queue",
    ]


def test_fitted_curves_follow_the_days_on_which_a_clock_runs():
    work, calendar = (1, 1, 1, 1, 1, 0, 0), (1,) * 7
    hazards = np.array([[[0.2, 0.05], [0.0, 0.0]], [[0.3, 0.1], [0.0, 0.0]]])  # ages 0 and 1 on
    causes = [SimpleNamespace(clock=SimpleNamespace(week=np.array(days, dtype=float))) for days in (work, calendar)]
    starts = np.array([0, 1])
    fit = SimpleNamespace(hazards=hazards, starts=starts, causes=causes, shares=shares(hazards, starts))
    entries, days = np.array([0.5, 0, 0, 0, 0.3, 0.2, 0]), np.arange(15)
    expected = np.zeros((2, len(days)))
    for draw, (first, later) in enumerate(hazards[:, 0]):
        for weekday, share in enumerate(entries):
            left, gone = 1.0 - first, first
            for day in days:
                if day and work[(weekday + day) % 7]:
                    gone, left = gone + left * later, left * (1 - later)
                expected[draw, day] += share * gone
    found = _fitted(fit, days, entries)
    np.testing.assert_allclose(found["p50"][0], expected.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["p05"][0], np.quantile(expected, 0.05, axis=0), rtol=1e-12)
    assert not found["p95"][1].any()
