"""Attributes: those that say the outcome, that contradict themselves, that are misspelled."""

from __future__ import annotations

from rpmsim.history.audit.evidence import Evidence, listed
from rpmsim.history.audit.item import Item, graded, passed
from rpmsim.history.linked import linked_key

LEAST_RECORDS = 30
LEAK = 0.3
"""Difference between the shares of records that have the attribute, from which on it says the outcome."""


def leaks(evidence: Evidence) -> Item:
    """Attributes that are there or not there depending on how the record ended."""
    attributes = f"(SELECT * FROM attributes WHERE {evidence.known})"
    names = [row[0] for row in evidence.query(f"SELECT DISTINCT name FROM {attributes} ORDER BY 1")]
    won, lost = evidence.numbers("won"), evidence.numbers("lost")
    state = f"CASE WHEN stage IN ({listed(won)}) THEN 'won' WHEN stage IN ({listed(lost)}) THEN 'lost' ELSE 'open' END"
    key, join = linked_key(evidence.con, evidence.tag, "a")
    evidence.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE states AS
        SELECT record, {state} AS state FROM {evidence.log} WHERE outcome IS NULL
    """)
    totals = dict(evidence.query("SELECT state, count(*) FROM states GROUP BY 1"))
    reported: dict[str, dict[str, float]] = {name: dict.fromkeys(totals, 0.0) for name in names}
    for name, kind, count in evidence.query(
        f"""
        SELECT a.name, t.state, count(DISTINCT t.record)
        FROM (SELECT {key} AS record, a.name FROM {attributes} a {join}) a JOIN states t ON t.record = a.record
        GROUP BY 1, 2
        """
    ):
        reported[name][kind] = count / totals[kind]
    groups = [kind for kind in ("open", "won", "lost") if totals.get(kind, 0) >= LEAST_RECORDS]
    found = []
    for name in names:
        shares = {kind: reported[name][kind] for kind in groups}
        if len(shares) > 1 and max(shares.values()) - min(shares.values()) >= LEAK:
            found.append((name, shares))
    numbers = {"known": {name: {k: round(v, 4) for k, v in reported[name].items()} for name in names}}
    if not found:
        return passed("leaks", "no attribute is known of one outcome and unknown of another", **numbers)
    shown = "; ".join(
        f"`{name}` is missing in " + ", ".join(f"{1 - share:.0%} of {kind}" for kind, share in shares.items())
        for name, shares in found
    )
    serious = [name for name, _ in found if name in ("channel", "segment")]
    todo = (
        "this value is filled in when the outcome is known, so do not fit on it; if it was known earlier, provide its "
        "history"
    )
    return Item(
        "leaks", "FAIL" if serious else "REVIEW", shown, todo, numbers | {"leaking": [name for name, _ in found]}
    )


def conflicts(evidence: Evidence) -> Item:
    """Records of which an attribute has several values."""
    rows = evidence.query(
        f"SELECT name, count(*), min(record) FROM ({_several_values(evidence)}) GROUP BY 1 ORDER BY 2 DESC"
    )
    if not rows:
        return passed("conflicting data", "no record has two values of one attribute")
    evidence.note("conflicts", f"SELECT record FROM ({_several_values(evidence)})")
    shown = ", ".join(f"{name} of {count:,} records, such as {example}" for name, count, example in rows)
    share = max(count for _, count, _ in rows) / max(evidence.totals[1], 1)
    todo = "the first known value is used; check which IDs are used twice"
    return graded(
        "conflicting data",
        share,
        0.02,
        f"several values: {shown}",
        todo,
        records={name: count for name, count, _ in rows},
    )


def _several_values(evidence: Evidence) -> str:
    """Records with the name of each attribute of which they have several values."""
    return f"""
        SELECT name, record FROM attributes
        WHERE {evidence.known}
        GROUP BY 1, 2
        HAVING count(DISTINCT value) > 1
    """


def misspelled(evidence: Evidence) -> Item:
    """Keys that a joined table does not have."""
    rows = evidence.query("SELECT * FROM misspelled ORDER BY rows DESC") if evidence.has("misspelled") else []
    if not rows:
        return passed("unknown keys", "every key is found in its table")
    shown = "; ".join(
        f"`{value}` ({count:,} rows) is not in {table}" + (f": `{near}`?" if near else "")
        for _, table, value, near, count in rows[:5]
    )
    todo = "fix the table or the export, so that the attribute is found"
    numbers = {"values": [{"table": t, "value": v, "nearest": near, "rows": n} for _, t, v, near, n in rows]}
    return Item("unknown keys", "REVIEW", shown, todo, numbers)


def amounts(evidence: Evidence) -> Item:
    """Deals won without an amount, amounts of zero, and amounts below it."""
    won = listed(evidence.numbers("won"))
    total, known, positive, negative = evidence.one(
        f"""
        SELECT count(*), count(amount), count(*) FILTER (amount > 0), count(*) FILTER (amount < 0)
        FROM {evidence.log}
        WHERE stage IN ({won})
        """
    )
    later = evidence.known_at_export("amount")
    if not evidence.one(f"SELECT count(*) FROM facts WHERE amount IS NOT NULL AND {evidence.known}")[0]:
        return Item(
            "amounts",
            "REVIEW",
            f"no source states amounts{later}",
            "bookings cannot be fitted: provide `amount`, or fit counts only",
        )
    numbers = {"won": total, "known": known, "positive": positive, "negative": negative}
    if not total:
        return passed("amounts", "no deal is won", **numbers)
    finding = f"{positive:,} of {total:,} deals won have an amount above zero"
    if negative:
        finding += f", {negative:,} below zero (credit notes, corrections): they count in bookings, "
        finding += "but not in the distribution of amounts"
    if positive + negative < total:
        finding += later
    missing = 1 - (positive + negative) / total
    if missing > 0.02:
        todo = "zero is not an amount: leave these deals out of the distribution of amounts"
        return graded("amounts", missing, 0.5, finding, todo, **numbers)
    return passed("amounts", finding, **numbers)
