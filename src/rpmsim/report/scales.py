"""Scales of a chart: counts, shares, days, dates and amounts at few round values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rpmsim.report import numbers
from rpmsim.report.canvas import QUIET

_MOST_TICKS = 5
_FEW_TICKS = 3
_ROUND = (1, 2, 2.5, 5, 10)


def floats(values: Sequence[float | None]) -> Any:
    """Numbers; nan where there is none."""
    return np.array([np.nan if value is None else value for value in values], float)


def date_axis(axes: Any, most: int) -> None:
    """At most so many dates, years and months stated once."""
    from matplotlib import dates

    timeline: Any = dates
    locator = timeline.AutoDateLocator(minticks=min(4, most - 1), maxticks=most)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(timeline.ConciseDateFormatter(locator))
    axes.xaxis.get_offset_text().set(size=8, color=QUIET)


def log_money_axis(axes: Any, low: float, high: float, currency: str) -> None:
    """A logarithmic axis of amounts with a few round ones."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    if high < 1.2 * low:
        low, high = low / 1.3, high * 1.3
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [d * 10.0**k for k in range(first, last + 1) for d in digits if low <= d * 10.0**k <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    ticks = ticks[:: max(1, math.ceil(len(ticks) / _MOST_TICKS))]
    if len(ticks) < _FEW_TICKS:
        ticks = [tick for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    axes.set_yscale("log")
    axes.set_ylim(low / 1.05, high * 1.05)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.money(value, currency).strip()))


def positive(values: Sequence[float | None]) -> Any:
    """Numbers above zero, which a logarithmic scale has; nan for the others."""
    known = floats(values)
    return np.where(known > 0, known, np.nan)


def from_zero(axes: Any, values: Sequence[float | None]) -> None:
    """Let the values begin at zero and end above the largest."""
    known = floats(values)
    top = np.nanmax(known) if np.isfinite(known).any() else 0.0
    axes.set_ylim(0, 1.1 * top or 1.0)


def percent_axis(axis: Any, ticks: int) -> None:
    """Shares."""
    _label(axis, ticks, lambda value, _: f"{100 * value:.3g}%")


def count_axis(axis: Any, ticks: int) -> None:
    """Counts, of which means can be below one."""
    _label(axis, ticks, lambda value, _: f"{value:,g}")


def day_axis(axes: Any, last: float) -> None:
    """Days from 0 to the last one, with whole ones named."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, max(last, 1))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 3, 5, 7, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _label(axis: Any, ticks: int, text: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks, steps=_ROUND))
    axis.set_major_formatter(FuncFormatter(text))
