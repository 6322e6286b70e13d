"""``rpmsim calibrate`` as a user runs it; what it fits is tested with its fits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import rpmsim.calibration
from rpmsim.errors import Diagnostic, InputError
from tests.cli.conftest import Answer
from tests.unit.report.calibrations import calibration

SAMPLE = Path(__file__).parents[2] / "scenarios" / "sample_history"
FITTED = ["actuals.csv", "model.yaml", "open.csv", "posterior.nc"]
CHARTS = [f"{name}.{form}" for name in ("amounts", "arrivals", "incidence", "shares") for form in ("png", "svg")]

SMALL: dict[str, Any] = {"stages": ("lead",), "channels": ("web",), "segments": ("all",)}


class Fitted:
    """A calibration whose document is made up; ``error`` is what fitting it raises."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.error: Exception | None = None
        self.options: dict[str, Any] = {"history": "Acme \x1b[31m CRM", **SMALL}

    def __call__(self, history: Any, **asked: Any) -> Fitted:
        self.asked = {"history": history.mapping.name, **asked}
        if self.error is not None:
            raise self.error
        return self

    def document(self) -> dict[str, Any]:
        return calibration(**self.options)

    def write(self, folder: Path) -> None:
        for name in FITTED:
            (folder / name).write_text(name, encoding="utf-8")


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """Stands in for the fits."""
    stand_in = Fitted()
    monkeypatch.setattr(rpmsim.calibration, "calibrate", stand_in)
    return stand_in


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The shipped history in the folder of the test."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "crm"), "history.yaml")


def test_it_prints_a_page_and_writes_what_it_says(history: Path, answer: Answer, fitted: Fitted) -> None:
    code, out, stderr = answer("calibrate", history)
    folder = Path("models", "crm")
    assert (code, stderr) == (0, f"\nWritten to {folder}\n")
    assert out.splitlines()[0].endswith(" CRM, as known on 2027-12-31: REVIEW")
    assert out.endswith("Next: rpmsim run models/crm/model.yaml\n")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FITTED, *CHARTS, "health.json", "health.md"])
    assert all(f"  {name} " in out for name in [*FITTED, "health.md"])
    assert "opening.csv" not in out
    page = (folder / "health.md").read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert all(f"]({name})" in page for name in CHARTS if name.endswith("svg"))
    assert fitted.asked == {
        "history": "crm", "as_of": None, "window": None, "horizon": 28, "until": None, "draws": 1000, "seed": 20270101,
        "plug_in": False, "accept": (), "record": None, "progress": None,
    }  # fmt: skip


def test_json_is_the_document_that_is_written(history: Path, answer: Answer, fitted: Fitted) -> None:
    code, out, _ = answer("calibrate", history, "--json", "--out", "june")
    assert code == 0
    assert json.loads(out) == json.loads(Path("june", "health.json").read_text(encoding="utf-8"))
    assert set(json.loads(out)) >= {"verdict", "as_of", "records", "stages", "channels", "health"}


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["--window", "90"], {"window": 90}),
        (["--window", "56 days"], {"window": 56}),
        (["--window", "all"], {"window": 0}),
        (["--as-of", "2027-06-30"], {"as_of": "2027-06-30"}),
        (["--horizon", 14, "--draws", 50, "--seed", 7, "--plug-in"], {"horizon": 14, "draws": 50, "seed": 7}),
        (["--until", "2028-Q2", "--plug-in"], {"until": "2028-06-30", "plug_in": True}),
        (["--until", "2028-03-05"], {"until": "2028-03-05"}),
        (["--accept", "bulk edits", "--accept", "owners"], {"accept": ("bulk edits", "owners")}),
    ],
)
def test_options_arrive(
    words: list[object], asked: dict[str, Any], history: Path, answer: Answer, fitted: Fitted
) -> None:
    assert answer("calibrate", history, *words)[0] == 0
    for key, value in asked.items():
        assert str(fitted.asked[key]) == str(value)


