from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from rpmsim.report import canvas, compare_charts
from rpmsim.report.compare_axes import draw_intervals, draw_overlay, drawn_names
from rpmsim.report.compare_bars import draw_bridge, draw_differences, draw_variance
from rpmsim.report.compare_charts import charts
from rpmsim.report.compare_findings import bands_finding, bridge_finding, differences_finding, variance_finding
from rpmsim.report.table import folded, shortened
from tests.unit.report.comparisons import D, comparison, months, weeks
from tests.unit.report.seen_texts import check_texts

SVG = "{http://www.w3.org/2000/svg}"
TARGETS = {"2027": 6e6, "2028": 6.3e6}
LONG = "Consolidated plan of the EMEA region with additional partner channel and later hiring, variant"
QUARTERS = [(f"2027-Q{q}", D(2027, 3 * q - 2, 1), D(2027, 3 * q, 30 + (q in (1, 4)))) for q in (1, 2, 3, 4)]

CASES = {
    "three": {"targets": TARGETS},
    "two": {"gains": {"Two more SDRs": 0.05}},
    "five": {"gains": {f"Variant {i}": 0.05 * (i - 2) for i in range(1, 5)}, "targets": TARGETS},
    "twenty": {
        "gains": {f"Variant {i} of the plan": 0.02 * (i - 9) for i in range(19)},
        "targets": TARGETS,
        "bridge": {},
    },
    "quarters": {"longer": QUARTERS, "targets": dict.fromkeys((q[0] for q in QUARTERS), 1.5e6)},
    "weeks": {"periods": weeks(104), "period_kind": "week"},
    "one_period": {"periods": months(2027, 2027)[:1]},
    "two_periods": {"periods": months(2027, 2027)[:2]},
    "wins": {"metric": "wins", "scale": 20.0, "targets": {"2028": 250.0}},
    "nothing": {"scale": 0.0, "variance": None},
    "same": {"gains": {"The same": 0.0, "The same again": 0.0}, "targets": TARGETS},
    "negative": {"scale": -2e5},
    "huge": {"scale": 7e9, "currency": "XOF", "units": {"bookings": "XOF"}, "targets": {"2028": 8e10}},
    "long": {"gains": {f"{LONG} {i}": 0.03 * i for i in range(1, 5)}, "targets": TARGETS},
    "script": {"gains": {"成長計画 リード増加 改訂版 二〇二七年度": 0.05}, "baseline": "基本計画 $a$ & <more>"},
}


@pytest.fixture(scope="module")
def document():
    return comparison(targets=TARGETS)


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def axes():
    with canvas.sheet() as figure:
        yield figure.add_axes((0.2, 0.2, 0.5, 0.5))


@pytest.mark.parametrize("case", CASES)
def test_every_text_is_on_the_sheet_and_touches_no_other(monkeypatch, case):
    document = comparison(**CASES[case])
    seen = []

    def render(figure, title, description):
        chart = original(figure, title, description)
        check_texts(figure)
        seen.append(title)
        return chart

    original = canvas.render
    monkeypatch.setattr(canvas, "render", render)
    drawn = dict(charts(document))
    assert len(seen) == len(drawn) >= 2
    for chart in drawn.values():
        assert not [text for text in texts(chart.svg) if text and ("nan" in text or "None" in text)]


def test_each_chart_describes_itself_and_has_the_same_bytes_each_time(document):
    first, second = dict(charts(document)), dict(charts(document))
    assert list(first) == [
        "bands", "differences", "bridge-1-leads-down-20", "bridge-2-two-more-sdrs-in-march", "variance",
    ]  # fmt: skip
    assert first == second
    for chart in first.values():
        root = ET.fromstring(chart.svg)
        assert root.get("role") == "img"
        assert root[0].text
        assert root[1].text
        assert chart.png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">I", chart.png[16:20]) == (2000,)


def test_what_was_not_looked_for_is_not_drawn():
    plain = comparison(bridge={}, interactions={}, variance=None)
    assert [name for name, _ in charts(plain)] == ["bands", "differences"]
    certain = comparison(bridge={"Leads down 20%": []}, variance={"variance": 0.0})
    assert [name for name, _ in charts(certain)] == ["bands", "differences"]
    other_script = comparison({"成長": 0.1}, variance=None)
    assert [name for name, _ in charts(other_script)] == ["bands", "differences", "bridge-1"]


