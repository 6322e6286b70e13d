"""Spells with the date that was in force, and days at risk by lead time and age, against loops over days."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.due_spells import DueSpells, cells_of, with_dates
from rpmsim.calibration.windows import ALL, Window


def random_case(seed: int) -> tuple[DueSpells, np.ndarray, np.ndarray, np.ndarray]:
    """Records with up to two stays in a stage, and dates of some of them, that may move at any time."""
    rng = np.random.default_rng(seed)
    record = np.repeat(np.arange(40), 2)
    entered = np.tile([0, 60], 40) + rng.integers(0, 20, 80)
    until = entered + rng.integers(0, 35, 80)
    since = np.minimum(entered + rng.integers(0, 6, 80) * rng.integers(0, 2, 80), until)
    spells = DueSpells(record, rng.integers(-1, 2, 80), entered, since, until, np.full(80, np.nan))
    some = rng.integers(0, 30, 70)  # the last records have no date
    return spells, some, rng.integers(0, 100, 70), rng.integers(20, 140, 70)


def in_force(record: int, entered: int, day: int, changes: list[tuple[int, int, int]]) -> float:
    """The date that counts on a day: known the evening before, or on the day of entering."""
    known = [(k, i, due) for i, (r, k, due) in enumerate(changes) if r == record and (k <= entered or k < day)]
    return float(max(known)[2]) if known else np.nan


def test_each_day_has_the_date_that_was_known() -> None:
    for seed in range(5):
        spells, record, known, due = random_case(seed)
        changes = list(zip(record.tolist(), known.tolist(), due.tolist(), strict=True))
        found = with_dates(spells, record, known, due)
        days = [
            (int(found.record[i]), day, found.due[i]) for i in range(len(found))
            for day in range(found.since[i], found.until[i] + 1)
        ]  # fmt: skip
        expected = [
            (int(spells.record[i]), day, in_force(int(spells.record[i]), int(spells.entered[i]), day, changes))
            for i in range(len(spells)) for day in range(spells.since[i], spells.until[i] + 1)
        ]  # fmt: skip
        np.testing.assert_array_equal(np.array(days), np.array(expected))
        assert (found.outcome >= 0).sum() == (spells.outcome >= 0).sum()
        ends = {(r, u, o) for r, u, o in zip(found.record, found.until, found.outcome, strict=True) if o >= 0}
        assert ends == {
            (r, u, o) for r, u, o in zip(spells.record, spells.until, spells.outcome, strict=True) if o >= 0
        }


def test_without_any_date_nothing_changes() -> None:
    spells = random_case(1)[0]
    none = np.zeros(0, dtype=np.int64)
    found = with_dates(spells, none, none, none)
    np.testing.assert_array_equal(found.until, spells.until)
    assert np.isnan(found.due).all()


def test_a_date_that_is_overwritten_on_the_day_of_the_exit_does_not_count() -> None:
    one = np.zeros(1, dtype=np.int64)
    spells = DueSpells(one, one, one + 3, one + 3, one + 20, np.full(1, np.nan))
    found = with_dates(spells, np.array([0, 0]), np.array([3, 20]), np.array([50, 20]))
    assert (found.due.tolist(), found.until.tolist(), found.outcome.tolist()) == ([50.0], [20], [0])


def by_hand(dated: DueSpells, first: int, last: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days at risk and exits, day by day."""
    shape = cells_of(dated, 2, first, last).days.shape
    days, exits = np.zeros(shape), np.zeros((2, *shape))
    for i in range(len(dated)):
        lead = dated.due[i] - dated.entered[i]
        if np.isnan(lead) or lead < 0:
            continue
        for day in range(max(dated.since[i], first), min(dated.until[i], last) + 1):
            cell = int(lead), int(day - dated.entered[i])
            days[cell] += weights[day]
            if day == dated.until[i] and dated.outcome[i] >= 0:
                exits[(dated.outcome[i], *cell)] += weights[day]
    return days, exits


@pytest.mark.parametrize("window", [ALL, Window(last=40), Window(half_life=30.0)])
def test_cells_are_the_days_at_risk(window: Window) -> None:
    spells, record, known, due = random_case(7)
    dated = with_dates(spells, record, known, due)
    for first, last in ((0, 200), (15, 75), (90, 90)):
        weights = window.weights(last)
        days, exits = by_hand(dated, first, last, weights)
        cells = cells_of(dated, 2, first, last, window)
        scale = cells.days.sum() / max(days.sum(), 1e-12)
        near = 0.0 if window.half_life is None else 2.0**0.5 - 1.0  # weights are taken in steps
        np.testing.assert_allclose(cells.days, scale * days, rtol=near, atol=1e-9)
        np.testing.assert_allclose(cells.exits, scale * exits, rtol=near, atol=1e-9)
        ended = exits.sum()
        if ended and window.half_life is not None:
            each = weights[dated.until[(dated.outcome >= 0) & (dated.until <= last) & ~np.isnan(dated.lead)]]
            assert cells.exits.sum() == pytest.approx(each.sum() ** 2 / (each**2).sum(), rel=0.05)
