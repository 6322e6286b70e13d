"""The ways that records took: skipped stages, steps back, reopened, loops, starts in the middle, no time at all."""

from __future__ import annotations

from rpmsim.history.audit.evidence import SIDE_KINDS, Evidence, listed
from rpmsim.history.audit.item import Item, graded, passed
from rpmsim.history.linked import linked_key

MOST_LISTED = 5
FEW = 0.001
LEAST_CLOSED = 50
MOST_AT_CREATION = 0.8
"""Share of the closes that may come in the instant of creation: sales at a counter, refusals by a robot."""


def _pairs(evidence: Evidence, pairs: list[tuple[int, int]]) -> str:
    return " OR ".join(f"(stage = {a} AND outcome = {b})" for a, b in pairs) or "false"


def _listed(evidence: Evidence, pairs: list[tuple[int, int]]) -> str:
    names = [rule.name for rule in evidence.stages]
    ranked = sorted(pairs, key=lambda pair: -evidence.moves[pair])
    shown = ", ".join(f"{names[a]} to {names[b]} ({evidence.moves[a, b]:,})" for a, b in ranked[:MOST_LISTED])
    return shown + (" ..." if len(ranked) > MOST_LISTED else "")


def _item(evidence: Evidence, name: str, pairs: list[tuple[int, int]], what: str, todo: str, fail_above: float) -> Item:
    kind = name.replace(" ", "_")
    count = sum(evidence.moves[pair] for pair in pairs)
    if not count:
        return passed(name, f"no {what}", moves=0, records=0)
    evidence.note(kind, f"SELECT record FROM {evidence.log} WHERE {_pairs(evidence, pairs)}")
    records = len(evidence.noted(kind)) if count < 2_000_000 else count
    share = records / max(evidence.totals[1], 1)
    finding = f"{count:,} {what} of {records:,} records ({share:.1%}): {_listed(evidence, pairs)}"
    listed = {f"{evidence.stages[a].name}->{evidence.stages[b].name}": evidence.moves[a, b] for a, b in pairs}
    if share < FEW:
        return Item(name, "PASS", finding, "", {"moves": listed, "records": records})
    return graded(name, share, fail_above, finding, todo, moves=listed, records=records)


def _unforeseen(evidence: Evidence) -> list[tuple[int, int]]:
    names = [rule.name for rule in evidence.stages]
    return [
        (a, b)
        for a, b in evidence.moves
        if min(a, b) >= 0 and a != b and names[b] not in evidence.stages[a].to and a not in evidence.ends
    ]


def skipped(evidence: Evidence) -> Item:
    """Moves forward that the mapping does not foresee."""
    side = evidence.numbers(*SIDE_KINDS, "lost")
    pairs = [(a, b) for a, b in _unforeseen(evidence) if b > a or a in side or b in side]
    todo = "if your process allows the shortcut, add it to `to` of the stage; otherwise the stage between has no date"
    return _item(evidence, "skipped stages", pairs, "moves that leave stages out", todo, 0.25)


def backward(evidence: Evidence) -> Item:
    """Moves back that the mapping does not foresee."""
    side = evidence.numbers(*SIDE_KINDS, "lost")
    pairs = [(a, b) for a, b in _unforeseen(evidence) if b < a and a not in side and b not in side]
    todo = "if your process allows the step back, add it to `to` of the stage; otherwise fix the dates"
    return _item(evidence, "backward moves", pairs, "moves back", todo, 0.05)


def reopened(evidence: Evidence) -> Item:
    """Records that left won or lost."""
    pairs = [(a, b) for a, b in evidence.moves if a in evidence.ends and a != b]
    todo = "before you fit, decide whether a reopened record counts as a new one, or its first end counts"
    return _item(evidence, "reopened", pairs, "moves out of won or lost", todo, 0.05)


def loops(evidence: Evidence) -> Item:
    """Stages that a record enters again, without having been closed before."""
    rows = evidence.query(
        f"""
        SELECT stage, count(*), max(visits) FROM (
            SELECT stage, record, count(*) AS visits FROM {evidence.log}
            WHERE stage >= 0 AND record NOT IN (SELECT record FROM issues WHERE kind = 'reopened')
            GROUP BY 1, 2
            HAVING count(*) > 1
        )
        GROUP BY 1
        ORDER BY 2 DESC
        """
    )
    entered = dict(evidence.query(f"SELECT stage, count(DISTINCT record) FROM {evidence.log} GROUP BY 1"))
    names = [rule.name for rule in evidence.stages]
    reached = set()
    for a, rule in enumerate(evidence.stages):
        for to in rule.to:
            reached.add((a, names.index(to)))
    meant = _in_cycles(reached, len(names))
    table = {names[s]: {"records": n, "of": entered[s], "most_visits": most} for s, n, most in rows}
    striking = [(s, n) for s, n, _ in rows if n / entered[s] > 0.01 and s not in meant]
    if not striking:
        return passed("loops", "no stage is entered again unless the mapping says so", stages=table)
    shown = ", ".join(f"{names[s]} ({n:,} records, {n / entered[s]:.0%} of those that entered)" for s, n in striking)
    itself = [names[s] for s, _ in striking if (s, s) in evidence.moves]
    todo = (
        "if your process allows the loop, add it to `to` and model it as an outcome; otherwise use the first visit only"
    )
    if itself:
        todo += f"; {', '.join(itself)} follow themselves: if there are several rows per visit, choose one with `where`"
    worst = max(n / entered[s] for s, n in striking)
    return graded("loops", worst, 0.5, f"entered again: {shown}", todo, stages=table)


