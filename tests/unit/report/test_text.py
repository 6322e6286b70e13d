from __future__ import annotations

import datetime as dt
import math

from rpmsim.model.plan import Target
from rpmsim.report.table import RULE, table, width
from rpmsim.report.text import forecast_text, headline_table, longer_spans

D = dt.date


def cells(text, label):
    (line,) = [line for line in text.splitlines() if line.startswith(label)]
    return line[len(label) :].replace(",", "").split()


def thousands(entry):
    """As the table writes them: "9 in 10" is reported as at least, so it is rounded down."""
    return [str(math.floor(entry["p10"] / 1e3)), *(f"{entry[key] / 1e3:.0f}" for key in ("p50", "p80", "mean"))]


def test_the_table_reports_the_documents_numbers(make_document):
    document = make_document()
    text = forecast_text(document)
    march = document["metrics"]["bookings"]["periods"][2]
    assert cells(text, "2027-03") == thousands(march)
    expected = thousands(document["metrics"]["bookings"]["total"])
    assert cells(text, "Total (2027)") == [*expected, "5000", ">99%"]
    assert "EUR thousand" in text
    for words in (
        "9 in 10",
        "median",
        "1 in 5",
        "do not add up",
        "100 replications, random seed 7",
        "chance and parameter uncertainty",
    ):
        assert words in text, words
    won = document["stages"]["won"]["entries"]["total"]["mean"]
    assert cells(text, "won ")[0] == f"{won:.0f}"
    assert "Busiest: SDRs, with 90% utilization of time." in text
    assert "wins 2027" in text
    assert cells(text, "AEs") == [f"{12 * 150 / 365:.1f}", "65%"]


def test_lines_fit_a_mail(make_document):
    long = make_document(20, until=D(2031, 12, 31))
    assert max(width(line) for line in forecast_text(long).splitlines()) <= 100
    assert "2031-12" in forecast_text(long)


def test_deals_without_amounts_are_counted(make_document):
    text = forecast_text(make_document(amounts=False, scale=0.25, targets=()))
    assert "Wins by month" in text
    assert "target" not in text.split("Stages")[0]


def test_partial_periods_are_marked(make_document):
    targets = (
        Target("wins", "2028", D(2028, 1, 1), D(2028, 12, 31), 10.0),
        Target("bookings", "2027-Q2", D(2027, 4, 1), D(2027, 6, 30), 9e6),
    )
    document = make_document(as_of=D(2027, 1, 10), until=D(2027, 5, 31), targets=targets)
    text = forecast_text(document)
    assert "2027-01*" in text
    assert "2027-Q2*" in text
    assert "* partial" in text
    assert "not covered" in text
    assert "2027-02*" not in text


def test_chance_only_is_said(make_document):
    assert "chance only" in forecast_text(make_document(layout={"parameters": ()}))


def test_one_replication_and_no_wins(make_document):
    assert "1 replications" in forecast_text(make_document(1))
    nothing = make_document(5, scale=0.0)
    assert cells(headline_table(nothing), "2027-01") == ["0.0"] * 4
    assert cells(forecast_text(nothing), "Qualified leads") == ["0", "0", "0", "-", "-"]


def test_wide_letters_take_two_columns():
    text = table(["Stage", "n"], [["商談", "1"], RULE, ["opportunity", "22"], ["e\u0301te\u0301", "3"]])
    lines = text.splitlines()
    assert {width(line) for line in lines} == {len("opportunity") + 3 + 2}
    assert width("商談") == 4


def test_long_names_are_cut_and_empty_columns_left_out():
    text = table(["Stage", "a\nb", "c"], [["x" * 50, "", "1"]], first_width=10)
    assert "xxxxxxx...   1" in text
    assert "b" not in text


def busy(document, **shares):
    """The document with other mean shares of the AEs."""
    for name, share in shares.items():
        document["roles"]["ae"][name] = {"unit": "share", "total": {"mean": share}, "periods": []}
    return forecast_text(document)


def test_more_than_all_slots_is_explained(make_document):
    text = busy(make_document(5), slot_utilisation=1.21)
    assert "121%" in text
    assert "Slots above 100%: people left" in text
    assert "Slots above 100%" not in busy(make_document(5), slot_utilisation=1.0)


def test_prospecting_is_not_idle(make_document):
    text = busy(make_document(5), utilisation=0.6, prospecting_share=0.4)
    assert cells(text, "AEs")[1:3] == ["60%", "40%"]
    assert "Prospecting: " in text
    assert "rospecting" not in forecast_text(make_document(5))


def test_those_who_still_wait_are_not_hidden(make_document):
    document = make_document(5)
    mql = document["stages"]["mql"]
    mql["waiting"]["total"]["mean"], mql["waiting_age_hours"]["total"]["mean"] = 900.0, 24 * 61.0
    assert "61 days" in forecast_text(document)
    mql["response_hours"]["total"]["mean"] = None
    document["busiest_role"] = {"role": document["worked_by"]["mql"][0], "limit": "time", "share": 0.9}
    assert "900 leads are waiting at the end" in forecast_text(document).replace("\n", " ")
    assert "none were taken up" in forecast_text(document).replace("\n", " ")


def test_segments_and_channels_have_a_table(make_document):
    document = make_document()
    text = forecast_text(document)
    name, smallest = next(iter(document["segments"].items()))
    label = document["labels"]["segment"][name]
    assert cells(text, f"{label} ")[0] == f"{smallest['leads']['total']['mean']:.0f}"
    assert "Segments and channels" not in forecast_text(make_document(5, layout={"keep": "summary"}))


def test_two_totals_where_something_has_happened(make_document):
    metric = make_document(5)["metrics"]["bookings"]
    metric["total_with_actual"] = metric["total"] | {"actual": 1.0}
    metric["periods"][0]["state"] = "actual+simulated"
    titles = [span.get("title") for span in longer_spans(metric)]
    assert titles[-2:] == ["Total incl. actuals", "Simulated days only"]
