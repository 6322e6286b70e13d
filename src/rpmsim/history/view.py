"""The history as it was known on the evening of a day: the event log, from what was known by then and nothing else.

Every view, that of the last day too, is made by the same queries from the facts whose ``known`` lies before the end of
the day. The filter stands before everything else, so that no repair and no link can use what came later.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.errors import Fault, InputError, MissingExtra
from rpmsim.history import sql
from rpmsim.history.closes import closed_on
from rpmsim.history.mapping import HistoryMapping
from rpmsim.history.view_tables import ENDS, TABLES, query, work_items
from rpmsim.text.complaints import nearest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

NEGATIVE = "ends before the beginning"
BATCH_ROWS = 100_000


@dataclass
class View:
    """The history as known on a day; valid until its history is closed.

    Parameters
    ----------
    as_of : date
        All that was known when this day ended.
    log, records : str
        Tables in the working database. ``log``: record, visit, stage and outcome as numbers, entered, left, known,
        amount and owner as known then, responded, left_after, undated. ``records``: record, created, channel, segment,
        owner_now, amount_now.
    mapping : HistoryMapping
    repairs : dict of str to int
        How many rows or records were put right in making it, by kind.
    history : History, optional
        Kept open as long as the view is used.
    """

    con: DuckDBPyConnection
    as_of: dt.date
    log: str
    records: str
    mapping: HistoryMapping
    repairs: dict[str, int] = field(default_factory=dict)
    history: object = field(default=None, repr=False)

    @property
    def tag(self) -> str:
        """What the names of the view's tables in the working database end with."""
        return f"{self.as_of:%Y%m%d}"

    def rows(self, table: str = "events") -> list[tuple[object, ...]]:
        """All rows of a table in order, as tuples; for small histories.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`; the columns of ``events`` are :data:`rpmsim.history.LOG_COLUMNS`.
        """
        return self.con.execute(self._query(table)).fetchall()

    def to_pandas(self, table: str = "events") -> pd.DataFrame:
        """A table as a pandas DataFrame.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.

        Returns
        -------
        DataFrame, shape (rows, columns)
            Times as ``datetime64`` in the mapping's zone, without an offset; amounts as floats in the mapping's
            currency; missing values as pandas marks them.

        Raises
        ------
        InputError
            For a table that does not exist.
        """
        frame: pd.DataFrame = self.con.execute(self._query(table)).df()
        return frame

    def to_arrow(self, table: str = "events") -> pa.Table:
        """A table as a whole, as an Arrow table; needs the extra ``arrow``.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.

        Returns
        -------
        pyarrow.Table, shape (rows, columns)
            Amounts as decimals with two places.

        Raises
        ------
        InputError
            For a table that does not exist.
        MissingExtra
            Without pyarrow.
        """
        return self.to_arrow_batches(table).read_all()

    def to_arrow_batches(self, table: str = "events", rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """A table as a stream of Arrow batches, for what does not fit into memory; needs the extra ``arrow``.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.
        rows : int
            At most so many rows a batch.

        Returns
        -------
        pyarrow.RecordBatchReader
            To be read while the history is open; other tables may be read meanwhile.

        Raises
        ------
        InputError
            For a table that does not exist.
        MissingExtra
            Without pyarrow.
        """
        text = self._query(table)
        if find_spec("pyarrow") is None:
            raise MissingExtra("Arrow tables need the extra `arrow`: pip install 'rpmsim[arrow]'")
        relation: Any = self.con.cursor().sql(text)  # a cursor of its own leaves the connection free
        read = relation.to_arrow_reader if hasattr(relation, "to_arrow_reader") else relation.fetch_arrow_reader
        reader: pa.RecordBatchReader = read(rows)
        return reader

    def write(self, path: Path, table: str = "events") -> None:
        """Write a table as Parquet, in order; ``path`` lies in the working folder."""
        self.con.execute(f"COPY ({self._query(table)}) TO {sql.text(str(path))} (FORMAT parquet, COMPRESSION zstd)")

    def _query(self, table: str) -> str:
        if table not in TABLES:
            fault = Fault("view", None, None, "table", f"there is no table `{table}`", nearest(table, TABLES))
            raise InputError([fault])
        return query(self, table)


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
    if con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [view.log]).fetchone():
        return view
    end = f"TIMESTAMP '{as_of + dt.timedelta(1)}'"
    whole = as_of >= mapping.as_of
    con.execute(f"CREATE TEMP VIEW known_facts_{tag} AS SELECT * FROM facts WHERE known < {end}")
    facts = f"known_facts_{tag}"
    facts = closed_on(con, facts, tag)
    facts = _ends_once(con, facts, tag)
    facts = _with_starts(con, facts, tag, whole)
    facts = _with_first_values(con, facts, tag)
    facts = _in_order(con, view, facts, tag)
    facts = _linked(con, view, facts, tag, end)
    _make_log(con, view, facts, tag, end)
    if whole:
        _close_undated(con, view, facts, tag)
    _make_records(con, view, facts, tag, end)
    con.execute(f"DROP TABLE IF EXISTS kept_{tag}")
    return view


