"""One lead, with whatever may happen to it (model, sections 3, 4 and 8)."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import NO_DUE
from rpmsim.kernel.amount import book, won_amount
from rpmsim.kernel.answer import DAY_MINUTES, answer
from rpmsim.kernel.compiled import part, rare_part
from rpmsim.kernel.log import BOOKED, LEFT, note
from rpmsim.kernel.move import hold, move_deal, take_edge
from rpmsim.kernel.outcome import (
    FAR,
    NO_END,
    delay_of,
    end_day,
    late_outcome,
    scaled_advance,
    share_factors,
    summed_share,
)
from rpmsim.kernel.purposes import AMOUNT, DEAL, PHASE, REDRAW, RESPONSE
from rpmsim.kernel.random import TO_UNIT, U32, block, pair_place, single_place


@rare_part
def begin_one(frame, tables, work, out, stage, role, lead_class, begin, wait, odds, deal, lead, own):
    """Let one lead begin a stage, or go on in it from the start. Returns 1 where its slot comes free at once.

    ``lead`` is its number in the stream of its stage and class; ``own`` is what is mixed into the purposes of its
    words: 0, or :data:`rpmsim.kernel.purposes.OPENING`.
    """
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    version = frame.version_at[stage, begin + frame.history]
    limit = first_limit(frame, tables, stage, version, begin)
    answers = role >= 0 and own == 0
    probability = 1.0
    word2 = U32(0)
    if deal >= 0:
        odds *= frame.deal_odds[deal]
        word0, word1, word2, _ = _block_of(frame, work, stage, lead_class, deal, work.deal_visit[deal], 0)
    else:
        index, half = pair_place(lead)
        word0, word1, a, b = _block_of(frame, work, stage, lead_class, deal, index, own)
        if half == 1:
            word0, word1 = a, b
        if answers and tables.response_row[version, lead_class] >= 0:
            index, quarter = single_place(lead)
            words = _block_of(frame, work, stage, lead_class, deal, index, RESPONSE)
            word2 = words[0] if quarter == 0 else words[2] if quarter == 1 else words[1] if quarter == 2 else words[3]
    if answers:
        factor = answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, U32(word2))
        if frame.decay_probability[stage] == 1:
            probability = factor
        else:
            odds *= factor
    if begin - frame.version_start[version] < frame.version_phase[version]:
        version = _phase_version(frame, work, stage, version, begin, lead_class, deal, lead, own)
    share = tables.share_row[version, lead_class]
    advance = tables.share_advance[share]
    after = scaled_advance(advance, odds, probability)
    outcome = 0
    end = np.int64(FAR)
    if own > 0 or (deal >= 0 and frame.by_due[stage] == 1 and frame.deal_due[deal] != NO_DUE):
        floor = np.int64(0) if own > 0 else begin
        outcome, end = late_outcome(
            frame, tables, work, stage, version, lead_class, after, begin, floor, deal, U32(word0), U32(word1)
        )
        if own == 0 and outcome < outcomes and tables.due_row[version, outcome, lead_class] >= 0:
            end = max(end, begin + tables.due_least[version, outcome, lead_class])
    else:
        factors = share_factors(advance, after)
        while outcome < outcomes and (word0 + 0.5) * TO_UNIT >= summed_share(
            frame, tables, stage, share, outcome, after, factors
        ):
            outcome += 1
        if outcome < outcomes:
            row = tables.distribution_row[version, outcome, lead_class]
            end = end_day(frame, tables, work, row, begin, delay_of(tables, row, U32(word1)))
    landed = begin - wait // DAY_MINUTES
    return leave(
        frame,
        tables,
        work,
        out,
        stage,
        lead_class,
        begin,
        limit,
        odds,
        probability,
        outcome,
        end,
        deal,
        lead,
        own,
        landed,
    )


@part
def _edge_of(frame, stage, outcome):
    """Edge of an outcome, -1 where the lead stays."""
    low = frame.outcome_range[stage]
    return frame.outcome_edge[low + outcome] if low + outcome < frame.outcome_range[stage + 1] else np.int64(-1)


@part
def first_limit(frame, tables, stage, version, begin):
    """First day on which a change of open leads, or the timeout, can matter to leads that begin on a day."""
    change = frame.open_change[stage, begin + frame.history]
    limit = change if change < frame.days else np.int64(NO_END)
    if frame.timeout_edge[stage] >= 0:
        limit = min(limit, begin + tables.timeout[version])
    return limit


@part
def leave(
    frame, tables, work, out, stage, lead_class, begin, limit, odds, probability, outcome, end, deal, lead, own, landed
):
    """Let a lead leave by an outcome on day ``end``, unless its limit comes first: the amount of a win, slot, move.

    ``landed`` is the day on which it came to the stage or its queue. Returns freed slots.
    """
    edge = _edge_of(frame, stage, outcome)
    if end >= limit:
        edge, end = _later(frame, tables, work, stage, lead_class, begin, odds, probability, edge, end, deal, lead, own)
    note(frame, work, LEFT, stage, lead_class, landed, begin, end, edge, 1, deal)
    cents = np.int64(0)
    if end < frame.days and frame.edge_won[edge] == 1 and (deal >= 0 or frame.edge_back[edge] == 0):
        if deal >= 0:
            _, _, _, word = _block_of(frame, work, stage, lead_class, deal, work.deal_visit[deal], 0)
        else:
            word, _, _, _ = _block_of(frame, work, stage, lead_class, deal, lead, AMOUNT ^ own)
        cents = won_amount(frame, tables, lead_class, deal, end, U32(word))
        book(frame, work, out, end, lead_class, cents)
        note(frame, work, BOOKED, stage, lead_class, end, end, end, edge, cents, deal)
        if deal >= 0 and frame.deal_row[deal] >= 0:
            out.deal_cents[frame.deal_row[deal]] += cents
            out.deal_period[frame.deal_row[deal]] = frame.period_of[end] + 1
    freed = hold(frame, work, stage, lead_class, begin, end, 1, deal >= 0)
    if deal >= 0:
        move_deal(frame, work, out, deal, edge, lead_class, end)
        work.deal_booked[deal] = cents
    elif end < frame.days:
        take_edge(frame, work, out, edge, lead_class, end, 1, False)
    return freed


@part
def _block_of(frame, work, stage, lead_class, deal, index, purpose):
    """Block ``index`` for a purpose: of the leads of a stage and class, or of a listed deal alone."""
    if deal < 0:
        return block(index, frame.stage_hash[stage] ^ purpose, frame.class_hash[lead_class], work.key)
    return block(index, frame.deal_hash[deal] ^ (DEAL if purpose == 0 else purpose), frame.stage_hash[stage], work.key)


@part
def _phase_version(frame, work, stage, version, begin, lead_class, deal, lead, own):
    """Version that a lead uses while a change is phased in: the latest whose chance exceeds the lead's uniform."""
    index = lead if deal < 0 else work.deal_visit[deal]
    word, _, _, _ = _block_of(frame, work, stage, lead_class, deal, index, PHASE ^ own)
    u = (word + 0.5) * TO_UNIT
    while version > frame.version_range[stage]:
        phase = frame.version_phase[version]
        chance = (begin - frame.version_start[version]) / phase if phase > 0 else 1.0
        if u < chance:
            break
        version -= 1
    return version


