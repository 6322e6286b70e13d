"""Spend as one path over time, and the leads that it brings (model, section 7)."""

from __future__ import annotations

import datetime as dt

from rpmsim.model.arrivals import Channel, Spend
from rpmsim.model.plan import Model
from rpmsim.plain.changes import Contents
from rpmsim.plain.parameters import Parameters


def spend_per_month(channel: Channel, day: dt.date, value: Parameters) -> float:
    """What the channel spends on the day, as an amount per month."""
    if channel.spend is not None:
        table = dict(channel.spend.by_month)
        return value(table.get(day.replace(day=1), channel.spend.per_month))
    number = dict(channel.spend_by_month).get(day.replace(day=1), channel.spend_per_month)
    return 0.0 if number is None else value(number)


def acting_spend(model: Model, contents: Contents, name: str, value: Parameters) -> list[float]:
    """Spend that acts on each day: the day's own, and what carries over from the weeks before.

    Before the first day, it was the current spend.
    """
    versions: list[Channel] = contents.versions("channels", name)
    first = next((channel.spend for channel in versions if channel.spend is not None), None)
    if first is None:
        return [0.0] * model.days
    current = value(first.current_per_month)
    carried = current
    week = [current] * model.first_day.weekday()
    result = []
    for i in range(model.days):
        day = model.first_day + dt.timedelta(i)
        if day.weekday() == 0 and week:
            carried, week = sum(week) / len(week), []
        spent = share = 0.0
        for weight, channel in zip(contents.weights(i), versions, strict=True):
            spent += weight * spend_per_month(channel, day, value)
            share += weight * value((channel.spend or first).carry_over)
        week.append(share * carried + (1.0 - share) * spent)
        result.append(week[-1])
    return result


def leads_per_month(spend: Spend, acting: float, value: Parameters) -> float:
    """Leads that the acting spend brings: saturating, with the stated elasticity at the current spend."""
    current = value(spend.current_per_month)
    elasticity = value(spend.elasticity)
    half = elasticity / (1.0 - elasticity) * current
    if acting <= 0.0:
        return 0.0
    return value(spend.current_leads_per_month) * (acting / (acting + half)) / (current / (current + half))
