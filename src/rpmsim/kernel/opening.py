"""What is in a stage at the start goes on in it (model, sections 3 and 12)."""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.counts import begin_many
from rpmsim.kernel.lanes import outcome_of
from rpmsim.kernel.outcome import FAR, late_end, late_tops, scaled_advance
from rpmsim.kernel.purposes import OPENING
from rpmsim.kernel.random import PAIR_BITS, PAIRS, fill_row
from rpmsim.kernel.single import begin_one, first_limit, leave


@part
def go_on(frame, tables, work, out, stage, cohorts):
    """Let the leads of all cohorts, which are in a stage at the start, go on in it; they began before day 0."""
    for cohort in range(cohorts):
        lead_class = work.cohort_class[cohort]
        begin = work.cohort_day[cohort]
        first = work.cohort_arrival[cohort]
        count = work.cohort_count[cohort]
        deal = work.cohort_deal[cohort]
        place = begin + frame.history
        version = frame.version_at[stage, place]
        odds = work.shock[stage, place]
        many = count > frame.split_above and deal < 0
        phased = begin - frame.version_start[version] < frame.version_phase[version]
        if many:
            begin_many(
                frame, tables, work, out, stage, -1, lead_class, version, begin, first, 0, odds, 1.0, count, True
            )
        elif phased or deal >= 0:
            for lead in range(first, first + count):
                begin_one(frame, tables, work, out, stage, -1, lead_class, begin, 0, odds, deal, lead, OPENING)
        else:
            _go_on_alike(frame, tables, work, out, stage, lead_class, version, begin, odds, first, count)


@part
def _go_on_alike(frame, tables, work, out, stage, lead_class, version, begin, odds, first, count):
    """Let leads of a class that began on the same day go on."""
    stream = stage * frame.classes + lead_class
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    tops = work.tops[stream]
    work.tops_version[stream] = -1
    after = scaled_advance(tables.share_advance[tables.share_row[version, lead_class]], odds, 1.0)
    limit = first_limit(frame, tables, stage, version, begin)
    version, start = late_tops(frame, tables, work, tops, stage, version, lead_class, after, begin)
    words = work.open_words
    for lead in range(first, first + count):
        at = lead & (PAIRS - 1)
        if at == 0 or lead == first:
            purpose = frame.stage_hash[stage] ^ OPENING
            fill_row(words, lead >> PAIR_BITS, purpose, frame.class_hash[lead_class], work.key)
        outcome = outcome_of(tops, outcomes, np.int64(words[at]))
        end = np.int64(FAR)
        if outcome < outcomes:
            row = tables.distribution_row[version, outcome, lead_class]
            end = late_end(frame, tables, work, row, start, 0, words[at + PAIRS])
        leave(
            frame, tables, work, out, stage, lead_class, begin, limit, odds, 1.0, outcome, end, -1, lead, OPENING, begin
        )
