"""Whatever is wrong with an export: an error that names its place, or a fix that is counted. Never silence."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet

from rpmsim.errors import InputError
from rpmsim.history import open_history
from rpmsim.text.unpacking import Most
from tests.unit.history.conftest import Write, fault_of, repairs_of, rows_of

MAPPING = """\
as_of: 2027-03-31
time_zone: Europe/Berlin
rates: {USD: 0.5}
stages: {lead: {enters: yes, to: [won, lost]}}
sources:
  events: {file: events.csv, shape: events, record: id, stage: stage, time: time, amount: amount, MORE}
"""
HEADER = "id,stage,time,amount\n"


def mapping(more: str = "", file: str = "events.csv") -> str:
    return MAPPING.replace(", MORE", f", {more}" if more else "").replace("events.csv", file)


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        ("", "is empty"),
        ("\n\n", "has no header"),
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page, not a table"),
        ("\ufeff\n<html>", "is a web page, not a table"),
        (b"PK\x03\x04rest", "is a binary file, not CSV"),
        ((HEADER + "a,lead,2027-01-05,1\n").encode("utf-16"), "is encoded in UTF-16"),
        (HEADER.encode() + b"a\xe9,lead,2027-01-05,1\n", "a byte is not utf-8"),
        ("id,stage,tme,amount\na,lead,2027-01-05,1\n", "has no column `time`; did you mean `tme`?"),
        (HEADER + "a,lead\n", "line"),
        (HEADER + 'a,"lead,2027-01-05,1\n', "quote"),
        (
            HEADER + "a,lead,05.01.2027,1\nb,lead,16.01.2027,1\n",
            "row 1: no time in `time` matches `iso` (2026-02-23 20:55), such as `05.01.2027`; write",
        ),
        (HEADER + "a,laed,2027-01-05,1\n", "row 1: the stage `laed` is not assigned to any stage (1 rows)"),
        (HEADER + "a,lead,2027-01-05,£7\n", "row 1: 1 amounts are in `GBP`, which has no rate"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_a_error_says_what_and_where(content: str | bytes, reported: str, written: Write) -> None:
    message = fault_of(written(mapping(), events__csv=content))
    assert reported in message
    assert "events.csv" in message
    assert "; " in message  # a fix


@pytest.mark.parametrize(
    ("row", "kind", "example"),
    [
        ("b,lead,31.02.2027,1", "with a time that cannot be read", "row 2: `31.02.2027`"),
        ("b,lead,,1", "without a time", "row 2: `b`"),
        (",lead,2027-01-05,1", "without an id", "row 2"),
        ("b,lead,2027-05-01,1", "dated after `as_of`", "row 2: `2027-05-01 00:00:00`"),
        ("b,lead,2027-01-05,=1+1", "with an amount that cannot be read", "row 2: `=1+1`"),
        ("=A1,lead,2027-01-05,1", "with a formula as id or owner", "row 2: `=A1`"),
        ("b,lead,2027-01-05,#REF!", "with an amount that cannot be read", "row 2: `#REF!`"),
        ('b,lead,2027-01-05,"1,5"', "with an amount that cannot be read", "row 2: `1,5`"),
        ('b,lead,2027-01-05,"€1,200.50"', "with an amount written as text", "row 2: `€1,200.50`"),
        ("b,lead,2027-01-05,USD 12", "with an amount in another currency", "row 2: `12.00 USD`"),
    ],
)
def test_a_fix_is_counted_and_names_its_row(row: str, kind: str, example: str, written: Write) -> None:
    found = repairs_of(written(mapping(), events__csv=HEADER + f"a,lead,2027-01-05,1\n{row}\n"))
    assert found[kind].rows == 1
    assert found[kind].examples == (example,)


def test_a_time_with_an_offset_among_others_is_reported(written: Write) -> None:
    rows = HEADER + "a,lead,2027-01-05T23:30:00Z,1\nb,lead,2027-01-05 23:30:00,1\n"
    path = written(mapping("time_zone: America/New_York"), events__csv=rows)
    assert [str(row[3]) for row in rows_of(path)] == ["2027-01-06 00:30:00", "2027-01-06 05:30:00"]
    fix = repairs_of(path)["with a time without an offset, although others have one"]
    assert (fix.rows, fix.done) == (1, "assumed to be in America/New_York; 1 have an offset")


@pytest.mark.parametrize(
    ("dates", "cell", "time"),
    [
        ("iso", "2027-01-05", "2027-01-05 00:00:00"),
        ("iso", "2027-01-05T10:20:30.000+0000", "2027-01-05 11:20:30"),
        ("day first", "05.02.2027 10:20", "2027-02-05 10:20:00"),
        ("day first", "5/2/2027", "2027-02-05 00:00:00"),
        ("month first", "2/5/2027 7:05 PM", "2027-02-05 19:05:00"),
        ("seconds", "1800000000", "2027-01-15 09:00:00"),
        ("milliseconds", "1800000000000", "2027-01-15 09:00:00"),
        ("excel", "46403.5", "2027-01-16 12:00:00"),
        ('"%Y%m%d"', "20270105", "2027-01-05 00:00:00"),
    ],
)
def test_dates_as_they_are_written(dates: str, cell: str, time: str, written: Write) -> None:
    path = written(mapping(f"dates: {dates}"), events__csv=HEADER + f"a,lead,{cell},1\n")
    assert [str(row[3]) for row in rows_of(path)] == [time]


@pytest.mark.parametrize(
    ("decimal", "cell", "amount"),
    [
        ("point", "1200", "1200.00"),
        ("point", "$1,200.50", None),
        ("point", "(300)", "-300.00"),
        ("point", "1 200 €", "1200.00"),
        ("comma", "1.200,50 €", "1200.50"),
        ("comma", "1200", "1200.00"),
        ("comma", "1.200", "1200.00"),
        ("point", "12abc", None),
    ],
)
def test_amounts_as_they_are_written(decimal: str, cell: str, amount: str | None, written: Write) -> None:
    path = written(mapping(f"decimal: {decimal}"), events__csv=HEADER + f'a,lead,2027-01-05,"{cell}"\n')
    (row,) = rows_of(path)
    wanted = "600.25" if cell == "$1,200.50" else amount  # dollars at the stated rate
    assert (None if row[9] is None else str(row[9])) == wanted


def test_three_events_a_visit_are_noticed(written: Write) -> None:
    from rpmsim.history.audit import audit

    lines = [f"{i},lead,2027-01-0{1 + i % 5} {hour}:00,1" for i in range(60) for hour in ("08", "09", "10")]
    with open_history(written(mapping(), events__csv=HEADER + "\n".join(lines) + "\n")) as history:
        item = next(item for item in audit(history).items if item.name == "loops")
    assert item.status == "FAIL"
    assert "if there are several rows per visit, choose one with `where`" in item.todo


def test_other_encodings_and_delimiters(written: Write) -> None:
    text = "id;stage;time;amount\né;lead;2027-01-05;1\n"
    for encoding, name in (("latin-1", "latin-1"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16")):
        path = written(mapping(f"encoding: {name}"), events__csv=text.encode(encoding))
        assert [row[0] for row in rows_of(path)] == ["é"]


def test_gzip_is_read_and_a_bomb_is_not(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from rpmsim.history import found_files

    packed = gzip.compress((HEADER + "a,lead,2027-01-05,1\n").encode())
    assert len(rows_of(written(mapping(file="e.csv.gz"), e__csv__gz=packed))) == 1
    monkeypatch.setattr(found_files, "SURELY_NO_BOMB", 100_000)
    bomb = gzip.compress((HEADER + "a,lead,2027-01-05,1\n" * 500_000).encode())
    assert "a zip bomb?" in fault_of(written(mapping(file="e.csv.gz"), e__csv__gz=bomb))
    assert "broken gzip file" in fault_of(written(mapping(file="e.csv.gz"), e__csv__gz=packed[:-12]))


def workbook(*rows: tuple[object, ...]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"default_date_format": "yyyy-mm-dd", "in_memory": True}) as book:
        book.add_worksheet("About")
        sheet = book.add_worksheet("Leads")
        for i, row in enumerate(rows):
            for k, cell in enumerate(row):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(i, k, cell, None, 42)
                else:
                    sheet.write(i, k, cell)
    return data.getvalue()


def test_a_workbook_is_read_with_the_values_of_its_formulas(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from rpmsim.history import found_files

    data = workbook(
        ("id", "stage", "time", "amount"), ("a", "lead", "2027-01-05", "=40+2"), (7, "lead", "2027-01-06", 1)
    )
    path = written(mapping("sheet: Leads", "leads.xlsx"), leads__xlsx=data)
    assert [(row[0], str(row[9])) for row in rows_of(path)] == [("7", "1.00"), ("a", "42.00")]
    assert "no sheet `Leeds`; did you mean `Leads`?" in fault_of(written(mapping("sheet: Leeds", "leads.xlsx")))
    monkeypatch.setattr(found_files, "MOST_IN_WORKBOOK", Most(unpacked=1000, cells=10, characters=10))
    assert "unpacks to more than 1,000 bytes" in fault_of(path)


def test_a_zip_that_is_no_workbook(written: Write) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("readme.txt", "hello")
    reported = fault_of(written(mapping(file="x.xlsx"), x__xlsx=data.getvalue()))
    assert "is not a workbook, but a zip file of another kind" in reported
    assert "is not a workbook" in fault_of(written(mapping(file="x.xlsx"), x__xlsx=b"hello"))


def test_a_duckdb_file_by_table_and_by_query(written: Write, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as con:
        con.execute("CREATE TABLE events (id INTEGER, stage VARCHAR, time TIMESTAMP, amount DOUBLE)")
        con.execute("INSERT INTO events VALUES (1, 'lead', '2027-01-05 10:00', 12.5), (2, 'lead', '2027-01-06', NULL)")
    by_table = mapping("table: events", "crm.duckdb")
    by_query = mapping("query: select * from events where amount is not null", "crm.duckdb")
    assert [row[0] for row in rows_of(written(by_table))] == ["1", "2"]
    assert [(row[0], str(row[9])) for row in rows_of(written(by_query))] == [("1", "12.50")]


@pytest.mark.parametrize(
    "query",
    [
        "drop table events",
        "select 1; select 2",
        "select * from read_csv('/etc/hostname', auto_detect = true)",
        "copy events to 'stolen.csv'",
        "select * from 'secret.csv'",
        "select * from nowhere",
    ],
)
def test_a_query_may_read_its_own_file_only(query: str, written: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("id,stage,time,amount\na,lead,2027-01-05,1\n", encoding="utf-8")
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as con:
        con.execute("CREATE TABLE events (id INTEGER, stage VARCHAR, time TIMESTAMP, amount DOUBLE)")
    assert fault_of(written(mapping(f'query: "{query}"', "crm.duckdb")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crm.duckdb", "history.yaml", "secret.csv"]


@pytest.mark.parametrize(
    ("file", "reported"),
    [
        ("/etc/passwd", "is not a relative path"),
        ("../events.csv", "is not a relative path"),
        ("link.csv", "leads out of the folder"),
        ("missing.csv", "is not there"),
        ("events.pdf", "has the unsupported extension `.pdf`"),
    ],
)
def test_sources_lie_beside_the_mapping(file: str, reported: str, written: Write, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    (tmp_path / "events.pdf").write_text("x", encoding="utf-8")
    assert reported in fault_of(written(mapping(file=file)))


def test_a_column_may_be_called_anything(written: Write) -> None:
    """Also like our own columns, and like SQL."""
    header = 'record,stage,happened,known,written_time,good,select,"a ""b"""\n'
    text = """\
as_of: 2027-03-31
stages: {lead: {enters: yes, to: [won]}}
sources:
  events:
    {file: events.csv, shape: events, record: 'a "b"', stage: known, time: written_time, owner: good, channel: select}
"""
    path = written(text, events__csv=header + "1,x,y,lead,2027-01-05,ann,web,9\n")
    assert [(row[0], row[2], row[6], row[8]) for row in rows_of(path)] == [("9", "lead", "web", "ann")]


