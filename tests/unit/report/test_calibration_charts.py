from __future__ import annotations

import datetime as dt
import re
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from rpmsim.report.calibration_charts import (
    amounts_chart,
    arrivals_chart,
    calibration_charts,
    incidence_chart,
)
from rpmsim.report.calibration_shares import shares_chart
from tests.unit.report.calibrations import CASES, calibration, incidence, quantiles
from tests.unit.report.seen_texts import check_texts, texts

NAMES = ["shares", "incidence", "arrivals", "amounts"]


@pytest.mark.parametrize("case", CASES)
def test_every_text_is_on_the_sheet_and_touches_no_other(case, seen):
    charts = calibration_charts(calibration(**CASES[case]))
    assert list(charts) == ([] if case == "nothing" else NAMES)
    for figure in seen:
        check_texts(figure)
        assert not [text for text in texts(figure) if "nan" in text or "None" in text]
    for said, _ in charts.values():
        assert not re.search(r"\bnan\b|None", " ".join(said))


def test_each_chart_describes_itself_and_has_the_same_bytes_each_time():
    first, second = calibration_charts(calibration()), calibration_charts(calibration())
    assert first == second
    for chart, what in first.values():
        root = ET.fromstring(chart.svg)
        assert root.get("role") == "img"
        assert root[0].text
        assert root[1].text
        assert what
        assert struct.unpack(">I", chart.png[16:20]) == (2000,)


def test_curves_and_bands_are_those_of_the_document(seen):
    document = calibration()
    incidence_chart(document)
    for axes, entry in zip(seen[0].axes, document["incidence"], strict=True):
        fitted, observed = axes.lines
        assert list(fitted.get_ydata()) == entry["p50"]
        assert list(observed.get_ydata()) == entry["observed"]
        corners = axes.collections[0].get_paths()[0].vertices
        assert {tuple(corner) for corner in zip(entry["days"], entry["p95"], strict=True)} <= set(map(tuple, corners))
        assert {tuple(corner) for corner in zip(entry["days"], entry["p05"], strict=True)} <= set(map(tuple, corners))
    arrivals_chart(document)
    for axes, own in zip(seen[1].axes, document["arrivals"]["channels"].values(), strict=True):
        assert [list(line.get_ydata()) for line in axes.lines] == [own["fitted"], own["observed"]]
    amounts_chart(document)
    for axes, entry in zip(seen[2].axes, document["amount_quantiles"], strict=True):
        assert [list(line.get_ydata()) for line in axes.lines] == [entry["p50"], entry["observed"]]
        assert axes.get_yscale() == "log"
    shares_chart(document)
    for line, facts in zip(seen[3].axes[0].lines, document["stage_facts"].values(), strict=True):
        assert list(line.get_xdata()) == [facts["win_rate"]["p50"]] * 2


def test_of_many_those_with_most_records_are_drawn_and_the_others_counted(seen):
    document = calibration(**CASES["many"])
    incidence_chart(document)
    words = texts(seen[0])
    assert len(seen[0].axes) == 12
    assert f"Not drawn: {len(document['incidence']) - 12} outcomes with fewer records." in words
    drawn = sum(word.endswith(" records") for word in words)
    least = sorted((entry["records"] for entry in document["incidence"]), reverse=True)[11]
    assert drawn == 12
    assert f"{least:,} records" in words
    arrivals_chart(document)
    assert "Not drawn: 18 channels with fewer records." in texts(seen[1])
    amounts_chart(document)
    assert "Not drawn: 3 segments with fewer records." in texts(seen[2])


def test_the_share_of_days_inside_the_band_is_stated(seen):
    entry = incidence("Engaged", "lost", 10, 9, 0.5, 4.0)
    entry["observed"] = [1.0, *entry["p50"][1:8], None, 0.0]  # 7 of 9 known days are inside
    incidence_chart(calibration(incidence=[entry]))
    assert "Share of records by days in the stage: observed lies in the band on 78% of the days" in texts(seen[0])


def test_long_flat_curves_are_cut(seen):
    document = calibration(incidence=[incidence("Engaged", "lost", 10, 1500, 0.5, 20.0)])
    document["incidence"][0]["observed"] = document["incidence"][0]["p50"]
    incidence_chart(document)
    assert any("A panel ends soon after 98% of its outcomes." in text for text in texts(seen[0]))
    reached = next(i for i, value in enumerate(document["incidence"][0]["p50"]) if value >= 0.98 * 0.5)
    assert seen[0].axes[0].get_xlim() == (0, pytest.approx(1.3 * reached, abs=2))
    document["incidence"][0]["observed"] = np.linspace(0, 0.5, 1501).tolist()  # still rises on the last day
    incidence_chart(document)
    assert seen[1].axes[0].get_xlim() == (0, 1500)


@pytest.mark.parametrize("values", [[0.0] * 11, [None] * 11])
def test_amounts_of_nothing_are_not_drawn(values):
    entry = {**quantiles("SMB", 1.0), "observed": values, "p05": values, "p50": values, "p95": values}
    assert amounts_chart(calibration(amount_quantiles=[entry])) is None


@pytest.mark.parametrize("amount", [0.02, 1.0, 9.99e6, 4e11])
def test_amounts_all_alike_have_labels(amount, seen):
    entry = {**quantiles("SMB", 1.0), **dict.fromkeys(("observed", "p05", "p50", "p95"), [amount] * 11)}
    amounts_chart(calibration(amount_quantiles=[entry]))
    assert sum(text.startswith("€") for text in texts(seen[0])) >= 2
    check_texts(seen[0])


def test_unknown_numbers_leave_gaps(seen):
    document = calibration(weeks=3, channels=("Website",))
    own = document["arrivals"]["channels"]["Website"]
    own["observed"][1] = own["low"][2] = None
    document["stage_facts"]["Meeting"]["win_rate"] = dict.fromkeys(("p05", "p50", "p95"))
    arrivals_chart(document)
    assert np.isnan(seen[0].axes[0].lines[1].get_ydata()).tolist() == [False, True, False]
    assert seen[0].axes[0].lines[0].get_xdata()[0] == dt.date(2027, 12, 10)
    shares_chart(document)
    assert [label.get_text() for label in seen[1].axes[0].get_yticklabels()] == [
        "Engaged", "Discovery", "Solution", "Contract",
    ]  # fmt: skip


def test_a_history_without_wins_has_no_chart_of_win_rates():
    document = calibration()
    for facts in document["stage_facts"].values():
        facts["win_rate"] = dict.fromkeys(("p05", "p50", "p95"), 0.0)
    assert shares_chart(document) is None