@pytest.mark.parametrize(
    "words",
    [
        ["--window", "soon"],
        ["--window", "0"],
        ["--horizon", "0"],
        ["--draws", "0"],
        ["--as-of", "June"],
        ["--until", "soon"],
        ["--until", "2028-13"],
    ],
)
def test_options_that_mean_nothing_are_refused(
    words: list[object], history: Path, answer: Answer, fitted: Fitted
) -> None:
    code, out, stderr = answer("calibrate", history, *words)
    assert (code, out, fitted.asked) == (2, "", {})
    assert f"Invalid value for '{words[0]}'" in stderr


@pytest.mark.parametrize("error", [InputError([Diagnostic("crm", None, None, "", "no wins")]), RuntimeError("no")])
def test_an_error_leaves_nothing_behind(error: Exception, history: Path, answer: Answer, fitted: Fitted) -> None:
    fitted.error = error
    code, out, stderr = answer("calibrate", history)
    assert (code, out) == (2 if isinstance(error, InputError) else 1, "")
    assert stderr
    assert not Path("models").exists()


def test_a_second_calibration_replaces_the_first(history: Path, answer: Answer, fitted: Fitted) -> None:
    assert answer("calibrate", history)[0] == 0
    fitted.options = {"history": "Again", "verdict": "PASS", **SMALL}
    code, out, _ = answer("calibrate", history)
    assert (code, out.splitlines()[0]) == (0, "Again, as known on 2027-12-31: PASS")
    assert Path("models/crm/health.md").read_text(encoding="utf-8").startswith("# Calibration of Again\n")


@pytest.mark.parametrize(
    ("name", "folder"), [("a/b: c", "a-b- c"), ("..", "scenario"), ("CON", "CON_"), ("n" * 300, "n" * 60)]
)
def test_the_name_of_a_history_makes_one_folder(
    name: str, folder: str, history: Path, answer: Answer, fitted: Fitted
) -> None:
    history.write_text(f"name: '{name}'\n{history.read_text(encoding='utf-8')}", encoding="utf-8")
    assert answer("calibrate", history)[0] == 0
    assert [path.name for path in Path("models").iterdir()] == [folder]


@pytest.mark.usefixtures("fitted")
def test_a_scenario_is_no_history(answer: Answer, small: Path) -> None:
    code, _, stderr = answer("calibrate", small)
    assert (code, len(stderr.splitlines())) == (2, 1)
    assert "this is a scenario, not a history; `rpmsim run " in stderr


def test_from_an_export_to_a_forecast(history: Path, answer: Answer) -> None:
    code, out, stderr = answer("calibrate", history, "--draws", 20)
    assert (code, out) == (2, "")
    assert 'or go on as it is with --accept "bulk edits"' in stderr
    words = ("calibrate", history, "--accept", "bulk edits", "--draws", 20, "--json")
    code, out, stderr = answer(*words, "--until", "2027")
    assert (code, out) == (2, "")
    assert "until: 2027-12-31 is not after the day of the calibration, 2027-12-31; choose a later day" in stderr
    words = (*words, "--until", "2028-01")
    code, out, _ = answer(*words, "--out", "first")
    assert code == 0
    document = json.loads(out)
    assert document["stages"]["contract"]["won"]["records"] == 18
    assert 0.3 < document["stage_facts"]["contract"]["win_rate"]["p50"] < 0.9
    assert answer(*words, "--out", "second")[0] == 0
    for path in Path("first").iterdir():
        assert path.read_bytes() == Path("second", path.name).read_bytes(), path.name
    code, out, _ = answer("run", "first/model.yaml", "-n", 20, "--json")
    assert (code, json.loads(out)["until"]) == (0, "2028-01-31")
    Path("first/plan.yaml").write_text("extends: model.yaml\nchannels: {inbound: {leads: x2}}\n", encoding="utf-8")
    code, out, _ = answer("run", "first/plan.yaml", "-n", 20, "--json")
    assert code == 0
