"""Ids that are one: of merged records, of 15 and of 18 characters, and people by name and by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.history import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_MERGES = 5
"""Steps over which a record may have been merged into another one."""
RECORDS = (
    ("facts", "record"), ("attributes", "record"), ("work", "record"), ("currents", "record"), ("issues", "record"),
    ("links", "before"), ("links", "after"), ("merges", "record"), ("merges", "master"),
)  # fmt: skip
"""Columns with keys of records."""
PERSONS = (("facts", "owner"), ("facts", "old_owner"), ("work", "owner"), ("people", "id"))
"""Columns with ids of people."""
SUFFIXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def unify(con: DuckDBPyConnection) -> None:
    """Give every record and every person one key in all tables of :mod:`rpmsim.history.facts`."""
    _join_lengths(con, RECORDS)
    _join_lengths(con, PERSONS)
    _names_to_ids(con)
    _merge_records(con)


def _replace(con: DuckDBPyConnection, columns: tuple[tuple[str, str], ...], table: str) -> None:
    """Replace ``was`` by ``becomes``, as a table says, in some columns."""
    if sql.any_row(con, table):
        for target, column in columns:
            con.execute(f"UPDATE {target} SET {column} = m.becomes FROM {table} m WHERE m.was = {target}.{column}")
    con.execute(f"DROP TABLE {table}")


def _join_lengths(con: DuckDBPyConnection, columns: tuple[tuple[str, str], ...]) -> None:
    """Salesforce writes an id with 15 characters, in which case counts, or with three more that say the case.

    Only where both are there for one record is the shorter one replaced, and the three characters must be right.
    Source: Salesforce Help, "What are the differences between 15- and 18-character record IDs".
    """
    of_length = "'^(.*/)?[A-Za-z0-9]{{15}}{0}$'"
    three = "[A-Z0-5]{3}"
    keys = " UNION ".join(
        f"SELECT {column} AS key FROM {table} WHERE regexp_matches({column}, {of_length.format(f'({three})?')})"
        for table, column in columns
    )
    con.execute(f"""
        CREATE TABLE lengths AS
        WITH keys AS (
            {keys}
        ), short AS (
            SELECT key FROM keys WHERE regexp_matches(key, {of_length.format("")})
        ), long AS (
            SELECT key, regexp_extract(key, '[A-Za-z0-9]{{18}}$') AS id FROM keys
            WHERE regexp_matches(key, {of_length.format(three)})
        )
        SELECT s.key AS was, l.key AS becomes
        FROM short s JOIN long l ON s.key = substr(l.key, 1, length(l.key) - 3)
        WHERE substr(l.id, 16) = {_suffix("id")}
    """)
    _replace(con, columns, "lengths")


def _suffix(id_: str) -> str:
    """The three characters that say which letters of an id are capitals, five letters each."""
    letters = []
    for first in (1, 6, 11):
        bits = " + ".join(
            f"CASE WHEN ascii(substr({id_}, {first + bit}, 1)) BETWEEN 65 AND 90 THEN {1 << bit} ELSE 0 END"
            for bit in range(5)
        )
        letters.append(f"substr('{SUFFIXES}', 1 + {bits}, 1)")
    return " || ".join(letters)


def _names_to_ids(con: DuckDBPyConnection) -> None:
    """An owner who is written by name is who has that name; two people of one name stay apart by their ids only.

    Where a history states a change of owner twice at once, by name and by id, the name is learned from that.
    """
    con.execute(f"""
        CREATE TABLE ids AS
        WITH known AS (
            SELECT name, id FROM people WHERE name IS NOT NULL
            UNION
            {_stated_twice("owner")}
            UNION
            {_stated_twice("old_owner")}
        )
        SELECT name AS was, min(id) AS becomes
        FROM known
        WHERE name NOT IN (SELECT id FROM people)
        GROUP BY name
        HAVING count(DISTINCT id) = 1
    """)
    _replace(con, PERSONS[:3], "ids")


def _stated_twice(column: str) -> str:
    """Names and ids of owners that two rows of one source state at once."""
    return f"""
        SELECT a.{column} AS name, b.{column} AS id
        FROM facts a JOIN facts b ON a.record = b.record AND a.happened = b.happened AND a.source = b.source
        WHERE
            a.row <> b.row AND a.said IS NOT NULL AND b.said IS NOT NULL AND a.stage IS NULL AND b.stage IS NULL
            AND regexp_matches(a.{column}, '^[^0-9]+$')
            AND regexp_matches(b.{column}, '^[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*$')
    """


def _merge_records(con: DuckDBPyConnection) -> None:
    """Records that were merged into another one take its key, over a few steps; links to them lead to it."""
    for _ in range(MOST_MERGES):
        con.execute("""
            UPDATE merges SET master = (SELECT min(m.master) FROM merges m WHERE m.record = merges.master)
            WHERE master IN (SELECT record FROM merges WHERE record <> master)
        """)
    con.execute("CREATE TABLE merged AS SELECT record AS was, min(master) AS becomes FROM merges GROUP BY record")
    _replace(con, RECORDS[:7], "merged")
