"""The charts of a comparison as slides: each with a title that says the finding, a key, and what it rests on."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import canvas
from rpmsim.report.canvas import Chart, line
from rpmsim.report.compare_axes import band_keys, brief, draw_intervals, draw_overlay, drawn_names, targets_of
from rpmsim.report.compare_bars import by_size, draw_bridge, draw_differences, draw_variance, variance_rows
from rpmsim.report.compare_findings import (
    NAME,
    bands_finding,
    bridge_finding,
    days_of,
    describe_bands,
    difference_sentence,
    differences_finding,
    until_words,
    variance_finding,
)
from rpmsim.report.compare_text import (
    better,
    interaction_sentence,
    rows_of,
    signed,
    span_title,
    sure_error,
)
from rpmsim.report.table import shortened
from rpmsim.report.text import is_uncertain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]

_LEFT, _RIGHT = 0.03, 0.97
_HEAD, _FOOT = 1.25, 0.42
"""Inches above and below what is drawn."""
_ROWS_LEFT, _ROWS_RIGHT = 0.28, 0.76
_FEWEST_FOR_FAN = 3
_MOST_PANELS, _MOST_ABREAST = 6, 4
"""Spans that are drawn, those with a target and the longest first, and how many of them side by side."""
_PANELS_LEFT = 0.195
_MOST_SLUG = 40
_MOST_LISTED = 4


def charts(document: Document) -> Iterator[tuple[str, Chart]]:
    """Draw all that a comparison found.

    Parameters
    ----------
    document : mapping
        The document of the comparison.

    Yields
    ------
    tuple of (str, Chart)
        Name of the file without its ending, and the chart: ``bands``, ``differences``, ``bridge-<n>-<name>`` for each
        scenario with a bridge, and ``variance``. What was not looked for is not drawn.
    """
    yield "bands", bands_chart(document)
    if by_size(document):
        yield "differences", differences_chart(document)
    for name, entries in document["bridge"].items():
        if entries:
            number = document["scenarios"].index(name)
            yield "-".join(filter(None, ["bridge", str(number), _slug(name)])), bridge_chart(document, name)
    if document["variance"] is not None and document["variance"]["variance"]:
        yield "variance", variance_chart(document)


def bands_chart(document: Document) -> Chart:
    """Bands over time, and below them those of longer spans with their targets."""
    found = document["metrics"][document["headline"]]
    names = drawn_names(document)
    periods = [span["period"] for span in document["periods"] if not span["longer"] and span["period"] in found]
    fan = len(periods) >= _FEWEST_FOR_FAN
    panels, left_out = _panels(document, [] if fan else periods)
    title, subtitle = bands_finding(document)
    unnamed = [name for name in document["scenarios"] if name not in names]
    left_out = [*unnamed, *(span_title(document, label) for label in left_out)]
    note = f"Not drawn: {_listed(left_out)} (in compare.xlsx)." if left_out else ""
    foot = _FOOT + 0.16 * bool(note)
    lines = math.ceil(len(panels) / _MOST_ABREAST)
    abreast = math.ceil(len(panels) / lines)
    rows = (0.32 if fan else min(0.5, 2.4 / len(names) / lines)) * len(names)
    step = rows + 0.82
    over = max(canvas.HEIGHT - _HEAD - foot - step * lines - 0.5, 1.8) if fan else 0.0
    height = _HEAD + over + 0.5 * fan + step * lines + foot
    with canvas.sheet(height) as figure:
        _head(figure, title, subtitle, _bands_key(document, len(names), fan))
        if fan:
            draw_overlay(document, figure.add_axes((0.075, 1 - (_HEAD + over) / height, 0.705, over / height)))
        slot = (_RIGHT - _PANELS_LEFT) / abreast
        for i, label in enumerate(panels):
            down, across = divmod(i, abreast)
            bottom = foot + 0.28 + step * (lines - 1 - down)
            area = (_PANELS_LEFT + across * slot, bottom / height, slot - 0.122, rows / height)
            _panel(document, figure.add_axes(area), label, across == 0)
        _foot(figure, document, note)
        return canvas.render(figure, f"{title}. {subtitle}", describe_bands(document, panels))


def differences_chart(document: Document) -> Chart:
    """Paired differences of the total, with the chance of being better."""
    names = by_size(document)
    metric, total = document["headline"], document["metrics"][document["headline"]]["total"]
    title, subtitle = differences_finding(document)
    key = (
        f"Difference in {metric} from {shortened(document['baseline'], NAME)}, replication by replication.  "
        "Bar: 8 of 10 replications.  Dot: mean.  Hatched: less on average.  Better: chance of more than the baseline."
    )
    with canvas.sheet(_height(len(names))) as figure:
        _head(figure, title, subtitle, key)
        draw_differences(document, _rows_axes(figure, len(names), 0.8))
        _foot(figure, document)
        parts = [
            f"{difference_sentence(document, metric, total[name], name)}, better in {better(total[name])}"
            for name in names
        ]
        return canvas.render(figure, f"{title}. {subtitle}", f"Paired differences in {metric}. {'; '.join(parts)}.")


def bridge_chart(document: Document, name: str) -> Chart:
    """The way from the baseline's mean to a scenario's, change by change."""
    metric, entries = document["headline"], document["bridge"][name]
    title, subtitle = bridge_finding(document, name)
    together = interaction_sentence(document, name)
    key = f"Mean {metric}, {until_words(document)}.  Hatched: less.  Black lines: 95% Monte Carlo error of a bar."
    if len(entries) > 1:
        key += "  Each: averaged over all orders of the changes."
    with canvas.sheet(_height(len(entries) + 2) + 0.25 * bool(together)) as figure:
        _head(figure, title, subtitle, key)
        draw_bridge(document, _rows_axes(figure, len(entries) + 2, 0.78), name)
        line(figure, 0.45 / figure.get_figheight(), together, 10.0)
        _foot(figure, document)
        parts = [
            f"{entry['lever']}: {signed(document, metric, entry['value'])} "
            f"± {sure_error(document, metric, entry['mc_error'])}"
            for entry in sorted(entries, key=lambda entry: -abs(entry["value"]))
        ]
        text = f"From {document['baseline']} to {name}. {'; '.join(parts)}. {together}".strip()
        return canvas.render(figure, f"{title}. {subtitle}", text)


def variance_chart(document: Document) -> Chart:
    """Where the width of the baseline's band comes from."""
    title, subtitle = variance_finding(document)
    rows = list(variance_rows(document))
    key = (
        f"Shares of the variance of {document['headline']}; each group sums to 100%.  Light bars: single numbers that "
        "explain most.  Black lines: 95% Monte Carlo error."
    )
    with canvas.sheet(_height(len(rows))) as figure:
        _head(figure, title, subtitle, key)
        draw_variance(document, _rows_axes(figure, len(rows), 0.8, 0.34))
        _foot(figure, document)
        parts = [f"{name.strip()}: {100 * max(entry['share'], 0.0):.0f}%" for name, entry, _ in rows]
        return canvas.render(figure, f"{title}. {subtitle}", f"Shares of the variance. {'; '.join(parts)}.")


