"""The chart of win rates by stage, and what every chart of a calibration rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.report import canvas
from rpmsim.report.calibration_rows import is_known, label_of, one_line, share_cells
from rpmsim.report.canvas import Chart
from rpmsim.report.compare_axes import TEXT, beside
from rpmsim.report.panels import Words, head_and_foot, quiet
from rpmsim.report.scales import percent_axis
from rpmsim.report.table import folded, shortened

Document = Mapping[str, Any]

_NAME = 40
"""Columns of a name in a line of text."""
_ROW = 0.42
"""Inches of a row."""


def shares_chart(document: Document) -> Chart | None:
    """The chance of a win from each stage on."""
    rows = [
        (name, facts)
        for name, facts in document["stage_facts"].items()
        if all(is_known((facts.get("win_rate") or {}).get(key)) for key in ("p05", "p50", "p95"))
    ]
    if not any(facts["win_rate"]["p95"] for _, facts in rows):
        return None
    entered, rate = shortened(label_of(document, rows[0][0]), _NAME), share_cells(rows[0][1]["win_rate"])[0]
    words = Words(
        "Win rate by stage",
        f"{rate} of the records that enter {entered} are won in the end",
        "Line: median.  Bar: 90% interval.",
        foot(document),
    )
    height = 1.65 + _ROW * len(rows) + 0.75
    with canvas.sheet(height) as figure:
        head_and_foot(figure, words)
        axes = figure.add_axes((0.25, 1 - (1.65 + _ROW * len(rows)) / height, 0.45, _ROW * len(rows) / height))
        for i, (_, facts) in enumerate(rows):
            band = facts["win_rate"]
            axes.barh(i, band["p95"] - band["p05"], 0.42, band["p05"], color=canvas.INNER)
            axes.plot(
                [band["p50"]] * 2, [i - 0.29, i + 0.29], color=canvas.MIDDLE, linewidth=2.6, solid_capstyle="butt"
            )
            middle, interval = share_cells(band)
            beside(axes, 48, i, middle, fontweight="bold", color=canvas.MIDDLE)
            beside(axes, 132, i, interval)
            beside(axes, 195, i, f"{facts['records']:,}", color=canvas.QUIET)
        for points, text in ((48, "win rate"), (132, "90% interval"), (195, "records")):
            axes.annotate(text, (1, 1), (points, 4), xycoords="axes fraction", textcoords="offset points", ha="right",
                          fontsize=9, color=canvas.QUIET, annotation_clip=False)  # fmt: skip
        axes.set_yticks(range(len(rows)), [folded(label_of(document, name), 30) for name, _ in rows], **TEXT)
        quiet(axes)
        axes.grid(visible=False, axis="y")
        axes.grid(axis="x", color=canvas.LINE, linewidth=0.6)
        axes.tick_params(axis="y", labelsize=9, labelcolor=canvas.INK)
        axes.set_xlim(0, min(1.08 * max(facts["win_rate"]["p95"] for _, facts in rows), 1.0) or 1.0)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        percent_axis(axes.xaxis, 5)
        said = [f"{label_of(document, name)} {share_cells(facts['win_rate'])[0]}" for name, facts in rows]
        return canvas.render(figure, words.title, f"Win rates: {'; '.join(said)}.")


def foot(document: Document) -> str:
    """What a chart rests on."""
    name, holds = shortened(one_line(document["history"]), _NAME), f"{document['draws']:,} parameter draws"
    return (
        f"{name}, as known on {document['as_of']}: {document['records']:,} records from {document['first_day']} on, "
        f"{'fixed parameters (plug-in)' if document['plug_in'] else holds}."
    )
