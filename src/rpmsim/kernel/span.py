"""Leads that need no staff, in a stage that no queue or cycle leads back to, begin it over the whole span at once.

Class by class: where nothing changes from day to day, leads are taken by rows of their words, and those of one outcome
move together, so that what holds for all of them is read once. Where a stage is the end, and only the period counts in
which leads come to it, those of a day are counted by the words that lie below the ends of the periods.
"""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import GUIDE_BITS
from rpmsim.kernel.begin import begin_pieces
from rpmsim.kernel.compiled import part
from rpmsim.kernel.eight import EIGHT, all_bits, bits_below, first_one, ones, put, without_first
from rpmsim.kernel.land import give_bands
from rpmsim.kernel.lanes import MORE, fill_tops, first_lane, lay_lanes
from rpmsim.kernel.outcome import NO_END, clock_end, delay_of, end_day
from rpmsim.kernel.random import PAIR_BITS, PAIRS, U32, turn_to
from rpmsim.kernel.single import first_limit, leave
from rpmsim.kernel.start import landed_deals, landed_leads
from rpmsim.kernel.workspace import LANE

MANY = 4
"""Leads of an outcome and day, on average of a row, from which on they are counted together, where that is all."""


@part
def begin_span(frame, tables, work, out, stage):
    """Let all leads that land in a stage begin it."""
    if frame.band_stage[stage] == 1:
        for day in range(frame.days):
            give_bands(frame, tables, work, stage, day)
    low = np.int64(0)
    while low < frame.days:
        high = _alike_until(frame, work, stage, low)
        version = frame.version_at[stage, low + frame.history]
        alike = first_limit(frame, tables, stage, version, low) == NO_END
        alike = alike and low - frame.version_start[version] >= frame.version_phase[version]
        pieces = 0
        for lead_class in range(frame.classes):
            place = frame.landing_place[stage * frame.classes + lead_class]
            most = np.int64(0)
            for day in range(low, high):
                most = max(most, np.int64(work.landing[place + day]))
            if most > 0 and alike and most <= frame.split_above:
                _begin_rows(frame, tables, work, out, stage, version, lead_class, low, high)
            elif most > 0:
                pieces = landed_leads(frame, work, stage, lead_class, low, high, pieces)
        if pieces > 0:
            begin_pieces(frame, tables, work, out, stage, -1, pieces)
        low = high
    pieces = landed_deals(frame, work, stage, 0, frame.days, 0)
    if pieces > 0:
        begin_pieces(frame, tables, work, out, stage, -1, pieces)


@part
def _alike_until(frame, work, stage, day):
    """First day after ``day`` that differs from it for leads that begin: by dated changes, or by the quarter's luck."""
    history = frame.history
    version = frame.version_at[stage, day + history]
    odds = work.shock[stage, frame.quarter_of[day + history]]
    change = day - frame.version_start[version] < frame.version_phase[version]
    until = day + 1
    while (
        until < frame.days
        and frame.version_at[stage, until + history] == version
        and work.shock[stage, frame.quarter_of[until + history]] == odds
        and (until - frame.version_start[version] < frame.version_phase[version]) == change
    ):
        until += 1
    return until


@part
def _begin_rows(frame, tables, work, out, stage, version, lead_class, low, high):
    """Let the leads of a class that land on days ``low`` ... ``high`` - 1, which are alike, begin, row by row."""
    stream = stage * frame.classes + lead_class
    odds = work.shock[stage, frame.quarter_of[low + frame.history]]
    lay_lanes(frame, tables, work, stage, version, lead_class)
    fill_tops(frame, tables, work, stage, version, lead_class, odds, 1.0, False)
    place = frame.landing_place[stream]
    lead = work.begun[stream]
    first = lead & (PAIRS - 1)
    row = lead >> PAIR_BITS
    at = first
    for day in range(low, high):
        count = np.int64(work.landing[place + day])
        work.landing[place + day] = 0
        while at + count >= PAIRS:
            here = PAIRS - at
            for i in range(at, PAIRS, EIGHT):
                put(work.group_begin, i, day)
            _move_row(frame, tables, work, out, stage, lead_class, odds, row, first, PAIRS)
            row += 1
            first = at = 0
            count -= here
        for i in range(at, at + count, EIGHT):
            put(work.group_begin, i, day)
        at += count
    work.begun[stream] = (row << PAIR_BITS) + at
    if at > first:
        _move_row(frame, tables, work, out, stage, lead_class, odds, row, first, at)


@part
def _move_row(frame, tables, work, out, stage, lead_class, odds, row, low, high):
    """Let the leads ``low`` ... ``high`` - 1 of a row, whose days stand in ``group_begin``, leave their stage."""
    stream = stage * frame.classes + lead_class
    turn_to(work.words, work.word_row, stream, row, frame.stage_hash[stage], frame.class_hash[lead_class], work.key)
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    words, tops, begins, lanes = work.words[stream], work.tops[stream], work.group_begin, work.lanes
    guide, law_top, landing = tables.law_guide, tables.law_top, work.landing
    moves, period_place = out.moves, frame.period_place
    days = frame.days
    lane = first_lane(work, stream)
    left = all_bits(high - low)
    for j in range(outcomes):
        bits = left & bits_below(words, low, high - low, tops[j])
        left ^= bits
        cell, law, more = lanes[lane], lanes[lane + 1], lanes[lane + 2]
        target, step, counted, clock = lanes[lane + 3], lanes[lane + 4], lanes[lane + 5], lanes[lane + 7]
        lane += LANE
        if step == 0 and clock <= 0 and more == 0 and ones(bits) >= MANY * (begins[high - 1] - begins[low] + 1):
            _count_row(frame, tables, work, out, words, cell, law, counted, bits, low, high)
            continue
        while bits != 0:
            i = low + first_one(bits)
            bits = without_first(bits)
            word = words[i + PAIRS]
            begin = begins[i]
            delay = np.int64(guide[cell + np.int64(word >> U32(32 - GUIDE_BITS))])
            while word > law_top[law + delay]:
                delay += 1
            end = begin + delay + more
            if clock > 0:
                end = clock_end(frame, clock, begin, delay) + (more & MORE)
            if end < days:
                landing[target + end * step] += 1
                moves[period_place[end] + counted] += 1
            elif end >= MORE:
                index = tables.law_row[frame.version_at[stage, begin + frame.history], j, lead_class]
                end = end_day(frame, tables, index, begin, delay_of(tables, index, word))
                lead = (row << PAIR_BITS) + i
                leave(frame, tables, work, out, stage, lead_class, begin, NO_END, odds, 1.0, j, end, -1, lead, 0)


@part
def _count_row(frame, tables, work, out, words, cell, law, counted, bits, low, high):
    """Count the moves of leads of a row to a stage that is the end: only the period matters in which they leave."""
    begins, law_top = work.group_begin, tables.law_top
    shortest = np.int64(tables.law_guide[cell])
    while bits != 0:
        begin = begins[low + first_one(bits)]
        here = bits & bits_below(begins, low, high - low, begin + 1)
        bits ^= here
        until = begin
        while here != 0 and until < frame.days:
            place = frame.period_place[until] + counted
            until = frame.period_until[until]
            if until - begin > shortest:
                top = np.int64(law_top[law + until - begin - 1]) + 1
                gone = here & bits_below(words, low + PAIRS, high - low, top)
                here ^= gone
                out.moves[place] += ones(gone)
