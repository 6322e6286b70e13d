"""The flow of leads through the stages: land, take up, draw, move (model, sections 1, 3 and 4).

Components of the graph of influence are done one after the other. A component without a queue or a cycle runs over the
whole span at once; another day by day. The first block of each component, before day 0, begins what is open at the start.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rpmsim.arrays.layout import MICRO
from rpmsim.kernel.arrivals import mix_arrivals, seek, unit
from rpmsim.kernel.outcome import (
    EPSILON,
    FAR,
    decay_factor,
    delay_of,
    end_day,
    late_outcome,
    scaled_advance,
    table_quantile,
)
from rpmsim.kernel.queue import add_piece, take_from_queue
from rpmsim.kernel.random import LOW, STREAM_BLOCKS, TO_UNIT, U32, U64, block, fill_stream
from rpmsim.kernel.sample import binomial, normal_quantile, poisson_quantile

SHOCK = 5
TIES = 6
GIVE_UP = 7
BAND = 8
MADE = 9
LEAVER = 10
OPENING = 11
DEAL = 12
PHASE = 13
REDRAW = 14
REVISION = 15
NO_END = 1 << 60


@njit
def flow_kernel(frame, tables, work, out, n, draw, replication, key0, key1):
    """Simulate one replication; ``moved`` holds the arrivals on entry and all moves at the end."""
    days, history = frame.days, frame.history
    _start(frame, tables, work, draw, replication, key0, key1)
    version_draw = min(draw, tables.share_row.shape[0] - 1)
    law_draw = min(draw, tables.law_row.shape[0] - 1)
    number_draw = min(draw, tables.decay.shape[0] - 1)
    response_draw = min(draw, tables.response_row.shape[0] - 1)
    for component in range(len(frame.component_daily)):
        daily = frame.component_daily[component] == 1
        blocks = days if daily else 1
        for index in range(-1, blocks):
            low = index if daily else 0
            high = index + 1 if daily else days
            if index >= 0 and daily:
                _land(frame, tables, work, out, n, draw, replication, component, index, key0, key1)
            for step in range(frame.component_steps[component], frame.component_steps[component + 1]):
                stage = frame.step_stage[step]
                role = frame.step_role[step]
                if index < 0 and frame.step_first[step] == 0:
                    continue
                outcome_low = frame.outcome_range[stage]
                outcomes = frame.outcome_range[stage + 1] - outcome_low
                if outcomes == 0:
                    continue
                again = True
                attempt = -1
                while again:
                    again = False
                    attempt += 1
                    if index < 0:
                        pieces = _open_pieces(frame, work, stage)
                    elif role < 0:
                        pieces = _begin_at_once(frame, tables, work, out, n, draw, stage, low, high, replication, key0, key1)
                    else:
                        pieces = _take_up(frame, tables, work, number_draw, step, stage, role, index, attempt, replication, key0, key1)
                    freed = 0
                    # ---- draw every piece -------------------------------------------------------------
                    for piece in range(pieces):
                        lead_class = work.piece_class[piece]
                        begin = work.piece_day[piece]
                        count = work.piece_count[piece]
                        floor = work.piece_floor[piece]
                        deal = work.piece_deal[piece]
                        served_by = frame.role_of[stage, lead_class]
                        version = frame.version_at[stage, begin + history]
                        share = tables.share_row[version_draw, version, lead_class]
                        advance = tables.share_advance[share]
                        opening = floor < begin
                        odds = work.shock[stage, frame.quarter_of[begin + history]]
                        if served_by >= 0 and not opening:
                            odds *= work.load_factor[stage, served_by]
                        if deal >= 0:
                            odds *= frame.deal_odds[deal]
                        probability = 1.0
                        response = np.int64(-1)
                        kind = np.int64(0)
                        wait = np.int64(0)
                        strength = tables.decay[number_draw, version]
                        if role >= 0 and not opening:
                            response = tables.response_row[response_draw, version, lead_class]
                            wait = (begin - work.piece_arrival[piece]) * 1440
                            kind = frame.decay_kind[stage]
                            if kind > 0 and response < 0:
                                factor = decay_factor(kind, strength, np.float64(wait))
                                if frame.decay_probability[stage] == 1:
                                    probability = factor
                                else:
                                    odds *= factor
                            period = frame.period_of[begin]
                            out.taken_up[n, period, stage] += count
                            if response < 0:
                                out.wait_minutes[n, period, stage] += count * wait
                                if wait <= tables.sla_minutes[min(draw, tables.sla_minutes.shape[0] - 1), version, lead_class]:
                                    out.within_sla[n, period, stage] += count
                        plain = odds == 1.0 and probability == 1.0 and (kind == 0 or response < 0)
                        after = advance if plain else scaled_advance(advance, odds, probability)
                        up = advance / after if after > 0.0 else 1.0
                        down = (1.0 - advance) / (1.0 - after) if after < 1.0 else 1.0
                        change = frame.open_change[stage, begin + history]
                        timeout_edge = frame.timeout_edge[stage]
                        timeout_day = begin + tables.timeout[number_draw, version] if timeout_edge >= 0 else NO_END
                        phased = begin - frame.version_start[version] < frame.version_phase[version]
                        stream = stage * frame.classes + lead_class
                        if opening or deal >= 0:
                            stream = len(work.word_next)
                        done = 0
                        while done < count:
                            # Words of this many leads are at hand.
                            if stream < len(work.word_next):
                                at = work.word_next[stream]
                                if at == STREAM_BLOCKS:
                                    fill_stream(
                                        work.words[stream], work.block_next[stream], replication,
                                        frame.stage_hash[stage], frame.class_hash[lead_class], key0, key1,
                                    )
                                    work.block_next[stream] += STREAM_BLOCKS
                                    at = 0
                                ready = min(count - done, STREAM_BLOCKS - at)
                                work.word_next[stream] = at + ready
                                first = work.block_next[stream] - STREAM_BLOCKS + at
                            else:
                                at = 0
                                ready = 1
                                first = work.piece_arrival[piece] if deal < 0 else work.deal_visit[deal]
                                first += done
                                _own_words(frame, work, stage, lead_class, deal, first, replication, key0, key1)
                            done += ready
                            for i in range(at, at + ready):
                                u = (work.words[stream, 0, i] + 0.5) * TO_UNIT
                                if response >= 0:
                                    u_response = (work.words[stream, 2, i] + 0.5) * TO_UNIT
                                    minutes = wait + np.int64(
                                        math.floor(table_quantile(tables, response, u_response) * work.response_factor[stage, served_by] + 0.5)
                                    )
                                    period = frame.period_of[begin]
                                    out.wait_minutes[n, period, stage] += minutes
                                    if minutes <= tables.sla_minutes[min(draw, tables.sla_minutes.shape[0] - 1), version, lead_class]:
                                        out.within_sla[n, period, stage] += 1
                                    if kind > 0:
                                        factor = decay_factor(kind, strength, np.float64(minutes))
                                        if frame.decay_probability[stage] == 1:
                                            after = scaled_advance(advance, odds, factor)
                                        else:
                                            after = scaled_advance(advance, odds * factor, 1.0)
                                        up = advance / after if after > 0.0 else 1.0
                                        down = (1.0 - advance) / (1.0 - after) if after < 1.0 else 1.0
                                lead_version = version
                                lead_share = share
                                if phased:
                                    lead_version = _phase_version(
                                        frame, stage, version, begin, lead_class, first + i - at, deal, replication, key0, key1
                                    )
                                    lead_share = tables.share_row[version_draw, lead_version, lead_class]
                                    old = tables.share_advance[lead_share]
                                    factor = 1.0
                                    if after < 1.0 and advance > 0.0 and advance < 1.0:
                                        factor = after / (1.0 - after) * (1.0 - advance) / advance
                                    lead_after = scaled_advance(old, factor, 1.0)
                                    lead_up = old / lead_after if lead_after > 0.0 else 1.0
                                    lead_down = (1.0 - old) / (1.0 - lead_after) if lead_after < 1.0 else 1.0
                                    u = u * lead_up if u < lead_after else old + (u - lead_after) * lead_down
                                elif not plain:
                                    u = u * up if u < after else advance + (u - after) * down
                                outcome = 0
                                end = np.int64(FAR)
                                if opening:
                                    outcome, end = late_outcome(
                                        frame, tables, tables.law_row[law_draw, lead_version, :, lead_class],
                                        tables.share_sum[lead_share], outcomes, after, frame.advancing[stage], begin, 0,
                                        work.words[stream, 0, i], work.words[stream, 1, i],
                                    )
                                else:
                                    while outcome < outcomes and u >= tables.share_sum[lead_share, outcome]:
                                        outcome += 1
                                    if outcome < outcomes:
                                        row = tables.law_row[law_draw, lead_version, outcome, lead_class]
                                        delay = delay_of(tables, row, work.words[stream, 1, i])
                                        end = end_day(frame, tables, row, begin, delay)
                                lead_timeout = timeout_day
                                if end >= change and change < lead_timeout and change < days:
                                    outcome, end, lead_timeout = _redraw(
                                        frame, tables, draw, stage, lead_class, outcomes, begin, change, after, advance, outcome,
                                        end, first + i - at, deal, replication, key0, key1,
                                    )
                                edge = np.int64(-1)
                                if end > lead_timeout:
                                    end = max(lead_timeout, 0)
                                    edge = timeout_edge
                                elif outcome < outcomes:
                                    edge = frame.outcome_edge[outcome_low + outcome]
                                # ---- the move ---------------------------------------------------------
                                if served_by >= 0:
                                    if end > begin:
                                        work.held[served_by] += 1
                                        if end < days:
                                            work.release[served_by, end] += 1
                                        elif deal < 0:
                                            work.beyond[stage, lead_class] += 1
                                    else:
                                        freed += 1
                                        work.items[served_by] -= 1
                                if deal >= 0:
                                    _move_deal(frame, work, out, n, deal, edge, lead_class, end)
                                elif end < days:
                                    work.moved[end, edge, lead_class] += 1
                                if end < days and frame.edge_won[edge] == 1 and (deal >= 0 or frame.edge_late_amount[edge] == 0):
                                    cents = _won_amount(
                                        frame, tables, draw, lead_class, deal, end, work.words[stream, 3, i], replication, key0, key1
                                    )
                                    out.bookings[n, frame.period_of[end], frame.cell_of[lead_class]] += cents
                    if freed > 0 and role >= 0 and index >= 0:
                        again = True
            if index >= 0 and daily:
                _close_day(frame, tables, work, out, n, draw, replication, component, index, key0, key1)


@njit
def _seek_day(frame, work, day, replication, purpose, item, key0, key1):
    """Point the stream of rare draws at a day of a purpose and item; the day is mixed into the item."""
    mixed = (U64(item) + U64(frame.day_key[day]) * U64(0x9E3779B1)) & LOW
    seek(work.state, 0, replication, purpose, mixed, key0, key1)


@njit
def _start(frame, tables, work, draw, replication, key0, key1):
    """Set the state of a replication before day 0."""
    history = frame.history
    work.waiting[:] = 0
    work.queue_total[:] = 0
    work.queue_head[:] = 0
    work.word_next[:] = STREAM_BLOCKS
    work.block_next[:] = 0
    work.release[:] = 0
    work.held[:] = 0
    work.items[:] = 0
    work.credit[:] = 0
    work.credit_stage[:] = -1
    work.beyond[:] = 0
    work.made[:] = 0
    work.load_factor[:] = 1.0
    work.response_factor[:] = 1.0
    work.deals_on[:] = 0
    work.deals_waiting[:] = 0
    for stage in range(len(frame.stage_hash)):
        sigma = tables.shock[min(draw, tables.shock.shape[0] - 1), frame.version_range[stage]]
        for quarter in range(len(frame.quarter_key)):
            if sigma > 0.0:
                z = normal_quantile(unit(frame.quarter_key[quarter], replication, SHOCK, frame.stage_hash[stage], key0, key1))
                work.shock[stage, quarter] = math.exp(sigma * z)
            else:
                work.shock[stage, quarter] = 1.0
    for i in range(len(frame.stock_stage)):
        stage, lead_class = frame.stock_stage[i], frame.stock_class[i]
        role = frame.role_of[stage, lead_class]
        if role >= 0:
            work.items[role] += frame.stock_count[i]
        if frame.stock_waiting[i] == 1:
            work.waiting[frame.waiting_row[stage, lead_class], frame.stock_day[i] + history] += frame.stock_count[i]
            work.queue_total[frame.queue_of[stage, lead_class]] += frame.stock_count[i]
    for i in range(len(frame.deal_stage)):
        stage, lead_class = frame.deal_stage[i], frame.deal_class[i]
        work.deal_stage[i] = stage
        work.deal_class[i] = lead_class
        work.deal_day[i] = frame.deal_day[i]
        work.deal_state[i] = 1 if frame.deal_waiting[i] == 1 else 2
        work.deal_visit[i] = 0
        role = frame.role_of[stage, lead_class]
        if role >= 0:
            work.items[role] += 1
        if frame.deal_waiting[i] == 1:
            work.deals_waiting[stage] += 1
            work.queue_total[frame.queue_of[stage, lead_class]] += 1


@njit
def _open_pieces(frame, work, stage):
    """Pieces of what is in progress at the start; ``floor`` is day 0, and ``arrival`` the first index of the words."""
    pieces = 0
    for i in range(len(frame.stock_stage)):
        if frame.stock_stage[i] == stage and frame.stock_waiting[i] == 0:
            pieces = add_piece(
                work, pieces, frame.stock_class[i], frame.stock_day[i], frame.stock_index[i], frame.stock_count[i], -1 << 20, -1
            )
    for i in range(len(frame.deal_stage)):
        if frame.deal_stage[i] == stage and frame.deal_waiting[i] == 0:
            pieces = add_piece(work, pieces, frame.deal_class[i], frame.deal_day[i], 0, 1, -1 << 20, i)
    return pieces


@njit
def _arrive(frame, tables, work, draw, stage, day, replication, key0, key1):
    """Gather what lands in a stage on a day into ``arrived``, by class after the move. Returns whether anything does."""
    work.arrived[:] = 0
    any_lead = np.int64(0)
    for i in range(frame.inflow_range[stage], frame.inflow_range[stage + 1]):
        edge = frame.inflow_edge[i]
        for lead_class in range(frame.classes):
            count = np.int64(work.moved[day, edge, lead_class])
            if count > 0:
                work.arrived[frame.edge_class[edge, lead_class]] += count
                any_lead += count
    if any_lead > 0 and frame.band_stage[stage] == 1:
        _give_bands(frame, tables, work, draw, stage, day, replication, key0, key1)
    return any_lead > 0


@njit
def _give_bands(frame, tables, work, draw, stage, day, replication, key0, key1):
    """Split leads without a size band over the bands of their class."""
    bands = frame.band_class.shape[1]
    shares = tables.band_sum[min(draw, tables.band_sum.shape[0] - 1)]
    for lead_class in range(frame.classes):
        count = work.arrived[lead_class]
        if count == 0 or frame.band_class[lead_class, 0] == lead_class or frame.band_class[lead_class, 0] < 0:
            continue
        work.arrived[lead_class] = 0
        _seek_day(frame, work, day, replication, frame.stage_hash[stage] ^ U32(BAND), frame.class_hash[lead_class], key0, key1)
        left = count
        before = 0.0
        for band in range(bands):
            p = (shares[lead_class, band] - before) / (1.0 - before) if before < 1.0 else 1.0
            taken = left if band == bands - 1 else binomial(left, min(max(p, 0.0), 1.0), work.state)
            work.arrived[frame.band_class[lead_class, band]] += taken
            left -= taken
            before = shares[lead_class, band]


@njit
def _begin_at_once(frame, tables, work, out, n, draw, stage, low, high, replication, key0, key1):
    """Pieces of the leads that land in a stage on days ``low`` to ``high`` - 1 and need no staff, class by class in order of days."""
    pieces = 0
    for day in range(low, high):
        if _arrive(frame, tables, work, draw, stage, day, replication, key0, key1):
            for lead_class in range(frame.classes):
                if work.arrived[lead_class] > 0 and frame.role_of[stage, lead_class] < 0:
                    pieces = add_piece(work, pieces, lead_class, day, day, work.arrived[lead_class], day, -1)
        if work.deals_on[day] > 0:
            for deal in range(len(work.deal_stage)):
                if work.deal_state[deal] == 0 and work.deal_stage[deal] == stage and work.deal_day[deal] == day:
                    if frame.role_of[stage, work.deal_class[deal]] < 0:
                        work.deal_state[deal] = 2
                        work.deals_on[day] -= 1
                        pieces = add_piece(work, pieces, work.deal_class[deal], day, day, 1, day, deal)
    return pieces


@njit
def _join_queues(frame, tables, work, draw, stage, day, replication, key0, key1):
    """Put what lands in a staffed stage on a day into its queues; ``joined`` keeps what came before on the same day."""
    if _arrive(frame, tables, work, draw, stage, day, replication, key0, key1):
        for lead_class in range(frame.classes):
            role = frame.role_of[stage, lead_class]
            if role < 0:
                continue
            row = frame.waiting_row[stage, lead_class]
            count = work.arrived[lead_class] - work.joined[row]
            if count > 0:
                work.joined[row] += count
                work.waiting[row, day + frame.history] += count
                work.queue_total[frame.queue_of[stage, lead_class]] += count
                work.items[role] += count
    if work.deals_on[day] > 0:
        for deal in range(len(work.deal_stage)):
            if work.deal_state[deal] == 0 and work.deal_stage[deal] == stage and work.deal_day[deal] == day:
                role = frame.role_of[stage, work.deal_class[deal]]
                if role >= 0:
                    work.deal_state[deal] = 1
                    work.deals_on[day] -= 1
                    work.deals_waiting[stage] += 1
                    work.queue_total[frame.queue_of[stage, work.deal_class[deal]]] += 1
                    work.items[role] += 1


@njit
def _land(frame, tables, work, out, n, draw, replication, component, day, key0, key1):
    """The first parts of a day: load is read, capacity is set, leavers hand over, moves land, leads give up."""
    number_draw = min(draw, tables.decay.shape[0] - 1)
    work.joined[:] = 0
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        work.time_used[role] = 0
        ramped = work.ramped[role, day]
        if frame.role_load[role] == 1:
            load = work.items[role] / ramped if ramped > 0.0 else 0.0
            for j in range(frame.component_stages[component], frame.component_stages[component + 1]):
                stage = frame.component_stage[j]
                if frame.serves[stage, role] == 1:
                    version = frame.version_at[stage, day + frame.history]
                    excess = max(0.0, load - tables.load_above[number_draw, version])
                    work.load_factor[stage, role] = tables.load_odds[number_draw, version] ** excess
                    excess = max(0.0, load - tables.response_above[number_draw, version])
                    work.response_factor[stage, role] = tables.response_stretch[number_draw, version] ** excess
        released = np.int64(work.release[role, day])
        work.held[role] -= released
        work.items[role] -= released
        per_day = tables.per_day[min(draw, tables.per_day.shape[0] - 1), role, day]
        holds = tables.holds[min(draw, tables.holds.shape[0] - 1), role, day]
        is_open = frame.open_day[role, day] == 1
        work.time_left[role] = NO_END if per_day < 0.0 else np.int64(math.floor(ramped * per_day * MICRO + 1e-3))
        work.slots[role] = -1 if holds < 0.0 else np.int64(math.floor(holds * ramped + EPSILON))
        if not is_open:
            work.time_left[role] = 0
    _hand_over(frame, tables, work, component, day, replication, key0, key1)
    for j in range(frame.component_stages[component], frame.component_stages[component + 1]):
        stage = frame.component_stage[j]
        if frame.staffed[stage] == 1:
            _join_queues(frame, tables, work, draw, stage, day, replication, key0, key1)
            if frame.give_up_edge[stage] >= 0:
                _give_up(frame, tables, work, out, n, draw, stage, day, replication, key0, key1)
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        work.reserved[role] = 0
        stage = work.credit_stage[role]
        if stage < 0 or work.time_left[role] == 0:
            continue
        if _waiting_for(frame, work, stage, role) == 0:
            work.credit[role] = 0
            work.credit_stage[role] = -1
        elif work.slots[role] < 0 or work.held[role] < work.slots[role]:
            # What is begun is finished first: its time is set aside before more downstream queues are served.
            version = frame.version_at[stage, day + frame.history]
            need = np.int64(0)
            for lead_class in range(frame.classes):
                if frame.role_of[stage, lead_class] == role:
                    need = max(need, tables.work[min(draw, tables.work.shape[0] - 1), version, lead_class])
            work.reserved[role] = min(work.time_left[role], max(need - work.credit[role], 0))
            work.time_left[role] -= work.reserved[role]


@njit
def _waiting_for(frame, work, stage, role):
    """Leads that wait in a stage for a role."""
    total = np.int64(0)
    for queue in range(len(frame.queue_last_in)):
        if frame.queue_stage[queue] == stage and frame.queue_role[queue] == role:
            total += work.queue_total[queue]
    return total


@njit
def _give_up(frame, tables, work, out, n, draw, stage, day, replication, key0, key1):
    """Each lead that has waited for a day or longer gives up with the stated chance."""
    chance = tables.give_up[min(draw, tables.give_up.shape[0] - 1), frame.version_at[stage, day + frame.history]]
    if chance <= 0.0:
        return
    edge = frame.give_up_edge[stage]
    history = frame.history
    period = frame.period_of[day]
    for lead_class in range(frame.classes):
        row = frame.waiting_row[stage, lead_class]
        if row < 0 or work.queue_total[frame.queue_of[stage, lead_class]] == 0:
            continue
        queue = frame.queue_of[stage, lead_class]
        role = frame.role_of[stage, lead_class]
        _seek_day(frame, work, day, replication, frame.stage_hash[stage] ^ U32(GIVE_UP), frame.class_hash[lead_class], key0, key1)
        low = 0
        if frame.queue_last_in[queue] == 0:
            low = max(0, work.queue_head[queue] - frame.key_offset[stage, lead_class])
        for d in range(low, day + history):
            waiting = np.int64(work.waiting[row, d])
            if waiting > 0:
                gone = binomial(waiting, chance, work.state)
                if gone > 0:
                    work.waiting[row, d] -= gone
                    work.queue_total[queue] -= gone
                    work.items[role] -= gone
                    work.moved[day, edge, lead_class] += gone
                    out.gave_up[n, period, stage] += gone
    if work.deals_waiting[stage] > 0:
        for deal in range(len(work.deal_stage)):
            if work.deal_state[deal] == 1 and work.deal_stage[deal] == stage and work.deal_day[deal] < day:
                if unit(frame.day_key[day], replication, frame.deal_hash[deal] ^ U32(GIVE_UP), frame.stage_hash[stage], key0, key1) < chance:
                    lead_class = work.deal_class[deal]
                    work.deals_waiting[stage] -= 1
                    work.queue_total[frame.queue_of[stage, lead_class]] -= 1
                    work.items[frame.role_of[stage, lead_class]] -= 1
                    out.gave_up[n, period, stage] += 1
                    _move_deal(frame, work, out, n, deal, edge, lead_class, day)


@njit
def _take_up(frame, tables, work, draw, step, stage, role, day, attempt, replication, key0, key1):
    """Pieces of the leads that the role takes up in the stage now: as many as time and slots allow."""
    _join_queues(frame, tables, work, draw, stage, day, replication, key0, key1)
    if frame.open_day[role, day] == 0:
        return 0
    waiting = np.int64(0)
    for queue in range(frame.step_queues[step, 0], frame.step_queues[step, 1]):
        waiting += work.queue_total[queue]
    if waiting == 0:
        return 0
    begun = work.credit_stage[role] == stage
    if begun:
        work.time_left[role] += work.reserved[role]
        work.reserved[role] = 0
    version = frame.version_at[stage, day + frame.history]
    _seek_day(frame, work, day, replication, frame.stage_hash[stage] ^ U32(TIES + (attempt << 8)), frame.role_hash[role], key0, key1)
    pieces = 0
    limited = work.time_left[role] < NO_END // 2
    needs = tables.work[min(draw, tables.work.shape[0] - 1), version]
    while waiting > 0:
        wanted = waiting
        if work.slots[role] >= 0:
            wanted = min(wanted, work.slots[role] - work.held[role] - _pieces_total(work, pieces))
            if wanted <= 0:
                break
        credit = work.credit[role] if work.credit_stage[role] == stage else 0
        time = work.time_left[role] + credit
        need = np.int64(0)
        if limited:
            need = frame.one_work[stage, role]
            if need >= 0:
                need = needs[need]
                wanted = min(wanted, time // need)
            else:
                wanted = min(wanted, 1)
        taken = np.int64(0)
        before = pieces
        for queue in range(frame.step_queues[step, 0], frame.step_queues[step, 1]):
            if wanted > taken:
                pieces, here = take_from_queue(frame, work, stage, queue, day, wanted - taken, pieces)
                taken += here
        if limited and need < 0:
            need = needs[work.piece_class[pieces - 1]]
            if time < need:
                _put_back(frame, work, stage, before)
                pieces = before
                taken = 0
        waiting -= taken
        if taken > 0 and limited:
            spent = taken * need - credit
            work.time_left[role] -= spent
            work.time_used[role] += spent
            if work.credit_stage[role] == stage:
                work.credit[role] = 0
                work.credit_stage[role] = -1
        if taken == 0:
            if limited and work.time_left[role] > 0 and (work.credit_stage[role] < 0 or work.credit_stage[role] == stage):
                # The time that is left goes into the next lead, which is then begun but not taken up.
                work.credit[role] = time
                work.credit_stage[role] = stage
                work.time_used[role] += work.time_left[role]
                work.time_left[role] = 0
            break
        if not limited:
            break
    return pieces


@njit
def _put_back(frame, work, stage, piece):
    """Return the lead of a piece to its place in the queue."""
    lead_class = work.piece_class[piece]
    work.queue_total[frame.queue_of[stage, lead_class]] += 1
    deal = work.piece_deal[piece]
    if deal >= 0:
        work.deal_state[deal] = 1
        work.deals_waiting[stage] += 1
    else:
        work.waiting[frame.waiting_row[stage, lead_class], work.piece_arrival[piece] + frame.history] += 1
    key = work.piece_arrival[piece] + frame.history + frame.key_offset[stage, lead_class]
    queue = frame.queue_of[stage, lead_class]
    work.queue_head[queue] = min(work.queue_head[queue], key)


@njit
def _pieces_total(work, pieces):
    total = np.int64(0)
    for i in range(pieces):
        total += work.piece_count[i]
    return total


@njit
def _hand_over(frame, tables, work, component, day, replication, key0, key1):
    """Items of today's leavers go back to the queue or to the stated stage; which ones is drawn item by item."""
    for j in range(work.leave_count[0]):
        if work.leave_day[j] != day:
            continue
        role = work.leave_role[j]
        if frame.role_component[role] != component:
            continue
        share = work.leave_share[j]
        _seek_day(frame, work, day, replication, frame.role_hash[role] ^ U32(LEAVER), j, key0, key1)
        for i in range(frame.component_stages[component], frame.component_stages[component + 1]):
            stage = frame.component_stage[i]
            for lead_class in range(frame.classes):
                if frame.role_of[stage, lead_class] != role:
                    continue
                gone = np.int64(0)
                for edge in range(len(frame.edge_from)):
                    if frame.edge_from[edge] != stage or edge == frame.give_up_edge[stage]:
                        continue
                    for end in range(day + 1, frame.days):
                        count = np.int64(work.moved[end, edge, lead_class])
                        if count > 0:
                            moved = binomial(count, share, work.state)
                            work.moved[end, edge, lead_class] -= moved
                            work.release[role, end] -= moved
                            gone += moved
                moved = binomial(work.beyond[stage, lead_class], share, work.state)
                work.beyond[stage, lead_class] -= moved
                gone += moved
                if gone > 0:
                    work.held[role] -= gone
                    if frame.leaver_policy[role] == 1:
                        row = frame.waiting_row[stage, lead_class]
                        work.waiting[row, day + frame.history] += gone
                        work.queue_total[frame.queue_of[stage, lead_class]] += gone
                    else:
                        work.items[role] -= gone
                        work.moved[day, frame.leaver_edge[stage, role], lead_class] += gone


