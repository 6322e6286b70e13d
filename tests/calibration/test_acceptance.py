"""What every calibration must do whatever the history: days of entering, ties, order, delayed entry, the future."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration import calibrate
from tests.worlds.numbers import numbers_of
from tests.worlds.past import Past, make_past
from tests.worlds.world import World, random_world

DRAWS = 200
Change = Callable[[list[str], list[list[str]]], list[list[str]]]
FILES = ("model.yaml", "posterior.nc", "open.csv", "actuals.csv")


def calibrated(mapping: Path, folder: Path, as_of: dt.date | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with rpmsim.open_history(mapping) as history:
        calibrate(history, as_of=as_of, draws=DRAWS, seed=1).write(folder)
    return folder


def plain_world(number: int, **change: object) -> World:
    """A small world whose export is an event log of the whole past."""
    return replace(random_world(number, largest=3_000), past="whole", shape="events", no_losses=False, **change)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Past]:
    world = plain_world(_with_same_day_exits())
    return world, make_past(world, tmp_path_factory.mktemp("export"))


def _with_same_day_exits() -> int:
    """A world in which a good part of the first moves comes on the day of entering."""
    for number in range(200):
        world = random_world(number, largest=3_000)
        first = next(iter(world.tree["stages"].values()))["to"]
        way = next(iter(first.values()))
        if way.get("least") and float(way.get("median", 9.0)) < 0.9 and "clock" not in way and len(world.channels) > 1:
            return number
    raise AssertionError


@pytest.fixture(scope="module")
def fitted(export: tuple[World, Past], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return calibrated(export[1].history, tmp_path_factory.mktemp("fitted"))


def test_conversions_on_the_day_of_entering_survive(export: tuple[World, Past], fitted: Path) -> None:
    with rpmsim.open_history(export[1].history) as history:
        visits = history.as_of().to_pandas("risk")
    posterior = rpmsim.open_posterior(fitted / "posterior.nc")
    assert posterior.hazards is not None
    stage = next(iter(export[0].tree["stages"]))
    outcome = next(iter(export[0].tree["stages"][stage]["to"]))
    here = visits[visits.stage == stage]
    counted = float(np.mean((here.outcome == outcome) & (here.exit_age_days == 0)))
    assert counted > 0.1
    table = posterior.hazards
    first_day = table.values[:, table.stages.index(stage), table.outcomes.index(outcome), table.classes.index("all"), 0]
    assert abs(first_day.mean() - counted) < 3.0 * np.sqrt(counted * (1.0 - counted) / len(here))


def _rewritten(past: Past, folder: Path, change: Change) -> Path:
    """A copy of an export whose event rows were changed, in a folder of the same name, which names the history."""
    folder = folder / past.history.parent.name
    folder.mkdir(parents=True)
    for file in past.history.parent.glob("*.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "events.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *change(header, rows)])
    return folder / "history.yaml"


def test_the_order_of_rows_changes_nothing(export: tuple[World, Past], fitted: Path, tmp_path: Path) -> None:
    def shuffled(header: list[str], rows: list[list[str]]) -> list[list[str]]:
        random.Random(1).shuffle(rows)
        return rows

    again = calibrated(_rewritten(export[1], tmp_path / "export", shuffled), tmp_path / "fitted")
    for name in FILES:
        assert (again / name).read_bytes() == (fitted / name).read_bytes(), name


def test_ties_change_nothing(export: tuple[World, Past], fitted: Path, tmp_path: Path) -> None:
    """Ages are whole days: without the time of day, all that happened on a day is tied, and all draws are the same."""

    def dates_only(header: list[str], rows: list[list[str]]) -> list[list[str]]:
        times = [i for i, name in enumerate(header) if name in ("entered_at", "recorded_at")]
        return [[cell[:10] if i in times else cell for i, cell in enumerate(row)] for row in rows]

    again = calibrated(_rewritten(export[1], tmp_path / "export", dates_only), tmp_path / "fitted")
    tied, timed = (rpmsim.open_posterior(folder / "posterior.nc") for folder in (again, fitted))
    assert tied.hazards is not None
    assert timed.hazards is not None
    np.testing.assert_array_equal(tied.hazards.ages, timed.hazards.ages)
    np.testing.assert_array_equal(tied.hazards.values, timed.hazards.values)
    assert tied.values.keys() == timed.values.keys()
    for path, values in timed.values.items():
        np.testing.assert_array_equal(tied.values[path], values, err_msg=path)


def test_what_began_before_the_window_enters_late(tmp_path: Path) -> None:
    """Without the first 180 days of a log, of which only records survive that were open then, hazards are the same.

    Two fits share most of their records, so they differ by less than the standard error of either.
    """
    whole = plain_world(next(n for n in range(100) if (random_world(n).as_of - random_world(n).first_day).days > 600))
    cut = replace(whole, past="migrated", recorded_from=whole.first_day + dt.timedelta(180))
    compared = 0
    both = []
    for name, world in (("whole", whole), ("cut", cut)):
        (tmp_path / name).mkdir()
        past = make_past(world, tmp_path / name)
        model = rpmsim.load_scenario(calibrated(past.history, tmp_path / f"{name} fitted") / "model.yaml").model
        both.append((past, model))
    mix = both[0][0]  # the mix of classes of one of them, for both
    full, late = (numbers_of(model, mix, DRAWS) for _, model in both)
    for key, values in full.items():
        if key.what in ("share", "median days"):
            assert abs(late[key].mean() - values.mean()) < 2.0 * late[key].std(), key
            compared += 1
    assert compared >= 4


def test_the_future_is_never_read(tmp_path: Path) -> None:
    """Rows dated after the day, true or nonsense, change no byte of a calibration as of that day."""
    world = plain_world(_with_same_day_exits())
    day = world.as_of - dt.timedelta(60)
    (tmp_path / "true").mkdir()
    past = make_past(world, tmp_path / "true")

    def poisoned(header: list[str], rows: list[list[str]]) -> list[list[str]]:
        rng = random.Random(2)
        at = {name: i for i, name in enumerate(header)}
        stages = [*world.tree["stages"], "won", "lost"]
        later = [row for row in rows if row[at["entered_at"]][:10] > str(day)]
        assert len(later) > 50
        for row in later:
            row[at["stage"]] = rng.choice(stages)
            row[at["amount"]] = str(rng.choice([0.01, 1e9]))
            row[at["channel"]], row[at["segment"]] = "channel of the future", "segment of the future"
            row[at["entered_at"]] = row[at["recorded_at"]] = f"{day + dt.timedelta(rng.randint(1, 60))} 12:00:00"
        return rows

    true = calibrated(past.history, tmp_path / "fitted", day)
    false = calibrated(_rewritten(past, tmp_path / "false", poisoned), tmp_path / "fitted false", day)
    for name in FILES:
        assert (true / name).read_bytes() == (false / name).read_bytes(), name
