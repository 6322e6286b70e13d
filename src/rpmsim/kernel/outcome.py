"""The outcome law: which way a lead leaves a stage, and when (model, section 3)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rpmsim.arrays.layout import GUIDE_BITS, LOGIT_SPAN, NO_DUE, POWER_TO, QUANTILE_STEPS, QUANTILE_TAIL
from rpmsim.kernel.compiled import part, small_part
from rpmsim.kernel.random import TO_UNIT, U32, WORDS

FAR = 1 << 40
"""A day beyond every horizon."""

NO_END = 1 << 60
"""Later than that, and more time than there is."""

NOTHING = 1e-12
"""A distribution of which less is left at an age has ended."""

EPSILON = 1e-9
"""Slack of sums of clock weights."""


@njit(inline="always")
def scaled_advance(p, odds, probability):
    """Share of the advancing outcomes after a factor on their odds, then one on their probability."""
    whole = 1.0 - p + odds * p  # 0 where all advance without effects, and none with them
    q = p if odds == 1.0 else odds * p / whole if whole > 0.0 else 0.0
    return min(1.0, q * probability)


MOST_FACTOR = 1e9
"""Effects that grow without end with load or waiting go up to this factor, at which any odds are all or nothing."""

LONGEST_RESPONSE = 15_778_800.0
"""Minutes of the longest response time, however much load stretches it: thirty years, the longest span."""


@part
def decay_factor(tables, kind, version, minutes):
    """What waiting does to conversion: a factor, 1 for no wait (``per day``) or five minutes (``power``)."""
    if kind == 1:
        return min(math.exp(tables.decay[version] * minutes), MOST_FACTOR)
    return tables.decay_power[tables.decay_row[version], min(minutes, POWER_TO)]


@small_part
def delay_of(tables, row, word):
    """Delay of a distribution for a random word: guide table, then search upwards."""
    d = np.int64(tables.distribution_guide[(row << GUIDE_BITS) + np.int64(word >> U32(32 - GUIDE_BITS))])
    place = row * tables.distribution_size
    while word > tables.distribution_top[place + d]:
        d += 1
    return d


@part
def clock_end(frame, work, clock, start, delay):
    """First day on which the clock's weights of the days after ``start`` sum to ``delay`` or more.

    A delay of 0 may wait for the first day from ``start`` on that has a weight.
    """
    sums = work.clock_sum[clock]
    place = start + frame.history
    target = sums[place + 1] + delay - frame.clock_slack[clock]
    if delay == 0 and frame.clock_waits[clock] == 1:
        target = sums[place] + EPSILON
    last = len(sums) - 1
    first = work.clock_first[clock]
    n = np.int64(math.floor(target))
    if n >= len(first):
        return FAR
    day = max(first[max(n, 0)], place)
    while day < last and sums[day + 1] < target:
        day += 1
    return FAR if day >= last else day - frame.history


@part
def least_delay(frame, work, clock, start, floor):
    """Smallest delay from ``start`` that ends on day ``floor`` or later."""
    if clock == 0:
        return max(floor - start, 0)
    if floor <= start:
        return 0
    sums = work.clock_sum[clock]
    place = start + frame.history
    until = sums[floor + frame.history]
    if frame.clock_waits[clock] == 1 and until < sums[place] + EPSILON:
        return 0
    return np.int64(math.floor(until - sums[place + 1] + frame.clock_slack[clock])) + 1


@small_part
def end_day(frame, tables, work, row, start, delay):
    """Day on which a delay ends, :data:`FAR` beyond the horizon."""
    if delay >= tables.distribution_size - 1:
        return FAR
    clock = tables.distribution_clock[row]
    return start + delay if clock == 0 else clock_end(frame, work, clock, start, delay)


@small_part
def share_factors(advance, after):
    """What effects that have made the advancing share ``after`` do to the shares that advance, and to the others.

    Inside the two groups the shares keep their proportions. Where all advance without effects, the others' shares stay
    0, and those who are held back stay.
    """
    return after / advance if advance > 0.0 else 1.0, (1.0 - after) / (1.0 - advance) if advance < 1.0 else 0.0


@small_part
def summed_share(frame, tables, stage, share, outcome, after, factors):
    """Shares of the outcomes up to one, summed, after effects with these factors (see :func:`share_factors`)."""
    total = tables.share_sum[share, outcome]
    if outcome < frame.advancing[stage]:
        return total * factors[0]
    return after + (total - tables.share_advance[share]) * factors[1]


@part
def row_and_start(frame, tables, version, outcome, lead_class, deal, start):
    """Row of the distribution of an outcome, and the day from which its delay counts.

    That is the day on which the lead began the stage, or for a deal with a due date the earliest day on which an
    outcome that runs by it may end.
    """
    if deal >= 0 and frame.deal_due[deal] != NO_DUE:
        row = tables.due_row[version, outcome, lead_class]
        if row >= 0:
            return row, frame.deal_due[deal] + tables.due_first[version, outcome, lead_class]
    return tables.distribution_row[version, outcome, lead_class], start


@part
def outcome_weight(frame, tables, work, stage, version, lead_class, outcome, after, start, floor, deal):
    """Chance of an outcome on day ``floor`` or later, for a lead that began on ``start``.

    ``after`` is the advancing share after all effects on it. The outcome that follows the last one is to stay.
    ``deal`` is the number of a listed deal, -1 for other leads.
    """
    share = tables.share_row[version, lead_class]
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    factors = share_factors(tables.share_advance[share], after)
    low = summed_share(frame, tables, stage, share, outcome - 1, after, factors) if outcome > 0 else 0.0
    high = summed_share(frame, tables, stage, share, outcome, after, factors) if outcome < outcomes else 1.0
    weight = high - low
    if outcome == outcomes:
        return weight
    row, start = row_and_start(frame, tables, version, outcome, lead_class, deal, start)
    if floor <= start:
        return weight
    return weight * survival(frame, tables, work, row, start, floor)


@part
def carried_over(before, after, share):
    """The advancing share of another version after the effects that have made ``after`` of the share ``before``."""
    if after == before or before <= 0.0 or before >= 1.0:
        return share
    if after >= 1.0:
        return 1.0 if share > 0.0 else 0.0
    odds = after * (1.0 - before) / ((1.0 - after) * before)
    return scaled_advance(share, odds, 1.0)


@part
def going_on(frame, tables, work, stage, version, lead_class, after, start, floor, deal):
    """By what leads go on from day ``floor`` that are in a stage since ``start``: (version, after, start, total).

    Their own version where anything of its distributions is left, or after the first day some stay for good; else its
    tail, as if they had begun the day before ``floor``. The total is the sum of the weights of all outcomes and of
    staying.
    """
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    left = 0.0
    for j in range(outcomes):
        left += outcome_weight(frame, tables, work, stage, version, lead_class, j, after, start, floor, deal)
    stays = outcome_weight(frame, tables, work, stage, version, lead_class, outcomes, after, start, floor, deal)
    tail = frame.tail_version[version]
    if left > NOTHING or tail < 0 or (floor > 0 and stays > NOTHING):
        return version, after, start, left + stays
    before = tables.share_advance[tables.share_row[version, lead_class]]
    after = carried_over(before, after, tables.share_advance[tables.share_row[tail, lead_class]])
    return tail, after, floor - 1, 1.0


@part
def late_tops(frame, tables, work, tops, stage, version, lead_class, after, start):
    """Fill ``tops``, the words below which outcomes end, for leads that are in the stage at the start of the span.

    Returns the version by which they go on, and the day on which they began it.
    """
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    floor = np.int64(0)
    version, after, start, total = going_on(frame, tables, work, stage, version, lead_class, after, start, floor, -1)
    so_far = 0.0
    for j in range(outcomes):
        so_far += outcome_weight(frame, tables, work, stage, version, lead_class, j, after, start, floor, -1)
        tops[j] = np.int64(min(1.0, so_far / total) * WORDS + 0.5)
    return version, start


@part
def late_end(frame, tables, work, row, start, floor, word):
    """Day on which a lead leaves that began on ``start`` and has not left before day ``floor``, by a random word."""
    least = least_delay(frame, work, tables.distribution_clock[row], start, floor)
    below = word_below(tables, row, least)
    word = below + np.int64((word + 0.5) * TO_UNIT * (WORDS - below))
    delay = max(least, delay_of(tables, row, U32(min(word, 4294967295))))
    return max(floor, end_day(frame, tables, work, row, start, delay))


@part
def late_outcome(frame, tables, work, stage, version, lead_class, after, start, floor, deal, word0, word1):
    """Outcome and end of a lead that began on ``start`` and has not left before day ``floor``; see `outcome_weight`.

    ``after`` is the advancing share after all effects. Returns (outcome, day); the outcome is the number of outcomes
    where the lead stays.
    """
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    version, after, start, total = going_on(frame, tables, work, stage, version, lead_class, after, start, floor, deal)
    u = (word0 + 0.5) * TO_UNIT * total
    for j in range(outcomes):
        weight = outcome_weight(frame, tables, work, stage, version, lead_class, j, after, start, floor, deal)
        if u < weight:
            row, first = row_and_start(frame, tables, version, j, lead_class, deal, start)
            return j, late_end(frame, tables, work, row, first, floor, word1)
        u -= weight
    return outcomes, np.int64(FAR)


@part
def _started(tables, row, d):
    """Whether the distribution gives any chance to delays of at most ``d`` (entries before that are not to be read)."""
    return d >= np.int64(tables.distribution_guide[row << GUIDE_BITS])


@part
def takes_no_time(frame, tables, row):
    """Whether all delays of a distribution are 0, and end on the day on which they begin."""
    if frame.clock_waits[tables.distribution_clock[row]] == 1:
        return False
    return _started(tables, row, 0) and np.int64(tables.distribution_top[row * tables.distribution_size]) == WORDS - 1


@part
def word_below(tables, row, d):
    """Smallest word whose delay is ``d`` or longer."""
    return (
        np.int64(tables.distribution_top[row * tables.distribution_size + d - 1]) + 1
        if d > 0 and _started(tables, row, d - 1)
        else np.int64(0)
    )


@part
def survival(frame, tables, work, row, start, floor):
    """Chance that a delay from ``start`` ends on ``floor`` or later."""
    d = least_delay(frame, work, tables.distribution_clock[row], start, floor)
    if d <= 0 or not _started(tables, row, d - 1):
        return 1.0
    last = tables.distribution_size - 1
    return (4294967295.0 - tables.distribution_top[row * tables.distribution_size + min(d - 1, last)]) * TO_UNIT


@njit(inline="always")
def crowded(v):
    """Where a place in (0, 1) is when places crowd at both ends, at a density of 1 / (6 v (1 - v))."""
    return v * v * (3.0 - 2.0 * v)


@part
def table_quantile(tables, row, u):
    """Value of a quantile table at ``u``: linear in u in the middle, log-linear in the logit in the tails.

    Of resampled values it is one of them.
    """
    x = u * QUANTILE_STEPS
    i = min(np.int64(x), QUANTILE_STEPS - 1)
    low = tables.quantile_even[row, i]
    if tables.quantile_step[row] == 1:
        return low
    if QUANTILE_TAIL <= i < QUANTILE_STEPS - QUANTILE_TAIL:
        return low + (x - i) * (tables.quantile_even[row, i + 1] - low)
    points = tables.quantile_log.shape[1]
    x = (math.log(u / (1.0 - u)) + LOGIT_SPAN) * ((points - 1) / (2.0 * LOGIT_SPAN))
    x = min(max(x, 0.0), points - 1.0001)
    i = np.int64(x)
    w = x - i
    return math.exp(tables.quantile_log[row, i] * (1.0 - w) + tables.quantile_log[row, i + 1] * w)


@part
def response_minutes(tables, response, u, stretch):
    """Response time in minutes at ``u`` of its distribution, stretched by load."""
    return min(table_quantile(tables, response, u) * stretch, LONGEST_RESPONSE)