@part
def _later(frame, tables, work, stage, lead_class, begin, odds, probability, edge, end, deal, lead, own):
    """Edge and day of a lead that would end on or after a change of open leads, or past its timeout.

    The lead is drawn again from each new distribution, given its age on the day of the change.
    """
    index = lead if deal < 0 else work.deal_visit[deal]
    timeout_edge = frame.timeout_edge[stage]
    timeout = np.int64(NO_END)
    if timeout_edge >= 0:
        timeout = begin + tables.timeout[frame.version_at[stage, begin + frame.history]]
    change = frame.open_change[stage, begin + frame.history]
    times = 0
    while change < frame.days and min(end, timeout) >= change:
        version = frame.version_at[stage, change + frame.history]
        a, b, _, _ = _block_of(frame, work, stage, lead_class, deal, index * 16 + times, REDRAW ^ own)
        after = scaled_advance(tables.share_advance[tables.share_row[version, lead_class]], odds, probability)
        outcome, end = late_outcome(
            frame, tables, work, stage, version, lead_class, after, begin, change, deal, U32(a), U32(b)
        )
        edge = _edge_of(frame, stage, outcome)
        if timeout_edge >= 0:
            timeout = max(begin + tables.timeout[version], change)
        change = frame.open_change[stage, change + frame.history]
        times += 1
    if end > timeout:
        return timeout_edge, max(timeout, 0)
    return edge, end
