"""The history as it was known on the evening of a day: the event log, from what was known by then and nothing else.

Every view, that of the last day too, is made by the same queries from the facts whose ``known`` lies before the end of
the day. The filter stands before everything else, so that no repair and no link can use what came later.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.mapping import HistoryMapping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOG_COLUMNS = (
    "record", "visit", "stage", "entered", "left", "outcome", "channel", "segment", "owner", "amount", "responded",
)  # fmt: skip
LOG_SELECT = """
SELECT l.record, l.visit, s.name AS stage, l.entered, l."left", o.name AS outcome, r.channel, r.segment, l.owner,
       l.amount, l.responded
FROM {log} l JOIN stages s ON s.stage = l.stage LEFT JOIN stages o ON o.stage = l.outcome
LEFT JOIN {records} r ON r.record = l.record
"""


NEGATIVE = "ends before the beginning"


@dataclass
class View:
    """The history as known on a day.

    Parameters
    ----------
    as_of : date
        All that was known when this day ended.
    log, records : str
        Tables in the working database. ``log``: record, visit, stage and outcome as numbers, entered, left, known,
        amount and owner as known then, responded. ``records``: record, created, channel, segment.
    repairs : dict of str to int
        How many rows or records were put right in making it, by kind.
    """

    con: DuckDBPyConnection
    as_of: dt.date
    log: str
    records: str
    repairs: dict[str, int] = field(default_factory=dict)

    def rows(self) -> list[tuple[object, ...]]:
        """The event log in order of record and visit, columns as in :data:`LOG_COLUMNS`; for small histories."""
        query = LOG_SELECT.format(log=self.log, records=self.records)
        return self.con.execute(f"{query} ORDER BY record, visit").fetchall()

    def write(self, path: Path) -> None:
        """Write the event log as Parquet, in order of record and visit; ``path`` lies in the working folder."""
        query = LOG_SELECT.format(log=self.log, records=self.records)
        self.con.execute(
            f"COPY ({query} ORDER BY record, visit) TO {sql.text(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )


def make_view(con: DuckDBPyConnection, mapping: HistoryMapping, as_of: dt.date) -> View:
    """Build the event log of a day from the facts.

    Parameters
    ----------
    con : connection
        With the tables of :func:`rpmsim.history.load.load`.
    mapping : HistoryMapping
    as_of : date
        Not after the mapping's.
    """
    tag = f"{as_of:%Y%m%d}"
    view = View(con, as_of, f"log_{tag}", f"records_{tag}")
    if con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [view.log]).fetchone():
        return view
    end = f"TIMESTAMP '{as_of + dt.timedelta(1)}'"
    whole = as_of >= mapping.as_of
    con.execute(f"CREATE TEMP VIEW known_facts_{tag} AS SELECT * FROM facts WHERE known < {end}")
    facts = f"known_facts_{tag}"
    facts = _with_starts(con, facts, tag, whole)
    facts = _in_order(con, view, facts, tag)
    facts = _linked(con, view, facts, tag, end)
    _make_log(con, view, facts, tag, end)
    _make_records(con, view, facts, tag, end)
    con.execute(f"DROP TABLE IF EXISTS kept_{tag}")
    return view


def _exists(con: DuckDBPyConnection, query: str) -> bool:
    return con.execute(f"SELECT 1 FROM {query} LIMIT 1").fetchone() is not None


def _with_starts(con: DuckDBPyConnection, facts: str, tag: str, whole: bool) -> str:
    """Records of which the beginning is known but not its stage: the old value of their first change, or as stated."""
    if not _exists(con, "facts WHERE start IS NOT NULL"):
        return facts
    current = (
        "(SELECT record, any_value(stage) AS stage FROM currents GROUP BY record)"
        if whole
        else "(SELECT NULL AS record, NULL AS stage)"
    )
    con.execute(
        f"CREATE TABLE starts_{tag} AS "
        "WITH begun AS (SELECT record, min(happened) AS happened, max(start) AS start, min(source) AS source, "
        f"min(row) AS row FROM {facts} "
        "WHERE start IS NOT NULL GROUP BY record), "
        "first AS (SELECT record, min(happened) AS happened, arg_min(old, (happened, source, row)) AS old FROM "
        f"{facts} WHERE stage IS NOT NULL "
        "GROUP BY record) "
        "SELECT b.record, b.happened, b.happened AS known, coalesce(f.old, CASE WHEN b.start >= 0 THEN b.start END, "
        "CASE WHEN f.happened IS NULL THEN c.stage END) AS stage, NULL AS old, NULL AS amount, NULL AS owner, false "
        "AS again, "
        "false AS wide, NULL AS start, b.source, b.row FROM begun b LEFT JOIN first f ON f.record = b.record "
        f"LEFT JOIN {current} c ON c.record = b.record WHERE f.happened IS NULL OR f.happened > b.happened"
    )
    con.execute(
        f"CREATE TEMP VIEW started_facts_{tag} AS SELECT * FROM {facts} WHERE start IS NULL UNION ALL "
        f"SELECT * FROM starts_{tag} WHERE stage IS NOT NULL"
    )
    return f"started_facts_{tag}"


def _in_order(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> str:
    """Wide rows: of two times of one stage the earlier one holds, and no end comes before the record's beginning."""
    if not _exists(con, f"{facts} WHERE wide"):
        return facts
    ends = "stage IN (SELECT stage FROM stages WHERE kind IN ('won', 'lost'))"
    con.execute(
        f"CREATE TABLE ordered_{tag} AS SELECT *, CASE WHEN {ends} THEN greatest(happened, "
        f"min(happened) FILTER (NOT {ends}) OVER (PARTITION BY record)) ELSE happened END AS mended FROM (SELECT * "
        f"FROM {facts} "
        "WHERE wide QUALIFY row_number() OVER (PARTITION BY record, stage ORDER BY happened, source, row) = 1)"
    )
    both = con.execute(
        "SELECT (SELECT count(*) FROM (SELECT record FROM "
        f"{facts} WHERE wide GROUP BY record, stage HAVING count(DISTINCT happened) > 1)), "
        f"count(*) FILTER (mended > happened) FROM ordered_{tag}"
    ).fetchone()
    assert both is not None
    view.repairs |= {name: n for name, n in zip(("two times of one stage", NEGATIVE), both, strict=True) if n}
    con.execute(
        f"CREATE TEMP VIEW ordered_facts_{tag} AS SELECT * FROM {facts} WHERE NOT wide UNION ALL BY NAME "
        f"SELECT * EXCLUDE (mended) REPLACE (mended AS happened) FROM ordered_{tag}"
    )
    return f"ordered_facts_{tag}"


