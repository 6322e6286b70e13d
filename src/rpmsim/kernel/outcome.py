"""The outcome law: which way a lead leaves a stage, and when (model, section 3)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rpmsim.kernel.compiled import part
from rpmsim.kernel.random import TO_UNIT, U32, WORDS

FAR = 1 << 40
"""A day beyond every horizon."""

NO_END = 1 << 60
"""Later than that, and more time than there is."""

EPSILON = 1e-9
"""Slack of sums of clock weights."""

MINUTES_PER_DAY = 1440.0
POWER_FROM = 5.0
POWER_TO = 2880.0
"""The power form of response decay is flat below 5 minutes and above 48 hours."""


@njit(inline="always")
def scaled_advance(p, odds, probability):
    """Share of the advancing outcomes after a factor on their odds, then one on their probability."""
    q = p if odds == 1.0 else odds * p / (1.0 - p + odds * p)
    return min(1.0, q * probability)


@njit(inline="always")
def decay_factor(kind, strength, minutes):
    """What waiting does to conversion: a factor, 1 for no wait (``per day``) or five minutes (``power``)."""
    if kind == 1:
        return math.exp(math.log(strength) * minutes / MINUTES_PER_DAY)
    return math.exp(-strength * math.log(min(max(minutes, POWER_FROM), POWER_TO) / POWER_FROM))


@njit(inline="always")
def delay_of(tables, row, word):
    """Delay of a law for a random word: guide table, then search upwards."""
    d = np.int64(tables.law_guide[row, word >> U32(22)])
    while word > tables.law_top[row, d]:
        d += 1
    return d


@part
def clock_end(frame, clock, start, delay):
    """First day on which the clock's weights of the days after ``start`` sum to ``delay`` or more."""
    sums = frame.clock_sum[clock]
    target = sums[start + frame.history + 1] + delay - EPSILON
    first = frame.clock_first[clock]
    n = np.int64(math.floor(target))
    if n >= len(first):
        return FAR
    day = max(first[max(n, 0)], start + frame.history)
    last = len(sums) - 1
    while day < last and sums[day + 1] < target:
        day += 1
    return FAR if day >= last else day - frame.history


@part
def least_delay(frame, clock, start, floor):
    """Smallest delay from ``start`` that ends on day ``floor`` or later."""
    if clock == 0:
        return max(floor - start, 0)
    if floor <= start:
        return 0
    sums = frame.clock_sum[clock]
    passed = sums[floor + frame.history] - sums[start + frame.history + 1]
    return np.int64(math.floor(passed + EPSILON)) + 1


@part
def end_day(frame, tables, row, start, delay):
    """Day on which a delay ends, :data:`FAR` beyond the horizon."""
    if delay >= tables.law_top.shape[1] - 1:
        return FAR
    clock = tables.law_clock[row]
    return start + delay if clock == 0 else clock_end(frame, clock, start, delay)


@part
def late_outcome(frame, tables, version, lead_class, share, outcomes, advance, advancing, start, floor, word0, word1):
    """Outcome and end of a lead that began on ``start`` and has not left before day ``floor``.

    ``advance`` is the advancing share after all effects, ``advancing`` the number of outcomes that it covers. Returns
    (outcome, day); the outcome is ``outcomes`` where the lead stays.
    """
    shares = tables.share_sum[share]
    rows = tables.law_row[version]
    before = shares[advancing - 1] if advancing > 0 else 0.0
    up = advance / before if before > 0.0 else 1.0
    down = (1.0 - advance) / (1.0 - before) if before < 1.0 else 1.0
    # What is left of each outcome at this age; what stays is left whole.
    total = (1.0 - (shares[outcomes - 1] if outcomes > 0 else 0.0)) * down
    low = 0.0
    for j in range(outcomes):
        total += (
            (shares[j] - low)
            * (up if j < advancing else down)
            * survival(frame, tables, rows[j, lead_class], start, floor)
        )
        low = shares[j]
    u = (word0 + 0.5) * TO_UNIT
    if total <= 1e-12:
        # Nothing of the law is left at this age: the lead leaves on the first day that it can.
        j = 0
        while j < outcomes - 1 and u >= shares[j]:
            j += 1
        return j, floor
    u *= total
    low = 0.0
    for j in range(outcomes):
        row = rows[j, lead_class]
        weight = (shares[j] - low) * (up if j < advancing else down) * survival(frame, tables, row, start, floor)
        low = shares[j]
        if u < weight:
            d = least_delay(frame, tables.law_clock[row], start, floor)
            below = word_below(tables, row, d)
            word = below + np.int64((word1 + 0.5) * TO_UNIT * (WORDS - below))
            delay = max(d, delay_of(tables, row, U32(min(word, 4294967295))))
            return j, max(floor, end_day(frame, tables, row, start, delay))
        u -= weight
    return outcomes, np.int64(FAR)


@part
def _started(tables, row, d):
    """Whether the law gives any chance to delays of at most ``d`` (entries before that are not to be read)."""
    return d >= np.int64(tables.law_guide[row, 0])


@part
def word_below(tables, row, d):
    """Smallest word whose delay is ``d`` or longer."""
    return np.int64(tables.law_top[row, d - 1]) + 1 if d > 0 and _started(tables, row, d - 1) else np.int64(0)


@part
def survival(frame, tables, row, start, floor):
    """Chance that a delay from ``start`` ends on ``floor`` or later."""
    d = least_delay(frame, tables.law_clock[row], start, floor)
    if d <= 0 or not _started(tables, row, d - 1):
        return 1.0
    last = tables.law_top.shape[1] - 1
    return (4294967295.0 - tables.law_top[row, min(d - 1, last)]) * TO_UNIT


@part
def table_quantile(tables, row, u):
    """Value of a quantile table at ``u``: log-linear in the logit, or one of the resampled values."""
    points = tables.quantile_log.shape[1]
    if tables.quantile_step[row] == 1:
        return math.exp(tables.quantile_log[row, min(np.int64(u * points), points - 1)])
    x = (math.log(u / (1.0 - u)) + 21.0) * ((points - 1) / 42.0)
    x = min(max(x, 0.0), points - 1.0001)
    i = np.int64(x)
    w = x - i
    return math.exp(tables.quantile_log[row, i] * (1.0 - w) + tables.quantile_log[row, i + 1] * w)
