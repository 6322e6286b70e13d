"""What DuckDB says of a source, reported as an error of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.found_files import refusal

MEMORY = "2500MB"
"""Limit of DuckDB's memory; beyond it, it works on disk."""


@contextmanager
def diagnostics_of(shown: str) -> Iterator[None]:
    """Report what DuckDB says of a source as an error of it."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException as error:
        raise refusal(shown, f"needs more than {MEMORY} of memory", "filter it with `where`, or split it") from error
    except duckdb.Error as error:
        raise InputError([_error_of(shown, str(error))]) from error


def _error_of(shown: str, message: str) -> Diagnostic:
    """What DuckDB says, in our words where we know it."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    number = int(line[1]) if line else None
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if columns:
        what = f"{columns[2]} cells, but the header has {columns[1]}"
        return Diagnostic(shown, number, None, "", what, "check delimiter and quotes of this line")
    if "unicode" in message.lower() or "utf-8" in message.lower():
        return Diagnostic(shown, number, None, "", "a byte is not UTF-8", "write `encoding: latin-1` in the source")
    if "unterminated quote" in message.lower():
        return Diagnostic(shown, number, None, "", "a quote is opened and not closed", "check the quotes of this line")
    if "Maximum line size" in message:
        return Diagnostic(shown, number, None, "", "a line of more than 10 MB", "is a quote left open?")
    first = next((part for part in message.splitlines() if part.strip()), "cannot be read")
    if shown.lower().endswith((".parquet", ".duckdb", ".db")) and not re.match(
        "Binder|Catalog|Parser|Conversion", first
    ):
        return Diagnostic(shown, None, None, "", f"is damaged ({first[:200]})", "copy or export it again")
    return Diagnostic(shown, number, None, "", first[:300], "check the source")
