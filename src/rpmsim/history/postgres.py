"""Rows of a PostgreSQL query into the working database, by ADBC: read only, with a time limit."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rpmsim.errors import Fault, InputError
from rpmsim.history.mapping import Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONNECT_SECONDS = 10


def copy_rows(con: DuckDBPyConnection, place: Location, query: str, table: str, shown: str) -> None:
    """Copy the rows of a query into a table.

    Raises
    ------
    InputError
        Where the database cannot be reached, answers too late, or refuses the query; never with a password in it.
    """
    import duckdb

    from rpmsim.history.database import MissingExtra

    try:
        import adbc_driver_postgresql.dbapi as adbc
    except ImportError as error:
        raise MissingExtra(f"{shown}: PostgreSQL needs the extra `postgres`: pip install 'rpmsim[postgres]'") from error

    url = _with_limits(_filled_in(place.url, shown), place.timeout)
    try:
        with adbc.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            con.register("incoming", reader)
            try:
                con.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
            finally:
                con.unregister("incoming")
    except duckdb.InterruptException:
        raise
    except (adbc.Error, duckdb.Error) as error:  # the latter while rows are fetched
        raise InputError([_fault_of(shown, str(error), url, place)]) from error


def _filled_in(url: str, shown: str) -> str:
    missing = [word for word in re.findall(r"\$\{(\w+)\}", url) if word not in os.environ]
    if missing:
        raise InputError(
            Fault(shown, None, None, "", f"the environment has no variable `{word}`", f"export {word}=...")
            for word in missing
        )
    return re.sub(r"\$\{(\w+)\}", lambda match: os.environ[match[1]], url)


def _with_limits(url: str, timeout: float) -> str:
    """The address with limits on connecting and on the query, and without the right to write."""
    parts = urlsplit(url)
    stated = dict(parse_qsl(parts.query))
    stated.setdefault("connect_timeout", str(CONNECT_SECONDS))
    options = f"-c statement_timeout={round(timeout * 1000)} -c default_transaction_read_only=on"
    stated["options"] = f"{stated.get('options', '')} {options}".strip()
    query = urlencode(stated).replace("+", "%20")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _fault_of(shown: str, message: str, url: str, place: Location) -> Fault:
    password = urlsplit(url).password
    text = message.replace(password, "***") if password else message
    text = text.replace(url, place.url)
    first = " ".join(text.split())[:300]
    if "statement timeout" in text or "57014" in text:
        return Fault(
            shown, None, None, "", f"did not answer within {place.timeout:g} seconds", "raise `timeout`, or read less"
        )
    if re.search(r"connect|resolve|translate host|server closed|timeout expired", text, re.IGNORECASE):
        return Fault(shown, None, None, "", f"cannot be reached: {first}", "is the database up, and the address right?")
    return Fault(shown, None, None, "", first, "check the query, the user and its rights")
