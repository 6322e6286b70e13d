"""What all statements share: names, texts and moments inside SQL, and short questions to the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def name(text: str) -> str:
    """A quoted identifier."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted text."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of quoted texts, for IN (...)."""
    return ", ".join(text(value) for value in values) or "NULL"


def numbers(values: Iterable[int]) -> str:
    """A list of numbers, for IN (...)."""
    return ", ".join(str(value) for value in values) or "NULL"


def day(value: dt.date) -> str:
    """A date."""
    return f"DATE '{value}'"


def end_of(value: dt.date) -> str:
    """The moment at which a day ends."""
    return f"TIMESTAMP '{value + dt.timedelta(1)}'"


def one(con: DuckDBPyConnection, query: str, values: Any = None) -> tuple[Any, ...]:
    """The first row of a query that has one."""
    row = con.execute(query, values).fetchone()
    assert row is not None
    return row


def any_row(con: DuckDBPyConnection, rows: str) -> bool:
    """Whether there is any row in a table, with or without a condition."""
    return con.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchone() is not None


def has_table(con: DuckDBPyConnection, table: str) -> bool:
    """Whether a table is there."""
    return con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone() is not None
