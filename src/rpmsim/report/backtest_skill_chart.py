"""The chart of skill: how much lower the CRPS is than that of every baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rpmsim.report import canvas
from rpmsim.report.backtest_rows import (
    best_baseline,
    cumulative,
    days_words,
    main_targets,
    number,
    relative,
    scored,
)
from rpmsim.report.backtest_words import foot, headlines
from rpmsim.report.calibration_rows import one_line
from rpmsim.report.canvas import Chart
from rpmsim.report.compare_axes import TEXT
from rpmsim.report.findings import capital
from rpmsim.report.panels import Words, head_and_foot, name_panel, quiet
from rpmsim.report.table import folded

Document = Mapping[str, Any]

_HEAD, _FOOT = 1.7, 0.95
"""Inches above and below rows."""
_ROW = 0.46
_MOST_ROWS, _MOST_HORIZONS = 14, 3
_LABEL = 30
_LEFT, _RIGHT, _GAP = 0.235, 0.975, 0.025
_WORST = -1.0
"""Skill below this is drawn at the edge."""
_MARKERS = ("o", "s", "^")
"""Of the longest horizon, and of shorter ones."""
_COLORS = {"better": canvas.MIDDLE, "worse": canvas.TARGET}


def skill_chart(document: Document) -> Chart | None:
    """Skill of the main targets against each baseline, with its interval; the hardest to beat first."""
    names = [name for name in main_targets(document) if _longest(document, name)]
    baselines = _by_skill(document, names)
    if not baselines:
        return None
    shown = baselines[:_MOST_ROWS]
    horizons = cumulative({horizon for name in names for horizon in _longest(document, name)})[::-1][:_MOST_HORIZONS]
    words = Words("Better than the baselines?", _finding(document), _key(horizons), foot(document),
                  _left_out(len(baselines) - len(shown)))  # fmt: skip
    inches = _ROW * len(shown)
    height = _HEAD + inches + _FOOT
    wide = (_RIGHT - _LEFT + _GAP) / len(names)
    low, high = _limits(document, names, shown, horizons)
    with canvas.sheet(height) as figure:
        head_and_foot(figure, words)
        for i, name in enumerate(names):
            area = (_LEFT + i * wide, 1 - (_HEAD + inches) / height, wide - _GAP, inches / height)
            axes = figure.add_axes(area)
            for row, baseline in enumerate(shown):
                for j, horizon in enumerate(horizons):
                    found = ((scored(document, name).get(horizon) or {}).get("skill") or {}).get(baseline)
                    place = row + 0.24 * (j - (len(horizons) - 1) / 2)
                    _draw(axes, place, found, _MARKERS[j], low)
            axes.axvline(0, color=canvas.INK, linewidth=0.9, zorder=1)
            _frame(axes, [one_line(baseline) for baseline in shown], i == 0)
            axes.set_xlim(low, high)
            name_panel(axes, capital(name), "")
        said = [f"{name}: {_described(document, name, shown)}" for name in names]
        return canvas.render(figure, words.title, f"{words.subtitle}. CRPS skill. {' '.join(said)}")


def _longest(document: Document, name: str) -> list[str]:
    """The longest horizons of a target that have baselines, the longest first."""
    entries = scored(document, name)
    return cumulative(h for h in entries if best_baseline(entries[h]) is not None)[::-1][:_MOST_HORIZONS]


def _by_skill(document: Document, names: Sequence[str]) -> list[str]:
    """Baselines by the mean skill of the main targets at their longest horizon, the hardest to beat first."""
    found: dict[str, list[float]] = {}
    for name in names:
        entry = scored(document, name)[_longest(document, name)[0]]
        for baseline, own in entry["skill"].items():
            value = number(own, "value")
            found.setdefault(baseline, []).extend([] if value is None else [value])
    return sorted((name for name, values in found.items() if values), key=lambda name: float(np.mean(found[name])))


def _finding(document: Document) -> str:
    """Skill against the best baseline."""
    said = []
    for name, horizon in headlines(document):
        best = best_baseline(scored(document, name)[horizon])
        if best is not None:
            verdict = best[1].get("verdict")
            sure = f", {verdict}" if verdict == "cannot tell" else ""
            said.append((horizon, f"{name} {relative(number(best[1], 'value'))}{sure}"))
    if not said:
        return "CRPS skill by target"
    return f"CRPS skill against the best baseline over {days_words(said[0][0])}: {'; '.join(text for _, text in said)}"


def _key(horizons: Sequence[str]) -> str:
    shapes = ", ".join(f"{shape} {days_words(h)}" for shape, h in zip("●■▲", horizons, strict=False))
    return (
        f"{shapes}, with 90% intervals.  Right of 0%: lower CRPS than the baseline.  Blue: better.  Orange: worse.  "
        "White: cannot tell."
    )


def _left_out(count: int) -> str:
    return f"Not drawn: {count} baseline{'' if count == 1 else 's'} with more skill (in backtest.md)." if count else ""


def _limits(
    document: Document, names: Sequence[str], baselines: Sequence[str], horizons: Sequence[str]
) -> tuple[float, float]:
    """Where the axes end: not further left than the worst that is drawn."""
    values = [
        value
        for name in names
        for horizon in horizons
        for baseline in baselines
        for key in ("value", "low", "high")
        if (value := number(scored(document, name).get(horizon), "skill", baseline, key)) is not None
    ]
    low, high = max(min(values), _WORST), min(max(values), 1.0)
    low, high = min(low, 0.0), max(high, 0.0)
    pad = 0.06 * (high - low) or 0.1
    return low - pad, high + pad


def _draw(axes: Any, place: float, found: Any, marker: str, left: float) -> None:
    """One skill with its interval; an arrow where it is beyond the edge."""
    value, low, high = (number(found, key) for key in ("value", "low", "high"))
    color = _COLORS.get((found or {}).get("verdict") or "", canvas.QUIET)
    if low is not None and high is not None:
        axes.plot([low, high], [place] * 2, color=color, linewidth=1.1, zorder=2, solid_capstyle="butt")
    if value is None:
        return
    filled = "white" if color == canvas.QUIET else color
    beyond = value < left
    axes.plot([max(value, left)], [place], "<" if beyond else marker, color=filled, markeredgecolor=color,
              markersize=5.5, zorder=3, clip_on=not beyond)  # fmt: skip


def _frame(axes: Any, labels: list[str], first: bool) -> None:
    """Rows from above down, named at the first axes."""
    from matplotlib.ticker import MaxNLocator

    quiet(axes)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=canvas.LINE, linewidth=0.6)
    axes.set_yticks(
        range(len(labels)), [folded(label, _LABEL) for label in labels] if first else [""] * len(labels), **TEXT
    )
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=canvas.INK)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(lambda value, _: relative(value))


def _described(document: Document, name: str, baselines: Sequence[str]) -> str:
    """Skill at the longest horizon in words."""
    horizon = _longest(document, name)[0]
    found = scored(document, name)[horizon]["skill"]
    said = [f"{one_line(key)} {relative(number(found.get(key), 'value'))}" for key in baselines if key in found]
    return f"over {days_words(horizon)} {'; '.join(said)}."
