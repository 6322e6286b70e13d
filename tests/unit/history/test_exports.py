"""Standard exports: currencies, close dates, amounts with marks, and the mapping that `init` writes for them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from rpmsim.history import load_mapping, open_history
from rpmsim.history.starters import starter
from tests.unit.history.conftest import Write
from tests.unit.history.test_formats import DEALS, fault_of, repairs_of, rows_of

STATED = {"as_of": "2026-06-30", "time_zone": "UTC", "currency": "USD"}
LEADS = "Id,CreatedDate,Status,ConvertedOpportunityId,ConvertedContactId,ConvertedDate\nL1,2026-01-02,New,,,\n"
OPPORTUNITIES = "Id,CreatedDate,StageName,Amount,CloseDate\nO1,2026-01-03,Closed Won,900,2026-04-28\n"
STEPS = """\
OpportunityId,StageName,Amount,CloseDate,CreatedDate
O1,Prospecting,900,2026-05-31,2026-01-03T08:00:00Z
O1,Negotiation,900,2026-05-31,2026-04-29T08:00:00Z
O1,Closed Won,900,2026-04-27,2026-05-04T08:00:00Z
O1,Closed Won,950,2026-04-28,2026-05-06T08:00:00Z
"""


def salesforce(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "history.yaml").write_text(starter("salesforce", folder, STATED), encoding="utf-8")
    return folder / "history.yaml"


def in_currency(text: str, *codes: str) -> str:
    """A table with a column of currencies."""
    head, *rows = text.splitlines()
    return "\n".join([f"{head},CurrencyIsoCode", *(f"{r},{c}" for r, c in zip(rows, codes, strict=True))]) + "\n"


def wins(path: Path, day: str) -> list[tuple[str, str, str]]:
    with open_history(path) as history:
        rows = history.as_of(dt.date.fromisoformat(day)).rows()
    return [(row[0], str(row[3])[:10], str(row[9])) for row in rows if row[2] == "won"]  # type: ignore[misc]


def test_a_win_counts_on_its_close_date_and_is_known_when_it_was_typed(tmp_path: Path) -> None:
    path = salesforce(tmp_path, Lead=LEADS, Opportunity=OPPORTUNITIES, OpportunityHistory=STEPS)
    assert wins(path, "2026-05-03") == []
    assert wins(path, "2026-05-04") == [("opportunity/O1", "2026-04-27", "900.00")]
    assert wins(path, "2026-05-05") == [("opportunity/O1", "2026-04-27", "900.00")]
    assert wins(path, "2026-05-06") == [("opportunity/O1", "2026-04-28", "900.00")]  # corrected; 950 came later
    with open_history(path) as history:
        moves = [(row[2], str(row[3])[:10]) for row in history.as_of().rows() if row[0] == "opportunity/O1"]
    assert moves == [("prospecting", "2026-01-03"), ("negotiation", "2026-04-28"), ("won", "2026-04-28")]


@pytest.mark.parametrize(
    ("rows", "moves"),
    [
        (  # typed before it happens: not known before its day
            ["open,05-01,", "Won,05-10,05-20"],
            {"05-15": ["open 05-01"], "05-20": ["open 05-01", "won 05-20"]},
        ),
        (  # the clock of the day on which both were typed stays
            ["open,05-10 09:00,", "Won,05-10 17:00,05-10"],
            {"05-10": ["open 05-10 09:00", "won 05-10 17:00"]},
        ),
        (  # typed as won at once, after the day
            ["Won,05-10,05-02"],
            {"05-09": [], "05-10": ["won 05-02"]},
        ),
        (  # reopened before the day, and lost
            ["open,05-01,", "Won,05-03,05-25", "open,05-08,", "Lost,05-12,05-11"],
            {"05-31": ["open 05-01", "won 05-08", "open 05-08", "lost 05-11"]},
        ),
        (["open,05-01,", "Won,05-03,07-25"], {"06-30": ["open 05-01"]}),  # after the export
        (["open,05-01,", "Won,05-03,"], {"06-30": ["open 05-01", "won 05-03"]}),  # no day: as typed
    ],
)  # fmt: skip
def test_close_dates(rows: list[str], moves: dict[str, list[str]], written: Write) -> None:
    mapping = """\
as_of: 2026-06-30
stages: {open: {kind: opportunity, enters: yes}, won: {names: [Won]}, lost: {names: [Lost]}}
sources:
  moves: {file: moves.csv, shape: values, record: id, stage: stage, time: typed, closed: closed}
