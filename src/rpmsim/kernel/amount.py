"""Amounts of wins, one by one and in sums (model, section 6)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import table_quantile
from rpmsim.kernel.random import TO_UNIT, next_unit
from rpmsim.kernel.sample import gamma_unit


@part
def won_amount(frame, tables, lead_class, deal, day, word):
    """Amount of a win in cents: the deal's own times a revision, or drawn from its class's law on the day's prices."""
    u = (word + 0.5) * TO_UNIT
    if deal >= 0 and frame.deal_cents[deal] >= 0.0:
        row = tables.revision_row[0]
        factor = table_quantile(tables, row, u) if row >= 0 else 1.0
        return np.int64(math.floor(frame.deal_cents[deal] * factor + 0.5))
    return class_amount(frame, tables, lead_class, day, u)


@part
def class_amount(frame, tables, lead_class, day, u):
    """Amount in cents at the uniform ``u`` of a class's law (inside its size band), on the day's prices."""
    u = tables.band_low[lead_class] + u * (tables.band_high[lead_class] - tables.band_low[lead_class])
    u = min(max(u, 1e-12), 1.0 - 1e-12)
    row = tables.amount_row[frame.epoch_from[day], lead_class]
    if row < 0:
        return np.int64(0)
    amount = table_quantile(tables, row, u)
    weight = frame.epoch_weight[day]
    if weight > 0.0:
        later = table_quantile(tables, tables.amount_row[frame.epoch_to[day], lead_class], u)
        amount += weight * (later - amount)
    return np.int64(math.floor(amount * 100.0 + 0.5))


@part
def amount_sum(frame, tables, work, lead_class, day, count):
    """Sum of ``count`` amounts in cents, drawn from the stream of rare draws.

    Exact up to ``frame.exact_amounts``, and for classes with a size band or prices that are being phased in. Above, a
    gamma variate with the sum's mean and variance: at 4,096 amounts of sigma 0.9 the skewness that it gets wrong is
    below 0.07.
    """
    row = tables.amount_row[frame.epoch_from[day], lead_class]
    if row < 0:
        return np.int64(0)
    whole = tables.band_low[lead_class] == 0.0 and tables.band_high[lead_class] == 1.0
    if count > frame.exact_amounts and whole and frame.epoch_weight[day] == 0.0:
        mean = count * tables.quantile_mean[row]
        shape = mean * mean / (count * max(tables.quantile_variance[row], 1e-9))
        return np.int64(math.floor(mean * gamma_unit(shape, work.state) * 100.0 + 0.5))
    total = np.int64(0)
    for _ in range(count):
        total += class_amount(frame, tables, lead_class, day, next_unit(work.state))
    return total
