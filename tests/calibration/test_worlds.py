"""Forty companies with a known truth: intervals of calibrations cover it as often as they say.

``benchmarks/worlds.py`` does the same with many more of them, and larger ones. Under xdist, each world is scored once,
by the process that comes to it first.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.coverage import BOUNDS, by_kind, coverage, ratio, width
from tests.worlds.fits import FORECASTERS
from tests.worlds.judge import Row, judge
from tests.worlds.kept import once, shared_folder
from tests.worlds.world import random_world

WORLDS = range(40)
LARGEST = 3_000
"""Most records that are expected in a world: half of the worlds have fewer than a thousand."""
DRAWS = 400

Scored = dict[str, list[Row]]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_folder(tmp_path_factory, "worlds")


def scored(number: int, kept: Path) -> Scored:
    """Rows of a world by forecaster."""
    return {name: [Row(**row) for row in rows] for name, rows in once(number, kept, _score).items()}


def _score(number: int, folder: Path) -> dict[str, list[dict[str, Any]]]:
    forecasters = {name: FORECASTERS[name] for name in ("fit", "plug-in")}
    rows = judge(random_world(number, largest=LARGEST), folder, forecasters, draws=DRAWS)
    return {name: [row.as_dict() for row in some] for name, some in rows.items()}


@pytest.mark.parametrize("number", WORLDS)
def test_a_calibration_says_something_of_all_that_matters(number: int, kept: Path) -> None:
    rows = scored(number, kept)["fit"]
    tree = random_world(number, largest=LARGEST).tree
    said = {(row.what, row.where) for row in rows}
    assert {(f"{what} {days} days", "") for what in ("arrivals", "wins", "bookings") for days in (28, 90)} <= said
    assert {("level", channel) for channel in tree["channels"]} <= said
    stage, to = next((name, next(iter(stage["to"]))) for name, stage in tree["stages"].items())
    assert ("share", f"{stage} to {to}") in said
    for row in rows:
        assert all(math.isfinite(x) for x in (row.mean, row.low, row.high, row.rank, row.crps)), row
        assert row.low <= row.high, row
        assert 0.0 <= row.rank <= 1.0, row


def test_intervals_cover_as_often_as_they_say(kept: Path) -> None:
    rows = [row for number in WORLDS for row in scored(number, kept)["fit"]]
    covered = coverage(rows)
    kinds = {kind: coverage(of) for kind, of in by_kind(rows).items()}
    shown = ", ".join(f"{kind} {100 * of.value:.0f}±{100 * of.error:.0f}" for kind, of in kinds.items())
    low, high = BOUNDS
    assert low <= covered.value <= high, f"80% intervals cover {covered.value:.3f} ± {covered.error:.3f}: {shown}"


def test_without_uncertain_parameters_intervals_are_narrower_and_cover_less(kept: Path) -> None:
    both = [scored(number, kept) for number in WORLDS]
    fits, plug_in = (
        [row for rows in both for row in rows[name] if "days" in row.what.split()] for name in ("fit", "plug-in")
    )
    fits = [row for row in fits if row.what != "median days"]
    assert {row.key for row in fits} == {row.key for row in plug_in}
    assert coverage(plug_in).value < coverage(fits).value - 0.02
    assert ratio(plug_in, fits, width) < 0.97
