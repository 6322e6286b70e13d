"""Channels: where leads come from and at what rate."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.calendar import Calendar, period_of
from rpmsim.model.distributions import Distribution, cumulative_days, quantile, shape_of
from rpmsim.model.number import ByClass, Number, ValueOf
from rpmsim.model.staffing import DAYS_PER_MONTH

RateUnit = Literal["day", "week", "month", "quarter", "year"]

LARGEST_BATCH = 10_000
"""Leads of a batch, at most; larger ones have a chance below one in a million, or the scenario is rejected."""
_RARE_BATCH = 1e-9
"""Chance of a batch beyond the largest one of a draw."""

Blend = Callable[[list[NDArray[np.float64]]], NDArray[np.float64]]
"""Values by content, shape (..., days) each, as the value in force on each day: dated changes, at once or phased in."""


@dataclass(frozen=True)
class Spend:
    """Leads driven by money: adstock (:func:`carried_spend`), then Hill saturation with slope 1.

    ``leads = current_leads * h(adstock(spend)) / h(current_spend)`` with ``h(x) = x / (x + k)`` and k such
    that the elasticity at the current spend is ``elasticity``. Adstock is geometric by week, normalized.
    All amounts are per month.
    """

    per_month: Number
    by_month: tuple[tuple[dt.date, Number], ...]
    current_per_month: Number
    current_leads_per_month: Number
    elasticity: Number
    carry_over: Number


@dataclass(frozen=True)
class Channel:
    """A source of leads.

    Parameters
    ----------
    into : str
        Stage that its leads enter.
    rate, rate_unit : Number or None, str
        Expected leads in every whole ``rate_unit``, before trend, month pattern and changes.
    by_month : tuple of (date, Number)
        Expected leads by month, in place of ``rate``.
    change : Number
        Factor on the rate.
    growth_per_month : Number
        Relative growth in the first month, as a share; each month's growth is ``damping`` times the one before.
    growth_from : date or None
        Day from which growth counts; None: day 0.
    damping : Number
        1 is undamped growth.
    month_pattern : tuple of float
        Twelve factors, scaled to mean 1; empty is flat.
    weekday_pattern : tuple of float
        Weights of Monday to Sunday; holidays weigh nothing where ``closed_on_holidays``.
    dispersion : Number
        Alpha of the negative binomial: variance = mean + alpha mean**2, per day. 0 is Poisson.
    drift_sigma, drift_phi, drift_shared : Number
        Weekly step of the log level, its persistence, and the share of the step's variance that all channels share.
    drift_now : Number
        Level at the start relative to the stated one, from which the drift goes on.
    batch : Distribution or None
        Leads of a batch, before they are rounded; None: leads come one by one.
    mix : tuple of (str, Number or None)
        Share by segment; None is the rest.
    grades : tuple of (str, Number or None) or ByClass
        Share by quality grade (empty where none are declared); may differ by segment.
    spend : Spend or None
        In place of ``rate``.
    made_by, made_rate : str, Number
        Role that makes the leads, and leads per ramped head and open day at full free time (``rate_unit``
        and ``rate`` are then unused).
    spend_per_month, spend_by_month : Number or None, tuple of (date, Number)
        Cost of a channel that spend does not drive: the same in every month, or by month in its place.
    """

    name: str
    kind: str = "marketing"
    label: str = ""
    into: str = ""
    rate: Number | None = None
    rate_unit: RateUnit = "month"
    by_month: tuple[tuple[dt.date, Number], ...] = ()
    change: Number = Number(1.0)
    growth_per_month: Number = Number(0.0)
    growth_from: dt.date | None = None
    damping: Number = Number(0.9)
    month_pattern: tuple[float, ...] = ()
    weekday_pattern: tuple[float, ...] = (1.0,) * 7
    closed_on_holidays: bool = False
    dispersion: Number = Number(0.0)
    drift_sigma: Number = Number(0.0)
    drift_phi: Number = Number(1.0)
    drift_shared: Number = Number(0.0)
    drift_now: Number = Number(1.0)
    batch: Distribution | None = None
    mix: tuple[tuple[str, Number | None], ...] = ()
    grades: tuple[tuple[str, Number | None], ...] | ByClass = ()
    spend: Spend | None = None
    made_by: str = ""
    made_rate: Number = Number(0.0)
    spend_per_month: Number | None = None
    spend_by_month: tuple[tuple[dt.date, Number], ...] = ()


def expected_per_day(
    channel: Channel,
    calendar: Calendar,
    first: dt.date,
    days: int,
    value_of: ValueOf,
    carried: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Expected leads of each day, before drift and dispersion.

    Parameters
    ----------
    channel : Channel
        Not one that a role makes.
    calendar : Calendar
        For weekdays and holidays.
    first : date
        Day 0.
    days : int
        Number of days.
    value_of : callable
        How numbers are read; arrays of shape (draws,) give a result of shape (draws, days).
    carried : ndarray of float, shape (..., days), optional
        :func:`carried_spend` of a channel that dated changes may touch; by default its own spend always holds.

    Returns
    -------
    ndarray of float, shape (..., days)
    """
    dates = [first + dt.timedelta(i) for i in range(days)]
    since = 0 if channel.growth_from is None else (first - channel.growth_from).days
    months = np.maximum(np.arange(days) + since, 0) / DAYS_PER_MONTH
    growth, damping = _column(value_of(channel.growth_per_month)), _column(value_of(channel.damping))
    whole = np.floor(months)
    geometric = np.where(damping == 1.0, whole, (1.0 - damping**whole) / np.where(damping == 1.0, 1.0, 1.0 - damping))
    trend = np.maximum(0.0, 1.0 + growth * (geometric + (months - whole) * damping**whole))
    factor = trend * _column(value_of(channel.change))
    if channel.month_pattern:
        pattern = np.array(channel.month_pattern) / np.mean(channel.month_pattern)
        factor = factor * pattern[[day.month - 1 for day in dates]]
    unit: RateUnit = "month" if channel.spend or channel.by_month else channel.rate_unit
    spread = _spread(channel.weekday_pattern, channel.closed_on_holidays, calendar, first, days, unit)
    if channel.spend is not None:
        if carried is None:
            carried = carried_spend([channel], operator.itemgetter(0), dates, value_of)
        return factor * spread * leads_of_spend(channel.spend, carried, value_of)
    if channel.by_month:
        table = dict(channel.by_month)
        per_month = [value_of(table[day.replace(day=1)]) if day.replace(day=1) in table else 0.0 for day in dates]
        return factor * spread * np.stack(np.broadcast_arrays(*per_month), axis=-1)
    if channel.rate is None:
        return factor * np.zeros(days)
    return factor * spread * _column(value_of(channel.rate))


