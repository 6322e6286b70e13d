"""Moves over edges: counted in their period, landing in the next stage on their day; slots of what is staffed."""

from __future__ import annotations

import numpy as np
from numba import njit

from rpmsim.arrays.layout import WAY
from rpmsim.kernel.compiled import rare_part, small_part


@small_part
def count_move(frame, out, edge, lead_class, day, count):
    """Count leads that take an edge on a day."""
    out.moves[frame.period_place[day] + frame.way[(edge * frame.classes + lead_class) * WAY + 2]] += count


MOST = 2_000_000_000
"""Leads of a class and day that are counted in one place, at most. There are many places, so they are of 32 bits, which
leaves room for leads that come one by one and are not looked at for it."""


@small_part
def added(work, before, count):
    """A count in 32 bits after more leads came at once; what does not fit is noted, and ends the run."""
    after = np.int64(before) + count
    if after > MOST:
        work.too_many[0] = 1
        after = np.int64(MOST)
    return after


@njit(inline="always")
def move(frame, work, out, edge, lead_class, day, count):
    """Let ``count`` leads of a class take an edge on a day inside the span. Returns what is to be noted of it."""
    count_move(frame, out, edge, lead_class, day, count)
    way = (edge * frame.classes + lead_class) * WAY
    step = frame.way[way + 1]
    if step != 0:  # nobody asks who has landed in a stage that is the end
        place = frame.way[way] + day * step
        work.landing[place] = added(work, work.landing[place], count)
    work.fresh[frame.way[way + 3]] = 1
    return frame.way[way + 4]


@small_part
def hold(frame, work, stage, lead_class, begin, end, count, listed):
    """Let leads that are taken up hold their slots until they leave. Returns how many leave at once."""
    role = frame.role_of[stage, lead_class]
    if role < 0:
        return 0
    if end <= begin:
        work.items[role] -= count
        return count
    work.held[role] += count
    if end < frame.days:
        work.release[role, end] += count
    elif not listed:
        work.beyond[stage, lead_class] += count
    return 0


@small_part
def take_edge(frame, work, out, edge, lead_class, day, count, unpaid):
    """Let leads take an edge; note what leavers may take back, and wins without amounts (``unpaid``).

    Returns what is to be noted of the edge (:data:`rpmsim.arrays.layout.WAY`): below 0 for a win.
    """
    note = move(frame, work, out, edge, lead_class, day, count)
    if note > 0 or (note < 0 and unpaid):
        late = abs(note) - 1
        work.late[late, lead_class, day] = added(work, work.late[late, lead_class, day], count)
    return note


@rare_part
def move_deal(frame, work, out, deal, edge, lead_class, end):
    """Move a listed deal: count it, and let it land in its next stage."""
    work.deal_visit[deal] += 1
    work.deal_state[deal] = 2
    work.deal_from[deal] = work.deal_stage[deal]
    work.deal_edge[deal] = edge
    work.deal_end[deal] = end
    work.deal_before[deal] = lead_class
    work.deal_booked[deal] = 0
    if end >= frame.days:
        return
    count_move(frame, out, edge, lead_class, end, 1)
    stage = frame.edge_to[edge]
    target = frame.edge_class[edge, lead_class]
    if frame.band_stage[stage] == 1 and frame.band_class[target, 0] >= 0:
        target = frame.band_class[target, work.deal_band[deal]]
    work.deal_stage[deal] = stage
    work.deal_class[deal] = target
    work.deal_day[deal] = end
    if frame.outcome_range[stage + 1] > frame.outcome_range[stage]:
        work.deal_state[deal] = 0
        work.deals_on[end] += 1
        work.fresh[stage] = 1