def test_merged_deleted_and_test_records(written: Write) -> None:
    text = mapping('merged_into: master, without: {deleted: true, mail: "*@test.com"}')
    rows = "id,stage,time,amount,master,deleted,mail\n"
    rows += "a,lead,2027-01-05,1,,false,x@y.z\nb,won,2027-02-05,1,a,false,x@y.z\n"
    rows += "c,lead,2027-01-05,1,,TRUE,x@y.z\nd,lead,2027-01-05,1,,false,me@test.com\n"
    path = written(text, events__csv=rows)
    assert [(row[0], row[2], row[5]) for row in rows_of(path)] == [("a", "lead", "won"), ("a", "won", None)]
    assert repairs_of(path)["excluded by `without`"].rows == 2


def test_first_touch_wins(written: Write) -> None:
    text = """\
as_of: 2027-03-31
stages: {lead: {enters: yes, to: [deal]}, deal: {kind: opportunity, to: [won]}}
sources:
  leads: {file: leads.csv, shape: wide, object: lead, record: id, stages: {lead: created}, channel: source}
  deals: {file: deals.csv, shape: wide, object: deal, record: id, stages: {deal: created, won: won}, channel: source}
links:
  - {file: links.csv, from: {lead: lead}, to: {contact: contact}}
  - {file: deals.csv, from: {contact: contact}, to: {deal: id}}
"""
    leads = "id,created,source\n1,2027-01-10,web\n2,2027-01-05,event\n3,2027-01-01,mail\n"
    links = "lead,contact\n1,c1\n2,c1\n3,c3\n"
    deals = "id,created,won,contact,source\n1,2027-02-01,2027-03-01,c1,sales\n2,2027-02-10,,c1,sales\n"
    with open_history(written(text, leads__csv=leads, links__csv=links, deals__csv=deals)) as history:
        view = history.as_of()
        assert [(row[0], row[2], row[6]) for row in view.rows()] == [
            ("deal/2", "deal", "sales"),
            ("lead/1", "lead", "web"),
            ("lead/2", "lead", "event"),
            ("lead/2", "deal", "event"),
            ("lead/2", "won", "event"),
            ("lead/3", "lead", "mail"),
        ]
        assert view.corrections["records with several predecessors: the first touch wins"] == 2
        assert view.corrections["more records of the same predecessor, kept as separate records"] == 1
        early = history.as_of(history.mapping.as_of.replace(month=1, day=20))
        assert [row[0] for row in early.rows()] == ["lead/1", "lead/2", "lead/3"]


