"""The charts of a comparison as slides: each with a title that says the finding, a key, and what it rests on."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import canvas, numbers
from rpmsim.report.canvas import Chart, line
from rpmsim.report.compare_axes import (
    band_keys,
    brief,
    by_size,
    draw_bridge,
    draw_differences,
    draw_intervals,
    draw_overlay,
    draw_variance,
    drawn_names,
    shortened,
    targets_of,
    variance_rows,
)
from rpmsim.report.compare_text import (
    ORIGINS,
    SOURCES,
    amount,
    better,
    interaction_sentence,
    named_ranges,
    rows_of,
    signed,
    span_title,
    sure_error,
)

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
_NAME, _LONG_NAME = 34, 60
"""Columns of a name in a title, and of one that stands alone there."""
_MOST_SLUG = 40
_MOST_TOLD = 4


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
    if document["headline"] in document["metrics"]:
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
        f"Difference in {metric} from {shortened(document['baseline'], _NAME)}, replication by replication.  "
        "Bar: 8 of 10 replications.  Dot: mean.  Hatched: less on average.  Better: chance of more than the baseline."
    )
    with canvas.sheet(_height(len(names))) as figure:
        _head(figure, title, subtitle, key)
        draw_differences(document, _rows_axes(figure, len(names), 0.8))
        _foot(figure, document)
        parts = [
            f"{_difference(document, metric, total[name], name)}, better in {better(total[name])}" for name in names
        ]
        return canvas.render(figure, f"{title}. {subtitle}", f"Paired differences in {metric}. {'; '.join(parts)}.")


def bridge_chart(document: Document, name: str) -> Chart:
    """The way from the baseline's mean to a scenario's, change by change."""
    metric, entries = document["headline"], document["bridge"][name]
    title, subtitle = bridge_finding(document, name)
    together = interaction_sentence(document, name)
    key = f"Mean {metric}, {_until(document)}.  Hatched: less.  Black lines: 95% Monte Carlo error of a bar."
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


def bands_finding(document: Document) -> tuple[str, str]:
    """What differs most from the baseline, and what that does to the chance of a target."""
    metric, total = document["headline"], document["metrics"][document["headline"]]["total"]
    base = shortened(document["baseline"], _NAME)
    ranked = sorted(by_size(document), key=lambda name: -abs(total[name]["difference"]["mean"] or 0.0))
    if not ranked:
        return f"{metric.capitalize()} of {base}", _until(document)
    name = ranked[0]
    if total[name]["probability_same"] == 1.0:
        return _no_difference(document), f"Compared with {base}, {_until(document)}"
    more = f"  (of {len(ranked)} scenarios, it differs most)" if len(ranked) > 1 else ""
    chance = _chance_sentence(document, name)
    compared = f"Compared with {base}, {_until(document)}{more.replace('  ', ' ')}"
    return _difference(document, metric, total[name], name), f"{chance}. {compared}" if chance else compared


def differences_finding(document: Document) -> tuple[str, str]:
    """Which scenario gains most, and which loses most."""
    metric, total = document["headline"], document["metrics"][document["headline"]]["total"]
    names, base = by_size(document), shortened(document["baseline"], _NAME)
    if all(total[name]["probability_same"] == 1.0 for name in names):
        return _no_difference(document), f"Compared with {base}, {_until(document)}"
    first, last = names[0], names[-1]
    if first == last:
        sure = f"{better(total[first])} chance of more {metric} than {base}, {_until(document)}"
        return _difference(document, metric, total[first], first), sure
    told = [
        f"{signed(document, metric, total[name]['difference']['mean'])} with {shortened(name, _NAME)}"
        for name in (first, last)
    ]
    return f"{metric.capitalize()}: {told[0]}, {told[1]}", (
        f"Chance of more than {base}: {better(total[first])} with {shortened(first, _NAME)}, "
        f"{better(total[last])} with {shortened(last, _NAME)}"
    )


def bridge_finding(document: Document, name: str) -> tuple[str, str]:
    """How large the difference is, and which change makes most of it."""
    metric, entries = document["headline"], document["bridge"][name]
    total = document["metrics"][metric]["total"][name]
    gap = signed(document, metric, total["difference"]["mean"])
    title = f"Why {shortened(name, _NAME)} differs: {metric} {gap}"
    if total["probability_same"] == 1.0:
        title = _difference(document, metric, total, name)
    largest = max(entries, key=lambda entry: abs(entry["value"]))
    if not largest["value"]:
        return title, "No change has an effect"
    part = f"Largest part, {signed(document, metric, largest['value'])}" if len(entries) > 1 else "From one change"
    return title, f"{part}: {shortened(largest['lever'], _LONG_NAME)}"


def variance_finding(document: Document) -> tuple[str, str]:
    """What explains most of the band's width."""
    found = document["variance"]
    most = max(found["sources"], key=lambda entry: entry["share"])
    source = SOURCES[most["source"]]
    title = (
        f"{numbers.percent(most['share'])} of the variance in {document['headline']} comes from "
        f"{source[:1].lower()}{source[1:]}"
    )
    parts = [
        f"{shortened(number['number'], _LONG_NAME)} alone explains {numbers.percent(number['share'])}"
        for number in named_ranges(found)
    ][:1]
    origin = max(found["origin"], key=lambda entry: entry["share"])
    words = ORIGINS[origin["origin"]]
    parts.append(f"{numbers.percent(origin['share'])} comes from {words[:1].lower()}{words[1:]}")
    return title, f"{shortened(found['scenario'], _NAME)}, {_until(document)}: {'; '.join(parts)}"