def _column(value: Any) -> Any:
    """A value per draw as a column, so that days run along the last axis."""
    return np.asarray(value)[..., None] if np.ndim(value) else value


@functools.lru_cache(maxsize=256)
def _spread(
    pattern: tuple[float, ...], closed: bool, calendar: Calendar, first: dt.date, days: int, unit: RateUnit
) -> NDArray[np.float64]:
    """Part of its whole unit's leads that each day gets; not to be written to."""
    closed_days = frozenset(calendar.holidays if closed else ())

    def weight(day: dt.date) -> float:
        return 0.0 if day in closed_days else pattern[day.weekday()]

    dates = [first + dt.timedelta(i) for i in range(days)]
    if unit == "day":
        mean = sum(pattern) / 7.0
        return np.array([weight(day) / mean for day in dates])
    result = []
    period, total = None, 0.0
    for day in dates:
        if period is None or not period.first <= day <= period.last:
            period = period_of(day, unit, Calendar())
            length = (period.last - period.first).days + 1
            total = sum(weight(period.first + dt.timedelta(i)) for i in range(length))
        result.append(weight(day) / total if total > 0 else 0.0)
    return np.array(result)


def spend_by_month(
    per_month: Number | None, by_month: tuple[tuple[dt.date, Number], ...], dates: Sequence[dt.date], value_of: ValueOf
) -> NDArray[np.float64]:
    """Amount of the month that each day lies in; shape (..., days)."""
    table = dict(by_month)
    default = value_of(per_month) if per_month is not None else 0.0
    days_of = Counter(day.replace(day=1) for day in dates)
    values = [value_of(table[month]) if month in table else default for month in days_of]
    return np.repeat(np.stack(np.broadcast_arrays(*values), axis=-1), list(days_of.values()), axis=-1)


