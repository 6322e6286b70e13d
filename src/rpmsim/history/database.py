"""The working database: what is read goes into DuckDB, which may touch the stated files and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.errors import Diagnostic, InputError
from rpmsim.history import sql
from rpmsim.history.doubtful_amounts import CODES, CURRENCY_NAMES
from rpmsim.history.duckdb_errors import MEMORY, diagnostics_of
from rpmsim.history.found_files import (
    MOST_UNPACKED_TIMES,
    SURELY_NO_BOMB,
    doubled,
    find,
    first_rows,
    literally,
    refusal,
)
from rpmsim.history.mapping import Location
from rpmsim.history.postgres import copy_rows
from rpmsim.history.source_rows import Looked, attach, rows_of, times_in_names
from rpmsim.history.worksheets import sheets_as_csv
from rpmsim.text.complaints import nearest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_TEMPORARY = "50GB"
"""Limit of what it puts on disk."""
THREADS = 2
LONGEST_CELL = 1_000_000
"""Bytes of a text in a Parquet or DuckDB file."""


class Database:
    """A DuckDB database in a working folder.

    Parameters
    ----------
    work : path
        An empty folder for the database and what it puts on disk; its owner removes it.
    folder : path
        Folder of the mapping, in which sources lie.
    """

    def __init__(self, work: Path, folder: Path) -> None:
        self.work, self.folder = work, folder
        self._looked: dict[Location, Looked | None] = {}
        self._rows: dict[str, str] = {}
        self._con: DuckDBPyConnection | None = None

    @property
    def con(self) -> DuckDBPyConnection:
        """The connection; all files must have been looked at before."""
        assert self._con is not None
        return self._con

    def look(self, place: Location, shown: str) -> bool:
        """Look at the files of a location; False where an optional one is absent."""
        if place.url:
            return True
        if place not in self._looked:
            self._looked[place] = self._look(place, shown)
        return self._looked[place] is not None

    def _look(self, place: Location, shown: str) -> Looked | None:
        found = find(place, self.folder, shown)
        if found is None:
            return None
        folder = self.work / f"sheets_{len(self._looked)}"
        sheets = sheets_as_csv(found.paths, place.sheet, folder, shown) if found.kind == "xlsx" else ()
        times = times_in_names(found.paths, self.folder, place.dated, shown) if place.dated else ()
        return Looked(found, sheets, times)

    def open(self) -> None:
        """Open the database and lock it: the files looked at so far, and its own folder, are all that it may read."""
        import duckdb

        config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        self._con = duckdb.connect(str(self.work / "history.duckdb"), config=config)
        real = [os.path.realpath(path) for looked in self._looked.values() if looked for path in looked.found.paths]
        paths = list(dict.fromkeys([*real, *map(literally, real)]))  # DuckDB asks for both
        for statement in (
            f"SET temp_directory = {sql.text(str(self.work))}",
            f"SET memory_limit = '{MEMORY}'",
            f"SET max_temp_directory_size = '{MOST_TEMPORARY}'",
            f"SET threads = {min(THREADS, os.cpu_count() or 1)}",
            "SET TimeZone = 'UTC'",
            "SET enable_progress_bar = false",
            f"SET allowed_paths = [{sql.texts(paths) if paths else ''}]",
            f"SET allowed_directories = [{sql.text(str(self.work))}]",
        ):
            self._con.execute(statement)
        for place, looked in self._looked.items():
            if looked is not None and looked.found.kind == "duckdb":
                attach(self._con, place, looked.found)
        self._con.execute("SET enable_external_access = false")
        self._con.execute("SET lock_configuration = true")

    def interrupt(self) -> None:
        """End the query that runs, from another thread."""
        if self._con is not None:
            self._con.interrupt()

    def close(self) -> None:
        """Close the connection."""
        if self._con is not None:
            self._con.close()
            self._con = None

    def rows(self, place: Location, columns: Iterable[str], shown: str) -> tuple[str, dict[str, str]]:
        """Make the rows of a location a view, with their number as ``_row``, counted from 1 without the header.

        Parameters
        ----------
        columns : iterable of str
            Columns that must be there.
        shown : str
            What messages call the source.

        Returns
        -------
        view : str
        types : dict of str to str
            DuckDB's type of each column; text for CSV and XLSX, which say nothing of types.

        Raises
        ------
        InputError
            Where a column is missing, or the source cannot be read.
        """
        view = f"raw_{len(self._rows) + 1}"
        looked = self._looked.get(place)
        with diagnostics_of(shown):
            rows = rows_of(self.con, place, looked, shown) if looked else self._postgres(place, view, shown)
            described = self.con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        missing = [column for column in dict.fromkeys(columns) if column not in types]
        if missing:
            below = _heading_below(looked, place.encoding, missing) if looked else 0
            raise InputError(_missing(column, types, below, shown) for column in missing)
        if looked and looked.found.kind in ("parquet", "duckdb"):
            texts = [column for column, type_ in types.items() if type_ == "VARCHAR"]
            self._check_length(looked.found.paths, rows, texts, shown)
        self._rows[view] = rows
        wanted = ", ".join(_cell_of(column, place.empty) for column in dict.fromkeys(columns))
        self.con.execute(f"CREATE TEMP VIEW {view} AS SELECT row_number() OVER () AS _row, {wanted} FROM {rows}")
        return view, types

    def currencies(self, view: str, types: dict[str, str], own: str) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Columns of a source that hold codes of currencies, others than its own: each with these and their numbers."""
        texts = [column for column, type_ in types.items() if type_ == "VARCHAR"]
        if not texts:
            return
        tests = ", ".join(f"bool_and({_holds_codes(column)})" for column in texts)
        found = sql.one(self.con, f"SELECT {tests} FROM (SELECT * FROM {self._rows[view]} LIMIT 1000)")
        for column in (column for column, codes in zip(texts, found, strict=True) if codes):
            code = f"trim({sql.name(column)})"
            others = self.con.execute(
                f"""
                SELECT {code}, count(*) FROM {self._rows[view]}
                WHERE {code} NOT IN ('', ?)
                GROUP BY 1
                ORDER BY 2 DESC, 1
                """,
                [own],
            ).fetchall()
            if others and all(re.fullmatch("[A-Z]{3}", other) for other, _ in others):
                yield column, others

    def _check_length(self, paths: Iterable[Path], rows: str, columns: list[str], shown: str) -> None:
        """Refuse a file that repeats a long text in many rows, though it holds it once."""
        if not columns:
            return
        lengths = [f"strlen({sql.name(column)})" for column in columns]
        together = " + ".join(f"coalesce(sum({length}), 0)" for length in lengths)
        greatest = ", ".join(f"coalesce(max({length}), 0)" for length in lengths)
        with diagnostics_of(shown):
            total, longest = sql.one(self.con, f"SELECT {together}, greatest({greatest}, 0) FROM {rows}")
        size = sum(path.stat().st_size for path in paths)
        if longest > LONGEST_CELL:
            raise refusal(shown, f"contains a text of {longest:,} bytes in one cell", "export it without such columns")
        if total > max(SURELY_NO_BOMB, MOST_UNPACKED_TIMES * size):
            what = f"unpacks to {total:,} bytes, more than {MOST_UNPACKED_TIMES} times its size"
            raise refusal(shown, what, "if you trust it, export it as CSV")

    def _postgres(self, place: Location, view: str, shown: str) -> str:
        """Copy the rows of a PostgreSQL query; returns the name of the table."""
        query = place.query or f"SELECT * FROM {sql.name(place.table)}"
        copy_rows(self.con, place, query, f"copied_{view}", shown)
        return f"copied_{view}"


