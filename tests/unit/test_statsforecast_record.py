"""Baselines of the public track record that another program fits."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import statsforecast_record
from rpmsim.backtesting.baselines import baseline_draws
from rpmsim.backtesting.past_errors import earlier_origins
from rpmsim.backtesting.series_baselines import naive
from rpmsim.backtesting.work import BASELINE_DRAWS
from tests.unit.backtesting.known_worlds import as_of, daily, make_known


@pytest.mark.parametrize("horizon", [7, 14])
@pytest.mark.parametrize("target", ["wins", "bookings"])
def test_draws_are_those_of_our_own_mechanism(target: str, horizon: int) -> None:
    known = make_known(400, 120, seed=4, recorded=10)
    series = daily(known, target)
    days = np.append(earlier_origins(known.last, known.recorded, horizon), known.last)
    means = naive(series, known.recorded, days, np.array([horizon]))[:, 0]
    expected = dict(zip(days.tolist(), means, strict=True))
    found = statsforecast_record._draws(target, horizon, "Naive", expected, series, known)
    rng = statsforecast_record._random("Naive", target, horizon, known.last)
    own = baseline_draws(series, known, target, [horizon], BASELINE_DRAWS, rng)["naive"][:, 0]  # drawn first
    assert np.array_equal(found, own)


def test_scores_stand_beside_those_of_the_baselines() -> None:
    known = make_known(400, 120, seed=4)
    series, first = daily(known, "wins"), dt.date(2026, 1, 1)
    origins = [first + dt.timedelta(day) for day in range(80, 110, 10)]
    rows = [
        {"origin": str(day), "target": "wins", "horizon": "7", "crps": 1.0, "baselines": {},
         "actual": series[(day - first).days + 1 :][:7].sum()}
        for day in origins
    ]  # fmt: skip
    document = {"forecasts": rows, "every": 10, "seed": 1, "targets": {"wins": {"7": {"skill": {}}}}}
    then = {day: as_of(known, (day - first).days) for day in origins}
    expected = {day: float(series[day + 1 :][:7].sum()) for day in range(113)}
    statsforecast_record._score(document, "wins", 7, "Oracle", expected, series, then)
    found = document["targets"]["wins"]["7"]["skill"]["Oracle"]
    scored = [row["baselines"]["Oracle"] for row in rows]
    assert found["crps"] == pytest.approx(np.mean([row["crps"] for row in scored]))
    assert found["value"] == pytest.approx(1 - 1 / found["crps"])
    assert all(row["p10"] <= of["actual"] <= row["p90"] for row, of in zip(scored, rows, strict=True))


def test_a_model_that_cannot_be_fitted_is_left_out() -> None:
    known = make_known(200, 60, seed=2)
    first = dt.date(2026, 1, 1)
    origin = first + dt.timedelta(known.last)
    row = {"origin": str(origin), "target": "wins", "horizon": "7", "crps": 1.0, "baselines": {}, "actual": 3.0}
    document = {"forecasts": [row], "every": 7, "seed": 1, "targets": {"wins": {"7": {"skill": {}}}}}
    expected = {day: float("nan") for day in range(known.last + 1)}
    statsforecast_record._score(document, "wins", 7, "Theta", expected, daily(known), {origin: known})
    assert document["targets"]["wins"]["7"]["skill"] == {}
    assert row["baselines"] == {}


@pytest.mark.skipif(sys.platform == "win32", reason="its stand-in is a shell script")
def test_totals_are_computed_once(tmp_path: Path) -> None:
    """A stand-in program counts how often it runs."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\necho run >> {tmp_path}/runs\necho '{{\"totals\": {{}}}}'\n")
    program.chmod(0o755)
    kept = tmp_path / "kept"
    for days in ([1], [1], [2]):
        task = {"horizons": [7], "series": {"wins": {"values": [1.0], "recorded": 0, "days": days}}}
        assert statsforecast_record._totals(task, program, kept) == {"totals": {}}
    assert (tmp_path / "runs").read_text().count("run") == 2