"""
    lines = [row.split(",") for row in rows]
    text = "".join(f"x,{stage},2026-{typed},{closed and '2026-' + closed}\n" for stage, typed, closed in lines)
    path = written(mapping, moves__csv="id,stage,typed,closed\n" + text)
    with open_history(path) as history:
        for day, wanted in moves.items():
            found = history.as_of(dt.date.fromisoformat(f"2026-{day}")).rows()
            reported = [f"{row[2]} {row[3]:%m-%d %H:%M}".removesuffix(" 00:00") for row in found]
            assert reported == wanted, day


def test_what_a_wide_row_says_is_not_known_before_it_was_created_or_recorded(written: Write) -> None:
    mapping = DEALS.replace("MORE", "created: made, recorded: typed")
    deals = "id,begun,signed,made,typed\na,2026-01-05,2026-02-05,2026-02-10,\nb,2026-01-05,2026-02-05,,2026-02-20\n"
    with open_history(written(mapping, deals__csv=deals)) as history:
        seen = [{row[0] for row in history.as_of(dt.date(2026, 2, day)).rows()} for day in (9, 10, 19, 20)]
    assert seen == [set(), {"a"}, {"a"}, {"a", "b"}]


def test_the_salesforce_mapping_fits_the_columns_of_the_export(tmp_path: Path) -> None:
    path = salesforce(tmp_path, Lead=LEADS, Opportunity=OPPORTUNITIES)
    text = path.read_text(encoding="utf-8")
    for absent in (
        "OwnerId  ",
        "IsDeleted:",
        "MasterRecordId",
        "segment",
        "CurrencyIsoCode",
        "IsWon",
        "rates",
        "#?",
        "#+",
    ):
        assert absent not in text.split("tasks_of_leads")[0], absent
    assert {row[0] for row in rows_of(path)} == {"lead/L1", "opportunity/O1"}
    bare = starter("salesforce", tmp_path / "nowhere", STATED)
    assert "owner: OwnerId" in bare
    assert "CurrencyIsoCode" not in bare


def test_several_currencies_need_rates_and_one_needs_none(tmp_path: Path) -> None:
    files = {"Lead": LEADS, "Opportunity": in_currency(OPPORTUNITIES, "USD")}
    path = salesforce(tmp_path, **files, OpportunityHistory=in_currency(STEPS, *["USD"] * 4))
    assert wins(path, "2026-06-30") == [("opportunity/O1", "2026-04-28", "900.00")]
    path = salesforce(tmp_path, Opportunity=in_currency(OPPORTUNITIES, "KRW"),
                      OpportunityHistory=in_currency(STEPS, *["KRW"] * 4))  # fmt: skip
    reported = fault_of(path)
    assert "Opportunity.csv: row 1: 1 amounts are in `KRW`, which has no rate; write `rates: {KRW: ...}`" in reported
    path.write_text(path.read_text(encoding="utf-8").replace("rates: {}", "rates: {KRW: 0.5}"), encoding="utf-8")
    assert wins(path, "2026-06-30") == [("opportunity/O1", "2026-04-28", "450.00")]


@pytest.mark.parametrize(
    ("columns", "amount"),
    [
        ("Amount", "amount: {column: Amount, known: Close Date}"),
        ("Amount,Currency", "amount: {column: Amount, known: Close Date, currency: Currency}"),
        (
            "Amount,Currency,Amount in company currency",
            "amount: {column: Amount in company currency, known: Close Date}",
        ),
    ],
)
def test_the_hubspot_mapping_takes_the_amount_that_is_comparable(columns: str, amount: str, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(f"Record ID,Deal Stage,Close Date,{columns}\n", encoding="utf-8")
    text = starter("hubspot", tmp_path, STATED)
    assert text.count("amount: ") == 1
    assert amount in text
    (tmp_path / "history.yaml").write_text(text, encoding="utf-8")
    load_mapping(tmp_path / "history.yaml")


@pytest.mark.parametrize(
    ("heading", "codes", "counted"),
    [
        ("deal_currency", ["USD", "SEK", "SEK"], 3),
        ("unit", ["EUR", "NOK", "EUR"], 1),
        ("unit", ["EUR", "EUR", "EUR"], 0),
        ("team", ["EMEA", "DACH", "UK"], 0),
        ("team", ["ABC", "SEK", "XYZ"], 0),
    ],
)
def test_currencies_that_the_mapping_does_not_read(
    heading: str, codes: list[str], counted: int, written: Write
) -> None:
    mapping = DEALS.replace("MORE", "amount: {column: worth, known: begun}")
    rows = "".join(f"d{i},2026-01-05,,70,{code}\n" for i, code in enumerate(codes))
    path = written(mapping, deals__csv=f"id,begun,signed,worth,{heading}\n{rows}")
    fix = repairs_of(path).get("with another currency")
    assert (fix.rows if fix else 0) == counted
    if fix:
        assert f"write `amount: {{column: worth, currency: {heading}}}` and `rates`" in fix.done
    converted = written(
        mapping.replace("worth", "worth_eur"), deals__csv=f"id,begun,signed,worth_eur,{heading}\n{rows}"
    )
    assert "with another currency" not in repairs_of(converted)


DOT, COMMA = "with three digits after the point of the amount", "with three digits after the comma of the amount"


@pytest.mark.parametrize(
    ("decimal", "cells", "found"),
    [
        ("", ["2.000", "89.999", "€ 700"], {DOT: 2}),
        ("", ["2.000", "12.50", "7.1"], {DOT: 1}),  # mixed: other amounts have cents
        ("", ["2.000", "1.234,50", "12.345.678"], {DOT: 1}),
        ("", ["2.125", "0.5", "3.33333", "9999.125"], {}),  # computed numbers
        ("", ["2,000", "89,999"], {}),
        ("", ["2,000", "7,5", "3,25"], {COMMA: 1}),
        ("", ["2,000", "7.50"], {}),
        ("point", ["2.000", "89.999"], {}),
        ("point", ["2.000", "1.234,50"], {DOT: 1}),
        ("comma", ["2.000", "89.999", "1.234,50"], {}),
        ("comma", ["2,125", "3,5"], {}),
        ("comma", ["2,125", "1,234.50"], {COMMA: 1}),
        ("comma", ["2.125", "3.5", "4.75"], {DOT: 1}),
    ],
)  # fmt: skip
def test_thousands_that_may_be_decimals(decimal: str, cells: list[str], found: dict[str, int], written: Write) -> None:
    more = "amount: {column: worth, known: begun}" + (f", decimal: {decimal}" if decimal else "")
    rows = "".join(f"d{i};2026-01-05;;{cell}\n" for i, cell in enumerate(cells))
    path = written(DEALS.replace("MORE", more), deals__csv="id;begun;signed;worth\n" + rows)
    corrections: dict[str, Any] = repairs_of(path)
    assert {kind: corrections[kind].rows for kind in (DOT, COMMA) if kind in corrections} == found
