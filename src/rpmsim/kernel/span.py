"""Leads that need no staff, in a stage that no queue or cycle leads back to, begin it over the whole span at once.

Class by class: where nothing changes from day to day, leads are taken by rows of their words, and those of one outcome
move together.
"""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.begin import begin_cohorts
from rpmsim.kernel.compiled import part
from rpmsim.kernel.eight import EIGHT, all_bits, bits_below, put
from rpmsim.kernel.land import give_bands
from rpmsim.kernel.lanes import fill_tops, lay_lanes
from rpmsim.kernel.outcome import NO_END
from rpmsim.kernel.random import PAIR_BITS, PAIRS, turn_to
from rpmsim.kernel.row import leave_by_row
from rpmsim.kernel.single import first_limit
from rpmsim.kernel.start import landed_deals, landed_leads


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
        cohorts = 0
        for lead_class in range(frame.classes):
            place = frame.landing_place[stage * frame.classes + lead_class]
            most = np.int32(0)
            for day in range(low, high):
                most = max(most, work.landing[place + day])
            if most > 0 and alike and most <= frame.split_above:
                _begin_rows(frame, tables, work, out, stage, version, lead_class, low, high)
            elif most > 0:
                cohorts = landed_leads(frame, work, stage, lead_class, low, high, cohorts)
        if cohorts > 0:
            begin_cohorts(frame, tables, work, out, stage, -1, cohorts)
        low = high
    cohorts = landed_deals(frame, work, stage, 0, frame.days, 0)
    if cohorts > 0:
        begin_cohorts(frame, tables, work, out, stage, -1, cohorts)


@part
def _alike_until(frame, work, stage, day):
    """First day after ``day`` that differs for leads that begin: by dated changes, or by the shock."""
    history = frame.history
    version = frame.version_at[stage, day + history]
    odds = work.shock[stage, day + history]
    change = day - frame.version_start[version] < frame.version_phase[version]
    until = day + 1
    while (
        until < frame.days
        and frame.version_at[stage, until + history] == version
        and work.shock[stage, until + history] == odds
        and (until - frame.version_start[version] < frame.version_phase[version]) == change
    ):
        until += 1
    return until


@part
def _begin_rows(frame, tables, work, out, stage, version, lead_class, low, high):
    """Let the leads of a class that land on days ``low`` ... ``high`` - 1, which are alike, begin, row by row."""
    stream = stage * frame.classes + lead_class
    odds = work.shock[stage, low + frame.history]
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
                put(work.row_day, i, day)
            _move_row(frame, tables, work, out, stage, lead_class, odds, row, first, PAIRS)
            row += 1
            first = at = 0
            count -= here
        for i in range(at, at + count, EIGHT):
            put(work.row_day, i, day)
        at += count
    work.begun[stream] = (row << PAIR_BITS) + at
    if at > first:
        _move_row(frame, tables, work, out, stage, lead_class, odds, row, first, at)


@part
def _move_row(frame, tables, work, out, stage, lead_class, odds, row, low, high):
    """Let the leads ``low`` ... ``high`` - 1 of a row, whose days stand in ``row_day``, leave their stage."""
    stream = stage * frame.classes + lead_class
    turn_to(work.words, work.word_row, stream, row, frame.stage_hash[stage], frame.class_hash[lead_class], work.key)
    words, tops = work.words[stream], work.tops[stream]
    left = all_bits(high - low)
    for j in range(frame.outcome_range[stage + 1] - frame.outcome_range[stage]):
        bits = left & bits_below(words, low, high - low, tops[j])
        left ^= bits
        leave_by_row(frame, tables, work, out, stage, -1, lead_class, odds, row, low, high, j, bits)
