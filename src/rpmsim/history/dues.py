"""Dates known in advance: what each record says of its own, since when, and which further attributes are dates, too.

A date of arrival or renewal is a plan, and plans change. Each value is kept with the time since which it was known, so
that a view has the value of its day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.columns import Cells
from rpmsim.history.linked import linked_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from rpmsim.history.view import View

DUE = "due"
"""Name of the attribute that the mapping declares to be a date known in advance."""

MOSTLY = 0.95
"""Share of the values of an attribute that must be dates for it to be a candidate."""

ALWAYS = "TIMESTAMP '1900-01-01'"
"""Known since the record began: the old value of the first change."""

COLUMNS = "record VARCHAR, due DATE, known TIMESTAMP, wide BOOLEAN, source UTINYINT, row BIGINT"


def settle(con: DuckDBPyConnection) -> None:
    """Where changes of a record are known, its exported date is the last of them, and says nothing of earlier days."""
    con.execute("DELETE FROM dues WHERE wide AND record IN (SELECT record FROM dues WHERE NOT wide)")


def known_dues(view: View) -> str:
    """Each date of a record with the time since which it was known; a value that is said again is no change."""
    return f"""
        SELECT record, name, due, known FROM (
            SELECT * FROM ({_said(view)})
            QUALIFY due IS DISTINCT FROM lag(due) OVER (PARTITION BY record, name ORDER BY known, source, row)
        )
        QUALIFY row_number() OVER (PARTITION BY record, name, known ORDER BY source DESC, row DESC) = 1
    """


def due_at(view: View, visits: str) -> str:
    """Visits with the date known on the evening on which they began, and not only when they had ended: ``due``."""
    if not sql.any_row(view.con, "dues"):
        return f"SELECT *, CAST(NULL AS DATE) AS due FROM ({visits})"
    soon = """least(CAST(CAST(entered AS DATE) + 1 AS TIMESTAMP), coalesce("left", TIMESTAMP '9999-12-31'))"""
    return f"""
        SELECT v.* EXCLUDE (due_by), d.due
        FROM (SELECT *, greatest(entered + INTERVAL 1 MICROSECOND, {soon}) AS due_by FROM ({visits})) v
        ASOF LEFT JOIN (SELECT record, due, known FROM ({known_dues(view)}) WHERE name = '{DUE}') d
            ON d.record = v.record AND v.due_by > d.known
    """


def due_now(view: View) -> str:
    """The last known date of each record."""
    return f"SELECT record, arg_max(due, known) AS due FROM ({known_dues(view)}) WHERE name = '{DUE}' GROUP BY record"


def date_attributes(view: View) -> list[str]:
    """Further attributes of which nearly all values are dates, as their source writes them."""
    found = view.con.execute(f"""
        SELECT name FROM ({_dated_attributes(view)})
        GROUP BY name
        HAVING count(due) >= {MOSTLY} * count(*)
        ORDER BY name
    """).fetchall()
    return [name for (name,) in found]


def _said(view: View) -> str:
    """Everything that is said by the end of the day, in the keys of the log."""
    key, join = linked_key(view.con, view.tag, "d")
    end = sql.end_of(view.as_of)
    names = date_attributes(view)
    attributes = f"""
        UNION ALL
        SELECT record, name, due, known, source, row FROM ({_dated_attributes(view)}) WHERE name IN ({sql.texts(names)})
    """
    return f"""
        SELECT r.record, t.name, t.due, greatest(t.known, r.created) AS known, t.source, t.row
        FROM (
            SELECT {key} AS record, '{DUE}' AS name, d.due, d.known, d.source, d.row FROM dues d {join}
            WHERE d.known < {end}
            {attributes if names else ""}
        ) t JOIN {view.records} r ON r.record = t.record
        WHERE t.due IS NOT NULL
    """


def _dated_attributes(view: View) -> str:
    """Values of further attributes with the date that they are, if they are one."""
    key, join = linked_key(view.con, view.tag, "r")
    mapping = view.mapping
    cases = " ".join(
        f"WHEN r.source = {number} THEN CAST({cells.time('value')} AS DATE)"
        for number, source in enumerate(mapping.sources)
        if source.attributes
        for cells in [
            Cells({"value": "VARCHAR"}, {}, source.dates, source.time_zone or mapping.time_zone, mapping.time_zone)
        ]
    )
    due = f"CASE {cases} END" if cases else "CAST(NULL AS DATE)"
    return f"""
        SELECT {key} AS record, r.name, {due} AS due, r.known, r.source, r.row
        FROM attributes r {join}
        WHERE r.known < {sql.end_of(view.as_of)} AND r.name NOT IN ('channel', 'segment')
    """
