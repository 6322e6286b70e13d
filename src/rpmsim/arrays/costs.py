"""Costs that do not depend on what happens: spend of channels, tools, services, overhead."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.days import Span
from rpmsim.arrays.layout import F64, I64, MOST_CENTS
from rpmsim.errors import UncountableError
from rpmsim.model.arrivals import spend_by_month, spent_per_month
from rpmsim.model.money import Cost
from rpmsim.model.number import ValueOf
from rpmsim.model.plan import Model


def spend_cents(model: Model, span: Span, value_of: ValueOf, draws: int) -> I64:
    """Spend of each channel in each period, shape (draws, periods, channels)."""
    rows = []
    for i in range(len(model.content.channels)):
        by_content = []
        for content in span.contents:
            channel = next(c for c in content.channels if c.name == model.content.channels[i].name)
            by_content.append(spent_per_month(channel, span.dates, value_of))
        rows.append(_cents_by_period(span, by_content, draws))
    return _stack(rows, span, draws)


def other_cents(model: Model, span: Span, value_of: ValueOf, draws: int) -> I64:
    """Each cost of the scenario in each period, shape (draws, periods, costs)."""
    rows = []
    for i in range(len(model.content.costs)):
        costs: list[Cost] = [content.costs[i] for content in span.contents]
        amounts = [spend_by_month(cost.per_month, cost.by_month, span.dates, value_of) for cost in costs]
        rows.append(_cents_by_period(span, amounts, draws))
    return _stack(rows, span, draws)


def _cents_by_period(span: Span, by_content: list[F64], draws: int) -> F64:
    """Cents in each period, shape (draws, periods), from amounts per month by content and day."""
    daily = np.broadcast_arrays(*by_content)
    amount = np.array(daily[0], dtype=np.float64)
    for before, after, days, weight in span.blends:
        if after > 0:
            amount[..., days] = (1.0 - weight) * daily[before][..., days] + weight * daily[after][..., days]
    cents = np.broadcast_to(amount * 100.0 / span.month_days, (draws, span.days))
    result = np.zeros((draws, len(span.periods)))
    for p, period in enumerate(span.periods):
        low = max((period.first - span.first).days, 0)
        high = min((period.last - span.first).days + 1, span.days)
        result[:, p] = cents[:, low:high].sum(axis=1)
    return result


def _stack(rows: list[F64], span: Span, draws: int) -> I64:
    if not rows:
        return np.zeros((draws, len(span.periods), 0), dtype=np.int64)
    cents = np.rint(np.stack(rows, axis=2))
    if cents.size and cents.max() >= MOST_CENTS:
        raise UncountableError(
            f"costs of more than {MOST_CENTS / 100:,.0f} in one period",
            ("channels",),
            "reduce `spend` and `costs`",
        )
    return cents.astype(np.int64)
