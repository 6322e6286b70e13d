"""Stages of which the export says that they were reached, and not when."""

from __future__ import annotations

from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item, graded, passed
from rpmsim.history.shapes import UNKNOWN

FEW = 0.02
UNDATED = "undated stages"


def undated(evidence: Evidence) -> Item:
    """Records that begin in an unknown stage, that are dated at their creation, or closed without a date."""
    unknown, at_creation = evidence.one(
        f"""
        SELECT count(*) FILTER (visit = 1 AND stage = {UNKNOWN}), count(*) FILTER (undated AND entered IS NOT NULL)
        FROM {evidence.log}
        """
    )
    closed = dict(
        evidence.query(
            f"SELECT stage, count(*) FROM {evidence.log} WHERE undated AND entered IS NULL GROUP BY 1 ORDER BY 1"
        )
    )
    if not unknown and not at_creation and not closed:
        return passed(UNDATED, "every stage has the time at which it was entered")
    parts = []
    if unknown:
        parts.append(f"{unknown:,} records begin in an unknown stage")
    if at_creation:
        parts.append(f"{at_creation:,} records: the stage of the last day was dated at creation")
    parts += [
        f"{count:,} {'is' if count == 1 else 'are'} {evidence.stages[stage].name} by the current stage, without a date"
        for stage, count in closed.items()
    ]
    numbers = {
        "unknown_at_creation": unknown,
        "dated_at_creation": at_creation,
        "closed_without_date": {evidence.stages[stage].name: count for stage, count in closed.items()},
    }
    todo = (
        "export the stage history or the close date, and add it to the mapping; until then these times are known only "
        "as intervals"
    )
    share = max(unknown, at_creation + sum(closed.values())) / max(evidence.totals[1], 1)
    finding = "; ".join(parts)
    if share < FEW:
        return Item(UNDATED, "PASS", finding, "", numbers)
    return graded(UNDATED, share, 0.5, finding, todo, **numbers)
