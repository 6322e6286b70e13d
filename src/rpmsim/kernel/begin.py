"""Leads begin a stage: their words decide outcome and delay, and they move (model, sections 3, 4 and 11)."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import GUIDE_BITS
from rpmsim.kernel.answer import DAY_MINUTES, answer_each, waiting_factor
from rpmsim.kernel.compiled import part
from rpmsim.kernel.counts import begin_many
from rpmsim.kernel.eight import (
    EIGHT,
    all_bits,
    at_least,
    bits_below,
    eight,
    first_one,
    ones,
    put,
    repeated,
    without_first,
)
from rpmsim.kernel.lanes import BY_CLOCK, MORE, fill_tops, first_lane, lay_lanes
from rpmsim.kernel.log import ANSWERED, note
from rpmsim.kernel.outcome import FAR, NO_END, clock_end, delay_of, end_day
from rpmsim.kernel.random import PAIR_BITS, PAIRS, U32, turn_to
from rpmsim.kernel.row import leave_by_row
from rpmsim.kernel.single import begin_one, first_limit, leave
from rpmsim.kernel.workspace import GROUP, LANE

BY_OUTCOME = 16
"""Leads of a cohort in one row from which on they are parted by their outcomes."""

TOGETHER = 4
"""Leads of one outcome from which on they leave together."""


@part
def begin_cohorts(frame, tables, work, out, stage, role, cohorts):
    """Let the leads of all cohorts begin a stage. Returns how many slots came free.

    Leads gather in a group, with their outcomes, and move together. The few with which there is more to do, and counts
    of many leads, are done apart.
    """
    days = frame.days
    classes = frame.classes
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    by_probability = frame.decay_probability[stage] == 1
    freed = 0
    group = 0
    today = np.int64(NO_END)
    version = np.int64(0)
    limit = np.int64(NO_END)
    day_odds = 1.0
    phased = False
    taken, waited, within = np.int64(0), np.int64(0), np.int64(0)
    wait_before = np.int64(-1)
    factor = 1.0
    for cohort in range(cohorts):
        lead_class = work.cohort_class[cohort]
        begin = work.cohort_day[cohort]
        count = work.cohort_count[cohort]
        stream = stage * classes + lead_class
        if begin != today:
            # What holds for all that begin on a day.
            today = begin
            place = begin + frame.history
            version = frame.version_at[stage, place]
            phased = begin - frame.version_start[version] < frame.version_phase[version]
            day_odds = work.shock[stage, place]
            if role >= 0:
                day_odds *= work.load_factor[stage, role]
            limit_before = limit
            limit = first_limit(frame, tables, stage, version, begin)
            if limit != limit_before:
                freed += _move_group(frame, tables, work, out, stage, role, limit_before, group)
                group = 0
        odds = day_odds
        wait = np.int64(0)
        if role >= 0:
            wait = (begin - work.cohort_arrival[cohort]) * DAY_MINUTES
            taken += count
        deal = work.cohort_deal[cohort]
        many = count > frame.split_above and deal < 0
        answers = role >= 0 and tables.response_row[version, lead_class] >= 0
        if answers and frame.open_change[stage, begin + frame.history] < days:
            # Leads that are drawn again keep what their own response time does to conversion.
            many = False
        lead = work.begun[stream]
        if deal < 0:
            work.begun[stream] = lead + count
        if deal >= 0 or (phased and not many):
            for i in range(count):
                freed += begin_one(
                    frame, tables, work, out, stage, role, lead_class, begin, wait, odds, deal, lead + i, 0
                )
            continue
        probability = 1.0
        if role >= 0 and not answers:
            waited += count * wait
            note(frame, work, ANSWERED, stage, lead_class, begin, wait, begin, -1, count, -1)
            if wait <= tables.sla_minutes[version, lead_class]:
                within += count
            if wait != wait_before:
                wait_before = wait
                factor = waiting_factor(frame, tables, stage, version, wait)
            if by_probability:
                probability = factor
            else:
                odds *= factor
        if many:
            freed += begin_many(
                frame,
                tables,
                work,
                out,
                stage,
                role,
                lead_class,
                version,
                begin,
                lead,
                wait,
                odds,
                probability,
                count,
                False,
            )
            continue
        if answers:
            # What each lead's own response time does, and the day, is carried into its word.
            distribution_odds, distribution_probability = 1.0, 1.0
        else:
            distribution_odds, distribution_probability = odds, probability
        if (
            work.tops_version[stream] != version
            or work.tops_odds[stream] != distribution_odds
            or work.tops_probability[stream] != distribution_probability
        ):
            if work.lanes_version[stream] != version:
                freed += _move_group(frame, tables, work, out, stage, role, limit, group)
                group = 0
                lay_lanes(frame, tables, work, stage, version, lead_class)
            fill_tops(
                frame, tables, work, stage, version, lead_class, distribution_odds, distribution_probability, answers
            )
        while count > 0:
            if group == GROUP:
                freed += _move_group(frame, tables, work, out, stage, role, limit, group)
                group = 0
            at = lead & (PAIRS - 1)
            here = min(count, PAIRS - at, GROUP - group)
            turn_to(
                work.words,
                work.word_row,
                stream,
                lead >> PAIR_BITS,
                frame.stage_hash[stage],
                frame.class_hash[lead_class],
                work.key,
            )
            if answers:
                answer_each(
                    frame, tables, work, out, stage, role, lead_class, version, begin, wait, odds, group, lead, here
                )
            elif limit < NO_END:
                for i in range(group, group + here):
                    work.group_odds[i] = odds
                    work.group_probability[i] = probability
            if (work.at_once[stream] > 0 or here >= BY_OUTCOME) and limit == NO_END:
                group, gone = _part_by_outcome(
                    frame, tables, work, out, stage, role, lead_class, at, begin, here, group, outcomes, cohort, lead
                )
                if role >= 0:
                    work.items[role] -= gone
                    freed += gone
            else:
                work.run_cohort[group] = cohort
                work.run_lead[group] = lead
                _join_group(work, stream, at, begin, here, group, outcomes)
                group += here
            lead += here
            count -= here
    if role >= 0:
        period = frame.period_of[today]  # those who are taken up begin on one day
        out.taken_up[period, stage] += taken
        out.wait_minutes[period, stage] += waited
        out.within_sla[period, stage] += within
    return freed + _move_group(frame, tables, work, out, stage, role, limit, group)


@part
def _join_group(work, stream, at, begin, count, group, outcomes):
    """Let leads whose words stand from place ``at`` on join the group as a run, with the lanes of their outcomes.

    They come eight at a time; what is too much of the last eight is written over by the next run.
    """
    words = work.words[stream]
    tops = work.tops[stream]
    first = repeated(first_lane(work, stream))
    for i in range(0, count, EIGHT):
        word = eight(words, at + i)
        lane = first
        for j in range(outcomes):
            lane = lane + at_least(word, tops[j]) * LANE
        put(work.group_lane, group + i, lane)
        put(work.group_word, group + i, eight(words, at + i + PAIRS))
        put(work.group_begin, group + i, begin)
        put(work.group_run, group + i, group)


@part
def _part_by_outcome(
    frame, tables, work, out, stage, role, lead_class, at, begin, count, group, outcomes, cohort, lead
):
    """Part leads whose words stand from place ``at`` on by their outcomes.

    Those who leave at once are counted, many of one outcome leave together, and the others join the group. Returns the
    group's size, and how many left at once.
    """
    stream = stage * frame.classes + lead_class
    words = work.words[stream]
    tops = work.tops[stream]
    lanes = work.lanes
    lane = first_lane(work, stream)
    left = all_bits(count)
    all_gone = np.int64(0)
    for j in range(outcomes + 1):
        if left == 0:
            break
        bits = left & bits_below(words, at, count, tops[j]) if j < outcomes else left
        left ^= bits
        if lanes[lane + 7] < 0:
            gone = ones(bits)
            if gone > 0:
                work.landing[lanes[lane + 3] + begin * lanes[lane + 4]] += gone
                out.moves[frame.period_place[begin] + lanes[lane + 5]] += gone
                work.fresh[lanes[lane + 6]] = 1
                all_gone += gone
            bits = np.int64(0)
        elif lanes[lane + 2] == 0 and ones(bits) >= TOGETHER:
            for i in range(0, count, EIGHT):
                put(work.row_day, at + i, begin)
            row = lead >> PAIR_BITS
            gone = leave_by_row(frame, tables, work, out, stage, role, lead_class, 1.0, row, at, at + count, j, bits)
            all_gone += gone
            if role >= 0:
                work.held[role] += ones(bits) - gone
            bits = np.int64(0)
        while bits != 0:
            i = first_one(bits)
            bits = without_first(bits)
            work.group_lane[group] = lane
            work.group_word[group] = words[at + i + PAIRS]
            work.group_begin[group] = begin
            work.group_run[group] = group
            work.run_cohort[group] = cohort
            work.run_lead[group] = lead + i
            group += 1
        lane += LANE
    return group, all_gone


@part
def _move_group(frame, tables, work, out, stage, role, limit, group):
    """Let the leads of a group leave their stage, each on its day. Returns how many slots came free.

    Most of the time is spent here.
    """
    lanes, guide, distribution_top = work.lanes, tables.distribution_guide, tables.distribution_top
    landing, moves, period_place = work.landing, out.moves, frame.period_place
    bound = min(limit, frame.days)
    rest_from = limit if limit < NO_END else np.int64(MORE)
    rest = 0
    gone = np.int64(0)
    for i in range(group):
        lane = work.group_lane[i]
        word = work.group_word[i]
        begin = work.group_begin[i]
        delay = np.int64(guide[lanes[lane] + np.int64(word >> U32(32 - GUIDE_BITS))])
        distribution = lanes[lane + 1]
        while word > distribution_top[distribution + delay]:
            delay += 1
        end = begin + delay + lanes[lane + 2]
        if end >= BY_CLOCK and lanes[lane + 7] > 0:
            end = clock_end(frame, work, lanes[lane + 7], begin, delay) + (lanes[lane + 2] & MORE)
        if end < bound:
            landing[lanes[lane + 3] + end * lanes[lane + 4]] += 1
            moves[period_place[end] + lanes[lane + 5]] += 1
            if end <= begin:
                work.fresh[lanes[lane + 6]] = 1
                gone += 1
            elif role >= 0:
                work.release[role, end] += 1
        elif end >= rest_from:
            work.rest[rest] = i
            rest += 1
        elif role >= 0:
            work.beyond[stage, work.cohort_class[work.run_cohort[work.group_run[i]]]] += 1
    if role >= 0:
        work.items[role] -= gone
        work.held[role] += group - rest - gone
    freed = gone if role >= 0 else np.int64(0)
    for k in range(rest):
        freed += _move_one(frame, tables, work, out, stage, limit, work.rest[k])
    return freed


@part
def _move_one(frame, tables, work, out, stage, limit, i):
    """Let a lead of a group leave its stage that has a win or a limit to mind. Returns freed slots."""
    run = work.group_run[i]
    lead_class = work.cohort_class[work.run_cohort[run]]
    lead = work.run_lead[run] + i - run
    begin = work.group_begin[i]
    version = frame.version_at[stage, begin + frame.history]
    stream = stage * frame.classes + lead_class
    outcome = (work.group_lane[i] - first_lane(work, stream)) // LANE
    end = np.int64(FAR)
    if outcome < frame.outcome_range[stage + 1] - frame.outcome_range[stage]:
        row = tables.distribution_row[version, outcome, lead_class]
        end = end_day(frame, tables, work, row, begin, delay_of(tables, row, work.group_word[i]))
    odds, probability = work.group_odds[i], work.group_probability[i]
    landed = work.cohort_arrival[work.run_cohort[run]]
    return leave(
        frame, tables, work, out, stage, lead_class, begin, limit, odds, probability, outcome, end, -1, lead, 0, landed
    )
