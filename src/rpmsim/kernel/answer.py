"""Waiting and response times, and what they do to conversion (model, sections 4 and 5)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part, small_part
from rpmsim.kernel.lanes import carried
from rpmsim.kernel.log import ANSWERED, note
from rpmsim.kernel.outcome import decay_factor, response_minutes
from rpmsim.kernel.purposes import RESPONSE
from rpmsim.kernel.random import PAIRS, ROW_WORDS, TO_UNIT, WORD_BITS, turn_to

DAY_MINUTES = 1440


@part
def answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, word):
    """Count the waiting time of a lead that is taken up. Returns what it does to conversion, a factor.

    Where there are response times, ``word`` decides it.
    """
    minutes = wait
    response = tables.response_row[version, lead_class]
    if response >= 0:
        minutes += _response_time(tables, response, word, work.response_factor[stage, role])
    period = frame.period_of[begin]
    note(frame, work, ANSWERED, stage, lead_class, begin, minutes, begin, -1, 1, -1)
    out.wait_minutes[period, stage] += minutes
    if minutes <= tables.sla_minutes[version, lead_class]:
        out.within_sla[period, stage] += 1
    return waiting_factor(frame, tables, stage, version, minutes)


@small_part
def waiting_factor(frame, tables, stage, version, minutes):
    """What waiting before a stage does to conversion: a factor."""
    if frame.decay_kind[stage] == 0:
        return 1.0
    return decay_factor(tables, frame.decay_kind[stage], version, minutes)


@small_part
def _response_time(tables, response, word, stretch):
    """Whole minutes of a response time."""
    return np.int64(math.floor(response_minutes(tables, response, (word + 0.5) * TO_UNIT, stretch) + 0.5))


@part
def answer_each(frame, tables, work, out, stage, role, lead_class, version, begin, wait, odds, group, lead, count):
    """Answer leads whose words stand in one row, from place ``group`` of the group on, and carry their words."""
    stream = stage * frame.classes + lead_class
    advance = tables.share_advance[tables.share_row[version, lead_class]]
    by_probability = frame.decay_probability[stage] == 1
    kind = frame.decay_kind[stage]
    response = tables.response_row[version, lead_class]
    stretch = work.response_factor[stage, role]
    sla = tables.sla_minutes[version, lead_class]
    purpose = frame.stage_hash[stage] ^ RESPONSE
    item = frame.class_hash[lead_class]
    turn_to(work.answer_words, work.answer_row, stream, lead >> WORD_BITS, purpose, item, work.key)
    answers = work.answer_words[stream]
    words = work.words[stream]
    at = lead & (PAIRS - 1)
    low = lead & (ROW_WORDS - 1)
    total = np.int64(0)
    within = np.int64(0)
    for i in range(count):
        minutes = wait + _response_time(tables, response, answers[low + i], stretch)
        total += minutes
        note(frame, work, ANSWERED, stage, lead_class, begin, minutes, begin, -1, 1, -1)
        within += np.int64(minutes <= sla)
        factor = 1.0 if kind == 0 else decay_factor(tables, kind, version, minutes)
        probability = factor if by_probability else 1.0
        all_odds = odds if by_probability else odds * factor
        words[at + i] = carried(words[at + i], advance, all_odds, probability)
        work.group_odds[group + i] = all_odds
        work.group_probability[group + i] = probability
    period = frame.period_of[begin]
    out.wait_minutes[period, stage] += total
    out.within_sla[period, stage] += within
