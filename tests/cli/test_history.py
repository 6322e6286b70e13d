"""History in, from the command line: generate, init --from, validate, audit, schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer

SCENARIO = Path(__file__).parents[2] / "scenarios" / "enterprise.yaml"


@pytest.fixture
def export(answer: Answer, tmp_path: Path) -> Path:
    """A generated export in the folder of the test."""
    code, out, _ = answer("generate", SCENARIO, "--out", "crm", "--mess", "usual", "--as-of", "2027-12-31", "--seed", 3)
    assert code == 0
    assert re.fullmatch(r"[\d,]+ records, [\d,]+ visits\n", out)
    return tmp_path / "crm"


def test_generate_writes_what_it_says_and_says_what_it_made(export: Path) -> None:
    assert sorted(path.name for path in export.iterdir()) == [
        "events.csv", "history.yaml", "people.csv", "tasks.csv", "truth.json",
    ]  # fmt: skip
    truth = json.loads((export / "truth.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["shape"], truth["as_of"]) == (3, "events", "2027-12-31")
    assert all(truth["mess"].values())


def test_generate_is_repeatable_and_overwrites_nothing(export: Path, answer: Answer) -> None:
    words = ("generate", SCENARIO, "--mess", "usual", "--as-of", "2027-12-31", "--seed", 3, "--out")
    assert answer(*words, "again")[0] == 0
    for path in export.iterdir():
        assert (export.parent / "again" / path.name).read_bytes() == path.read_bytes()
    code, _, stderr = answer(*words, "crm")
    assert (code, "already exists" in stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["--mess", "chaos=5%"], "--mess: chaos=5%: is not a kind of mess with a share"),
        (["--mess", "duplicates=120%"], "is not a kind of mess with a share"),
        (["--as-of", "2035-01-01"], "is outside"),
        (["--window", "2030-01-01"], "is after the last day of the export"),
    ],
)
def test_generate_refuses(words: list[str], reported: str, answer: Answer, tmp_path: Path) -> None:
    code, _, stderr = answer("generate", SCENARIO, "--out", "crm", *words)
    assert code == 2
    assert reported in stderr
    assert list(tmp_path.iterdir()) == []


def test_audit_prints_and_writes(export: Path, answer: Answer) -> None:
    code, out, _ = answer("audit", export / "history.yaml", "--out", "found", "--log")
    assert code == 0
    assert out.startswith("crm, as known on 2027-12-31: ")
    for word in ("REVIEW", "To do:", "PASS", "engaged", "in stage now"):
        assert word in out
    found = export.parent / "found"
    assert sorted(path.name for path in found.iterdir()) == [
        "audit.json", "audit.md", "events.parquet", "levels.png", "levels.svg", "stages.png", "stages.svg",
    ]  # fmt: skip
    document = json.loads((found / "audit.json").read_text(encoding="utf-8"))
    assert document["as_of"] == "2027-12-31"
    assert {item["status"] for item in document["items"]} <= {"PASS", "REVIEW", "FAIL"}
    assert all(item["todo"] for item in document["items"] if item["status"] != "PASS")
    page = (found / "audit.md").read_text(encoding="utf-8")
    assert page.count("\n| REVIEW | ") + page.count("\n| FAIL | ") + page.count("\n| PASS | ") == len(document["items"])


def test_audit_json_is_one_document(export: Path, answer: Answer) -> None:
    code, out, _ = answer("audit", export / "history.yaml", "--json", "--as-of", "2027-06-30")
    document: dict[str, Any] = json.loads(out)
    assert (code, document["as_of"]) == (0, "2027-06-30")
    assert (export.parent / "audits" / "history" / "audit.json").exists()


def test_a_error_leaves_nothing_behind(export: Path, answer: Answer) -> None:
    mapping = export / "history.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(
        text.replace("stage: stage", "stage: stagee").replace("kind: won", "kind: one"), encoding="utf-8"
    )
    code, out, stderr = answer("audit", mapping, "--out", "found")
    assert (code, out) == (2, "")
    assert re.search(
        r"history\.yaml:\d+:\d+: stages\.won\.kind: `one` is not a kind of stage; did you mean `won`\?", stderr
    )
    mapping.write_text(text.replace("stage: stage", "stage: stagee"), encoding="utf-8")
    code, _, stderr = answer("audit", mapping, "--out", "found")
    assert (code, "has no column `stagee`; did you mean `stage`?" in stderr) == (2, True)
    assert not (export.parent / "found").exists()
    assert [path.name for path in export.parent.iterdir()] == ["crm"]


def test_validate_knows_a_mapping(export: Path, answer: Answer) -> None:
    assert answer("validate", SCENARIO, export / "history.yaml")[:2] == (
        0,
        f"{SCENARIO}: ok\n{export}/history.yaml: ok\n",
    )


@pytest.mark.parametrize(
    "words", [["run"], ["show"], ["freeze"], ["compare"], ["diff", SCENARIO], ["generate", "--out", "x"]]
)
def test_a_history_where_a_scenario_is_asked_for(words: list[object], export: Path, answer: Answer) -> None:
    history = export / "history.yaml"
    code, out, stderr = answer(words[0], *words[1:], history)
    assert (code, out) == (2, "")
    fix = f"`rpmsim calibrate {history}` makes a model of it, which is a scenario"
    assert stderr == f"{history}: this is a history, not a scenario; {fix}\n"


def test_a_scenario_that_extends_a_history(export: Path, answer: Answer) -> None:
    (export / "plan.yaml").write_text("extends: history.yaml\nuntil: 2028\n", encoding="utf-8")
    code, _, stderr = answer("run", export / "plan.yaml")
    assert code == 2
    assert f"plan.yaml:1:10: {export}/history.yaml is a history, not a scenario; `rpmsim calibrate" in stderr
    assert len(stderr.splitlines()) == 1


@pytest.mark.parametrize("text", [None, "extends: base.yaml\n", "channels: {web: {leads: 3 per week}}\n"])
def test_a_scenario_where_a_history_is_asked_for(text: str | None, answer: Answer, tmp_path: Path) -> None:
    file = SCENARIO
    if text is not None:
        file = tmp_path / "plan.yaml"
        file.write_text(text, encoding="utf-8")
    code, out, stderr = answer("audit", file)
    assert (code, out) == (2, "")
    assert stderr == (
        f"{file}: this is a scenario, not a history; `rpmsim run {file}` simulates it, and `rpmsim generate {file}` "
        "makes a history of it\n"
    )


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_init_writes_a_mapping_that_is_valid(system: str, answer: Answer) -> None:
    words = ("init", "crm", "--from", system, "--as-of", "2026-12-31", "--currency", "USD")
    code, out, stderr = answer(*words, "--time-zone", "America/New_York")
    assert (code, out, stderr) == (0, "crm/history.yaml\n", "Next: rpmsim audit crm/history.yaml\n")
    text = Path("crm/history.yaml").read_text(encoding="utf-8")
    assert "as_of: 2026-12-31 " in text
    assert "time_zone: America/New_York\n" in text
    assert answer("validate", "crm/history.yaml")[:2] == (0, "crm/history.yaml: ok\n")
    assert answer(*words)[0] == 2
    assert answer("init", "x", "--from", system, "--currency", "euro")[0] == 2


def test_the_sample_is_what_the_generator_makes(answer: Answer, tmp_path: Path) -> None:
    sample = SCENARIO.parent / "sample_history"
    words = ("--mess", "usual", "--seed", 7, "--as-of", "2027-12-31", "--out", "sample")
    assert answer("generate", SCENARIO, *words)[0] == 0
    names = sorted(path.name for path in sample.iterdir())
    assert sorted(path.name for path in (tmp_path / "sample").iterdir()) == names
    for name in names:
        assert (tmp_path / "sample" / name).read_bytes() == (sample / name).read_bytes()


def test_schema_of_histories(answer: Answer) -> None:
    code, out, _ = answer("schema", "--of", "history")
    assert code == 0
    assert json.loads(out)["title"] == "rpmsim history"
