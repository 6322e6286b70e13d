"""The audit finds what was put in, and says of what real histories are known for."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rpmsim.generate import generate_history
from rpmsim.generate.mess import cut as cut_export
from rpmsim.generate.mess import make_mess
from rpmsim.generate.shapes import SHAPES
from rpmsim.generate.write import write_export
from rpmsim.history import open_history
from rpmsim.history.audit import audit
from rpmsim.history.audit.breaks import share_breaks, volume_breaks
from rpmsim.model.plan import Model
from rpmsim.scenario import load_scenario_text
from tests.unit.history.conftest import LOOPS, Write

BUSY = (
    LOOPS.replace("120 per month", "700 per month")
    .replace("heads: 3,", "heads: 20,")
    .replace("heads: 2,", "heads: 12,")
)
TOP = Path(__file__).parents[3]
REAL = Path(os.environ.get("RPMSIM_HISTORIES", TOP.parent / "shared" / "data"))
"""Where the real histories are, where there are any."""


@cache
def busy() -> Model:
    return load_scenario_text(BUSY).model


def audited(path: Path) -> tuple[dict[str, Any], dict[str, list[str]], str]:
    with open_history(path) as history:
        found = audit(history)
        kinds = [row[0] for row in history.con.execute("SELECT DISTINCT kind FROM issues").fetchall()]
        return {item.name: item for item in found.items}, {k: found.evidence.noted(k) for k in kinds}, found.verdict


FOUND_AS = {
    "skipped_stages": "skipped_stages",
    "reopened": "reopened",
    "bulk_edits": "bulk_edits",
    "missing_starts": "undated",
    "late_entries": "late_entries",
    "duplicates": "duplicates",
}


@pytest.mark.parametrize("kind", FOUND_AS)
def test_the_audit_finds_the_mess_that_was_put_in(kind: str, tmp_path: Path) -> None:
    history = generate_history(busy(), seed=5)
    make_mess(history, {kind: {"bulk_edits": 0.25, "skipped_stages": 0.1}.get(kind, 0.05)}, seed=6)
    write_export(SHAPES["events"](history), tmp_path, "csv")
    _, noted, _ = audited(tmp_path / "history.yaml")
    truth, found = set(history.truth[kind]), set(noted.get(FOUND_AS[kind], []))
    precision, recall = len(truth & found) / max(len(found), 1), len(truth & found) / len(truth)
    reported = f"{kind}: {len(truth)} put in, {len(found)} found, precision {precision:.3f}, recall {recall:.3f}\n"
    sys.stdout.write(reported)  # pytest -rP shows it
    assert len(truth) > 50
    assert precision > 0.98
    assert recall > 0.95


def test_a_clean_history_has_no_error(tmp_path: Path) -> None:
    history = generate_history(busy(), seed=5)
    write_export(SHAPES["events"](history), tmp_path, "csv")
    items, _, _ = audited(tmp_path / "history.yaml")
    reported = {name for name, item in items.items() if item.status != "PASS"}
    assert reported <= {"records before the start"}, reported  # the scenario starts with nothing open


def test_a_window_is_found_with_its_date(tmp_path: Path) -> None:
    history = generate_history(busy(), seed=5)
    cut_export(history, dt.date(2027, 9, 30), dt.date(2027, 3, 1))
    write_export(SHAPES["events"](history), tmp_path, "csv")
    items, _, _ = audited(tmp_path / "history.yaml")
    item = items["records before the start"]
    assert item.status == "REVIEW"
    assert item.numbers["start"] == "2027-03-01"


def test_an_audit_of_a_day_knows_only_that_day(tmp_path: Path) -> None:
    history = generate_history(busy(), seed=5)
    write_export(SHAPES["events"](history), tmp_path, "csv")
    with open_history(tmp_path / "history.yaml") as read:
        then = audit(read, dt.date(2027, 4, 30))
        assert str(then.evidence.totals[3].date()) <= "2027-04-30"
        assert then.evidence.totals[0] < audit(read).evidence.totals[0]


@pytest.mark.parametrize("factor", [1.0, 1.6, 0.5])
def test_breaks_of_volume(factor: float) -> None:
    rng = np.random.default_rng(3)
    counts = np.concatenate(
        [rng.negative_binomial(20, 20 / 100, 40), rng.negative_binomial(20, 20 / (20 + 80 * factor), 40)]
    )
    found = volume_breaks(counts.astype(float))
    assert found == [] if factor == 1.0 else len(found) == 1 and abs(found[0] - 40) <= 1


def test_breaks_are_rare_without_a_change() -> None:
    rng = np.random.default_rng(4)
    false = sum(bool(volume_breaks(rng.negative_binomial(10, 10 / 60, 100).astype(float))) for _ in range(200))
    assert false <= 14  # 7%


def test_breaks_of_a_share() -> None:
    rng = np.random.default_rng(5)
    trials = rng.poisson(80, 60).astype(float)
    wins = rng.binomial(trials.astype(int), np.where(np.arange(60) < 25, 0.02, 0.10)).astype(float)
    assert [abs(b - 25) <= 1 for b in share_breaks(wins, trials)] == [True]


LATE = """\
as_of: 2027-06-30
stages: {lead: {enters: yes, to: [won, lost]}}
sources: {leads: {file: leads.csv, shape: wide, record: id, stages: {lead: created, won: won, lost: lost}, RECORDED}}
"""


def late_wins() -> str:
    """Leads from January on, a fifth won after about ten days; wins are recorded from April on only."""
    rng = np.random.default_rng(6)
    rows = ["id,created,won,lost"]
    for i in range(2000):
        created = dt.date(2027, 1, 1) + dt.timedelta(int(rng.integers(0, 170)))
        end = created + dt.timedelta(int(rng.gamma(2.0, 5.0)))
        won = rng.random() < 0.2
        shown = end if end <= dt.date(2027, 6, 30) and (not won or end >= dt.date(2027, 4, 1)) else ""
        rows.append(f"{i},{created},{shown if won else ''},{'' if won else shown}")
    return "\n".join(rows) + "\n"


def test_late_recording_is_found_and_can_be_stated(written: Write) -> None:
    items, _, verdict = audited(written(LATE.replace(", RECORDED", ""), leads__csv=late_wins()))
    item = items["recording starts"]
    assert (item.status, verdict) == ("FAIL", "FAIL")
    assert [found["stage"] for found in item.numbers["stages"]] == ["won"]
    assert item.numbers["stages"][0]["first"].startswith("2027-04-0")
    assert 100 < item.numbers["stages"][0]["expected_before"] < 250
    stated = LATE.replace("RECORDED", "recorded_from: {won: 2027-04-01}")
    items, _, _ = audited(written(stated, leads__csv=late_wins()))
    assert items["recording starts"].status == "PASS"


def real(name: str, tmp_path: Path) -> Path:
    """A real history beside its mapping of this repository."""
    if not (REAL / name).is_dir():
        pytest.skip(f"the history {name} is not there; its folder is named by RPMSIM_HISTORIES")
    for file in (REAL / name).iterdir():
        shutil.copy(file, tmp_path / file.name)
    shutil.copy(TOP / "benchmarks" / "histories" / f"{name}.yaml", tmp_path / "history.yaml")
    return tmp_path / "history.yaml"


def test_olist_names_its_troubles(tmp_path: Path) -> None:
    items, _, verdict = audited(real("olist", tmp_path))
    assert verdict == "FAIL"
    assert items["recording starts"].numbers["stages"][0] | {"expected_before": 0} == {
        "stage": "won", "first": "2017-12-05", "expected_before": 0,
    }  # fmt: skip
    assert "2018-01-01" in [c["week_of"] for c in items["changes of volume"].numbers["changes"]]
    assert "2018-01-01" in [c["week_of"] for c in items["changes of conversion"].numbers["changes"]]
    assert items["identification"].status == "FAIL"
    assert items["ends before the beginning"].numbers["count"] == 1
    assert "sdr" in items["leaks"].numbers["leaking"]
    assert items["amounts"].status == "FAIL"


def test_bpic_names_its_troubles(tmp_path: Path) -> None:
    items, _, _ = audited(real("bpic2012", tmp_path))
    assert items["records before the start"].numbers["start"] == "2011-10-01"
    assert 20 < items["records before the start"].numbers["p90_win_days"] < 40
    assert items["loops"].status == "REVIEW"
    assert items["loops"].numbers["stages"]["offer"]["records"] > 1000
    assert any(28 <= s["age_days"] <= 32 and s["to"] == "lost" for s in items["expiry"].numbers["spikes"])


def test_maven_names_its_troubles(tmp_path: Path) -> None:
    items, _, _ = audited(real("maven", tmp_path))
    assert "account" in items["leaks"].numbers["leaking"]
    assert items["zombies"].status == "REVIEW"
    assert items["zombies"].numbers["stages"]["engaging"]["longest_days"] == 138
    assert [(v["value"], v["nearest"]) for v in items["unknown keys"].numbers["values"]] == [("GTXPro", "GTX Pro")]
