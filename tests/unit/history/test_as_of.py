"""A view of a day knows nothing that came later."""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.generate import generate_history
from rpmsim.generate.mess import make_mess
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export
from rpmsim.history import TABLES, open_history
from rpmsim.model.plan import Model
from rpmsim.scenario import load_scenario_text
from tests.unit.history.conftest import LOOPS, STRAIGHT, Write

DAYS = (dt.date(2027, 3, 7), dt.date(2027, 6, 30))
TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?$")
MESS = {"skipped_stages": 0.2, "reopened": 0.2, "late_entries": 0.3, "duplicates": 0.1}


@cache
def model(text: str) -> Model:
    return load_scenario_text(text).model


def export(shape: str, folder: Path) -> Path:
    """A generated export with its mapping."""
    from rpmsim.cli import program

    history = generate_history(model(STRAIGHT if shape in ("wide", "hubspot") else LOOPS), seed=21)
    make_mess(history, MESS if shape == "events" else {}, seed=2)
    folder.mkdir()
    write_export(shape_of(shape, history), folder, "csv")
    if shape in ("salesforce", "hubspot"):
        assert program._exit_code(["init", str(folder), "--from", shape, "--as-of", str(history.as_of)]) == 0
    return folder / "history.yaml"


def poison(folder: Path, day: dt.date, rng: random.Random) -> int:
    """Replace what is dated after the day by noise: later cells get other later times, and with them all that the row
    says that is not known by an earlier time."""
    end = (day + dt.timedelta(1)).isoformat()
    poisoned = 0
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        donors = [list(row) for row in rows]
        rows_have_one_time = path.name in ONE_TIME
        for row in rows:
            times = [i for i, cell in enumerate(row) if TIME.match(cell)]
            later = [i for i in times if row[i] >= end]
            if path.name == "events.csv" and later:
                later = times  # a row typed in later was not there
            poisoned += len(later)
            for i in later:
                row[i] = later_time(row[i], day, rng)
            if later and (rows_have_one_time or len(later) == len(times)):
                donor = rng.choice(donors)
                row[:] = [cell if TIME.match(cell) or TIME.match(other) else other for cell, other in pair(row, donor)]
            donor = rng.choice(donors)
            row[:] = [donor[i] if later and header[i] in TODAY else row[i] for i in range(len(row))]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return poisoned


def pair(row: list[str], donor: list[str]) -> Iterator[tuple[str, str]]:
    return zip(row, donor, strict=True)


ONE_TIME = {"changes.csv", "values.csv", "snapshots.csv", "LeadHistory.csv", "OpportunityHistory.csv",
            "OpportunityFieldHistory.csv"}  # fmt: skip


TODAY = ("stage", "Status", "StageName", "Deal Stage", "Lifecycle Stage", "amount", "Amount")
"""What an export says of its last day."""


def later_time(cell: str, day: dt.date, rng: random.Random) -> str:
    moment = dt.datetime.combine(day + dt.timedelta(1 + rng.randrange(60)), dt.time()) + dt.timedelta(
        minutes=rng.randrange(1440)
    )
    if len(cell) == 10:
        return moment.date().isoformat()
    form = {"T": "%Y-%m-%dT%H:%M:%S.000Z", " ": "%Y-%m-%d %H:%M:%S"}[cell[10]]
    return moment.strftime(form)[: len(cell)]


def views(path: Path, folder: Path) -> list[bytes]:
    result = []
    with open_history(path) as history:
        for day in DAYS:
            view = history.as_of(day)
            for table in TABLES if day == DAYS[-1] else ("events",):
                target = history.work / f"{day}_{table}.parquet"
                view.write(target, table)
                result.append(target.read_bytes())
    return result


@pytest.mark.parametrize("shape", ["events", "wide", "field-history", "values", "snapshots", "salesforce", "hubspot"])
def test_a_poisoned_future_changes_no_byte(shape: str, tmp_path: Path) -> None:
    path = export(shape, tmp_path / "export")
    before = views(path, tmp_path)
    assert len(set(before[:2])) == len(DAYS)
    assert poison(path.parent, DAYS[-1], random.Random(4)) > 500
    assert views(path, tmp_path) == before


