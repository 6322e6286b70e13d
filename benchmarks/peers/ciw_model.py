"""Ciw: a queueing network with a slotted desk. It breaks ties of simultaneous events at random.

Inside a day: at .0 delays end, at .25 and .375 new leads come, at .5 the desk works its 48. What a lead's records do
not tell, its win and its amount, is drawn when they are read.
"""

from __future__ import annotations

import math
import random
from typing import Any

import ciw

from peers import workload as w

CHANNELS = ("first", "second")
PHASES = (0.25, 0.375)
DESK_PHASE = 0.5
AT_DESK, IN_NURTURE, ON_THE_WAY, AT_SAL, AT_SQL, AT_OPPORTUNITY = range(1, 7)
ENTERED = {AT_DESK: w.MQL, IN_NURTURE: w.NURTURED, AT_SAL: w.SAL, AT_SQL: w.SQL, AT_OPPORTUNITY: w.OPPORTUNITY}
QUEUES = {AT_DESK: 0, AT_OPPORTUNITY: 1}


class Days(ciw.dists.Distribution):
    """Whole days of a law, less the part of the day that has gone by."""

    def __init__(self, law: Any, first: float, second: float, gone: float = 0.0) -> None:
        self.law, self.first, self.second, self.gone = law, first, second, gone

    def sample(self, t: Any = None, ind: Any = None) -> float:
        return max(1, math.floor(self.law(self.first, self.second) + 0.5)) - self.gone


def gamma(mean: float, gone: float = 0.0) -> Days:
    return Days(random.gammavariate, 2.0, mean / 2, gone)


def lognormal(law: tuple[float, float], gone: float = 0.0) -> Days:
    return Days(random.lognormvariate, math.log(law[0]), law[1], gone)


class Desk(ciw.routing.NodeRouting):
    """Where a worked lead goes: its chance falls with the days that it waited."""

    def next_node(self, ind: Any) -> Any:
        days = math.floor(ind.service_start_date) - math.floor(ind.arrival_date)
        if random.random() < w.P_SAL[CHANNELS.index(ind.customer_class)] * math.exp(-w.DECAY_A_DAY * days):
            return self.simulation.nodes[ON_THE_WAY]
        return self.simulation.nodes[IN_NURTURE if random.random() < w.P_NURTURE else -1]


def network(volume: int) -> Any:
    dists, to = ciw.dists, ciw.routing
    none = [None] * 5
    service = [
        dists.Deterministic(0.0),
        lognormal(w.NURTURE, DESK_PHASE),
        gamma(w.SAL_MEAN, DESK_PHASE),
        gamma(w.SQL_MEAN),
        gamma(w.OPPORTUNITY_MEAN),
        lognormal(w.CLOSING),
    ]
    return ciw.create_network(
        arrival_distributions={
            name: [dists.Sequential([phase] + [1.0] * (w.DAYS + 1)), *none]
            for name, phase in zip(CHANNELS, PHASES, strict=True)
        },
        batching_distributions={
            name: [dists.Poisson(mean * volume)] + [dists.Deterministic(1)] * 5
            for name, mean in zip(CHANNELS, w.LEADS_A_DAY, strict=True)
        },
        service_distributions=dict.fromkeys(CHANNELS, service),
        number_of_servers=[
            ciw.Slotted(slots=[DESK_PHASE, 1.0], slot_sizes=[w.DESK_A_DAY * volume, 0]),
            *[math.inf] * 4,
            w.SLOTS * volume,
        ],
        routing={
            name: to.NetworkRouting(
                routers=[
                    Desk(),
                    to.Probabilistic([AT_DESK], [w.P_BACK]),
                    to.Direct(AT_SAL),
                    to.Probabilistic([AT_SQL], [w.P_SQL]),
                    to.Probabilistic([AT_OPPORTUNITY], [w.P_OPPORTUNITY]),
                    to.Leave(),
                ]
            )
            for name in CHANNELS
        },
    )


def play(replications: int, seed: int, volume: int = 1) -> w.Totals:
    totals = w.no_totals(replications)
    for r in range(replications):
        ciw.seed(1_000_003 * seed + r)
        simulation = ciw.Simulation(network(volume))
        simulation.simulate_until_max_time(float(w.DAYS))
        _read(simulation, totals.monthly[r], totals.waits[r])
    return totals


def _read(simulation: Any, monthly: Any, waits: Any) -> None:
    """Counts and waits from the records of all visits, ended or not."""
    taken = [0, 0]
    for visit in simulation.get_all_records(only=["service"], include_incomplete=True):
        if visit.node in ENTERED and visit.arrival_date < w.DAYS:
            monthly[ENTERED[visit.node], w.MONTH_OF_DAY[int(visit.arrival_date)]] += 1
        start = visit.service_start_date
        if visit.node in QUEUES and start is not None and start < w.DAYS:  # NaN of those who wait is not less
            waits[QUEUES[visit.node]] += math.floor(start) - math.floor(visit.arrival_date)
            taken[QUEUES[visit.node]] += 1
        if visit.record_type != "service" or visit.destination != -1 or visit.exit_date >= w.DAYS:
            continue
        month = w.MONTH_OF_DAY[int(visit.exit_date)]
        if visit.node == AT_OPPORTUNITY and random.random() < w.P_WON:
            monthly[w.WON, month] += 1
            monthly[w.BOOKINGS, month] += random.lognormvariate(math.log(w.AMOUNT[0]), w.AMOUNT[1])
        else:
            monthly[w.LOST, month] += 1
    waits /= [max(n, 1) for n in taken]