def _in_cycles(edges: set[tuple[int, int]], size: int) -> set[int]:
    """Stages from which a way of the mapping leads back."""
    after = {a: {b for x, b in edges if x == a} for a in range(size)}

    def returns(start: int) -> bool:
        seen: set[int] = set()
        waiting = list(after[start])
        while waiting:
            stage = waiting.pop()
            if stage == start:
                return True
            if stage not in seen:
                seen.add(stage)
                waiting += after[stage]
        return False

    return {stage for stage in range(size) if returns(stage)}


def starts(evidence: Evidence) -> Item:
    """Records that begin where none should, and visits without a time."""
    allowed = [i for i, rule in enumerate(evidence.stages) if rule.enters]
    undated = (
        evidence.one("SELECT count(DISTINCT record) FROM issues WHERE kind = 'undated'")[0] if evidence.whole else 0
    )
    middle = evidence.query(
        f"""
        SELECT stage, count(*) FROM {evidence.log}
        WHERE visit = 1 AND stage >= 0 AND stage NOT IN ({listed(allowed)})
        GROUP BY 1
        ORDER BY 2 DESC
        """
    )
    count = sum(n for _, n in middle)
    share = (count + undated) / max(evidence.totals[1], 1)
    numbers = {"undated": undated, "begin": {evidence.stages[s].name: n for s, n in middle}}
    if not count and not undated:
        return passed("missing starts", "every record begins where records begin", **numbers)
    parts = []
    if undated:
        parts.append(f"{undated:,} records have a stage without a time")
    if count:
        shown = ", ".join(f"{evidence.stages[s].name} ({n:,})" for s, n in middle[:MOST_LISTED])
        parts.append(f"{count:,} records begin in a later stage: {shown}")
    if share < FEW:
        return Item("missing starts", "PASS", "; ".join(parts), "", numbers)
    todo = (
        "if records can begin there, write `enters: yes`; otherwise their earlier stages are unknown, and a fit needs "
        "delayed entry"
    )
    return graded("missing starts", share, 0.2, "; ".join(parts), todo, **numbers)


def durations(evidence: Evidence) -> Item:
    """Visits that end in the instant in which they begin."""
    table = {}
    worst = 0.0
    for stage, visits, zero, same_day in evidence.query(
        f"""
        SELECT
            stage, count(*), count(*) FILTER ("left" = entered),
            count(*) FILTER (CAST("left" AS DATE) = CAST(entered AS DATE))
        FROM {evidence.log}
        WHERE "left" IS NOT NULL AND stage >= 0
        GROUP BY 1
        ORDER BY 1
        """
    ):
        table[evidence.stages[stage].name] = {"visits": visits, "zero": zero, "same_day": same_day}
        if visits >= 20:
            worst = max(worst, zero / visits)
    zero, same = (sum(row[key] for row in table.values()) for key in ("zero", "same_day"))
    finding = f"{zero:,} visits have a duration of zero, {same:,} end on the day they begin"
    closed, at_creation = _closed_at_creation(evidence)
    if closed >= LEAST_CLOSED and at_creation > MOST_AT_CREATION * closed:
        finding = (
            f"{at_creation:,} of {closed:,} closed records ({at_creation / closed:.0%}) close at the time of creation"
        )
        todo = "such closes say nothing about cycle times: provide the close date or the stage history"
        numbers = {"stages": table, "closed": closed, "closed_at_creation": at_creation}
        return Item("durations", "FAIL", finding, todo, numbers)
    if worst > 0.2:
        names = ", ".join(n for n, row in table.items() if row["visits"] >= 20 and row["zero"] / row["visits"] > 0.2)
        todo = (
            "stages entered at the same moment say nothing about cycle times: merge them, or give the outcome zero days"
        )
        return Item("durations", "REVIEW", f"{finding}; more than a fifth in {names}", todo, {"stages": table})
    return passed("durations", finding, stages=table)


def _closed_at_creation(evidence: Evidence) -> tuple[int, int]:
    """How many records have a close with a time, and how many of them close in the instant of their creation."""
    ends = listed(evidence.ends)
    closed, at_creation = evidence.one(
        f"""
        SELECT count(*), count(*) FILTER (closed = created)
        FROM (
            SELECT min(entered) AS created, min(entered) FILTER (stage IN ({ends})) AS closed
            FROM {evidence.log}
            GROUP BY record
            HAVING count(*) > 1
        )
        WHERE closed IS NOT NULL
        """
    )
    return closed, at_creation


def current_stages(evidence: Evidence) -> Item:
    """Whether the stage that the export states is the one to which the history leads."""
    if not evidence.one("SELECT count(*) FROM currents")[0] or not evidence.whole:
        return passed("current stage", "no source states it")
    key, join = linked_key(evidence.con, evidence.tag, "c")
    total, other = evidence.one(
        f"""
        WITH stated AS (
            SELECT {key} AS record, max(c.stage) AS stage FROM currents c {join} GROUP BY 1
        ), reached AS (
            SELECT record, stage FROM {evidence.log} WHERE outcome IS NULL
        )
        SELECT count(*), count(*) FILTER (stated.stage <> reached.stage)
        FROM stated JOIN reached ON reached.record = stated.record
        """
    )
    finding = f"{other:,} of {total:,} records are in another stage than their history says"
    if other <= FEW * max(total, 1):
        return passed("current stage", finding, records=total, differ=other)
    todo = "changes are missing from the history, or the dates of stages are not those of entering"
    return graded("current stage", other / max(total, 1), 0.1, finding, todo, records=total, differ=other)
