"""The chart of the probability integral transform: whether all of a forecast's quantiles are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rpmsim.report import canvas
from rpmsim.report.backtest_rows import cumulative, days_words, main_targets, percent, scored
from rpmsim.report.backtest_words import foot
from rpmsim.report.canvas import Chart
from rpmsim.report.findings import capital
from rpmsim.report.panels import MOST, Words, name_panel, panels, quiet
from rpmsim.report.scales import floats, percent_axis

Document = Mapping[str, Any]


def pit_chart(document: Document) -> Chart | None:
    """The distribution of the probability integral transform less the uniform one, within what chance explains."""
    found = [
        (name, horizon, entry["pit"])
        for name in main_targets(document)
        for horizon, entry in scored(document, name).items()
        if horizon in cumulative(scored(document, name)) and _values(entry.get("pit"))
    ]
    if not found:
        return None
    kept = sorted(sorted(range(len(found)), key=lambda i: -int(found[i][1].rpartition("-")[2]))[:MOST])
    shown = [found[i] for i in kept]
    judged = [pit.get("inside") for _, _, pit in shown if isinstance(pit.get("inside"), bool)]
    result = f"Inside the band of chance: {sum(judged)} of {len(judged)} panels" if judged else "By target and horizon"
    more = len(found) - len(shown)
    words = Words(
        "Is the whole distribution right? (PIT)",
        result,
        "Line: share of outcomes up to each forecast quantile (across), minus what it should be.  Band: chance alone.  "
        "Above 0%: less came than forecast.  Below: more.",
        foot(document),
        f"Not drawn: {more} panel{'' if more == 1 else 's'} of shorter horizons." if more else "",
    )
    with panels(len(shown), words) as (figure, all_axes):
        reach = max(_draw_pit(axes, pit) for axes, (_, _, pit) in zip(all_axes, shown, strict=True))
        for axes, (name, horizon, pit) in zip(all_axes, shown, strict=True):
            axes.axhline(0, color=canvas.INK, linewidth=0.8)
            axes.set_xlim(0, 1)
            axes.set_ylim(-1.1 * reach, 1.1 * reach)
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
            percent_axis(axes.yaxis, 4)
            quiet(axes)
            axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
            state = {True: "inside the band of chance", False: "outside the band of chance"}.get(pit.get("inside"), "")
            name_panel(axes, f"{capital(name)}, {days_words(horizon)}", state)
        said = [
            f"{name} over {days_words(horizon)}: mean {percent(float(np.mean(_values(pit))))}"
            for name, horizon, pit in shown
        ]
        return canvas.render(figure, words.title, f"{result}. Means of the PIT: {'; '.join(said)}.")


def _values(pit: Any) -> list[float]:
    values = (pit or {}).get("values") or ()
    return sorted(value for value in floats(values).tolist() if np.isfinite(value))


def _draw_pit(axes: Any, pit: Document) -> float:
    """The steps and the band of one panel; the largest of their distances from zero."""
    values = np.array(_values(pit))
    shares = np.arange(len(values) + 1) / len(values)
    x = np.concatenate([[0], np.repeat(values, 2), [1]])
    steps = np.repeat(shares, 2) - x
    at, low, high = (floats(pit.get(key) or ()) for key in ("at", "low", "high"))
    reach = [0.05, np.abs(steps).max()]
    if at.size and at.size == low.size == high.size:
        axes.fill_between(at, low - at, high - at, color=canvas.OUTER, linewidth=0)
        reach += [float(np.nanmax(np.abs(ends - at), initial=0)) for ends in (low, high)]
    color = canvas.TARGET if pit.get("inside") is False else canvas.MIDDLE
    axes.plot(x, steps, color=color, linewidth=1.6)
    return float(max(reach))
