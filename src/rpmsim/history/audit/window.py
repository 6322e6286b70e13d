"""Truncation on either side: what happened before the records begin, and what is not recorded yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.history.audit.evidence import Evidence, date_of
from rpmsim.history.audit.item import Item, passed
from rpmsim.history.audit.selection import arrivals_end

SURE = 1e-4
LEAST_EXPECTED = 9.2
"""Events expected of which none is seen: the chance of that is below 1 in 10,000 if they are Poisson."""
FIRST_DAYS = 14
RUNNING = 0.5
"""Share of the usual number of new records, from which on the first days are those of a business that ran before."""


def late_recording(evidence: Evidence) -> Item:
    """Stages of which the recording begins after the records do."""
    stated = {r.name: w.first for r, w in zip(evidence.stages, evidence.recorded, strict=True) if w.first}
    found = []
    for number, rule in enumerate(evidence.stages):
        created, first, records = evidence.first_days(number).T
        if records[np.isfinite(first)].sum() < 20:
            continue
        begins = float(np.nanmin(first))
        expected = expected_before(created, first, records, begins, evidence.last_day)
        if expected > LEAST_EXPECTED:
            found.append({"stage": rule.name, "first": str(date_of(begins)), "expected_before": round(expected, 1)})
    start = str(date_of(float(evidence.created.min()))) if evidence.created.size else ""
    open_ = [f for f in found if f["stage"] not in stated]
    numbers = {"stages": found, "stated": {stage: str(day) for stage, day in stated.items()}, "records_from": start}
    if not found:
        return passed("recording starts", "every stage is recorded as early as its records let expect", **numbers)
    shown = "; ".join(
        f"no {f['stage']} before {f['first']}, where {f['expected_before']:,.0f} are expected from the records since "
        f"{start}"
        for f in found
    )
    if not open_:
        return passed("recording starts", f"{shown}: stated as `recorded_from`", **numbers)
    what = ", ".join(f"{f['stage']}: {f['first']}" for f in open_)
    todo = f"they were not recorded: write `recorded_from: {{{what}}}`, so that a fit enters these records late"
    return Item("recording starts", "FAIL", shown, todo, numbers)


def expected_before(
    created: NDArray[np.float64],
    first: NDArray[np.float64],
    records: NDArray[np.float64],
    begins: float,
    last: float,
) -> float:
    """Entries expected before the day of the first one, by the hazard at each age of later days.

    Parameters
    ----------
    created, first, records : ndarray of float, shape (pairs,)
        Day of creation, day of the first entry (NaN: never), and how many records have them.
    begins, last : float
        Day of the first entry of all, and last day of the history.
    """
    size = int(last - created.min()) + 2
    entered = np.isfinite(first) & (first >= created)
    leaves = np.where(entered, first, last) - created
    joins = np.maximum(0.0, begins - created)
    at_risk = leaves >= joins
    change = np.bincount(joins[at_risk].astype(int), records[at_risk], size + 1)
    change -= np.bincount(leaves[at_risk].astype(int) + 1, records[at_risk], size + 1)[: size + 1]
    risk = np.cumsum(change)[:size]
    counted = entered & at_risk
    events = np.bincount((first - created)[counted].astype(int), records[counted], size)[:size]
    hazard = np.divide(events, risk, out=np.zeros(size), where=risk > 0)
    survival = np.concatenate([[0.0], np.cumsum(np.log1p(-np.minimum(hazard, 0.999)))])
    early = created < begins
    ages = np.minimum((begins - created[early]).astype(int), size)
    return float(-(np.expm1(survival[ages]) * records[early]).sum())


def missing_before(evidence: Evidence) -> Item:
    """Whether records that were open when the export's window begins are absent."""
    created = evidence.created
    if created.size < 100:
        return passed("records before the start", "too few records")
    start = float(created.min())
    days = int(evidence.last_day - start) + 1
    if days < 90:
        return passed("records before the start", "too short a period")
    counts = np.bincount((created - start).astype(int), minlength=days)[:days]
    early = counts[:FIRST_DAYS].mean()
    later = float(np.median(counts[FIRST_DAYS : min(days, 180)].reshape(-1)))
    later = max(later, float(counts[FIRST_DAYS : min(days, 180)].mean()) / 2)
    ended = np.fmin(evidence.won, evidence.lost)
    life = ended - created
    known = np.isfinite(life)
    if known.sum() < 50 or early < RUNNING * later or later == 0:
        return passed("records before the start", "the records begin gradually, or with records that were already open")
    slow = float(np.quantile(life[known], 0.9))
    wins = np.isfinite(evidence.won)
    slow_win = float(np.quantile((evidence.won - created)[wins], 0.9)) if wins.sum() >= 20 else slow
    date = date_of(start)
    finding = (
        f"from {date} on, new records start at {early:.1f} a day, {early / later:.0%} of the usual number, and none is "
    )
    finding += f"older: records open on {date} are missing. Wins build up from zero over about {slow_win:.0f} days"
    todo = (
        f"the export only contains records created since then: write `recorded_from: {date}`, and ignore trends in the "
        f"first {max(slow, slow_win):.0f} days"
    )
    numbers = {
        "start": str(date),
        "early_per_day": early,
        "usual_per_day": later,
        "p90_life_days": slow,
        "p90_win_days": slow_win,
    }
    stated = [day for source in evidence.mapping.sources for stage, day in source.recorded_from if stage == "*"]
    if any(day >= date for day in stated):
        return passed("records before the start", f"{finding}: stated as `recorded_from`", **numbers)
    return Item("records before the start", "REVIEW", finding, todo, numbers)


def incomplete_end(evidence: Evidence) -> Item:
    """Whether the last days hold fewer events than they should."""
    last = evidence.last_day
    ended = "AND visit > 1" if arrivals_end(evidence) < last else ""  # new records end before, which is another finding
    rows = dict(
        evidence.query(
            f"""
            SELECT date_diff('day', DATE '1970-01-01', CAST(entered AS DATE)) AS day, count(*)
            FROM {evidence.log}
            WHERE entered >= TIMESTAMP '{date_of(last - 70)}' {ended}
            GROUP BY 1
            """
        )
    )
    usual = {k: [rows.get(last - k - 7 * w, 0) for w in range(1, 9)] for k in range(7)}
    found = 0
    for days in (1, 2, 3, 5, 7):
        seen = sum(rows.get(last - k, 0) for k in range(days))
        weeks = np.array([sum(usual[k][w] for k in range(days)) for w in range(8)], dtype=float)
        mean = float(weeks.mean())
        spread = max(float(weeks.var(ddof=1)) / mean, 1.0) if mean else 1.0
        if mean > 0 and float(special.gammaincc((seen + 1) / spread, mean / spread)) < SURE and seen < 0.5 * mean:
            found = days
    if not found:
        return passed("end of the records", "the last days have as many events as the same weekdays before")
    seen = sum(rows.get(last - k, 0) for k in range(found))
    mean = float(np.mean([sum(usual[k][w] for k in range(found)) for w in range(8)]))
    finding = f"the last {found} days have {seen:,} events, although {mean:,.0f} are usual"
    todo = (
        f"the export was made before the end of the day, or entries come late: write `as_of: {date_of(last - found)}`"
    )
    return Item("end of the records", "REVIEW", finding, todo, {"days": found, "events": seen, "usual": mean})
