"""The event log as it was known on the evening of a day, from what was known by then and nothing else.

Every log, that of the last day too, is made by the same statements from the facts whose ``known`` lies before the end
of the day. The filter stands before everything else, so that no fix and no link can use what came later. Each step
takes the name of a view of the facts and gives that of the next one; where there is nothing to do, it is the same.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.beginnings import DATED_AT_CREATION, with_first_values, with_starts
from rpmsim.history.closes import closed_on
from rpmsim.history.linked import linked, linked_key
from rpmsim.history.mapping import HistoryMapping
from rpmsim.history.view import View
from rpmsim.history.view_tables import ENDS, work_items

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEGATIVE = "ends before the beginning"


def make_view(con: DuckDBPyConnection, mapping: HistoryMapping, as_of: dt.date) -> View:
    """Build the event log of a day from the facts.

    Parameters
    ----------
    con : connection
        With the tables of :func:`rpmsim.history.facts.load`.
    mapping : HistoryMapping
    as_of : date
        Not after the mapping's.
    """
    tag = f"{as_of:%Y%m%d}"
    view = View(con, as_of, f"log_{tag}", f"records_{tag}", mapping)
    if sql.has_table(con, view.log):
        return view
    end = sql.end_of(as_of)
    whole = as_of >= mapping.as_of
    facts = f"known_facts_{tag}"
    con.execute(f"CREATE TEMP VIEW {facts} AS SELECT * FROM facts WHERE known < {end}")
    facts = closed_on(con, facts, tag)
    facts = _ends_once(con, facts, tag)
    facts = with_starts(con, facts, tag, whole)
    facts = with_first_values(con, facts, tag)
    facts = _in_order(con, view, facts, tag)
    facts = linked(con, view.corrections, facts, tag, end)
    _make_log(con, view, facts, tag, end)
    if whole:
        _close_undated(con, view, facts, tag)
    _make_records(con, view, facts, tag, end)
    con.execute(f"DROP TABLE IF EXISTS kept_{tag}")
    return view


def _ends_once(con: DuckDBPyConnection, facts: str, tag: str) -> str:
    """An end in a wide row, such as a close date, counts if no history with ends mentions the record."""
    wide_end = f"wide AND stage IN {ENDS}"
    if not sql.any_row(con, f"facts WHERE NOT wide AND stage IN {ENDS}"):
        return facts
    if not sql.any_row(con, f"{facts} WHERE {wide_end}"):
        return facts
    con.execute(f"""
        CREATE TEMP VIEW once_facts_{tag} AS
        SELECT * FROM {facts}
        WHERE NOT ({wide_end} AND record IN (SELECT record FROM {facts} WHERE NOT wide AND stage IS NOT NULL))
    """)
    return f"once_facts_{tag}"


def _in_order(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> str:
    """Wide rows: of two times of one stage the earlier one holds, and no end comes before the record's beginning."""
    if not sql.any_row(con, f"{facts} WHERE wide"):
        return facts
    con.execute(f"""
        CREATE TABLE ordered_{tag} AS
        SELECT *, CASE
            WHEN stage IN {ENDS}
            THEN greatest(happened, min(happened) FILTER (NOT stage IN {ENDS}) OVER (PARTITION BY record))
            ELSE happened
        END AS mended
        FROM (
            SELECT * FROM {facts} WHERE wide
            QUALIFY row_number() OVER (PARTITION BY record, stage ORDER BY happened, source, row) = 1
        )
    """)
    two_times = f"SELECT record FROM {facts} WHERE wide GROUP BY record, stage HAVING count(DISTINCT happened) > 1"
    twice, negative = sql.one(
        con,
        f"""
        SELECT
            (SELECT count(*) FROM ({two_times})),
            count(*) FILTER (mended > happened AND CAST(mended AS DATE) > happened)
        FROM ordered_{tag}
        """,
    )
    view.corrections |= {name: n for name, n in (("two times of one stage", twice), (NEGATIVE, negative)) if n}
    con.execute(f"""
        CREATE TEMP VIEW ordered_facts_{tag} AS
        SELECT * FROM {facts} WHERE NOT wide
        UNION ALL BY NAME
        SELECT * EXCLUDE (mended) REPLACE (mended AS happened) FROM ordered_{tag}
    """)
    return f"ordered_facts_{tag}"


def _repeats(facts: str) -> str:
    """Facts that say again what is said: of one source the same in all that the mapping reads, or of a further one."""
    return f"""
        WITH several AS (
            SELECT record, happened, stage FROM {facts} WHERE stage IS NOT NULL GROUP BY ALL HAVING count(*) > 1
        ), numbered AS (
            SELECT f.*, row_number() OVER same > 1 OR source <> first_value(source) OVER moment AS twice
            FROM {facts} f SEMI JOIN several USING (record, happened, stage)
            WINDOW
                moment AS (PARTITION BY record, happened, stage ORDER BY source, row),
                same AS (PARTITION BY record, happened, stage, source, said ORDER BY row)
        )
        SELECT record, happened, stage, source, row FROM numbered WHERE twice
    """


def _kept(facts: str, tag: str) -> str:
    """What begins a visit, and what says a visit twice; each with what was last said of amount and owner."""
    order = "ORDER BY happened, coalesce(stage, -1), source, row"
    return f"""
        WITH said AS (
            SELECT
                record, happened, known, stage, again, start, source, row,
                last_value(amount IGNORE NULLS) OVER until_now AS amount,
                last_value(owner IGNORE NULLS) OVER until_now AS owner,
                lag(stage IGNORE NULLS) OVER until_before AS before,
                (record, happened, stage, source, row) IN (SELECT * FROM repeats_{tag}) AS twice
            FROM {facts}
            WINDOW
                until_now AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                until_before AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        SELECT * FROM said WHERE stage IS NOT NULL AND (before IS NULL OR before <> stage OR again OR twice)
    """


