"""Dates that stand for an empty cell, such as 1970-01-01 or 9999-12-31: found in a column, taken as empty."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rpmsim.history import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST_REAL = dt.date(1980, 1, 2)
"""Zero lies before this day in the calendars of Unix, Excel, SQL Server, SAS and DOS; records of customers do not."""
YEARS_AHEAD = 10
"""Dates as many years after the export are no plans."""
GAP = dt.timedelta(730)
"""A New Year's Day as long before all other dates is the zero of some calendar: 1990, 2000, 2001."""
NEW_YEAR = ((12, 31), (1, 1), (1, 2))
"""In the zones east and west of where it was written, too."""


def placeholder_test(con: DuckDBPyConnection, column: str, as_of: dt.date) -> str:
    """Which values of a column of the table ``staging`` stand for an empty cell, as an SQL condition.

    Parameters
    ----------
    con : connection
    column : str
        A column of times.
    as_of : date
        Last day of the export.

    Returns
    -------
    str
        Empty where there are none.
    """
    lowest = FIRST_REAL
    while (first := _first_day(con, column, lowest)) and (first.month, first.day) in NEW_YEAR:
        following = _first_day(con, column, first + dt.timedelta(3))
        if following is None or following - first < GAP:
            break
        lowest = first + dt.timedelta(3)
    highest = dt.date(min(as_of.year + YEARS_AHEAD, dt.MAXYEAR), 1, 1)
    test = f"({column} < TIMESTAMP '{lowest}' OR {column} >= TIMESTAMP '{highest}')"
    return test if sql.any_row(con, f"staging WHERE {test}") else ""


def placeholder_days(con: DuckDBPyConnection, column: str, test: str) -> str:
    """The days on which they stand, for a message: the most frequent ones with their numbers."""
    rows = con.execute(f"""
        SELECT strftime({column}, '%Y-%m-%d'), count(*) FROM staging
        WHERE {test}
        GROUP BY 1
        ORDER BY 2 DESC, 1
    """).fetchall()
    return ", ".join(f"{count:,} on {day}" for day, count in rows[:5]) + (" ..." if len(rows) > 5 else "")


def _first_day(con: DuckDBPyConnection, column: str, since: dt.date) -> dt.date | None:
    query = f"""
        SELECT CAST(min({column}) AS DATE) FROM staging
        WHERE {column} >= CAST(? AS TIMESTAMP) AND {column} < TIMESTAMP '9000-01-01'
    """
    (day,) = sql.one(con, query, [since])
    return day
