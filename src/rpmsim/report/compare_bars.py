"""Why scenarios differ and where a band comes from, as bars drawn on axes that are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rpmsim.report import canvas
from rpmsim.report.compare_axes import TEXT, beside, frame, mean_difference, tick
from rpmsim.report.compare_text import (
    ORIGINS,
    SOURCES,
    SURE,
    amount,
    better,
    named_ranges,
    others,
    signed,
    sure_error,
)
from rpmsim.report.table import folded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]

_LESS = "#f0c8a4"
"""A light tint of the target's orange; hatched, where less is worse."""


def by_size(document: Document) -> list[str]:
    """The scenarios beside the baseline, from the largest gain to the largest loss of the total."""
    total = document["metrics"][document["headline"]]["total"]
    return sorted((n for n in others(document) if "difference" in total.get(n, {})),
                  key=lambda name: -mean_difference(total, name))  # fmt: skip


def draw_differences(document: Document, axes: Axes) -> Axes:
    """Draw the paired differences of the total from the baseline, the largest gain first.

    Parameters
    ----------
    document : mapping
        The document of a comparison.
    axes : matplotlib.axes.Axes
        To its right stand the mean difference and the chance of being better.

    Returns
    -------
    matplotlib.axes.Axes
        The same: a bar holds 8 of 10 replications, a dot is the mean; hatched bars have a mean below zero.
    """
    metric = document["headline"]
    total = document["metrics"][metric]["total"]
    names = by_size(document)
    reach = [0.0]
    for i, name in enumerate(names):
        own = total[name]["difference"]
        low, mean, high = (own[key] or 0.0 for key in ("p10", "mean", "p90"))
        _signed_bar(axes, i, low, high - low, mean < 0, 0.56)
        axes.plot([mean], [i], "o", color=canvas.INK, markersize=6.5, zorder=4)
        beside(axes, 66, i, signed(document, metric, own["mean"]), fontweight="bold")
        beside(axes, 112, i, better(total[name]))
        reach += [low, mean, high]
    _column_title(axes, 66, "mean")
    _column_title(axes, 112, "chance\nbetter")
    _rows(document, axes, names, reach)
    axes.xaxis.set_major_formatter(lambda value, _: f"{'+' if value > 0 else ''}{tick(document, value)}")
    axes.axvline(0.0, color=canvas.INK, linewidth=1.2, zorder=3)
    return axes


