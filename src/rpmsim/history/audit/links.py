"""Links between records: whether they lead to any."""

from __future__ import annotations

from typing import Any

from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item, graded, passed

FEW = 0.02
"""Share of links to records that were deleted or left out, as every export has them."""
MANY = 0.2


def links(evidence: Evidence) -> Item:
    """Links of which an end is not among the records, though its object has a source."""
    if not evidence.mapping.links:
        return passed("links", "the mapping names no links")
    sources = {s.object for s in evidence.mapping.sources if s.shape != "work"}
    evidence.con.execute(
        f"CREATE OR REPLACE TEMP TABLE known_records AS SELECT DISTINCT record FROM facts WHERE {evidence.known}"
    )
    table: list[dict[str, Any]] = []
    for link in evidence.mapping.links:
        ends = {"before": link.before, "after": link.after}
        sides = [side for side, end in ends.items() if end[0] in sources]
        dead = " OR ".join(f"{side} NOT IN (SELECT record FROM known_records)" for side in sides) or "false"
        pairs, lost, example = evidence.one(
            f"""
            SELECT count(*), count(*) FILTER ({dead}), min(concat(before, ' - ', after)) FILTER ({dead})
            FROM links
            WHERE number = {link.number} AND {evidence.known}
            """
        )
        name = f"{link.place.file or link.place.url}, {link.before[0]} to {link.after[0]}"
        table.append({"link": name, "links": pairs, "without_record": lost, "example": example})
    striking = [row for row in table if row["without_record"] > FEW * row["links"]]
    numbers = {"links": table}
    if not striking:
        return passed("links", f"{sum(row['links'] for row in table):,} links lead to records", **numbers)
    finding = "; ".join(
        f"{row['without_record']:,} of {row['links']:,} links lead to no record "
        f"({row['link']}; such as {row['example']})"
        for row in striking
    )
    share = max(row["without_record"] / row["links"] for row in striking)
    todo = "are both IDs written in the same way, and is the other export complete? Compare the IDs of the example"
    return graded("links", share, MANY, finding, todo, **numbers)
