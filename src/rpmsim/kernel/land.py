"""The first parts of a day: capacity is set, leavers hand over, moves land in stages and queues, leads give up."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.eight import BITS, bits_above_zero, first_one, without_first
from rpmsim.kernel.log import BANDED, BOOKED, GAVE_UP, TAKEN_BACK, note
from rpmsim.kernel.move import added, count_move, move, move_deal
from rpmsim.kernel.outcome import MOST_FACTOR
from rpmsim.kernel.purposes import BAND, GIVE_UP, LEAVER
from rpmsim.kernel.queue import key_of, let_wait
from rpmsim.kernel.random import ROW_WORDS, TO_UNIT, WORD_BITS, next_unit, seek, turn_to, unit
from rpmsim.kernel.sample import binomial, split


@part
def seek_day(frame, work, day, purpose, item, index=0):
    """Point the stream of rare draws at a day of a purpose and item; the day is mixed into the item."""
    seek(work.state, index, purpose, item + frame.day_key[day] * 0x9E3779B1, work.key)


@rare_part
def give_bands(frame, tables, work, stage, day):
    """Split leads that land in a stage without a size band over the bands of their class."""
    bands = frame.band_class.shape[1]
    first = stage * frame.classes
    today = day * frame.landing_step[stage]
    for lead_class in range(frame.classes):
        landed = frame.landing_place[first + lead_class] + today
        count = np.int64(work.landing[landed])
        if count == 0 or frame.band_class[lead_class, 0] == lead_class or frame.band_class[lead_class, 0] < 0:
            continue
        work.landing[landed] = 0
        # Leads that land later on the same day draw from where the earlier ones ended.
        seek_day(frame, work, day, frame.stage_hash[stage] ^ BAND, frame.class_hash[lead_class], work.banded[stage])
        split(count, tables.band_sum[lead_class], bands, work.parts, work.state)
        for band in range(bands):
            banded = frame.band_class[lead_class, band]
            note(frame, work, BANDED, stage, lead_class, day, day, day, banded, work.parts[band], -1)
            place = frame.landing_place[first + banded] + today
            work.landing[place] = added(work, work.landing[place], work.parts[band])
    work.banded[stage] += 1 << 16


@small_part
def landed_classes(frame, work, stage, day, low):
    """Bits of the classes ``low`` ... ``low`` + 63 that landed in a stage on a day; those of a day are neighbors."""
    place = frame.landing_place[stage * frame.classes + low] + day * frame.landing_step[stage]
    return bits_above_zero(work.landing, place, min(frame.classes - low, BITS))


@part
def join_queues(frame, tables, work, stage, day):
    """Put what has landed in a staffed stage on a day into its queues."""
    work.fresh[stage] = 0
    if frame.band_stage[stage] == 1:
        give_bands(frame, tables, work, stage, day)
    today = frame.landing_place[stage * frame.classes] + day * frame.landing_step[stage]
    for low in range(0, frame.classes, BITS):
        bits = landed_classes(frame, work, stage, day, low)
        while bits != 0:
            lead_class = low + first_one(bits)
            bits = without_first(bits)
            role = frame.role_of[stage, lead_class]
            if role >= 0:
                count = np.int64(work.landing[today + lead_class])
                work.landing[today + lead_class] = 0
                let_wait(frame, work, stage, lead_class, day, count)
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


@part
def land(frame, tables, work, out, component, day):
    """The first parts of a day: load is read, leavers hand over, capacity is set, moves land, leads give up.

    Returns whether work was begun on a lead, which is to be finished first.
    """
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        if frame.role_load[role] == 1:
            ramped = work.ramped[role, day]
            load = work.items[role] / ramped if ramped > 0.0 else 0.0
            for j in range(frame.component_stages[component], frame.component_stages[component + 1]):
                stage = frame.component_stage[j]
                if frame.serves[stage, role] == 1:
                    version = frame.version_at[stage, day + frame.history]
                    excess = max(0.0, load - tables.load_above[version])
                    work.load_factor[stage, role] = min(tables.load_odds[version] ** excess, MOST_FACTOR)
                    excess = max(0.0, load - tables.response_above[version])
                    work.response_factor[stage, role] = min(tables.response_stretch[version] ** excess, MOST_FACTOR)
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        share = work.leave_share[role, day]
        if share > 0.0:
            _hand_over(frame, work, out, component, role, day, share)
        work.time_left[role] = work.time[role, day]
        work.time_used[role] = 0
        released = np.int64(work.release[role, day])
        work.held[role] -= released
        work.items[role] -= released
    for j in range(frame.component_stages[component], frame.component_stages[component + 1]):
        stage = frame.component_stage[j]
        work.banded[stage] = 0
        if frame.staffed[stage] == 1:
            join_queues(frame, tables, work, stage, day)
            if frame.give_up_edge[stage] >= 0:
                _give_up(frame, tables, work, out, stage, day)
    some_begun = False
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        stage = work.credit_stage[role]
        if stage >= 0 and work.time_left[role] > 0 and _waiting_for(frame, work, stage, role) == 0:
            work.credit[role] = 0
            work.credit_stage[role] = -1
        work.begun_stage[role] = work.credit_stage[role] if work.time_left[role] > 0 else -1
        some_begun |= work.begun_stage[role] >= 0
    return some_begun


@part
def _waiting_for(frame, work, stage, role):
    """Leads that wait in a stage for a role."""
    total = np.int64(0)
    for queue in range(len(frame.queue_last_in)):
        if frame.queue_stage[queue] == stage and frame.queue_role[queue] == role:
            total += work.queue_total[queue]
    return total


@part
def _give_up(frame, tables, work, out, stage, day):
    """Each lead that has waited for a day or longer gives up with the stated chance."""
    chance = tables.give_up[frame.version_at[stage, day + frame.history]]
    if chance <= 0.0:
        return
    edge = frame.give_up_edge[stage]
    total = np.int64(0)
    last = frame.stage_rows[stage + 1]
    for low in range(frame.stage_rows[stage], last, BITS):
        bits = bits_above_zero(work.waiting_total, low, min(last - low, BITS))
        while bits != 0:
            row = low + first_one(bits)
            bits = without_first(bits)
            lead_class = frame.queue_class[row]
            gone = _gone_of_class(frame, work, stage, row, lead_class, chance, day)
            if gone > 0:
                total += gone
                work.queue_total[frame.queue_of[stage, lead_class]] -= gone
                work.waiting_total[row] -= gone
                work.items[frame.role_of[stage, lead_class]] -= gone
                move(frame, work, out, edge, lead_class, day, gone)
    if work.deals_waiting[stage] > 0:
        item = frame.stage_hash[stage]
        for deal in range(len(work.deal_stage)):
            if work.deal_state[deal] != 1 or work.deal_stage[deal] != stage or work.deal_day[deal] >= day:
                continue
            if unit(frame.day_key[day], frame.deal_hash[deal] ^ GIVE_UP, item, work.key) < chance:
                lead_class = work.deal_class[deal]
                work.deals_waiting[stage] -= 1
                work.queue_total[frame.queue_of[stage, lead_class]] -= 1
                work.items[frame.role_of[stage, lead_class]] -= 1
                total += 1
                note(frame, work, GAVE_UP, stage, lead_class, work.deal_day[deal], day, day, edge, 1, deal)
                move_deal(frame, work, out, deal, edge, lead_class, day)
    out.gave_up[frame.period_of[day], stage] += total


@small_part
def _gone_of_class(frame, work, stage, row, lead_class, chance, day):
    """Take those of a class who give up on a day out of its row of the waiting counts. Returns how many."""
    ordinal = frame.day_key[day]
    purpose = frame.stage_hash[stage] ^ GIVE_UP
    item = frame.class_hash[lead_class]
    turn_to(work.quit_words, work.quit_row, row, ordinal >> WORD_BITS, purpose, item, work.key)
    u = (work.quit_words[row, ordinal & (ROW_WORDS - 1)] + 0.5) * TO_UNIT
    waiting = work.waiting_total[row]
    few = waiting <= frame.split_above
    if few and u <= 1.0 - chance * waiting:
        return np.int64(0)
    # Leads who stay until the next one gives up: one draw for each that goes, and one more.
    stays = math.log1p(-chance) if chance < 1.0 else -np.inf
    passed = np.int64(math.floor(min(math.log(u) / stays, 1e15)))
    if few and passed >= waiting:
        return np.int64(0)
    seek_day(frame, work, day, purpose, item, 1)
    queue = frame.queue_of[stage, lead_class]
    low = frame.row_offset[row]
    high = key_of(frame, row, day)
    if frame.queue_last_in[queue] == 0:
        low = max(low, work.queue_head[queue])
    gone = np.int64(0)
    for key in range(low, high):
        landed = key - frame.history - frame.row_offset[row]
        left = np.int64(work.waiting[key, row])
        if left > frame.split_above:
            many = binomial(left, chance, work.state)
            work.waiting[key, row] -= many
            gone += many
            note(frame, work, GAVE_UP, stage, lead_class, landed, day, day, frame.give_up_edge[stage], many, -1)
            continue
        while passed < left:
            left -= passed + 1
            work.waiting[key, row] -= 1
            gone += 1
            note(frame, work, GAVE_UP, stage, lead_class, landed, day, day, frame.give_up_edge[stage], 1, -1)
            passed = np.int64(math.floor(min(math.log(next_unit(work.state)) / stays, 1e15)))
        passed -= left
    return gone


@rare_part
def _hand_over(frame, work, out, component, role, day, share):
    """The items of a role's leavers go back to the queue or to the stated stage; which ones is drawn item by item.

    They are a ``share`` of all. That comes before the landings: what is due today is among the items.
    """
    seek_day(frame, work, day, frame.role_hash[role] ^ LEAVER, 0)
    for i in range(frame.component_stages[component], frame.component_stages[component + 1]):
        stage = frame.component_stage[i]
        for lead_class in range(frame.classes):
            if frame.role_of[stage, lead_class] == role:
                gone = _taken_back(frame, work, out, stage, role, lead_class, day, share)
                if gone == 0:
                    continue
                work.held[role] -= gone
                if frame.leaver_policy[role] == 1:
                    let_wait(frame, work, stage, lead_class, day, gone)
                else:
                    work.items[role] -= gone
                    move(frame, work, out, frame.leaver_edge[stage, role], lead_class, day, gone)
    for deal in range(len(work.deal_stage)):
        stage = work.deal_from[deal]
        if stage < 0 or work.deal_end[deal] < day or frame.role_of[stage, work.deal_before[deal]] != role:
            continue
        if next_unit(work.state) < share:
            _take_back_deal(frame, work, out, deal, stage, role, day)


@small_part
def _left_to(frame, stage, role):
    """Edge over which items of leavers go to a stage; -1 where they go back to the queue."""
    return frame.leaver_edge[stage, role] if frame.leaver_policy[role] != 1 else np.int64(-1)


@part
def _taken_back(frame, work, out, stage, role, lead_class, day, share):
    """Number of leads in progress whose moves are undone, as the one who worked them has left."""
    gone = np.int64(0)
    to = _left_to(frame, stage, role)
    for edge in range(len(frame.edge_from)):
        late = frame.edge_late[edge]
        if frame.edge_from[edge] != stage or frame.edge_back[edge] == 0:
            continue
        for end in range(day, frame.days):
            count = np.int64(work.late[late, lead_class, end])
            if count > 0:
                back = binomial(count, share, work.state)
                work.late[late, lead_class, end] -= back
                work.release[role, end] -= back
                move(frame, work, out, edge, lead_class, end, -back)
                note(frame, work, TAKEN_BACK, stage, lead_class, to, day, end, edge, back, -1)
                gone += back
    back = binomial(work.beyond[stage, lead_class], share, work.state)
    work.beyond[stage, lead_class] -= back
    note(frame, work, TAKEN_BACK, stage, lead_class, to, day, frame.days, -1, back, -1)
    return gone + back


@part
def _take_back_deal(frame, work, out, deal, stage, role, day):
    """Undo the move that a listed deal was to make, and let it wait again or go to the stated stage."""
    lead_class = work.deal_before[deal]
    end = work.deal_end[deal]
    if end < frame.days:
        period = frame.period_of[end]
        count_move(frame, out, work.deal_edge[deal], lead_class, end, -1)
        out.bookings[period, frame.cell_of[lead_class]] -= work.deal_booked[deal]
        if frame.deal_row[deal] >= 0 and work.deal_booked[deal] != 0:
            out.deal_cents[frame.deal_row[deal]] -= work.deal_booked[deal]
            out.deal_period[frame.deal_row[deal]] = 0
        work.release[role, end] -= 1
        if work.deal_state[deal] == 0:
            work.deals_on[end] -= 1
    edge = work.deal_edge[deal]
    note(frame, work, TAKEN_BACK, stage, lead_class, _left_to(frame, stage, role), day, end, edge, 1, deal)
    if work.deal_booked[deal] != 0:
        note(frame, work, BOOKED, stage, lead_class, end, end, end, edge, -work.deal_booked[deal], deal)
    work.held[role] -= 1
    work.deal_from[deal] = -1
    work.deal_stage[deal] = stage
    work.deal_class[deal] = lead_class
    if frame.leaver_policy[role] == 1:
        work.deal_state[deal] = 1
        work.deal_day[deal] = day
        work.deals_waiting[stage] += 1
        work.queue_total[frame.queue_of[stage, lead_class]] += 1
    else:
        work.items[role] -= 1
        move_deal(frame, work, out, deal, frame.leaver_edge[stage, role], lead_class, day)
        work.deal_from[deal] = -1
