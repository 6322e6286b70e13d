"""Values known only at export, first old values, and stages without a time."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.history import load_mapping, open_history
from tests.unit.history.conftest import Write

STAGES = "as_of: 2027-06-30\nstages: {trial: {kind: opportunity, enters: yes, to: [won, lost]}}\nsources:\n"


def rows(path: Path, day: str | None = None) -> list[tuple[Any, ...]]:
    """Record, stage, entered, left, outcome, owner and amount of each visit, as text."""
    with open_history(path) as history:
        view = history.as_of(dt.date.fromisoformat(day) if day else None)
        return [tuple(None if row[i] is None else str(row[i]) for i in (0, 2, 3, 4, 5, 8, 9)) for row in view.rows()]


def said(path: Path, day: str | None = None) -> list[tuple[Any, ...]]:
    """Record, stage, owner and amount of each visit."""
    return [(row[0], row[1], row[5], row[6]) for row in rows(path, day)]


EXPORTED = STAGES + (
    "  d: {file: d.csv, shape: wide, record: id, amount: worth, owner: rep,\n"
    "      stages: {trial: begun, won: {time: ended, where: {state: Signed}}}}\n"
)
EXPORTED_CSV = """\
id,rep,begun,ended,state,worth
k7,lea,2027-02-03,2027-04-01,Signed,1250.50
k8,tom,2027-02-04,,Running,900
"""


def test_exported_values_reach_the_last_view_and_no_other(written: Write) -> None:
    path = written(EXPORTED, d__csv=EXPORTED_CSV)
    assert said(path) == [
        ("k7", "trial", "lea", "1250.50"), ("k7", "won", "lea", "1250.50"), ("k8", "trial", "tom", "900.00"),
    ]  # fmt: skip
    assert {row[2:] for row in said(path, "2027-06-29")} == {(None, None)}


def test_the_audit_says_that_amounts_are_known_only_at_export(written: Write, answer: Any, tmp_path: Path) -> None:
    path = written(EXPORTED, d__csv=EXPORTED_CSV)
    answer("audit", path, "--out", "now")
    answer("audit", path, "--out", "then", "--as-of", "2027-05-01")

    def finding(folder: str) -> str:
        items = json.loads((tmp_path / folder / "audit.json").read_text())["items"]
        return next(str(item["finding"]) for item in items if item["name"] == "amounts")

    assert finding("now").startswith("1 of 1 deals won have an amount above zero")
    assert "known only at export" in finding("then")


CHANGED = STAGES + (
    "  d: {file: d.csv, shape: wide, record: id, created: begun, starts: trial, current: state, amount: worth, "
    "owner: rep}\n"
    "  h: {file: h.csv, shape: field history, record: id, field: what, old: before, new: after, time: at,\n"
    "      fields: {state: stage, worth: amount, rep: owner}}\n"
)
CHANGED_D = """\
id,begun,state,worth,rep
a,2027-01-11,won,300,tom
b,2027-01-12,trial,70,lea
c,2027-01-13,trial,80,tom
"""
CHANGED_H = """\
id,what,before,after,at
a,worth,200,250,2027-02-01 09:00
a,worth,250,300,2027-03-01 09:00
a,rep,lea,tom,2027-02-20 09:00
a,state,trial,won,2027-04-01 09:00
c,worth,,80,2027-03-05 09:00
"""


def test_the_first_old_value_holds_from_creation(written: Write) -> None:
    path = written(CHANGED, d__csv=CHANGED_D, h__csv=CHANGED_H)
    assert said(path) == [
        ("a", "trial", "lea", "200.00"), ("a", "won", "tom", "300.00"), ("b", "trial", "lea", "70.00"),
        ("c", "trial", "tom", None),  # it was empty until it was filled in
    ]  # fmt: skip
    assert said(path, "2027-02-10")[0] == ("a", "trial", None, "200.00")
    assert said(path, "2027-01-31")[0] == ("a", "trial", None, None)


def test_an_old_amount_is_carried_to_the_currency_of_the_mapping(written: Write) -> None:
    mapping = CHANGED.replace("stages:", "currency: EUR\nrates: {USD: 0.5}\nstages:", 1)
    changes = CHANGED_H.replace("a,worth,200,250", "a,worth,USD 200,USD 250").replace("250,300", "USD 250,USD 300")
    path = written(mapping, d__csv=CHANGED_D, h__csv=changes)
    assert said(path)[0] == ("a", "trial", "lea", "100.00")


CURRENT = STAGES + (
    "  d: {file: d.csv, shape: wide, record: id, created: begun, current: state, amount: worth,\n"
    "      stages: {won: {time: ended, where: {state: won}}}}\n"
)
CURRENT_CSV = """\
id,begun,ended,state,worth
w,2027-03-01 15:00,2027-04-02,won,10
x,2027-03-02 15:00,2027-03-02,won,20
y,2027-03-03 15:00,,lost,30
z,2027-03-04 15:00,,trial,40
"""


def test_a_record_never_begins_with_its_end(written: Write) -> None:
    path = written(CURRENT, d__csv=CURRENT_CSV)
    assert [row[:5] for row in rows(path)] == [
        ("w", None, "2027-03-01 15:00:00", "2027-04-02 00:00:00", "won"),
        ("w", "won", "2027-04-02 00:00:00", None, None),
        ("x", None, "2027-03-02 15:00:00", "2027-03-02 15:00:00", "won"),
        ("x", "won", "2027-03-02 15:00:00", None, None),
        ("y", None, "2027-03-03 15:00:00", None, "lost"),
        ("y", "lost", None, None, None),
        ("z", None, "2027-03-04 15:00:00", "2027-03-04 15:00:00", "trial"),
        ("z", "trial", "2027-03-04 15:00:00", None, None),
    ]
    assert [row[:5] for row in rows(path, "2027-03-20")][-2:] == [
        ("y", None, "2027-03-03 15:00:00", None, None), ("z", None, "2027-03-04 15:00:00", None, None),
    ]  # fmt: skip


def test_the_audit_counts_what_has_no_time(written: Write, answer: Any, tmp_path: Path) -> None:
    path = written(CURRENT, d__csv=CURRENT_CSV)
    assert answer("audit", path, "--out", "now")[0] == 0
    items = {item["name"]: item for item in json.loads((tmp_path / "now" / "audit.json").read_text())["items"]}
    assert items["undated stages"]["numbers"] == {
        "unknown_at_creation": 4, "dated_at_creation": 1, "closed_without_date": {"lost": 1},
    }  # fmt: skip
    assert "1 records: the stage of the last day was dated at creation" in items["undated stages"]["finding"]
    assert items["current stage"]["status"] == "PASS"
    assert answer("audit", path, "--out", "then", "--as-of", "2027-03-03")[0] == 0


NO_TIME = STAGES + (
    "  d: {file: d.csv, shape: wide, record: id,\n"
    "      stages: {trial: begun, lost: {time: none, where: {reason: [price, '*ghost*']}}}}\n"
)
NO_TIME_CSV = "id,begun,reason\n1,2027-01-04,price\n2,2027-01-05,\n3,2027-01-06,went ghosting\n"


def test_a_loss_may_have_no_time(written: Write) -> None:
    path = written(NO_TIME, d__csv=NO_TIME_CSV)
    assert [(row[0], row[1], row[4]) for row in rows(path)] == [
        ("1", "trial", "lost"), ("1", "lost", None), ("2", "trial", None), ("3", "trial", "lost"), ("3", "lost", None),
    ]  # fmt: skip
    assert [row[4] for row in rows(path, "2027-06-29")] == [None, None, None]


@pytest.mark.parametrize(
    ("old", "new", "diagnostic"),
    [
        (", where: {reason: [price, '*ghost*']}", "", "`time: none` needs `where`, to state which rows are lost"),
        ("{trial: begun, lost", "{lost: begun, trial", "`time: none` is only for won and lost"),
    ],
)
def test_no_time_needs_an_end_and_its_rows(old: str, new: str, diagnostic: str, written: Write) -> None:
    with pytest.raises(InputError, match=diagnostic):
        load_mapping(written(NO_TIME.replace(old, new)))


BOTH = STAGES + (
    "  d: {file: d.csv, shape: wide, record: id, created: begun, stages: {won: {time: ended, where: {state: won}}}}\n"
    "  h: {file: h.csv, shape: values, record: id, stage: state, time: at}\n"
)


def test_a_close_date_gives_way_to_a_history(written: Write) -> None:
    wide = "id,begun,ended,state\np,2027-02-01 08:00,2027-03-31,won\nq,2027-02-01 08:00,2027-03-31,won\n"
    changes = "id,state,at\np,trial,2027-02-01 08:00\np,won,2027-04-02 12:00\n"
    path = written(BOTH, d__csv=wide, h__csv=changes)
    won = [(row[0], row[2]) for row in rows(path) if row[1] == "won"]
    assert won == [("p", "2027-04-02 12:00:00"), ("q", "2027-03-31 00:00:00")]
    assert [row[0] for row in rows(path, "2027-04-01") if row[1] == "won"] == ["q"]
