"""Who is taken up next: queues by rank and day, ties at random or as stated (model, section 5)."""

from __future__ import annotations

import numpy as np
from numba import njit

from rpmsim.kernel.compiled import part, small_part
from rpmsim.kernel.eight import BITS, bits_above_zero, first_one, without_first
from rpmsim.kernel.sample import hypergeometric


@njit(inline="always")
def add_piece(work, pieces, lead_class, day, arrival, count, deal):
    """Append a piece: leads of one class that begin a stage together, or are in it at the start."""
    work.piece_class[pieces] = lead_class
    work.piece_day[pieces] = day
    work.piece_arrival[pieces] = arrival
    work.piece_count[pieces] = count
    work.piece_deal[pieces] = deal
    return pieces + 1


@part
def take_from_queue(frame, work, stage, queue, day, wanted, pieces):
    """Take up to ``wanted`` leads of one queue; append them as pieces.

    Returns the number of pieces and of leads taken. Keys run from the oldest (or, last in, the newest) on; a key's
    leads are taken whole while they fit, then by tie groups, and inside a group at random.
    """
    history = frame.history
    low = work.queue_head[queue]
    high = day + history + frame.queue_span[queue]
    first, last = frame.queue_range[queue], frame.queue_range[queue + 1]
    newest_first = frame.queue_last_in[queue] == 1
    if wanted >= work.queue_total[queue] and work.deals_waiting[stage] == 0 and not newest_first:
        return _take_all(frame, work, queue, day, pieces)
    taken = 0
    key = high if newest_first else low
    while taken < wanted and work.queue_total[queue] > 0:
        left = wanted - taken
        pieces, here, remains = _take_key(frame, work, stage, queue, first, last, key, day, left, pieces)
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
    return pieces, taken


@part
def _take_all(frame, work, queue, day, pieces):
    """Take all leads of a queue, which is quicker class by class: inside a class, the oldest first."""
    last = frame.queue_range[queue + 1]
    for low in range(frame.queue_range[queue], last, BITS):
        bits = bits_above_zero(work.waiting_total, low, min(last - low, BITS))
        while bits != 0:
            i = low + first_one(bits)
            bits = without_first(bits)
            pieces = _take_class(frame, work, i, max(work.queue_head[queue] - frame.row_offset[i], 0), day, pieces)
    taken = work.queue_total[queue]
    work.queue_total[queue] = 0
    work.queue_head[queue] = max(work.queue_head[queue], day + frame.history + frame.queue_least_offset[queue])
    return pieces, taken


@part
def _take_class(frame, work, i, d, day, pieces):
    """Take all leads of a queue's class ``i``, none of which came before day ``d`` of the history."""
    while work.waiting_total[i] > 0:
        count = np.int64(work.waiting[d, i])
        if count > 0:
            work.waiting[d, i] = 0
            work.waiting_total[i] -= count
            pieces = add_piece(work, pieces, frame.queue_class[i], day, d - frame.history, count, -1)
        d += 1
    return pieces


@part
def _take_key(frame, work, stage, queue, first, last, key, day, wanted, pieces):
    """Take up to ``wanted`` of the leads under one key. Returns pieces, taken, and how many of the key remain."""
    remains = 0
    taken = 0
    deals = work.deals_waiting[stage] > 0
    i = first
    while i < last:
        j = i
        total = np.int64(0)
        while j < last and frame.queue_tie[j] == frame.queue_tie[i]:
            total += _cell(frame, work, stage, j, key)
            j += 1
        if total > 0:
            n = min(total, wanted - taken)
            if j == i + 1 and not deals:
                pieces = _take_leads(frame, work, i, key, day, n, pieces)
            elif n > 0:
                pieces = _take_group(frame, work, stage, i, j, key, day, n, total, pieces)
            taken += n
            remains += total - n
        i = j
    return pieces, taken, remains


@small_part
def _take_leads(frame, work, i, key, day, count, pieces):
    """Take leads that wait in a queue's class ``i`` under a key."""
    if count > 0:
        d = key - frame.row_offset[i]
        work.waiting[d, i] -= count
        work.waiting_total[i] -= count
        pieces = add_piece(work, pieces, frame.queue_class[i], day, d - frame.history, count, -1)
    return pieces


@small_part
def _cell(frame, work, stage, i, key):
    """Leads of a queue's class ``i`` under a key, listed deals included."""
    d = key - frame.row_offset[i]
    if d < 0 or d >= work.waiting.shape[0]:
        return 0
    n = np.int64(work.waiting[d, i])
    if work.deals_waiting[stage] > 0:
        n += _deals_in_cell(frame, work, stage, frame.queue_class[i], d)
    return n


@part
def _deals_in_cell(frame, work, stage, lead_class, d):
    n = 0
    for i in range(len(work.deal_stage)):
        if (
            work.deal_state[i] == 1
            and work.deal_stage[i] == stage
            and work.deal_class[i] == lead_class
            and work.deal_day[i] + frame.history == d
        ):
            n += 1
    return n


@part
def _take_group(frame, work, stage, first, last, key, day, wanted, total, pieces):
    """Take ``wanted`` of the ``total`` leads of one tie group: every lead has the same chance."""
    for i in range(first, last):
        if wanted == 0:
            break
        lead_class = frame.queue_class[i]
        here = _cell(frame, work, stage, i, key)
        if here == 0:
            continue
        n = here if wanted == total else hypergeometric(here, total - here, wanted, work.state)
        total -= here
        wanted -= n
        if n == 0:
            continue
        d = key - frame.row_offset[i]
        deals = here - np.int64(work.waiting[d, i])
        from_deals = 0
        if deals > 0:
            from_deals = hypergeometric(deals, here - deals, n, work.state)
            pick = from_deals
            for deal in range(len(work.deal_stage)):
                if pick == 0:
                    break
                if (
                    work.deal_state[deal] == 1
                    and work.deal_stage[deal] == stage
                    and work.deal_class[deal] == lead_class
                    and work.deal_day[deal] + frame.history == d
                ):
                    if hypergeometric(pick, deals - pick, 1, work.state) == 1:
                        pick -= 1
                        work.deal_state[deal] = 2
                        work.deals_waiting[stage] -= 1
                        pieces = add_piece(work, pieces, lead_class, day, d - frame.history, 1, deal)
                    deals -= 1
        pieces = _take_leads(frame, work, i, key, day, n - from_deals, pieces)
    return pieces
