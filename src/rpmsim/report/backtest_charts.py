"""Charts of a backtest: forecast bands against what came, with those of the scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from rpmsim.report import canvas, numbers
from rpmsim.report.backtest_coverage_chart import coverage_chart
from rpmsim.report.backtest_pit_chart import pit_chart
from rpmsim.report.backtest_rows import (
    amount,
    cumulative,
    days_words,
    held,
    main_targets,
    number,
    scored,
    whole,
)
from rpmsim.report.backtest_skill_chart import skill_chart
from rpmsim.report.backtest_words import foot, headlines, listed
from rpmsim.report.canvas import Chart
from rpmsim.report.findings import capital
from rpmsim.report.panels import Words, name_panel, panels, quiet
from rpmsim.report.scales import date_axis, floats, from_zero

Document = Mapping[str, Any]

_MOST_HORIZONS = 2
_FLAT = 0.5
"""Values whose least is above this share of the largest need no zero."""
_MANY = 40
"""More forecasts are smaller dots."""
_IN_FULL = 1e3
"""Values below this have all their digits at an axis."""
_QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
_SHADES = (("p05", "p95", canvas.OUTERMOST), ("p10", "p90", canvas.OUTER), ("p25", "p75", canvas.INNER))


def backtest_charts(document: Document) -> dict[str, tuple[Chart, str]]:
    """The charts for which there are scores, each with what it shows.

    Parameters
    ----------
    document : mapping
        What ``backtest.json`` holds. Any number in it may be None.

    Returns
    -------
    dict
        By name: ``bands``, ``coverage``, ``skill``, ``pit``.
    """
    drawn = {
        "bands": (bands_chart, "Forecast bands by the day of the forecast, and what came"),
        "coverage": (coverage_chart, "Share of outcomes inside the 50%, 80% and 90% bands"),
        "skill": (skill_chart, "CRPS skill against each baseline, with 90% intervals"),
        "pit": (pit_chart, "Distribution of the probability integral transform (PIT)"),
    }
    charts = {name: (draw(document), what) for name, (draw, what) in drawn.items()}
    return {name: (chart, what) for name, (chart, what) in charts.items() if chart is not None}


def bands_chart(document: Document) -> Chart | None:
    """Bands of the main targets at the longest horizons, by the day of the forecast, and what came."""
    found = {key: _columns(document, *key) for key in _shown(document)}
    shown = {key: columns for key, columns in found.items() if np.isfinite(columns["actual"]).any()}
    if not shown:
        return None
    said = [
        f"{name} {held(entry)}"
        for name, horizon in headlines(document)
        if number(entry := scored(document, name)[horizon], "coverage", "80") is not None
    ]
    longest = days_words(headlines(document)[0][1])
    names = listed(list(dict.fromkeys(name for name, _ in shown)))
    words = Words(
        f"{capital(names)}: what was forecast, and what came",
        f"Inside the 8-in-10 band over {longest}: {', '.join(said)}" if said else f"Forecasts over {longest}",
        "Dark line: median.  Bands: 50%, 80% and 90%.  Dots: what came, orange where outside the 80% band.  "
        "Across: the day of the forecast.",
        foot(document),
    )
    with panels(len(shown), words) as (figure, all_axes):
        for axes, ((name, horizon), columns) in zip(all_axes, shown.items(), strict=True):
            entry = scored(document, name)[horizon]
            _draw_bands(axes, columns)
            _amount_axis(axes, entry.get("unit"))
            date_axis(axes, 6 if len(all_axes) > 1 else 10)
            quiet(axes)
            inside = held(entry)
            note = "" if inside == numbers.MISSING else f"{inside} in the 8-in-10 band"
            name_panel(axes, f"{capital(name)}, {days_words(horizon)}", note)
        return canvas.render(figure, words.title, f"{words.subtitle}. {_described(document, shown)}")


def _shown(document: Document) -> list[tuple[str, str]]:
    """Targets and their longest horizons, of all targets the longest first: each column of panels is a target."""
    names = main_targets(document)
    own = {name: cumulative(scored(document, name))[::-1][:_MOST_HORIZONS] for name in names}
    return [(name, own[name][i]) for i in range(_MOST_HORIZONS) for name in names if i < len(own[name])]


def _columns(document: Document, name: str, horizon: str) -> dict[str, Any]:
    """The forecasts of a target over a horizon: days, quantiles and outcomes."""
    rows = [row for row in document["forecasts"] if (row.get("target"), row.get("horizon")) == (name, horizon)]
    rows = sorted((row for row in rows if row.get("origin")), key=lambda row: row["origin"])
    days = [dt.date.fromisoformat(row["origin"]) for row in rows]
    return {"days": days} | {key: floats([number(row, key) for row in rows]) for key in (*_QUANTILES, "actual")}


def _draw_bands(axes: Any, columns: Mapping[str, Any]) -> None:
    """Bands, median and outcomes by day; of a single day as bars."""
    days, actual = columns["days"], columns["actual"]
    for low, high, color in _SHADES:
        if len(days) == 1:
            axes.vlines(days, columns[low], columns[high], color=color, linewidth=16)
        else:
            axes.fill_between(days, columns[low], columns[high], color=color, linewidth=0)
    alone = {"marker": "_", "markersize": 16} if len(days) == 1 else {}
    axes.plot(days, columns["p50"], color=canvas.MIDDLE, linewidth=1.6, **alone)
    outside = (actual < columns["p10"]) | (actual > columns["p90"])
    dots = 5.0 * min(1.0, (_MANY / len(days)) ** 0.5)
    for which, color in ((~outside, canvas.INK), (outside, canvas.TARGET)):
        axes.plot(days, np.where(which, actual, np.nan), "o", color=color, markersize=dots + (color != canvas.INK),
                  markeredgecolor="white", markeredgewidth=0.5)  # fmt: skip
    _limits(axes, np.concatenate([columns[key] for key in (*_QUANTILES, "actual")]))
    step = max((days[-1] - days[0]) / 40, dt.timedelta(2))
    axes.set_xlim(days[0] - step, days[-1] + step)


def _amount_axis(axes: Any, unit: str | None) -> None:
    """A few round values, in short."""
    from matplotlib.ticker import MaxNLocator

    def label(value: float, _: int | None) -> str:
        sign = "" if unit in ("deals", "leads") else numbers.currency_sign(unit or "")
        text = f"{abs(value):,g}" if abs(value) < _IN_FULL else numbers.short(abs(value))
        return f"{'-' if value < 0 else ''}{sign}{text}".strip()

    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(label)


def _limits(axes: Any, values: Any) -> None:
    """From zero, or where all is far above it from below the least."""
    known = values[np.isfinite(values)]
    from_zero(axes, known.tolist())
    least, most = known.min(initial=np.inf), known.max(initial=-np.inf)
    if known.size and least > _FLAT * most > 0:
        pad = 0.08 * (most - least) or 0.1 * most
        axes.set_ylim(least - pad, most + pad)
    elif known.size and least < 0:
        axes.set_ylim(1.1 * least, 1.1 * max(most, 0.0))


def _described(document: Document, shown: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """The last forecast of each panel in words."""
    said = []
    for (name, horizon), columns in shown.items():
        unit = scored(document, name)[horizon].get("unit")
        low, middle, high, came = (amount(float(columns[key][-1]), unit) for key in ("p10", "p50", "p90", "actual"))
        said.append(
            f"{name} over {days_words(horizon)} from {columns['days'][-1]}: median {middle}, 8-in-10 band {low} to "
            f"{high}, came {came}, of {whole(len(columns['days']))} forecasts"
        )
    return f"{'; '.join(said)}."
