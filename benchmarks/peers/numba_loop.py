"""Numba: a plain loop over the leads with np.random, as one writes it first."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from peers import workload as w

MONTH = np.array([*w.MONTH_OF_DAY, 12])  # the thirteenth month: after the end


@njit
def gamma_day(today, mean):
    return min(w.DAYS, today + max(1, math.floor(np.random.gamma(2.0, mean / 2) + 0.5)))  # noqa: NPY002


@njit
def lognormal_day(today, law):
    return min(w.DAYS, today + max(1, math.floor(np.random.lognormal(math.log(law[0]), law[1]) + 0.5)))  # noqa: NPY002


@njit
def play_year(volume, queue_channel, queue_day, slot_queue, monthly, waits):
    returning = np.zeros((w.DAYS + 1, 2), dtype=np.int64)
    opportunities = np.zeros(w.DAYS + 1, dtype=np.int64)
    closed = np.zeros(w.DAYS + 1, dtype=np.int64)
    won = np.zeros(w.DAYS + 1, dtype=np.int64)
    head = tail = slot_head = slot_tail = 0
    free = w.SLOTS * volume
    waited = slot_waited = 0.0
    for day in range(w.DAYS):
        month = MONTH[day]
        # leads come
        for source in range(4):
            channel = source & 1
            count = returning[day, channel] if source < 2 else np.random.poisson(w.LEADS_A_DAY[channel] * volume)  # noqa: NPY002
            monthly[w.MQL, month] += count
            for _ in range(count):
                queue_channel[tail] = channel
                queue_day[tail] = day
                tail += 1
        # SDRs work them
        for _ in range(min(w.DESK_A_DAY * volume, tail - head)):
            channel = queue_channel[head]
            wait = day - queue_day[head]
            head += 1
            waited += wait
            if np.random.random() < w.P_SAL[channel] * math.exp(-w.DECAY_A_DAY * wait):  # noqa: NPY002
                then = gamma_day(day, w.SAL_MEAN)
                monthly[w.SAL, MONTH[then]] += 1
                then = gamma_day(then, w.SQL_MEAN)
                if np.random.random() >= w.P_SQL:  # noqa: NPY002
                    monthly[w.LOST, MONTH[then]] += 1
                    continue
                monthly[w.SQL, MONTH[then]] += 1
                then = gamma_day(then, w.OPPORTUNITY_MEAN)
                if np.random.random() < w.P_OPPORTUNITY:  # noqa: NPY002
                    monthly[w.OPPORTUNITY, MONTH[then]] += 1
                    opportunities[then] += 1
                else:
                    monthly[w.LOST, MONTH[then]] += 1
            elif np.random.random() < w.P_NURTURE:  # noqa: NPY002
                monthly[w.NURTURED, month] += 1
                then = lognormal_day(day, w.NURTURE)
                if np.random.random() < w.P_BACK:  # noqa: NPY002
                    returning[then, channel] += 1
                else:
                    monthly[w.LOST, MONTH[then]] += 1
            else:
                monthly[w.LOST, month] += 1
        # AEs close and take up
        free += closed[day]
        monthly[w.LOST, month] += closed[day] - won[day]
        monthly[w.WON, month] += won[day]
        for _ in range(won[day]):
            monthly[w.BOOKINGS, month] += np.random.lognormal(math.log(w.AMOUNT[0]), w.AMOUNT[1])  # noqa: NPY002
        for _ in range(opportunities[day]):
            slot_queue[slot_tail] = day
            slot_tail += 1
        while free > 0 and slot_head < slot_tail:
            slot_waited += day - slot_queue[slot_head]
            slot_head += 1
            free -= 1
            then = lognormal_day(day, w.CLOSING)
            closed[then] += 1
            if np.random.random() < w.P_WON:  # noqa: NPY002
                won[then] += 1
    waits[0] = waited / max(head, 1)
    waits[1] = slot_waited / max(slot_head, 1)


@njit
def play_years(seed, volume, monthly, waits):
    np.random.seed(seed)  # noqa: NPY002
    most = int(1.25 * (w.LEADS_A_DAY[0] + w.LEADS_A_DAY[1]) * volume * w.DAYS) + 400
    queue_channel = np.empty(most, dtype=np.int8)
    queue_day = np.empty(most, dtype=np.int16)
    slot_queue = np.empty(most, dtype=np.int16)
    for r in range(len(monthly)):
        play_year(volume, queue_channel, queue_day, slot_queue, monthly[r], waits[r])


def play(replications: int, seed: int, volume: int = 1) -> w.Totals:
    monthly = np.zeros((replications, len(w.no_totals(1).monthly[0]), 13))
    waits = np.zeros((replications, 2))
    play_years(seed, volume, monthly, waits)
    return w.Totals(monthly[:, :, :12], waits)