def describe_bands(document: Document, panels: Sequence[str]) -> str:
    """The chart of bands in words: the longer spans, and of each scenario band and chance."""
    metric = document["headline"]
    parts = []
    for label in panels:
        targets = targets_of(document, label)
        for name in drawn_names(document):
            entry = document["metrics"][metric][label].get(name)
            if entry is None:
                continue
            band = ", ".join(
                f"{WORDS[key][0]} {amount(document, metric, entry['value'][key])}" for key in ("p10", "p50", "p90")
            )
            chance = f", chance of the target {numbers.chance(targets[name])}" if name in targets else ""
            parts.append(f"{span_title(document, label)}, {name}: {band}{chance}")
    return f"Bands of {metric}. {'; '.join(parts)}."


def _difference(document: Document, metric: str, entry: Document, name: str) -> str:
    """A scenario's mean difference and its band."""
    own, name = entry["difference"], shortened(name, _NAME)
    if entry["probability_same"] == 1.0:
        return f"{name}: no difference in {metric}"
    mean, low, high = (signed(document, metric, own[key]) for key in ("mean", "p10", "p90"))
    return f"{name}: {metric} {mean} (8 of 10: {low} to {high})"


def _no_difference(document: Document) -> str:
    which = "No scenario differs" if len(by_size(document)) > 1 else f"{by_size(document)[0]} does not differ"
    return f"{which} in {document['headline']}"


def _chance_sentence(document: Document, name: str) -> str:
    """How the chance of the longest span's target changes, of equally long ones that which changes most."""
    found = []
    spans = {span["period"]: span for span in document["periods"]}
    for target in document["targets"]:
        own = target["scenarios"].get(name, {})
        if target["metric"] == document["headline"] and "probability_difference" in own and own["state"] != "actual":
            span = spans.get(target["period"])
            months = 0 if span is None else _days(span) // 31
            found.append((months, abs(own["probability_difference"]["mean"]), target))
    if not found:
        return ""
    target = max(found, key=lambda entry: entry[:2])[2]
    before, after = (numbers.chance(target["scenarios"][which]) for which in (document["baseline"], name))
    told = f"{after} instead of {before}" if before != after else f"{after} as before"
    return f"Chance of the {target['period']} target {told}"


def _days(span: Document) -> int:
    return (dt.date.fromisoformat(span["last"]) - dt.date.fromisoformat(span["first"])).days + 1


def _until(document: Document) -> str:
    return span_title(document, "total")[:1].lower() + span_title(document, "total")[1:]


def _panels(document: Document, periods: Sequence[str]) -> tuple[list[str], list[str]]:
    """Spans drawn as intervals, in their order, and those that find no room."""
    every = [*periods, *rows_of(document)]
    if len(periods) == 1:
        every = [label for label in every if label != "total"]  # it is the period
    days = {span["period"]: _days(span) for span in document["periods"]}
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
    named = ", ".join(shortened(name, _NAME) for name in names[:_MOST_TOLD])
    return named if len(names) <= _MOST_TOLD else f"{named} and {len(names) - _MOST_TOLD} more"


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
    holds = "chance and parameter uncertainty" if document["ranged_numbers"] else "chance only"
    status = document["status"].get(document["baseline"], "")
    text = (
        f"{document['replications']:,} replications of each scenario on common random numbers, as of "
        f"{document['as_of']} (random seed {document['seed']}). Bands cover {holds}."
    )
    text += f" Status of {shortened(document['baseline'], _NAME)}: {status}." if status else ""
    line(figure, 0.14 / figure.get_figheight(), text, 7.5, color=canvas.QUIET)
    line(figure, 0.31 / figure.get_figheight(), note, 7.5, color=canvas.QUIET)


def _slug(name: str) -> str:
    """A name as a part of a file's name; empty where it has no Latin letters."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:_MOST_SLUG].strip("-")
