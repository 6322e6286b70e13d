"""What is measured on request: where it is stored, and that nothing else differs by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.cli.program import program
from rpmsim.cli.run import run as run_command
from rpmsim.dataset import PARTS, VARIABLES, open_file, provenance, save, variable_hashes, variables_of
from rpmsim.dataset.document import wrong_part
from rpmsim.engine import run
from rpmsim.engine.settings import parts_of

GOLDEN = Path(__file__).parents[2] / "golden" / "open.yaml"
ON_REQUEST = {variable.name for variable in VARIABLES if variable.part}


def test_what_is_not_requested_is_not_there_and_all_else_is_the_same() -> None:
    scenario = rpmsim.load_scenario(GOLDEN)
    usual = run(scenario, 6, seed=3).forecast
    more = run(scenario, 6, seed=3, measure=PARTS).forecast
    assert set(usual.data_vars) == {variable.name for variable in variables_of()}
    assert set(more.data_vars) - set(usual.data_vars) == ON_REQUEST
    found = variable_hashes(more)
    assert {name: found[name] for name in variable_hashes(usual)} == variable_hashes(usual)
    assert "measure" not in provenance(usual)["run"]
    assert "measure" not in usual.attrs
    assert provenance(more)["run"]["measure"] == list(PARTS)


def test_each_part_has_its_own_variables() -> None:
    for part in PARTS:
        assert {v.name for v in variables_of((part,))} - {v.name for v in variables_of()} == {
            v.name for v in VARIABLES if v.part == part
        }


def test_a_file_holds_what_the_memory_holds_and_growing_changes_nothing(tmp_path: Path) -> None:
    scenario = rpmsim.load_scenario(GOLDEN)
    memory = run(scenario, 6, measure=("pipeline",), block=4).forecast
    stored = run(scenario, 6, measure=("pipeline",), path=tmp_path / "forecast.nc")
    assert stored.hashes == variable_hashes(memory)
    with rpmsim.open_forecast(tmp_path) as opened:
        assert set(opened.data_vars) >= {v.name for v in VARIABLES if v.part == "pipeline"}
        save(opened, tmp_path / "again.nc")
    with open_file(tmp_path / "again.nc") as again:
        assert variable_hashes(again) == stored.hashes
    stored.forecast.close()


def test_parts_are_taken_once_in_their_order_and_unknown_ones_refused() -> None:
    assert parts_of(["speed", "pipeline", "speed"]) == ("pipeline", "speed")
    with pytest.raises(ValueError, match=r"'ages'.*'pipeline', 'speed', 'cohorts'"):
        parts_of(["ages"])
    with pytest.raises(ValueError, match="'ages'"):
        rpmsim.simulate(GOLDEN, 2, measure=("ages",))


def test_a_document_that_states_an_unknown_part_was_changed() -> None:
    assert wrong_part({"run": {"measure": ["pipeline"]}}) == ""
    assert wrong_part({"run": {"measure": ["ages"]}}) == "run.measure"
    assert wrong_part({"run": {"measure": "pipeline"}}) == "run.measure"


def test_run_and_replay_measure_the_same(tmp_path: Path) -> None:
    (option,) = (param for param in run_command.params if param.name == "measure")
    assert tuple(option.type.choices) == PARTS  # type: ignore[attr-defined]
    folder = tmp_path / "out"
    made = CliRunner().invoke(
        program, ["run", str(GOLDEN), "-n", "4", "--measure", "pipeline", "--out", str(folder)], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    hashes = json.loads((folder / "run.json").read_text(encoding="utf-8"))["variable_hashes"]
    assert {v.name for v in VARIABLES if v.part == "pipeline"} == ON_REQUEST & set(hashes)
    for more in ([], ["-r", "2"]):
        again = CliRunner().invoke(program, ["replay", str(folder), *more], catch_exceptions=False)
        assert again.exit_code == 0, again.output
