"""The last parts of a day: use of capacity, made leads, and who waits at the end of a period."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.arrays.layout import MICRO
from rpmsim.kernel.answer import DAY_MINUTES
from rpmsim.kernel.arrivals import mix_arrivals
from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.outcome import EPSILON
from rpmsim.kernel.purposes import MADE
from rpmsim.kernel.queue import key_of
from rpmsim.kernel.random import unit_in_row
from rpmsim.kernel.sample import poisson_quantile

SETTLED = 1e-6
"""Item-days that a fraction of a slot may owe and count as owing nothing: sums of fractions are rounded."""


@part
def close_day(frame, tables, work, out, component, day):
    """The last parts of a day: use of capacity, made leads, and who waits at the end of a period."""
    period = frame.period_of[day]
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        if work.slots[role, day] >= 0:
            _settle_slots(frame, tables, work, role, day)
        if frame.open_day[role, day] == 1:
            if work.time_used[role] != 0:
                out.capacity_used[period, role] += work.time_used[role] / MICRO
            if work.slots[role, day] >= 0:
                out.slot_days_used[period, role] += work.held[role]
            if frame.role_makes[role] == 1:
                _make_leads(frame, tables, work, out, role, day)
    if frame.period_until[day] == day + 1:
        for queue in range(len(frame.queue_last_in)):
            stage = frame.queue_stage[queue]
            if frame.stage_component[stage] == component:
                out.waiting[period, stage] += work.queue_total[queue]
                if work.queue_total[queue] > 0:
                    out.waiting_minutes[period, stage] += DAY_MINUTES * _days_waited(frame, work, queue, day)
        _count_deals_waiting(frame, work, out, component, period, day)


@rare_part
def _days_waited(frame, work, queue, day):
    """Whole days that the leads of a queue have waited so far, summed; listed deals not counted."""
    total = np.int64(0)
    for i in range(frame.queue_range[queue], frame.queue_range[queue + 1]):
        left = work.waiting_total[i]
        days = np.int64(0)
        key = key_of(frame, i, day)
        while left > 0 and key >= 0:
            here = np.int64(work.waiting[key, i])
            total += here * days
            left -= here
            days += 1
            key -= 1
    return total


@rare_part
def _count_deals_waiting(frame, work, out, component, period, day):
    """Add the days that listed deals have waited so far."""
    for deal in range(len(work.deal_stage)):
        stage = work.deal_stage[deal]
        if work.deal_state[deal] == 1 and frame.stage_component[stage] == component:
            out.waiting_minutes[period, stage] += DAY_MINUTES * (day - work.deal_day[deal])


@small_part
def _share_of_slots(tables, work, role, day):
    """Open items that a role can hold on average, with the fraction."""
    return tables.holds[role, day] * work.ramped[role, day]


@part
def _settle_slots(frame, tables, work, role, day):
    """What the fraction of a slot owes after a day, and whether its slot is there on the next (model, section 5)."""
    share = _share_of_slots(tables, work, role, day)
    whole = math.floor(share + EPSILON)
    part = share - whole
    if part <= EPSILON:
        part = 0.0
    else:
        whole += 1
    work.slot_debt[role] = max(work.slot_debt[role] + min(work.held[role], whole) - share, -part)
    if day + 1 < frame.days and work.slots[role, day + 1] >= 0 and work.slot_debt[role] <= SETTLED:
        share = _share_of_slots(tables, work, role, day + 1)
        if share - math.floor(share + EPSILON) > EPSILON:
            work.slots[role, day + 1] += 1


@part
def _free_share(tables, work, role, day):
    """Share of a day that a role's queues and open items leave free."""
    free = 1.0
    if tables.per_day[role, day] >= 0.0:
        capacity = work.ramped[role, day] * tables.per_day[role, day]
        free = max(0.0, 1.0 - work.time_used[role] / MICRO / capacity) if capacity > 0.0 else 0.0
    if work.slots[role, day] >= 0:
        share = _share_of_slots(tables, work, role, day)
        free = min(free, max(0.0, 1.0 - work.held[role] / share) if share > 0.0 else 0.0)
    return free


@part
def _make_leads(frame, tables, work, out, role, day):
    """Let a role make the leads of its channels in the time that it has left; they arrive on the next day."""
    free = _free_share(tables, work, role, day)
    making = False
    for channel in range(len(frame.channel_role)):
        if frame.channel_role[channel] == role:
            rate = tables.made_rate[channel, day] * work.ramped[role, day] * free
            making = making or rate > 0.0
            if day + 1 == frame.days:
                continue
            item = frame.channel_hash[channel]
            u = unit_in_row(work.day_words, work.day_row, channel, frame.day_key[day], MADE, item, work.arrivals_key)
            made = poisson_quantile(rate, u)
            if made > 0:
                work.made[channel] = mix_arrivals(frame, tables, work, out, channel, day + 1, made, work.made[channel])
    if making and tables.per_day[role, day] >= 0.0:
        out.prospecting[frame.period_of[day], role] += work.ramped[role, day] * tables.per_day[role, day] * free
