"""What a file is called, what its cells stand for, and of which ids there is one record only."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from rpmsim.history import load_mapping, open_history
from rpmsim.history.audit import audit
from rpmsim.history.dates import time_in_name
from tests.unit.history.conftest import Write
from tests.unit.history.test_formats import DEALS, fault_of, repairs_of, rows_of
from tests.unit.history.test_mapping import diagnostics_of

STORE = """\
as_of: 2026-06-30
stages: {order: {kind: customer, enters: yes, to: [order]}}
sources:
  shop: {file: shop.csv, shape: events, record: buyer, time: day, amount: paid, stage: {is: order}}
"""
WEEKLY = """\
as_of: 2026-06-30
stages: {open: {kind: opportunity, enters: yes}}
sources:
  pipe: {file: "FILES", shape: snapshots, record: id, stage: stage, amount: amount, time: {file: "FORM"}}
"""


def sheet(rows: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for i, row in enumerate(rows):
            page.write_row(i, 0, row)
    return buffer.getvalue()


def item_of(path: Path, name: str) -> Any:
    with open_history(path) as history:
        (item,) = (item for item in audit(history).items if item.name == name)
    return item


def test_a_stage_that_no_column_names(written: Write) -> None:
    shop = "buyer,day,paid\nx,2026-01-05,3\ny,2026-01-06,4\nx,2026-02-05,5\n"
    rows = rows_of(written(STORE, shop__csv=shop))
    assert [(row[0], row[1], row[2], str(row[9])) for row in rows] == [
        ("x", 1, "order", "3.00"), ("x", 2, "order", "5.00"), ("y", 1, "order", "4.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "diagnostic"),
    [
        ("{is: order}", "{is: oder}", "sources.shop.stage.is: there is no stage `oder`; did you mean `order`?"),
        ("{is: order}", "{is: order, column: what}", "sources.shop.stage: `stage` has two sources: `is`, `column`"),
        ("stage: {is: order}", "stages: {order: day}", "write `stage: {is: NAME}` and `time: COLUMN`"),
        (
            "time: day",
            'time: {file: "shop_%m.csv"}',
            "sources.shop.time.file: `shop_%m.csv` does not contain year, month",
        ),
        ("time: day", 'time: {file: "%Y-%m-%d_%q.csv"}', "has `%q`, which is not one of %Y"),
        ("file: shop.csv", "url: postgresql://a/b, table: t, optional: yes", ""),
    ],
)
def test_errors_of_constant_stages_and_times_of_files(old: str, new: str, diagnostic: str, written: Write) -> None:
    if diagnostic:
        assert any(diagnostic in reported for reported in diagnostics_of(written(STORE.replace(old, new))))
    else:
        mapping = STORE.replace(old, new).replace("time: day", 'time: {file: "%Y-%m-%d"}')
        assert any(
            "no file name that could contain a time" in reported for reported in diagnostics_of(written(mapping))
        )


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_the_day_of_a_snapshot_in_the_name_of_its_file(kind: str, written: Write, tmp_path: Path) -> None:
    days = {"02 Mar 2026": [["p", "open", 5], ["q", "open", 6]], "09 Mar 2026": [["p", "won", 7]]}
    path = written(WEEKLY.replace("FILES", f"*.{kind}").replace("FORM", f"* of %d %b %Y.{kind}"))
    for day, rows in days.items():
        table = [["id", "stage", "amount"], *rows]
        target = tmp_path / f"list [of] of {day}.{kind}"
        if kind == "csv":
            target.write_text("\n".join(",".join(map(str, row)) for row in table), encoding="utf-8")
        elif kind == "xlsx":
            target.write_bytes(sheet(table))
        else:
            values = ", ".join(f"('{a}', '{b}', {c})" for a, b, c in rows)
            made = f"(SELECT * FROM (VALUES {values}) t(id, stage, amount))"
            duckdb.execute(f"COPY {made} TO '{tmp_path}/made.parquet'")
            (tmp_path / "made.parquet").rename(target)
    found = [(row[0], row[2], str(row[3])[:10], str(row[9])) for row in rows_of(path)]
    assert found == [("p", "open", "2026-03-02", "5.00"), ("p", "won", "2026-03-09", "7.00"),
                     ("q", "open", "2026-03-02", "6.00")]  # fmt: skip
    (tmp_path / f"copy.{kind}").write_bytes((tmp_path / f"list [of] of 02 Mar 2026.{kind}").read_bytes())
    assert f"(copy.{kind}): does not fit `* of %d %b %Y.{kind}`; rename it" in fault_of(path)


def test_times_in_names() -> None:
    assert str(time_in_name("2026-03-02/deals.csv", "%Y-%m-%d/deals.csv")) == "2026-03-02 00:00:00"
    assert str(time_in_name("a/x260302_0715.csv", "x%y%m%d_%H%M.csv")) == "2026-03-02 07:15:00"
    assert time_in_name("x_2026-02-30.csv", "x_%Y-%m-%d.csv") is None


def test_what_stands_for_an_empty_cell(written: Write) -> None:
    more = (
        'owner: {column: by, known: created, values: {"-": null, bo: bob}}, channel: {column: from, missing: unknown}'
    )
    mapping = DEALS.replace("MORE", f'{more}, empty: ["n/a", "(NONE)"]')
    deals = "id,begun,signed,by,from\na,2026-01-05,N/A,-,(none)\nb,2026-01-05,n/a,bo,web\n(none),2026-01-05,,bo,web\n"
    path = written(mapping, deals__csv=deals)
    assert [(row[0], row[5], row[6], row[8]) for row in rows_of(path)] == [
        ("a", None, "unknown", None), ("b", None, "web", "bob"),
    ]  # fmt: skip
    assert set(repairs_of(path)) == {"without an id"}


def test_a_wide_source_needs_a_time_or_another_that_has_it(written: Write) -> None:
    mapping = DEALS.replace("stages: {lead: begun, won: signed}, MORE", "current: state")
    (reported,) = diagnostics_of(written(mapping))
    assert "sources.deals: there is no column with a time" in reported
    events = "  moves: {file: moves.csv, shape: events, record: id, stage: to, time: at}\n"
    load_mapping(written(mapping + events))
    load_mapping(written(DEALS.replace(", MORE", "")))


def test_numbers_as_ids_are_the_same_in_every_kind_of_file(written: Write, tmp_path: Path) -> None:
    mapping = DEALS.replace("MORE", "object: deal").replace("deals.csv", "deals.parquet") + (
        "  leads: {file: leads.xlsx, shape: wide, object: lead, record: no, stages: {lead: day}}\n"
        "links:\n  - {file: leads.xlsx, from: {lead: no}, to: {deal: deal}}\n"
    )
    leads = sheet([["no", "deal", "day"], [11, 21, "2026-01-02"], [12, 22, "2026-01-03"], [13, None, "2026-01-03"]])
    path = written(mapping, leads__xlsx=leads)
    for type_ in ("DOUBLE", "FLOAT", "DECIMAL(9, 2)", "BIGINT"):
        (tmp_path / "deals.parquet").unlink(missing_ok=True)
        rows = f"SELECT id::{type_} AS id, DATE '2026-02-01' AS begun, NULL::DATE AS signed"
        duckdb.execute(f"COPY ({rows} FROM (VALUES (21), (22)) t(id)) TO '{tmp_path}/deals.parquet'")
        assert {row[0] for row in rows_of(path)} == {"lead/11", "lead/12", "lead/13"}
    assert item_of(path, "links").status == "PASS"


@pytest.mark.parametrize("cell", [987654321098765432, "9.87654E+17"])
def test_ids_of_too_many_digits_are_reported(cell: Any, written: Write) -> None:
    mapping = DEALS.replace(", MORE", "").replace("deals.csv", "deals.xlsx")
    path = written(
        mapping, deals__xlsx=sheet([["id", "begun", "signed"], [cell, "2026-01-05", ""], [7, "2026-01-05", ""]])
    )
    fix = repairs_of(path)["with a number of too many digits as id"]
    assert (fix.rows, fix.of) == (1, 2)
    assert item_of(path, "deals: rows with a number of too many digits as id").status == "FAIL"


SALES = """\
as_of: 2026-06-30
stages: {lead: {enters: yes}, deal: {kind: opportunity, enters: yes}}
sources:
  leads: {file: leads.csv, shape: wide, object: lead, record: id, stages: {lead: day}, MORE}
  deals: {file: deals.csv, shape: wide, object: deal, record: id, stages: {deal: day}}
