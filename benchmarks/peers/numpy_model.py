"""NumPy, vectorised over all replications at once: one loop over the days for each queue, none over leads."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peers import workload as w

Ints = NDArray[np.int64]
MONTH_STARTS = np.concatenate([[0], np.cumsum(w.MONTH_DAYS)[:-1]])


class Queue:
    """A first-in, first-out queue in each replication, of small codes (2 x day of joining + channel)."""

    def __init__(self, replications: int, most: int) -> None:
        self.codes = np.zeros((replications, most), dtype=np.int16)
        self.head = np.zeros(replications, dtype=np.int64)
        self.tail = np.zeros(replications, dtype=np.int64)

    def join(self, counts: Ints, code: int) -> None:
        rows, nth = numbered(counts)
        self.codes[rows, self.tail[rows] + nth] = code
        self.tail += counts

    def take(self, room: Ints | int) -> tuple[Ints, Ints, Ints]:
        """As many as there is room for: their number in each replication, their replications and their codes."""
        counts = np.minimum(room, self.tail - self.head)
        rows, nth = numbered(counts)
        codes = self.codes[rows, self.head[rows] + nth].astype(np.int64)
        self.head += counts
        return counts, rows, codes


def numbered(counts: Ints) -> tuple[Ints, Ints]:
    """Row and number inside the row of ``counts[row]`` items of each row."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)


def play(replications: int, seed: int, volume: int = 1) -> w.Totals:
    random = np.random.default_rng(seed)

    def gamma_days(mean: float, size: int) -> Ints:
        return np.maximum(1, np.floor(random.gamma(2.0, mean / 2, size) + 0.5)).astype(np.int64)

    def lognormal_days(law: tuple[float, float], size: int) -> Ints:
        return np.maximum(1, np.floor(random.lognormal(math.log(law[0]), law[1], size) + 0.5)).astype(np.int64)

    def by_day() -> Ints:
        return np.zeros((w.DAYS + 1, replications), dtype=np.int64)  # the last row: after the end

    def add(to: Ints, days: Ints, rows: Ints) -> None:
        np.add.at(to.reshape(-1), np.minimum(days, w.DAYS) * replications + rows, 1)

    entered = {stage: by_day() for stage in (w.WON, w.MQL, w.NURTURED, w.SAL, w.SQL, w.OPPORTUNITY, w.LOST)}
    waited = np.zeros((2, replications))
    taken = np.zeros((2, replications))

    # the desk, with those who return to it
    queue = Queue(replications, int(1.25 * sum(w.LEADS_A_DAY) * volume * w.DAYS) + 400)
    returning = [by_day(), by_day()]
    new = [random.poisson(mean * volume, (w.DAYS, replications)) for mean in w.LEADS_A_DAY]
    accepted: list[tuple[Ints, Ints]] = []
    for day in range(w.DAYS):
        for source in (*returning, *new):
            queue.join(source[day], 2 * day + (source is returning[1] or source is new[1]))
            entered[w.MQL][day] += source[day]
        counts, rows, codes = queue.take(w.DESK_A_DAY * volume)
        channel, wait = codes & 1, day - (codes >> 1)
        waited[0] += np.bincount(rows, wait, replications)
        taken[0] += counts
        yes = random.random(len(rows)) < np.array(w.P_SAL)[channel] * np.exp(-w.DECAY_A_DAY * wait)
        accepted.append((rows[yes], np.full(int(yes.sum()), day)))
        rows, channel = rows[~yes], channel[~yes]
        nurtured = random.random(len(rows)) < w.P_NURTURE
        entered[w.LOST][day] += np.bincount(rows[~nurtured], minlength=replications)
        rows, channel = rows[nurtured], channel[nurtured]
        entered[w.NURTURED][day] += np.bincount(rows, minlength=replications)
        days = day + lognormal_days(w.NURTURE, len(rows))
        back = random.random(len(rows)) < w.P_BACK
        add(entered[w.LOST], days[~back], rows[~back])
        for c in range(2):
            add(returning[c], days[back & (channel == c)], rows[back & (channel == c)])

    # on to the opportunity, where nobody waits
    rows, days = (np.concatenate(part) for part in zip(*accepted, strict=True))
    days = days + gamma_days(w.SAL_MEAN, len(rows))
    add(entered[w.SAL], days, rows)
    for mean, share, stage in ((w.SQL_MEAN, w.P_SQL, w.SQL), (w.OPPORTUNITY_MEAN, w.P_OPPORTUNITY, w.OPPORTUNITY)):
        days = days + gamma_days(mean, len(rows))
        yes = random.random(len(rows)) < share
        add(entered[w.LOST], days[~yes], rows[~yes])
        rows, days = rows[yes], days[yes]
        add(entered[stage], days, rows)

    # the slots
    queue = Queue(replications, int(entered[w.OPPORTUNITY].sum(0).max()))
    closed, free = by_day(), np.full(replications, w.SLOTS * volume)
    for day in range(w.DAYS):
        free += closed[day]
        queue.join(entered[w.OPPORTUNITY][day], 2 * day)
        counts, rows, codes = queue.take(free)
        free -= counts
        waited[1] += np.bincount(rows, day - (codes >> 1), replications)
        taken[1] += counts
        days = day + lognormal_days(w.CLOSING, len(rows))
        add(closed, days, rows)
        won = random.random(len(rows)) < w.P_WON
        add(entered[w.WON], days[won], rows[won])
    entered[w.LOST] += closed - entered[w.WON]

    totals = w.no_totals(replications)
    for stage, counts in entered.items():
        totals.monthly[:, stage] = np.add.reduceat(counts[: w.DAYS], MONTH_STARTS, axis=0).T
    wins = totals.monthly[:, w.WON].astype(np.int64).ravel()
    rows = np.repeat(np.arange(len(wins)), wins)
    amounts = random.lognormal(math.log(w.AMOUNT[0]), w.AMOUNT[1], len(rows))
    totals.monthly[:, w.BOOKINGS] = np.bincount(rows, amounts, len(wins)).reshape(replications, 12)
    totals.waits[:] = (waited / np.maximum(taken, 1)).T
    return totals
