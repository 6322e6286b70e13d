"""The record of backtests of a dozen companies with a known truth: bands hold as often as they say.

``benchmarks/world_record.py`` does the same with many more of them, and larger ones. The test has to be able to fail:
a forecaster whose draws are half as far from their mean does not pass it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rpmsim import open_history
from rpmsim.backtesting.store import FOLDER, Store
from tests.worlds.coverage import coverage, crps, ratio, smooth_test, width
from tests.worlds.judge import Row
from tests.worlds.kept import once, shared_folder
from tests.worlds.past import make_past
from tests.worlds.record import DAYS, TARGETS, SpanRow, backtested
from tests.worlds.world import random_world

WORLDS = range(100, 112)
PLUG_IN = WORLDS[:4]
"""Worlds that are also forecast without parameter draws: enough to see that bands are narrower, in half the time."""
LARGEST = 1_000
"""Most records that are expected in a world."""
SPANS = 2
REPLICATIONS = 200
SPREAD = 2
"""Components of the smooth test: lean and spread. A dozen worlds have no power for more."""

Record = dict[str, list[SpanRow]]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_folder(tmp_path_factory, "world-record")


def record_of(number: int, kept: Path) -> Record:
    """Forecasts of a world, by forecaster."""
    return {name: [SpanRow(**row) for row in rows] for name, rows in once(number, kept, _record).items()}


def _record(number: int, folder: Path) -> dict[str, list[dict[str, Any]]]:
    world = random_world(number, largest=LARGEST)
    with open_history(make_past(world, folder).history) as history:

        def rows(*, plug_in: bool = False) -> list[dict[str, Any]]:
            found = backtested(
                world, history, SPANS, plug_in=plug_in, replications=REPLICATIONS, folder=folder / "kept"
            )
            return [row.as_dict() for row in found]

        result = {"draws": rows()}
        _narrow(folder / "kept" / FOLDER)
        return result | {"narrow": rows(), "plug-in": rows(plug_in=True) if number in PLUG_IN else []}


def _narrow(home: Path) -> None:
    """Put draws that are half as far from their mean in place of all kept ones."""
    (folder,) = home.iterdir()
    store = Store(home, folder.name)
    for file in folder.iterdir():
        origin = dt.date.fromisoformat(file.stem)
        forecast = store.read(origin)
        assert forecast is not None
        draws = {name: (of + of.mean(axis=0)) / 2.0 for name, of in forecast.draws.items()}
        store.write(origin, replace(forecast, draws=draws))


@pytest.fixture(scope="session")
def record(kept: Path) -> Record:
    """All forecasts, by forecaster."""
    worlds = [record_of(number, kept) for number in WORLDS]
    return {name: [row for world in worlds for row in world[name]] for name in worlds[0]}


def bands_hold(rows: list[SpanRow]) -> bool:
    """Whether as many PIT values are in the middle 80% as 98% of right forecasters have.

    All targets of a span are one forecast here, as they share their leads: the bounds are wider than they would be if
    some of a span's targets were independent.
    """
    count = len(rows) / len(TARGETS)
    low, high = stats.binom.ppf((0.01, 0.99), count, 0.8) / count
    return bool(low <= coverage(rows).value <= high)


@pytest.mark.parametrize("number", WORLDS)
def test_separate_spans_are_forecast_and_scored(number: int, kept: Path) -> None:
    rows = record_of(number, kept)["draws"]
    days = sorted({dt.date.fromisoformat(row.where) for row in rows})
    assert len(days) == SPANS
    assert {(b - a).days for a, b in pairwise(days)} <= {DAYS}
    assert days[-1] + dt.timedelta(DAYS) == random_world(number, largest=LARGEST).as_of
    assert {(row.what, row.where) for row in rows} == {
        (f"{target} {DAYS} days", str(day)) for target in TARGETS for day in days
    }
    assert {row.place for row in rows} == set(range(1, SPANS + 1))


def test_bands_hold_as_often_as_they_say(record: Record) -> None:
    covered = coverage(record["draws"])
    assert bands_hold(record["draws"]), f"80% bands hold {covered.value:.3f} ± {covered.error:.3f}"


def test_pit_values_are_uniform(record: Record) -> None:
    assert smooth_test(record["draws"], SPREAD) > 0.01


def test_draws_too_close_to_their_mean_are_found(record: Record) -> None:
    assert ratio(record["narrow"], record["draws"], width) == pytest.approx(0.5, abs=1e-6)
    assert not bands_hold(record["narrow"])
    assert smooth_test(record["narrow"], SPREAD) < 0.001
    assert ratio(record["narrow"], record["draws"], crps) > 1.0


def test_without_parameter_draws_bands_are_narrower(record: Record) -> None:
    plug_in = record["plug-in"]
    draws = [row for row in record["draws"] if row.world in PLUG_IN]
    assert [row.key for row in draws] == [row.key for row in plug_in]
    assert ratio(plug_in, draws, width) < 0.98


def rows_of(ranks: np.ndarray) -> list[Row]:
    """Rows with these PIT values, shape (worlds, forecasts)."""
    return [
        Row(world, "wins", str(i), "all", 0.0, 0.0, 0.0, 0.0, float(rank), 0.0)
        for world, of in enumerate(ranks)
        for i, rank in enumerate(of)
    ]


def test_the_smooth_test_keeps_its_level_if_forecasts_of_a_world_depend_on_each_other() -> None:
    rng = np.random.default_rng(5)
    times = 400
    p = [smooth_test(rows_of(np.repeat(rng.random((60, 1)), 3, axis=1)), SPREAD) for _ in range(times)]
    share = np.mean(np.array(p) < 0.1)
    assert abs(share - 0.1) < 3.0 * np.sqrt(0.1 * 0.9 / times)


@pytest.mark.parametrize("power", [0.75, 1.33])
def test_the_smooth_test_finds_ranks_that_lean(power: float) -> None:
    ranks = np.random.default_rng(6).random((120, 3)) ** power
    assert smooth_test(rows_of(ranks)) < 0.001