ROW = "a,lead,2027-01-05,7\n"


@pytest.mark.parametrize("name", ["deals[1].csv", "deals?.csv", "d[a-z]als.csv", "deals[!1].csv"])
def test_only_the_star_of_a_mapping_is_a_pattern(name: str, written: Write, tmp_path: Path) -> None:
    (tmp_path / "deals1.csv").write_text(HEADER + ROW * 3, encoding="utf-8")
    (tmp_path / name).write_text(HEADER + "b,lead,2027-01-06,1\n", encoding="utf-8")
    assert [row[0] for row in rows_of(written(mapping(file=f'"{name}"')))] == ["b"]


def test_a_star_beside_brackets(written: Write, tmp_path: Path) -> None:
    for name, key in (("part[1] a.csv", "b"), ("part[1] b.csv", "c"), ("part1 a.csv", "x")):
        (tmp_path / name).write_text(HEADER + f"{key},lead,2027-01-06,1\n", encoding="utf-8")
    assert [row[0] for row in rows_of(written(mapping(file='"part[1]*.csv"')))] == ["b", "c"]


def test_a_folder_whose_name_is_like_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "crm [old] year=2026"
    folder.mkdir()
    (folder / "events.csv").write_text(HEADER + ROW, encoding="utf-8")
    (folder / "history.yaml").write_text(mapping(), encoding="utf-8")
    assert [row[0] for row in rows_of(folder / "history.yaml")] == ["a"]