def spent_per_month(channel: Channel, dates: Sequence[dt.date], value_of: ValueOf) -> NDArray[np.float64]:
    """Spend per month that a channel states for each day, whether it drives leads or not; shape (..., days)."""
    stated = channel.spend
    if stated is not None:
        return spend_by_month(stated.per_month, stated.by_month, dates, value_of)
    return spend_by_month(channel.spend_per_month, channel.spend_by_month, dates, value_of)


def carried_spend(
    versions: Sequence[Channel], blended: Blend, dates: Sequence[dt.date], value_of: ValueOf
) -> NDArray[np.float64]:
    """Spend per month that acts on each day: the day's own, and what carries over from the weeks before.

    Spend is one path in time, whoever wrote it: base, table or dated change. Before the first day it was the current
    spend. On day d of week w, A_d = c A_(w-1) + (1 - c) S_d, and A_w is the mean of the week's A_d: the weekly
    recursion, in which no money acts before the day on which it is spent.

    Parameters
    ----------
    versions : sequence of Channel
        The channel in each content; one of them at least is driven by spend.
    blended : callable
        Makes one value by day of those by content.
    dates : sequence of date
        The simulated days.
    value_of : callable
        How numbers are read.

    Returns
    -------
    ndarray of float, shape (..., days)
    """
    first = next(channel.spend for channel in versions if channel.spend is not None)
    spent = blended([spent_per_month(channel, dates, value_of) for channel in versions])
    shares = [_column(value_of((channel.spend or first).carry_over)) for channel in versions]
    kept = blended([share + np.zeros(len(dates)) for share in shares])
    current = np.asarray(value_of(first.current_per_month), dtype=np.float64)[..., None]
    level = current
    weeks = [0, *(i for i, day in enumerate(dates) if i and day.weekday() == 0), len(dates)]
    levels = []
    for start, end in itertools.pairwise(weeks):
        days = kept[..., start:end] * level + (1.0 - kept[..., start:end]) * spent[..., start:end]
        levels.append(days)
        before = dates[start].weekday()  # days of the first week on which the current spend still held
        level = (days.sum(axis=-1, keepdims=True) + before * current) / (before + end - start)
    shape = np.broadcast_shapes(*(days.shape[:-1] for days in levels))
    return np.concatenate([np.broadcast_to(days, (*shape, days.shape[-1])) for days in levels], axis=-1)


def leads_of_spend(spend: Spend, carried: NDArray[np.float64], value_of: ValueOf) -> NDArray[np.float64]:
    """Leads per month that the carried spend of each day brings: Hill saturation; shape (..., days)."""
    current = _column(value_of(spend.current_per_month))
    elasticity = _column(value_of(spend.elasticity))
    half = current * elasticity / (1.0 - elasticity)
    response = carried / (carried + half) * (current + half) / current
    return np.asarray(response * _column(value_of(spend.current_leads_per_month)))


def batch_sizes(batch: Distribution, value_of: ValueOf) -> NDArray[np.float64]:
    """Probability of a batch of at most 1, 2, ... leads; the last one is 1.

    Parameters of shape (draws,) give an array of shape (draws, sizes).
    """
    shape = shape_of(batch, value_of)
    if shape.family == "table":
        largest = max(size for size, weight in shape.points if weight > 0)
    else:
        largest = float(np.max(quantile(shape, 1.0 - _RARE_BATCH)))
    sizes = max(1, min(LARGEST_BATCH, math.floor(largest + 0.5)))
    sums = cumulative_days(shape, 1, sizes + 1)[..., 1:]
    return sums / sums[..., -1:]