def test_the_overlay_draws_the_bands_of_the_document(document, axes):
    assert draw_overlay(document, axes) is axes
    found = document["metrics"]["bookings"]
    drawn = [tuple(line.get_ydata()) for line in axes.lines]
    for name in document["scenarios"]:
        for key in ("p10", "p50", "p90"):
            column = [found[span["period"]][name]["value"][key] for span in document["periods"] if not span["longer"]]
            assert tuple(column) in drawn
    assert {line.get_linestyle() for line in axes.lines if len(line.get_xdata()) > 2} >= {"-", "--"}
    assert len({line.get_marker() for line in axes.lines} - {"None"}) == 3


def test_beyond_five_scenarios_those_that_differ_most_are_drawn(axes):
    gains = dict(zip("abcdefg", (0.01, -0.3, 0.02, 0.2, 0.1, -0.03, 0.4), strict=True))
    document = comparison(gains)
    assert drawn_names(document) == ["Base plan", "b", "d", "e", "g"]
    draw_overlay(document, axes)
    found = document["metrics"]["bookings"]
    drawn = {tuple(line.get_ydata()) for line in axes.lines}
    for key, there in (("p25", True), ("p75", True), ("p10", False)):
        column = tuple(found[span["period"]]["g"]["value"][key] for span in document["periods"] if not span["longer"])
        assert (column in drawn) is there
    bands = dict(charts(document))["bands"]
    assert "Not drawn: a, c, f (in compare.xlsx)." in texts(bands.svg)


def test_intervals_reach_from_p10_to_p90_and_mark_the_target(document, axes):
    draw_intervals(document, axes, "2028")
    light = axes.patches[::2]
    for bar, name in zip(light, document["scenarios"], strict=True):
        value = document["metrics"]["bookings"]["2028"][name]["value"]
        assert bar.get_x() == pytest.approx(value["p10"])
        assert bar.get_x() + bar.get_width() == pytest.approx(value["p90"])
    goals = [line for line in axes.lines if line.get_color() == canvas.TARGET]
    assert [set(line.get_xdata()) for line in goals] == [{TARGETS["2028"]}] * 3
    chances = [f"{100 * own['probability']:.0f}%" for own in document["targets"][1]["scenarios"].values()]
    assert [text.get_text() for text in axes.texts if text.get_color() == canvas.TARGET] == chances


def test_differences_are_sorted_by_size(axes):
    document = comparison({"worse": -0.1, "best": 0.2, "same": 0.0, "better": 0.1})
    draw_differences(document, axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["best", "better", "same", "worse"]
    total = document["metrics"]["bookings"]["total"]
    for bar, name in zip(axes.patches, ("best", "better", "same", "worse"), strict=True):
        own = total[name]["difference"]
        assert bar.get_x() == pytest.approx(own["p10"])
        assert bar.get_x() + bar.get_width() == pytest.approx(own["p90"])
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [False, False, False, True]
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots == [total[name]["difference"]["mean"] for name in ("best", "better", "same", "worse")]
    assert "same" in [text.get_text() for text in axes.texts]


def test_the_bridge_leads_from_the_baseline_to_the_scenario(document, axes):
    name = "Leads down 20%"
    draw_bridge(document, axes, name)
    total = document["metrics"]["bookings"]["total"]
    at = total["Base plan"]["value"]["mean"]
    entries = sorted(document["bridge"][name], key=lambda entry: -abs(entry["value"]))
    for bar, entry in zip(axes.patches, entries, strict=True):
        assert bar.get_x() == pytest.approx(at)
        assert bar.get_width() == pytest.approx(entry["value"])
        at += entry["value"]
    assert at == pytest.approx(total[name]["value"]["mean"], rel=1e-8)
    errors = [
        container.lines[2][0].get_segments()[0] for container in axes.containers if hasattr(container, "has_xerr")
    ]
    halves = [(right[0] - left[0]) / 2 for left, right in errors]
    assert halves == pytest.approx([2 * entry["mc_error"] for entry in entries])


def test_an_interaction_is_named_below_the_bridge(document):
    levers = [entry["lever"] for entry in document["bridge"]["Leads down 20%"]]
    pair = {"levers": levers, "value": -2e5, "mc_error": 1e4}
    document = document | {"interactions": document["interactions"] | {"Leads down 20%": pair}}
    drawn = dict(charts(document))
    said = f"Together, {levers[0]} and {levers[1]} give €200k less than the sum of what each gives alone."
    assert said in texts(drawn["bridge-1-leads-down-20"].svg)
    assert not [text for text in texts(drawn["bridge-2-two-more-sdrs-in-march"].svg) if text.startswith("Together")]


def test_shares_of_the_variance_are_drawn_from_zero_with_their_error(document, axes):
    draw_variance(document, axes)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:3] == ["Unknown numbers (ranges)", "stages.mql.response.odds.power", "Arrivals of leads"]
    assert "channels.paid.elasticity" not in names  # within its error
    assert [bar.get_width() for bar in axes.patches] == [0.7, 0.55, 0.0, 0.31, 0.2, 0.8]
    assert axes.texts[0].get_text() == "70% ± 6 points"


