"""Owners, late entries, bulk edits: what people did to the records."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
from scipy import special

from rpmsim.history.audit.evidence import Evidence, listed
from rpmsim.history.audit.item import Item, graded, passed
from rpmsim.history.view_tables import BULK_LEAST

LATE_HOURS = 24
BULK_TIMES = 3.0
SURE = 1e-6


def owners(evidence: Evidence) -> Item:
    """Visits without an owner, and owners whom nobody knows."""
    stated = evidence.one(f"SELECT count(*) FROM facts WHERE owner IS NOT NULL AND {evidence.known}")[0]
    if not stated:
        return passed("owners", f"no source states owners{evidence.known_at_export('owner')}")
    table = {}
    striking = []
    for stage, visits, without in evidence.query(
        f"SELECT stage, count(*), count(*) FILTER (owner IS NULL) FROM {evidence.log} GROUP BY 1 ORDER BY 1"
    ):
        rule = evidence.stages[stage]
        table[rule.name] = {"visits": visits, "without": without}
        if rule.kind in ("opportunity", "won") and visits >= 20 and without / visits > 0.05:
            striking.append(f"{rule.name} ({without / visits:.0%})")
    unknown: list[str] = []
    if evidence.one("SELECT count(*) FROM people")[0]:
        unknown = [
            row[0]
            for row in evidence.query(
                f"""
                SELECT DISTINCT owner FROM facts
                WHERE owner IS NOT NULL AND {evidence.known} AND owner NOT IN (SELECT id FROM people)
                ORDER BY 1
                """
            )
        ]
    numbers = {"stages": table, "unknown": unknown[:50]}
    if not striking and not unknown:
        return passed("owners", "opportunities have owners, and all owners are in `people`", **numbers)
    parts = [f"without an owner: {', '.join(striking)}"] if striking else []
    parts += [f"{len(unknown):,} owners are not among the people, such as {', '.join(unknown[:3])}"] if unknown else []
    todo = (
        "records without an owner say nothing about people: provide the owner's history, or leave out productivity by "
        "person"
    )
    parts[-1] += evidence.known_at_export("owner")
    return Item("owners", "REVIEW", "; ".join(parts), todo, numbers)


def late_entries(evidence: Evidence) -> Item:
    """Moves that were typed in more than a day after they happened."""
    total, late, median, p90 = evidence.one(
        f"""
        SELECT
            count(*), count(*) FILTER (lag > {LATE_HOURS}), median(lag) FILTER (lag > {LATE_HOURS}),
            quantile_cont(lag, 0.9) FILTER (lag > {LATE_HOURS})
        FROM (SELECT date_diff('minute', entered, known) / 60.0 AS lag FROM {evidence.log})
        """
    )
    if not late:
        return passed("late entries", "every move was recorded within a day, as far as the sources state it")
    evidence.note(
        "late_entries",
        f"SELECT record FROM {evidence.log} WHERE date_diff('minute', entered, known) / 60.0 > {LATE_HOURS}",
    )
    finding = (
        f"{late:,} moves ({late / total:.1%}) were recorded late, half of them by {median / 24:.0f} days or "
        "more, 10% by "
    )
    finding += f"more than {p90 / 24:.0f} days"
    todo = f"the last {p90 / 24:.0f} days of the export are not complete: end the fit before them"
    numbers = {"late": late, "median_days": median / 24, "p90_days": p90 / 24}
    return graded("late entries", late / total, 0.3, finding, todo, **numbers)


def bulk_edits(evidence: Evidence) -> Item:
    """Closes in one second, and days with far more closes than their neighbors."""
    ends = f"stage IN ({listed(evidence.ends)}) AND NOT undated"
    midnight, total = evidence.one(
        f"SELECT count(*) FILTER (CAST(entered AS TIME) = TIME '00:00:00'), count(*) FROM {evidence.log} WHERE {ends}"
    )
    found: list[dict[str, object]] = []
    conditions = []
    if total and midnight < 0.5 * total:
        groups = evidence.query(
            f"""
            SELECT entered, stage, count(*) FROM {evidence.log}
            WHERE {ends} AND visit > 1
            GROUP BY 1, 2
            HAVING count(*) >= {BULK_LEAST}
            ORDER BY 3 DESC, 1
            """
        )
        found += [{"when": str(t), "stage": evidence.stages[s].name, "records": n} for t, s, n in groups]
        conditions.append(
            f"""
            SELECT l.record
            FROM {evidence.log} l JOIN (
                SELECT entered, stage FROM {evidence.log}
                WHERE {ends} AND visit > 1
                GROUP BY 1, 2
                HAVING count(*) >= {BULK_LEAST}
            ) g ON g.entered = l.entered AND g.stage = l.stage
            WHERE l.visit > 1
            """
        )
    seconds = sum(int(str(group["records"])) for group in found)
    days = _striking_days(evidence, ends)
    for condition in conditions:
        evidence.note("bulk_edits", condition)
    month_ends = sum(_is_month_end(dt.date.fromisoformat(str(g["when"])[:10])) for g in (*found, *days))
    numbers = {"at_once": found[:50], "days": days[:50]}
    if not found and not days:
        return passed("bulk edits", "no second and no day on which closes pile up", **numbers)
    parts = []
    if found:
        parts.append(f"{seconds:,} closes in {len(found):,} single seconds ({BULK_LEAST} or more at a time)")
    if days:
        shown = ", ".join(f"{d['when']} ({d['records']:,} {d['stage']})" for d in days[:3])
        parts.append(f"{len(days):,} days with over {BULK_TIMES:g} times the closes of the days around: {shown}")
    if month_ends:
        parts.append(f"{month_ends:,} of these at the end of a month")
    todo = "these dates are those of the clean-up, not of the decision: leave them out of cycle times, or use a clock"
    share = (seconds + sum(int(str(d["records"])) for d in days)) / max(total, 1)
    return graded("bulk edits", share, 0.3, "; ".join(parts), todo, **numbers)


def _is_month_end(day: dt.date) -> bool:
    return (day + dt.timedelta(3)).month != day.month


def _striking_days(evidence: Evidence, ends: str) -> list[dict[str, object]]:
    """Days with more closes than chance and the same weekdays around them explain."""
    series: dict[int, dict[int, int]] = defaultdict(dict)
    for stage, day, count in evidence.query(
        f"""
        SELECT stage, date_diff('day', DATE '1970-01-01', CAST(entered AS DATE)), count(*) FROM {evidence.log}
        WHERE {ends}
        GROUP BY 1, 2
        """
    ):
        series[stage][day] = count
    found = []
    for stage, counts in series.items():
        for day, count in counts.items():
            around = [counts.get(day + 7 * k, 0) for k in range(-6, 7) if k]
            near = [counts.get(day + k, 0) for k in (-2, -1, 1, 2)]
            usual = max(float(np.median(around)), float(np.mean(near)) / 2, 0.5)
            spread = max(float(np.var(around)) / usual, 1.0)
            if count >= 2 * BULK_LEAST and count > BULK_TIMES * usual:
                tail = float(special.gammainc(count / spread, usual / spread))
                if tail < SURE:
                    when = str(dt.date(1970, 1, 1) + dt.timedelta(day))
                    found.append({"when": when, "stage": evidence.stages[stage].name, "records": count, "usual": usual})
    return sorted(found, key=lambda d: -int(str(d["records"])))