MOST_HOPS = 3
"""A lead, its contact, its opportunity, and one more."""


def _linked(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> str:
    """Records that continue another one take its key: the first touch wins, and one record continues it."""
    if not _exists(con, f"links WHERE known < {end}"):
        return facts
    con.execute(
        f"CREATE TABLE hops_{tag} AS SELECT DISTINCT before, after FROM links WHERE known < {end} AND before <> after"
    )
    for _ in range(MOST_HOPS - 1):
        con.execute(
            f"INSERT INTO hops_{tag} SELECT DISTINCT a.before, b.after FROM hops_{tag} a JOIN hops_{tag} b ON "
            "a.after = b.before "
            f"WHERE a.before <> b.after EXCEPT SELECT before, after FROM hops_{tag}"
        )
    con.execute(f"CREATE TABLE touches_{tag} AS SELECT record, min(happened) AS happened FROM {facts} GROUP BY record")
    con.execute(
        f"CREATE TABLE same_{tag} AS WITH pairs AS (SELECT h.before, h.after, b.happened AS touched, a.happened AS "
        f"began FROM hops_{tag} h "
        f"JOIN touches_{tag} b ON b.record = h.before JOIN touches_{tag} a ON a.record = h.after "
        "WHERE (b.happened, h.before) < (a.happened, h.after)), "
        "first AS (SELECT * FROM pairs QUALIFY row_number() OVER (PARTITION BY after ORDER BY touched, before) = 1) "
        "SELECT * FROM first QUALIFY row_number() OVER "
        "(PARTITION BY before, split_part(after, '/', 1) ORDER BY began, after) = 1"
    )
    several, further, same = con.execute(
        f"SELECT (SELECT count(*) FROM (SELECT after FROM hops_{tag} JOIN touches_{tag} ON record = before "
        f"WHERE after IN (SELECT record FROM touches_{tag}) GROUP BY after HAVING count(*) > 1)), "
        f"(SELECT count(DISTINCT after) FROM hops_{tag} JOIN touches_{tag} ON record = before WHERE after IN "
        f"(SELECT record FROM touches_{tag}) AND after NOT IN (SELECT after FROM same_{tag}) "
        f"AND after NOT IN (SELECT before FROM same_{tag})), (SELECT count(*) FROM same_{tag})"
    ).fetchone()  # type: ignore[misc]
    found = {
        "records that continue another one": same,
        "records with several predecessors: the first touch wins": several,
        "further records of the same predecessor, kept as their own": further,
    }
    view.repairs |= {name: n for name, n in found.items() if n}
    con.execute(
        f"CREATE TEMP VIEW linked_facts_{tag} AS SELECT f.* REPLACE (coalesce(s.before, f.record) AS record) FROM "
        f"{facts} f "
        f"LEFT JOIN same_{tag} s ON s.after = f.record"
    )
    return f"linked_facts_{tag}"


def _make_log(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Visits: what a record says of its stage, without repeats, each with what was last said of amount and owner."""
    order = "ORDER BY happened, coalesce(stage, -1), source, row"
    con.execute(
        f"CREATE TABLE kept_{tag} AS WITH said AS (SELECT record, happened, known, stage, again, source, row, "
        "last_value(amount IGNORE NULLS) OVER w AS amount, last_value(owner IGNORE NULLS) OVER w AS owner, "
        "lag(stage IGNORE NULLS) OVER b AS before, max(CASE WHEN stage IS NOT NULL THEN happened END) OVER b AS "
        "before_at "
        f"FROM {facts} WINDOW w AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), "
        f"b AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) "
        "SELECT *, before IS NOT NULL AND before = stage AND before_at = happened AS twice FROM said WHERE stage IS "
        "NOT NULL "
        "AND (before IS NULL OR before <> stage OR again OR before_at = happened)"
    )
    twice = con.execute(f"SELECT count(*), count(DISTINCT record) FROM kept_{tag} WHERE twice").fetchone()
    assert twice is not None
    if twice[0]:
        view.repairs["rows that stand twice"] = twice[0]
        con.execute(f"CREATE TABLE twice_{tag} AS SELECT DISTINCT record FROM kept_{tag} WHERE twice")
    next_one = "(PARTITION BY record ORDER BY happened, stage, source, row)"
    con.execute(
        f"CREATE TABLE {view.log} AS SELECT record, CAST(row_number() OVER v AS INTEGER) AS visit, stage, happened "
        "AS entered, "
        'lead(happened) OVER v AS "left", lead(stage) OVER v AS outcome, known, amount, owner, '
        "CAST(NULL AS TIMESTAMP) AS responded, "
        f"source, row FROM kept_{tag} WHERE NOT twice WINDOW v AS {next_one}"
    )
    if _exists(con, f"work WHERE started < {end}"):
        con.execute(
            f"UPDATE {view.log} SET responded = a.started FROM (SELECT l.record, l.visit, min(w.started) AS started "
            "FROM "
            f"(SELECT record, created, started FROM work WHERE started < {end}) w "
            f"ASOF JOIN {view.log} l ON w.record = l.record AND w.created >= l.entered GROUP BY 1, 2) a "
            f"WHERE a.record = {view.log}.record AND a.visit = {view.log}.visit"
        )


def _make_records(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Each record with its class, as it was stated first."""
    linked = "links" if _exists(con, f"duckdb_tables() WHERE table_name = 'same_{tag}'") else ""
    key = "coalesce(s.before, a.record)" if linked else "a.record"
    join = f"LEFT JOIN same_{tag} s ON s.after = a.record" if linked else ""
    parts = ", ".join(
        f"arg_min(value, (known, source, row)) FILTER (name = '{name}') AS {name}" for name in ("channel", "segment")
    )
    con.execute(
        f"CREATE TABLE {view.records} AS WITH begun AS (SELECT record, min(entered) AS created FROM {view.log} GROUP "
        "BY record), "
        f"stated AS (SELECT {key} AS record, {parts} FROM attributes a {join} WHERE a.known < {end} "
        "AND name IN ('channel', 'segment') GROUP BY 1) "
        "SELECT b.record, b.created, t.channel, t.segment FROM begun b LEFT JOIN stated t ON t.record = b.record"
    )
