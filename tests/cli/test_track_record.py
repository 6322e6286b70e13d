"""From a backtest to the sentence that a run prints: the model states its track record, and a plan inherits it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import rpmsim.calibration
from tests.cli.conftest import Answer
from tests.cli.test_calibrate import SAMPLE, Fitted

WORDS = ("--accept", "bulk edits", "--draws", 20, "--until", "2028-01")
USUAL = Path("backtests", "crm", "backtest.json")
ORIGINS = [dt.date(2027, 6, 1) + dt.timedelta(7 * i) for i in range(24)]


def backtest(**other: Any) -> dict[str, Any]:
    """Weekly forecasts of the sample history, of which the results of 19 of 24 lie in their band, of leads 20."""
    rows = [
        {"target": target, "horizon": horizon, "origin": str(day), "p10": 5, "p90": 15, "actual": 10 if i >= out else 2}
        for target, out in (("wins", 5), ("leads", 4), ("mql->sal", 24))
        for horizon in ("14", "28", "15-28")
        for i, day in enumerate(ORIGINS)
    ]
    return {"history": "crm", "plug_in": False, "origins": len(ORIGINS), "forecasts": rows, **other}


def written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The shipped history in the folder of the test."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "crm"), "history.yaml")


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """Stands in for the fits."""
    stand_in = Fitted()
    monkeypatch.setattr(rpmsim.calibration, "calibrate", stand_in)
    return stand_in


def test_from_a_backtest_to_the_forecast(history: Path, answer: Answer) -> None:
    written(history.parents[1] / USUAL, backtest())
    code, out, stderr = answer("calibrate", history, *WORDS, "--json")
    assert code == 0
    assert stderr.endswith(f"Track record from {USUAL}: 24 forecasts of wins, 24 forecasts of leads\n")
    wins = {"days": 28, "forecasts": 24, "inside": 19, "separate": 6, "from": "2027-06-01", "to": "2027-11-09"}
    assert json.loads(out)["track_record"] == {"wins": wins, "leads": wins | {"inside": 20}}
    model = Path("models", "crm", "model.yaml")
    assert "track_record:\n  wins: {days: 28, forecasts: 24, inside: 19, " in model.read_text(encoding="utf-8")

    code, out, _ = answer("run", model, "-n", 20, "--out", "own")
    assert code == 0
    told = " ".join(out.split())
    sentence = (
        "of 24 forecasts of wins 28 days ahead made from 2027-06-01 to 2027-11-09, 19 fell inside the 8-in-10 band"
    )
    assert f"Track record: {sentence} (8 in 10 would be 19); 6 of the spans do not overlap. Of 24 forecasts of" in told
    found = json.loads(Path("own", "run.json").read_text(encoding="utf-8"))["track_record"]
    assert found == [
        {"metric": metric, **wins, "inside": inside, "inherited": False}
        for metric, inside in (("wins", 19), ("leads", 20))
    ]

    plan = model.with_name("plan.yaml")
    plan.write_text("extends: model.yaml\nchannels: {inbound: {leads: x2}}\n", encoding="utf-8")
    whose = "Track record of the model that this scenario builds on: of 24 forecasts of wins"
    frozen = plan.with_name("frozen.yaml")
    assert answer("freeze", plan, "--out", frozen)[0] == 0
    for words in (("run", plan), ("run", frozen), ("run", model, "--set", "channels.inbound.leads=x2")):
        code, out, _ = answer(*words, "-n", 20)
        assert code == 0
        assert whose in " ".join(out.split())

    code, out, stderr = answer("calibrate", history, *WORDS[:4], "--as-of", "2027-07-13", "--json", "--out", "july")
    assert code == 0
    stated = json.loads(out)["track_record"]["wins"]
    assert {key: stated[key] for key in ("days", "forecasts", "inside", "separate", "to")} == {
        "days": 14, "forecasts": 5, "inside": 0, "separate": 3, "to": "2027-06-29",
    }  # fmt: skip
    _, _, stderr = answer("calibrate", history, *WORDS[:4], "--as-of", "2027-06-14", "--out", "june")
    assert stderr.endswith(f"\nNo track record: no forecast in {USUAL} was over by 2027-06-14\n")
    code, out, _ = answer("run", "june/model.yaml", "-n", 20)
    assert "Track record: none. `rpmsim backtest HISTORY.yaml` makes one" in " ".join(out.split())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (json.dumps(backtest(history="old crm")), "history: this is a backtest of `old crm`, not of `crm`"),
        (json.dumps(backtest(forecasts=None)), "forecasts: is null, not a list"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"history": "crm"', "is not JSON"),
    ],
)
def test_a_backtest_that_does_not_fit(content: str, why: str, history: Path, answer: Answer, fitted: Fitted) -> None:
    path = written(history.parents[1] / USUAL, None)
    path.write_text(content, encoding="utf-8")
    code, _, stderr = answer("calibrate", history)
    assert (code, fitted.asked["record"]) == (0, None)
    assert stderr.startswith(f"No track record is taken from {USUAL}: {why}")
    assert stderr.endswith(f"\nWritten to {Path('models', 'crm')}\n")
    fitted.asked = {}
    code, out, stderr = answer("calibrate", history, "--record", USUAL)
    assert (code, out, fitted.asked) == (2, "", {})
    assert f"{USUAL}: {why}" in stderr
    assert "Traceback" not in stderr


def test_a_backtest_that_is_named_is_used_and_must_be_there(history: Path, answer: Answer, fitted: Fitted) -> None:
    written(history.parents[1] / USUAL, backtest(history="old crm"))
    other = written(history.parents[1] / "mine.json", backtest())
    fitted.options |= {"track_record": {"wins": {"forecasts": 24}}}
    code, _, stderr = answer("calibrate", history, "--record", other)
    assert (code, fitted.asked["record"]) == (0, backtest())
    assert stderr.endswith(f"Track record from {other}: 24 forecasts of wins\n")
    code, out, stderr = answer("calibrate", history, "--record", "none.json")
    assert (code, out) == (2, "")
    assert "the file none.json does not exist" in stderr
