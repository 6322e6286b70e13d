"""Tables in files say what the same numbers say inline; broken ones are reported by file, sheet and row."""

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from rpmsim.errors import InputError
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from rpmsim.scenario import load_scenario, load_scenario_text
from tests.unit.scenario.texts import END, edited

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
LEADS: list[list[Any]] = [["month", "inbound", "paid"], *([month, 400 + 10 * i, 90] for i, month in enumerate(MONTHS))]
INLINE = "{" + ", ".join(f"{row[0].replace('2026', '2027')}: {row[1]}" for row in LEADS[1:]) + "}"
PEOPLE: list[list[Any]] = [
    ["name", "role", "segment", "start", "end", "pay"],
    ["Ana Müller", "sdr", "", "2026-03-01", "", "5.5k per month"],
    ["Bo", "sdr", "", "2027-05-01", "2027-09-30", ""],
    ["Cy", "ae", "smb", "", "", "9000 per month"],
]
DEALS: list[list[Any]] = [
    ["id", "stage", "entered", "channel", "segment", "grade", "amount", "label"],
    ["006A1", "opportunity", "2026-12-10", "inbound", "smb", "hot", 40000, "Borg AG"],
    ["006A2", "opportunity", "2026-11-02", "outbound", "enterprise", "cold", "340k", ""],
]
Rows = Sequence[Sequence[Any]]


def write(path: Path, rows: Rows, sheet: str = "Sheet") -> None:
    """Write rows as the file's name says."""
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(str(cell) for cell in row) for row in rows) + "\n", encoding="utf-8")
        return
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(path)


def dated(rows: Rows) -> Rows:
    """The rows with days in place of their names, as a spreadsheet stores them."""

    def cell(value: Any) -> Any:
        text = str(value)
        if text in MONTHS:
            text += "-01"
        return dt.datetime.fromisoformat(text) if text[:3] == "202" and len(text) == 10 else value

    return [[cell(value) for value in row] for row in rows]


Load = Callable[..., Model]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(*edits: tuple[str, str]) -> Model:
        (tmp_path / "plan.yaml").write_text(edited(*edits), encoding="utf-8")
        return load_scenario(tmp_path / "plan.yaml").model

    return load


def role_of(model: Model, name: str) -> Role:
    return next(role for role in model.content.roles if role.name == name)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xlsx with days"])
