"""Histories of every odd kind: a clear answer or a model that loads, runs and says what is missing."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration import Calibration, calibrate, fitting, open_records
from rpmsim.calibration import calibration as calibration_module
from rpmsim.calibration.silence import silent_days
from rpmsim.errors import InputError
from rpmsim.model.hazards import shares

FIRST = dt.date(2025, 1, 1)
HEAD = ["id", "lead", "sql", "won", "lost", "channel", "segment", "amount"]
MAPPING = """as_of: {as_of}
currency: USD
stages:
  lead: {{kind: lead, to: [sql, lost]}}
  sql: {{kind: opportunity, to: [won, lost]}}
sources:
  deals:
    file: deals.csv
    shape: wide
    record: id
    stages: {{lead: lead, sql: sql, won: won, lost: lost}}
    channel: channel
    segment: segment
    amount: {{column: amount, known: created}}
    created: lead
"""


def funnel(
    records: int, days: int, rng: np.random.Generator, channels: Sequence[str] = ("web",), segments: Sequence[str] = ()
) -> list[list[str]]:
    """Rows of records that come at a constant rate and move at constant hazards, as known on the last day."""
    rows = []
    for i in range(records):
        lead = int(rng.integers(days))
        moved = lead + int(rng.exponential(6.0))
        ended = moved + int(rng.exponential(12.0))
        is_sql, is_won = rng.random() < 0.5, rng.random() < 0.4
        dates = (
            lead,
            moved if is_sql else days,
            ended if is_sql and is_won else days,
            (days if is_won else ended) if is_sql else moved,
        )
        cells = [(FIRST + dt.timedelta(day)).isoformat() if day < days else "" for day in dates]
        classes = [channels[i % len(channels)], segments[i % len(segments)] if segments else ""]
        rows.append([f"r{i}", *cells, *classes, f"{rng.lognormal(8.0, 0.5):.2f}"])
    return rows


def calibrated(folder: Path, rows: list[list[str]], as_of: dt.date, draws: int = 50, more: str = "") -> Calibration:
    """Calibrate, write, load and run."""
    with (folder / "deals.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD, *rows])
    (folder / "history.yaml").write_text(MAPPING.format(as_of=as_of) + more, encoding="utf-8")
    with rpmsim.open_history(folder / "history.yaml") as history:
        calibration = calibrate(history, draws=draws, accept=["all"])
        calibration.write(folder)
    return calibration


@pytest.mark.parametrize("silent", [3, 10, 21])
def test_empty_days_at_the_end_were_not_recorded(tmp_path: Path, silent: int) -> None:
    """90 leads a week, and then nothing of any kind: the model expects 90 a week, and says that it does."""
    rows = funnel(2340, 182, np.random.default_rng(5))
    calibration = calibrated(tmp_path, rows, FIRST + dt.timedelta(181 + silent))
    arrivals = calibration.arrivals
    assert np.median(arrivals.leads * arrivals.now) == pytest.approx(90, rel=0.1)
    [finding] = [finding for finding in calibration.findings if finding.item == "last days"]
    assert finding.verdict == "REVIEW"
    assert (FIRST + dt.timedelta(181)).isoformat() in finding.what


def test_silence_is_not_what_happens_now_and_then() -> None:
    rng = np.random.default_rng(6)
    steady = rng.poisson(12.0, 200)
    weekdays = np.where(np.arange(203) % 7 < 5, rng.poisson(12.0, 203), 0)
    lists = np.where(np.arange(200) % 30 == 0, 400, 0)
    few = rng.binomial(1, 0.1, 200)
    few[-12:] = 0
    assert silent_days(steady, 0) == 0
    assert silent_days(np.append(steady, [0, 0]), 0) == 2
    assert silent_days(np.append(steady, np.zeros(60, dtype=int)), 0) == 0  # it has stopped
    assert silent_days(weekdays, 0) == 0  # ends with a weekend
    assert silent_days(np.append(weekdays, [0, 0]), 0) == 4  # no Monday and no Tuesday after a weekend
    assert silent_days(lists, 0) == 0
    assert silent_days(few, 0) == 0
    assert silent_days(np.zeros(5, dtype=int), 0) == 0


def test_a_stage_with_a_reserved_name_is_refused(tmp_path: Path) -> None:
    """With its place in the mapping, and before anything is fitted or written."""
    (tmp_path / "moves.csv").write_text("id,day,stage\n1,2025-01-01,source\n1,2025-01-05,won\n", encoding="utf-8")
    (tmp_path / "history.yaml").write_text(
        "as_of: 2025-02-01\nstages:\n  source: {kind: lead, to: [won]}\n"
        "sources:\n  moves: {file: moves.csv, shape: events, record: id, time: day, stage: stage}\n",
        encoding="utf-8",
    )
    with (
        rpmsim.open_history(tmp_path / "history.yaml") as history,
        pytest.raises(InputError, match=r"3:3.*`source` is a reserved word"),
    ):
        calibrate(history, draws=10, accept=["all"])


def test_days_that_cannot_be_simulated_are_refused(tmp_path: Path) -> None:
    rows = funnel(100, 90, np.random.default_rng(7))
    calibrated(tmp_path, rows, FIRST + dt.timedelta(89))
    with rpmsim.open_history(tmp_path / "history.yaml") as history:
        with pytest.raises(InputError, match="more than 30 years"):
            calibrate(history, until=dt.date(2150, 1, 1), draws=10, accept=["all"])
        with pytest.raises(InputError, match="the first record begins on 2025-01-0"):
            calibrate(history, as_of=FIRST - dt.timedelta(1), draws=10)


@pytest.mark.parametrize("seed", range(5))
def test_a_share_of_all_is_no_more_than_all(seed: int) -> None:
    """Also after rounding: a scenario takes no share above 1."""
    starts = np.array([0, 1, 2, 4, 8, 16])
    hazards = np.random.default_rng(seed).uniform(0.01, 0.4, (50, 1, 6)).astype(np.float32).astype(np.float64)
    assert shares(hazards, starts).max() <= 1.0


@pytest.mark.parametrize("cut", ["recorded_from: 2026-06-01", "recorded_until: 2024-06-01"])
def test_leads_of_which_no_day_was_recorded_are_not_guessed_from_one_day(tmp_path: Path, cut: str) -> None:
    rows = funnel(300, 90, np.random.default_rng(8))
    calibration = calibrated(tmp_path, rows, FIRST + dt.timedelta(89), more=f"    {cut}\n")
    assert calibration.arrivals.leads.max() < 1.0
    [finding] = [finding for finding in calibration.findings if finding.item == "leads of web"]
    assert finding.verdict == "REVIEW"
    assert "No leads are recorded" in finding.what


def test_a_history_of_thirty_years_is_a_model(tmp_path: Path) -> None:
    days = 30 * 365
    calibrated(tmp_path, funnel(400, days, np.random.default_rng(9)), FIRST + dt.timedelta(days - 1))
    assert rpmsim.load_scenario(tmp_path / "model.yaml")


def test_records_that_all_move_on_the_last_day_are_a_model(tmp_path: Path) -> None:
    """Nobody is in the next stage on any Sunday before."""
    rows = funnel(300, 90, np.random.default_rng(10))
    last = FIRST + dt.timedelta(89)
    rows = [[*row[:2], *(last.isoformat() if cell else "" for cell in row[2:5]), *row[5:]] for row in rows]
    calibrated(tmp_path, rows, last)
    assert rpmsim.load_scenario(tmp_path / "model.yaml")


def test_more_open_records_than_a_file_lists_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of opening.csv stand for all of them, and the model reads it."""
    for module in (calibration_module, fitting, open_records):
        monkeypatch.setattr(module, "MOST_ROWS", 300)
    rows = funnel(900, 120, np.random.default_rng(11))
    rows = [row if i % 2 else [*row[:2], "", "", "", *row[5:]] for i, row in enumerate(rows)]
    calibration = calibrated(tmp_path, rows, FIRST + dt.timedelta(119))
    assert not (tmp_path / "open.csv").exists()
    with (tmp_path / "opening.csv").open(encoding="utf-8") as file:
        assert sum(int(row["count"]) for row in csv.DictReader(file)) == len(calibration.open_rows) > 300
    assert rpmsim.load_scenario(tmp_path / "model.yaml")


def test_amounts_that_no_scenario_takes_are_not_known(tmp_path: Path) -> None:
    rows = funnel(400, 120, np.random.default_rng(12))
    rows = [[*row[:7], "1e15"] if i % 3 == 0 else row for i, row in enumerate(rows)]
    calibration = calibrated(tmp_path, rows, FIRST + dt.timedelta(119))
    assert rpmsim.load_scenario(tmp_path / "model.yaml")
    [finding] = [finding for finding in calibration.findings if finding.item == "large amounts"]
    assert finding.verdict == "REVIEW"
    assert finding.what.startswith("134 records")
