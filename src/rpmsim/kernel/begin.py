"""Leads begin a stage: their words decide outcome, delay and amount, and they move (model, sections 3, 6 and 8)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.amount import won_amount
from rpmsim.kernel.compiled import part, small_part
from rpmsim.kernel.counts import begin_many, skip_words
from rpmsim.kernel.move import hold, move_deal, take_edge
from rpmsim.kernel.outcome import (
    FAR,
    NO_END,
    decay_factor,
    delay_of,
    end_day,
    late_end,
    late_outcome,
    late_tops,
    scaled_advance,
    table_quantile,
)
from rpmsim.kernel.purposes import DEAL, OPENING, PHASE, REDRAW
from rpmsim.kernel.random import STREAM_BLOCKS, TO_UNIT, U32, WORDS, block, fill_stream


@part
def begin_pieces(frame, tables, work, out, stage, role, pieces):
    """Let the leads of all pieces begin a stage, or go on in it from the start. Returns how many slots came free.

    The common case is in this loop, as most of the time is spent here: outcome by the first word of a lead, delay by
    the second, response time by the third, amount by the fourth. Pieces that follow each other and share all chances
    are done as one.
    """
    outcome_low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - outcome_low
    days = frame.days
    classes = frame.classes
    opening = pieces > 0 and work.piece_open[0] == 1
    taken = role >= 0 and not opening
    begins = work.begins
    outcome_edge = frame.outcome_edge
    by_probability = frame.decay_probability[stage] == 1
    freed = 0
    following = 0
    today = np.int64(NO_END)
    filled_with = np.int64(NO_END)
    version = np.int64(0)
    change = np.int64(NO_END)
    limit = np.int64(NO_END)
    day_odds = 1.0
    while following < pieces:
        piece = following
        following += 1
        lead_class = work.piece_class[piece]
        begin = work.piece_day[piece]
        count = work.piece_count[piece]
        if begin != today:
            # What holds for all that begin on a day. The limit is the first day on which a change of open leads or the
            # time-out can matter.
            today = begin
            place = begin + frame.history
            version = frame.version_at[stage, place]
            day_odds = work.shock[stage, frame.quarter_of[place]]
            if taken:
                day_odds *= work.load_factor[stage, role]
            change = frame.open_change[stage, place]
            limit = change if change < days else np.int64(NO_END)
            if frame.timeout_edge[stage] >= 0:
                limit = min(limit, begin + tables.timeout[version])
        odds = day_odds
        wait = np.int64(0)
        if taken:
            wait = (begin - work.piece_arrival[piece]) * 1440
            out.taken_up[frame.period_of[begin], stage] += count
        answers = taken and tables.response_row[version, lead_class] >= 0
        many = count > frame.split_above and work.piece_deal[piece] < 0
        if answers and change < days:
            # Leads that are drawn again keep what their own response time does to conversion.
            many = False
        phased = begin - frame.version_start[version] < frame.version_phase[version]
        if work.piece_deal[piece] >= 0 or (phased and not many):
            freed += _begin_apart(frame, tables, work, out, stage, role, piece, version, odds, wait)
            continue
        probability = 1.0
        if taken and not answers:
            factor = _answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, count, U32(0))
            if by_probability:
                probability = factor
            else:
                odds *= factor
        share = tables.share_row[version, lead_class]
        advance = tables.share_advance[share]
        after = advance
        if odds != 1.0 or probability != 1.0:
            after = scaled_advance(advance, odds, probability)
        stream = stage * classes + lead_class
        if many:
            index = work.piece_arrival[piece] if opening else skip_words(work, stream, count)
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
                index,
                wait,
                odds,
                probability,
                count,
                opening,
            )
            continue
        some_left = True
        tops = work.tops[stream]
        if opening:
            some_left = late_tops(frame, tables, tops, stage, version, lead_class, after, begin)
        else:
            _fill_tops(frame, tables, work, stage, version, stream, share, advance if answers else after)
        most = np.int64(most_carried(advance) if answers else WORDS)
        top0, top1, top2 = min(tops[0], most), min(tops[1], most), min(tops[2], most)
        words = work.words[stream]
        law_row = tables.law_row[version]
        holder = frame.role_of[stage, lead_class]
        joined = False
        left = count
        if role < 0 and not opening and limit == NO_END:
            while following < pieces and _goes_with(frame, work, stage, version, lead_class, odds, following):
                joined = True
                count += work.piece_count[following]
                following += 1
        if not joined and filled_with != begin:
            filled_with = begin
            for i in range(STREAM_BLOCKS):
                begins[i] = begin
        done = 0
        stayed = np.int64(0)
        gone = np.int64(0)
        while done < count:
            # Words for this many leads are at hand.
            at = 0
            ready = min(count - done, STREAM_BLOCKS)
            index = work.piece_arrival[piece] + done
            if opening:
                words = work.own_words
                fill_stream(words, index, frame.stage_hash[stage] ^ OPENING, frame.class_hash[lead_class], work.key)
            else:
                at = work.word_next[stream]
                if at == STREAM_BLOCKS:
                    index = work.block_next[stream]
                    fill_stream(words, index, frame.stage_hash[stage], frame.class_hash[lead_class], work.key)
                    work.block_next[stream] = index + STREAM_BLOCKS
                    at = 0
                ready = min(ready, STREAM_BLOCKS - at)
                work.word_next[stream] = at + ready
                index = work.block_next[stream] - STREAM_BLOCKS + at
            done += ready
            if joined:
                filled_with = np.int64(NO_END)
                for i in range(at, at + ready):
                    while left == 0:
                        piece += 1
                        left = work.piece_count[piece]
                    begins[i] = work.piece_day[piece]
                    left -= 1
            if answers:
                for i in range(at, at + ready):
                    factor = _answer(
                        frame, tables, work, out, stage, role, lead_class, version, begin, wait, 1, words[2, i]
                    )
                    work.factor[i] = factor
                    if by_probability:
                        after = scaled_advance(advance, odds, factor)
                    else:
                        after = scaled_advance(advance, odds * factor, 1.0)
                    words[0, i] = carried(words[0, i], advance, after)
            for i in range(at, at + ready):
                begin = begins[i]
                word = np.int64(words[0, i])
                outcome = np.int64(word >= top0) + np.int64(word >= top1) + np.int64(word >= top2)
                if outcome == 3:
                    while outcome < outcomes and word >= min(tops[outcome], most):
                        outcome += 1
                end = np.int64(FAR)
                edge = np.int64(-1)
                if outcome < outcomes:
                    edge = outcome_edge[outcome_low + outcome]
                    row = law_row[outcome, lead_class]
                    if opening:
                        end = late_end(frame, tables, row, begin, 0, words[1, i]) if some_left else np.int64(0)
                    else:
                        end = end_day(frame, tables, row, begin, delay_of(tables, row, words[1, i]))
                if end >= limit:
                    factor = work.factor[i] if answers else 1.0
                    edge, end = _later(
                        frame,
                        tables,
                        work,
                        stage,
                        lead_class,
                        version,
                        begin,
                        odds if by_probability else odds * factor,
                        probability * factor if by_probability else probability,
                        edge,
                        end,
                        -1,
                        index + i - at,
                    )
                if end < days:
                    if take_edge(frame, work, out, edge, lead_class, end, 1, False) < 0:
                        cents = won_amount(frame, tables, lead_class, -1, end, words[3, i])
                        out.bookings[frame.period_of[end], frame.cell_of[lead_class]] += cents
                    at_once = np.int64(end <= begin)
                    gone += at_once
                    if holder >= 0:
                        work.release[holder, end] += 1 - at_once
                else:
                    stayed += 1
        if holder >= 0:
            work.items[holder] -= gone
            work.held[holder] += count - gone
            work.beyond[stage, lead_class] += stayed
            freed += gone
    return freed


@small_part
def _fill_tops(frame, tables, work, stage, version, stream, share, after):
    """Fill the words below which outcomes end, unless they are there: ``after`` is the advancing share."""
    if work.tops_version[stream] == version and work.tops_after[stream] == after:
        return
    work.tops_version[stream] = version
    work.tops_after[stream] = after
    tops = work.tops[stream]
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    advance = tables.share_advance[share]
    up = after / advance if advance > 0.0 else 1.0
    down = (1.0 - after) / (1.0 - advance) if advance < 1.0 else 1.0
    for j in range(outcomes):
        top = tables.share_sum[share, j]
        top = top * up if j < frame.advancing[stage] else 1.0 - (1.0 - top) * down
        tops[j] = np.int64(top * WORDS + 0.5)


@small_part
def _goes_with(frame, work, stage, version, lead_class, odds, piece):
    """Whether the leads of a piece that need no staff have the class and chances of those before them."""
    place = work.piece_day[piece] + frame.history
    return (
        work.piece_class[piece] == lead_class
        and frame.version_at[stage, place] == version
        and work.shock[stage, frame.quarter_of[place]] == odds
        and work.piece_count[piece] <= frame.split_above
        and work.piece_deal[piece] < 0
        and frame.open_change[stage, place] >= frame.days
    )


@part
def carried(word, advance, after):
    """Carry the word of an outcome to where it would lie without effects on the odds: shares may stay as they are.

    Where all advance without effects, the last word is that of those who are held back (:func:`most_carried`).
    """
    u = (word + 0.5) * TO_UNIT
    if u < after:
        return U32(min(np.int64(u * (advance / after) * WORDS), 4294967294))
    return U32(min(np.int64((advance + (u - after) * ((1.0 - advance) / (1.0 - after))) * WORDS), 4294967295))


@small_part
def most_carried(advance):
    """Highest top of the outcomes of words that are carried."""
    return WORDS - 1.0 if advance >= 1.0 else WORDS


@part
def _answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, count, word):
    """Count the waiting time of leads that are taken up. Returns what it does to conversion, a factor."""
    minutes = wait
    response = tables.response_row[version, lead_class]
    if response >= 0:
        stretch = work.response_factor[stage, role]
        value = table_quantile(tables, response, (word + 0.5) * TO_UNIT) * stretch
        minutes += np.int64(math.floor(value + 0.5))
    period = frame.period_of[begin]
    out.wait_minutes[period, stage] += count * minutes
    if minutes <= tables.sla_minutes[version, lead_class]:
        out.within_sla[period, stage] += count
    if frame.decay_kind[stage] == 0:
        return 1.0
    return decay_factor(tables, frame.decay_kind[stage], version, minutes)


@part
def _begin_apart(frame, tables, work, out, stage, role, piece, version, odds, wait):
    """Listed deals, and leads while a change is phased in: one by one."""
    lead_class = work.piece_class[piece]
    begin = work.piece_day[piece]
    deal = work.piece_deal[piece]
    opening = work.piece_open[piece] == 1
    freed = 0
    words = work.four_words
    for lead in range(work.piece_count[piece]):
        if deal >= 0:
            index = work.deal_visit[deal]
        elif opening:
            index = work.piece_arrival[piece] + lead
        else:
            index = skip_words(work, stage * frame.classes + lead_class, 1)
        purpose = OPENING if opening and deal < 0 else 0
        words[0], words[1], words[2], words[3] = _block_of(frame, work, stage, lead_class, deal, index, purpose)
        freed += _begin_one(
            frame, tables, work, out, stage, role, lead_class, version, begin, wait, odds, deal, opening, index
        )
    return freed


@part
def _begin_one(frame, tables, work, out, stage, role, lead_class, version, begin, wait, odds, deal, opening, index):
    """One lead, whose words are in ``four_words``, with whatever may happen to it."""
    words = work.four_words
    outcome_low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - outcome_low
    probability = 1.0
    if deal >= 0:
        odds *= frame.deal_odds[deal]
    if role >= 0 and not opening:
        factor = _answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, 1, words[2])
        if frame.decay_probability[stage] == 1:
            probability = factor
        else:
            odds *= factor
    limit = frame.open_change[stage, begin + frame.history]
    if limit >= frame.days:
        limit = np.int64(NO_END)
    if frame.timeout_edge[stage] >= 0:
        limit = min(limit, begin + tables.timeout[version])
    if begin - frame.version_start[version] < frame.version_phase[version]:
        version = _phase_version(frame, work, stage, version, begin, lead_class, index, deal)
    share = tables.share_row[version, lead_class]
    advance = tables.share_advance[share]
    after = scaled_advance(advance, odds, probability)
    outcome = 0
    end = np.int64(FAR)
    if opening:
        outcome, end = late_outcome(frame, tables, stage, version, lead_class, after, begin, 0, words[0], words[1])
    else:
        word = words[0]
        most = WORDS
        if after != advance:
            word = carried(word, advance, after)
            most = most_carried(advance)
        while outcome < outcomes and word >= min(tables.share_sum[share, outcome] * WORDS, most):
            outcome += 1
        if outcome < outcomes:
            row = tables.law_row[version, outcome, lead_class]
            end = end_day(frame, tables, row, begin, delay_of(tables, row, words[1]))
    edge = frame.outcome_edge[outcome_low + outcome] if outcome < outcomes else np.int64(-1)
    if end >= limit:
        version = frame.version_at[stage, begin + frame.history]
        edge, end = _later(
            frame, tables, work, stage, lead_class, version, begin, odds, probability, edge, end, deal, index
        )
    cents = np.int64(0)
    if end < frame.days and frame.edge_won[edge] == 1 and (deal >= 0 or frame.edge_back[edge] == 0):
        cents = won_amount(frame, tables, lead_class, deal, end, words[3])
        out.bookings[frame.period_of[end], frame.cell_of[lead_class]] += cents
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
    """Block ``index`` of a lead for a purpose: of its stage and class, or of the listed deal alone."""
    if deal < 0:
        return block(index, frame.stage_hash[stage] ^ purpose, frame.class_hash[lead_class], work.key)
    return block(index, frame.deal_hash[deal] ^ (DEAL if purpose == 0 else purpose), frame.stage_hash[stage], work.key)


@part
def _phase_version(frame, work, stage, version, begin, lead_class, index, deal):
    """Version that a lead uses while a change is phased in: the latest whose chance exceeds the lead's uniform."""
    word, _, _, _ = _block_of(frame, work, stage, lead_class, deal, index, PHASE)
    u = (word + 0.5) * TO_UNIT
    while version > frame.version_range[stage]:
        phase = frame.version_phase[version]
        chance = (begin - frame.version_start[version]) / phase if phase > 0 else 1.0
        if u < chance:
            break
        version -= 1
    return version


