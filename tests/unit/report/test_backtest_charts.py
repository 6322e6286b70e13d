from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_hex

from rpmsim.report import canvas
from rpmsim.report.backtest_charts import backtest_charts, bands_chart
from rpmsim.report.backtest_coverage_chart import coverage_chart
from rpmsim.report.backtest_pit_chart import pit_chart
from rpmsim.report.backtest_skill_chart import skill_chart
from tests.unit.report.backtests import DOCUMENTS, backtest
from tests.unit.report.seen_texts import check_texts, texts

NAMES = ["bands", "coverage", "skill", "pit"]
LESS = {
    "nothing": [],
    "all_null": [],
    "no_main_target": ["coverage"],
    "no_baselines": ["bands", "coverage", "pit"],
    "one_period": ["bands", "coverage", "pit"],
}
"""Charts of documents that do not have all."""


@pytest.mark.parametrize("case", [case for case in DOCUMENTS if case not in ("narrow", "wide", "plug_in")])
def test_every_text_is_on_the_sheet_and_touches_no_other(case, seen):
    charts = backtest_charts(DOCUMENTS[case]())
    if "holes" not in case:
        assert list(charts) == LESS.get(case, NAMES)
    for figure in seen:
        check_texts(figure)
        assert not [text for text in texts(figure) if re.search(r"\bnan\b|None", text)]
    for said, _ in charts.values():
        assert not re.search(r"\bnan\b|None", " ".join(said))


def test_each_chart_describes_itself_and_has_the_same_bytes_each_time():
    options = {"targets": {"wins": 4.0}, "horizons": ("7",)}
    first, second = backtest_charts(backtest(**options)), backtest_charts(backtest(**options))
    assert first == second
    for chart, what in first.values():
        root = ET.fromstring(chart.svg)
        assert root.get("role") == "img"
        assert root[0].text
        assert root[1].text
        assert what
        assert struct.unpack(">I", chart.png[16:20]) == (2000,)


def test_bands_and_outcomes_are_those_of_the_document(seen):
    document = backtest(targets={"wins": 4.0, "leads": 30.0}, horizons=("7", "14", "28", "15-28"))
    bands_chart(document)
    panels = [("wins", "28"), ("leads", "28"), ("wins", "14"), ("leads", "14")]
    for axes, panel in zip(seen[0].axes, panels, strict=True):
        rows = [row for row in document["forecasts"] if (row["target"], row["horizon"]) == panel]
        median, inside, outside = axes.lines
        assert list(median.get_ydata()) == [row["p50"] for row in rows]
        held = [row["p10"] <= row["actual"] <= row["p90"] for row in rows]
        for line, color, wanted in ((inside, canvas.INK, True), (outside, canvas.TARGET, False)):
            assert to_hex(line.get_color()) == color
            drawn = line.get_ydata()
            assert drawn[~np.isnan(drawn)].tolist() == [
                row["actual"] for row, own in zip(rows, held, strict=True) if own == wanted
            ]
        for (low, high), band in zip((("p05", "p95"), ("p10", "p90"), ("p25", "p75")), axes.collections, strict=True):
            corners = set(band.get_paths()[0].vertices[:, 1])
            assert {row[low] for row in rows} | {row[high] for row in rows} == corners
    assert "Wins, 28 days" in texts(seen[0])
    entry = document["targets"]["wins"]["28"]
    count, share = entry["inside"]["80"], entry["coverage"]["80"]
    assert f"{count} of 24 = {share:.0%} in the 8-in-10 band" in texts(seen[0])


def test_values_far_above_zero_fill_their_panel(seen):
    document = backtest(targets={"leads": 4000.0}, horizons=("28",))
    for row in document["forecasts"]:
        row.update(
            {key: 15_000 + row[key] / 100 for key in ("p05", "p10", "p25", "p50", "p75", "p90", "p95", "actual")}
        )
    bands_chart(document)
    assert seen[0].axes[0].get_ylim()[0] > 14_900


def test_a_share_that_misses_its_line_is_orange(seen):
    document = backtest(targets={"wins": 4.0}, horizons=("7", "28"))
    for horizon, (share, low, high) in {"7": (0.5, 0.4, 0.7), "28": (0.75, 0.6, 0.9)}.items():
        entry = document["targets"]["wins"][horizon]
        entry["coverage"]["80"], entry["coverage_interval"]["80"] = share, {"low": low, "high": high}
    coverage_chart(document)
    middle = seen[0].axes[1].lines
    assert [list(line.get_xdata()) for line in middle] == [[0.4, 0.7], [0.5], [0.6, 0.9], [0.75], [0.8, 0.8]]
    assert to_hex(middle[1].get_color()) == canvas.TARGET
    assert to_hex(middle[3].get_color()) == canvas.MIDDLE


def test_of_many_horizons_all_main_targets_are_drawn_with_their_longest(seen):
    coverage_chart(DOCUMENTS["many_horizons"]())
    labels = dict.fromkeys(label.replace("\u00a0", " ") for label in texts(seen[0]))
    for name in ("wins", "bookings", "leads"):
        assert [label for label in labels if label.startswith(f"{name}, ")] == [
            f"{name}, {days} days" for days in (14, 21, 28, 56, 91)
        ]
    assert "Not drawn: 2 targets and other horizons (in backtest.md)." in labels


def test_the_pit_is_drawn_as_steps_of_its_distribution_less_the_uniform_one(seen):
    document = backtest(targets={"wins": 4.0}, horizons=("7",))
    document["targets"]["wins"]["7"]["pit"] = {
        "values": [0.5, None, 0.25], "at": [0.0, 0.5, 1.0], "low": [0.0, 0.1, 1.0], "high": [0.0, 0.9, 1.0],
        "inside": False,
    }  # fmt: skip
    pit_chart(document)
    (axes,) = seen[0].axes
    steps = axes.lines[0]
    assert list(steps.get_xdata()) == [0, 0.25, 0.25, 0.5, 0.5, 1]
    assert list(steps.get_ydata()) == [0, -0.25, 0.25, 0, 0.5, 0]
    assert to_hex(steps.get_color()) == canvas.TARGET
    assert set(axes.collections[0].get_paths()[0].vertices[:, 1]) == {0, 0.4, -0.4}
    assert "Inside the band of chance: 0 of 1 panels" in texts(seen[0])


def test_baselines_are_sorted_and_colored_by_their_verdict(seen):
    document = backtest(targets={"wins": 4.0}, horizons=("28",), baselines=())
    document["targets"]["wins"]["28"]["skill"] = {
        "easy": {"value": 0.5, "low": 0.4, "high": 0.6, "crps": 8.0, "verdict": "better"},
        "awful": {"value": -9.0, "low": -20.0, "high": -5.0, "crps": 0.1, "verdict": "worse"},
        "close": {"value": 0.1, "low": -0.1, "high": 0.2, "crps": 4.0, "verdict": "cannot tell"},
        "unknown": {"value": None, "low": None, "high": None, "crps": None, "verdict": None},
    }
    skill_chart(document)
    (axes,) = seen[0].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["awful", "close", "easy"]
    left = axes.get_xlim()[0]
    assert -1.2 < left < -1
    dots = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [dot.get_xdata()[0] for dot in dots] == [left, 0.1, 0.5]
    assert [dot.get_marker() for dot in dots] == ["<", "o", "o"]
    assert [to_hex(dot.get_markeredgecolor()) for dot in dots] == [canvas.TARGET, canvas.QUIET, canvas.MIDDLE]
    assert [to_hex(dot.get_color()) for dot in dots] == [canvas.TARGET, "#ffffff", canvas.MIDDLE]
