"""What a view gives to a fit: values at entry, at exit and now, open records, work, people, risk sets, flags."""

from __future__ import annotations

import datetime as dt
import gc
from pathlib import Path
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.history import TABLES, open_history
from tests.unit.history.conftest import Write

HEAD = "as_of: 2027-06-30\nstages:\n  trial: {kind: opportunity, enters: yes, to: [offer, won, lost]}\n"
HEAD += "  offer: {kind: opportunity, to: [won, lost]}\nsources:\n"
VALUES = HEAD + (
    "  v: {file: v.csv, shape: values, record: id, stage: state, time: at, owner: rep, amount: worth,\n"
    "      attributes: {grade: grade}EXTRA}\n"
)
VALUES_CSV = """\
id,state,at,rep,worth,grade
a,trial,2027-01-05 10:00,lea,100,B
a,trial,2027-01-09 10:00,lea,120,A
a,offer,2027-01-20 10:00,tom,120,A
a,offer,2027-02-10 10:00,ann,150,A
b,offer,2027-02-01 10:00,lea,40,C
b,lost,2027-03-01 10:00,lea,40,C
b,offer,2027-04-01 10:00,tom,60,C
"""


def table(path: Path, name: str, *columns: str, day: str | None = None) -> list[tuple[Any, ...]]:
    """Chosen columns of a table."""
    with open_history(path) as history:
        rows = history.as_of(dt.date.fromisoformat(day) if day else None).to_arrow(name).to_pylist()
    return [tuple(str(row[c]) if isinstance(row[c], dt.datetime) else row[c] for c in columns) for row in rows]


def written_values(written: Write, extra: str = "") -> Path:
    return written(VALUES.replace("EXTRA", extra), v__csv=VALUES_CSV)


def test_amounts_and_owners_at_entry_at_exit_and_now(written: Write) -> None:
    columns = ("record", "stage", "owner", "amount", "owner_at_exit", "amount_at_exit", "owner_now", "amount_now")
    path = written_values(written)
    assert table(path, "events", *columns)[:2] == [
        ("a", "trial", "lea", 100, "tom", 120, "ann", 150), ("a", "offer", "tom", 120, None, None, "ann", 150),
    ]  # fmt: skip
    assert table(path, "events", *columns, day="2027-01-10") == [("a", "trial", "lea", 100, None, None, "lea", 120)]


def test_open_records_as_of_a_day(written: Write) -> None:
    columns = ("record", "stage", "days_in_stage", "age_days", "owner", "amount", "owner_at_entry", "amount_at_entry")
    path = written_values(written)
    assert table(path, "open", *columns, day="2027-03-02") == [("a", "offer", 41, 56, "ann", 150, "tom", 120)]
    assert [row[0] for row in table(path, "open", *columns)] == ["a", "b"]


def test_attributes_as_they_were_known(written: Write) -> None:
    path = written_values(written)
    assert table(path, "attributes", "record", "name", "value", day="2027-01-08") == [("a", "grade", "B")]
    known = table(path, "attributes", "record", "value", "known")
    assert known[:2] == [("a", "B", "2027-01-05 10:00:00"), ("a", "A", "2027-01-09 10:00:00")]
    assert table(path, "records", "record", "grade", "stage_now", "midway") == [
        ("a", "B", "offer", False), ("b", "C", "offer", True),
    ]  # fmt: skip


def test_flags(written: Write) -> None:
    path = written_values(written)
    flags = table(path, "events", "record", "stage", "reopened", "midway")
    assert flags[2:] == [("b", "offer", False, True), ("b", "lost", False, False), ("b", "offer", True, False)]


def test_closes_in_one_second_are_bulk_edits(written: Write) -> None:
    rows = "".join(f"r{i},trial,2027-01-0{1 + i % 7} 11:0{i % 10},x,1,A\n" for i in range(7))
    rows += "".join(f"r{i},lost,2027-02-01 18:00,x,1,A\n" for i in range(6)) + "r6,lost,2027-02-02 09:30,x,1,A\n"
    path = written(VALUES.replace("EXTRA", ""), v__csv="id,state,at,rep,worth,grade\n" + rows)
    assert [row[0] for row in table(path, "events", "bulk_edit")].count(True) == 6
    assert [row[0] for row in table(path, "risk", "record", "bulk_edit")] == [f"r{i}" for i in range(7)]


WORK = HEAD + (
    "  l: {file: l.csv, shape: events, object: lead, record: id, stage: state, time: at}\n"
    "  d: {file: d.csv, shape: events, object: deal, record: id, stage: state, time: at}\n"
    "  w: {file: w.csv, shape: work, object: deal, record: deal, item: item, created: made, started: begun,\n"
    "      completed: done, owner: rep}\n"
    "links: [{file: d.csv, from: {lead: lead}, to: {deal: id}}]\n"
    "people: {file: p.csv, id: id, name: name, role: role, start: first, end: last}\n"
)