class TestTheSameAsInline:
    def file(self, folder: Path, name: str, rows: Rows, kind: str) -> str:
        file = f"{name}.{kind[:4].strip()}"
        write(folder / file, dated(rows) if "days" in kind else rows)
        return file

    def test_leads_of_last_year(self, tmp_path: Path, load: Load, kind: str) -> None:
        file = self.file(tmp_path, "leads", LEADS, kind)
        expected = load(("leads: 40 per week", f"leads: {INLINE}, change: +8%"))
        assert load(("leads: 40 per week", f"leads: {file}, shift: 1 year, change: +8%")) == expected
        long = f"leads: {{table: {file}, column: inbound, shift: 12 months}}, change: +8%"
        assert load(("leads: 40 per week", long)) == expected

    def test_change_and_scale_of_every_number(self, tmp_path: Path, load: Load, kind: str) -> None:
        file = self.file(tmp_path, "leads", LEADS, kind)
        said = f"leads: {{table: {file}, shift: 1 year, scale: 10, change: -50%}}"
        rows = {day: number.mid for day, number in load(("leads: 40 per week", said)).content.channels[0].by_month}
        assert rows[dt.date(2027, 3, 1)] == 2100.0
        said = f"leads: {file}, shift: 1 year, scale: 5"
        assert rows == {
            day: number.mid for day, number in load(("leads: 40 per week", said)).content.channels[0].by_month
        }

    def test_people(self, tmp_path: Path, load: Load, kind: str) -> None:
        file = self.file(tmp_path, "people", PEOPLE, kind)
        inline = "{Ana Müller: {start: 2026-03-01, pay: 5.5k per month}, Bo: {start: 2027-05-01, end: 2027-09-30}}"
        expected = load(("sdr: {heads: 6,", f"sdr: {{team: {inline},"))
        model = load(("sdr: {heads: 6,", f"sdr: {{team: {file},"), ("ae: {heads: 4,", f"ae: {{team: {file},"))
        assert role_of(model, "sdr").team == role_of(expected, "sdr").team
        assert [person.name for person in role_of(model, "ae").team] == ["Cy"]

    def test_open_deals(self, tmp_path: Path, load: Load, kind: str) -> None:
        file = self.file(tmp_path, "deals", DEALS, kind)
        keys = DEALS[0]
        records = [{k: v for k, v in zip(keys, row, strict=True) if v != ""} for row in DEALS[1:]]
        inline = ", ".join("{" + ", ".join(f"{k}: {v}" for k, v in record.items()) + "}" for record in records)
        assert load((END, f"open: {file}")) == load((END, f"open: [{inline}]"))

    def test_hires_costs_targets_spend(self, tmp_path: Path, load: Load, kind: str) -> None:
        rows = [["when", "ae", "events", "bookings"], ["2027-03", 2, "", ""], ["2027-06", "", "20k", "1.1M"]]
        file = self.file(tmp_path, "plan", rows, kind)
        edits = (
            ("ae: {heads: 4,", "ae: {heads: 4, hires: %s,"),
            (END, "costs: {events: {months: %s}}\ntargets: {bookings: %s}"),
        )
        inline = ("{2027-03: 2}", "{2027-06: 20k}", "{2027-06: 1.1M}")
        from_file = load((edits[0][0], edits[0][1] % file), (edits[1][0], edits[1][1] % (file, file)))
        assert from_file == load((edits[0][0], edits[0][1] % inline[0]), (edits[1][0], edits[1][1] % inline[1:]))

    def test_actuals(self, tmp_path: Path, load: Load, kind: str) -> None:
        rows = [["period", "metric", "value"], ["2026-11", "bookings", "1.2M"], ["2026-Q3", "wins", 31]]
        file = self.file(tmp_path, "actuals", rows, kind)
        expected = load((END, "actuals: {bookings: {2026-11: 1.2M}, wins: {2026-Q3: 31}}"))
        assert load((END, f"actuals: {file}")) == expected
        assert len(expected.actuals) == 2


def test_tables_as_text_and_as_map(load: Load) -> None:
    expected = load(("leads: 40 per week", f"leads: {INLINE}"))
    text = "month,inbound\\n" + "".join(f"{row[0]},{row[1]}\\n" for row in LEADS[1:])
    assert load(("leads: 40 per week", f'leads: "{text}", shift: 1 year')) == expected
    rows = "{" + ", ".join(f"{row[0]}: {row[1]}" for row in LEADS[1:]) + "}"
    assert load(("leads: 40 per week", f"leads: {{table: {rows}, shift: 1 year}}")) == expected


def test_a_what_if_changes_a_table(tmp_path: Path) -> None:
    write(tmp_path / "leads.csv", LEADS)
    (tmp_path / "base.yaml").write_text(
        edited(("leads: 40 per week", "leads: leads.csv, shift: 1 year")), encoding="utf-8"
    )
    (tmp_path / "what_if.yaml").write_text(
        "extends: base.yaml\nchannels: {inbound: {leads: {2027-02: 999}, change: -20%}}\n", encoding="utf-8"
    )
    scenario = load_scenario(tmp_path / "what_if.yaml")
    channel = scenario.model.content.channels[0]
    assert [number.mid for _, number in channel.by_month][:3] == [400.0, 999.0, 420.0]
    assert channel.change.mid == 0.8
    leaf = next(leaf for leaf in scenario.leaves() if leaf.path == "channels.inbound.leads.2027-03")
    assert (Path(leaf.file).name, leaf.line) == ("leads.csv", 4)
    assert [Path(file.path).name for file in scenario.files] == ["base.yaml", "leads.csv", "what_if.yaml"]


