"""The workbook of a comparison, read back by another library."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from rpmsim.report.compare_charts import charts
from rpmsim.report.compare_rows import COLUMNS, rows
from rpmsim.report.compare_workbook import compare_workbook
from tests.unit.report.comparisons import D, comparison, months

TARGETS = {"2027": 6e6, "2028": 6.3e6}


@pytest.fixture(scope="module")
def document():
    document = comparison({"=1+1": -0.06, "Two more SDRs": 0.05, "The same": 0.0}, targets=TARGETS)
    levers = [entry["lever"] for entry in document["bridge"]["=1+1"]]
    document["interactions"]["=1+1"] = {"levers": levers, "value": -2e5, "mc_error": 1e4}
    return document


@pytest.fixture(scope="module")
def pictures(document):
    return {name: chart.png for name, chart in charts(document) if name in ("bands", "variance")}


@pytest.fixture(scope="module")
def book(document, pictures):
    return openpyxl.load_workbook(io.BytesIO(compare_workbook(document, pictures)))


def rows_of(sheet):
    """Rows by heading, down to the first empty one."""
    head, *found = sheet.iter_rows(values_only=True)
    found = found[: next((i for i, row in enumerate(found) if not any(cell is not None for cell in row)), len(found))]
    return [dict(zip(head, row, strict=True)) for row in found]


def notes_of(sheet):
    texts = [row[0] for row in sheet.iter_rows(values_only=True)]
    return texts[texts.index(None) + 1 :]


def test_one_sheet_for_each_table(book):
    assert book.sheetnames == [
        "Summary", "Targets", "Metrics", "Bridge", "What limits", "Variance", "Charts", "All numbers", "Changes",
        "About",
    ]  # fmt: skip


def test_what_was_not_looked_for_has_no_sheet():
    plain = comparison(bridge={}, interactions={}, binds=[], variance=None)
    book = openpyxl.load_workbook(io.BytesIO(compare_workbook(plain, {})))
    assert book.sheetnames == ["Summary", "Metrics", "All numbers", "Changes", "About"]


def test_the_summary_begins_with_the_total(document, book):
    found = rows_of(book["Summary"])
    assert [row["Period"] for row in found[::4]][:4] == ["Total until 2028-12-31", "2027", "2028", "2027-01"]
    assert len(found) == 4 * 27
    entry = document["metrics"]["bookings"]["total"]["Two more SDRs"]
    (row,) = [row for row in found[:4] if row["Scenario"] == "Two more SDRs"]
    assert (row["From"].date(), row["To"].date()) == (dt.date(2027, 1, 1), dt.date(2028, 12, 31))
    assert (row["9 in 10 (p10)"], row["mean"]) == (entry["value"]["p10"], entry["value"]["mean"])
    assert row["Difference: mean"] == entry["difference"]["mean"]
    assert row["Difference: 9 in 10 (p10)"] == entry["difference"]["p10"]
    assert row["Chance better"] == entry["probability_better"]
    assert found[3]["Chance better"] == "same"
    assert found[0]["Difference: mean"] is None


def test_a_year_that_is_the_whole_run_is_not_there_twice():
    document = comparison(periods=months(2027, 2027), longer=[("2027", D(2027, 1, 1), D(2027, 12, 31))])
    book = openpyxl.load_workbook(io.BytesIO(compare_workbook(document, {})))
    assert [row["Period"] for row in rows_of(book["Summary"])[::3]][:2] == ["2027", "2027-01"]


def test_targets_have_their_chances_and_the_changes_in_points(document, book):
    row = rows_of(book["Targets"])[1]
    entry = document["targets"][0]["scenarios"]["=1+1"]
    assert (row["Scenario"], row["Target"], row["Chance"]) == ("=1+1", 6e6, entry["probability"])
    assert row["Change of the chance, points"] == pytest.approx(100 * entry["probability_difference"]["mean"])


def test_a_bridge_adds_up(document, book):
    for name in document["scenarios"][1:]:
        found = [row for row in rows_of(book["Bridge"]) if row["Scenario"] == name]
        first, *levers, last = (row["Mean bookings"] for row in found)
        assert first + sum(levers) == pytest.approx(last, rel=1e-8)
        assert found[1]["95% error (±)"] == pytest.approx(2 * document["bridge"][name][0]["mc_error"])
    assert any("give €200k less than the sum of what each gives alone" in note for note in notes_of(book["Bridge"]))


def test_what_limits_is_marked_and_said(book):
    found = rows_of(book["What limits"])
    assert [(row["One more of"], row["Limits most"]) for row in found[:2]] == [("SDRs", "limits"), ("paid", None)]
    assert notes_of(book["What limits"])[0].startswith("Base plan: SDRs (a capacity problem). One more person (SDRs)")


def test_shares_of_the_variance(book):
    found = rows_of(book["Variance"])
    assert [row["By"] for row in found] == ["source"] * 3 + ["number given as a range"] * 2 + ["origin"] * 2
    assert (found[0]["What"], found[0]["Share of variance"]) == ("Unknown numbers (ranges)", 0.7)


def test_percents_are_percents():
    document = comparison(metric="wins", scale=20.0)
    document["metrics"]["leads_to_close"] = document["metrics"]["wins"]
    document["units"]["leads_to_close"] = "percent"
    book = openpyxl.load_workbook(io.BytesIO(compare_workbook(document, {})))
    found = rows_of(book["Metrics"])
    assert found[3]["mean"] == pytest.approx(found[0]["mean"] / 100)
    assert (book["Metrics"]["E2"].number_format[:5], book["Metrics"]["E5"].number_format) == ("[>=9.", "0.00%")


def test_all_numbers_are_those_of_the_csv(document, book):
    found = rows_of(book["All numbers"])
    assert tuple(found[0]) == COLUMNS
    assert [row["difference_p10"] for row in found] == [row["difference_p10"] for row in rows(document)]


def test_changes_in_words_and_what_it_rests_on(document, book):
    assert rows_of(book["Changes"])[1] == {
        "Scenario": "Two more SDRs",
        "Change from Base plan": "Channel paid, change: x1.05",
    }
    about = {row["What"]: row["Value"] for row in rows_of(book["About"])}
    assert (about["Baseline"], about["Seed"], about["Scenario: Two more SDRs"]) == ("Base plan", 7, "2.yaml")
    assert about["9 in 10"] == "reached or beaten in 9 of 10 replications (10% quantile)"


def test_text_is_never_a_formula(book):
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_pictures_lie_below_each_other_on_pages_of_their_own(book):
    sheet = book["Charts"]
    first, second = sheet._images
    below = first.anchor.to.row
    assert second.anchor._from.row > below
    assert [mark.id for mark in sheet.row_breaks.brk] == [second.anchor._from.row]
    heights = [image.anchor.to.row - image.anchor._from.row for image in (first, second)]
    assert 20 < heights[1] < heights[0] < 30


def test_every_page_says_what_it_is_of(book):
    for sheet in book:
        assert sheet.oddHeader.left.text == "Base plan compared with 3 scenarios"
        assert sheet.oddHeader.right.text == "Status: example"
        assert sheet.oddFooter.left.text == "Base plan: As of 2026-12-31, until 2028-12-31"
        assert sheet.oddFooter.center.text == "Amounts in EUR"
        assert sheet.page_setup.orientation == "landscape"


def test_the_same_bytes_for_the_same_document(document, pictures):
    assert compare_workbook(document, pictures) == compare_workbook(document, pictures)
