"""What an export leaves out, and dates that stand for none: what the audit says of it, and what it no longer says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rpmsim.generate import generate_history
from rpmsim.generate.mess import make_mess
from rpmsim.generate.shapes import SHAPES
from rpmsim.generate.write import write_export
from rpmsim.history import open_history
from rpmsim.history.audit import audit
from rpmsim.history.mapping_file import load_mapping
from rpmsim.history.recorded import Recorded, recorded
from rpmsim.scenario import load_scenario_text
from tests.unit.history.conftest import LOOPS, Write

DEALS = """\
as_of: 2026-12-31
stages: {talk: {kind: opportunity, enters: yes, to: [won, lost]}}
sources: {crm: {file: crm.csv, shape: wide, record: id, STATED stages: {talk: created, won: won, lost: lost}}}
"""
FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
Deal = tuple[dt.date, dt.date, bool]


def deals(seed: int, days: float = 40.0) -> list[Deal]:
    """Day of creation, day of the end, and whether it is won: five new ones a day, throughout."""
    rng = np.random.default_rng(seed)
    made = sorted(FIRST + dt.timedelta(int(d)) for d in rng.integers(0, 365, 1825))
    return [(day, day + dt.timedelta(1 + int(rng.gamma(2.0, days / 2))), bool(rng.random() < 0.3)) for day in made]


def table(rows: list[Deal], as_of: dt.date = LAST) -> str:
    lines = ["id,created,won,lost"]
    for i, (made, end, won) in enumerate(rows):
        shown = str(end) if end <= as_of else ""
        lines.append(f"{i},{made},{shown if won else ''},{'' if won else shown}")
    return "\n".join(lines) + "\n"


def items_of(path: Path, as_of: dt.date | None = None) -> dict[str, dict[str, Any]]:
    with open_history(path) as history:
        return {item.name: item.as_dict() for item in audit(history, as_of).items}


@pytest.mark.parametrize("weeks", [2, 5, 16])
def test_arrivals_that_stop_are_named_with_their_day_and_nothing_else(weeks: int, written: Write) -> None:
    last = LAST - dt.timedelta(7 * weeks)
    rows = [row for row in deals(1) if row[0] <= last]
    items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
    item = items["end of arrivals"]
    assert (item["status"], item["numbers"]["last"]) == ("FAIL", str(last))
    assert f"recorded_until: {{talk: {last}}}" in item["todo"]
    assert {items[name]["status"] for name in ("volume", "conversion", "end of the records")} == {"PASS"}
    stated = DEALS.replace("STATED", f"recorded_until: {{talk: {last}}},")
    items = items_of(written(stated, crm__csv=table(rows)))
    assert items["end of arrivals"]["status"] == items["volume"]["status"] == "PASS"


def test_arrivals_that_go_on_have_no_end(written: Write) -> None:
    for seed in range(3):
        items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(deals(seed))))
        assert items["end of arrivals"]["status"] == items["open records"]["status"] == "PASS"


def test_an_export_by_close_date_is_known_by_its_missing_open_records(written: Write) -> None:
    rows = [row for row in deals(2) if dt.date(2026, 3, 1) <= row[1] <= LAST]
    items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
    assert items["open records"]["status"] == "FAIL"
    assert 150 < items["open records"]["numbers"]["expected_open"] < 250  # five a day for forty days
    assert items["identification"]["status"] == "REVIEW"
    assert "changes of volume" not in items
    assert "changes of conversion" not in items


def test_all_records_may_be_closed_when_the_last_ones_are_old(written: Write) -> None:
    rows = [row for row in deals(3, days=6.0) if row[0] <= dt.date(2026, 10, 31)]
    items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
    assert items["open records"]["status"] == "PASS"


def test_weeks_without_recorded_wins_are_no_change_of_conversion_and_leave_no_zombies(written: Write) -> None:
    begins = dt.date(2026, 7, 1)
    rows = [(a, dt.date(2027, 6, 1) if won and end < begins else end, won) for a, end, won in deals(4, days=10.0)]
    items = items_of(written(DEALS.replace("STATED", "recorded_from: {won: 2026-07-01},"), crm__csv=table(rows)))
    assert {items[name]["status"] for name in ("recording starts", "conversion", "zombies")} == {"PASS"}
    items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
    assert items["recording starts"]["status"] == "FAIL"
    assert items["zombies"]["status"] == "REVIEW"


@pytest.mark.parametrize(
    "empty",
    ["1970-01-01", "1900-01-01", "1899-12-30", "0001-01-01", "1753-01-01", "2000-01-01", "2099-12-31", "9999-12-31"],
)
def test_an_empty_date_is_reported_and_counts_nowhere(empty: str, written: Write) -> None:
    rows = deals(5)
    clean = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
    others = "".join(f"x{i},{empty},,2026-0{1 + i % 9}-10\n" for i in range(12)) + f"y,2026-05-05,{empty},2026-06-05\n"
    items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows) + others))
    names = (f"crm: rows whose `{column}` is a placeholder for an empty date" for column in ("created", "won"))
    made, won = (items[name] for name in names)
    assert (made["status"], made["numbers"]["rows"], won["numbers"]["rows"]) == ("REVIEW", 12, 1)
    assert empty in made["finding"]
    assert items["missing starts"]["numbers"]["begin"] == {"lost": 12}
    for name in ("span", "records before the start", "volume", "conversion"):
        assert items[name]["status"] == clean[name]["status"], name
    assert items["span"]["numbers"] == clean["span"]["numbers"]


def test_events_on_an_empty_date_are_left_out(written: Write) -> None:
    mapping = DEALS[: DEALS.index("sources")] + (
        "sources: {crm: {file: crm.csv, shape: events, record: id, time: at, recorded: typed, stage: stage}}"
    )
    log = "id,at,typed,stage\na,1970-01-01,,talk\na,2026-03-01,9999-12-31,lost\nb,2026-01-05,0001-01-01,talk\n"
    items = items_of(written(mapping, crm__csv=log))
    assert items["crm: rows whose `at` is a placeholder for an empty date"]["numbers"]["rows"] == 1
    assert items["crm: rows whose `typed` is a placeholder for an empty date"]["numbers"]["rows"] == 2
    assert items["rows"]["numbers"]["visits"] == 2
    assert items["missing starts"]["numbers"] == {"undated": 1, "begin": {"lost": 1}}


def test_a_new_year_among_other_days_is_a_day(written: Write) -> None:
    rows = "id,created,won,lost\na,2001-01-01,,\nb,2001-05-01,,\nc,2004-01-01,,2004-05-01\n"
    items = items_of(written(DEALS.replace("STATED", "").replace("2026", "2004"), crm__csv=rows))
    assert items["span"]["numbers"]["first"] == "2001-01-01 00:00:00"


def test_recorded_days_are_those_of_the_shortest_source(written: Write) -> None:
    text = DEALS.replace("STATED", "recorded_from: {won: 2026-02-01}, recorded_until: 2026-11-30,")
    more = "  more: {file: crm.csv, shape: wide, record: id, recorded_until: {won: 2026-10-31}, stages: {won: won}}\n"
    text = (
        text.replace("sources: {crm: ", "sources:\n  crm: ")
        .replace("}}}\n", "}}\n")
        .replace("lost: lost}}\n", "lost: lost}}\n" + more)
    )
    found = recorded(load_mapping(written(text, crm__csv="id\n")))
    day = dt.date
    assert found["talk"] == Recorded(None, day(2026, 11, 30))
    assert found["won"] == Recorded(day(2026, 2, 1), day(2026, 10, 31))


def test_an_audit_of_a_day_is_that_of_an_export_of_that_day(tmp_path: Path) -> None:
    """Whatever became known later changes no finding: the oracle is the file without the later rows."""
    history = generate_history(load_scenario_text(LOOPS.replace("120 per month", "500 per month")).model, seed=7)
    make_mess(history, {"late_entries": 0.1, "duplicates": 0.03, "reopened": 0.05}, seed=8)
    write_export(SHAPES["events"](history), tmp_path, "csv")
    path, events, day = tmp_path / "history.yaml", tmp_path / "events.csv", dt.date(2027, 4, 30)
    with open_history(path) as read:
        audit(read)  # what it notes of later days is not known to the next one
        then = {item.name: item.as_dict() for item in audit(read, day).items}
    header, *rows = events.read_text().splitlines()
    recorded_at = [i for i, name in enumerate(header.split(",")) if name in ("time", "recorded", "at", "recorded_at")]
    early = [row for row in rows if max(row.split(",")[i] for i in recorded_at)[:10] <= str(day)]
    assert 0.2 * len(rows) < len(early) < 0.8 * len(rows)
    events.write_text("\n".join([header, *early]) + "\n")
    path.write_text(path.read_text().replace("as_of: 2027-09-30", f"as_of: {day}"))
    now = items_of(path)
    of_the_file = {name for name in (*then, *now) if name == "rows" or ": rows " in name}
    assert then.keys() - of_the_file == now.keys() - of_the_file
    for name in now.keys() - of_the_file:
        assert then[name] == now[name], name


def test_values_known_later_are_not_known_in_findings(written: Write) -> None:
    mapping = DEALS.replace(
        "STATED", "amount: {column: worth, known: won}, attributes: {region: {column: region, known: won}},"
    )
    rows = "id,created,won,lost,worth,region\n" + "".join(
        f"{i},2026-0{1 + i % 3}-10,{f'2026-0{4 + 4 * (i % 2)}-20' if i % 3 else ''},,9,north\n" for i in range(240)
    )
    path = written(mapping, crm__csv=rows)
    early, later = items_of(path, dt.date(2026, 4, 10)), items_of(path)
    assert early["leaks"]["numbers"]["known"] == {}
    assert "no source states amounts" in early["amounts"]["finding"]
    then = items_of(path, dt.date(2026, 5, 1))["leaks"]["numbers"]["known"]["region"]
    assert then == {"open": 0.0, "won": 1.0}
    assert later["leaks"]["numbers"]["known"]["region"]["won"] == 1.0


def test_closes_that_are_dated_by_creation_are_found(written: Write) -> None:
    for late, status in ((0.0, "FAIL"), (0.5, "REVIEW"), (1.0, "PASS")):
        rows = [(made, end if i < late * 1825 else made, won) for i, (made, end, won) in enumerate(deals(6))]
        items = items_of(written(DEALS.replace("STATED", ""), crm__csv=table(rows)))
        assert items["durations"]["status"] == status
