"""The rows of a location as SQL, for what stands behind FROM: CSV, Parquet, sheets of workbooks, DuckDB."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.dates import FILE_TIME, has_clock, time_in_name
from rpmsim.history.found_files import Found, headings, literally, refusal, twins
from rpmsim.history.mapping import Location
from rpmsim.history.worksheets import first_row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ROWS_OF_ANY = 1_000_000
"""A Parquet file may hold so many rows, or one for each of its bytes."""
FILE_NAME = "name of the file"
"""What the column with it is called."""


@dataclass(frozen=True)
class Looked:
    """Files of a location that were looked at.

    Parameters
    ----------
    found : Found
    sheets : tuple of path
        Of workbooks: their sheets as CSV files.
    times : tuple of datetime
        The times in the files' names, where the location says that they hold some.
    """

    found: Found
    sheets: tuple[Path, ...] = ()
    times: tuple[dt.datetime, ...] = ()


def attach(con: DuckDBPyConnection, place: Location, found: Found) -> None:
    """Attach a DuckDB file, so that its tables can be read."""
    con.execute(f"ATTACH {sql.text(os.path.realpath(found.paths[0]))} AS {_attached(place)} (READ_ONLY)")


def rows_of(con: DuckDBPyConnection, place: Location, looked: Looked, shown: str) -> str:
    """The rows of a location, for FROM.

    Raises
    ------
    InputError
        Where a file holds what nobody would write, or a query is not one SELECT.
    """
    found = looked.found
    if found.kind == "duckdb":
        if place.table:
            return f"{_attached(place)}.{sql.name(place.table)}"
        return f"({_queried(con, place.query, place.file)})"
    paths = [os.path.realpath(path) for path in found.paths]
    if found.kind == "parquet":
        rows = _parquet_rows(con, paths, bool(place.dated), shown)
    elif found.kind == "xlsx":
        paths = [str(path) for path in looked.sheets]
        rows = _csv_rows(paths, headings(first_row(looked.sheets[0])), ",", "utf-8", bool(place.dated))
    else:
        rows = _csv_rows(paths, found.header, found.delimiter, place.encoding, bool(place.dated))
    return _with_times(rows, place.dated, list(zip(paths, looked.times, strict=True))) if place.dated else rows


def _csv_rows(paths: list[str], header: tuple[str, ...], delimiter: str, encoding: str, named: bool) -> str:
    """Rows of CSV files, all cells as text; ``named`` with the file's name."""
    columns = ", ".join(f"{sql.text(column)}: 'VARCHAR'" for column in header)
    return f"""read_csv(
        [{sql.texts(map(literally, paths))}],
        columns = {{{columns}}},
        auto_detect = false,
        header = true,
        hive_partitioning = false,
        {f"filename = {sql.text(FILE_NAME)}," if named else ""}
        delim = {sql.text(delimiter)},
        quote = '"',
        escape = '"',
        nullstr = '',
        strict_mode = true,
        encoding = {sql.text(encoding)},
        max_line_size = 10000000
    )"""


def _parquet_rows(con: DuckDBPyConnection, paths: list[str], named: bool, shown: str) -> str:
    """Rows of Parquet files of which no column hides another, and that hold about as much as they are long."""
    files = sql.texts(map(literally, paths))
    rows, size = sql.one(con, f"SELECT sum(num_rows), sum(file_size_bytes) FROM parquet_file_metadata([{files}])")
    if rows > max(MOST_ROWS_OF_ANY, size):
        raise refusal(
            shown,
            f"contains {rows:,} rows in {size:,} bytes: a decompression bomb?",
            "write the file again if you trust it",
        )
    names = headings(_top_names(con.execute(f"SELECT name, num_children FROM parquet_schema([{files}])").fetchall()))
    name = f", filename = {sql.text(FILE_NAME)}" if named else ""
    reading = f"read_parquet([{files}], hive_partitioning = false{name})"
    if not twins(names):
        return reading
    return f"(SELECT * FROM {reading} AS t({', '.join(map(sql.name, (*names, *([FILE_NAME] if named else []))))}))"


def _top_names(schema: list[tuple[str, int | None]]) -> list[str]:
    """Columns of the first of some Parquet files, from its tree of names in the order in which it is written."""
    names: list[str] = []
    skip = 0
    for name, children in schema[1:]:
        if skip:
            skip += (children or 0) - 1
        elif len(names) < (schema[0][1] or 0):
            names.append(name)
            skip = children or 0
    return names


def _with_times(rows: str, form: str, times: list[tuple[str, dt.datetime]]) -> str:
    """Rows with the time that their file's name holds, in place of the name."""
    type_ = "TIMESTAMP" if has_clock(form) else "DATE"
    cases = " ".join(f"WHEN {sql.text(path)} THEN {type_} '{time}'" for path, time in times)
    name = sql.name(FILE_NAME)
    return f"(SELECT * EXCLUDE ({name}), CASE {name} {cases} END AS {sql.name(FILE_TIME)} FROM {rows})"


def times_in_names(paths: tuple[Path, ...], folder: Path, form: str, shown: str) -> tuple[dt.datetime, ...]:
    """The time that each file's name holds."""
    times = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        time = time_in_name(name, form)
        if time is None:
            raise refusal(
                f"{shown} ({name})",
                f"does not fit `{form}`",
                "rename it, or use a pattern that matches only files of that form",
            )
        times.append(time)
    return tuple(times)


def _attached(place: Location) -> str:
    return sql.name("file " + place.file)


def _queried(con: DuckDBPyConnection, query: str, file: str) -> str:
    """The rows of a query, if it is one SELECT; names in it are looked up in the file."""
    statements = con.extract_statements(query)
    if len(statements) != 1 or statements[0].type.name != "SELECT":
        raise refusal(file, "`query` is not one SELECT", "write one SELECT")
    con.execute(f"USE {sql.name('file ' + file)}")
    try:
        table = f"queried_{abs(hash((query, file)))}"
        con.execute(f"CREATE OR REPLACE TABLE history.main.{table} AS SELECT * FROM ({query.rstrip().rstrip(';')})")
    finally:
        con.execute("USE history.main")
    return f"history.main.{table}"
