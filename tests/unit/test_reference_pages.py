"""The reference pages state what the code holds."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from rpmsim import scores
from rpmsim.dataset.variables import VARIABLES, Variable

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_dataset_page_has_the_variable(variable: Variable) -> None:
    row = f"| `{variable.name}` | {', '.join(variable.dims)} | {variable.units} | {variable.long_name} |"
    assert row in (REFERENCE / "dataset.md").read_text(encoding="utf-8").splitlines()


def test_dataset_page_has_no_other_variable() -> None:
    text = (REFERENCE / "dataset.md").read_text(encoding="utf-8")
    table = text.split("## Variables")[1].split("##")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(VARIABLES)


def test_scores_page_has_every_function_with_its_parameters() -> None:
    text = (REFERENCE / "scores.md").read_text(encoding="utf-8")
    rows = dict(line[3:].split(")` | ")[0].split("(") for line in text.splitlines() if ")` | " in line)
    functions = {name: getattr(scores, name) for name in scores.__all__ if name.islower()}
    assert set(rows) == set(functions)
    for name, function in functions.items():
        stated = [parameter.partition("=")[0] for parameter in rows[name].split(", ")]
        assert stated == list(inspect.signature(function).parameters)[: len(stated)], name
    assert [name for name in scores.__all__ if not name.islower() and f"`{name}`" not in text] == []
