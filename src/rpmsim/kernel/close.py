"""The last parts of a day: use of capacity, made leads, and the waiting count at the end of a period."""

from __future__ import annotations

from rpmsim.arrays.layout import MICRO
from rpmsim.kernel.arrivals import mix_arrivals
from rpmsim.kernel.compiled import part
from rpmsim.kernel.purposes import MADE
from rpmsim.kernel.random import unit_in_row
from rpmsim.kernel.sample import poisson_quantile


@part
def close_day(frame, tables, work, out, component, day):
    """The last parts of a day: use of capacity, made leads, and the waiting count at the end of a period."""
    period = frame.period_of[day]
    for i in range(frame.component_roles[component], frame.component_roles[component + 1]):
        role = frame.component_role[i]
        if frame.open_day[role, day] == 1:
            if work.time_used[role] != 0:
                out.capacity_used[period, role] += work.time_used[role] / MICRO
            if work.slots[role, day] >= 0:
                out.slot_days_used[period, role] += work.held[role]
            if frame.role_makes[role] == 1 and day + 1 < frame.days:
                _make_leads(frame, tables, work, out, role, day)
    if frame.period_until[day] == day + 1:
        for queue in range(len(frame.queue_last_in)):
            stage = frame.queue_stage[queue]
            if frame.stage_component[stage] == component:
                out.waiting[period, stage] += work.queue_total[queue]


@part
def _free_share(tables, work, role, day):
    """Share of a day that a role's queues and open items leave free."""
    free = 1.0
    if tables.per_day[role, day] >= 0.0:
        capacity = work.ramped[role, day] * tables.per_day[role, day]
        free = max(0.0, 1.0 - work.time_used[role] / MICRO / capacity) if capacity > 0.0 else 0.0
    slots = work.slots[role, day]
    if slots >= 0:
        free = min(free, max(0.0, 1.0 - work.held[role] / slots) if slots > 0 else 0.0)
    return free


@part
def _make_leads(frame, tables, work, out, role, day):
    """Let a role make the leads of its channels in the time that it has left; they arrive on the next day."""
    for channel in range(len(frame.channel_role)):
        if frame.channel_role[channel] == role:
            rate = tables.made_rate[channel, day] * work.ramped[role, day] * _free_share(tables, work, role, day)
            item = frame.channel_hash[channel]
            u = unit_in_row(work.day_words, work.day_row, channel, frame.day_key[day], MADE, item, work.key)
            made = poisson_quantile(rate, u)
            if made > 0:
                work.made[channel] = mix_arrivals(frame, tables, work, out, channel, day + 1, made, work.made[channel])
