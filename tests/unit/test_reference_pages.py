"""The reference pages state what the code holds."""

from __future__ import annotations

from pathlib import Path

import pytest

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
