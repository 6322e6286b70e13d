"""Bands of a comparison side by side, over time and by span, drawn on axes that are given."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rpmsim.report import canvas, numbers
from rpmsim.report.axis import period_ticks
from rpmsim.report.compare_text import (
    amount,
    others,
)
from rpmsim.report.table import folded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]

_MOST_DRAWN = len(canvas.SERIES)
_MOST_WIDE_BANDS = 3
"""So many scenarios are drawn with their wide bands; those of more would hide each other."""
_LINES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (2.5, 1)))
_MARKERS = ("o", "s", "^", "D", "v")
_MARKS_ALONG = 6
_FEW_TICKS = 2
TEXT: dict[str, Any] = {"parse_math": False}
"""A name may hold dollar signs."""


def drawn_names(document: Document) -> list[str]:
    """The baseline, and of more than four other scenarios those that differ most from it."""
    total = document["metrics"][document["headline"]]["total"]
    ranked = sorted(others(document), key=lambda name: -abs(mean_difference(total, name)))
    chosen = {document["baseline"], *ranked[: _MOST_DRAWN - 1]}
    return [name for name in document["scenarios"] if name in chosen]


def band_keys(count: int) -> tuple[str, str]:
    """The quantiles that the bands over time of so many scenarios reach to."""
    return ("p10", "p90") if count <= _MOST_WIDE_BANDS else ("p25", "p75")


def draw_overlay(document: Document, axes: Axes) -> Axes:
    """Draw the bands of up to five scenarios over time.

    Parameters
    ----------
    document : mapping
        The document of a comparison.
    axes : matplotlib.axes.Axes
        Names of the lines are written to the right of it.

    Returns
    -------
    matplotlib.axes.Axes
        The same. Each scenario has a line of medians and, between thin lines, a band: from 9 in 10 to 1 in 10, and of
        more than three scenarios from 3 in 4 to 1 in 4. The band of the baseline is filled. Beyond five scenarios those
        that differ most from the baseline are drawn.
    """
    metric = document["headline"]
    found = document["metrics"][metric]
    spans = [span for span in document["periods"] if not span["longer"] and span["period"] in found]
    names = drawn_names(document)
    low, high = band_keys(len(names))
    x = list(range(len(spans)))
    ends, bottom, top = [], 0.0, 0.0
    for i, name in enumerate(names):
        column = {key: [_value(found, span["period"], name, key) for span in spans] for key in (low, "p50", high)}
        color = canvas.SERIES[i]
        if i == 0:
            axes.fill_between(x, column[low], column[high], color=_tint(color, 0.11), linewidth=0, zorder=1)
        for key in (low, high):
            axes.plot(x, column[key], color=_tint(color, 0.75), linewidth=0.9, linestyle=_LINES[i], zorder=2)
        every = max(1, len(x) // _MARKS_ALONG)
        axes.plot(x, column["p50"], color=color, linewidth=2.0, linestyle=_LINES[i], marker=_MARKERS[i], markersize=5,
                  markevery=(i * every // len(names), every), markeredgecolor="white", markeredgewidth=0.6,
                  zorder=4 - 0.1 * i)  # fmt: skip
        ends.append(column["p50"][-1])
        known = [value for key in (low, high) for value in column[key] if math.isfinite(value)]
        bottom, top = min([bottom, *known]), max([top, *known])
    top = max([top, *_mark_targets(document, axes, spans)])
    axes.set_xlim(-0.5, len(x) - 0.5)
    axes.set_ylim(1.05 * bottom, 1.08 * top or 1.0)
    places, labels = period_ticks(
        document["period_kind"],
        [dt.date.fromisoformat(span["first"]) for span in spans],
        [{"state": "whole", **span} for span in spans],
    )
    axes.set_xticks(places, labels, **TEXT)
    axes.tick_params(axis="x", pad=6)  # below the lowest label of the other axis
    frame(axes, "y", 5, document)
    _name_ends(axes, names, ends)
    return axes


def draw_intervals(document: Document, axes: Axes, period: str = "total") -> Axes:
    """Draw the bands of up to five scenarios over one span as bars below each other.

    Parameters
    ----------
    document : mapping
        The document of a comparison.
    axes : matplotlib.axes.Axes
        To its right stand the medians, and the chances of the target.
    period : str
        Label of a period, year or period of a target, or ``total``.

    Returns
    -------
    matplotlib.axes.Axes
        The same: a light bar from 9 in 10 to 1 in 10, a dark one for the half in the middle, a line at the median.
    """
    metric = document["headline"]
    found = document["metrics"][metric]
    names = drawn_names(document)
    targets = targets_of(document, period)
    reach = [target["target"] for target in targets.values()]
    for i, name in enumerate(names):
        lowest, lower, middle, upper, highest = (
            _value(found, period, name, key) for key in ("p10", "p25", "p50", "p75", "p90")
        )
        if math.isnan(middle):
            continue
        color = canvas.SERIES[i]
        axes.barh(i, highest - lowest, 0.56, lowest, color=_tint(color, 0.22))
        axes.barh(i, upper - lower, 0.56, lower, color=_tint(color, 0.5))
        axes.plot([middle] * 2, [i - 0.28, i + 0.28], color=color, linewidth=2.6, solid_capstyle="butt")
        beside(axes, 46, i, brief(document, middle))
        reach += [lowest, highest]
        if name in targets:
            goal = targets[name]["target"]
            axes.plot([goal] * 2, [i - 0.5, i + 0.5], color=canvas.TARGET, linewidth=1.8, linestyle=(0, (3, 1)))
            beside(axes, 78, i, numbers.chance(targets[name]), color=canvas.TARGET)
    least, most = min(reach, default=0.0), max(reach, default=1.0)
    pad = 0.06 * (most - least) or 0.1 * abs(most) or 1.0
    axes.set_xlim(least - pad, most + pad)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [folded(name, 20) for name in names], **TEXT)
    frame(axes, "x", 2, document)
    ticks = [tick for tick in axes.get_xticks() if least - pad <= tick <= most + pad]
    axes.set_xticks(ticks if len(ticks) <= _FEW_TICKS else [ticks[0], ticks[-1]])
    axes.xaxis.set_major_formatter(lambda value, _: brief(document, value, even=False))
    for i, label in enumerate(axes.get_yticklabels()):
        label.set(color=canvas.SERIES[i] if i < _MOST_DRAWN - 1 else canvas.INK, fontweight="bold",
                  fontsize=8.5, linespacing=1.0)  # fmt: skip
    return axes


def brief(document: Document, value: float, even: bool = True) -> str:
    """A value of the headline metric where there is little room: the code of a currency is left out."""
    text = amount(document, document["headline"], value) if even else tick(document, value)
    return text.replace(f"{document['currency']} ", "")


def targets_of(document: Document, period: str) -> dict[str, Document]:
    """How each scenario fares with its target of the headline metric in a period; those with a chance."""
    for target in document["targets"]:
        if (target["metric"], target["period"]) == (document["headline"], period):
            return {name: own for name, own in target["scenarios"].items() if own["probability"] is not None}
    return {}


def mean_difference(total: Document, name: str) -> float:
    """Mean difference of a scenario from the baseline; zero for the baseline."""
    return total.get(name, {}).get("difference", {}).get("mean") or 0.0


def _value(found: Document, period: str, name: str, key: str) -> float:
    value = found[period].get(name, {"value": {}})["value"].get(key)
    return math.nan if value is None else value


def _tint(color: str, share: float) -> tuple[float, ...]:
    """The color mixed with white, which prints as it shows."""
    return tuple(1.0 - share * (1.0 - int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))


def beside(axes: Axes, points: float, row: float, text: str, **style: Any) -> None:
    """Write to the right of the axes, in a column that ends so many points from it."""
    axes.annotate(text, (1.0, row), (points, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                  ha="right", va="center", annotation_clip=False,
                  **{"fontsize": 9.5, **TEXT, **style})  # fmt: skip


def frame(axes: Axes, values: str, ticks: int, document: Document) -> None:
    """Quiet lines at few round values; ``values`` is the axis that has them."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Labels(Formatter):
        """In short, or in full where two would read alike."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            return tick(document, x)

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            labels = [tick(document, value) for value in values]
            return labels if len(set(labels)) == len(labels) else [_in_full(document, value) for value in values]

    axis = axes.yaxis if values == "y" else axes.xaxis
    whole = document["units"][document["headline"]] != document["currency"]
    axis.set_major_locator(
        MaxNLocator(ticks, integer=whole, steps=[1, 2, 2.5, 5, 10] if ticks > _FEW_TICKS else [1, 2, 5, 10])
    )
    axis.set_major_formatter(Labels())
    axes.tick_params(axis="both", length=0, labelsize=9, labelcolor=canvas.INK)
    axes.tick_params(axis="x" if values == "x" else "both", labelcolor=canvas.QUIET)
    axes.grid(axis="y" if values == "y" else "x", color=canvas.LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(side == "bottom")
    axes.spines["bottom"].set_color(canvas.LINE)


def tick(document: Document, value: float) -> str:
    """A value of the headline metric at an axis."""
    if abs(value) < 1e-9:
        return "0"
    if document["units"][document["headline"]] == document["currency"]:
        return numbers.money(value, document["currency"])
    return f"{'-' if value < 0 else ''}{numbers.short(abs(value))}"


def _in_full(document: Document, value: float) -> str:
    """All digits before the point of a value of the headline metric."""
    money = document["units"][document["headline"]] == document["currency"]
    sign = numbers.currency_sign(document["currency"]) if money else ""
    return f"{'-' if value < 0 else ''}{sign}{abs(value):,.0f}"


def _mark_targets(document: Document, axes: Axes, spans: Sequence[Document]) -> list[float]:
    """Mark the targets of single periods, and give their heights."""
    heights = []
    for i, span in enumerate(spans):
        for goal in {target["target"] for target in targets_of(document, span["period"]).values()}:
            axes.plot([i - 0.35, i + 0.35], [goal] * 2, color=canvas.TARGET, linewidth=2.2, zorder=5)
            heights.append(goal)
    return heights


def _name_ends(axes: Axes, names: Sequence[str], ends: Sequence[float]) -> None:
    """Name the lines where they end; names that would touch are pushed apart, and led to their lines."""
    low, high = axes.get_ylim()
    figure = axes.figure
    points = axes.get_window_extent().height * 72.0 / figure.dpi
    texts = [folded(name, 21) for name in names]
    heights = [(11.5 * text.count("\n") + 15.0) / points for text in texts]
    places = [0.0 if math.isnan(end) else (end - low) / (high - low) for end in ends]
    order = sorted(range(len(names)), key=lambda i: (places[i], -i))
    put = dict(enumerate(places))
    for below, above in itertools.pairwise(order):
        put[above] = max(put[above], put[below] + (heights[below] + heights[above]) / 2)
    ceiling = 1.0
    for i in reversed(order):
        put[i] = min(put[i], ceiling - heights[i] / 2)
        ceiling = put[i] - heights[i] / 2
    for i, text in enumerate(texts):
        axes.annotate(
            text, (1.0, places[i]), (1.035, put[i]), xycoords="axes fraction", textcoords="axes fraction", fontsize=9,
            va="center", fontweight="bold", color=canvas.SERIES[i] if i < _MOST_DRAWN - 1 else canvas.INK,
            annotation_clip=False, linespacing=1.05, **TEXT,
            arrowprops={"arrowstyle": "-", "color": canvas.SERIES[i], "linewidth": 1.0, "linestyle": _LINES[i],
                        "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip
