"""Arrivals by channel and day (model.md, section 5)."""

from __future__ import annotations

import calendar
import datetime as dt
import math

import numpy as np

from rpmsim.model.arrivals import Channel, RateUnit, Spend
from rpmsim.model.plan import Model
from tests.reference.contents import Contents
from tests.reference.draws import Parameters

MONTH = 365.25 / 12


def month_length(day: dt.date) -> int:
    """Days in the month of the day."""
    return calendar.monthrange(day.year, day.month)[1]


def unit_of(day: dt.date, unit: RateUnit) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar unit that holds the day."""
    if unit == "day":
        return day, day
    if unit == "week":
        first = day - dt.timedelta(day.weekday())
        return first, first + dt.timedelta(6)
    if unit == "month":
        return day.replace(day=1), day.replace(day=month_length(day))
    if unit == "quarter":
        first = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        last = dt.date(day.year, first.month + 2, 1)
        return first, last.replace(day=month_length(last))
    return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)


def day_weight(channel: Channel, day: dt.date, holidays: frozenset[dt.date]) -> float:
    """Weight of the day in the channel's weekday pattern."""
    if channel.closed_on_holidays and day in holidays:
        return 0.0
    return channel.weekday_pattern[day.weekday()]


def spread_over_unit(channel: Channel, day: dt.date, unit: RateUnit, holidays: frozenset[dt.date]) -> float:
    """Share of the unit's leads that falls on the day: shares over a whole unit add to 1."""
    if unit == "day":
        pattern = channel.weekday_pattern
        return day_weight(channel, day, holidays) / (sum(pattern) / len(pattern))
    first, last = unit_of(day, unit)
    days = [first + dt.timedelta(i) for i in range((last - first).days + 1)]
    total = sum(day_weight(channel, d, holidays) for d in days)
    return day_weight(channel, day, holidays) / total if total > 0 else 0.0


def trend(growth: float, damping: float, months: float) -> float:
    """1 + growth x (1 + damping + damping**2 + ...), as many terms as months have passed, linear between them."""
    whole = math.floor(months)
    total = sum(damping**i for i in range(whole)) + (months - whole) * damping**whole
    return 1 + growth * total


def expected_by_day(model: Model, contents: Contents, name: str, value_of: Parameters) -> np.ndarray:
    """Expected leads on each day, before drift and dispersion; those of several contents weighed by the day."""
    versions: list[Channel] = [contents.item_in("channels", name, k) for k in range(len(contents.all))]
    acting = _acting_spend(model, contents, versions, value_of)
    rates = np.array([_expected_under(model, channel, acting, value_of) for channel in versions])
    weights = np.array([contents.weights(day) for day in range(model.days)]).T
    return np.asarray((weights * rates).sum(axis=0))


def _expected_under(model: Model, channel: Channel, acting: list[float], value_of: Parameters) -> np.ndarray:
    """Expected leads on each day under one content; ``acting`` is the spend that acts on each day."""
    holidays = frozenset(model.calendar.holidays)
    days = [model.first_day + dt.timedelta(i) for i in range(model.days)]
    result = np.zeros(model.days)
    if channel.made_by:
        return result
    driven = (
        [_leads_per_month_from_spend(channel.spend, spend, value_of) for spend in acting] if channel.spend else None
    )
    table = dict(channel.by_month)
    pattern = channel.month_pattern or (1.0,) * 12
    mean_pattern = sum(pattern) / 12
    change = value_of(channel.change)
    growth, damping = value_of(channel.growth_per_month), value_of(channel.damping)
    since = 0 if channel.growth_from is None else (model.first_day - channel.growth_from).days
    for i, day in enumerate(days):
        if driven is not None:
            rate = driven[i] * spread_over_unit(channel, day, "month", holidays)
        elif table:
            number = table.get(day.replace(day=1))
            rate = 0.0 if number is None else value_of(number) * spread_over_unit(channel, day, "month", holidays)
        elif channel.rate is not None:
            rate = value_of(channel.rate) * spread_over_unit(channel, day, channel.rate_unit, holidays)
        else:
            rate = 0.0
        rate *= change * trend(growth, damping, max(i + since, 0) / MONTH) * pattern[day.month - 1] / mean_pattern
        result[i] = max(0.0, rate)
    return result


def spend_per_month(channel: Channel, day: dt.date, value_of: Parameters) -> float:
    """What the channel spends on the day, as an amount per month."""
    if channel.spend is not None:
        table = dict(channel.spend.by_month)
        return value_of(table.get(day.replace(day=1), channel.spend.per_month))
    number = dict(channel.spend_by_month).get(day.replace(day=1), channel.spend_per_month)
    return 0.0 if number is None else value_of(number)


def _leads_per_month_from_spend(spend: Spend, acting: float, value_of: Parameters) -> float:
    """Hill with slope 1 through the current spend and leads."""
    current = value_of(spend.current_per_month)
    elasticity = value_of(spend.elasticity)
    half = elasticity * current / (1 - elasticity)
    if acting <= 0:
        return 0.0
    return value_of(spend.current_leads_per_month) * (acting / (acting + half)) / (current / (current + half))


def _acting_spend(model: Model, contents: Contents, versions: list[Channel], value_of: Parameters) -> list[float]:
    """Spend of the day and what carries over from the ISO weeks before; the current spend held before the first day."""
    first = next((channel.spend for channel in versions if channel.spend is not None), None)
    if first is None:
        return [0.0] * model.days
    current = value_of(first.current_per_month)
    carried = current
    week = [current] * model.first_day.weekday()
    result = []
    for i in range(model.days):
        day = model.first_day + dt.timedelta(i)
        if day.weekday() == 0 and week:
            carried, week = sum(week) / len(week), []
        spent = share = 0.0
        for weight, channel in zip(contents.weights(i), versions, strict=True):
            spent += weight * spend_per_month(channel, day, value_of)
            share += weight * value_of((channel.spend or first).carry_over)
        week.append(share * carried + (1 - share) * spent)
        result.append(week[-1])
    return result


def drift_by_day(model: Model, value_of: Parameters, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Factor by channel and day: exp of a weekly AR(1) whose steps are partly shared, with mean 1."""
    channels = model.content.channels
    factor = {channel.name: np.ones(model.days) for channel in channels}
    level = dict.fromkeys(factor, 0.0)
    variance = dict.fromkeys(factor, 0.0)
    for i in range(model.days):
        day = model.first_day + dt.timedelta(i)
        if i == 0 or day.weekday() == 0:
            common = rng.standard_normal()
            for channel in channels:
                sigma, phi = value_of(channel.drift_sigma), value_of(channel.drift_phi)
                shared = value_of(channel.drift_shared)
                step = sigma * (math.sqrt(shared) * common + math.sqrt(1 - shared) * rng.standard_normal())
                level[channel.name] = phi * level[channel.name] + step
                variance[channel.name] = phi**2 * variance[channel.name] + sigma**2
        for channel in channels:
            factor[channel.name][i] = math.exp(level[channel.name] - variance[channel.name] / 2)
    return factor