def test_the_poison_is_strong_enough(tmp_path: Path) -> None:
    """The last day's view changes."""
    path = export("events", tmp_path / "export")
    with open_history(path) as history:
        before = history.as_of().rows()
    poison(path.parent, DAYS[-1], random.Random(4))
    with open_history(path) as history:
        assert history.as_of().rows() != before


VALUES = """\
as_of: 2027-03-31
stages: {lead: {enters: yes, to: [deal, lost]}, deal: {kind: opportunity, to: [won, lost]}}
sources:
  values: {file: values.csv, shape: values, record: id, stage: stage, time: time, owner: owner, amount: amount,
           channel: channel}
"""
VALUES_CSV = """\
id,stage,time,owner,amount,channel
a,lead,2027-01-05 10:00,ann,,web
a,deal,2027-01-20 10:00,bob,100,web
a,deal,2027-02-10 10:00,cid,250,web
a,won,2027-03-01 10:00,cid,200,paid
"""


def test_amounts_owners_and_stages_are_those_of_the_day(written: Write) -> None:
    path = written(VALUES, values__csv=VALUES_CSV)
    with open_history(path) as history:

        def known(day: str) -> list[tuple[object, ...]]:
            rows = history.as_of(dt.date.fromisoformat(day)).rows()
            return [(row[2], row[5], row[8], None if row[9] is None else float(str(row[9])), row[6]) for row in rows]

        assert known("2027-01-04") == []
        assert known("2027-01-05") == [("lead", None, "ann", None, "web")]
        assert known("2027-02-28") == [("lead", "deal", "ann", None, "web"), ("deal", None, "bob", 100.0, "web")]
        assert known("2027-03-31")[-1] == ("won", None, "cid", 200.0, "web")
        with pytest.raises(InputError, match="is after the export"):
            history.as_of(dt.date(2027, 4, 1))


def test_a_late_entry_is_known_late(written: Write) -> None:
    mapping = VALUES.replace("shape: values", "shape: events").replace("time: time", "time: time, recorded: typed")
    rows = "id,stage,time,owner,amount,channel,typed\na,lead,2027-01-05,ann,,web,2027-01-05\n"
    rows += "a,deal,2027-01-20,ann,,web,2027-02-03\n"
    with open_history(written(mapping, values__csv=rows)) as history:
        assert [row[2] for row in history.as_of(dt.date(2027, 2, 2)).rows()] == ["lead"]
        assert [row[2] for row in history.as_of(dt.date(2027, 2, 3)).rows()] == ["lead", "deal"]
        assert str(history.as_of(dt.date(2027, 2, 3)).rows()[1][3]) == "2027-01-20 00:00:00"


WIDE = """\
as_of: 2027-03-31
stages: {lead: {enters: yes, to: [won, lost]}}
sources:
  leads:
    {file: leads.csv, shape: wide, record: id, stages: {lead: created, won: closed}, channel: source,
     amount: {column: amount, known: KNOWN}}
"""


@pytest.mark.parametrize(("known", "seen"), [("created", 5.0), ("export", None), ("closed", None)])
def test_an_amount_without_history_is_known_since_it_is_said_to_be(
    known: str, seen: float | None, written: Write
) -> None:
    rows = "id,source,created,closed,amount\na,web,2027-01-05,2027-02-01,5\n"
    with open_history(written(WIDE.replace("KNOWN", known), leads__csv=rows)) as history:
        (row,) = history.as_of(dt.date(2027, 1, 31)).rows()
        assert (None if row[9] is None else float(str(row[9]))) == seen
        rows_then = history.as_of(dt.date(2027, 2, 1)).rows()
        won = None if rows_then[1][9] is None else float(str(rows_then[1][9]))
        assert won == (None if known == "export" else 5.0)
