"""Workbooks that are small on disk and large in memory are refused before a reader sees them."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from rpmsim.text import unpacking
from rpmsim.text.unpacking import Most, Refused, check_workbook

MOST = Most(unpacked=5_000_000, cells=10_000, characters=100_000)
SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"


def workbook(rows: list[list[object]]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    return data.getvalue()


def changed(data: bytes, **parts: bytes) -> bytes:
    """Other content of some parts, or other parts, by their last name without its ending."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            name = info.filename.rpartition("/")[2].partition(".")[0]
            new.writestr(info.filename, parts.get(name, old.read(info)))
    return out.getvalue()


def said(data: bytes, most: Most = MOST) -> str:
    with pytest.raises(Refused) as error:
        check_workbook(io.BytesIO(data), most)
    return error.value.message


def cells(*written: str) -> bytes:
    return f'<worksheet><sheetData><row r="1">{"".join(written)}</row></sheetData></worksheet>'.encode()


SMALL = workbook([["a", "b"], ["text", 3]])


def test_a_workbook_is_fine() -> None:
    check_workbook(io.BytesIO(SMALL), MOST)
    check_workbook(io.BytesIO(workbook([["x" * 90, i, "y" * 900] for i in range(100)])), MOST)


@pytest.mark.parametrize(
    "row", ['<c t="s"><v>0</v></c>', "<c t='s' r='A1'><v> 0 </v></c>", '<x:c t="&#115;"><x:v>0</x:v></x:c>']
)
def test_a_text_to_which_many_cells_refer(row: str) -> None:
    sheet = cells(*[row] * 200).replace(b"<worksheet>", b'<worksheet xmlns:x="urn:x">')
    texts = b"<sst><si><t>" + b"x" * 1_000 + b"</t></si></sst>"
    assert "contains more than 100,000 characters of text" in said(changed(SMALL, sheet1=sheet, sharedStrings=texts))


def test_one_endless_text() -> None:
    texts = b"<sst><si><t>" + b"x" * (unpacking.LONGEST_CELL + 1) + b"</t></si></sst>"
    assert "characters in one cell" in said(changed(SMALL, sharedStrings=texts))
    inline = cells(f'<c t="inlineStr"><is><t>{"x" * (unpacking.LONGEST_CELL + 1)}</t></is></c>')
    assert "characters in one cell" in said(changed(SMALL, sheet1=inline))


def test_more_texts_than_cells() -> None:
    assert "contains more than 10,000 texts" in said(
        changed(SMALL, sharedStrings=b"<sst>" + b"<si/>" * 10_001 + b"</sst>")
    )


def test_cells_in_opposite_corners() -> None:
    sheet = cells('<c r="A1"><v>1</v></c>', '<c r="XFD1048576"><v>2</v></c>')
    assert "spans 1,048,576 rows and 16,384 columns" in said(changed(SMALL, sheet1=sheet))
    check_workbook(io.BytesIO(changed(SMALL, sheet1=cells('<c r="XFD1048576" s="3"/>'))), MOST)  # only a format


def test_parts_that_unpack_to_more_than_they_state() -> None:
    assert "unpacks to more than 5,000,000 bytes" in said(changed(SMALL, sheet1=b" " * 6_000_000))
    data = bytearray(changed(SMALL, sheet1=b" " * 6_000_000))
    entry = data.rfind(SHEET.encode()) - 46  # its record in the directory of the archive
    assert data[entry : entry + 4] == b"PK\x01\x02"
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    assert said(bytes(data))


def test_tables_lie_where_they_are_looked_at() -> None:
    relation = b'<Relationship Id="rId1" Type="urn:x/worksheet" Target="worksheets/sheet1.png"/>'
    relations = b"<Relationships>" + relation + b"</Relationships>"
    assert "a table is in `worksheets/sheet1.png`" in said(changed(SMALL, sheet1=relations))


def test_entities_and_doubled_parts() -> None:
    assert "document type" in said(changed(SMALL, sheet1=b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'))
    twice = io.BytesIO(SMALL)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, cells())
    assert "two parts have the same name" in said(twice.getvalue())
