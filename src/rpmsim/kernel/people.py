"""Capacity: the sum over people of what their tenure allows, day by day (model, section 6)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.arrays.layout import MICRO
from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import EPSILON, NO_END, delay_of
from rpmsim.kernel.random import TO_UNIT, U32, block

TENURE_MONTH = 30.4375
"""Days in a month of tenure (365.25 / 12)."""

NEW = 1e-9
"""Added to each person's capacity where items are shared out: a team without any capacity holds them by heads."""


@part
def people_kernel(frame, tables, work, out):
    """Fill heads, ramped heads, pay, time and slots of each role and day, and the share of items that leavers held.

    A seat is one person after the other: opening head or hire, then backfills. Each person of a seat owns one
    block of random words: the first decides when they leave, the second how long the seat stays open. A seat whose
    person departs stays closed.
    """
    days = frame.days
    work.heads[:] = 0.0
    work.ramped[:] = 0.0
    work.pay[:] = 0.0
    work.leave_share[:] = 0.0
    work.ramped_before[:] = 0.0
    for d in range(len(frame.departure_day)):
        work.departures_left[d] = frame.departure_count[d]
    for i in range(len(frame.person_role)):
        role = frame.person_role[i]
        leaves = tables.leaves[role]
        fill = tables.fill_row[role]
        backfill = tables.backfill_row[role]
        start = frame.person_start[i]
        if frame.person_search[i] == 1 and fill >= 0:
            _, _, word, _ = block(0, frame.person_hash[i], frame.role_hash[role], work.people_key)
            start += delay_of(tables, fill, U32(word))
        generation = 0
        while start < days:
            word, word_fill, _, _ = block(generation + 1, frame.person_hash[i], frame.role_hash[role], work.people_key)
            end = frame.person_end[i] + 1 if generation == 0 else days
            if leaves > 0.0:
                stays = math.log((word + 0.5) * TO_UNIT) / math.log1p(-leaves)
                if stays < 1e6:
                    end = min(end, max(0, start + 1) + np.int64(math.floor(stays)))
            departs = _departs(frame, work, i, start, end)
            if departs >= 0:
                end = departs
            _work(frame, tables, work, i, role, start, min(end, days), generation)
            if start < 0:
                share = _share_of_items(tables, role, -1 - start)
                work.ramped_before[role] += share * frame.person_weight[i]
            if end < days and frame.leaver_policy[role] > 0:
                share = _share_of_items(tables, role, end - 1 - start)
                work.leave_share[role, end] += share * frame.person_weight[i]
            if backfill < 0 or end >= days or departs >= 0:
                break
            start = end + max(1, delay_of(tables, backfill, U32(word_fill)))
            generation += 1
    for role in range(len(frame.role_hash)):
        if frame.leaver_policy[role] > 0:
            _share_leavers(frame, work, role)
        _capacity(frame, tables, work, out, role)


@part
def _departs(frame, work, person, start, end):
    """First day away of someone who is there when people of the role leave for good, -1 where they stay.

    Seats close in their order; who comes or leaves on that day anyway is not one of them.
    """
    if frame.person_named[person] == 1:
        return -1
    for d in range(len(frame.departure_day)):
        day = frame.departure_day[d]
        if frame.departure_role[d] == frame.person_role[person] and work.departures_left[d] > 0 and start < day < end:
            work.departures_left[d] -= 1
            return day
    return -1


@part
def _share_leavers(frame, work, role):
    """Turn what a day's leavers hold into a share of what all held who were there yesterday."""
    for day in range(frame.days):
        held = work.leave_share[role, day]
        if held > 0.0:
            total = work.ramped_before[role]
            if day > 0:
                total = work.ramped[role, day - 1] + NEW * work.heads[role, day - 1]
            work.leave_share[role, day] = min(1.0, held / total) if total > 0.0 else 1.0


@part
def _capacity(frame, tables, work, out, role):
    """Fill time and slots of a role's days, and sum what it could do in each period, whether leads come or not."""
    for day in range(frame.days):
        period = frame.period_of[day]
        ramped = work.ramped[role, day]
        per_day = tables.per_day[role, day]
        holds = tables.holds[role, day]
        time = NO_END if per_day < 0.0 else np.int64(math.floor(ramped * per_day * MICRO + 1e-3))
        slots = -1 if holds < 0.0 else np.int64(math.floor(holds * ramped + EPSILON))
        if day == 0 and slots >= 0 and holds * ramped - slots > EPSILON:
            slots += 1  # the fraction's slot, to which nothing is owed yet
        work.time[role, day] = time if frame.open_day[role, day] == 1 else 0
        work.slots[role, day] = slots
        out.head_days[period, role] += work.heads[role, day]
        if frame.open_day[role, day] == 1:
            if per_day >= 0.0:
                out.capacity[period, role] += ramped * per_day
            if slots >= 0:
                out.slot_days[period, role] += holds * ramped


@part
def _share_of_items(tables, role, tenure_days):
    """What a person holds of the items, in proportion: as much as their capacity."""
    ramp = tables.ramp[role]
    month = np.int64(math.floor(max(tenure_days, 0) / TENURE_MONTH))
    return ramp[min(month, len(ramp) - 1)] + NEW


@part
def _work(frame, tables, work, person, role, start, end, generation):
    """Add one person's days from ``start`` up to, not including, ``end``."""
    ramp = tables.ramp[role]
    pay = tables.pay_month[role]
    own_pay = tables.person_pay[person]
    weight = frame.person_weight[person]
    last = len(ramp) - 1
    day = max(start, 0)
    while day < end:
        # Days of one month of tenure are alike.
        month = np.int64((day - start) / TENURE_MONTH)
        until = min(end, start + np.int64(math.ceil((month + 1) * TENURE_MONTH))) if month < last else end
        ramped = weight * ramp[min(month, last)]
        for t in range(day, until):
            work.heads[role, t] += weight
            work.ramped[role, t] += ramped
        day = until
    fixed = own_pay >= 0.0 and generation == 0
    for t in range(max(start, 0), end):
        month_pay = own_pay if fixed else pay[t]
        work.pay[role, t] += weight * month_pay / frame.month_days[t]
