"""Who is taken up next: queues by rank and day, ties at random or as stated (model, section 5)."""

from __future__ import annotations

import numpy as np
from numba import njit

from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.eight import BITS, all_bits, bits_above_zero, first_one, without_first
from rpmsim.kernel.move import added
from rpmsim.kernel.sample import hypergeometric


@njit(inline="always")
def add_cohort(work, cohorts, lead_class, day, arrival, count, deal):
    """Append a cohort: leads of one class that begin a stage together, or are in it at the start."""
    work.cohort_class[cohorts] = lead_class
    work.cohort_day[cohorts] = day
    work.cohort_arrival[cohorts] = arrival
    work.cohort_count[cohorts] = count
    work.cohort_deal[cohorts] = deal
    return cohorts + 1


@njit(inline="always")
def key_of(frame, row, day):
    """Key in the queue of the leads of a row of the waiting counts that came on a day."""
    return day + frame.history + frame.row_offset[row]


@small_part
def let_wait(frame, work, stage, lead_class, day, count):
    """Let leads of a class that came to a staffed stage on a day wait in their queue."""
    row = frame.waiting_row[stage, lead_class]
    key = key_of(frame, row, day)
    before = np.int64(work.waiting[key, row])
    after = added(work, before, count)
    work.waiting[key, row] = after
    work.waiting_total[row] += after - before
    work.queue_total[frame.queue_of[stage, lead_class]] += after - before


@part
def take_from_queue(frame, work, stage, queue, day, wanted, cohorts):
    """Take up to ``wanted`` leads of one queue; append them as cohorts.

    Returns the number of cohorts and of leads taken. Keys run from the oldest (or, last in, the newest) on; a key's
    leads are taken whole while they fit, then by tie groups, and inside a group at random.
    """
    history = frame.history
    low = work.queue_head[queue]
    high = day + history + frame.queue_span[queue]
    newest_first = frame.queue_last_in[queue] == 1
    if wanted >= work.queue_total[queue] and work.deals_waiting[stage] == 0 and not newest_first:
        return _take_all(frame, work, queue, day, cohorts)
    taken = 0
    key = high if newest_first else low
    while taken < wanted and work.queue_total[queue] > 0:
        left = wanted - taken
        cohorts, here, remains = _take_key(frame, work, stage, queue, key, day, left, cohorts)
        taken += here
        work.queue_total[queue] -= here
        if newest_first:
            key -= 1
            if key < 0:
                break
        else:
            if remains == 0 and key == work.queue_head[queue] and key < day + history + frame.queue_least_offset[queue]:
                work.queue_head[queue] = key + 1
            key += 1
            if key > high:
                break
    return cohorts, taken


@part
def _take_all(frame, work, queue, day, cohorts):
    """Take all leads of a queue, which is quicker class by class: inside a class, the oldest first."""
    last = frame.queue_range[queue + 1]
    for low in range(frame.queue_range[queue], last, BITS):
        bits = bits_above_zero(work.waiting_total, low, min(last - low, BITS))
        while bits != 0:
            i = low + first_one(bits)
            bits = without_first(bits)
            cohorts = _take_class(frame, work, i, max(work.queue_head[queue], frame.row_offset[i]), day, cohorts)
    taken = work.queue_total[queue]
    work.queue_total[queue] = 0
    work.queue_head[queue] = max(work.queue_head[queue], day + frame.history + frame.queue_least_offset[queue])
    return cohorts, taken


@part
def _take_class(frame, work, i, key, day, cohorts):
    """Take all leads of a queue's class ``i``, none of which waits under a smaller key."""
    before = frame.history + frame.row_offset[i]
    while work.waiting_total[i] > 0:
        count = np.int64(work.waiting[key, i])
        if count > 0:
            work.waiting[key, i] = 0
            work.waiting_total[i] -= count
            cohorts = add_cohort(work, cohorts, frame.queue_class[i], day, key - before, count, -1)
        key += 1
    return cohorts


