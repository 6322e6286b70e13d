"""Leads of one row of words that have one outcome leave their stage together: what holds for all is read once."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import GUIDE_BITS
from rpmsim.kernel.compiled import part
from rpmsim.kernel.eight import bits_below, first_one, ones, without_first
from rpmsim.kernel.lanes import MORE, first_lane
from rpmsim.kernel.outcome import NO_END, clock_end, end_day
from rpmsim.kernel.random import PAIR_BITS, PAIRS, U32
from rpmsim.kernel.single import leave
from rpmsim.kernel.workspace import LANE

MANY = 4
"""Leads of an outcome and day, on average of a row, from which on they are counted together, where that is all."""


@part
def leave_by_row(frame, tables, work, out, stage, role, lead_class, odds, row, low, high, outcome, bits):
    """Let leads of a row leave by one outcome: those of ``low`` ... ``high`` - 1 that are set in ``bits``.

    The days on which they begin stand in ``row_day``. Returns how many leave on the day on which they begin. Where a
    role serves the stage, there must be nothing to note of the outcome.
    """
    stream = stage * frame.classes + lead_class
    lanes, words, begins = work.lanes, work.words[stream], work.row_day
    lane = first_lane(work, stream) + outcome * LANE
    cell, distribution, more = lanes[lane], lanes[lane + 1], lanes[lane + 2]
    target, step, counted, clock = lanes[lane + 3], lanes[lane + 4], lanes[lane + 5], lanes[lane + 7]
    for_good = step == 0 and role < 0 and more == 0  # nor does a clock say when
    if for_good and ones(bits) >= MANY * (begins[high - 1] - begins[low] + 1):
        _count_by_period(frame, tables, work, out, words, cell, distribution, counted, bits, low, high)
        return np.int64(0)
    guide, distribution_top, landing = tables.distribution_guide, tables.distribution_top, work.landing
    moves, period_place = out.moves, frame.period_place
    days = frame.days
    gone = np.int64(0)
    while bits != 0:
        i = low + first_one(bits)
        bits = without_first(bits)
        word = words[i + PAIRS]
        begin = begins[i]
        delay = np.int64(guide[cell + np.int64(word >> U32(32 - GUIDE_BITS))])
        while word > distribution_top[distribution + delay]:
            delay += 1
        end = begin + delay + more
        if clock > 0:
            end = clock_end(frame, work, clock, begin, delay) + (more & MORE)
        if end < days:
            landing[target + end * step] += 1
            moves[period_place[end] + counted] += 1
            if end <= begin:
                gone += 1
            elif role >= 0:
                work.release[role, end] += 1
        elif end >= MORE:
            index = tables.distribution_row[frame.version_at[stage, begin + frame.history], outcome, lead_class]
            end = end_day(frame, tables, work, index, begin, delay)
            lead = (row << PAIR_BITS) + i
            leave(
                frame, tables, work, out, stage, lead_class, begin, NO_END, odds, 1.0, outcome, end, -1, lead, 0, begin
            )
    if gone > 0:
        work.fresh[lanes[lane + 6]] = 1
    return gone


@part
def _count_by_period(frame, tables, work, out, words, cell, distribution, counted, bits, low, high):
    """Count the moves of leads to a stage that is the end: only the period matters in which they leave.

    Those of a day leave before the end of a period whose words lie below that of their longest delay until then.
    """
    begins, distribution_top = work.row_day, tables.distribution_top
    shortest = np.int64(tables.distribution_guide[cell])
    while bits != 0:
        begin = begins[low + first_one(bits)]
        here = bits & bits_below(begins, low, high - low, begin + 1)
        bits ^= here
        until = begin
        while here != 0 and until < frame.days:
            place = frame.period_place[until] + counted
            until = frame.period_until[until]
            if until - begin > shortest:
                top = np.int64(distribution_top[distribution + until - begin - 1]) + 1
                gone = here & bits_below(words, low + PAIRS, high - low, top)
                here ^= gone
                out.moves[place] += ones(gone)