def _exists(con: DuckDBPyConnection, query: str) -> bool:
    return con.execute(f"SELECT 1 FROM {query} LIMIT 1").fetchone() is not None


DATED_AT_CREATION = -2
"""``start`` of a fact that puts the stage of the last day at the record's beginning, for want of its time."""


def _ends_once(con: DuckDBPyConnection, facts: str, tag: str) -> str:
    """An end in a wide row, such as a close date, holds where no history, of those with ends, tells of the record."""
    if not _exists(con, f"facts WHERE NOT wide AND stage IN {ENDS}") or not _exists(
        con, f"{facts} WHERE wide AND stage IN {ENDS}"
    ):
        return facts
    con.execute(
        f"CREATE TEMP VIEW once_facts_{tag} AS SELECT * FROM {facts} WHERE NOT (wide AND stage IN {ENDS} AND record IN "
        f"(SELECT record FROM {facts} WHERE NOT wide AND stage IS NOT NULL))"
    )
    return f"once_facts_{tag}"


def _with_starts(con: DuckDBPyConnection, facts: str, tag: str, whole: bool) -> str:
    """Records of which the beginning is known but not its stage: the old value of their first change, or as stated.

    Else the stage is unknown, and a record never begins with its end. Where the stage of the last day is all that is
    known, that view alone has it, dated at the beginning.
    """
    if not _exists(con, "facts WHERE start IS NOT NULL"):
        return facts
    con.execute(
        f"CREATE TABLE starts_{tag} AS "
        "WITH begun AS (SELECT record, min(happened) AS happened, max(start) AS start, min(source) AS source, "
        f"min(row) AS row FROM {facts} "
        "WHERE start IS NOT NULL GROUP BY record), "
        "first AS (SELECT record, min(happened) AS happened, arg_min(old, (happened, source, row)) AS old, "
        f"arg_min(stage, (happened, source, row)) IN {ENDS} AS ends, arg_min(wide, (happened, source, row)) AS wide "
        f"FROM {facts} WHERE stage IS NOT NULL "
        "GROUP BY record) "
        "SELECT b.record, CASE WHEN f.wide THEN b.happened ELSE least(b.happened, f.happened) END AS happened, "
        "b.happened AS known, "
        f"coalesce(f.old, CASE WHEN b.start >= 0 OR f.happened IS NULL OR f.ends THEN b.start END) AS stage, "
        "coalesce(f.wide AND f.ends, false) AS wide, f.happened IS NULL AS alone, b.source, b.row "
        "FROM begun b LEFT JOIN first f ON f.record = b.record "
        "WHERE f.happened IS NULL OR f.happened > b.happened OR f.ends"
    )
    now = f"SELECT record, any_value(stage) AS now FROM currents WHERE {whole} AND stage NOT IN {ENDS} GROUP BY record"
    con.execute(
        f"CREATE TEMP VIEW started_facts_{tag} AS SELECT * FROM {facts} WHERE start IS NULL UNION ALL BY NAME "
        "SELECT record, happened, known, stage, false AS again, wide, source, row, false AS exported "
        f"FROM starts_{tag} WHERE stage IS NOT NULL UNION ALL BY NAME "
        f"SELECT s.record, happened, known, now AS stage, false AS again, false AS wide, {DATED_AT_CREATION} AS start, "
        f"source, row, false AS exported FROM starts_{tag} s JOIN ({now}) c ON c.record = s.record "
        "WHERE s.alone AND now <> s.stage"
    )
    return f"started_facts_{tag}"


