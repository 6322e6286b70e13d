"""A lead begins a stage: its words decide outcome, delay and amount, and it is moved (model, sections 3, 6 and 8)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.amount import won_amount
from rpmsim.kernel.compiled import part
from rpmsim.kernel.counts import begin_count, skip_words
from rpmsim.kernel.outcome import (
    FAR,
    NO_END,
    decay_factor,
    delay_of,
    end_day,
    late_outcome,
    scaled_advance,
    table_quantile,
)
from rpmsim.kernel.purposes import DEAL, OPENING, PHASE, REDRAW
from rpmsim.kernel.random import STREAM_BLOCKS, TO_UNIT, U32, block, fill_stream


@part
def begin_pieces(frame, tables, work, out, n, stage, role, pieces, replication, key0, key1):
    """Let the leads of all pieces begin a stage. Returns how many slots came free at once."""
    freed = 0
    for piece in range(pieces):
        freed += _begin_piece(frame, tables, work, out, n, stage, role, piece, replication, key0, key1)
    return freed


@part
def _begin_piece(frame, tables, work, out, n, stage, role, piece, replication, key0, key1):
    """Let the leads of one piece begin a stage: what they share is worked out once."""
    lead_class = work.piece_class[piece]
    begin = work.piece_day[piece]
    count = work.piece_count[piece]
    deal = work.piece_deal[piece]
    opening = work.piece_floor[piece] < begin
    place = begin + frame.history
    version = frame.version_at[stage, place]
    share = tables.share_row[version, lead_class]
    advance = tables.share_advance[share]
    odds = work.shock[stage, frame.quarter_of[place]]
    probability = 1.0
    response = np.int64(-1)
    wait = np.int64(0)
    if role >= 0 and not opening:
        odds *= work.load_factor[stage, role]
        response = tables.response_row[version, lead_class]
        wait = (begin - work.piece_arrival[piece]) * 1440
        period = frame.period_of[begin]
        out.taken_up[n, period, stage] += count
        if response < 0:
            out.wait_minutes[n, period, stage] += count * wait
            if wait <= tables.sla_minutes[version, lead_class]:
                out.within_sla[n, period, stage] += count
            if frame.decay_kind[stage] > 0:
                factor = decay_factor(frame.decay_kind[stage], tables.decay[version], np.float64(wait))
                if frame.decay_probability[stage] == 1:
                    probability = factor
                else:
                    odds *= factor
    if deal >= 0:
        odds *= frame.deal_odds[deal]
    phased = begin - frame.version_start[version] < frame.version_phase[version]
    special = (
        opening
        or deal >= 0
        or response >= 0
        or phased
        or frame.open_change[stage, place] < frame.days
        or frame.timeout_edge[stage] >= 0
    )
    after = advance if odds == 1.0 and probability == 1.0 else scaled_advance(advance, odds, probability)
    many = count > frame.split_above and deal < 0
    if many and not special:
        first = skip_words(work, stage * frame.classes + lead_class, count)
        return begin_count(
            frame,
            tables,
            work,
            out,
            n,
            stage,
            lead_class,
            begin,
            first,
            share,
            advance,
            after,
            count,
            False,
            replication,
            key0,
            key1,
        )
    if (
        many
        and opening
        and not phased
        and frame.open_change[stage, place] >= frame.days
        and frame.timeout_edge[stage] < 0
    ):
        first = work.piece_arrival[piece]
        return begin_count(
            frame,
            tables,
            work,
            out,
            n,
            stage,
            lead_class,
            begin,
            first,
            share,
            advance,
            after,
            count,
            True,
            replication,
            key0,
            key1,
        )
    freed = 0
    done = 0
    stream = len(work.word_next) if opening or deal >= 0 else stage * frame.classes + lead_class
    while done < count:
        # Words for this many leads are at hand.
        at = 0
        ready = 1
        if opening or deal >= 0:
            first = done + (work.piece_arrival[piece] if deal < 0 else work.deal_visit[deal])
            _own_words(frame, work, stage, lead_class, deal, first, replication, key0, key1)
        else:
            at = work.word_next[stream]
            if at == STREAM_BLOCKS:
                fill_stream(
                    work.words[stream],
                    work.block_next[stream],
                    replication,
                    frame.stage_hash[stage],
                    frame.class_hash[lead_class],
                    key0,
                    key1,
                )
                work.block_next[stream] += STREAM_BLOCKS
                at = 0
            ready = min(count - done, STREAM_BLOCKS - at)
            work.word_next[stream] = at + ready
            first = work.block_next[stream] - STREAM_BLOCKS + at
        if special:
            for i in range(ready):
                freed += _begin_lead(
                    frame,
                    tables,
                    work,
                    out,
                    n,
                    stage,
                    lead_class,
                    begin,
                    version,
                    odds,
                    probability,
                    response,
                    wait,
                    deal,
                    opening,
                    stream,
                    at + i,
                    first + i,
                    replication,
                    key0,
                    key1,
                )
        else:
            freed += _begin_leads(
                frame,
                tables,
                work,
                out,
                n,
                stage,
                lead_class,
                begin,
                version,
                share,
                advance,
                after,
                stream,
                at,
                at + ready,
            )
        done += ready
    return freed


@part
def _begin_leads(
    frame, tables, work, out, n, stage, lead_class, begin, version, share, advance, after, stream, low, high
):
    """The common case, many leads of one law: outcome by the first word, delay by the second, amount by the fourth."""
    words = work.words[stream]
    shares = tables.share_sum[share]
    rows = tables.law_row[version]
    moved = work.moved
    days = frame.days
    outcome_low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - outcome_low
    served_by = frame.role_of[stage, lead_class]
    # The word is carried to where it would lie without effects on the odds, so that shares stay as they are.
    up = advance / after if after > 0.0 else 1.0
    down = (1.0 - advance) / (1.0 - after) if after < 1.0 else 1.0
    freed = 0
    for i in range(low, high):
        u = (words[0, i] + 0.5) * TO_UNIT
        u = u * up if u < after else advance + (u - after) * down
        outcome = 0
        while outcome < outcomes and u >= shares[outcome]:
            outcome += 1
        end = np.int64(FAR)
        if outcome < outcomes:
            row = rows[outcome, lead_class]
            end = end_day(frame, tables, row, begin, delay_of(tables, row, words[1, i]))
        if served_by >= 0:
            freed += _hold(work, stage, lead_class, served_by, begin, end, days)
        if end < days:
            edge = frame.outcome_edge[outcome_low + outcome]
            moved[end, edge, lead_class] += 1
            if frame.edge_won[edge] == 1 and frame.edge_late_amount[edge] == 0:
                cents = won_amount(frame, tables, lead_class, -1, end, words[3, i])
                out.bookings[n, frame.period_of[end], frame.cell_of[lead_class]] += cents
    return freed


@part
def _begin_lead(
    frame,
    tables,
    work,
    out,
    n,
    stage,
    lead_class,
    begin,
    version,
    odds,
    probability,
    response,
    wait,
    deal,
    opening,
    stream,
    i,
    index,
    replication,
    key0,
    key1,
):
    """One lead with whatever may happen to it: response time, phased and open changes, time-out, own amount."""
    outcome_low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - outcome_low
    if response >= 0:
        u_response = (work.words[stream, 2, i] + 0.5) * TO_UNIT
        stretch = work.response_factor[stage, frame.role_of[stage, lead_class]]
        minutes = wait + np.int64(math.floor(table_quantile(tables, response, u_response) * stretch + 0.5))
        period = frame.period_of[begin]
        out.wait_minutes[n, period, stage] += minutes
        if minutes <= tables.sla_minutes[version, lead_class]:
            out.within_sla[n, period, stage] += 1
        if frame.decay_kind[stage] > 0:
            factor = decay_factor(frame.decay_kind[stage], tables.decay[version], np.float64(minutes))
            if frame.decay_probability[stage] == 1:
                probability = factor
            else:
                odds *= factor
    change = frame.open_change[stage, begin + frame.history]
    timeout_day = np.int64(NO_END)
    if frame.timeout_edge[stage] >= 0:
        timeout_day = begin + tables.timeout[version]
    if begin - frame.version_start[version] < frame.version_phase[version]:
        version = _phase_version(frame, stage, version, begin, lead_class, index, deal, replication, key0, key1)
    share = tables.share_row[version, lead_class]
    advance = tables.share_advance[share]
    after = scaled_advance(advance, odds, probability)
    outcome = 0
    end = np.int64(FAR)
    if opening:
        outcome, end = late_outcome(
            frame,
            tables,
            version,
            lead_class,
            share,
            outcomes,
            after,
            frame.advancing[stage],
            begin,
            0,
            work.words[stream, 0, i],
            work.words[stream, 1, i],
        )
    else:
        u = (work.words[stream, 0, i] + 0.5) * TO_UNIT
        if after != advance:
            u = u * (advance / after) if u < after else advance + (u - after) * (1.0 - advance) / (1.0 - after)
        while outcome < outcomes and u >= tables.share_sum[share, outcome]:
            outcome += 1
        if outcome < outcomes:
            row = tables.law_row[version, outcome, lead_class]
            end = end_day(frame, tables, row, begin, delay_of(tables, row, work.words[stream, 1, i]))
    if end >= change and change < timeout_day and change < frame.days:
        outcome, end, timeout_day = _redraw(
            frame,
            tables,
            stage,
            lead_class,
            outcomes,
            begin,
            change,
            odds,
            probability,
            outcome,
            end,
            index,
            deal,
            replication,
            key0,
            key1,
        )
    edge = np.int64(-1)
    if end > timeout_day:
        end = max(timeout_day, 0)
        edge = frame.timeout_edge[stage]
    elif outcome < outcomes:
        edge = frame.outcome_edge[outcome_low + outcome]
    served_by = frame.role_of[stage, lead_class]
    freed = 0
    if served_by >= 0:
        freed = _hold(work, stage, lead_class if deal < 0 else -1, served_by, begin, end, frame.days)
    if end < frame.days and frame.edge_won[edge] == 1 and (deal >= 0 or frame.edge_late_amount[edge] == 0):
        cents = won_amount(frame, tables, lead_class, deal, end, work.words[stream, 3, i])
        out.bookings[n, frame.period_of[end], frame.cell_of[lead_class]] += cents
        if deal >= 0 and frame.deal_row[deal] >= 0:
            out.deal_cents[n, frame.deal_row[deal]] += cents
            out.deal_period[n, frame.deal_row[deal]] = frame.period_of[end] + 1
    if deal >= 0:
        move_deal(frame, work, out, n, deal, edge, lead_class, end)
    elif end < frame.days:
        work.moved[end, edge, lead_class] += 1
    return freed


@part
def _hold(work, stage, lead_class, role, begin, end, days):
    """Let a staffed lead hold its slot until it leaves. Returns 1 where it leaves at once."""
    if end <= begin:
        work.items[role] -= 1
        return 1
    work.held[role] += 1
    if end < days:
        work.release[role, end] += 1
    elif lead_class >= 0:
        work.beyond[stage, lead_class] += 1
    return 0


@part
def _own_words(frame, work, stage, lead_class, deal, index, replication, key0, key1):
    """Words of a lead that is open at the start, or of a listed deal, in the last row."""
    if deal < 0:
        a, b, c, d = block(
            index, replication, frame.stage_hash[stage] ^ U32(OPENING), frame.class_hash[lead_class], key0, key1
        )
    else:
        a, b, c, d = block(index, replication, frame.deal_hash[deal] ^ U32(DEAL), frame.stage_hash[stage], key0, key1)
    row = work.words[len(work.word_next)]
    row[0, 0] = U32(a)
    row[1, 0] = U32(b)
    row[2, 0] = U32(c)
    row[3, 0] = U32(d)


@part
def _second_words(frame, stage, lead_class, deal, index, purpose, replication, key0, key1):
    """A further block of a lead, for what few leads need."""
    if deal < 0:
        return block(
            index, replication, frame.stage_hash[stage] ^ U32(purpose), frame.class_hash[lead_class], key0, key1
        )
    return block(index, replication, frame.deal_hash[deal] ^ U32(purpose), frame.stage_hash[stage], key0, key1)


@part
def _phase_version(frame, stage, version, begin, lead_class, index, deal, replication, key0, key1):
    """Version that a lead uses while a change is phased in: the latest whose chance exceeds the lead's uniform."""
    a, _, _, _ = _second_words(frame, stage, lead_class, deal, index, PHASE, replication, key0, key1)
    u = (a + 0.5) * TO_UNIT
    while version > frame.version_range[stage]:
        phase = frame.version_phase[version]
        chance = (begin - frame.version_start[version]) / phase if phase > 0 else 1.0
        if u < chance:
            break
        version -= 1
    return version


