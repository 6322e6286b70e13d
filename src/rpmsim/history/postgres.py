"""Rows of a PostgreSQL query into the working database, by ADBC: read only, with a time limit."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from rpmsim.display import masked
from rpmsim.errors import Diagnostic, InputError, MissingExtra
from rpmsim.history.mapping import Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONNECT_SECONDS = 10
SHORTEST_PART = 4
"""Characters; a part of a password that is shorter is no use to anybody, and may be a word of a message."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def copy_rows(con: DuckDBPyConnection, place: Location, query: str, table: str, shown: str) -> None:
    """Copy the rows of a query into a table.

    Raises
    ------
    InputError
        Where the database cannot be reached, answers too late, or refuses the query; never with a password in it.
    """
    import duckdb

    try:
        import adbc_driver_postgresql.dbapi as adbc
    except ImportError as error:
        raise MissingExtra(f"{shown}: PostgreSQL needs the extra `postgres`: pip install 'rpmsim[postgres]'") from error

    address = _Address(place, shown)
    try:
        with adbc.connect(address.url) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            con.register("incoming", reader)
            try:
                con.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
            finally:
                con.unregister("incoming")
    except (adbc.Error, duckdb.Error) as error:  # the latter while rows are fetched
        raise InputError([_error_of(shown, str(error), address, place)]) from None  # its text may hold a password


class _Address:
    """An address with what the environment says, and with what of it nobody may see.

    A user and a password may hold any character: what is no part of an address as it stands is written as one
    (``/`` as ``%2F``), unless it is already.
    """

    def __init__(self, place: Location, shown: str) -> None:
        missing = [word for word in _VARIABLE.findall(place.url) if word not in os.environ]
        if missing:
            raise InputError(
                Diagnostic(shown, None, None, "", f"there is no environment variable `{word}`", f"export {word}=...")
                for word in missing
            )
        user, password, rest = _parted(place.url)
        self.server = re.split(r"[/?#]", rest.rpartition("://")[2], maxsplit=1)[0] or rest.rpartition("://")[2]
        self._hidden = {os.environ[word] for word in _VARIABLE.findall(place.url)}
        if not user and password is None:  # it may come from the environment as a whole
            user, password, rest = _parted(_filled(place.url))
        scheme, _, server = _filled(rest).partition("://")
        self._hidden |= {_filled(part) for part in (password or "", user if "${" in place.url else "")}
        access = _quoted(_filled(user)) + (f":{_quoted(_filled(password))}" if password is not None else "")
        try:
            self.url = _with_limits(f"{scheme}://{access}{'@' if access else ''}{server}", place.timeout)
        except ValueError:
            fix = "write postgresql://USER:${PASSWORD}@HOST:PORT/DATABASE"
            raise InputError([Diagnostic(shown, None, None, "", "`url` is not a database address", fix)]) from None

    def hidden(self, text: str) -> str:
        """A text without what came from the environment, and without any password or a part of one."""
        for secret in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(secret, "***")
        return masked(text)

    def _forms(self) -> set[str]:
        whole = self._hidden | {unquote(secret) for secret in self._hidden}
        whole |= {quote(secret, safe="") for secret in whole}
        chunks = {chunk for secret in whole for chunk in re.split(r"[/@:?#&=%\s\[\]]+", secret)}
        return (
            {self.url} | {form for form in whole if form} | {chunk for chunk in chunks if len(chunk) >= SHORTEST_PART}
        )


def _parted(url: str) -> tuple[str, str | None, str]:
    """User, password and all the rest of an address whose password may hold any character."""
    found = re.fullmatch(r"(\w+://)(?:([^:@/]*)(?::(.*))?@)?([^@]*)", url, re.DOTALL)
    if not found:
        return "", None, url
    return found[2] or "", found[3], found[1] + found[4]


def _filled(text: str) -> str:
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text)


def _quoted(text: str) -> str:
    """A user or a password as a part of an address, where it is not written so already."""
    return text if re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", text) else quote(text, safe="")


def _with_limits(url: str, timeout: float) -> str:
    """The address with limits on connecting and on the query, and without the right to write."""
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc + parts.path:
        raise ValueError("no server")
    stated = dict(parse_qsl(parts.query))
    stated.setdefault("connect_timeout", str(CONNECT_SECONDS))
    options = f"-c statement_timeout={round(timeout * 1000)} -c default_transaction_read_only=on"
    stated["options"] = f"{stated.get('options', '')} {options}".strip()
    query = urlencode(stated).replace("+", "%20")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _error_of(shown: str, message: str, address: _Address, place: Location) -> Diagnostic:
    text = address.hidden(message)
    first = " ".join(text.split())[:300]
    if "statement timeout" in text or "57014" in text:
        return Diagnostic(
            shown,
            None,
            None,
            "",
            f"did not answer within {place.timeout:g} seconds",
            "increase `timeout`, or read less",
        )
    if re.search(r"connect|resolve|translate host|server closed|timeout expired", text, re.IGNORECASE):
        what = f"no connection to {address.server}: {first}"
        return Diagnostic(shown, None, None, "", what, "is the database running, and is the address correct?")
    return Diagnostic(shown, None, None, "", first, "check the query, the user and their permissions")
