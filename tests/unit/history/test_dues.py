"""Dates known in advance: as known on each day, from sources of every shape, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from rpmsim.history import open_history
from tests.unit.history.conftest import Write, fault_of, repairs_of

HEAD = "as_of: 2027-06-30\nstages: {booking: {kind: opportunity, to: [won, lost]}}\nsources:\n"
WIDE = HEAD + (
    "  b: {file: b.csv, shape: wide, record: id, created: made, dates: day first, stages: {booking: made,\n"
    "      won: {time: ended, where: {state: in}}, lost: {time: ended, where: {state: off}}}, EXTRA}\n"
)
WIDE_CSV = """\
id,made,ended,state,arrives
a,01.02.2027,11.02.2027,in,11.02.2027
b,01.02.2027,20.02.2027,off,05.05.2027
c,03.03.2027,,,24.12.2027
d,04.03.2027,,,
"""


def dates(path: Path, table: str, *columns: str, day: str | None = None) -> list[tuple[Any, ...]]:
    """Chosen columns of a table, dates as text."""
    with open_history(path) as history:
        frame = history.as_of(dt.date.fromisoformat(day) if day else None).to_pandas(table)
    chosen = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None)
    return [tuple(str(v)[:10] if v is not None else None for v in row) for row in chosen.itertuples(index=False)]


def wide(written: Write, extra: str, rows: str = WIDE_CSV) -> Path:
    return written(WIDE.replace("EXTRA", extra), b__csv=rows)


def test_a_date_of_a_wide_row_is_known_since_its_creation(written: Write) -> None:
    path = wide(written, "due: arrives")
    assert dates(path, "open", "record", "due", "due_at_entry") == [
        ("c", "2027-12-24", "2027-12-24"), ("d", None, None),
    ]  # fmt: skip
    assert dates(path, "open", "record", "due", day="2027-02-10") == [("a", "2027-02-11"), ("b", "2027-05-05")]
    assert dates(path, "risk", "record", "outcome", "due")[:2] == [
        ("a", "won", "2027-02-11"), ("b", "lost", "2027-05-05"),
    ]  # fmt: skip
    assert dates(path, "dues", "record", "name", "due", "known")[0] == ("a", "due", "2027-02-11", "2027-02-01")


def test_an_exported_date_is_known_on_the_last_day_only(written: Write) -> None:
    """What may have been overwritten at the close says nothing about any earlier day."""
    path = wide(written, "due: {column: arrives, known: export}")
    assert dates(path, "dues", "record", day="2027-06-29") == []
    assert dates(path, "dues", "record", "known")[0] == ("a", "2027-06-30")
    assert dates(path, "open", "record", "due")[0] == ("c", "2027-12-24")
    assert dates(path, "open", "record", "due_at_entry")[0] == ("c", None)
    assert {row[0] for row in dates(path, "risk", "due")} == {None}


def test_a_date_with_a_column_that_says_since_when(written: Write) -> None:
    rows = "id,made,ended,state,arrives,told\na,01.02.2027,,,01.08.2027,10.03.2027\n"
    path = wide(written, "due: {column: arrives, known: told}", rows)
    assert dates(path, "open", "due", day="2027-03-09") == [(None,)]
    assert dates(path, "open", "due", "due_at_entry", day="2027-03-10") == [("2027-08-01", None)]


def test_a_date_that_moves_is_known_as_of_each_day(written: Write) -> None:
    mapping = HEAD + "  v: {file: v.csv, shape: values, record: id, stage: state, time: at, due: arrives}\n"
    rows = """\