@part
def _later(frame, tables, work, stage, lead_class, version, begin, odds, probability, edge, end, deal, index):
    """Edge and day of a lead that would end on or after a change of open leads, or past its time-out.

    The lead is drawn again from each new law, given its age on the day of the change.
    """
    outcome_low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - outcome_low
    timeout_edge = frame.timeout_edge[stage]
    timeout = np.int64(NO_END)
    if timeout_edge >= 0:
        timeout = begin + tables.timeout[version]
    change = frame.open_change[stage, begin + frame.history]
    times = 0
    while change < frame.days and min(end, timeout) >= change:
        version = frame.version_at[stage, change + frame.history]
        a, b, _, _ = _block_of(frame, work, stage, lead_class, deal, index * 16 + times, REDRAW)
        after = scaled_advance(tables.share_advance[tables.share_row[version, lead_class]], odds, probability)
        outcome, end = late_outcome(frame, tables, stage, version, lead_class, after, begin, change, U32(a), U32(b))
        edge = frame.outcome_edge[outcome_low + outcome] if outcome < outcomes else np.int64(-1)
        if timeout_edge >= 0:
            timeout = max(begin + tables.timeout[version], change)
        change = frame.open_change[stage, change + frame.history]
        times += 1
    if end > timeout:
        return timeout_edge, max(timeout, 0)
    return edge, end
