"""A run that is repeated: frozen, on another path, from a forecast; and inputs that changed meanwhile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import SMALL, Answer

TABLE = "month,web\n2027-01,10\n2027-02,12\n"


@pytest.fixture
def plan(answer: Answer, small: Path) -> Path:
    """A scenario that reads a table, in a folder of its own."""
    folder = small.parent / "plans"
    folder.mkdir()
    (folder / "leads.csv").write_text(TABLE, encoding="utf-8")
    text = SMALL.replace("leads: 10 per month", "leads: leads.csv").replace(
        "name: Small\n", "name: Small\nstatus: approved\napproved_by: Ana\n"
    )
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return folder / "plan.yaml"


def hashes(folder: str) -> dict[str, str]:
    return json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))["variable_hashes"]


def test_a_frozen_file_repeats_the_run_on_another_path(answer: Answer, plan: Path, tmp_path: Path) -> None:
    assert answer("run", plan, "-n", 30, "--seed", 5, "--set", "roles.sdr.heads=2", "--out", "first")[0] == 0
    code, out, err = answer("freeze", plan, "-n", 30, "--seed", 5, "--set", "roles.sdr.heads=2", "--out", "board.yaml")
    assert (code, out) == (0, "board.yaml\n"), err
    shutil.rmtree(plan.parent)
    elsewhere = tmp_path / "else" / "where"
    elsewhere.mkdir(parents=True)
    shutil.move("board.yaml", elsewhere / "q1.yaml")
    assert answer("run", elsewhere / "q1.yaml", "--out", "again")[0] == 0
    assert hashes("again") == hashes("first")
    frozen = (elsewhere / "q1.yaml").read_text(encoding="utf-8")
    (elsewhere / "q1.yaml").write_text(frozen.replace("heads: 2", "heads: 3", 1), encoding="utf-8")
    code, _, err = answer("run", elsewhere / "q1.yaml", "--out", "third")
    assert code == 2
    assert "the file was changed after it was frozen" in err
    assert not Path("third").exists()


def test_a_forecast_is_frozen_with_its_settings(answer: Answer, plan: Path) -> None:
    assert answer("run", plan, "-n", 30, "--seed", 5, "--draws", 10, "--out", "first")[0] == 0
    assert answer("freeze", "first", "--out", "board.yaml")[0] == 0
    assert answer("run", "board.yaml", "--out", "again")[0] == 0
    assert hashes("again") == hashes("first")
    assert answer("run", "board.yaml", "--seed", 6, "--out", "other")[0] == 0
    assert hashes("again")["moves"] != hashes("other")["moves"]
    assert answer("freeze", "first", "--set", "roles.sdr.heads=2")[0] == 2
    assert answer("freeze", plan)[1] == f"{plan.with_name('plan.frozen.yaml')}\n"
    assert answer("freeze", plan)[0] == 2  # it is there already


def test_one_character_of_an_input_is_another_input(answer: Answer, plan: Path) -> None:
    assert answer("run", plan, "-n", 5, "--out", "first")[0] == 0
    run = json.loads(Path("first/run.json").read_text(encoding="utf-8"))
    assert sorted(run["provenance"]["inputs"]) == ["leads.csv", "plan.yaml"]
    assert (run["status"], run["approved_by"]) == ("approved", "Ana")
    assert "Changed input" not in answer("replay", "first")[2]
    (plan.parent / "leads.csv").write_text(TABLE.replace("month,", "Month,"), encoding="utf-8")
    code, out, err = answer("replay", "first")
    assert (code, "identical" in out) == (0, True)
    assert f"Changed input: {plan.parent / 'leads.csv'} has changed since" in err
    code, out, _ = answer("diff", "first", plan)
    assert (code, out.splitlines()[0]) == (0, "From Small to Small: no differences")
    assert "Changed input: leads.csv (sha256 was" in out
    (plan.parent / "leads.csv").write_text(TABLE.replace("12", "13"), encoding="utf-8")
    document = json.loads(answer("diff", "first", plan, "--json")[1])
    assert document["differences"][0]["words"] == "Channel web, leads in 2027-02: from 12 to 13 (+8.33%)"
    assert document["inputs"][0]["file"] == "leads.csv"


def test_where_a_scenario_stands_is_printed(answer: Answer, plan: Path) -> None:
    code, out, _ = answer("run", plan, "-n", 5, "--out", "first")
    assert code == 0
    assert "Status: approved, approved by Ana" in out
    assert "Status: approved, approved by Ana." in Path("first/bands.svg").read_text(encoding="utf-8")
