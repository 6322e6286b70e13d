"""Amounts of wins, one by one and in sums (model, section 9)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.arrays.layout import MOST_CENTS
from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import crowded, table_quantile
from rpmsim.kernel.random import TO_UNIT, next_unit
from rpmsim.kernel.sample import gamma_unit


@part
def book(frame, work, out, day, lead_class, cents):
    """Add what a class wins on a day to the bookings; what cannot be counted is noted, and ends the run."""
    period, cell = frame.period_of[day], frame.cell_of[lead_class]
    booked = out.bookings[period, cell] + cents
    if abs(cents) >= MOST_CENTS or abs(booked) >= MOST_CENTS:
        work.too_much[0] = lead_class + 1
        booked = np.int64(0)
    out.bookings[period, cell] = booked


@part
def _cents(amount):
    """A number of cents as a whole number that can be counted; :func:`book` notes the largest one."""
    return np.int64(math.floor(min(max(amount, -np.float64(MOST_CENTS)), np.float64(MOST_CENTS)) + 0.5))


@part
def won_amount(frame, tables, lead_class, deal, day, word):
    """Amount of a win in cents: the deal's own times a revision, or drawn for its class at the day's prices."""
    u = (word + 0.5) * TO_UNIT
    if deal >= 0 and not math.isnan(frame.deal_cents[deal]):
        row = tables.revision_row[0]
        factor = table_quantile(tables, row, u) if row >= 0 else 1.0
        return _cents(frame.deal_cents[deal] * factor)
    return class_amount(frame, tables, lead_class, day, u)


@part
def class_amount(frame, tables, lead_class, day, u):
    """Amount in cents at the uniform ``u`` of a class's distribution (inside its size band), on the day's prices."""
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
    return _cents(amount * 100.0)


@part
def amount_sum(frame, tables, work, lead_class, day, count):
    """Sum of ``count`` amounts in cents on the day's prices, drawn from the stream of rare draws.

    Exact up to ``frame.exact_amounts``. Above, a gamma variate with the sum's mean and variance: at 4,096 amounts of
    sigma 0.9 the skewness that it gets wrong is below 0.07.
    """
    if tables.amount_row[frame.epoch_from[day], lead_class] < 0:
        return np.int64(0)
    if count > frame.exact_amounts:
        mean, variance = _moments(frame, tables, lead_class, day)
        shape = count * mean * mean / max(variance, 1e-9)
        return _cents(count * mean * gamma_unit(shape, work.state))
    total = np.int64(0)
    for _ in range(count):
        total = min(total + class_amount(frame, tables, lead_class, day, next_unit(work.state)), MOST_CENTS)
    return total


NODES = 256
"""Nodes of the moments of amounts inside a size band or while prices are phased in."""


@part
def _moments(frame, tables, lead_class, day):
    """Mean and variance in cents of a class's amount on a day's prices."""
    if frame.epoch_weight[day] == 0.0 and tables.band_low[lead_class] == 0.0 and tables.band_high[lead_class] == 1.0:
        row = tables.amount_row[frame.epoch_from[day], lead_class]
        return tables.quantile_mean[row] * 100.0, tables.quantile_variance[row] * 1e4
    mean = 0.0
    square = 0.0
    for i in range(NODES):
        # The nodes crowd at both ends, where amounts differ most.
        v = (i + 0.5) / NODES
        weight = 6.0 * v * (1.0 - v) / NODES
        cents = np.float64(class_amount(frame, tables, lead_class, day, crowded(v)))
        mean += weight * cents
        square += weight * cents * cents
    return mean, square - mean * mean