def _visits(tag: str) -> str:
    """Each visit of a record to a stage, with the next one."""
    return f"""
        SELECT
            record, CAST(row_number() OVER visits AS INTEGER) AS visit, stage, happened AS entered,
            lead(happened) OVER visits AS "left", lead(stage) OVER visits AS outcome, known, amount, owner,
            CAST(NULL AS TIMESTAMP) AS responded, CAST(NULL AS TIMESTAMP) AS left_after,
            coalesce(start = {DATED_AT_CREATION}, false) AS undated, source, row
        FROM kept_{tag}
        WHERE NOT twice
        WINDOW visits AS (PARTITION BY record ORDER BY happened, stage, source, row)
    """


def _set_responded(view: View) -> str:
    """The time at which the first work item of a visit was taken up."""
    return f"""
        UPDATE {view.log} SET responded = a.started
        FROM (
            SELECT l.record, l.visit, min(w.started) AS started
            FROM (SELECT record, created, started FROM ({work_items(view)}) WHERE started IS NOT NULL) w
            ASOF JOIN {view.log} l ON w.record = l.record AND w.created >= l.entered
            GROUP BY 1, 2
        ) a
        WHERE a.record = {view.log}.record AND a.visit = {view.log}.visit
    """


def _make_log(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Visits: what a record says of its stage, without repeats, each with what was last said of amount and owner."""
    con.execute(f"CREATE TABLE repeats_{tag} AS {_repeats(facts)}")
    con.execute(f"CREATE TABLE kept_{tag} AS {_kept(facts, tag)}")
    (twice,) = sql.one(con, f"SELECT count(*) FROM kept_{tag} WHERE twice")
    if twice:
        view.corrections["rows that appear twice"] = twice
        con.execute(f"CREATE TABLE twice_{tag} AS SELECT DISTINCT record FROM kept_{tag} WHERE twice")
    con.execute(f"CREATE TABLE {view.log} AS {_visits(tag)}")
    if sql.any_row(con, f"work WHERE started < {end}"):
        con.execute(_set_responded(view))


def _closed(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> str:
    """Visits that no dated exit ends, of records that a source states to be closed now; with the stage of the end."""
    key, join = linked_key(con, tag, "c")
    return f"""
        WITH now AS (
            SELECT {key} AS record, arg_max(c.stage, t.kind = 'won') AS stage
            FROM currents c JOIN stages t ON t.stage = c.stage {join}
            GROUP BY 1
            HAVING bool_and(t.kind IN ('won', 'lost'))
        ), said AS (
            SELECT
                record, max(happened) FILTER (NOT exported) AS happened,
                arg_max(amount, (happened, source, row)) AS amount,
                arg_max(owner, (happened, source, row)) AS owner
            FROM {facts}
            GROUP BY record
        )
        SELECT l.record, l.visit, n.stage, s.happened, s.amount, s.owner, l.source, l.row
        FROM {view.log} l JOIN now n ON n.record = l.record JOIN said s ON s.record = l.record
        WHERE l.outcome IS NULL AND l.stage NOT IN {ENDS}
    """


def _close_undated(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> None:
    """Records that are closed on the last day, of which nothing says when: after all else that is dated, by then."""
    if not sql.any_row(con, f"currents WHERE stage IN {ENDS}"):
        return
    con.execute(f"CREATE TABLE closed_{tag} AS {_closed(con, view, facts, tag)}")
    con.execute(f"""
        UPDATE {view.log} SET outcome = c.stage, left_after = c.happened
        FROM closed_{tag} c
        WHERE c.record = {view.log}.record AND c.visit = {view.log}.visit
    """)
    con.execute(
        f"""
        INSERT INTO {view.log} BY NAME
        SELECT
            record, visit + 1 AS visit, stage, CAST($last AS TIMESTAMP) AS known, amount, owner, true AS undated,
            source, row
        FROM closed_{tag}
        """,
        {"last": dt.datetime.combine(view.as_of, dt.time.max)},
    )


def _make_records(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Each record with its class, as it was stated first, and with its owner and amount of now."""
    key, join = linked_key(con, tag, "a")
    con.execute(f"""
        CREATE TABLE {view.records} AS
        WITH begun AS (
            SELECT record, min(entered) AS created FROM {view.log} GROUP BY record
        ), stated AS (
            SELECT
                {key} AS record,
                arg_min(value, (known, source, row)) FILTER (name = 'channel') AS channel,
                arg_min(value, (known, source, row)) FILTER (name = 'segment') AS segment
            FROM attributes a {join}
            WHERE a.known < {end} AND name IN ('channel', 'segment')
            GROUP BY 1
        ), now AS (
            SELECT
                record,
                arg_max(owner, (happened, source, row)) AS owner_now,
                arg_max(amount, (happened, source, row)) AS amount_now
            FROM {facts}
            WHERE owner IS NOT NULL OR amount IS NOT NULL
            GROUP BY record
        )
        SELECT b.record, b.created, t.channel, t.segment, n.owner_now, n.amount_now
        FROM begun b LEFT JOIN stated t ON t.record = b.record LEFT JOIN now n ON n.record = b.record
    """)
