"""Ends that count on the day that a column beside the row's time says: typed later or earlier than they happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.history import sql

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
    if not sql.any_row(con, f"{facts} WHERE closes IS NOT NULL"):
        return facts
    con.execute(f"CREATE TABLE closed_on_{tag} AS {_days_that_count(facts)}")
    con.execute(f"""
        CREATE TEMP VIEW closed_facts_{tag} AS
        SELECT f.* REPLACE (coalesce(c.day, f.happened) AS happened)
        FROM {facts} f
        LEFT JOIN closed_on_{tag} c ON c.source = f.source AND c.row = f.row AND f.stage IS NOT NULL
    """)
    return f"closed_facts_{tag}"


def _days_that_count(facts: str) -> str:
    """Each row of a source with close dates, with the moment from which its stage counts.

    ``turned`` numbers the spells of one stage, in the order in which they were typed; ``ends`` says when each began, or
    is stated to; ``days`` lets none begin after a later one; ``apart`` keeps the order at one moment.
    """
    typed = "(PARTITION BY record, source ORDER BY happened, row)"
    in_turn = "(PARTITION BY record, source ORDER BY turn)"
    later = "(PARTITION BY record, source ORDER BY turn ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    at_once = "(PARTITION BY record, source, day ORDER BY turn)"
    return f"""
        WITH said AS (
            SELECT *, lag(stage) OVER {typed} IS DISTINCT FROM stage AS turns
            FROM {facts}
            WHERE stage IS NOT NULL AND source IN (SELECT DISTINCT source FROM {facts} WHERE closes IS NOT NULL)
        ), turned AS (
            SELECT *, count(*) FILTER (turns) OVER {typed} AS turn FROM said
        ), spans AS (
            SELECT
                record, source, turn, any_value(stage) AS stage, min(happened) AS began,
                arg_max(closes, (happened, row)) AS closes
            FROM turned
            GROUP BY 1, 2, 3
        ), beside AS (
            SELECT *, lag(began) OVER {in_turn} AS before, lead(began) OVER {in_turn} AS after FROM spans
        ), ends AS (
            SELECT *, least(after, CASE
                WHEN closes IS NULL THEN began
                WHEN CAST(closes AS DATE) = CAST(began AS DATE) THEN greatest(closes, began)
                WHEN CAST(closes AS DATE) = CAST(before AS DATE) THEN greatest(closes, before)
                ELSE closes
            END) AS stated
            FROM beside
        ), days AS (
            SELECT *, min(stated) OVER {later} AS day FROM ends
        ), steps AS (
            SELECT *, stage < lag(stage) OVER {at_once} AS back FROM days
        ), apart AS (
            SELECT * REPLACE (day + to_microseconds(count(*) FILTER (back) OVER {at_once}) AS day) FROM steps
        ), bounds AS (
            SELECT *, lead(day) OVER {in_turn} AS until FROM apart
        )
        SELECT
            t.source, t.row,
            CASE WHEN t.turns THEN n.day ELSE least(greatest(t.happened, n.day), n.until) END AS day
        FROM turned t JOIN bounds n ON n.record = t.record AND n.source = t.source AND n.turn = t.turn
    """