def _with_first_values(con: DuckDBPyConnection, facts: str, tag: str) -> str:
    """Amount and owner at the record's beginning: the old value of the first change; without any, as exported."""
    if not _exists(con, f"{facts} WHERE exported OR old_amount IS NOT NULL OR old_owner IS NOT NULL"):
        return facts
    said = {name: f"{name} IS NOT NULL OR old_{name} IS NOT NULL" for name in ("amount", "owner")}
    firsts = ", ".join(
        f"arg_min_null(CASE WHEN exported THEN {name} ELSE old_{name} END, (happened, source, row)) FILTER ({test}) "
        f"AS {name}"
        for name, test in said.items()
    )
    con.execute(
        f"CREATE TABLE values_{tag} AS SELECT record, min(happened) FILTER (NOT exported) AS happened, {firsts} "
        f"FROM {facts} GROUP BY record"
    )
    con.execute(
        f"CREATE TEMP VIEW valued_facts_{tag} AS SELECT * FROM {facts} UNION ALL BY NAME "
        "SELECT record, happened, happened AS known, amount, owner, false AS again, false AS wide, false AS exported, "
        f"0 AS source, -1 AS row FROM values_{tag} WHERE happened IS NOT NULL AND "
        "(amount IS NOT NULL OR owner IS NOT NULL)"
    )
    return f"valued_facts_{tag}"


