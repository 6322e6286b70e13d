"""Records of different objects that are one customer: a lead, its contact, its opportunity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.history import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_HOPS = 3
"""A lead, its contact, its opportunity, and one more."""


def linked(con: DuckDBPyConnection, corrections: dict[str, int], facts: str, tag: str, end: str) -> str:
    """Records that continue another one take its key: the first touch wins, and one record continues it."""
    if not sql.any_row(con, f"links WHERE known < {end}"):
        return facts
    con.execute(f"""
        CREATE TABLE hops_{tag} AS
        SELECT DISTINCT before, after FROM links WHERE known < {end} AND before <> after
    """)
    for _ in range(MOST_HOPS - 1):
        con.execute(f"""
            INSERT INTO hops_{tag}
            SELECT DISTINCT a.before, b.after
            FROM hops_{tag} a JOIN hops_{tag} b ON a.after = b.before
            WHERE a.before <> b.after
            EXCEPT
            SELECT before, after FROM hops_{tag}
        """)
    con.execute(f"CREATE TABLE touches_{tag} AS SELECT record, min(happened) AS happened FROM {facts} GROUP BY record")
    con.execute(f"CREATE TABLE same_{tag} AS {_same(tag)}")
    _count(con, corrections, tag)
    con.execute(f"""
        CREATE TEMP VIEW linked_facts_{tag} AS
        SELECT f.* REPLACE (coalesce(s.before, f.record) AS record)
        FROM {facts} f LEFT JOIN same_{tag} s ON s.after = f.record
    """)
    return f"linked_facts_{tag}"


def linked_key(con: DuckDBPyConnection, tag: str, alias: str) -> tuple[str, str]:
    """The key of the first record of a customer, of the rows of a table, and the join that it needs."""
    if not sql.has_table(con, f"same_{tag}"):
        return f"{alias}.record", ""
    return f"coalesce(same.before, {alias}.record)", f"LEFT JOIN same_{tag} same ON same.after = {alias}.record"


def _same(tag: str) -> str:
    """Each record that continues another one, with that one: of several predecessors the first that was touched."""
    return f"""
        WITH pairs AS (
            SELECT h.before, h.after, b.happened AS touched, a.happened AS began
            FROM hops_{tag} h
            JOIN touches_{tag} b ON b.record = h.before
            JOIN touches_{tag} a ON a.record = h.after
            WHERE (b.happened, h.before) < (a.happened, h.after)
        ), first AS (
            SELECT * FROM pairs QUALIFY row_number() OVER (PARTITION BY after ORDER BY touched, before) = 1
        )
        SELECT * FROM first
        QUALIFY row_number() OVER (PARTITION BY before, split_part(after, '/', 1) ORDER BY began, after) = 1
    """


def _count(con: DuckDBPyConnection, corrections: dict[str, int], tag: str) -> None:
    """Count the records that continue another one, and those of which several could, or which several could."""
    several, further, same = sql.one(
        con,
        f"""
        WITH found AS (
            SELECT before, after FROM hops_{tag} JOIN touches_{tag} ON record = before
            WHERE after IN (SELECT record FROM touches_{tag})
        )
        SELECT
            (SELECT count(*) FROM (SELECT after FROM found GROUP BY after HAVING count(*) > 1)),
            (
                SELECT count(DISTINCT after) FROM found
                WHERE after NOT IN (SELECT after FROM same_{tag}) AND after NOT IN (SELECT before FROM same_{tag})
            ),
            (SELECT count(*) FROM same_{tag})
        """,
    )
    counts = {
        "records that continue another one": same,
        "records with several predecessors: the first touch wins": several,
        "more records of the same predecessor, kept as separate records": further,
    }
    corrections |= {name: n for name, n in counts.items() if n}
