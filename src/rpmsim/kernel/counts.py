"""Many leads at once: a count is split over outcomes and days by binomials, coarse first (model, section 8).

The same law as lead by lead; thresholds are in the frame, so that tests can force either way.
"""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.move import leave
from rpmsim.kernel.outcome import FAR, delay_of, end_day, least_delay, outcome_weight, word_below
from rpmsim.kernel.purposes import COUNTS
from rpmsim.kernel.random import STREAM_BLOCKS, U32, WORDS, next_unit, seek
from rpmsim.kernel.sample import binomial

FEW = 12
"""Leads of one outcome in one range of days are placed one by one up to here."""


@part
def begin_count(frame, tables, work, out, stage, lead_class, begin, index, after, count, opening):
    """Let ``count`` leads of one class begin a stage on a day (or, ``opening``, go on from it). Returns freed slots.

    They use up as many places of their stream as leads that are drawn one by one; ``index`` is the first one.
    """
    version = frame.version_at[stage, begin + frame.history]
    item = frame.class_hash[lead_class] + index * 0x9E3779B1
    seek(work.state, 0, frame.stage_hash[stage] ^ (COUNTS + 64 if opening else COUNTS), item, work.key)
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    floor = np.int64(0) if opening else begin
    total = 0.0
    for j in range(outcomes + 1):
        total += outcome_weight(frame, tables, stage, version, lead_class, j, after, begin, floor)
    if total <= 1e-12:
        # Nothing of the law is left at this age: leads leave on the first day, by their shares.
        floor = begin
        total = 1.0
    freed = 0
    left = count
    for j in range(outcomes):
        weight = outcome_weight(frame, tables, stage, version, lead_class, j, after, begin, floor)
        n_j = binomial(left, min(1.0, weight / total), work.state) if total > 0.0 else 0
        total -= weight
        if total <= 1e-12:
            n_j = left
            total = 0.0
        left -= n_j
        if n_j > 0:
            freed += _spread(frame, tables, work, out, stage, version, lead_class, begin, j, n_j, opening)
    if left > 0:
        freed += leave(frame, work, out, stage, lead_class, begin, -1, FAR, left)
    return freed


@part
def _spread(frame, tables, work, out, stage, version, lead_class, begin, outcome, count, opening):
    """Split leads of one outcome over days: ranges of words are halved until few leads are left."""
    row = tables.law_row[version, outcome, lead_class]
    edge = frame.outcome_edge[frame.outcome_range[stage] + outcome]
    size = tables.law_top.shape[1] - 1
    first = least_delay(frame, tables.law_clock[row], begin, 0) if opening else np.int64(0)
    earliest = np.int64(0) if opening else begin
    stack = work.spread_stack
    stack[0, 0] = word_below(tables, row, first)
    stack[0, 1] = np.int64(WORDS)
    stack[0, 2] = count
    depth = 1
    freed = 0
    while depth > 0:
        depth -= 1
        low, high, leads = stack[depth, 0], stack[depth, 1], stack[depth, 2]
        if leads == 0:
            continue
        if high <= low:
            high = low + 1
        least = max(first, delay_of(tables, row, U32(min(low, np.int64(WORDS) - 1))))
        most = max(first, delay_of(tables, row, U32(min(high, np.int64(WORDS)) - 1)))
        if least == most or least >= size:
            end = max(earliest, end_day(frame, tables, row, begin, least))
            freed += _place(frame, tables, work, out, stage, lead_class, begin, edge, leads, end)
        elif leads <= FEW:
            for _ in range(leads):
                word = low + np.int64(next_unit(work.state) * (high - low))
                delay = max(first, delay_of(tables, row, U32(min(word, high - 1))))
                end = max(earliest, end_day(frame, tables, row, begin, delay))
                freed += _place(frame, tables, work, out, stage, lead_class, begin, edge, 1, end)
        else:
            # Split between two days, as near as can be to half of the words.
            day = delay_of(tables, row, U32((low + high) // 2))
            middle = np.int64(tables.law_top[row, min(max(day, least), most - 1)]) + 1
            below = binomial(leads, (middle - low) / (high - low), work.state)
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = middle, high, leads - below
            stack[depth + 1, 0], stack[depth + 1, 1], stack[depth + 1, 2] = low, middle, below
            depth += 2
    return freed


@part
def _place(frame, tables, work, out, stage, lead_class, begin, edge, count, end):
    """Move leads that share outcome and day. Returns how many free their slots at once."""
    if end < frame.days and frame.edge_won[edge] == 1 and frame.edge_back[edge] == 0:
        work.late[frame.edge_late[edge], lead_class, end] += count
    return leave(frame, work, out, stage, lead_class, begin, edge, end, count)


@part
def skip_words(work, stream, count):
    """Use up ``count`` places of a stream. Returns the first of them."""
    index = work.block_next[stream] - STREAM_BLOCKS + work.word_next[stream]
    work.block_next[stream] = index + count
    work.word_next[stream] = STREAM_BLOCKS
    return index