def _in_order(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> str:
    """Wide rows: of two times of one stage the earlier one holds, and no end comes before the record's beginning."""
    if not _exists(con, f"{facts} WHERE wide"):
        return facts
    ends = f"stage IN {ENDS}"
    con.execute(
        f"CREATE TABLE ordered_{tag} AS SELECT *, CASE WHEN {ends} THEN greatest(happened, "
        f"min(happened) FILTER (NOT {ends}) OVER (PARTITION BY record)) ELSE happened END AS mended FROM (SELECT * "
        f"FROM {facts} "
        "WHERE wide QUALIFY row_number() OVER (PARTITION BY record, stage ORDER BY happened, source, row) = 1)"
    )
    both = con.execute(
        "SELECT (SELECT count(*) FROM (SELECT record FROM "
        f"{facts} WHERE wide GROUP BY record, stage HAVING count(DISTINCT happened) > 1)), "
        "count(*) FILTER (mended > happened AND CAST(mended AS DATE) > happened) "
        f"FROM ordered_{tag}"
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


def _find_repeats(con: DuckDBPyConnection, facts: str, tag: str) -> None:
    """Facts that say again what is said: of one source the same in all that the mapping reads, or of a further one."""
    con.execute(
        f"CREATE TABLE repeats_{tag} AS WITH several AS (SELECT record, happened, stage FROM {facts} "
        "WHERE stage IS NOT NULL GROUP BY ALL HAVING count(*) > 1) "
        "SELECT record, happened, stage, source, row FROM (SELECT f.*, row_number() OVER same > 1 OR source <> "
        f"first_value(source) OVER moment AS twice FROM {facts} f SEMI JOIN several USING (record, happened, stage) "
        "WINDOW moment AS (PARTITION BY record, happened, stage ORDER BY source, row), "
        "same AS (PARTITION BY record, happened, stage, source, said ORDER BY row)) WHERE twice"
    )


def _make_log(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Visits: what a record says of its stage, without repeats, each with what was last said of amount and owner."""
    _find_repeats(con, facts, tag)
    order = "ORDER BY happened, coalesce(stage, -1), source, row"
    con.execute(
        f"CREATE TABLE kept_{tag} AS WITH said AS (SELECT record, happened, known, stage, again, start, source, row, "
        "last_value(amount IGNORE NULLS) OVER w AS amount, last_value(owner IGNORE NULLS) OVER w AS owner, "
        "lag(stage IGNORE NULLS) OVER b AS before, "
        f"(record, happened, stage, source, row) IN (SELECT * FROM repeats_{tag}) AS twice "
        f"FROM {facts} WINDOW w AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), "
        f"b AS (PARTITION BY record {order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) "
        "SELECT * FROM said WHERE stage IS NOT NULL AND (before IS NULL OR before <> stage OR again OR twice)"
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
        f"CAST(NULL AS TIMESTAMP) AS responded, CAST(NULL AS TIMESTAMP) AS left_after, "
        f"coalesce(start = {DATED_AT_CREATION}, false) AS undated, "
        f"source, row FROM kept_{tag} WHERE NOT twice WINDOW v AS {next_one}"
    )
    if _exists(con, f"work WHERE started < {end}"):
        con.execute(
            f"UPDATE {view.log} SET responded = a.started FROM (SELECT l.record, l.visit, min(w.started) AS started "
            f"FROM (SELECT record, created, started FROM ({work_items(view)}) WHERE started IS NOT NULL) w "
            f"ASOF JOIN {view.log} l ON w.record = l.record AND w.created >= l.entered GROUP BY 1, 2) a "
            f"WHERE a.record = {view.log}.record AND a.visit = {view.log}.visit"
        )


def _close_undated(con: DuckDBPyConnection, view: View, facts: str, tag: str) -> None:
    """Records that are closed on the last day, of which nothing says when: after all else that is dated, by then."""
    if not _exists(con, f"currents WHERE stage IN {ENDS}"):
        return
    linked = _exists(con, f"duckdb_tables() WHERE table_name = 'same_{tag}'")
    key, join = (
        ("coalesce(s.before, c.record)", f"LEFT JOIN same_{tag} s ON s.after = c.record")
        if linked
        else (
            "c.record",
            "",
        )
    )
    last = dt.datetime.combine(view.as_of, dt.time.max)
    con.execute(
        f"CREATE TABLE closed_{tag} AS WITH now AS (SELECT {key} AS record, arg_max(c.stage, t.kind = 'won') AS stage "
        f"FROM currents c JOIN stages t ON t.stage = c.stage {join} GROUP BY 1 "
        "HAVING bool_and(t.kind IN ('won', 'lost'))), "
        "said AS (SELECT record, max(happened) FILTER (NOT exported) AS happened, "
        "arg_max(amount, (happened, source, row)) AS amount, arg_max(owner, (happened, source, row)) AS owner "
        f"FROM {facts} GROUP BY record) "
        "SELECT l.record, l.visit, n.stage, s.happened, s.amount, s.owner, l.source, l.row "
        f"FROM {view.log} l JOIN now n ON n.record = l.record JOIN said s ON s.record = l.record "
        f"WHERE l.outcome IS NULL AND l.stage NOT IN {ENDS}"
    )
    con.execute(
        f"UPDATE {view.log} SET outcome = c.stage, left_after = c.happened FROM closed_{tag} c "
        f"WHERE c.record = {view.log}.record AND c.visit = {view.log}.visit"
    )
    con.execute(
        f"INSERT INTO {view.log} BY NAME SELECT record, visit + 1 AS visit, stage, TIMESTAMP '{last}' AS known, "
        f"amount, owner, true AS undated, source, row FROM closed_{tag}"
    )


def _make_records(con: DuckDBPyConnection, view: View, facts: str, tag: str, end: str) -> None:
    """Each record with its class, as it was stated first, and with its owner and amount of now."""
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
        "AND name IN ('channel', 'segment') GROUP BY 1), "
        "now AS (SELECT record, arg_max(owner, (happened, source, row)) AS owner_now, "
        f"arg_max(amount, (happened, source, row)) AS amount_now FROM {facts} "
        "WHERE owner IS NOT NULL OR amount IS NOT NULL GROUP BY record) "
        "SELECT b.record, b.created, t.channel, t.segment, n.owner_now, n.amount_now FROM begun b "
        "LEFT JOIN stated t ON t.record = b.record LEFT JOIN now n ON n.record = b.record"
    )
