"""The reference pages state what the code holds."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from rpmsim import scores
from rpmsim.backtesting.baselines import BASELINES
from rpmsim.backtesting.scoring import QUANTILES
from rpmsim.cli.backtest import backtest
from rpmsim.dataset.variables import VARIABLES, Variable
from rpmsim.report.backtest_csv import COLUMNS

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


def test_backtest_page_has_every_option_column_baseline_and_quantile() -> None:
    text = (REFERENCE / "backtest.md").read_text(encoding="utf-8")
    rows = {line.split(" |")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| `")}
    options = {option for param in backtest.params for option in param.opts if option.startswith("--")}
    stated = {re.split(r"[ `]", part)[0] for row in rows for part in row.split("`") if part.startswith("--")}
    assert stated == options
    table = text.split("## Baselines")[1].split("##")[0]
    assert tuple(re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)) == BASELINES
    columns = text.split("## `backtest.csv`")[1].split("##")[0]
    assert [column for column in COLUMNS if f"`{column}`" not in columns] == []
    assert f"({', '.join(map(str, QUANTILES))}%)" in text