def test_the_resolved_text_needs_no_file(tmp_path: Path) -> None:
    write(tmp_path / "leads.xlsx", LEADS)
    write(tmp_path / "people.csv", PEOPLE)
    write(tmp_path / "deals.xlsx", DEALS)
    edits = (("leads: 40 per week", "leads: leads.xlsx, shift: 1 year"), ("sdr: {heads: 6,", "sdr: {team: people.csv,"))
    (tmp_path / "plan.yaml").write_text(edited(*edits, (END, "open: deals.xlsx")), encoding="utf-8")
    scenario = load_scenario(tmp_path / "plan.yaml")
    assert load_scenario_text(scenario.resolved_text(), "again").model == scenario.model


def test_a_file_is_read_once_for_all_that_name_it(tmp_path: Path) -> None:
    write(tmp_path / "people.csv", PEOPLE)
    edits = (("sdr: {heads: 6,", "sdr: {team: people.csv,"), ("ae: {heads: 4,", "ae: {team: people.csv,"))
    (tmp_path / "plan.yaml").write_text(edited(*edits), encoding="utf-8")
    assert [Path(file.path).name for file in load_scenario(tmp_path / "plan.yaml").files] == ["plan.yaml", "people.csv"]


def test_people_whom_nobody_takes_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "people.csv", [*PEOPLE, ["Di", "csm", "", "", "", ""]])
    (tmp_path / "plan.yaml").write_text(edited(("sdr: {heads: 6,", "sdr: {team: people.csv,")), encoding="utf-8")
    warnings = "\n".join(load_scenario(tmp_path / "plan.yaml").warnings)
    assert "1 person of the role `ae` is in no team; write `team: people.csv` in `roles.ae`" in warnings
    assert "`csm`" in warnings


def test_words_of_another_system(tmp_path: Path, load: Load) -> None:
    write(tmp_path / "hr.csv", [["Name", "Role", "Segment"], ["Ana", "AE", "enterprise"], ["Bo", "AE", "smb"]])
    model = load(("ae_enterprise: {heads: 4,", "ae_enterprise: {team: {table: hr.csv, role: AE, segment: enterprise},"))
    assert [person.name for person in role_of(model, "ae_enterprise").team] == ["Ana"]


def test_months_without_a_number_are_warned_about(tmp_path: Path) -> None:
    write(tmp_path / "leads.csv", LEADS)
    (tmp_path / "plan.yaml").write_text(edited(("leads: 40 per week", "leads: leads.csv")), encoding="utf-8")
    warning = next(w for w in load_scenario(tmp_path / "plan.yaml").warnings if "table" in w)
    assert "no number for 12 of 12 months (2027-01 to 2027-12), which bring no leads" in warning