links:
  - {file: leads.csv, from: {lead: id}, to: {deal: deal}}
"""


def long(id_: str) -> str:
    """An id of 15 characters with the three that say its case."""
    parts = (id_[i : i + 5] for i in (0, 5, 10))
    bits = (sum(character.isupper() << j for j, character in enumerate(part)) for part in parts)
    return id_ + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[n] for n in bits)


def test_ids_of_15_and_18_characters_are_one(written: Write) -> None:
    first, second, other = "006Bb000001aQwE", "006Bb000001aqwE", "ORDER2026000001"
    leads = f"id,day,deal\na,2026-01-02,{long(first)}\nb,2026-01-03,{long(second)}\nc,2026-01-04,{other}AAB\n"
    deals = f"id,day\n{first},2026-02-02\n{second},2026-02-03\n{other},2026-02-04\n"
    path = written(SALES.replace(", MORE", ""), leads__csv=leads, deals__csv=deals)
    found = [(row[0], row[2]) for row in rows_of(path)]
    assert found == [(f"deal/{other}", "deal"), ("lead/a", "lead"), ("lead/a", "deal"), ("lead/b", "lead"),
                     ("lead/b", "deal"), ("lead/c", "lead")]  # fmt: skip
    assert long("0065g00000Ce42O") == "0065g00000Ce42OAAR"


@pytest.mark.parametrize(("lost", "status"), [(0, "PASS"), (5, "REVIEW"), (40, "FAIL")])
def test_links_that_lead_to_no_record(lost: int, status: str, written: Write) -> None:
    leads = "id,day,deal\n" + "".join(f"l{i},2026-01-02,d{i}\n" for i in range(100))
    deals = "id,day\n" + "".join(f"d{i},2026-02-02\n" for i in range(lost, 100))
    item = item_of(written(SALES.replace(", MORE", ""), leads__csv=leads, deals__csv=deals), "links")
    assert item.status == status
    if lost:
        assert f"{lost} of 100 links lead to no record (leads.csv, lead to deal; such as lead/l" in item.finding


def test_links_to_a_merged_record_lead_to_the_one_that_is_left(written: Write) -> None:
    leads = "id,day,deal,into\na,2026-01-02,,\nb,2026-01-03,d,a\n"
    path = written(SALES.replace("MORE", "merged_into: into"), leads__csv=leads, deals__csv="id,day\nd,2026-02-02\n")
    assert [(row[0], row[2]) for row in rows_of(path)] == [("lead/a", "lead"), ("lead/a", "deal")]


@pytest.mark.parametrize("with_people", [True, False])
def test_an_owner_by_name_and_by_id_is_one_person(with_people: bool, written: Write) -> None:
    mapping = """\
