"""Charts of an audit: the levels of volume and conversion over the weeks, and when each stage was recorded."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from rpmsim.report.canvas import INK, INNER, LINE, MIDDLE, QUIET, TARGET, Chart, render, sheet
from rpmsim.report.scales import date_axis

if TYPE_CHECKING:
    from rpmsim.history.audit import Audit

EPOCH = dt.date(1970, 1, 1)
MOST_LABELS = 6


def levels_chart(audit: Audit) -> Chart:
    """New records by week and the share that is won within a fixed time, with the levels and the dates of change."""
    from rpmsim.history.audit.process import conversion_series, volume_series

    first, counts, _, breaks = volume_series(audit.evidence)
    horizon, c_first, wins, records, c_breaks = conversion_series(audit.evidence)
    with sheet() as figure:
        axes = figure.subplots(2 if horizon else 1, 1, sharex=True, squeeze=False)[:, 0]
        _panel(axes[0], first, counts, np.ones_like(counts), breaks, "New records per week", False)
        if horizon:
            _panel(
                axes[1], c_first, wins, records, c_breaks, f"Share won within {horizon} days, by week of creation", True
            )
        figure.suptitle(
            f"{audit.name}: did the process change?", x=0.07, y=0.98, ha="left", size=14, weight="bold", color=INK
        )
        figure.subplots_adjust(left=0.07, right=0.97, top=0.87, bottom=0.08, hspace=0.32)
        changes = [str(_date(first + 7 * b)) for b in breaks] + [str(_date(c_first + 7 * b)) for b in c_breaks]
        said = f"The level changes in the weeks of {', '.join(changes)}." if changes else "No lasting change of level."
        return render(figure, f"{audit.name}: volume and conversion by week", said)


def stages_chart(audit: Audit) -> Chart:
    """For each stage, how many records entered it week by week: a dark cell is the stage's busiest week."""
    evidence = audit.evidence
    rows = evidence.query(
        "SELECT stage, date_diff('day', DATE '1970-01-05', CAST(entered AS DATE)) // 7 AS week, count(*) "
        f"FROM {evidence.log} WHERE stage >= 0 AND entered IS NOT NULL GROUP BY 1, 2"
    )
    start, stop = min((row[1] for row in rows), default=0), max((row[1] for row in rows), default=0)
    grid = np.zeros((len(evidence.stages), stop - start + 1))
    for stage, week, count in rows:
        grid[stage, week - start] = count
    most = grid.max(axis=1)
    shade = np.sqrt(grid / np.maximum(most, 1.0)[:, None])
    with sheet() as figure:
        from matplotlib.colors import LinearSegmentedColormap

        axes = figure.add_axes((0.16, 0.1, 0.74, 0.74))
        colors = LinearSegmentedColormap.from_list("entries", ["#f4f6f8", INNER, MIDDLE])
        edges: Any = [_date(4 + 7 * (start + i)) for i in range(grid.shape[1] + 1)]
        axes.pcolormesh(
            edges, np.arange(len(most) + 1), shade, cmap=colors, vmin=0.0, vmax=1.0, rasterized=grid.size > 4000
        )
        axes.set_yticks(np.arange(len(most)) + 0.5, [rule.name for rule in evidence.stages])
        axes.invert_yaxis()
        axes.tick_params(length=0, colors=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        for i, value in enumerate(most):
            axes.text(1.01, i + 0.5, f"{value:,.0f}", transform=axes.get_yaxis_transform(), va="center", color=QUIET)
        axes.text(1.01, -0.15, "most per week", transform=axes.get_yaxis_transform(), va="bottom", color=QUIET, size=9)
        date_axis(axes, 10)
        title = f"{audit.name}: when was each stage recorded?"
        figure.suptitle(title, x=0.03, y=0.97, ha="left", size=14, weight="bold", color=INK)
        figure.text(0.03, 0.905, "Entries per week; the darkest is the stage's busiest week", color=QUIET)
        busiest = ", ".join(f"{r.name} {v:,.0f}" for r, v in zip(evidence.stages, most, strict=True))
        return render(figure, title, f"Most entries in a week: {busiest}.")


def _panel(axes: Any, first: int, counts: Any, base: Any, breaks: list[int], title: str, percent: bool) -> None:
    days = [_date(first + 7 * i) for i in range(len(counts))]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(base > 0, counts / base, np.nan)
    axes.plot(days, shares, color=INNER, linewidth=1.2, marker="o", markersize=2.5)
    edges = [0, *breaks, len(counts)] if len(counts) else []  # no whole week, no level
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        level = counts[a:b].sum() / max(base[a:b].sum(), 1.0)
        end = _date(first + 7 * b)
        axes.hlines(level, days[a], end, color=MIDDLE, linewidth=2.0)
        if i:
            axes.axvline(days[a], color=TARGET, linewidth=1.0)
            if len(breaks) <= MOST_LABELS:
                axes.annotate(
                    f"{days[a]:%d %b %Y}", (days[a], 1.0), xycoords=("data", "axes fraction"), xytext=(3, -2),
                    textcoords="offset points", color=TARGET, size=8, va="top", ha="left",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                )  # fmt: skip
    axes.set_title(title, loc="left", size=10, color=INK)
    top = float(np.nanmax(shares)) if np.isfinite(shares).any() else 1.0
    axes.set_ylim(0, max(top, 1e-9) * (1.22 if breaks else 1.05))
    axes.yaxis.set_major_formatter(
        (lambda y, _: f"{y:.{1 if top < 0.2 else 0}%}") if percent else (lambda y, _: f"{y:,.0f}")
    )
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(length=0, colors=QUIET)
    date_axis(axes, 10)


def _date(day: float) -> dt.date:
    return EPOCH + dt.timedelta(int(day))
