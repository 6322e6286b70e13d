"""``rpmsim backtest`` as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from tests.unit.backtesting.small import FIRST, rows_of, write

WRITTEN = {"backtest.csv", "backtest.json", "backtest.md", "origins"}
CHARTS = {f"{name}.{form}" for name in ("bands", "coverage", "pit", "skill") for form in ("png", "svg")}
QUICK = ("--horizon", 7, "--horizon", 14, "--every", 21, "--from", "2027-04-01", "-n", 60, "--accept", "all")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return write(tmp_path / "crm", rows_of())


def test_it_prints_a_page_writes_its_files_and_goes_on(history: Path, answer: Answer, tmp_path: Path) -> None:
    code, out, err = answer("backtest", history, *QUICK, "--out", tmp_path / "record")
    assert code == 0
    assert "crm: 6 forecasts from 2027-04-01 to 2027-07-15, every 21 days" in " ".join(out.split())
    assert "8-in-10" in out
    assert err == f"\nWritten to {tmp_path / 'record'}\n"
    folder = tmp_path / "record"
    assert {path.name for path in folder.iterdir()} == WRITTEN | CHARTS
    document = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    assert document["history"] == "crm"
    assert {"7", "14", "8-14"} == set(document["targets"]["wins"])
    with (folder / "backtest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"rpmsim", "naive", "life table, all history"} <= {row["method"] for row in rows}
    assert all(f"({name})" in (folder / "backtest.md").read_text(encoding="utf-8") for name in
               ("bands.svg", "coverage.svg", "pit.svg", "skill.svg"))  # fmt: skip
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("origins/*/*.npz")}
    assert len(kept) == 6
    again = answer("backtest", history, *QUICK, "--out", folder, "--target", "wins", "--json")
    assert again[0] == 0
    found = json.loads(again[1])
    assert found["targets"]["wins"] == document["targets"]["wins"]
    assert list(found["targets"]) == ["wins"]
    stored = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    assert stored == document  # what is shown is a part, and the file has all
    assert {path: path.stat().st_mtime_ns for path in folder.glob("origins/*/*.npz")} == kept


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--target", "wnis"), r"target: there is no target `wnis`; .*wins"),
        (("--from", "2026-01-01"), f"from: 2026-01-01 is before the first record, of {FIRST}"),
        (("--from", "2027-07-20"), "from: no forecast from 2027-07-20 on, 7 days ahead, can be scored"),
        (("--horizon", "0"), "0 is not in the range"),
        (("--accept", "nonsense"), "nonsense"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_writes_nothing(
    history: Path, answer: Answer, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    code, out, err = answer("backtest", history, "--accept", "all", "--out", tmp_path / "record", *options)
    assert code == 2
    assert out == ""
    assert re.search(said, err), err
    assert not (tmp_path / "record").exists()


def test_an_interrupt_keeps_what_is_finished(history: Path, tmp_path: Path) -> None:
    folder = tmp_path / "record"
    words = [sys.executable, "-m", "rpmsim", "backtest", str(history), "--every", "3", "-n", "60", "--accept", "all"]
    process = subprocess.Popen([*words, "--out", str(folder)], stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (kept := list(folder.glob("origins/*/*.npz"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert kept
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode() == "interrupted\n"
    assert [path.name for path in folder.iterdir()] == ["origins"]
    assert not list(folder.glob("origins/*/.*"))
