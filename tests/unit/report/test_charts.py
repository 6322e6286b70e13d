from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from rpmsim.model.plan import Target
from rpmsim.report import canvas
from rpmsim.report.axis import period_ticks
from rpmsim.report.charts import bands_chart, describe, finding
from rpmsim.report.text import forecast_text, headline_table

D = dt.date
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text for element in ET.parse(io.StringIO(svg)).getroot().iter(f"{SVG}text")]


CASES = {
    "one": {"until": D(2027, 1, 31), "targets": ()},
    "two": {"until": D(2027, 2, 28)},
    "year": {},
    "two_years": {"until": D(2028, 12, 31)},
    "five_years": {"until": D(2031, 12, 31), "replications": 10},
    "weeks": {"as_of": D(2027, 4, 15), "until": D(2027, 5, 31), "period": "week", "amounts": False, "scale": 0.25},
    "nothing": {"scale": 0.0},
    "huge": {"scale": 1e6, "replications": 10},
    "one_replication": {"replications": 1},
    "quarters": {"period": "quarter", "currency": "XOF"},
    "years": {"period": "year", "until": D(2031, 12, 31), "replications": 5},
}


@pytest.mark.parametrize("case", CASES)
def test_every_span_and_size_is_drawn(make_document, case):
    document = make_document(**CASES[case])
    chart = bands_chart(document)
    root = ET.fromstring(chart.svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == finding(document)[0]
    assert root[1].tag == f"{SVG}desc"
    assert root[1].text == describe(document)
    assert chart.png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", chart.png[16:24]) == (2000, 1125)
    assert not [text for text in texts(chart.svg) if text and ("nan" in text or "None" in text)]


def test_the_band_drawn_is_the_documents(make_document):
    """The vertices of the outer band, from the axis's own scale, are p10 and p90."""
    document = make_document()
    with_band = drawn_polygons(document)
    periods = document["metrics"]["bookings"]["periods"]
    outer, inner = with_band
    for polygon, low, high in ((outer, "p10", "p90"), (inner, "p25", "p75")):
        for i, period in enumerate(periods):
            heights = {y for x, y in polygon if x == i}
            assert min(heights) == pytest.approx(period[low])
            assert max(heights) == pytest.approx(period[high])


def drawn_polygons(document):
    from rpmsim.report.charts import _fan

    with canvas.sheet() as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        _fan(axes, document, "bookings")
        return [collection.get_paths()[0].vertices.tolist() for collection in axes.collections]


def test_the_title_states_the_finding(make_document):
    target = Target("bookings", "2027", D(2027, 1, 1), D(2027, 12, 31), 4e7)
    document = make_document(targets=(target,))
    total = document["metrics"]["bookings"]["total"]
    title, below = finding(document)
    assert title.startswith("2027 bookings: 9 in 10 chance of at least €")
    low = float(title.split("least €")[1].split("M")[0])
    assert total["p10"] / 1e6 - 0.1 < low <= total["p10"] / 1e6
    chance = round(100 * document["targets"][0]["probability"])
    assert below == f"FY27 plan: {chance}% chance of the target of €40M"
    assert f"{chance}%" in texts(bands_chart(document).svg)


def test_a_part_of_a_year_is_not_called_the_year(make_document):
    document = make_document(10, as_of=D(2027, 4, 15), until=D(2027, 7, 20), amounts=False, targets=())
    assert finding(document)[0].startswith("Wins until 20 Jul 2027: ")
    drawn = texts(bands_chart(document).svg)
    assert drawn.count("(part)") == 2
    assert "2027*" not in drawn


def test_rows_in_part_are_marked_and_explained(make_document):
    document = make_document(10, as_of=D(2027, 4, 15), until=D(2027, 5, 31), targets=())
    drawn = texts(bands_chart(document).svg)
    assert "2027-04*" in drawn
    assert any("* only part of the period is forecast" in (text or "") for text in drawn)


def test_the_same_document_gives_the_same_bytes(make_document):
    document = make_document(20)
    assert bands_chart(document) == bands_chart(document)
    code = (
        "import json, sys, hashlib; from rpmsim.report.charts import bands_chart;"
        "print(hashlib.sha256(bands_chart(json.load(sys.stdin)).svg.encode()).hexdigest())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == hashlib.sha256(bands_chart(document).svg.encode()).hexdigest()


def test_labels_in_any_script_and_with_signs(make_document):
    document = make_document(10, label="成長計画 $5k_plan & <more>")
    chart = bands_chart(document)
    assert any("成長計画 $5k_plan & <more>" in (text or "") for text in texts(chart.svg))


def test_the_users_own_style_does_not_matter(make_document):
    import matplotlib as mpl

    document = make_document(10)
    plain = bands_chart(document)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert bands_chart(document) == plain
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    ("kind", "count", "first", "labels"),
    [
        ("month", 12, D(2027, 2, 1), ["Feb\n2027", "Mar", "Apr"]),
        ("month", 24, D(2027, 2, 1), ["Apr\n2027", "Jul", "Oct", "Jan\n2028"]),
        ("month", 60, D(2027, 1, 1), ["Jan\n2027", "Jul", "Jan\n2028"]),
        ("week", 8, D(2027, 4, 12), ["12 Apr\n2027", "13 Apr"]),
        ("year", 3, D(2027, 1, 1), ["L0", "L1", "L2"]),
    ],
)
def test_ticks_are_few_and_tell_the_year_once(kind, count, first, labels):
    def month(i):
        return D(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1)

    days = [month(i) if kind == "month" else first + dt.timedelta(i) for i in range(count)]
    entries = [{"period": f"L{i}", "state": "whole"} for i in range(count)]
    places, found = period_ticks(kind, days, entries)
    assert found[: len(labels)] == labels
    assert len(places) == len(found) <= 14


QUARTERS = [(f"{year}-Q{q}", D(year, 3 * q - 2, 1), D(year, 3 * q, 28 + (3 * q != 2) * (2 + (q in (1, 4)))))
            for year in (2027, 2028, 2029, 2030) for q in (1, 2, 3, 4)]  # fmt: skip


def quarterly_targets(years):
    """A target for every quarter and year, the years stated first."""
    spans = [(str(year), D(year, 1, 1), D(year, 12, 31)) for year in years]
    spans += [quarter for quarter in QUARTERS if quarter[1].year in years]
    return tuple(Target("bookings", label, first, last, 3e6) for label, first, last in spans)


@pytest.mark.parametrize("years", [(2027,), (2027, 2028), (2027, 2028, 2029, 2030)])
def test_every_target_has_its_row_and_a_year_follows_its_quarters(make_document, years):
    document = make_document(20, until=D(years[-1], 12, 31), targets=quarterly_targets(years))
    expected = [name for year in years for name in (*(f"{year}-Q{q}" for q in (1, 2, 3, 4)), str(year))]
    chart = bands_chart(document)
    drawn = [text for text in texts(chart.svg) if text in expected and text not in map(str, years)]
    assert drawn == [name for name in expected if "Q" in name]
    assert not [text for text in texts(chart.svg) if text and "Not drawn" in text]
    width, height = struct.unpack(">II", chart.png[16:24])
    assert width == 2000
    assert height >= 1125
    assert [target["period"] for target in document["targets"]] == expected
    lines = [line.split()[0] for line in headline_table(document).splitlines() if line[:2] == "20"]
    longer = [line for line in lines if line in expected]
    assert longer == (expected[:-1] if len(years) == 1 else expected)


def test_rows_that_find_no_room_are_named(make_document):
    weeks = [D(2027, 1, 4) + dt.timedelta(7 * i) for i in range(48)]
    targets = [Target("bookings", f"week {i}", day, day + dt.timedelta(13), 1e6) for i, day in enumerate(weeks)]
    targets.append(Target("bookings", "2027-Q1", D(2027, 1, 1), D(2027, 3, 31), 1e6))  # weeks lie across its ends
    document = make_document(5, as_of=D(2027, 1, 3), until=D(2027, 12, 26), period="week", targets=tuple(targets))
    (said,) = [text for text in texts(bands_chart(document).svg) if text and text.startswith("Not drawn: ")]
    drawn = [text for text in texts(bands_chart(document).svg) if text and re.fullmatch(r"week \d+", text)]
    assert len(drawn) + 28 == len(weeks)
    assert "and 22 more (in summary.xlsx)" in said
    assert "outside the forecast (2027-Q1)" in said


def test_settings_stand_in_the_title(make_document):
    document = make_document(10) | {"overrides": {"roles.sdr.heads": "9", "channels.*.change": "-5%", "until": "2028"}}
    assert "(with roles.sdr.heads=9, channels.*.change=-5%, and 1 more)" in finding(document)[1]
    assert "\nWith roles.sdr.heads=9, channels.*.change=-5%, until=2028\n" in forecast_text(document)