@small_part
def _take_key(frame, work, stage, queue, key, day, wanted, cohorts):
    """Take up to ``wanted`` of the leads under one key. Returns cohorts, taken, and how many of the key remain."""
    waiting = work.waiting[key]
    deals = work.deals_waiting[stage] > 0
    remains = np.int64(0)
    left = np.int64(wanted)
    low = frame.queue_range[queue]
    last = frame.queue_range[queue + 1]
    while low < last:
        high = frame.tie_until[low]
        total = np.int64(0)
        for i in range(low, high):
            total += waiting[i]
        if deals:
            for i in range(low, high):
                total += _deals_in_cell(frame, work, stage, i, key)
        if total > 0:
            n = min(total, left)
            if high == low + 1 and not deals:
                cohorts = _take_leads(frame, work, low, key, day, n, cohorts)
            elif n > 0:
                cohorts = _take_group(frame, work, stage, low, high, key, day, n, total, deals, cohorts)
            left -= n
            remains += total - n
        low = high
    return cohorts, wanted - left, remains


@small_part
def _take_leads(frame, work, i, key, day, count, cohorts):
    """Take leads that wait in a queue's class ``i`` under a key."""
    if count > 0:
        work.waiting[key, i] -= count
        work.waiting_total[i] -= count
        arrival = key - frame.history - frame.row_offset[i]
        cohorts = add_cohort(work, cohorts, frame.queue_class[i], day, arrival, count, -1)
    return cohorts


@rare_part
def _deals_in_cell(frame, work, stage, i, key):
    """Listed deals of a queue's class ``i`` under a key."""
    n = 0
    for deal in range(len(work.deal_stage)):
        if _is_in_cell(frame, work, stage, i, key, deal):
            n += 1
    return n


@small_part
def _is_in_cell(frame, work, stage, i, key, deal):
    return (
        work.deal_state[deal] == 1
        and work.deal_stage[deal] == stage
        and work.deal_class[deal] == frame.queue_class[i]
        and key_of(frame, i, work.deal_day[deal]) == key
    )


@part
def _take_group(frame, work, stage, first, last, key, day, wanted, total, deals, cohorts):
    """Take ``wanted`` of the ``total`` leads of one tie group: every lead has the same chance."""
    for low in range(first, last, BITS):
        count = min(last - low, BITS)
        bits = all_bits(count) if deals else bits_above_zero(work.waiting[key], low, count)
        while bits != 0 and wanted > 0:
            i = low + first_one(bits)
            bits = without_first(bits)
            listed = _deals_in_cell(frame, work, stage, i, key) if deals else 0
            here = np.int64(work.waiting[key, i]) + listed
            if here == 0:
                continue
            n = here if wanted == total else hypergeometric(here, total - here, wanted, work.state)
            total -= here
            wanted -= n
            if n > 0 and listed > 0:
                picked = hypergeometric(listed, here - listed, n, work.state)
                cohorts = _take_deals(frame, work, stage, i, key, day, picked, listed, cohorts)
                n -= picked
            cohorts = _take_leads(frame, work, i, key, day, n, cohorts)
    return cohorts


@rare_part
def _take_deals(frame, work, stage, i, key, day, wanted, deals, cohorts):
    """Take ``wanted`` of the listed ``deals`` of a queue's class ``i`` under a key, at random."""
    for deal in range(len(work.deal_stage)):
        if wanted > 0 and _is_in_cell(frame, work, stage, i, key, deal):
            if hypergeometric(wanted, deals - wanted, 1, work.state) == 1:
                wanted -= 1
                work.deal_state[deal] = 2
                work.deals_waiting[stage] -= 1
                cohorts = add_cohort(work, cohorts, frame.queue_class[i], day, work.deal_day[deal], 1, deal)
            deals -= 1
    return cohorts
