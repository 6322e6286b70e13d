"""Many leads at once: a count is split over outcomes and days by binomials, coarse first (model, section 8).

The same law as lead by lead; thresholds are in the frame, so that tests can force either way.
"""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.amount import amount_sum
from rpmsim.kernel.arrivals import seek
from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import FAR, delay_of, end_day, least_delay, survival, word_below
from rpmsim.kernel.purposes import COUNTS
from rpmsim.kernel.random import LOW, STREAM_BLOCKS, U32, U64, WORDS, next_unit
from rpmsim.kernel.sample import binomial

FEW = 12
"""Leads of one outcome in one range of days are placed one by one up to here."""


@part
def begin_count(
    frame,
    tables,
    work,
    out,
    n,
    stage,
    lead_class,
    begin,
    index,
    share,
    advance,
    after,
    count,
    opening,
    replication,
    key0,
    key1,
):
    """Let ``count`` leads of one class begin a stage on a day (or, ``opening``, go on from it). Returns freed slots.

    They use up as many places of their stream as leads that are drawn one by one; ``index`` is the first one.
    """
    version = frame.version_at[stage, begin + frame.history]
    item = (U64(frame.class_hash[lead_class]) + U64(index) * U64(0x9E3779B1)) & LOW
    seek(work.state, 0, replication, frame.stage_hash[stage] ^ U32(COUNTS + 64 * opening), item, key0, key1)
    shares = tables.share_sum[share]
    rows = tables.law_row[version]
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    advancing = frame.advancing[stage]
    up = after / advance if advance > 0.0 else 1.0
    down = (1.0 - after) / (1.0 - advance) if advance < 1.0 else 1.0
    left = count
    stays = (1.0 - (shares[outcomes - 1] if outcomes > 0 else 0.0)) * down
    total = stays
    low = 0.0
    for j in range(outcomes):
        weight = (shares[j] - low) * (up if j < advancing else down)
        low = shares[j]
        total += weight * (survival(frame, tables, rows[j, lead_class], begin, 0) if opening else 1.0)
    # Where nothing of the law is left at this age, leads leave on the first day, by their shares.
    conditional = opening and total > 1e-12
    if not conditional:
        total = 1.0
    freed = 0
    low = 0.0
    for j in range(outcomes):
        row = rows[j, lead_class]
        weight = (shares[j] - low) * (up if j < advancing else down)
        low = shares[j]
        if conditional:
            weight *= survival(frame, tables, row, begin, 0)
        if j == outcomes - 1 and stays <= 0.0:
            n_j = left
        else:
            n_j = binomial(left, min(1.0, weight / total) if total > 0.0 else 0.0, work.state)
        total -= weight
        left -= n_j
        if n_j > 0:
            freed += _spread(frame, tables, work, out, n, stage, lead_class, begin, j, row, n_j, opening)
    if left > 0:
        freed += _place(frame, tables, work, out, n, stage, lead_class, begin, 0, left, np.int64(FAR))
    return freed


@part
def _spread(frame, tables, work, out, n, stage, lead_class, begin, outcome, row, count, opening):
    """Split leads of one outcome over days: ranges of words are halved until few leads are left."""
    size = tables.law_top.shape[1] - 1
    first = least_delay(frame, tables.law_clock[row], begin, 0) if opening else np.int64(0)
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
            end = end_day(frame, tables, row, begin, least)
            end = max(end, 0) if opening else end
            freed += _place(frame, tables, work, out, n, stage, lead_class, begin, outcome, leads, end)
        elif leads <= FEW:
            for _ in range(leads):
                word = low + np.int64(next_unit(work.state) * (high - low))
                end = end_day(frame, tables, row, begin, max(first, delay_of(tables, row, U32(min(word, high - 1)))))
                end = max(end, 0) if opening else end
                freed += _place(frame, tables, work, out, n, stage, lead_class, begin, outcome, 1, end)
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
def _place(frame, tables, work, out, n, stage, lead_class, begin, outcome, count, end):
    """Move leads that share outcome and day. Returns how many free their slots at once."""
    role = frame.role_of[stage, lead_class]
    freed = 0
    if role >= 0:
        if end <= begin:
            work.items[role] -= count
            freed = count
        else:
            work.held[role] += count
            if end < frame.days:
                work.release[role, end] += count
            else:
                work.beyond[stage, lead_class] += count
    if end < frame.days:
        edge = frame.outcome_edge[frame.outcome_range[stage] + outcome]
        work.moved[end, edge, lead_class] += count
        if frame.edge_won[edge] == 1 and frame.edge_late_amount[edge] == 0:
            cents = amount_sum(frame, tables, work, lead_class, end, count)
            out.bookings[n, frame.period_of[end], frame.cell_of[lead_class]] += cents
    return freed


@part
def skip_words(work, stream, count):
    """Use up ``count`` places of a stream. Returns the first of them."""
    index = work.block_next[stream] - STREAM_BLOCKS + work.word_next[stream]
    work.block_next[stream] = index + count
    work.word_next[stream] = STREAM_BLOCKS
    return index
