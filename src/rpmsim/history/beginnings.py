"""What a record was when it began: its first stage, amount and owner, where only later facts mention them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.view_tables import ENDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATED_AT_CREATION = -2
"""``start`` of a fact that puts the stage of the last day at the record's beginning, for want of its time."""


def with_starts(con: DuckDBPyConnection, facts: str, tag: str, whole: bool) -> str:
    """Records of which the beginning is known but not its stage: the old value of their first change, or as stated.

    Else the stage is unknown, and a record never begins with its end. Where the stage of the last day is all that is
    known, that view alone has it, dated at the beginning.
    """
    if not sql.any_row(con, "facts WHERE start IS NOT NULL"):
        return facts
    con.execute(f"CREATE TABLE starts_{tag} AS {_starts(facts)}")
    con.execute(f"""
        CREATE TEMP VIEW started_facts_{tag} AS
        SELECT * FROM {facts} WHERE start IS NULL
        UNION ALL BY NAME
        SELECT record, happened, known, stage, false AS again, wide, source, row, false AS exported
        FROM starts_{tag}
        WHERE stage IS NOT NULL
        UNION ALL BY NAME
        SELECT
            s.record, happened, known, now AS stage, false AS again, false AS wide, {DATED_AT_CREATION} AS start,
            source, row, false AS exported
        FROM starts_{tag} s JOIN (
            SELECT record, any_value(stage) AS now FROM currents
            WHERE {whole} AND stage NOT IN {ENDS}
            GROUP BY record
        ) c ON c.record = s.record
        WHERE s.alone AND now <> s.stage
    """)
    return f"started_facts_{tag}"


def _starts(facts: str) -> str:
    """Records of which the beginning is known, with the stage in which they begin if anything says it."""
    return f"""
        WITH begun AS (
            SELECT
                record, min(happened) AS happened, max(start) AS start, min(source) AS source, min(row) AS row
            FROM {facts}
            WHERE start IS NOT NULL
            GROUP BY record
        ), first AS (
            SELECT
                record, min(happened) AS happened,
                arg_min(old, (happened, source, row)) AS old,
                arg_min(stage, (happened, source, row)) IN {ENDS} AS ends,
                arg_min(wide, (happened, source, row)) AS wide
            FROM {facts}
            WHERE stage IS NOT NULL
            GROUP BY record
        )
        SELECT
            b.record,
            CASE WHEN f.wide THEN b.happened ELSE least(b.happened, f.happened) END AS happened,
            b.happened AS known,
            coalesce(f.old, CASE WHEN b.start >= 0 OR f.happened IS NULL OR f.ends THEN b.start END) AS stage,
            coalesce(f.wide AND f.ends, false) AS wide,
            f.happened IS NULL AS alone,
            b.source, b.row
        FROM begun b LEFT JOIN first f ON f.record = b.record
        WHERE f.happened IS NULL OR f.happened > b.happened OR f.ends
    """


def with_first_values(con: DuckDBPyConnection, facts: str, tag: str) -> str:
    """Amount and owner at the record's beginning: the old value of the first change; without any, as exported."""
    if not sql.any_row(con, f"{facts} WHERE exported OR old_amount IS NOT NULL OR old_owner IS NOT NULL"):
        return facts
    con.execute(f"""
        CREATE TABLE values_{tag} AS
        SELECT
            record, min(happened) FILTER (NOT exported) AS happened,
            {_first_value("amount")} AS amount,
            {_first_value("owner")} AS owner
        FROM {facts}
        GROUP BY record
    """)
    con.execute(f"""
        CREATE TEMP VIEW valued_facts_{tag} AS
        SELECT * FROM {facts}
        UNION ALL BY NAME
        SELECT
            record, happened, happened AS known, amount, owner, false AS again, false AS wide, false AS exported,
            0 AS source, -1 AS row
        FROM values_{tag}
        WHERE happened IS NOT NULL AND (amount IS NOT NULL OR owner IS NOT NULL)
    """)
    return f"valued_facts_{tag}"


def _first_value(column: str) -> str:
    """What the earliest fact that mentions a column says of the time before it."""
    before = f"CASE WHEN exported THEN {column} ELSE old_{column} END"
    states = f"{column} IS NOT NULL OR old_{column} IS NOT NULL"
    return f"arg_min_null({before}, (happened, source, row)) FILTER ({states})"