@pytest.mark.parametrize("second", ["amount", "Amount", "AMOUNT "])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_two_columns_of_one_heading(kind: str, second: str, written: Write, tmp_path: Path) -> None:
    """Refused where the mapping reads one of them; their places distinguish them."""
    head = ("id", "stage", "time", "amount", "note", second)
    row = ("a", "lead", "2027-01-05", "7", "", "9")
    file = f"e.{kind}"
    if kind == "parquet":
        parquet.write_table(pa.Table.from_arrays([pa.array([v]) for v in row], names=head), tmp_path / file)
    elif kind == "xlsx":
        (tmp_path / file).write_bytes(one_sheet(head, row))
    else:
        (tmp_path / file).write_text(",".join(head) + "\n" + ",".join(row) + "\n", encoding="utf-8")
    reported = fault_of(written(mapping(file=file)))
    assert file in reported
    assert f"2 columns with the heading `amount`: `amount (column 4)`, `{second.strip()} (column 6)`" in reported
    by_place = mapping(file=file).replace("amount: amount", f'amount: "{second.strip()} (column 6)"')
    assert [str(row[9]) for row in rows_of(written(by_place))] == ["9.00"]
    unnamed = mapping(file=file).replace(", amount: amount", "")
    assert repairs_of(written(unnamed))["in columns with the same heading"].done.endswith("(column 6)")


