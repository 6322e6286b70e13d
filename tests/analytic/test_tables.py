"""The shipped plan in tables: as CSV, as XLSX and inline it is the same plan, and the same numbers to the byte."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest

from rpmsim.dataset import variable_hashes
from rpmsim.engine import simulate
from rpmsim.scenario import load_scenario

FOLDER = Path(__file__).parents[2] / "scenarios" / "fy27"
WHAT_IFS = {
    "two_more_sdrs": "extends: plan.yaml\nname: x\nroles: {sdr: {hires: {2027-03: +2}}}\n",
    "fewer_leads": "extends: plan.yaml\nname: x\nchannels: {'*': {change: -20%}}\n"
    "changes: {price: {from: FY27-Q3, segments.*.amount: +5%, stages.opportunity.to.won.share: odds x0.95}}\n",
    "no_change": "extends: plan.yaml\nname: x\n",
}


def rows_of(name: str) -> list[list[str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def as_workbooks(folder: Path) -> None:
    """Every table as a workbook, numbers as numbers."""
    text = (FOLDER / "plan.yaml").read_text(encoding="utf-8").replace(".csv", ".xlsx")
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    for path in FOLDER.glob("*.csv"):
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows_of(path.name):
            book.active.append([float(cell) if cell.replace(".", "").isdigit() else cell or None for cell in row])
        book.save(folder / f"{path.stem}.xlsx")


def inline(folder: Path) -> None:
    """Every table written into the plan."""
    text = (FOLDER / "plan.yaml").read_text(encoding="utf-8")
    head, *leads = rows_of("leads_fy26.csv")
    for i, channel in enumerate(head[1:], 1):
        table = "{" + ", ".join(f"{row[0]}: {row[i]}" for row in leads) + "}"
        start = text.index("leads_fy26.csv", text.index(f"  {channel}:"))
        text = text[:start] + table + text[start + len("leads_fy26.csv") :]
    actuals: dict[str, list[str]] = {}
    for period, metric, value in rows_of("actuals.csv")[1:]:
        actuals.setdefault(metric, []).append(f"{period}: {value}")
    text = text.replace("actuals: actuals.csv", "actuals: {" + ", ".join(
        f"{metric}: {{{', '.join(pairs)}}}" for metric, pairs in actuals.items()) + "}")  # fmt: skip
    keys, *deals = rows_of("open_deals.csv")
    listed = [", ".join(f"{k}: {v}" for k, v in zip(keys, row, strict=True) if v) for row in deals]
    text = text.replace("open: open_deals.csv", "open: [" + ", ".join(f"{{{row}}}" for row in listed) + "]")
    keys, *people = rows_of("people.csv")
    for role in ("sdr", "ae", "ae_enterprise"):
        team = [
            f"{row[0]}: {{" + ", ".join(f"{k}: {v}" for k, v in zip(keys[2:], row[2:], strict=True) if v) + "}"
            for row in people
            if row[1] == role
        ]
        start = text.index("people.csv", text.index(f"\n  {role}:"))
        text = text[:start] + "{" + ", ".join(team) + "}" + text[start + len("people.csv") :]
    (folder / "plan.yaml").write_text(text, encoding="utf-8")


def hashes(folder: Path, what_if: str) -> dict[str, str]:
    (folder / "what_if.yaml").write_text(WHAT_IFS[what_if], encoding="utf-8")
    scenario = load_scenario(folder / "what_if.yaml")
    assert [warning for warning in scenario.warnings if "schema" not in warning] == []
    return variable_hashes(simulate(scenario, 12))


@pytest.mark.parametrize("what_if", WHAT_IFS)
def test_csv_xlsx_and_inline_are_one_plan(tmp_path: Path, what_if: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "csv")
    for name in ("xlsx", "inline"):
        (tmp_path / name).mkdir()
    as_workbooks(tmp_path / "xlsx")
    inline(tmp_path / "inline")
    assert not list((tmp_path / "inline").glob("*.csv"))
    expected = hashes(tmp_path / "csv", what_if)
    assert hashes(tmp_path / "xlsx", what_if) == expected
    assert hashes(tmp_path / "inline", what_if) == expected


@pytest.mark.parametrize("name", ["plan", "march"])
def test_the_shipped_plan_loads_without_a_warning(name: str) -> None:
    assert load_scenario(FOLDER / f"{name}.yaml").warnings == []
