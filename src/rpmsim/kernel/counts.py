"""Many leads at once: a count is split over outcomes and days by binomials (model, section 11).

The same distribution as lead by lead; thresholds are in the frame, so that tests can force either way.
"""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.answer import DAY_MINUTES
from rpmsim.kernel.compiled import part, rare_part
from rpmsim.kernel.log import ANSWERED, LEFT, note
from rpmsim.kernel.move import hold, take_edge
from rpmsim.kernel.outcome import (
    FAR,
    NO_END,
    crowded,
    decay_factor,
    delay_of,
    end_day,
    going_on,
    least_delay,
    outcome_weight,
    response_minutes,
    scaled_advance,
    word_below,
)
from rpmsim.kernel.purposes import COUNTS
from rpmsim.kernel.random import U32, WORDS, next_unit, seek
from rpmsim.kernel.sample import binomial, hypergeometric

FEW = 2
"""Leads of one outcome are placed one by one where there are no more than so many for each day they can end on."""

LAST_LEADS = 8
"""The last leads that are left of a count are placed one by one."""

ANSWERS = 128
"""Nodes of the distribution of response times, from which a count is answered."""


@rare_part
def begin_many(
    frame, tables, work, out, stage, role, lead_class, version, begin, index, wait, odds, probability, count, opening
):
    """Let ``count`` leads of one class begin a stage on a day (or, ``opening``, go on from it). Returns freed slots.

    They use up as many places of their stream as leads that are drawn one by one; ``index`` is the first one. While a
    change is phased in, a count is split over the versions; where response times differ, over leads that advance and
    others.
    """
    work.splitting[0], work.splitting[1] = begin - wait // DAY_MINUTES, begin
    answers = role >= 0 and not opening and tables.response_row[version, lead_class] >= 0
    freed = 0
    left = count
    changed = 0.0
    distribution = version
    turn = 0
    while left > 0:
        here = left
        age = begin - frame.version_start[distribution]
        if distribution > frame.version_range[stage] and age < frame.version_phase[distribution]:
            chance = age / frame.version_phase[distribution]
            _seek_count(frame, work, stage, lead_class, index, turn, opening)
            here = binomial(left, max(chance - changed, 0.0) / (1.0 - changed), work.state)
            changed = max(changed, chance)
        if answers:
            _seek_count(frame, work, stage, lead_class, index, turn + 1, opening)
            advanced = _answer_count(
                frame,
                tables,
                work,
                out,
                stage,
                role,
                lead_class,
                version,
                distribution,
                begin,
                wait,
                odds,
                probability,
                here,
            )
            _seek_count(frame, work, stage, lead_class, index, turn + 2, opening)
            freed += _begin_count(
                frame, tables, work, out, stage, lead_class, distribution, begin, 1.0, CERTAINLY, advanced, opening
            )
            _seek_count(frame, work, stage, lead_class, index, turn + 3, opening)
            freed += _begin_count(
                frame, tables, work, out, stage, lead_class, distribution, begin, 1.0, 0.0, here - advanced, opening
            )
        else:
            _seek_count(frame, work, stage, lead_class, index, turn + 2, opening)
            freed += _begin_count(
                frame, tables, work, out, stage, lead_class, distribution, begin, odds, probability, here, opening
            )
        left -= here
        distribution -= 1
        turn += 4
    return freed


CERTAINLY = 1e300
"""Factor on a probability that makes it 1."""


@part
def _seek_count(frame, work, stage, lead_class, index, turn, opening):
    """Point the stream of rare draws, and that of days inside a period, at a turn of a count."""
    item = frame.class_hash[lead_class] + index * 0x9E3779B1
    purpose = COUNTS + 64 if opening else COUNTS
    seek(work.state, turn << 24, frame.stage_hash[stage] ^ purpose, item, work.key)
    seek(work.day_state, turn << 24, frame.stage_hash[stage] ^ (purpose + 128), item, work.key)


@part
def _begin_count(frame, tables, work, out, stage, lead_class, version, begin, odds, probability, count, opening):
    """Split a count over outcomes and days, one distribution after the other. Returns freed slots.

    Those that are left at a change of open leads go on by the new distributions; those that are left in the end time
    out or stay.
    """
    days = frame.days
    timeout_edge = frame.timeout_edge[stage]
    timeout = np.int64(NO_END)
    if timeout_edge >= 0:
        timeout = begin + tables.timeout[frame.version_at[stage, begin + frame.history]]
    change = frame.open_change[stage, begin + frame.history]
    floor = np.int64(0) if opening else begin
    freed = 0
    left = count
    while True:
        until = min(days, timeout + 1, change)
        left, freed_now = _count_outcomes(
            frame, tables, work, out, stage, lead_class, version, begin, floor, until, odds, probability, left
        )
        freed += freed_now
        if left == 0 or change >= days or timeout < change:
            break
        floor = change
        version = frame.version_at[stage, change + frame.history]
        if timeout_edge >= 0:
            timeout = max(begin + tables.timeout[version], change)
        change = frame.open_change[stage, change + frame.history]
    if left > 0:
        end = max(timeout, 0) if timeout_edge >= 0 else np.int64(FAR)
        freed += hold(frame, work, stage, lead_class, begin, end, left, False)
        if end < days:
            _leave(frame, work, out, timeout_edge, lead_class, end, left)
        else:
            note(frame, work, LEFT, stage, lead_class, work.splitting[0], begin, end, -1, left, -1)
    return freed


