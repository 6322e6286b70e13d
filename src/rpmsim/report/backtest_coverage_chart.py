"""The chart of coverage: the share of outcomes inside each band, against what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.report import canvas
from rpmsim.report.backtest_rows import (
    BAND,
    LEVELS,
    cumulative,
    days_words,
    held,
    main_targets,
    number,
    scored,
    targets,
    whole,
)
from rpmsim.report.backtest_words import foot, headlines
from rpmsim.report.calibration_rows import one_line
from rpmsim.report.canvas import Chart
from rpmsim.report.compare_axes import TEXT, beside
from rpmsim.report.panels import Words, head_and_foot, name_panel, quiet
from rpmsim.report.table import folded

Document = Mapping[str, Any]

_LABEL = 32
"""Columns of each line of a row's name."""
_HEAD, _FOOT = 1.75, 0.85
"""Inches above and below rows."""
_ROW, _BETWEEN = 0.32, 0.5
"""Inches of a row, and the share of one between two targets."""
_MOST_ROWS = 16


def coverage_chart(document: Document) -> Chart | None:
    """The share of outcomes inside each band, against what it should be."""
    rows, left_out = _coverage_rows(document)
    if not rows:
        return None
    said = [f"{name} {held(scored(document, name)[horizon])}" for name, horizon in headlines(document)]
    words = Words(
        "Do the bands hold what they promise?",
        f"In the {BAND} over {days_words(headlines(document)[0][1])}: {', '.join(said)}" if said else "By target",
        "Dot: share of outcomes inside the band.  Vertical line: what it should be.  Bar: 90% interval of the true "
        "share, given the separate forecasts.  Orange: misses the line.",
        foot(document),
        left_out,
    )
    places = _places([name for name, _, _ in rows])
    inches = _ROW * (places[-1] + 1)
    height = _HEAD + inches + _FOOT
    with canvas.sheet(height) as figure:
        head_and_foot(figure, words)
        for i, level in enumerate(LEVELS):
            axes = figure.add_axes((0.25 + 0.185 * i, 1 - (_HEAD + inches) / height, 0.155, inches / height))
            for place, (_, _, entry) in zip(places, rows, strict=True):
                _draw_share(axes, place, entry, level)
            axes.axvline(int(level) / 100, color=canvas.INK, linewidth=1.2, zorder=1)
            _row_axes(axes, places, [_row_name(name, horizon) for name, horizon, _ in rows] if i == 0 else [])
            axes.set_xlim(-0.02, 1.02)
            axes.set_xticks([0, 0.5, 1])
            axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
            name_panel(axes, f"{level}% band", "")
        for place, (_, _, entry) in zip(places, rows, strict=True):
            beside(axes, 92, place, held(entry), fontsize=8.5)
            beside(axes, 138, place, whole(number(entry, "effective_origins")), fontsize=8.5, color=canvas.QUIET)
        for points, text in ((92, "in the 80% band"), (138, "separate")):
            axes.annotate(text, (1, 1), (points, 4), xycoords="axes fraction", textcoords="offset points", ha="right",
                          fontsize=8, color=canvas.QUIET, annotation_clip=False)  # fmt: skip
        described = [f"{one_line(name)} over {days_words(horizon)} {held(entry)}" for name, horizon, entry in rows]
        return canvas.render(figure, words.title, f"Outcomes in the {BAND}: {'; '.join(described)}.")


def _coverage_rows(document: Document) -> tuple[list[tuple[str, str, Document]], str]:
    """The targets that there is room for, each with its longest horizons, and what is left out."""
    rows: list[tuple[str, str, Document]] = []
    most = _MOST_ROWS // max(len(main_targets(document)), 1)
    without, cut = 0, False
    for name in targets(document):
        entries = {horizon: entry for horizon, entry in scored(document, name).items() if _has_share(entry)}
        first = cumulative(entries)[-most:]
        kept = [horizon for horizon in entries if horizon in [*first, *(set(entries) - set(cumulative(entries)))]][
            :most
        ]
        fits = not rows or len(rows) + len(kept) <= _MOST_ROWS
        rows += [(name, horizon, entries[horizon]) for horizon in kept] if fits else []
        without, cut = without + (not fits), cut or (fits and len(kept) < len(entries))
    parts = [f"{without} target{'' if without == 1 else 's'}"] if without else []
    parts = [*parts, "other horizons"] if cut else parts
    return rows, f"Not drawn: {' and '.join(parts)} (in backtest.md)." if parts else ""


def _has_share(entry: Document) -> bool:
    return any(number(entry, "coverage", level) is not None for level in LEVELS)


def _draw_share(axes: Any, place: float, entry: Document, level: str) -> None:
    """One share with its interval."""
    value, nominal = number(entry, "coverage", level), int(level) / 100
    low, high = (number(entry, "coverage_interval", level, end) for end in ("low", "high"))
    known = low is not None and high is not None
    misses = low is not None and high is not None and not low <= nominal <= high
    if known:
        axes.plot([low, high], [place] * 2, color=canvas.INNER, linewidth=4.5, solid_capstyle="butt", zorder=2)
    if value is not None:
        axes.plot([value], [place], "o", color=canvas.TARGET if misses else canvas.MIDDLE, markersize=6, zorder=3,
                  clip_on=False)  # fmt: skip


def _places(names: list[str]) -> list[float]:
    """Where rows are: with a gap between targets."""
    return [i + _BETWEEN * len(dict.fromkeys(names[: i + 1])) - _BETWEEN for i in range(len(names))]


def _row_name(name: str, horizon: str) -> str:
    days = days_words(horizon).replace(" ", "\u00a0")  # stays in one line
    return folded(f"{one_line(name)}, {days}", _LABEL)


def _row_axes(axes: Any, places: list[float], labels: list[str]) -> None:
    """Rows from above down, named at the first axes."""
    quiet(axes)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=canvas.LINE, linewidth=0.6)
    axes.set_yticks(places if labels else [], labels, **TEXT)
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=canvas.INK)
    axes.set_ylim(places[-1] + 0.5, -0.5)
