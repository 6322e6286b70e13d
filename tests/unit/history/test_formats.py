"""What exports write in odd ways: repeated rows, dates, tasks of nobody."""

from __future__ import annotations

import pytest

from rpmsim.history import open_history
from tests.unit.history.conftest import Write, fault_of, repairs_of, rows_of

VISITS = """\
as_of: 2026-06-30
stages: {visit: {kind: customer, enters: yes, to: [visit]}}
sources:
  till: {file: till.csv, shape: events, record: member, stage: what, time: day, amount: paid, owner: clerk}
"""
DEALS = """\
as_of: 2026-06-30
stages: {lead: {enters: yes}}
sources:
  deals: {file: deals.csv, shape: wide, record: id, stages: {lead: begun, won: signed}, MORE}
"""


def deals(more: str = "") -> str:
    return DEALS.replace(", MORE", f", {more}" if more else "")


def test_rows_that_differ_in_what_is_mapped_are_no_duplicates(written: Write) -> None:
    till = (
        "member,what,day,paid,clerk,note\n"
        "m,visit,2026-03-01,4.00,ann,x\n"
        "m,visit,2026-03-01,9.00,ann,x\n"  # another amount
        "m,visit,2026-03-01,4.00,bob,x\n"  # another owner
        "m,visit,2026-03-01,4.00,ann,y\n"  # the same but for a column that nobody reads
        "m,visit,2026-04-01,4.00,ann,x\n"
        "n,visit,2026-03-01,4.00,ann,x\n"
    )
    with open_history(written(VISITS, till__csv=till)) as history:
        view = history.as_of()
        found = [(row[0], str(row[9])) for row in view.rows()]
    assert found == [("m", "4.00"), ("m", "9.00"), ("m", "4.00"), ("m", "4.00"), ("n", "4.00")]
    assert view.corrections == {"rows that appear twice": 1}


def test_rows_beyond_the_first_of_a_record_are_counted(written: Write) -> None:
    rows = "".join(
        f"{name},2026-01-0{day},\n" for name, days in (("a", 3), ("b", 1), ("c", 4)) for day in range(1, days + 1)
    )
    fix = repairs_of(written(deals(), deals__csv="id,begun,signed\n" + rows))["beyond the first of their record"]
    assert str(fix).startswith("5 of 8 rows: left out (2 records); ")


@pytest.mark.parametrize(
    ("dates", "begun", "signed", "times"),
    [
        ("month first", "02/23/26", "3/1/2026", ["2026-02-23 00:00:00", "2026-03-01 00:00:00"]),
        ("month first", "02-23-26 08:55 PM", "2026-03-01", ["2026-02-23 20:55:00", "2026-03-01 00:00:00"]),
        ("day first", "23.02.26 20:55", "1/3/26 1:05 AM", ["2026-02-23 20:55:00", "2026-03-01 01:05:00"]),
        ("month first", '"2/23/26, 8:55 PM"', '"03/01/2026, 09:00:30"', ["2026-02-23 20:55:00", "2026-03-01 09:00:30"]),
        ('["%Y%m%d", day first]', "20260223", "01/03/26 07:00", ["2026-02-23 00:00:00", "2026-03-01 07:00:00"]),
        ('["%d %b %Y", "%b %d"]', "23 Feb 2026", "1 Mar 2026", ["2026-02-23 00:00:00", "2026-03-01 00:00:00"]),
    ],
)  # fmt: skip
def test_dates_of_two_digits_and_of_several_forms(
    dates: str, begun: str, signed: str, times: list[str], written: Write
) -> None:
    path = written(deals(f"dates: {dates}"), deals__csv=f"id,begun,signed\na,{begun},{signed}\n")
    assert [str(row[3]) for row in rows_of(path)] == times


def test_a_day_in_words_stays_on_its_day_in_another_zone(written: Write) -> None:
    mapping = deals('dates: "%d %B %Y", time_zone: America/New_York')
    path = written(mapping.replace("stages:", "time_zone: Asia/Tokyo\nstages:", 1),
                   deals__csv="id,begun,signed\na,23 February 2026,\n")  # fmt: skip
    assert [str(row[3]) for row in rows_of(path)] == ["2026-02-23 00:00:00"]


@pytest.mark.parametrize(
    ("dates", "cell", "fix"),
    [
        ("iso", "23.02.26", "write `dates: day first`"),
        ("iso", "2/23/26 8:55 PM", "write `dates: month first`"),
        ("month first", "20260223", 'write `dates: "%Y%m%d"`'),
        ("day first", "1771880100", "write `dates: seconds`"),
        ("iso", "99-12-31", 'write `dates: "%y-%m-%d"`'),
        ("day first", "last week", "state the format,"),
    ],
)
def test_a_column_of_which_no_time_can_be_read_is_refused(dates: str, cell: str, fix: str, written: Write) -> None:
    reported = fault_of(written(deals(f"dates: {dates}"), deals__csv=f"id,begun,signed\na,{cell},\nb,,\n"))
    assert f"row 1: no time in `begun` matches `{dates}` (" in reported
    assert f"such as `{cell}`; {fix}" in reported


def test_a_time_of_recording_that_cannot_be_read_is_reported(written: Write) -> None:
    mapping = VISITS.replace("owner: clerk", "recorded: typed")
    till = "member,what,day,paid,typed\nm,visit,2026-03-01,4,2026-03-02\nn,visit,2026-03-01,4,soon\n"
    fix = repairs_of(written(mapping, till__csv=till))["whose `typed` cannot be read as a time"]
    assert (fix.rows, fix.examples) == (1, ("row 2: `soon`",))


def test_tasks_of_no_record_are_normal(written: Write) -> None:
    from rpmsim.history.audit import audit

    mapping = deals() + "  calls: {file: calls.csv, shape: work, record: about, created: at, started: at}\n"
    calls = "about,at\na,2026-02-01\n,2026-02-02\n,2026-02-03\n,2026-02-04\n"
    with open_history(written(mapping, deals__csv="id,begun,signed\na,2026-01-01,\n", calls__csv=calls)) as history:
        (item,) = (item for item in audit(history).items if item.name == "calls: rows of no record")
    assert (item.status, item.numbers["rows"], item.numbers["of"]) == ("PASS", 3, 4)
