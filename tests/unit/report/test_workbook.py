"""The workbook of a run, read back by another library."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from rpmsim.analysis.dictionary import METRICS
from rpmsim.report.all_numbers import COLUMNS, summary_rows
from rpmsim.report.charts import bands_chart
from rpmsim.report.workbook import workbook

ABOUT = {"created_at": "2027-01-12T10:15:00+00:00", "version": "0.1.0", "inputs": {"leads.csv": "ab" * 32}}


@pytest.fixture(scope="module")
def document(make_document):
    document = make_document(40)
    document["labels"]["stage"]["mql"] = "=1+1"  # a label from anywhere is text
    return document


@pytest.fixture(scope="module")
def book(document):
    return openpyxl.load_workbook(io.BytesIO(workbook(document, ABOUT, lambda: bands_chart(document).png)))


def rows_of(sheet):
    """Rows by heading, down to the first empty one."""
    head, *rows = sheet.iter_rows(values_only=True)
    rows = rows[: next((i for i, row in enumerate(rows) if not any(cell is not None for cell in row)), len(rows))]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_one_sheet_for_each_table(book):
    names = [
        "Forecast",
        "Chart",
        "Targets",
        "Growth",
        "Growth bridge",
        "Segments",
        "Channels",
        "Money",
        "Stages",
        "Staff",
        "All numbers",
        "Definitions",
        "About",
    ]
    assert book.sheetnames == names


def test_numbers_are_numbers_and_days_are_days(document, book):
    january = rows_of(book["Forecast"])[0]
    entry = document["metrics"]["bookings"]["periods"][0]
    assert (january["Period"], january["State"]) == ("2027-01", "whole")
    assert january["From"].date() == dt.date(2027, 1, 1)
    assert (january["9 in 10 (p10)"], january["mean"]) == (entry["p10"], entry["mean"])
    quarter = next(row for row in rows_of(book["Forecast"]) if row["Period"] == "2027-Q1")
    assert (quarter["Target"], quarter["Chance"]) == (1e6, document["targets"][0]["probability"])
    forecast = book["Forecast"]
    held = [cell for cell in forecast["N"][1:] if cell.value is not None]
    assert {cell.number_format for cell in held} == {'[>0.995]">99%";[<0.005]"<1%";0%'}


def test_all_numbers_are_those_of_the_csv(document, book):
    rows = rows_of(book["All numbers"])
    expected = list(summary_rows(document))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(expected)
    assert [row["p80"] for row in rows] == [row[COLUMNS.index("p80")] for row in expected]


def test_text_is_never_a_formula(book):
    assert "=1+1" in [cell.value for cell in book["Stages"]["A"] if cell.data_type == "s"] or all(
        cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row
    )


def test_every_metric_and_column_is_defined(book):
    defined = {row["Name"]: row["Meaning"] for row in rows_of(book["Definitions"])}
    assert defined["leads"] == METRICS["leads"].definition
    assert set(COLUMNS) <= set(defined)


def test_says_what_it_rests_on(document, book):
    about = {row["What"]: row["Value"] for row in rows_of(book["About"])}
    assert (about["Replications"], about["Seed"], about["Input: leads.csv"]) == (40, 7, "ab" * 32)
    assert about["As of"].date() == dt.date(2026, 12, 31)


def test_the_same_bytes_for_the_same_run(document):
    png = bands_chart(document).png
    assert workbook(document, ABOUT, lambda: png) == workbook(document, ABOUT, lambda: png)


def test_every_page_says_what_it_is_of(make_document):
    document = make_document(5, currency="USD") | {
        "scenario": "fy27",
        "label": "R&D plan " + "x" * 200,
        "status": "approved",
        "approved_by": "CFO",
        "overrides": {"roles.sdr.heads": "9"},
    }
    book = openpyxl.load_workbook(io.BytesIO(workbook(document, ABOUT, lambda: bands_chart(document).png)))
    for sheet in book:
        assert sheet.oddHeader.left.text.startswith("R&&D plan xxx")
        assert sheet.oddHeader.center.text == "&A"
        assert sheet.oddHeader.right.text == "Status: approved, approved by CFO"
        assert sheet.oddFooter.left.text == "fy27: With roles.sdr.heads=9"
        assert sheet.oddFooter.center.text == "Amounts in USD"
        assert sheet.oddFooter.right.text == "Page &P of &N"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == ("$1:$1" if sheet.title != "Chart" else None)


def test_the_cost_of_a_win_can_be_recomputed(make_document):
    document = make_document(1)
    book = openpyxl.load_workbook(io.BytesIO(workbook(document, ABOUT, lambda: bands_chart(document).png)))
    for row in rows_of(book["Money"]):
        parts = [value for title, value in row.items() if title.startswith(("Spend: ", "Pay: ", "Cost: "))]
        assert sum(parts) == pytest.approx(row["Total cost"])
        assert row["Total cost"] == pytest.approx(row["Spend of channels"] + row["Pay of roles"] + row["Other cost"])
        assert row["Cost / wins"] == pytest.approx(row["Total cost"] / row["Wins"])
    *periods, total = rows_of(book["Money"])
    assert total["Total cost"] == pytest.approx(sum(row["Total cost"] for row in periods))
