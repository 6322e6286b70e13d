"""Which records the export holds: arrivals that stop before the export does, records chosen by their end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.history.audit.evidence import Evidence, date_of, listed
from rpmsim.history.audit.item import Item, passed

SURE = 1e-4
SHORTEST_STOP = 10
"""Days without new records that are no holiday season."""
BEFORE = 56
"""Days by which the usual number of new records is measured."""
TRICKLE = 0.05
"""Share of the usual number that may still come after arrivals have stopped: tests, and records typed in later."""
LEAST_OPEN = 10.0
LEAST_MOVES = 5
OPEN_SHARE = 0.02
"""Share of the expected open records, below which open records are left out."""


def closed_only(evidence: Evidence) -> Item:
    """Whether records that are still open are absent, though there must be some."""
    open_, expected, a_week = open_records(evidence)
    numbers = {"open": open_, "expected_open": round(expected, 1), "closes_a_week": round(a_week, 1)}
    if not without_open(evidence):
        return passed("open records", f"{open_:,} records are open on the last day", **numbers)
    records = evidence.totals[1]
    count = "none" if not open_ else f"only {open_:,}"
    finding = (
        f"closed only: {count} of {records:,} records {'is' if open_ <= 1 else 'are'} open on the last day though "
        f"{a_week:,.1f} close a week and about {expected:,.0f} should be open: the export was selected by close date, "
        "so recent records that are still open are missing"
    )
    todo = (
        "a fit is biased toward fast deals: export all records by date of creation, including open ones; the number of "
        "new records and conversion are not examined until then"
    )
    return Item("open records", "FAIL", finding, todo, numbers)


def without_open(evidence: Evidence) -> bool:
    """Whether the export holds closed records only."""
    open_, expected, _ = open_records(evidence)
    return expected >= LEAST_OPEN and open_ <= OPEN_SHARE * expected


def open_records(evidence: Evidence) -> tuple[int, float, float]:
    """How many records are open on the last day, how many are expected to be, and how many close a week.

    By Little's law the open ones are as many as those that close in a day times the time that they take; of records
    created before the last one by ``gap`` days only what they take beyond ``gap`` counts.
    """
    closed = [*evidence.ends, *evidence.numbers("customer")]
    (open_,) = evidence.one(
        f"SELECT count(*) FROM {evidence.log} WHERE outcome IS NULL AND stage NOT IN ({listed(closed)})"
    )
    end = np.fmin(evidence.won, evidence.lost)
    known = np.isfinite(end) & (end >= evidence.created)
    if known.sum() < 2 * LEAST_OPEN:
        return open_, 0.0, 0.0
    last = float(end[known].max())
    days = max(min(90.0, last - float(end[known].min())), 7.0)
    recent = known & (end > last - days)
    gap = evidence.last_day - float(evidence.created.max())
    beyond = np.maximum((end - evidence.created)[recent] - gap, 0.0)
    return open_, float(beyond.sum() / days), float(recent.sum() / days * 7)


def arrivals(evidence: Evidence) -> Item:
    """Whether new records stop before the moves of the others do."""
    name = "end of arrivals"
    stated = evidence.stated_arrivals.last
    if without_open(evidence):
        return passed(name, "not examined: open records are missing")
    stop = arrivals_stop(evidence)
    if stop is None:
        said = f"; stated as `recorded_until: {stated}`" if stated else ""
        return passed(name, f"new records come as long as moves do{said}")
    last, expected, after, until = stop
    few = "no new record" if not after else f"hardly any new records ({after:,} where {expected:,.0f} are usual)"
    finding = f"{few} since {date_of(last)} although moves continue until {date_of(until)}"
    numbers = {"last": str(date_of(last)), "moves_until": str(date_of(until)), "expected": expected, "after": after}
    if stated and (stated - date_of(last)).days < SHORTEST_STOP:
        return passed(name, f"{finding}: stated as `recorded_until`", **numbers)
    first = next((rule.name for rule in evidence.stages if rule.enters), evidence.stages[0].name)
    todo = (
        f"new records end there, and a fit would forecast hardly any: write `recorded_until: {{{first}: "
        f"{date_of(last)}}}` in the source of new records"
    )
    return Item(name, "FAIL", finding, todo, numbers)


def arrivals_end(evidence: Evidence) -> int:
    """Last day since 1970 of which new records are complete: as stated, or else as found."""
    stated = evidence.stated_arrivals.last
    ends = [evidence.last_day]
    if stated:
        ends.append((stated - date_of(0)).days)
    else:
        stop = arrivals_stop(evidence)
        ends += [] if stop is None else [stop[0]]
    return min(ends)


def arrivals_stop(evidence: Evidence) -> tuple[int, float, int, int] | None:
    """Last day before new records stop, how many are expected since and how many came, and the day of the last move."""
    if not evidence.created.size:
        return None
    start = int(evidence.created.min())
    counts = np.bincount((evidence.created - start).astype(int), minlength=evidence.last_day - start + 1)
    days = stop_of(counts.astype(np.float64))
    if not days:
        return None
    split = len(counts) - days
    last = start + int(np.flatnonzero(counts[:split])[-1])
    (moves, until) = evidence.one(
        f"""
        SELECT count(*), max(date_diff('day', DATE '1970-01-01', CAST(entered AS DATE)))
        FROM {evidence.log}
        WHERE visit > 1 AND entered >= TIMESTAMP '{date_of(last + 1)}'
        """
    )
    if moves < LEAST_MOVES or until < last + SHORTEST_STOP:
        return None
    return last, float(counts[:split][-BEFORE:].mean() * days), int(counts[split:].sum()), until


def stop_of(counts: NDArray[np.float64]) -> int:
    """For how many last days a series has stopped, 0 if it has not: the split that is likeliest, if it is sure.

    Parameters
    ----------
    counts : ndarray of float, shape (days,)
    """
    best, found = 0.0, 0
    total = np.concatenate([[0.0], np.cumsum(counts)])
    size = len(counts)
    for days in range(SHORTEST_STOP, size - BEFORE // 2):
        split = size - days
        since = max(split - BEFORE, 0)
        rate = (total[split] - total[since]) / (split - since)
        after, expected = total[size] - total[split], rate * days
        if rate == 0 or after > TRICKLE * expected:
            continue
        weeks = counts[since:split][::-1]
        weeks = weeks[: len(weeks) // 7 * 7].reshape(-1, 7).sum(axis=1)
        spread = max(1.0, float(weeks.var(ddof=1) / weeks.mean()) if weeks.any() else 1.0)
        gain = expected - after + (after * np.log(after / expected) if after else 0.0)
        if gain > best and float(special.gammaincc((after + 1) / spread, expected / spread)) < SURE:
            best, found = gain, days
    return found