def test_titles_say_the_finding(document):
    total = document["metrics"]["bookings"]["total"]
    chances = {name: round(100 * own["probability"]) for name, own in document["targets"][1]["scenarios"].items()}
    title, below = bands_finding(document)
    mean = round(total["Leads down 20%"]["difference"]["mean"] / -1e3)
    assert title.startswith(f"Leads down 20%: bookings -€{mean}k (8 of 10: -€")
    assert below.startswith(
        f"Chance of the 2028 target {chances['Leads down 20%']}% instead of {chances['Base plan']}%. Compared with "
    )
    assert differences_finding(document)[0].endswith(f", -€{mean}k with Leads down 20%")
    assert bridge_finding(document, "Leads down 20%")[0] == f"Why Leads down 20% differs: bookings -€{mean}k"
    assert bridge_finding(document, "Leads down 20%")[1].endswith(": Role sdr, heads: 4 -> 6")
    title, below = variance_finding(document)
    assert title == "70% of the variance in bookings comes from unknown numbers (ranges)"
    assert below == (
        "Base plan, total until 2028-12-31: stages.mql.response.odds.power alone explains 55%; 80% comes from leads "
        "still to come"
    )


def test_a_bridge_of_one_change_is_all_of_the_difference(document):
    name = "Leads down 20%"
    one = document | {"bridge": {name: document["bridge"][name][:1]}}
    assert bridge_finding(one, name)[1] == "All of it: Channel paid, change: x1.1"


def test_what_is_the_same_is_said_to_be_the_same():
    same = comparison({"The same": 0.0, "Again": 0.0}, targets=TARGETS)
    assert bands_finding(same)[0] == differences_finding(same)[0] == "No scenario differs in bookings"
    assert bridge_finding(same, "The same") == ("The same: no difference in bookings", "No change has an effect")
    assert bands_finding(comparison({"The same": 0.0}))[0] == "The same does not differ in bookings"


def test_axes_of_a_notebook_are_drawn_on_whatever_a_name_holds():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    name = r"\$ $\frac$ and $"
    document = comparison({name: 0.1}, targets=TARGETS)
    figure = Figure(layout="constrained")
    canvas_of = FigureCanvasAgg(figure)
    panels = figure.subplots(5, 1)
    draws = (draw_overlay, draw_intervals, draw_differences, lambda d, a: draw_bridge(d, a, name), draw_variance)
    for draw, axes in zip(draws, panels, strict=True):
        assert draw(document, axes) is axes
    canvas_of.draw()
    assert name in [label.get_text() for label in panels[2].get_yticklabels()]


@pytest.mark.parametrize(
    "text", [LONG, "成長計画リード二十パーセント減少シナリオ改訂版成長計画", "a" * 90, "stages." * 20]
)
def test_long_names_keep_their_beginning_and_end(text):
    from rpmsim.report.table import width

    lines = folded(text, 20).split("\n")
    assert len(lines) == 2
    assert max(width(line) for line in lines) <= 20
    cut = shortened(text, 30)
    assert 26 <= width(cut) <= 30
    assert (cut[:5], cut[-3:]) == (text[:5], text[-3:])
    assert folded("short", 20) == shortened("short", 20) == "short"


BLINDNESS = {
    "none": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color, seen_with):
    """CIE L*a*b* of a color as it is seen."""
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(seen_with) @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colors_are_distinct_for_everybody_and_in_grey(kind):
    """25 is ten times what is just seen side by side."""
    seen = [lab(color, BLINDNESS[kind]) for color in (*canvas.SERIES, canvas.TARGET)]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 25
    lightness = sorted(lab(color, np.eye(3))[0] for color in canvas.SERIES)
    assert min(np.diff(lightness)) > 14


def test_the_slug_of_a_name():
    assert compare_charts._slug("Q3: Kampagne für Ärzte / \\ ..") == "q3-kampagne-fur-arzte"
    assert len(compare_charts._slug("x" * 300)) == 40