def _holds_codes(column: str) -> str:
    """Whether a cell is empty or a code of a currency: any by its form in a column of that name, else a known one."""
    name = sql.name(column)
    if CURRENCY_NAMES.search(column):
        return f"regexp_matches({name}, '^ *([A-Z]{{3}})? *$')"
    return f"trim({name}) IN ('', {sql.texts(CODES)})"


def _heading_below(looked: Looked, encoding: str, missing: list[str]) -> int:
    """Line of a CSV file or a sheet, not far below the first, that looks like the row of headings; or 0."""
    found = looked.found
    if found.kind == "xlsx":
        lines = first_rows(looked.sheets[0], ",", "utf-8")
    elif found.kind == "csv":
        lines = first_rows(found.paths[0], found.delimiter, encoding)
    else:
        return 0
    return next((i for i, row in enumerate(lines, 1) if i > 1 and set(missing) <= set(row)), 0)


def _cell_of(column: str, empty: tuple[str, ...]) -> str:
    """A column for SELECT, of which some values stand for an empty cell."""
    name = sql.name(column)
    if not empty:
        return name
    values = sql.texts(value.strip().lower() for value in empty)
    return f"CASE WHEN lower(trim(CAST({name} AS VARCHAR))) NOT IN ({values}) THEN {name} END AS {name}"


def _missing(column: str, names: Iterable[str], below: int, shown: str) -> Diagnostic:
    """What to say of a column that is not there."""
    twins = doubled(column, names)
    if twins:
        what = f"has {len(twins)} columns with the heading `{column}`: {', '.join(f'`{name}`' for name in twins[:10])}"
        fix = f"rename the headings, or write the column with its number, such as `{twins[0]}`"
        return Diagnostic(shown, None, None, "", what, fix)
    fix = f"delete the lines above line {below}, which has the headings" if below else nearest(column, names)
    return Diagnostic(shown, None, None, "", f"has no column `{column}`", fix)
