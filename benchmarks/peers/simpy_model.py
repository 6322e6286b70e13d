"""SimPy as its documentation teaches it: one process for each lead, one resource for each desk."""

from __future__ import annotations

import math
from collections.abc import Generator
from random import Random

import numpy as np
import simpy

from peers import workload as w

Process = Generator[simpy.Event, None, None]


class Year:
    """One replication."""

    def __init__(self, seed: int, volume: int) -> None:
        self.random, self.numpy = Random(seed), np.random.default_rng(seed)
        self.env = simpy.Environment()
        self.sdrs = simpy.Resource(self.env, w.DESK_A_DAY * volume)  # a lead keeps its place for the day
        self.aes = simpy.Resource(self.env, w.SLOTS * volume)
        self.monthly = [[0.0] * 12 for _ in range(8)]
        self.waited, self.taken = [0.0, 0.0], [0, 0]
        for channel, mean in enumerate(w.LEADS_A_DAY):
            self.env.process(self.arrivals(channel, mean * volume))

    def arrivals(self, channel: int, mean: float) -> Process:
        while True:
            for _ in range(self.numpy.poisson(mean)):
                self.env.process(self.lead(channel))
            yield self.env.timeout(1)

    def lead(self, channel: int) -> Process:
        while True:
            self.enters(w.MQL)
            came = self.env.now
            with self.sdrs.request() as place:
                yield place
                days = self.note_wait(0, came)
                accepted = self.random.random() < w.P_SAL[channel] * math.exp(-w.DECAY_A_DAY * days)
                nurtured = not accepted and self.random.random() < w.P_NURTURE
                if not accepted:
                    self.enters(w.NURTURED if nurtured else w.LOST)
                yield self.env.timeout(1)
            if accepted:
                break
            if not nurtured:
                return
            yield self.env.timeout(self.lognormal_days(w.NURTURE) - 1)  # one day went by at the desk
            if self.random.random() >= w.P_BACK:
                self.enters(w.LOST)
                return
        yield self.env.timeout(self.gamma_days(w.SAL_MEAN) - 1)
        self.enters(w.SAL)
        for mean, share, stage in ((w.SQL_MEAN, w.P_SQL, w.SQL), (w.OPPORTUNITY_MEAN, w.P_OPPORTUNITY, w.OPPORTUNITY)):
            yield self.env.timeout(self.gamma_days(mean))
            if self.random.random() >= share:
                self.enters(w.LOST)
                return
            self.enters(stage)
        came = self.env.now
        with self.aes.request() as slot:
            yield slot
            self.note_wait(1, came)
            yield self.env.timeout(self.lognormal_days(w.CLOSING))
        if self.random.random() < w.P_WON:
            self.enters(w.WON)
            self.enters(w.BOOKINGS, self.random.lognormvariate(math.log(w.AMOUNT[0]), w.AMOUNT[1]))
        else:
            self.enters(w.LOST)

    def enters(self, measure: int, value: float = 1.0) -> None:
        self.monthly[measure][w.MONTH_OF_DAY[int(self.env.now)]] += value

    def note_wait(self, desk: int, since: float) -> float:
        days = self.env.now - since
        self.waited[desk] += days
        self.taken[desk] += 1
        return days

    def gamma_days(self, mean: float) -> int:
        return max(1, math.floor(self.random.gammavariate(2.0, mean / 2) + 0.5))

    def lognormal_days(self, law: tuple[float, float]) -> int:
        return max(1, math.floor(self.random.lognormvariate(math.log(law[0]), law[1]) + 0.5))


def play(replications: int, seed: int, volume: int = 1) -> w.Totals:
    totals = w.no_totals(replications)
    for r in range(replications):
        year = Year(1_000_003 * seed + r, volume)
        year.env.run(until=w.DAYS)
        totals.monthly[r] = year.monthly
        totals.waits[r] = [waited / max(n, 1) for waited, n in zip(year.waited, year.taken, strict=True)]
    return totals
