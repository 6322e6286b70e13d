"""Rows, span, coverage, corrections: what was read and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item, graded, passed
from rpmsim.history.corrections import EMPTY_DATE, NO_RECORD, UNNAMED_TWINS

MEANT = (
    "excluded by `where`",
    "excluded by `without`",
    "of a field that the mapping does not name",
    "of another step",
    "of a stage in `ignore`",
    NO_RECORD,
)
"""What the mapping itself leaves out: no reason to look."""
HARMLESS = ("with an amount written as text", "with an amount in another currency", UNNAMED_TWINS)


def rows(evidence: Evidence) -> Item:
    """How many rows were read, and how many say something."""
    readings = evidence.history.readings
    table = [{"source": r.source, "rows": r.rows, "used": r.used} for r in readings]
    read = sum(r.rows for r in readings)
    visits, records, _, _ = evidence.totals
    until = "" if evidence.whole else f" until {evidence.view.as_of}"
    finding = f"{read:,} rows of {len(readings)} sources give {visits:,} visits of {records:,} records{until}"
    work = {s.name for s in evidence.mapping.sources if s.shape == "work"}
    empty = [r.source for r in readings if r.used == 0 and r.source not in work]
    if empty or not records:
        todo = "check `where`, the columns and the dates of these sources"
        if not records and len(empty) < len(readings) and not evidence.whole:
            (first,) = evidence.one(f"SELECT min(entered) FROM {evidence.history.as_of(None).log}")
            todo = f"choose a later day: the first record begins on {first:%Y-%m-%d}" if first else todo
        return Item(
            "rows", "FAIL", f"{finding}; no row of {', '.join(empty) or 'any source'} counts", todo, {"sources": table}
        )
    idle = [r.source for r in readings if r.used == 0]
    if idle:
        todo = "if there should be such work items, check `where` and the column of the record"
        return Item("rows", "REVIEW", f"{finding}; no row of {', '.join(idle)} counts", todo, {"sources": table})
    return passed("rows", finding, sources=table, visits=visits, records=records)


def corrections(evidence: Evidence) -> Iterator[Item]:
    """Every correction made while reading, which is that of the whole export, and in making the view."""
    found = False
    all_rows = "" if evidence.whole else "in the whole export, "
    for reading in evidence.history.readings:
        for correction in reading.corrections:
            found = True
            shown = f"{all_rows}{correction}"
            numbers = {"rows": correction.rows, "of": correction.of, "examples": list(correction.examples)}
            name = f"{reading.source}: rows {correction.kind}"
            if correction.kind in MEANT or correction.kind in HARMLESS:
                yield passed(name, shown, **numbers)
            elif correction.kind.endswith(EMPTY_DATE):
                todo = "placeholder dates or typos? Export them as empty; rows without another time are left out"
                yield Item(name, "REVIEW", shown, todo, numbers)
            else:
                yield graded(
                    name, correction.rows / max(correction.of, 1), 0.01, shown,
                    "look at the rows listed; fix the export or the mapping", **numbers,
                )  # fmt: skip
    for kind, count in evidence.view.corrections.items():
        found = True
        identity = "another one" in kind or "predecessor" in kind
        finding = f"{count:,} {kind}"
        if identity:
            yield passed("identity", finding, count=count)
        elif kind == "rows that appear twice":
            if evidence.has(f"twice_{evidence.tag}"):
                evidence.note("duplicates", f"SELECT record FROM twice_{evidence.tag}")
            share = count / max(evidence.totals[0], 1)
            yield graded(
                "duplicates",
                share,
                0.02,
                f"{finding}: one of each is kept",
                "export the data without duplicates",
                count=count,
            )
        else:
            done = "the end is put on the day of the beginning" if "ends" in kind else "the earlier one counts"
            share = count / max(evidence.totals[1], 1)
            yield graded(kind, share, 0.02, f"{finding}: {done}", "fix the dates in the CRM", count=count)
    if not found:
        yield passed("repairs", "nothing had to be repaired or left out")


def span(evidence: Evidence) -> Item:
    """First and last time, and whether the end is reached."""
    _, _, first, last = evidence.totals
    quiet = (evidence.view.as_of - last.date()).days
    days = max((last - first).days, 1)
    active = evidence.one(f"SELECT count(DISTINCT CAST(entered AS DATE)) FROM {evidence.log}")[0]
    usual = days / max(active, 1)
    finding = f"{first.date()} to {last.date()}, {days / 365.25:.1f} years; the export ends on {evidence.view.as_of}"
    numbers = {"first": str(first), "last": str(last), "quiet_days": quiet}
    if quiet > max(7.0, 10.0 * usual):
        todo = f"is `as_of` correct? If the export is older, write `as_of: {last.date()}`"
        return Item("span", "REVIEW", f"{finding}: nothing in the last {quiet} days", todo, numbers)
    return passed("span", finding, **numbers)


def coverage(evidence: Evidence) -> Item:
    """How many records each stage saw, and of how many visits amount and owner are known."""
    found = {
        row[0]: row[1:]
        for row in evidence.query(
            f"""
            SELECT
                stage, count(*), count(DISTINCT record), min(entered), max(entered),
                count(*) FILTER (outcome IS NULL), count(amount), count(owner), count(responded)
            FROM {evidence.log}
            GROUP BY 1
            """
        )
    }
    table = []
    for number, rule in enumerate(evidence.stages):
        visits, records, first, last, open_, amounts, owners, responses = found.get(
            number, (0, 0, None, None, 0, 0, 0, 0)
        )
        table.append(
            {
                "stage": rule.name, "kind": rule.kind, "visits": visits, "records": records, "still_there": open_,
                "first": first and str(first.date()), "last": last and str(last.date()),
                "with_amount": amounts, "with_owner": owners, "with_response": responses,
            }
        )  # fmt: skip
    empty = [row["stage"] for row in table if not row["visits"]]
    reported = [stage for stage in empty if stage not in ("won", "lost")]
    if reported:
        return Item(
            "coverage", "REVIEW", f"never entered: {', '.join(reported)}",
            "check its `names`, or remove the stage", {"stages": table},
        )  # fmt: skip
    return passed("coverage", f"each of {len(table) - len(empty)} stages was entered", stages=table)
