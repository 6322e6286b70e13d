"""Ends that count on the day that a column beside the row's time says: typed later or earlier than they happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def closed_on(con: DuckDBPyConnection, facts: str, tag: str) -> str:
    """Put each end on the day on which it counts; returns the view of the facts with it.

    The rows of a source that has such days are taken in the order in which they were typed. Of several rows that repeat
    one end, the day last stated holds. What was typed before an end does not lie after it: a stage that was typed late,
    after the deal was signed, is entered and left on that day. What was typed after an end, such as a reopening, does
    not lie before it: at one moment, a microsecond keeps the order. A day without a clock time takes that of the last
    move on it.
    """
    if not con.execute(f"SELECT 1 FROM {facts} WHERE closes IS NOT NULL LIMIT 1").fetchone():
        return facts
    typed = "(PARTITION BY record, source ORDER BY happened, row)"
    turn = "(PARTITION BY record, source ORDER BY turn)"
    tied = "(PARTITION BY record, source, day ORDER BY turn)"
    same_day = "WHEN CAST(closes AS DATE) = CAST({0} AS DATE) THEN greatest(closes, {0})"
    con.execute(
        f"CREATE TABLE closed_on_{tag} AS WITH "
        f"said AS (SELECT *, lag(stage) OVER {typed} IS DISTINCT FROM stage AS turns FROM {facts} "
        f"WHERE stage IS NOT NULL AND source IN (SELECT DISTINCT source FROM {facts} WHERE closes IS NOT NULL)), "
        f"turned AS (SELECT *, count(*) FILTER (turns) OVER {typed} AS turn FROM said), "
        "spans AS (SELECT record, source, turn, any_value(stage) AS stage, min(happened) AS began, "
        "arg_max(closes, (happened, row)) AS closes FROM turned GROUP BY 1, 2, 3), "
        f"beside AS (SELECT *, lag(began) OVER {turn} AS before, lead(began) OVER {turn} AS after FROM spans), "
        f"ends AS (SELECT *, least(after, CASE WHEN closes IS NULL THEN began {same_day.format('began')} "
        f"{same_day.format('before')} ELSE closes END) AS stated FROM beside), "
        f"days AS (SELECT *, min(stated) OVER (PARTITION BY record, source ORDER BY turn ROWS BETWEEN CURRENT ROW AND "
        "UNBOUNDED FOLLOWING) AS day FROM ends), "
        f"steps AS (SELECT *, stage < lag(stage) OVER {tied} AS back FROM days), "
        f"apart AS (SELECT * REPLACE (day + to_microseconds(count(*) FILTER (back) OVER {tied}) AS day) FROM steps), "
        f"bounds AS (SELECT *, lead(day) OVER {turn} AS until FROM apart) "
        "SELECT t.source, t.row, "
        "CASE WHEN t.turns THEN n.day ELSE least(greatest(t.happened, n.day), n.until) END AS day "
        "FROM turned t JOIN bounds n ON n.record = t.record AND n.source = t.source AND n.turn = t.turn"
    )
    con.execute(
        f"CREATE TEMP VIEW closed_facts_{tag} AS SELECT f.* REPLACE (coalesce(c.day, f.happened) AS happened) "
        f"FROM {facts} f "
        f"LEFT JOIN closed_on_{tag} c ON c.source = f.source AND c.row = f.row AND f.stage IS NOT NULL"
    )
    return f"closed_facts_{tag}"
