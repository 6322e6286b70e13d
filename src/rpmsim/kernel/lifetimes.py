"""How long leads take, how old those are that are still there, and what became of those who entered together.

Statistics of the lives of one replication (:mod:`rpmsim.kernel.lives`). Leads that are still under way at the end are
censored: they count as long as they were seen (product-limit estimator: Kaplan and Meier, 1958; where a lead may end
otherwise, the cumulative incidence: Aalen and Johansen, 1978).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rpmsim.arrays.layout import F64, I64
from rpmsim.kernel.cache import caching
from rpmsim.kernel.lives import LONG_AGO, NEVER
from rpmsim.kernel.log import ANSWERED, BEGUN, CLASS, COUNT, KIND, LANDED, STAGE

MEAN, MEDIAN, P90 = range(3)
STATISTICS = 3
CYCLES = 3
"""Lead to opportunity, opportunity to win, lead to win."""

LEAST = 1e-9
LONGER = 0.01
"""Share that is still in a stage at the longest time seen from which on its mean time is not known."""


class Shape(NamedTuple):
    """By what the statistics are given; P periods, G breakdowns, B bins of age, C channels."""

    days: int
    history: int
    period_of: I64  # [T]
    last_day: I64  # [P]
    cell_of: I64  # [K]
    member: I64  # [cells, most] breakdowns to which a cell belongs, -1 after the last one
    breakdowns: int
    channel_of: I64  # [cells]
    channels: int
    ends: I64  # [S] 1 where nobody leaves the stage
    advances: I64  # [E] 1 where the edge advances a lead
    age_bins: I64  # [B - 1] first age of each bin but the first, days


class Lifetimes(NamedTuple):
    """Statistics of a replication. The last of P + 1 periods is all of them; not a number: not known."""

    time_in_stage: F64  # [P + 1, S, G, STATISTICS] days, by period of entry
    cycle: F64  # [P + 1, CYCLES, G, STATISTICS] days, by period of the beginning
    cycle_begun: I64  # [P, CYCLES, cells]
    cycle_done: I64  # [P, CYCLES, cells] of them, by the last day
    age: F64  # [P, S, G, STATISTICS] days, at the end of the period
    aged: I64  # [P, S, B, C] leads in the stage at the end of the period
    response: F64  # [P + 1, S, G, STATISTICS] hours that leads taken up in the period had waited
    waiting_age: F64  # [P, S, G, STATISTICS] hours that leads who wait at the end of the period have waited
    cohort_moves: I64  # [P, E, cells] moves of those who entered the stage in the period
    stay_days: I64  # [P, E, cells] days that they had been in the stage, summed
    cohort_final: F64  # [P, S, cells] of those who entered, how many advance in the end
    reached: I64  # [P, P, S, C] leads created in a period that first come to a stage so many periods later


@njit(nogil=True, cache=caching())
def lifetimes_of(log, visits, leads, shape):
    """Statistics of all lives of a replication.

    Parameters
    ----------
    log : ndarray of int64, shape (records, FIELDS)
    visits : Visits
    leads : Leads
    shape : Shape

    Returns
    -------
    Lifetimes
    """
    periods, stages, parts = len(shape.last_day), len(shape.ends), shape.breakdowns
    cells, edges, bins = len(shape.channel_of), len(shape.advances), len(shape.age_bins) + 1
    found = Lifetimes(
        np.full((periods + 1, stages, parts, STATISTICS), np.nan),
        np.full((periods + 1, CYCLES, parts, STATISTICS), np.nan),
        np.zeros((periods, CYCLES, cells), np.int64),
        np.zeros((periods, CYCLES, cells), np.int64),
        np.full((periods, stages, parts, STATISTICS), np.nan),
        np.zeros((periods, stages, bins, shape.channels), np.int64),
        np.full((periods + 1, stages, parts, STATISTICS), np.nan),
        np.full((periods, stages, parts, STATISTICS), np.nan),
        np.zeros((periods, edges, cells), np.int64),
        np.zeros((periods, edges, cells), np.int64),
        np.zeros((periods, stages, cells)),
        np.zeros((periods, periods, stages, shape.channels), np.int64),
    )
    table = np.zeros((3, periods, parts, shape.days), np.int64)
    for stage in range(stages):
        if shape.ends[stage] == 0:
            _stays(visits, shape, stage, table, found)
    for cycle in range(CYCLES):
        _cycle(leads, shape, cycle, table, found)
    _ages(visits, shape, found)
    _responses(log, shape, found)
    _cohorts(visits, leads, shape, found)
    return found


OWN, OTHER, CENSORED = range(3)


@njit(nogil=True, cache=caching())
def _stays(visits, shape, stage, table, found):
    """Times in a stage, and how many of those who are still there advance in the end."""
    table[:] = 0
    last = shape.days - 1
    for i in range(len(visits.lead)):
        entered = visits.entered[i]
        if visits.stage[i] != stage or entered < 0 or visits.edge[i] < -1:
            continue
        period = shape.period_of[entered]
        cell = shape.cell_of[visits.lead_class[i]]
        edge = visits.edge[i]
        how = CENSORED if edge < 0 else OWN if shape.advances[edge] == 1 else OTHER
        age = last - entered if edge < 0 else visits.left[i] - entered
        for part in shape.member[cell]:
            if part >= 0:
                table[how, period, part, age] += 1
        if edge >= 0:
            found.cohort_moves[period, edge, cell] += 1
            found.stay_days[period, edge, cell] += age
            found.cohort_final[period, stage, cell] += shape.advances[edge]
    some = np.zeros((3, shape.days), np.int64)
    both = np.zeros((3, shape.days), np.int64)
    periods = len(shape.last_day)
    for part in range(shape.breakdowns):
        some[:] = 0
        for period in range(periods):
            some += table[:, period, part]
        if part == 0:
            _advance_later(visits, shape, stage, some, found)
        some[OWN] += some[OTHER]
        some[OTHER] = 0
        _times(some, some, False, found.time_in_stage[periods, stage, part])
        for period in range(periods):
            here = table[:, period, part]
            both[OWN] = here[OWN] + here[OTHER]
            both[CENSORED] = here[CENSORED]
            _times(both, some, False, found.time_in_stage[period, stage, part])


@njit(nogil=True, cache=caching())
def _advance_later(visits, shape, stage, table, found):
    """Add those who are still in a stage, by the chance that leads who were there as long advanced later."""
    staying, reached = _curves(table, table)
    last = shape.days - 1
    for i in range(len(visits.lead)):
        entered = visits.entered[i]
        if visits.stage[i] == stage and entered >= 0 and visits.edge[i] == -1:
            age = last - entered
            if staying[age] > LEAST:
                later = (reached[last] - reached[age]) / staying[age]
                cell = shape.cell_of[visits.lead_class[i]]
                found.cohort_final[shape.period_of[entered], stage, cell] += later


@njit(nogil=True, cache=caching())
def _curves(table, whole):
    """Shares that are still there, and that have reached it, after each number of days: 0, 1, ...

    Where no lead of the table was seen for so long, as the leads of the ``whole`` go on.
    """
    days = table.shape[1]
    staying, reached = np.zeros(days), np.zeros(days)
    some, all_of_them = table.sum(), whole.sum()
    s, c = 1.0, 0.0
    for age in range(days):
        seen, at_risk = (table, some) if some > 0 else (whole, all_of_them)
        if at_risk > 0:
            c += s * seen[OWN, age] / at_risk
            s *= 1.0 - (seen[OWN, age] + seen[OTHER, age]) / at_risk
        some -= table[:, age].sum()
        all_of_them -= whole[:, age].sum()
        staying[age], reached[age] = s, c
    return staying, reached


@njit(nogil=True, cache=caching())
def _times(table, whole, among_reached, into):
    """Mean, median and 90% quantile of the days until leads reach something; of all, or of those who reach it.

    Not known where so many are not seen to reach it.
    """
    days = table.shape[1]
    if table.sum() == 0:
        return
    _, reached = _curves(table, whole)
    c = reached[days - 1]
    if c <= LEAST:
        return
    most = c if among_reached else 1.0
    if c >= (1.0 - LONGER) * most:
        total = 0.0
        before = 0.0
        for age in range(days):
            total += age * (reached[age] - before)
            before = reached[age]
        into[MEAN] = total / c
    for statistic, quantile in ((MEDIAN, 0.5), (P90, 0.9)):
        if c >= quantile * most - LEAST:
            age = 0
            while reached[age] < quantile * most - LEAST:
                age += 1
            into[statistic] = age


@njit(nogil=True, cache=caching())
def _cycle(leads, shape, cycle, table, found):
    """Times of one of the three cycles."""
    table[:] = 0
    last = shape.days - 1
    starts = leads.opportunity if cycle == 1 else leads.created
    goals = leads.opportunity if cycle == 0 else leads.won
    for i in range(len(starts)):
        start, goal = starts[i], goals[i]
        if start < 0 or start == NEVER or goal == LONG_AGO:
            continue
        period = shape.period_of[start]
        cell = shape.cell_of[leads.lead_class[i]]
        found.cycle_begun[period, cycle, cell] += 1
        if goal != NEVER:
            how, end = OWN, goal
            found.cycle_done[period, cycle, cell] += 1
        elif leads.ended[i] != NEVER:
            how, end = OTHER, leads.ended[i]
        else:
            how, end = CENSORED, last
        for part in shape.member[cell]:
            if part >= 0:
                table[how, period, part, end - start] += 1
    some = np.zeros((3, shape.days), np.int64)
    for part in range(shape.breakdowns):
        some[:] = 0
        for period in range(len(shape.last_day)):
            some += table[:, period, part]
        _times(some, some, True, found.cycle[len(shape.last_day), cycle, part])
        for period in range(len(shape.last_day)):
            _times(table[:, period, part], some, True, found.cycle[period, cycle, part])


@njit(nogil=True, cache=caching())
def _ages(visits, shape, found):
    """Ages of what is in the stages at the end of each period, and how long those who wait have waited."""
    periods, parts = len(shape.last_day), shape.breakdowns
    longest = shape.history + shape.days
    aged = np.zeros((periods, parts, longest), np.int64)
    waited = np.zeros((periods, parts, longest), np.int64)
    for stage in range(len(shape.ends)):
        if shape.ends[stage] == 1:
            continue
        aged[:] = 0
        waited[:] = 0
        for i in range(len(visits.lead)):
            if visits.stage[i] != stage:
                continue
            cell = shape.cell_of[visits.lead_class[i]]
            for period in range(shape.period_of[max(visits.entered[i], 0)], periods):
                day = shape.last_day[period]
                if visits.left[i] <= day:
                    break
                age = day - visits.entered[i]
                there = visits.edge[i] >= -1
                waits = visits.queued[i] <= day < visits.begun[i]
                for part in shape.member[cell]:
                    if part >= 0:
                        if there:
                            aged[period, part, age] += 1
                        if waits:
                            waited[period, part, day - visits.queued[i]] += 1
                if there:
                    bin_of = np.searchsorted(shape.age_bins, age, side="right")
                    found.aged[period, stage, bin_of, shape.channel_of[cell]] += 1
        for period in range(periods):
            for part in range(parts):
                _of_counts(aged[period, part], 1.0, found.age[period, stage, part])
                _of_counts(waited[period, part], 24.0, found.waiting_age[period, stage, part])


@njit(nogil=True, cache=caching())
def _of_counts(counts, unit, into):
    """Mean, median and 90% quantile of counts by whole numbers 0, 1, ..., in another unit."""
    total = counts.sum()
    if total == 0:
        return
    so_far = 0
    product = 0
    for value in range(len(counts)):
        before = so_far
        so_far += counts[value]
        product += value * counts[value]
        for statistic, quantile in ((MEDIAN, 0.5), (P90, 0.9)):
            wanted = quantile * total - LEAST
            if before < wanted <= so_far:
                into[statistic] = value * unit
    into[MEAN] = product * unit / total


@njit(nogil=True, cache=caching())
def _responses(log, shape, found):
    """Hours that leads had waited when they were taken up, in ascending order."""
    rows = np.flatnonzero(log[:, KIND] == ANSWERED)
    rows = rows[np.argsort(log[rows, BEGUN])]
    everything = len(shape.last_day)
    total = np.zeros(found.response.shape[:3], np.int64)
    hours = np.zeros(found.response.shape[:3])
    for second in (False, True):
        so_far = np.zeros(total.shape, np.int64)
        for row in rows:
            stage, count, own = log[row, STAGE], log[row, COUNT], log[row, BEGUN] / 60.0
            cell = shape.cell_of[log[row, CLASS]]
            for period in (shape.period_of[log[row, LANDED]], everything):
                for part in shape.member[cell]:
                    if part < 0:
                        continue
                    if not second:
                        total[period, stage, part] += count
                        hours[period, stage, part] += count * own
                        continue
                    before = so_far[period, stage, part]
                    so_far[period, stage, part] += count
                    for statistic, quantile in ((MEDIAN, 0.5), (P90, 0.9)):
                        wanted = quantile * total[period, stage, part] - LEAST
                        if before < wanted <= so_far[period, stage, part]:
                            found.response[period, stage, part, statistic] = own
    for place in np.ndindex(total.shape):
        if total[place] > 0:
            found.response[place[0], place[1], place[2], MEAN] = hours[place] / total[place]


@njit(nogil=True, cache=caching())
def _cohorts(visits, leads, shape, found):
    """Leads by period of creation, and when they first came to each stage."""
    stages = len(shape.ends)
    been = np.zeros((len(leads.created), stages), np.bool_)
    for i in range(len(visits.lead)):
        lead, stage = visits.lead[i], visits.stage[i]
        created, entered = leads.created[lead], visits.entered[i]
        if created < 0 or created == NEVER or entered < created or been[lead, stage]:
            continue
        been[lead, stage] = True
        cohort = shape.period_of[created]
        channel = shape.channel_of[shape.cell_of[visits.lead_class[i]]]
        found.reached[cohort, shape.period_of[entered] - cohort, stage, channel] += 1
