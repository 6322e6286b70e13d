"""Scores of cases whose forecasts are known to be right."""

from __future__ import annotations

import datetime as dt

import numpy as np

from rpmsim.backtesting.cases import Case
from rpmsim.backtesting.scoring import scored
from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.targets import Target

FIRST = dt.date(2027, 1, 4)
WEEKLY = Settings((7,), every=7, first=FIRST)


def case(draws: np.ndarray, actual: np.ndarray, **more: object) -> Case:
    origins = [FIRST + dt.timedelta(7 * i) for i in range(len(actual))]
    before = np.zeros(len(actual))
    return Case(Target("wins"), 1, 7, origins, draws, actual, **{"before": before, **more})


def test_right_forecasts_of_small_counts_are_not_called_too_wide() -> None:
    rng = np.random.default_rng(3)
    verdicts = []
    for _ in range(100):
        actual = rng.poisson(1.0, 60).astype(float)
        document, _ = scored(case(rng.poisson(1.0, (60, 400)).astype(float), actual), WEEKLY)
        verdicts.append(document["verdict"])
        assert document["inside"]["80"] >= document["inside_by_pit"]["80"]
    assert verdicts.count("too wide") <= 5 + 3 * np.sqrt(100 * 0.05 * 0.95)
    assert verdicts.count("too narrow") <= 5 + 3 * np.sqrt(100 * 0.05 * 0.95)


def test_a_number_that_is_certain_to_be_reached_is_no_target() -> None:
    rng = np.random.default_rng(3)
    actual, draws = rng.poisson(5.0, 20).astype(float), rng.poisson(5.0, (20, 200)).astype(float)
    assert scored(case(draws, actual), WEEKLY)[0]["reach"] is None
    some = np.where(np.arange(20) < 5, 5.0, 0.0)
    found = scored(case(draws, actual, before=some), WEEKLY)[0]["reach"]
    assert sum(row["n"] for row in found["reliability"]) == 15


def test_a_baseline_is_compared_where_it_is_there() -> None:
    rng = np.random.default_rng(3)
    actual, draws = rng.poisson(5.0, 20).astype(float), rng.poisson(5.0, (20, 200)).astype(float)
    late = np.where(np.arange(20)[:, None] < 8, np.nan, draws + 9.0)
    document, rows = scored(case(draws, actual, baselines={"late": late, "same": draws}), WEEKLY)
    assert document["skill"]["late"]["origins"] == 12
    assert document["skill"]["late"]["value"] > 0.5
    assert document["skill"]["same"]["value"] == 0.0
    assert "late" not in rows[7]["baselines"]
    assert "late" in rows[8]["baselines"]
    assert document["combination"]["baseline"] is None