id,state,at,arrives
a,booking,2027-01-05,2027-03-01
a,booking,2027-01-20,2027-04-01
a,booking,2027-02-10,2027-03-01
a,booking,2027-02-20,2027-03-01
a,won,2027-03-01,2027-03-01
"""
    path = written(mapping, v__csv=rows)
    assert dates(path, "dues", "due", "known") == [
        ("2027-03-01", "2027-01-05"), ("2027-04-01", "2027-01-20"), ("2027-03-01", "2027-02-10"),
    ]  # fmt: skip
    assert [dates(path, "open", "due", day=day) for day in ("2027-01-19", "2027-01-20", "2027-02-10")] == [
        [("2027-03-01",)], [("2027-04-01",)], [("2027-03-01",)],
    ]  # fmt: skip
    assert dates(path, "events", "stage", "due") == [("booking", "2027-03-01"), ("won", "2027-03-01")]


def test_a_date_overwritten_at_the_close_was_not_known_at_entry(written: Write) -> None:
    mapping = HEAD + "  v: {file: v.csv, shape: values, record: id, stage: state, time: at, due: closes}\n"
    rows = "id,state,at,closes\na,booking,2027-01-05 09:00,\na,won,2027-01-05 15:00,2027-01-05\n"
    path = written(mapping, v__csv=rows)
    assert dates(path, "events", "stage", "due") == [("booking", None), ("won", "2027-01-05")]


def test_changes_in_a_field_history_take_the_place_of_the_exported_date(written: Write) -> None:
    mapping = HEAD + (
        "  d: {file: d.csv, shape: wide, record: id, created: made, starts: booking, due: arrives}\n"
        "  h: {file: h.csv, shape: field history, record: id, time: at, field: field, old: was, new: is,\n"
        "      fields: {Arrival: due, Stage: stage}}\n"
    )
    path = written(
        mapping,
        d__csv="id,made,arrives\na,2027-01-05,2027-05-01\nb,2027-01-06,2027-06-01\n",
        h__csv="id,at,field,was,is\na,2027-02-01,Arrival,2027-03-01,2027-04-01\n"
        "a,2027-02-20,Arrival,2027-04-01,2027-05-01\n",
    )
    assert dates(path, "dues", "record", "due", "known") == [
        ("a", "2027-03-01", "2027-01-05"), ("a", "2027-04-01", "2027-02-01"), ("a", "2027-05-01", "2027-02-20"),
        ("b", "2027-06-01", "2027-01-06"),
    ]  # fmt: skip


def test_an_attribute_of_dates_is_a_candidate(written: Write) -> None:
    path = wide(written, "attributes: {arrival: {column: arrives, known: created}, state: state}")
    assert dates(path, "dues", "record", "name", "due")[0] == ("a", "arrival", "2027-02-11")
    assert {row[0] for row in dates(path, "dues", "name")} == {"arrival"}
    assert dates(path, "open", "due")[0] == (None,)


def test_dates_that_cannot_be_read_or_stand_for_nothing_are_counted(written: Write) -> None:
    rows = WIDE_CSV + "e,04.03.2027,,,soon\nf,04.03.2027,,,31.12.9999\n"
    path = wide(written, "due: arrives", rows)
    corrections = repairs_of(path)
    assert corrections["whose `arrives` cannot be read as a time"].examples == ("row 5: `soon`",)
    assert corrections["whose `arrives` is a placeholder for an empty date"].rows == 1
    assert [row[1] for row in dates(path, "open", "record", "due")] == ["2027-12-24", None, None, None]


def test_a_column_without_any_date_is_refused(written: Write) -> None:
    rows = "id,made,ended,state,arrives\na,01.02.2027,,,in March\n"
    message = fault_of(wide(written, "due: arrives", rows))
    assert "b.csv: " in message
    assert "row 1: no time in `arrives` matches `day first`" in message
    assert "such as `in March`" in message


@pytest.mark.parametrize(
    ("where", "word"),
    [("due: {column: arrives, below: {x: 5}}", "below"), ("attributes: {due: {column: arrives, other: x}}", "other")],
)
def test_a_date_has_no_words(written: Write, where: str, word: str) -> None:
    message = fault_of(wide(written, where))
    assert "history.yaml:5:" in message
    assert f"`{word}`" in message