def draw_bridge(document: Document, axes: Axes, scenario: str) -> Axes:
    """Draw the way from the mean of the baseline's total to that of a scenario, one bar for each change.

    Parameters
    ----------
    document : mapping
        The document of a comparison.
    axes : matplotlib.axes.Axes
        To its right stand the amounts.
    scenario : str
        Name of a scenario that has a bridge.

    Returns
    -------
    matplotlib.axes.Axes
        The same. Bars start where the one above ends, and carry 95% error bars; hatched ones lead downwards. The axis
        need not begin at zero.
    """
    metric = document["headline"]
    total = document["metrics"][metric]["total"]
    start, end = (total[name]["value"]["mean"] or 0.0 for name in (document["baseline"], scenario))
    entries = sorted(document["bridge"][scenario], key=lambda entry: -abs(entry["value"]))
    reach, at = [start, end], start
    for i, entry in enumerate(entries, 1):
        after, error = at + entry["value"], SURE * (entry["mc_error"] or 0.0)
        axes.plot([at] * 2, [i - 1, i], color=canvas.QUIET, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
        _signed_bar(axes, i, at, entry["value"], entry["value"] < 0, 0.56)
        _error_bar(axes, i, after, error)
        text = f"{signed(document, metric, entry['value'])} ± {sure_error(document, metric, entry['mc_error'])}"
        beside(axes, 128, i, text)
        reach += [after - error, after + error]
        at = after
    last = len(entries) + 1
    axes.plot([end] * 2, [last - 1, last], color=canvas.QUIET, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    for row, value in ((0, start), (last, end)):
        axes.plot([value] * 2, [row - 0.34, row + 0.34], color=canvas.INK, linewidth=3.5, solid_capstyle="butt")
        beside(axes, 128, row, amount(document, metric, value), fontweight="bold")
    _rows(document, axes, [document["baseline"], *(entry["lever"] for entry in entries), scenario], reach)
    for row in (0, -1):
        axes.get_yticklabels()[row].set_fontweight("bold")
    return axes


def draw_variance(document: Document, axes: Axes) -> Axes:
    """Draw what shares of the variance of the baseline's total come from where.

    Parameters
    ----------
    document : mapping
        The document of a comparison, with shares of a variance that is not zero.
    axes : matplotlib.axes.Axes
        To its right stand the shares.

    Returns
    -------
    matplotlib.axes.Axes
        The same: sources of randomness, below unknown numbers those that explain most, then business that is open
        today and leads still to come; all with 95% error bars.
    """
    rows = list(variance_rows(document))
    reach = 0.0
    for name, entry, place in rows:
        inner = name.startswith(" ")
        share, error = max(entry["share"], 0.0), SURE * entry["mc_error"]
        axes.barh(place, share, 0.4 if inner else 0.6, color=canvas.OUTER if inner else canvas.INNER)
        _error_bar(axes, place, share, error)
        beside(axes, 112, place, f"{100 * share:.0f}% ± {100 * error:.0f} points")
        reach = max(reach, share + error)
    places = [place for _, _, place in rows]
    axes.set_yticks(places, [folded(name.strip(), 38) for name, _, _ in rows], **TEXT)
    axes.set_xlim(0.0, 1.03 * min(reach, 1.3))
    axes.set_ylim(max(places) + 0.6, -0.95)
    for words, place in (("By source of randomness", -0.45), ("By origin of the business", max(places) - 1.45)):
        axes.annotate(words, (0.0, place), (2, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      va="bottom", fontsize=9, color=canvas.QUIET)  # fmt: skip
    frame(axes, "x", 5, document)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    for label, (name, _, _) in zip(axes.get_yticklabels(), rows, strict=True):
        label.set(color=canvas.QUIET, fontsize=8.5) if name.startswith(" ") else label.set(fontweight="bold")
    return axes


def variance_rows(document: Document) -> Iterator[tuple[str, Document, float]]:
    """Name, share and place of each bar; the names of single numbers begin with a space."""
    found, place = document["variance"], 0.0
    for entry in found["sources"]:
        yield SOURCES[entry["source"]], entry, place
        place += 1.0
        for number in named_ranges(found) if entry["source"] == "ranges" else ():
            yield f" {number['number']}", number, place - 0.15
            place += 0.8
    for entry in found["origin"]:
        yield ORIGINS[entry["origin"]], entry, place + 0.7
        place += 1.0


def _rows(document: Document, axes: Axes, names: Sequence[str], reach: Sequence[float]) -> None:
    """Rows with names from above, and an axis below that holds all that is drawn."""
    least, most = min(reach), max(reach)
    pad = 0.05 * (most - least) or 0.1 * abs(most) or 1.0
    axes.set_xlim(least - pad, most + pad)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [folded(name, 34) for name in names], **TEXT)
    frame(axes, "x", 5, document)


def _signed_bar(axes: Axes, row: float, left: float, length: float, less: bool, height: float) -> None:
    style: dict[str, Any] = {"color": canvas.INNER}
    if less:
        style = {"facecolor": _LESS, "edgecolor": canvas.TARGET, "hatch": "////", "linewidth": 0.0}
    axes.barh(row, length, height, left, zorder=2, **style)


def _error_bar(axes: Axes, row: float, at: float, error: float) -> None:
    axes.errorbar([at], [row], xerr=[error], color=canvas.INK, elinewidth=1.4, capsize=4, capthick=1.4, zorder=4)


def _column_title(axes: Axes, points: float, text: str) -> None:
    axes.annotate(text, (1.0, 1.0), (points, 4), xycoords="axes fraction", textcoords="offset points", ha="right",
                  fontsize=9, color=canvas.QUIET, linespacing=1.0, annotation_clip=False)  # fmt: skip