@njit
def _close_day(frame, tables, work, out, n, draw, replication, component, day, key0, key1):
    """The last parts of a day: use of capacity, made leads, and the waiting count at the end of a period."""
    period = frame.period_of[day]
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        ramped = work.ramped[role, day]
        out.head_days[n, period, role] += work.heads[role, day]
        free = 1.0
        if frame.open_day[role, day] == 1:
            per_day = tables.per_day[min(draw, tables.per_day.shape[0] - 1), role, day]
            if per_day >= 0.0:
                capacity = ramped * per_day
                used = work.time_used[role] / MICRO
                out.capacity[n, period, role] += capacity
                out.capacity_used[n, period, role] += used
                free = max(0.0, 1.0 - used / capacity) if capacity > 0.0 else 0.0
            if work.slots[role] >= 0:
                out.slot_days[n, period, role] += work.slots[role]
                out.slot_days_used[n, period, role] += work.held[role]
                free = min(free, max(0.0, 1.0 - work.held[role] / work.slots[role]) if work.slots[role] > 0 else 0.0)
            if day + 1 < frame.days:
                for channel in range(len(frame.channel_role)):
                    if frame.channel_role[channel] == role:
                        rate = tables.made_rate[min(draw, tables.made_rate.shape[0] - 1), channel, day]
                        u = unit(frame.day_key[day], replication, MADE, frame.channel_hash[channel], key0, key1)
                        made = poisson_quantile(rate * ramped * free, u)
                        if made > 0:
                            work.made[channel] = mix_arrivals(
                                frame, tables, work, draw, channel, day + 1, made, work.made[channel], replication, key0, key1
                            )
    if day + 1 == frame.days or frame.period_of[day + 1] != period:
        for queue in range(len(frame.queue_last_in)):
            stage = frame.queue_stage[queue]
            if frame.stage_component[stage] == component:
                out.waiting[n, period, stage] += work.queue_total[queue]