@part
def _count_outcomes(
    frame, tables, work, out, stage, lead_class, version, begin, floor, until, odds, probability, count
):
    """Split leads that have not left before day ``floor`` over outcomes before day ``until``.

    Returns how many are left then, and how many slots came free.
    """
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    advance = tables.share_advance[tables.share_row[version, lead_class]]
    after = scaled_advance(advance, odds, probability)
    version, after, since, total = going_on(frame, tables, work, stage, version, lead_class, after, begin, floor, -1)
    staffed = frame.role_of[stage, lead_class] >= 0
    first = frame.outcome_range[stage]
    freed = 0
    left = count
    remain = np.int64(0)
    j = 0
    while j < outcomes:
        row = tables.distribution_row[version, j, lead_class]
        edge = frame.outcome_edge[first + j]
        weight = outcome_weight(frame, tables, work, stage, version, lead_class, j, after, since, floor, -1)
        part = weight
        other = np.int64(-1)
        if staffed and j + 1 < outcomes and tables.distribution_row[version, j + 1, lead_class] == row:
            # When slots come free is drawn once for two outcomes with one delay distribution.
            other = frame.outcome_edge[first + j + 1]
            if frame.edge_loose[edge] == 1 and frame.edge_loose[other] == 1:
                j += 1
                weight += outcome_weight(frame, tables, work, stage, version, lead_class, j, after, since, floor, -1)
            else:
                other = np.int64(-1)
        here = binomial(left, min(1.0, weight / total), work.state) if total > 0.0 else np.int64(0)
        total -= weight
        if total <= 1e-12:
            here = left
            total = 0.0
        left -= here
        if here > 0:
            part = part / weight if weight > 0.0 else 1.0
            over, freed_now = _spread(
                frame, tables, work, out, stage, lead_class, row, edge, other, part, begin, since, floor, until, here
            )
            remain += over
            freed += freed_now
        j += 1
    return left + remain, freed


@part
def _spread(frame, tables, work, out, stage, lead_class, row, edge, other, part, begin, since, floor, until, count):
    """Split leads of one outcome (or two, with ``part`` in the first) over the days from ``floor`` to before ``until``.

    They leave as if they had begun on ``since``, and hold their slots from ``begin`` on. Moves are made together on
    days that nothing distinguishes; without staff the days themselves are not distinguished.
    Returns how many leads are left, and freed slots.
    """
    clock = tables.distribution_clock[row]
    size = tables.distribution_size - 1
    loose = frame.edge_loose[edge] == 1
    skips = loose and frame.role_of[stage, lead_class] < 0
    delay = least_delay(frame, work, clock, since, floor) if floor > since else np.int64(0)
    low = word_below(tables, row, delay)
    alone = np.int64(LAST_LEADS)
    if not skips:
        longest = min(delay_of(tables, row, U32(4294967294)), until - since)
        alone = max(alone, FEW * (longest - delay))
    left = count
    freed = 0
    moving = np.int64(0)
    start = floor
    day = floor
    while left > alone and low < WORDS:
        delay = max(delay, delay_of(tables, row, U32(low)))
        end = max(floor, end_day(frame, tables, work, row, since, delay))
        if moving > 0 and (end >= until or end > frame.alike_until[day]):
            _take_edges(frame, work, out, edge, other, part, lead_class, start, day, moving)
            moving = np.int64(0)
        if end >= until:
            return left, freed
        day = end
        if moving == 0:
            start = end
        after = delay + 1
        if skips:
            after = max(after, least_delay(frame, work, clock, since, min(frame.alike_until[day] + 1, until)))
        high = np.int64(tables.distribution_top[row * tables.distribution_size + min(after - 1, size)]) + 1
        here = binomial(left, (high - low) / (WORDS - low), work.state)
        left -= here
        if here > 0 and skips and frame.by_day == 1:
            _take_edge_by_day(frame, tables, work, out, edge, lead_class, row, since, floor, delay, after, low, here)
        elif here > 0:
            freed += hold(frame, work, stage, lead_class, begin, day, here, False)
            moving += here
            if frame.by_day == 1:
                work.moving[day] += here
            if not loose:
                _take_edges(frame, work, out, edge, other, part, lead_class, day, day, moving)
                moving = np.int64(0)
        low = high
        delay = after
        alone = np.int64(LAST_LEADS)
    if moving > 0:
        _take_edges(frame, work, out, edge, other, part, lead_class, start, day, moving)
    over = np.int64(0)
    while left > 0:
        here = left
        day = floor
        if low < WORDS:
            here = np.int64(1)
            word = low + np.int64(next_unit(work.state) * (WORDS - low))
            one = max(delay, delay_of(tables, row, U32(min(word, np.int64(WORDS) - 1))))
            day = max(floor, end_day(frame, tables, work, row, since, one))
        left -= here
        if day >= until:
            over += here
        else:
            freed += hold(frame, work, stage, lead_class, begin, day, here, False)
            if frame.by_day == 1:
                work.moving[day] += here
            _take_edges(frame, work, out, edge, other, part, lead_class, day, day, here)
    return over, freed