def said(folder: Path, place: str, file: str) -> str:
    """What is reported where a scenario names a file."""
    edits = {
        "leads": ("leads: 40 per week", f"leads: {file}, shift: 1 year"),
        "team": ("sdr: {heads: 6,", f"sdr: {{team: {file},"),
        "open": (END, f"open: {file}"),
        "actuals": (END, f"actuals: {file}"),
        "hires": ("ae: {heads: 4,", f"ae: {{heads: 4, hires: {file},"),
    }
    (folder / "plan.yaml").write_text(edited(edits[place]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(folder / "plan.yaml")
    return str(caught.value).replace(f"{folder}/", "")


def changed(row: int, column: int, value: Any) -> Rows:
    rows = [list(cells) for cells in LEADS]
    rows[row][column] = value
    return rows


BROKEN: dict[str, tuple[str, Rows, str, str]] = {
    # name: place, rows, what is reported behind the file, how it is fixed
    "a month is missing": ("leads", LEADS[:4] + LEADS[5:], ":5:", "2026-04 is missing"),
    "a month stands twice": ("leads", [*LEADS, LEADS[3]], ":14:", "2026-03 appears twice, first in row 4"),
    "a text for a number": ("leads", changed(5, 1, "n/a"), ":6:", "`n/a` is not a number"),
    "an empty cell": ("leads", changed(5, 1, ""), ":6:", "no number for 2026-05; write one, or 0 if there is nothing"),
    "a text for a month": ("leads", changed(2, 0, "February"), ":3:", "`February` is not a month; write `2027-03`"),
    "a day inside a month": ("leads", changed(2, 0, "2026-02-11"), ":3:", "`2026-02-11` is not a month"),
    "no month": ("leads", changed(2, 0, ""), ":3:", "a row without a month"),
    "a decimal comma": ("leads", changed(2, 1, "4,5"), ":3:", ""),
    "an error of the spreadsheet": ("leads", changed(2, 1, "#N/A"), ":3:", "the error `#N/A`; fix the formula"),
    "a currency sign": ("leads", changed(2, 1, "€45"), ":3:", "remove the currency sign"),
    "a negative number": (
        "leads",
        changed(2, 1, -5),
        ":3:",
        "`-5` is negative, or a relative value; write the number itself",
    ),
    "no column of the name": (
        "leads",
        [["month", "paid"], ["2026-01", 4]],
        ":1:",
        "the columns after the first are `paid`",
    ),
    "a column twice": ("leads", [["month", "inbound", "inbound"], ["2026-01", 4, 5]], ":1:", "appears twice"),
    "only a heading": ("leads", LEADS[:1], ":1:", "no rows below the heading"),
    "nothing": ("leads", [], "", "the table is empty"),
    "an unknown column": ("team", [["name", "strat"], ["Ana", "2026-01-01"]], ":1:", "did you mean `start`?"),
    "no names": ("team", [["role", "start"], ["sdr", "2026-01-01"]], ":1:", "no column `name`"),
    "a person without a name": ("team", [["name", "role"], ["", "sdr"]], ":2:", "a person without a name"),
    "a person twice": ("team", [["name"], ["Ana"], ["Ana"]], ":3:", "`Ana` appears twice, first in row 2"),
    "nobody of the role": ("team", [["name", "role"], ["Ana", "SDR lead"]], ":1:", "no row belongs to the role `sdr`"),
    "a wrong date": ("team", [["name", "start"], ["Ana", "01.03.2026"]], ":2:", "`01.03.2026` is not a date"),
    "an end before the start": (
        "team",
        [["name", "start", "end"], ["Ana", "2026-03-01", "2026-02-01"]],
        ":2:",
        "before the start",
    ),
    "an unknown segment": ("team", [["name", "segment"], ["Ana", "smbb"]], ":2:", "did you mean `smb`?"),
    "a wrong pay": ("team", [["name", "pay"], ["Ana", "much"]], ":2:", "`much` is not a number"),
    "a deal without a stage": ("open", [DEALS[0], ["x", "", *DEALS[1][2:]]], ":2:", "an open deal without `stage`"),
    "a deal twice": ("open", [*DEALS, DEALS[1]], ":4:", "the deal `006A1` is listed twice"),
    "a period that is none": (
        "actuals",
        [["period", "metric", "value"], ["Q1", "wins", 3]],
        ":2:",
        "`Q1` is not a period",
    ),
    "an unknown metric": (
        "actuals",
        [["period", "metric", "value"], ["2026-Q1", "sales", 3]],
        ":2:",
        "unknown key `sales`",
    ),
    "the future": ("actuals", [["period", "metric", "value"], ["2027-Q1", "wins", 3]], ":2:", "after the last day"),
    "an actual twice": (
        "actuals",
        [["period", "metric", "value"], ["2026-Q1", "wins", 3], ["2026-Q1", "wins", 4]],
        ":3:",
        "twice",
    ),
    "a hire on no date": ("hires", [["month", "ae"], ["soon", 2]], ":2:", "`soon` is not a month or date"),
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_tables(tmp_path: Path, name: str, kind: str) -> None:
    place, rows, row, reported = BROKEN[name]
    file = f"table.{kind}"
    if name == "a decimal comma" and kind == "csv":
        reported = "4 cells, but the header has 3"
    elif name == "a decimal comma":
        reported = "a comma in a number; write `4.5`: a decimal point"
    write(tmp_path / file, rows, "Plan")
    message = said(tmp_path, place, file)
    line = next(line for line in message.splitlines() if reported in line)
    assert line.startswith(f"table.csv{row}" if kind == "csv" else f"table.xlsx, sheet Plan{row}")
    assert place in line
    assert "; " in line


class TestWorkbooksThatCannotBeRead:
    def test_several_sheets(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        for title in ("Leads", "Notes"):
            sheet = book.create_sheet(title)
            for row in LEADS:
                sheet.append(row)
        del book["Sheet"]
        book.save(tmp_path / "leads.xlsx")
        message = said(tmp_path, "leads", "leads.xlsx")
        assert (
            "leads.xlsx has 2 sheets: `Leads`, `Notes`; state which one: `{table: leads.xlsx, sheet: Leads}`" in message
        )
        assert "did you mean `Leads`?" in said(tmp_path, "leads", "{table: leads.xlsx, sheet: Lead}")
        (tmp_path / "plan.yaml").write_text(
            edited(("leads: 40 per week", "leads: {table: leads.xlsx, sheet: Notes}, shift: 1 year")), encoding="utf-8"
        )
        assert len(load_scenario(tmp_path / "plan.yaml").model.content.channels[0].by_month) == 12

    def test_formulas_give_their_stored_value_or_are_reported(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", changed(3, 1, "=200+10"), "Plan")
        message = said(tmp_path, "leads", "leads.xlsx")
        assert (
            "leads.xlsx, sheet Plan:4:2: channels.inbound.leads: the formula `=200+10` has no stored value" in message
        )

    @pytest.mark.parametrize(
        ("data", "reported"),
        [
            (b"month,inbound\n2026-01,4\n", "is not a workbook"),
            (b"PK\x03\x04" + bytes(200), "is not a workbook"),
            (b"\xd0\xcf\x11\xe0" + bytes(600), "is encrypted, or a workbook of the old format"),
            (b"", "is not a workbook"),
        ],
    )
    def test_other_files(self, tmp_path: Path, data: bytes, reported: str) -> None:
        (tmp_path / "leads.xlsx").write_bytes(data)
        assert reported in said(tmp_path, "leads", "leads.xlsx")

    def rezipped(self, path: Path, name: str, data: bytes) -> None:
        """Replace one part of a workbook."""
        with zipfile.ZipFile(path) as old:
            parts = {info.filename: old.read(info) for info in old.infolist()}
        parts[name] = data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for part, content in parts.items():
                new.writestr(part, content)
        path.write_bytes(out.getvalue())

    def test_a_bomb(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        self.rezipped(tmp_path / "leads.xlsx", "xl/worksheets/sheet1.xml", b" " * 40_000_000)
        assert "unpacks to more than 30,000,000 bytes" in said(tmp_path, "leads", "leads.xlsx")

    def test_entities(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
        self.rezipped(tmp_path / "leads.xlsx", "xl/worksheets/sheet1.xml", entity)
        assert "declares a document type" in said(tmp_path, "leads", "leads.xlsx")

    def test_damaged_parts(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        self.rezipped(tmp_path / "leads.xlsx", "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>")
        assert "cannot be read as a workbook" in said(tmp_path, "leads", "leads.xlsx")

    def test_whatever_is_damaged_there_is_a_message(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        whole = (tmp_path / "leads.xlsx").read_bytes()
        chance = random.Random(7)
        refused = 0
        for i in range(40):
            data = bytearray(whole)
            for _ in range(chance.choice([1, 3, 20])):
                data[chance.randrange(len(data))] = chance.randrange(256)
            (tmp_path / "leads.xlsx").write_bytes(data[: chance.randrange(len(data))] if i % 5 == 0 else data)
            try:
                load_scenario(tmp_path / "plan.yaml") if i else said(tmp_path, "leads", "leads.xlsx")
            except InputError as error:
                refused += "; " in str(error)
        assert refused > 20

    def test_far_away_cells_take_no_time(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        book = openpyxl.load_workbook(tmp_path / "leads.xlsx")
        assert book.active is not None
        book.active["XFD1048576"] = 1
        book.save(tmp_path / "leads.xlsx")
        (tmp_path / "plan.yaml").write_text(
            edited(("leads: 40 per week", "leads: leads.xlsx, shift: 1 year")), encoding="utf-8"
        )
        assert len(load_scenario(tmp_path / "plan.yaml").model.content.channels[0].by_month) == 12

    def test_open_in_a_spreadsheet_program(self, tmp_path: Path) -> None:
        write(tmp_path / "leads.xlsx", LEADS)
        (tmp_path / "~$leads.xlsx").write_bytes(b"")
        (tmp_path / "plan.yaml").write_text(
            edited(("leads: 40 per week", "leads: leads.xlsx, shift: 1 year")), encoding="utf-8"
        )
        assert any("is open in a spreadsheet program" in w for w in load_scenario(tmp_path / "plan.yaml").warnings)


@pytest.mark.parametrize(
    ("file", "reported"),
    [
        ("leads.xls", "save the table as .csv or .xlsx"),
        ("LEADS.CSV", "did you mean `leads.csv`?"),
        ("../leads.csv", "outside the folder"),
        ("C:/leads.csv", "not a relative path"),
        ("con.csv", "does not exist"),
        ("{table: leads.csv, sheet: A}", "is a CSV file and has no sheet `A`"),
        ("{table: leads.csv, colum: inbound}", "did you mean `column`?"),
        ("{table: leads.csv, column: inboun}", "did you mean `inbound`?"),
        ("{table: leads.csv, shift: 3 days}", "write `shift: 1 year`"),
        ("{table: leads.csv, scale: 0}", "write `scale: 1000`"),
        ("{table: leads.csv, change: 8%}", "write `change: +8%`"),
    ],
)
def test_tables_that_cannot_be_named(tmp_path: Path, file: str, reported: str) -> None:
    write(tmp_path / "leads.csv", LEADS)
    assert reported in said(tmp_path, "leads", file)


def test_semicolons_and_code_pages(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"month;inbound\r\n2026-01;4,5\r\n")
    assert "a.csv:1:1: channels.inbound.leads: columns are separated by semicolons" in said(tmp_path, "leads", "a.csv")
    (tmp_path / "b.csv").write_bytes("name\nMüller\n".encode("cp1252"))
    assert "b.csv:2:2: the byte 0xFC is not UTF-8" in said(tmp_path, "team", "b.csv")
    text = "\n".join(",".join(str(cell) for cell in row) for row in LEADS)
    (tmp_path / "c.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (tmp_path / "plan.yaml").write_text(edited(("leads: 40 per week", "leads: c.csv, shift: 1 year")), encoding="utf-8")
    assert len(load_scenario(tmp_path / "plan.yaml").model.content.channels[0].by_month) == 12


@pytest.mark.parametrize("letter", ["\x1b", "\x00", "\x9b"])
def test_control_characters_in_a_table(letter: str, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(f"month,leads\n2027-01,40\n2027-{letter}02,50\n", encoding="utf-8")
    assert f"leads.csv:3:1: channels.inbound.leads: character {ord(letter):#04x} is not allowed in a cell" in said(
        tmp_path, "leads", "leads.csv"
    )


def test_control_characters_in_an_override(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(edited(), encoding="utf-8")
    with pytest.raises(InputError, match="character 0x1b is not allowed there"):
        load_scenario(tmp_path / "plan.yaml", {"label": "a\x1b[31m"})