@njit
def _own_words(frame, work, stage, lead_class, deal, index, replication, key0, key1):
    """Words of a lead that is open at the start, or of a listed deal, in the last row."""
    if deal < 0:
        a, b, c, d = block(index, replication, frame.stage_hash[stage] ^ U32(OPENING), frame.class_hash[lead_class], key0, key1)
    else:
        a, b, c, d = block(index, replication, frame.deal_hash[deal] ^ U32(DEAL), frame.stage_hash[stage], key0, key1)
    row = work.words[len(work.word_next)]
    row[0, 0] = U32(a)
    row[1, 0] = U32(b)
    row[2, 0] = U32(c)
    row[3, 0] = U32(d)


@njit
def _second_words(frame, stage, lead_class, deal, index, purpose, replication, key0, key1):
    """A further block of a lead, for what few leads need."""
    if deal < 0:
        return block(index, replication, frame.stage_hash[stage] ^ U32(purpose), frame.class_hash[lead_class], key0, key1)
    return block(index, replication, frame.deal_hash[deal] ^ U32(purpose), frame.stage_hash[stage], key0, key1)


@njit
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


@njit
def _redraw(
    frame, tables, draw, stage, lead_class, outcomes, begin, change, after, advance, outcome, end, index, deal, replication, key0, key1
):
    """Draw a lead again whose end falls on or after a change that affects open leads, given that it has not ended before."""
    timeout = np.int64(NO_END)
    factor = 1.0
    if 0.0 < advance < 1.0 and after < 1.0:
        factor = after / (1.0 - after) * (1.0 - advance) / advance
    times = 0
    while change < frame.days and end >= change:
        version = frame.version_at[stage, change + frame.history]
        a, b, _, _ = _second_words(frame, stage, lead_class, deal, index * 16 + times, REDRAW, replication, key0, key1)
        share = tables.share_row[min(draw, tables.share_row.shape[0] - 1), version, lead_class]
        new_advance = scaled_advance(tables.share_advance[share], factor, 1.0)
        outcome, end = late_outcome(
            frame, tables, tables.law_row[min(draw, tables.law_row.shape[0] - 1), version, :, lead_class],
            tables.share_sum[share], outcomes, new_advance, frame.advancing[stage], begin, change, U32(a), U32(b),
        )
        if frame.timeout_edge[stage] >= 0:
            timeout = max(begin + tables.timeout[min(draw, tables.timeout.shape[0] - 1), version], change)
        change = frame.open_change[stage, change + frame.history]
        times += 1
    return outcome, end, timeout