@part
def _leave(frame, work, out, edge, lead_class, day, count):
    """Let leads of the count that is being split leave on a day over an edge."""
    landed, begun = work.splitting[0], work.splitting[1]
    note(frame, work, LEFT, frame.edge_from[edge], lead_class, landed, begun, day, edge, count, -1)
    take_edge(frame, work, out, edge, lead_class, day, count, True)


@part
def _take_edges(frame, work, out, edge, other, part, lead_class, first, last, count):
    """Move leads of the days ``first`` to ``last`` over an edge; where there is another, over this one a ``part``."""
    here = count
    if other >= 0:
        here = binomial(count, part, work.state)
    if frame.by_day == 0:
        _leave(frame, work, out, edge, lead_class, first, here)
        if here < count:
            _leave(frame, work, out, other, lead_class, first, count - here)
        return
    # Which of them left on which day is chance of its own.
    for day in range(first, last + 1):
        moving = work.moving[day]
        work.moving[day] = 0
        chosen = hypergeometric(here, count - here, moving, work.day_state)
        here -= chosen
        count -= moving
        if chosen > 0:
            _leave(frame, work, out, edge, lead_class, day, chosen)
        if chosen < moving:
            _leave(frame, work, out, other, lead_class, day, moving - chosen)


@part
def _take_edge_by_day(frame, tables, work, out, edge, lead_class, row, begin, floor, delay, after, low, count):
    """Move leads with delays from ``delay`` to before ``after`` over an edge, on days that are chance of their own."""
    high = np.int64(tables.distribution_top[row * tables.distribution_size + after - 1]) + 1
    for d in range(delay, after):
        top = np.int64(tables.distribution_top[row * tables.distribution_size + d]) + 1
        if top > low:
            here = binomial(count, (top - low) / (high - low), work.day_state)
            if here > 0:
                day = max(floor, end_day(frame, tables, work, row, begin, d))
                _leave(frame, work, out, edge, lead_class, day, here)
            count -= here
            low = top


@part
def _answer_count(
    frame, tables, work, out, stage, role, lead_class, version, distribution, begin, wait, odds, probability, count
):
    """Count the waiting time of many leads with response times. Returns how many of them advance, by version ``law``.

    The distribution of the response time is cut into :data:`ANSWERS` parts, narrow ones at both ends; the leads of a
    part share the time in its middle. Of hours with a sigma of 1 that loses less than 0.1% of the mean, of 2 less than
    0.4%.
    """
    response = tables.response_row[version, lead_class]
    stretch = work.response_factor[stage, role]
    limit = np.floor(tables.sla_minutes[version, lead_class]) + 0.5  # waits are whole minutes
    advance = tables.share_advance[tables.share_row[distribution, lead_class]]
    period = frame.period_of[begin]
    left = count
    advanced = np.int64(0)
    share_before = 0.0
    minutes_before = wait + response_minutes(tables, response, 0.0, stretch)
    for i in range(ANSWERS):
        share = crowded((i + 1.0) / ANSWERS)
        here = left
        if i < ANSWERS - 1:
            here = binomial(left, (share - share_before) / (1.0 - share_before), work.state)
        left -= here
        minutes_after = wait + response_minutes(tables, response, share, stretch)
        minutes = wait + response_minutes(tables, response, crowded((i + 0.5) / ANSWERS), stretch)
        within = np.float64(minutes <= limit)
        if minutes_before < limit < minutes_after:
            within = (limit - minutes_before) / (minutes_after - minutes_before)
        out.wait_minutes[period, stage] += np.int64(math.floor(here * minutes + 0.5))
        note(frame, work, ANSWERED, stage, lead_class, begin, np.int64(minutes + 0.5), begin, -1, here, -1)
        out.within_sla[period, stage] += np.int64(math.floor(here * within + 0.5))
        factor = 1.0
        if frame.decay_kind[stage] > 0:
            factor = decay_factor(tables, frame.decay_kind[stage], version, np.int64(minutes + 0.5))
        if frame.decay_probability[stage] == 1:
            after = scaled_advance(advance, odds, probability * factor)
        else:
            after = scaled_advance(advance, odds * factor, probability)
        advanced += binomial(here, after, work.state)
        share_before = share
        minutes_before = minutes_after
    return advanced