def one_sheet(*rows: tuple[object, ...]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    return data.getvalue()


def test_columns_without_a_heading_and_titles_are_passed_over(written: Write) -> None:
    data = one_sheet(
        ("All deals of 2027",),
        (),
        ("", "id", "", "stage", "time", "amount"),
        ("note", "a", "x", "lead", "2027-01-05", 7),
        ("", "b", "", "lead", "2027-01-06", 8, "next to the table:"),
    )
    path = written(mapping(file="e.xlsx"), e__xlsx=data)
    assert [(row[0], str(row[9])) for row in rows_of(path)] == [("a", "7.00"), ("b", "8.00")]


def test_headings_that_stand_below(written: Write) -> None:
    csv = "Export,2027\n\nid,stage,time,amount\n" + ROW
    reported = fault_of(written(mapping(), events__csv=csv))
    assert "no column `id`; delete the lines above line 3, which has the headings" in reported


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_csv_column_without_a_heading(blank: str, written: Write) -> None:
    csv = f"id,{blank},stage,time,amount,{blank}\na,x,lead,2027-01-05,7,y\n"
    assert [row[0] for row in rows_of(written(mapping(), events__csv=csv))] == ["a"]


def test_a_parquet_file_of_more_rows_than_bytes(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rpmsim.history import source_rows

    monkeypatch.setattr(source_rows, "MOST_ROWS_OF_ANY", 1000)
    rows = "SELECT 'a' AS id, 'lead' AS stage, DATE '2027-01-05' AS time, 1 AS amount FROM range(50000)"
    duckdb.sql(f"COPY ({rows}) TO '{tmp_path / 'e.parquet'}'")
    assert "contains 50,000 rows in" in fault_of(written(mapping(file="e.parquet")))


@pytest.mark.parametrize(
    ("size", "reported"), [(1_500_000, "1,500,000 bytes in one cell"), (60_000, "unpacks to 300,")]
)
def test_a_long_text_that_a_parquet_file_repeats(size: int, reported: str, written: Write, tmp_path: Path) -> None:
    rows = 5_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
    day = pa.array(["2027-01-05"] * rows)
    columns = [pa.array([str(i) for i in range(rows)]), texts, day, pa.array(["1"] * rows)]
    parquet.write_table(pa.Table.from_arrays(columns, names=["id", "stage", "time", "amount"]), tmp_path / "e.parquet")
    assert reported in fault_of(written(mapping(file="e.parquet")))


def test_cells_reach_no_file_as_they_stand(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names in a history may hold anything; what steers a terminal or a page is written out."""
    from rpmsim.cli import program

    rows = [f"a{i}\x1b[31m,lead,2027-01-{1 + i % 28:02d},1,c\x1b[2J\u202e{i % 3}<b>![x](http://e)|`" for i in range(60)]
    bad = "b\u202e,lead,31.\x1b[2J.2027,1\x9b,x"
    csv = "id,stage,time,amount,channel\n" + "\n".join([*rows, bad]) + "\n"
    path = written(mapping("channel: channel").replace("as_of:", 'name: "x"\nas_of:'), events__csv=csv)
    monkeypatch.chdir(tmp_path)
    assert program._exit_code(["audit", str(path), "--out", "out"]) == 0
    steering = set("\x1b\x9b\u202e")
    for name in ("audit.md", "audit.json", "levels.svg", "stages.svg"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert not steering & set(text), name
        assert name != "audit.md" or ("](http" not in text and "<b>" not in text)
        assert name[-3:] != "svg" or ET.fromstring(text) is not None
    capfd.readouterr()


def test_a_damaged_parquet_file(written: Write, tmp_path: Path) -> None:
    """Whatever bytes are other ones: it is read, or said to be damaged, or to lack what the mapping names."""
    columns = [pa.array([str(i) for i in range(50)]), *(pa.array([each] * 50) for each in ("lead", "2027-01-05", "1"))]
    parquet.write_table(pa.Table.from_arrays(columns, names=["id", "stage", "time", "amount"]), tmp_path / "e.parquet")
    whole = (tmp_path / "e.parquet").read_bytes()
    path = written(mapping(file="e.parquet"))
    chance = random.Random(5)
    reported = []
    for _ in range(15):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 4, 30])):
            data[chance.randrange(4, len(data) - 4)] = chance.randrange(256)
        (tmp_path / "e.parquet").write_bytes(data)
        try:
            rows_of(path)
        except InputError as error:
            reported.append(str(error))
    assert all("e.parquet: " in text and "check the source" not in text for text in reported)
    assert any("is damaged" in text for text in reported)


def test_a_file_that_is_not_there_is_answered_where_it_is_named(written: Write, tmp_path: Path) -> None:
    text = mapping() + "tables: {accounts: {file: accounts.csv, key: id}}\npeople: {file: staff.csv, id: id}\n"
    path = written(text)
    for name, place, line in (
        ("events.csv", "sources.events.file", 6),
        ("accounts.csv", "tables.accounts.file", 7),
        ("staff.csv", "people.file", 8),
    ):
        reported = fault_of(path)
        assert reported.startswith(f"{path}:{line}:")
        assert f"{place}: " in reported
        assert f"{name}` is not there" in reported
        (tmp_path / name).write_text(HEADER + ROW, encoding="utf-8")