@njit
def _move_deal(frame, work, out, n, deal, edge, lead_class, end):
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


@njit
def _won_amount(frame, tables, draw, lead_class, deal, day, word, replication, key0, key1):
    """Amount of a win in cents: the deal's own times a revision, or drawn from its class's law on the day's prices."""
    u = (word + 0.5) * TO_UNIT
    if deal >= 0 and frame.deal_cents[deal] >= 0.0:
        row = tables.revision_row[min(draw, tables.revision_row.shape[0] - 1)]
        factor = table_quantile(tables, row, u) if row >= 0 else 1.0
        return np.int64(math.floor(frame.deal_cents[deal] * factor + 0.5))
    g = min(draw, tables.band_low.shape[0] - 1)
    low = tables.band_low[g, lead_class]
    u = min(max(low + u * (tables.band_high[g, lead_class] - low), 1e-12), 1.0 - 1e-12)
    rows = tables.amount_row[min(draw, tables.amount_row.shape[0] - 1)]
    row = rows[frame.amount_from[day], lead_class]
    if row < 0:
        return np.int64(0)
    amount = table_quantile(tables, row, u)
    weight = frame.amount_weight[day]
    if weight > 0.0:
        amount += weight * (table_quantile(tables, rows[frame.amount_to[day], lead_class], u) - amount)
    return np.int64(math.floor(amount * 100.0 + 0.5))
