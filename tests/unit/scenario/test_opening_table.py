"""The opening as a table: as inline, replaced by a what-if, reported by row, kept when frozen, compared by stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.model.plan import OpeningStock
from rpmsim.scenario import load_scenario, load_scenario_text
from rpmsim.scenario.differences import differences
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.test_file_tables import write
from tests.unit.scenario.texts import END, edited

HEAD = ["Stage", "channel", "segment", "grade", "returns", "age", "wait", "Count", "note"]
ROWS: list[list[Any]] = [
    HEAD,
    ["mql", "inbound", "smb", "hot", "", "", 2, 12, ""],
    ["opportunity", "inbound", "smb", "hot", "", 12, "", 48, "from the CRM"],
    ["mql", "outbound", "enterprise", "cold", 1, "5 days", "", 7, ""],
]
INLINE = """\
opening:
  mql: [{channel: inbound, segment: smb, grade: hot, wait: 2, count: 12},
        {channel: outbound, segment: enterprise, grade: cold, returns: 1, age: 5 days, count: 7}]
  opportunity: [{channel: inbound, segment: smb, grade: hot, age: 12, count: 48}]
"""


def plan(opening: str) -> str:
    return edited((END, f"{END}\n{opening if opening.startswith('opening:') else f'opening: {opening}'}"))


def stock_of(folder: Path, opening: str) -> tuple[OpeningStock, ...]:
    (folder / "plan.yaml").write_text(plan(opening), encoding="utf-8")
    return load_scenario(folder / "plan.yaml").model.opening


def refused(folder: Path, rows: Sequence[Sequence[Any]], kind: str = "csv") -> str:
    write(folder / f"stock.{kind}", rows, "CRM")
    with pytest.raises(InputError) as caught:
        stock_of(folder, f"stock.{kind}")
    return str(caught.value).replace(f"{folder}/", "")


def changed(column: str, value: Any) -> list[list[Any]]:
    """The rows with one value of the third row of the file replaced."""
    rows = [list(row) for row in ROWS]
    rows[2][HEAD.index(column)] = value
    return rows


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_says_what_the_same_rows_say_inline(tmp_path: Path, kind: str) -> None:
    write(tmp_path / f"stock.{kind}", ROWS, "CRM")
    inline = load_scenario_text(plan(INLINE)).model.opening
    assert len(inline) == 3
    assert stock_of(tmp_path, f"stock.{kind}") == inline
    assert stock_of(tmp_path, f"{{table: stock.{kind}}}") == inline
    if kind == "xlsx":
        assert stock_of(tmp_path, "{table: stock.xlsx, sheet: CRM}") == inline


def test_the_text_of_a_table_is_one() -> None:
    text = "opening: |\n" + "".join(f"  {','.join(str(cell) for cell in row)}\n" for row in ROWS)
    assert load_scenario_text(plan(text)).model.opening == load_scenario_text(plan(INLINE)).model.opening


@pytest.mark.parametrize(
    ("rows", "place", "reported"),
    [
        (changed("channel", "inbuond"), ":3:", "there is no channel `inbuond`; did you mean `inbound`?"),
        (changed("channel", "Paid Search"), ":3:", "`Paid Search` is not the name of a channel"),
        (changed("channel", ""), ":3:", "opening leads without a channel; write `channel: ...`"),
        (changed("segment", "large"), ":3:", "there is no segment `large`"),
        (changed("grade", ""), ":3:", "no grade is stated, and the scenario declares grades"),
        (changed("returns", 4), ":3:", "4 returns, but only 2 are tracked"),
        (changed("age", ""), ":3:", "neither an age nor a wait; write `age: 12 days`"),
        (changed("wait", 3), ":3:", "both an age and a wait"),
        (changed("age", -3), ":3:", "`-3`"),
        (changed("age", "2 to 4"), ":3:", "range"),
        (changed("age", "#N/A"), ":3:", "`#N/A` is not a number"),
        (changed("Count", ""), ":3:", "opening leads without a count; write `count: ...`"),
        (changed("Count", "many"), ":3:", "`many` is not a number"),
        (changed("Count", 2.5), ":3:", "2.5"),
        (changed("Stage", ""), ":3:", "opening leads without a stage; write the name of their stage"),
        (changed("Stage", "oportunity"), ":3:", "there is no stage `oportunity`; did you mean `opportunity`?"),
        (changed("Stage", "Closed Won"), ":3:", "`Closed Won` is not a valid name here"),
        (
            [["stage", "channel", "coutn"], ["mql", "inbound", 3]],
            ":1:",
            "unknown column `coutn`; did you mean `count`?",
        ),
        ([["stage", "channel", "age"], ["mql", "inbound", 3]], ":1:", "no column `count`; the first row must name"),
        ([["stage", "stage", "count"], ["mql", "inbound", 3]], ":1:", "the column `stage` appears twice"),
        (changed("note", "\x1b[31mred"), ":3:", "character 0x1b is not allowed in a cell; retype it"),
    ],
)
def test_a_wrong_row_is_reported_with_file_row_and_fix(
    tmp_path: Path, rows: list[list[Any]], place: str, reported: str
) -> None:
    line = next(line for line in refused(tmp_path, rows).splitlines() if reported in line)
    assert line.startswith(f"stock.csv{place}")
    assert "opening" in line
    assert "; " in line


def test_a_cell_of_a_workbook_is_reported_with_its_sheet(tmp_path: Path) -> None:
    assert "stock.xlsx, sheet CRM:3:8: opening.opportunity.0.count: `many`" in refused(
        tmp_path, changed("Count", "many"), "xlsx"
    )


def test_too_many_rows_are_refused_with_the_reason(tmp_path: Path) -> None:
    assert "more than 20,000 rows; combine old ones" in refused(tmp_path, [HEAD, *([ROWS[1]] * 20_001)])


def test_a_huge_cell_is_not_repeated(tmp_path: Path) -> None:
    for column in ("Stage", "channel", "Count"):
        assert len(refused(tmp_path, changed(column, "x " * 100_000))) < 500


def test_a_what_if_replaces_the_table_or_the_rows_of_a_stage(tmp_path: Path, what_if: WhatIf) -> None:
    write(tmp_path / "stock.csv", ROWS)
    write(
        tmp_path / "later.csv",
        [["stage", "channel", "segment", "grade", "age", "count"], ["opportunity", "inbound", "smb", "hot", 3, 5]],
    )
    base = plan("stock.csv")
    whole = what_if("opening: later.csv", base=base).model.opening
    assert [(row.stage, row.count) for row in whole] == [("opportunity", 5)]
    row = "{channel: inbound, segment: smb, grade: hot, age: 3 days, count: 5}"
    part = what_if(f"opening: {{opportunity: [{row}]}}", base=base).model.opening
    assert sorted((row.stage, row.count) for row in part) == [("mql", 7), ("mql", 12), ("opportunity", 5)]
    assert what_if("opening: null", base=base).model.opening == ()
    by_set = what_if("note: x", base=base, overrides={"opening": "later.csv"}).model.opening
    assert by_set == whole


def test_a_later_start_warns_of_the_parents_table(tmp_path: Path, what_if: WhatIf) -> None:
    write(tmp_path / "stock.csv", ROWS)
    moved = "as_of: 2027-01-31\nactuals: {bookings: {2027-01: 10k}}"
    base = plan("stock.csv")
    kept = what_if(moved, base=base).warnings
    assert any("the opening of mql, opportunity is still the parent's" in warning for warning in kept)
    write(tmp_path / "later.csv", ROWS)
    assert not any("parent's" in warning for warning in what_if(f"{moved}\nopening: later.csv", base=base).warnings)


def test_the_resolved_text_keeps_the_table(tmp_path: Path) -> None:
    write(tmp_path / "stock.csv", ROWS)
    (tmp_path / "plan.yaml").write_text(plan("stock.csv"), encoding="utf-8")
    scenario = load_scenario(tmp_path / "plan.yaml")
    text = scenario.resolved_text()
    assert "opening: |\n  stage,channel,segment,grade,returns,age,wait,count,note\n" in text
    again = load_scenario_text(text)
    assert again.model.opening == scenario.model.opening
    assert again.resolved_text() == text
    assert [source.path.rpartition("/")[2] for source in scenario.files] == ["plan.yaml", "stock.csv"]


def test_rows_are_compared_by_stage(tmp_path: Path) -> None:
    write(tmp_path / "stock.csv", ROWS)
    more = [ROWS[0], ["mql", "inbound", "smb", "hot", "", "", 0, 9, ""], *ROWS[1:]]
    write(tmp_path / "more.csv", more)
    (tmp_path / "a.yaml").write_text(plan("stock.csv"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(plan("more.csv"), encoding="utf-8")
    (found,) = differences(load_scenario(tmp_path / "a.yaml"), load_scenario(tmp_path / "b.yaml"))
    assert (found.path, found.words) == ("opening.mql", "Opening stock of mql: from 19 to 28 leads (+47.4%)")
    write(tmp_path / "more.csv", changed("Count", 50))
    (found,) = differences(load_scenario(tmp_path / "a.yaml"), load_scenario(tmp_path / "b.yaml"))
    assert found.words == "opening.opportunity.0.count: from 48 to 50 (+4.17%)"


def test_thousands_of_rows_are_one_warning_and_one_message(tmp_path: Path) -> None:
    rows = [["opportunity", "inbound", "smb", "hot", "", 2000 + i // 2, "", 1, ""] for i in range(5000)]
    write(tmp_path / "stock.csv", [HEAD, *rows])
    (tmp_path / "plan.yaml").write_text(plan("stock.csv"), encoding="utf-8")
    scenario = load_scenario(tmp_path / "plan.yaml")
    (warning,) = scenario.warnings
    assert "opening.opportunity.4998.age: 1 lead has been in opportunity for 4,499 days" in warning
    assert "the same holds for 4,999 leads in 4,999 other rows" in warning
    (tmp_path / "empty.yaml").write_text(edited(), encoding="utf-8")
    (found,) = differences(load_scenario(tmp_path / "empty.yaml"), scenario)
    assert found.words == "Opening stock of opportunity: 5000 leads, not stated before"
