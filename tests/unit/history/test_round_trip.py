"""Generated, exported, read back: the same event log, in every shape and format."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rpmsim.generate import History, generate_history
from rpmsim.generate.history import SECONDS_PER_DAY
from rpmsim.generate.mess import MESS, cut, make_mess
from rpmsim.generate.shapes import SHAPES, SNAPSHOT_EVERY_DAYS, shape_of
from rpmsim.generate.write import write_export
from rpmsim.history import open_history
from rpmsim.model.plan import Model
from rpmsim.scenario import load_scenario_text
from tests.unit.history.conftest import LOOPS, STRAIGHT


@cache
def model(text: str) -> Model:
    return load_scenario_text(text).model


def history_of(text: str, seed: int = 11) -> History:
    return generate_history(model(text), seed)


def expected(history: History) -> set[tuple[Any, ...]]:
    def time(second: int | None) -> dt.datetime | None:
        return None if second is None else history.moment(second)

    return {
        (r.record, r.stage, time(r.entered), time(r.left), r.outcome, r.channel, r.segment, r.owner, r.amount)
        for r in history.rows()
    }


def read(path: Path) -> set[tuple[Any, ...]]:
    with open_history(path) as history:
        rows = history.as_of().rows()
    return {(*row[:1], *row[2:9], None if row[9] is None else str(row[9])) for row in rows}


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("shape", ["events", "field-history", "values"])
def test_the_same_event_log(shape: str, file_format: str, tmp_path: Path) -> None:
    history = history_of(LOOPS)
    write_export(SHAPES[shape](history), tmp_path, file_format)
    found = read(tmp_path / "history.yaml")
    assert found == expected(history)
    assert len(found) > 2000


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_wide_table_holds_every_stage_once(file_format: str, tmp_path: Path) -> None:
    """It has no place for a second visit, an owner or an older amount."""
    history = history_of(STRAIGHT)
    write_export(SHAPES["wide"](history), tmp_path, file_format)
    assert {row[:7] for row in read(tmp_path / "history.yaml")} == {row[:7] for row in expected(history)}


def test_snapshots_hold_what_was_so_in_the_evening(tmp_path: Path) -> None:
    history = history_of(LOOPS)
    write_export(SHAPES["snapshots"](history), tmp_path, "csv")
    last = (history.as_of - history.first_day).days
    for record in history.records:  # what a snapshot every seventh day can see
        kept = {}
        for visit in record.visits:
            day = visit.entered // SECONDS_PER_DAY
            shot = day + (last - day) % SNAPSHOT_EVERY_DAYS
            if shot <= last:
                kept[shot] = visit
        record.visits = [v for i, v in enumerate(kept.values()) if not i or v.stage != [*kept.values()][i - 1].stage]
        for visit, shot in zip(record.visits, (s for s, v in kept.items() if v in record.visits), strict=True):
            visit.entered = shot * SECONDS_PER_DAY
    history.records = [record for record in history.records if record.visits]
    assert {row[:7] for row in read(tmp_path / "history.yaml")} == {row[:7] for row in expected(history)}


def test_work_gives_the_response(tmp_path: Path) -> None:
    history = history_of(LOOPS)
    write_export(SHAPES["events"](history), tmp_path, "csv")
    with open_history(tmp_path / "history.yaml") as read_back:
        rows = read_back.as_of().rows()
    found = {(row[0], row[3]): row[10] for row in rows if row[10] is not None}
    wanted = {
        (record.id, history.moment(task.created)): history.moment(task.started)
        for record in history.records
        for task in record.tasks
        if task.started is not None
    }
    assert found == wanted


@pytest.mark.parametrize("shape", ["salesforce", "hubspot"])
def test_a_crm_export_is_read_by_the_mapping_of_init(shape: str, tmp_path: Path, answer: Any) -> None:
    """Unedited; the stages have the CRM's names, and only what the CRM keeps comes back."""
    history = history_of(LOOPS if shape == "salesforce" else STRAIGHT)
    (tmp_path / "export").mkdir()
    write_export(shape_of(shape, history), tmp_path / "export", "csv")
    code, _, stderr = answer("init", "export", "--from", shape, "--as-of", str(history.as_of))
    assert (code, "Next" in stderr) == (0, True)
    names = (
        {"discovery": "prospecting", "proposal": "qualification"}
        if shape == "salesforce"
        else {"discovery": "appointment", "proposal": "qualified"}
    )
    found = {(names_of(row[0]), row[1], row[2]) for row in read(tmp_path / "export" / "history.yaml")}
    numbers = {record.id: str(i) for i, record in enumerate(history.records)}

    def key(record: str) -> str:
        return record if shape == "salesforce" else numbers[record]

    def time(moment: dt.datetime) -> dt.datetime:
        return moment if shape == "salesforce" else moment.replace(second=0)

    wanted = {(key(row[0]), names.get(row[1], row[1]), time(row[2])) for row in expected(history)}
    if shape == "hubspot":  # HubSpot dates no contact that is lost before a deal
        won_deals = {key(r.id) for r in history.records if any(v.stage in names for v in r.visits)}
        wanted = {row for row in wanted if row[1] != "lost" or row[0] in won_deals}
    assert found == wanted


def names_of(record: str) -> str:
    """The generator's id of a record of a CRM export."""
    kind, _, rest = record.partition("/")
    if kind in ("contact", "deal"):
        return str(int(rest) % 100_000)
    return rest.removeprefix("006")


@pytest.mark.parametrize("shape", ["events", "values", "field-history"])
def test_duplicates_change_nothing(shape: str, tmp_path: Path) -> None:
    history = history_of(LOOPS)
    wanted = expected(history)
    make_mess(history, {"duplicates": 0.4}, seed=1)
    write_export(SHAPES[shape](history), tmp_path, "csv")
    assert read(tmp_path / "history.yaml") == wanted


def test_a_messy_export_is_read_as_what_it_holds(tmp_path: Path) -> None:
    history = history_of(LOOPS)
    make_mess(history, dict.fromkeys(MESS, 0.2), seed=1)
    cut(history, dt.date(2027, 7, 31), dt.date(2027, 2, 1))
    write_export(SHAPES["events"](history), tmp_path, "csv")
    assert read(tmp_path / "history.yaml") == expected(history)