as_of: 2026-06-30
stages: {lead: {enters: yes}}
sources:
  changes: {file: c.csv, shape: field history, record: id, field: what, old: was, new: is, time: at,
            fields: {Stage: stage, Owner: owner}}
  entries: {file: e.csv, shape: events, record: id, stage: {is: lead}, time: at, owner: by}
""" + ("people: {file: p.csv, id: no, name: name}\n" if with_people else "")  # fmt: skip
    changes = (
        "id,what,was,is,at\n"
        "a,Owner,U1,U2,2026-02-01T09:00:00\na,Owner,Eve Sand,Al Hill,2026-02-01T09:00:00\n"  # the name last
        "b,Owner,Eve Sand,Al Hill,2026-02-02T09:00:00\nb,Owner,U1,U2,2026-02-02T09:00:00\n"  # the id last
    )
    changes += "".join(f"{id_},Stage,lead,won,2026-03-01T09:00:00\n" for id_ in "ab")
    entries = "id,at,by\na,2026-01-05,U1\nb,2026-01-05,Eve Sand\n"
    path = written(mapping, c__csv=changes, e__csv=entries, p__csv="no,name\nU1,Eve Sand\nU2,Al Hill\nU3,Al Low\n")
    assert [(row[0], row[2], row[8]) for row in rows_of(path)] == [
        ("a", "lead", "U1"), ("a", "won", "U2"), ("b", "lead", "U1"), ("b", "won", "U2"),
    ]  # fmt: skip