@part
def _redraw(
    frame,
    tables,
    stage,
    lead_class,
    outcomes,
    begin,
    change,
    odds,
    probability,
    outcome,
    end,
    index,
    deal,
    replication,
    key0,
    key1,
):
    """Draw a lead again that would end on or after a change that affects open leads."""
    timeout = np.int64(NO_END)
    times = 0
    while change < frame.days and end >= change:
        version = frame.version_at[stage, change + frame.history]
        a, b, _, _ = _second_words(frame, stage, lead_class, deal, index * 16 + times, REDRAW, replication, key0, key1)
        share = tables.share_row[version, lead_class]
        advance = scaled_advance(tables.share_advance[share], odds, probability)
        outcome, end = late_outcome(
            frame,
            tables,
            version,
            lead_class,
            share,
            outcomes,
            advance,
            frame.advancing[stage],
            begin,
            change,
            U32(a),
            U32(b),
        )
        if frame.timeout_edge[stage] >= 0:
            timeout = max(begin + tables.timeout[version], change)
        change = frame.open_change[stage, change + frame.history]
        times += 1
    return outcome, end, timeout


@part
def move_deal(frame, work, out, n, deal, edge, lead_class, end):
    """Move a listed deal: count it, and let it land in its next stage."""
    work.deal_visit[deal] += 1
    work.deal_state[deal] = 2
    if end >= frame.days:
        return
    out.moves[n, frame.period_of[end], edge, frame.cell_of[lead_class]] += 1
    stage = frame.edge_to[edge]
    target = frame.edge_class[edge, lead_class]
    if frame.band_stage[stage] == 1 and frame.band_class[target, 0] >= 0 and frame.deal_band[deal] >= 0:
        target = frame.band_class[target, frame.deal_band[deal]]
    work.deal_stage[deal] = stage
    work.deal_class[deal] = target
    work.deal_day[deal] = end
    if frame.outcome_range[stage + 1] > frame.outcome_range[stage]:
        work.deal_state[deal] = 0
        work.deals_on[end] += 1