def test_work_items_with_waits_follow_the_customer(written: Write) -> None:
    path = written(
        WORK,
        l__csv="id,state,at\n7,trial,2027-01-04 08:00\n",
        d__csv="id,state,at,lead\n70,offer,2027-01-10 08:00,7\n",
        w__csv="deal,item,made,begun,done,rep\n70,call,2027-01-10 09:00,2027-01-10 15:00,2027-01-10 15:30,lea\n"
        "70,demo,2027-06-30 12:00,,,tom\n",
        p__csv="id,name,role,first,last\nlea,Lea,ae,2027-01-01,2027-05-31\ntom,Tom,ae,2027-02-01,\n",
    )
    columns = ("record", "stage", "item", "owner", "wait_hours", "waiting", "handling_hours")
    assert table(path, "work", *columns) == [
        ("lead/7", "offer", "call", "lea", 6.0, False, 0.5), ("lead/7", "offer", "demo", "tom", 12.0, True, None),
    ]  # fmt: skip
    assert table(path, "events", "stage", "responded") == [
        ("trial", None), ("offer", "2027-01-10 15:00:00"),
    ]  # fmt: skip
    people = ("id", "role", "first_day", "last_day")
    assert table(path, "people", *people, day="2027-01-31") == [("lea", None, dt.date(2027, 1, 1), None)]
    assert table(path, "people", *people)[0] == ("lea", "ae", dt.date(2027, 1, 1), dt.date(2027, 5, 31))


def test_risk_sets_enter_late_and_end_with_the_records(written: Write) -> None:
    """Entered 5 January; exits are recorded from 1 February until 31 March."""
    extra = ", recorded_from: 2027-02-01, recorded_until: 2027-03-31"
    path = written_values(written, extra)
    columns = ("record", "stage", "outcome", "entry_age_days", "exit_age_days", "at_risk_from", "at_risk_until")
    assert table(path, "risk", *columns) == [
        # the trial of `a` was left before anything was recorded, and the last offer of `b` entered after
        ("a", "offer", None, 12, 70, "2027-02-01 00:00:00", "2027-04-01 00:00:00"),
        ("b", "offer", "lost", 0, 28, "2027-02-01 10:00:00", "2027-03-01 10:00:00"),
    ]  # fmt: skip
    assert table(path, "recording", "stage", "recorded_from", "recorded_until")[0] == (
        "trial", dt.date(2027, 2, 1), dt.date(2027, 3, 31),
    )  # fmt: skip


def test_an_undated_close_is_an_interval(written: Write) -> None:
    mapping = HEAD + (
        "  d: {file: d.csv, shape: wide, record: id, current: state, stages: {trial: begun}, "
        "amount: {column: worth, known: priced}}\n"
    )
    rows = "id,begun,state,worth,priced\nx,2027-06-01,lost,9,2027-06-11\ny,2027-06-30,trial,,\n"
    path = written(mapping, d__csv=rows)
    columns = ("record", "outcome", "at_risk_until", "left_by", "exit_age_by_days")
    assert table(path, "risk", *columns) == [
        ("x", "lost", "2027-06-11 00:00:00", "2027-07-01 00:00:00", 29),
        ("y", None, "2027-07-01 00:00:00", None, 0),
    ]
    assert [row[0] for row in table(path, "open", "record")] == ["y"]


def test_tables_as_pandas_and_as_arrow_whole_and_in_batches(written: Write) -> None:
    with open_history(written_values(written)) as history:
        view = history.as_of()
        for name in TABLES:
            whole = view.to_arrow(name)
            assert whole.num_rows == len(view.rows(name)) == len(view.to_pandas(name))
            assert whole.column_names == list(view.to_pandas(name).columns)
        reader = view.to_arrow_batches("events", rows=2)
        first = reader.read_next_batch()
        assert view.rows("people") == []  # another table meanwhile
        assert first.num_rows + sum(batch.num_rows for batch in reader) == len(view.rows())
        with pytest.raises(InputError, match="there is no table `opens`; did you mean `open`"):
            view.rows("opens")


def test_a_history_needs_no_block(written: Write) -> None:
    path = written_values(written)
    view = open_history(path).as_of()
    gc.collect()
    assert len(view.rows("open")) == 2  # the view keeps it open
    history = open_history(path)
    work = history.work
    assert work.exists()
    history.close()
    history.close()
    assert not work.exists()
    history = open_history(path)
    work = history.work
    del history
    gc.collect()
    assert not work.exists()