def _panels(document: Document, periods: Sequence[str]) -> tuple[list[str], list[str]]:
    """Spans drawn as intervals, in their order, and those that find no room."""
    every = [*periods, *rows_of(document)]
    if len(periods) == 1:
        every = [label for label in every if label != "total"]  # it is the period
    days = {span["period"]: days_of(span) for span in document["periods"]}
    ranked = sorted(
        every, key=lambda label: (label != "total", not targets_of(document, label), -round(days.get(label, 0) / 30))
    )
    chosen = ranked[:_MOST_PANELS]
    return [label for label in every if label in chosen], [label for label in every if label not in chosen]


def _panel(document: Document, axes: Axes, label: str, first: bool) -> None:
    """One span: its name, its target, and the bars."""
    draw_intervals(document, axes, label)
    axes.tick_params(axis="x", labelsize=8)
    if not first:
        axes.tick_params(labelleft=False)
    goals = {target["target"] for target in targets_of(document, label).values()}
    title = f"Total until\n{document['until']}" if label == "total" else label
    style: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    if not goals:
        axes.annotate(title, (0, 1), (0, 5), fontsize=10, fontweight="bold", linespacing=1.1, **style)
        return
    low, high = (brief(document, goal) for goal in (min(goals), max(goals)))
    axes.annotate(title.replace("\n", " "), (0, 1), (0, 18), fontsize=10, fontweight="bold", **style)
    axes.annotate(f"target {low}" if low == high else f"{low} to {high}", (0, 1), (0, 5), fontsize=9,
                  color=canvas.TARGET, **style)  # fmt: skip


def _bands_key(document: Document, count: int, fan: bool) -> str:
    kind = document["period_kind"].replace("_", " ")
    money = document["units"][document["headline"]] == document["currency"]
    unit = f" in {document['currency']}" if money else ""
    low, high = (WORDS[key][0] for key in band_keys(count))
    what = f"{document['headline'].capitalize()}{unit} by {kind}"
    above = f"{what}, median and band from {low} to {high}.  Below: " if fan else ""
    wide = f"{WORDS['p10'][0]} to {WORDS['p90'][0]}"
    bars = f"bars {wide}, dark the half in the middle; median.  Orange: target and its chance."
    return above + (bars if fan else bars[:1].upper() + bars[1:])


def _listed(names: Sequence[str]) -> str:
    named = ", ".join(shortened(name, NAME) for name in names[:_MOST_LISTED])
    return named if len(names) <= _MOST_LISTED else f"{named} and {len(names) - _MOST_LISTED} more"


def _height(rows: int) -> float:
    """Inches of a sheet with so many rows."""
    return max(_HEAD + 0.25 + _row(rows) * rows + 0.45 + _FOOT, 3.1)


def _row(rows: int) -> float:
    return 0.62 if rows <= 4 else max(0.36, 3.0 / rows)


def _rows_axes(figure: Figure, rows: int, right: float, left: float = _ROWS_LEFT) -> Axes:
    height = figure.get_figheight()
    inches = _row(rows) * rows
    return figure.add_axes((left, 1 - (_HEAD + 0.25 + inches) / height, right - left, inches / height))


def _head(figure: Figure, title: str, subtitle: str, key: str) -> None:
    height = figure.get_figheight()
    line(figure, 1 - 0.42 / height, title, 16.0, fontweight="bold")
    line(figure, 1 - 0.74 / height, subtitle, 11.5)
    line(figure, 1 - 1.03 / height, key, 9.0, color=canvas.QUIET)


def _foot(figure: Figure, document: Document, note: str = "") -> None:
    """What the numbers rest on."""
    holds = "chance and parameter uncertainty" if is_uncertain(document) else "chance only"
    status = document["status"].get(document["baseline"], "")
    text = (
        f"{document['replications']:,} replications of each scenario on common random numbers, as of "
        f"{document['as_of']} (random seed {document['seed']}). Bands cover {holds}."
    )
    text += f" Status of {shortened(document['baseline'], NAME)}: {status}." if status else ""
    line(figure, 0.14 / figure.get_figheight(), text, 7.5, color=canvas.QUIET)
    line(figure, 0.31 / figure.get_figheight(), note, 7.5, color=canvas.QUIET)


def _slug(name: str) -> str:
    """A name as a part of a file's name; empty where it has no Latin letters."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:_MOST_SLUG].strip("-")
