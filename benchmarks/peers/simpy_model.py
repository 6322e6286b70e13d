"""SimPy as its documentation teaches it: one process for each lead, one resource for each desk."""

from __future__ import annotations

import math
from collections.abc import Generator
from random import Random

import numpy as np
import simpy

from peers.workload import (
    AMOUNT,
    BOOKINGS,
    CLOSING,
    DAYS,
    DECAY_A_DAY,
    DESK_A_DAY,
    LEADS_A_DAY,
    LOST,
    MONTH_OF_DAY,
    MQL,
    NURTURE,
    NURTURED,
    OPPORTUNITY,
    OPPORTUNITY_MEAN,
    P_BACK,
    P_NURTURE,
    P_OPPORTUNITY,
    P_SAL,
    P_SQL,
    P_WON,
    SAL,
    SAL_MEAN,
    SLOTS,
    SQL,
    SQL_MEAN,
    WON,
    Totals,
    no_totals,
)

Process = Generator[simpy.Event, None, None]


class Year:
    """One replication."""

    def __init__(self, seed: int, volume: int) -> None:
        self.random, self.numpy = Random(seed), np.random.default_rng(seed)
        self.env = simpy.Environment()
        self.sdrs = simpy.Resource(self.env, DESK_A_DAY * volume)  # a lead keeps its place for the day
        self.aes = simpy.Resource(self.env, SLOTS * volume)
        self.monthly = [[0.0] * 12 for _ in range(8)]
        self.waited, self.taken = [0.0, 0.0], [0, 0]
        for channel, mean in enumerate(LEADS_A_DAY):
            self.env.process(self.arrivals(channel, mean * volume))

    def arrivals(self, channel: int, mean: float) -> Process:
        while True:
            for _ in range(self.numpy.poisson(mean)):
                self.env.process(self.lead(channel))
            yield self.env.timeout(1)

    def lead(self, channel: int) -> Process:
        while True:
            self.enters(MQL)
            came = self.env.now
            with self.sdrs.request() as place:
                yield place
                days = self.note_wait(0, came)
                accepted = self.random.random() < P_SAL[channel] * math.exp(-DECAY_A_DAY * days)
                nurtured = not accepted and self.random.random() < P_NURTURE
                if not accepted:
                    self.enters(NURTURED if nurtured else LOST)
                yield self.env.timeout(1)
            if accepted:
                break
            if not nurtured:
                return
            yield self.env.timeout(self.lognormal_days(NURTURE) - 1)  # one day went by at the desk
            if self.random.random() >= P_BACK:
                self.enters(LOST)
                return
        yield self.env.timeout(self.gamma_days(SAL_MEAN) - 1)
        self.enters(SAL)
        for mean, share, stage in ((SQL_MEAN, P_SQL, SQL), (OPPORTUNITY_MEAN, P_OPPORTUNITY, OPPORTUNITY)):
            yield self.env.timeout(self.gamma_days(mean))
            if self.random.random() >= share:
                self.enters(LOST)
                return
            self.enters(stage)
        came = self.env.now
        with self.aes.request() as slot:
            yield slot
            self.note_wait(1, came)
            yield self.env.timeout(self.lognormal_days(CLOSING))
        if self.random.random() < P_WON:
            self.enters(WON)
            self.enters(BOOKINGS, self.random.lognormvariate(math.log(AMOUNT[0]), AMOUNT[1]))
        else:
            self.enters(LOST)

    def enters(self, measure: int, value: float = 1.0) -> None:
        self.monthly[measure][MONTH_OF_DAY[int(self.env.now)]] += value

    def note_wait(self, desk: int, since: float) -> float:
        days = self.env.now - since
        self.waited[desk] += days
        self.taken[desk] += 1
        return days

    def gamma_days(self, mean: float) -> int:
        return max(1, math.floor(self.random.gammavariate(2.0, mean / 2) + 0.5))

    def lognormal_days(self, law: tuple[float, float]) -> int:
        return max(1, math.floor(self.random.lognormvariate(math.log(law[0]), law[1]) + 0.5))


def play(replications: int, seed: int, volume: int = 1) -> Totals:
    totals = no_totals(replications)
    for r in range(replications):
        year = Year(1_000_003 * seed + r, volume)
        year.env.run(until=DAYS)
        totals.monthly[r] = year.monthly
        totals.waits[r] = [w / max(n, 1) for w, n in zip(year.waited, year.taken, strict=True)]
    return totals
