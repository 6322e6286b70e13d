"""What a deal of a class is worth on a day: the mean of its amount, at the day's prices."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import F64, LOGIT_SPAN, QUANTILE_STEPS, QUANTILE_TAIL, Frame, Tables

NODES = 1024
"""Places in a size band at which its amounts are read."""


def values_on(frame: Frame, tables: Tables, day: int) -> F64:
    """Mean amounts of the classes in currency on a day, shape (draws, classes); 0 where a segment has no amounts."""
    weight = frame.epoch_weight[day]
    value = _means(tables, int(frame.epoch_from[day]))
    if weight > 0.0:
        value = value + weight * (_means(tables, int(frame.epoch_to[day])) - value)
    return value


def _means(tables: Tables, epoch: int) -> F64:
    rows = tables.amount_row[:, epoch]
    shape = (max(len(rows), len(tables.band_low)), rows.shape[1])
    rows = np.broadcast_to(rows, shape)
    low, high = np.broadcast_to(tables.band_low, shape), np.broadcast_to(tables.band_high, shape)
    means = np.where(rows >= 0, tables.quantile_mean[rows], 0.0)
    inside = (rows >= 0) & ((low > 0.0) | (high < 1.0)) & (high > low)
    for place in zip(*np.nonzero(inside), strict=True):
        means[place] = _mean_inside(tables, int(rows[place]), float(low[place]), float(high[place]))
    return means


def _mean_inside(tables: Tables, row: int, low: float, high: float) -> float:
    """Mean of an amount between two probabilities; the places crowd at both ends, where amounts differ most."""
    v = (np.arange(NODES) + 0.5) / NODES
    weight = 6.0 * v * (1.0 - v)
    u = np.clip(low + v * v * (3.0 - 2.0 * v) * (high - low), 1e-12, 1.0 - 1e-12)
    return float((weight * _quantile(tables, row, u)).sum() / weight.sum())


def _quantile(tables: Tables, row: int, u: F64) -> F64:
    """Values of a quantile table at ``u``, read as the kernel reads it."""
    even = tables.quantile_even[row]
    x = u * QUANTILE_STEPS
    i = np.minimum(x.astype(np.int64), QUANTILE_STEPS - 1)
    if tables.quantile_step[row] == 1:
        return even[i]
    middle = even[i] + (x - i) * (even[i + 1] - even[i])
    points = tables.quantile_log.shape[1]
    place = (np.log(u / (1.0 - u)) + LOGIT_SPAN) * ((points - 1) / (2.0 * LOGIT_SPAN))
    tail = np.exp(np.interp(place, np.arange(points), tables.quantile_log[row]))
    return np.where((i >= QUANTILE_TAIL) & (i < QUANTILE_STEPS - QUANTILE_TAIL), middle, tail)
