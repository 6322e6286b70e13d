"""The working database: what is read goes into DuckDB, which may touch the stated files and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.errors import Fault, InputError, MissingExtra
from rpmsim.history import sql
from rpmsim.history.columns import MOST_DIGITS
from rpmsim.history.dates import FILE_TIME, has_clock, time_in_name
from rpmsim.history.doubtful_amounts import CODES, CURRENCY_NAMES
from rpmsim.history.found_files import (
    MOST_UNPACKED_TIMES,
    SURELY_NO_BOMB,
    Found,
    doubled,
    find,
    first_rows,
    headings,
    literally,
    refusal,
    twins,
)
from rpmsim.history.mapping import Location
from rpmsim.history.postgres import copy_rows
from rpmsim.text.complaints import nearest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "2500MB"
"""Limit of DuckDB's memory; beyond it, it works on disk."""
MOST_TEMPORARY = "50GB"
"""Limit of what it puts on disk."""
THREADS = 2
MOST_ROWS_OF_ANY = 1_000_000
"""A Parquet file may hold so many rows, or one for each of its bytes."""
FILE_NAME = "name of the file"
"""What the column with it is called."""
LONGEST_CELL = 1_000_000
"""Bytes of a text in a Parquet or DuckDB file."""
MOST_LINES_ABOVE = 20
"""Titles and notes above the headings of a sheet."""


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
        self._found: dict[Location, Found | None] = {}
        self._sheets: dict[Location, list[Path]] = {}
        self._times: dict[Location, list[dt.datetime]] = {}
        self._readings: dict[str, str] = {}
        self._number = self._number_of_sheets = 0
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
        if place not in self._found:
            self._found[place] = find(place, self.folder, shown)
            found = self._found[place]
            if found is not None and found.kind == "xlsx":
                self._sheets[place] = self._as_csv(found.paths, place.sheet, shown)
            if found is not None and place.dated:
                self._times[place] = _times_in_names(found.paths, self.folder, place.dated, shown)
        return self._found[place] is not None

    def open(self) -> None:
        """Open the database and lock it: the files looked at so far, and its own folder, are all that it may read."""
        import duckdb

        config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        self._con = duckdb.connect(str(self.work / "history.duckdb"), config=config)
        real = [os.path.realpath(path) for found in self._found.values() if found for path in found.paths]
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
        for place, found in self._found.items():
            if found is not None and found.kind == "duckdb":
                self._con.execute(
                    f"ATTACH {sql.text(os.path.realpath(found.paths[0]))} AS {_attached(place)} (READ_ONLY)"
                )
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
        self._number += 1
        view = f"raw_{self._number}"
        with self.faults_of(shown):
            if place.url:
                reading = self._postgres(place, view, shown)
            else:
                found = self._found[place]
                assert found is not None
                reading = self._reading(place, found, shown)
            described = self.con.execute(f"DESCRIBE SELECT * FROM {reading}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        missing = [column for column in dict.fromkeys(columns) if column not in types]
        if missing:
            below = self._heading_below(place, missing)
            raise InputError(_missing(column, types, below, shown) for column in missing)
        if not place.url:
            texts = [column for column, type_ in types.items() if type_ == "VARCHAR"]
            self._check_length(self._found[place], reading, texts, shown)
        wanted = ", ".join(_cell_of(column, place.empty) for column in dict.fromkeys(columns))
        self._readings[view] = reading
        self.con.execute(f"CREATE TEMP VIEW {view} AS SELECT row_number() OVER () AS _row, {wanted} FROM {reading}")
        return view, types

    def currencies(self, view: str, types: dict[str, str], own: str) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Columns of a source that hold codes of currencies, others than its own: each with these and their numbers."""
        texts = [column for column, type_ in types.items() if type_ == "VARCHAR"]
        known = f"trim({{0}}) IN ('', {sql.texts(CODES)})"
        like = "regexp_matches({0}, '^ *([A-Z]{{3}})? *$')"
        tests = ", ".join(
            f"bool_and({(like if CURRENCY_NAMES.search(c) else known).format(sql.name(c))})" for c in texts
        )
        if not texts:
            return
        rows = f"(SELECT * FROM {self._readings[view]} LIMIT 1000)"
        found = self.con.execute(f"SELECT {tests} FROM {rows}").fetchone()
        for column in (c for c, codes in zip(texts, found or (), strict=True) if codes):
            code = f"trim({sql.name(column)})"
            others = self.con.execute(
                f"SELECT {code}, count(*) FROM {self._readings[view]} WHERE {code} NOT IN ('', {sql.text(own)}) "
                "GROUP BY 1 ORDER BY 2 DESC, 1"
            ).fetchall()
            if others and all(re.fullmatch("[A-Z]{3}", other) for other, _ in others):
                yield column, others

    def _check_length(self, found: Found | None, reading: str, columns: list[str], shown: str) -> None:
        """Refuse a file that repeats a long text in many rows, though it holds it once."""
        if found is None or found.kind not in ("parquet", "duckdb") or not columns:
            return
        lengths = [f"strlen({sql.name(column)})" for column in columns]
        with self.faults_of(shown):
            total, longest = self.con.execute(
                f"SELECT {' + '.join(f'coalesce(sum({n}), 0)' for n in lengths)}, "
                f"greatest({', '.join(f'coalesce(max({n}), 0)' for n in lengths)}, 0) FROM {reading}"
            ).fetchall()[0]
        size = sum(path.stat().st_size for path in found.paths)
        if longest > LONGEST_CELL:
            raise refusal(shown, f"holds a text of {longest:,} bytes in one cell", "export it without such columns")
        if total > max(SURELY_NO_BOMB, MOST_UNPACKED_TIMES * size):
            what = f"unpacks to {total:,} bytes, more than {MOST_UNPACKED_TIMES} times its size"
            raise refusal(shown, what, "export it as CSV if you trust it")

    def _heading_below(self, place: Location, missing: list[str]) -> int:
        """Line of a CSV file or a sheet, not far below the first, that looks like the row of headings; or 0."""
        found = self._found.get(place)
        if found is None or found.kind not in ("csv", "xlsx"):
            return 0
        if found.kind == "xlsx":
            lines = first_rows(self._sheets[place][0], ",", "utf-8")
        else:
            lines = first_rows(found.paths[0], found.delimiter, place.encoding)
        return next((i for i, row in enumerate(lines, 1) if i > 1 and set(missing) <= set(row)), 0)

    @contextmanager
    def faults_of(self, shown: str) -> Iterator[None]:
        """Tell what DuckDB says of a source as a fault of it."""
        import duckdb

        try:
            yield
        except duckdb.InterruptException:
            raise
        except duckdb.OutOfMemoryException as error:
            raise refusal(
                shown, f"needs more than {MEMORY} of memory", "filter it with `where`, or split it"
            ) from error
        except duckdb.Error as error:
            raise InputError([_fault_of(shown, str(error))]) from error

    def _reading(self, place: Location, found: Found, shown: str) -> str:
        if found.kind == "duckdb":
            if place.table:
                return f"{_attached(place)}.{sql.name(place.table)}"
            return f"({_one_select(self.con, place.query, place.file)})"
        paths = [os.path.realpath(path) for path in found.paths]
        header, delimiter, encoding = found.header, found.delimiter, place.encoding
        if found.kind == "xlsx":
            paths, delimiter, encoding = [str(path) for path in self._sheets[place]], ",", "utf-8"
            header = headings(first_rows(self._sheets[place][0], ",", "utf-8")[0])
        if found.kind == "parquet":
            return self._with_times(place, paths, self._parquet(paths, bool(place.dated), shown))
        columns = ", ".join(f"{sql.text(column)}: 'VARCHAR'" for column in header)
        named = f"filename = {sql.text(FILE_NAME)}, " if place.dated else ""
        reading = (
            f"read_csv([{sql.texts(map(literally, paths))}], columns = {{{columns}}}, auto_detect = false, "
            f"header = true, hive_partitioning = false, {named}"
            f"delim = {sql.text(delimiter)}, quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
            f"encoding = {sql.text(encoding)}, max_line_size = 10000000)"
        )
        return self._with_times(place, paths, reading)

    def _with_times(self, place: Location, paths: list[str], reading: str) -> str:
        """The rows with the times that their files' names hold, if they do."""
        if not place.dated:
            return reading
        type_ = "TIMESTAMP" if has_clock(place.dated) else "DATE"
        cases = " ".join(
            f"WHEN {sql.text(path)} THEN {type_} '{time}'" for path, time in zip(paths, self._times[place], strict=True)
        )
        name = sql.name(FILE_NAME)
        return f"(SELECT * EXCLUDE ({name}), CASE {name} {cases} END AS {sql.name(FILE_TIME)} FROM {reading})"

    def _parquet(self, paths: list[str], named: bool, shown: str) -> str:
        """Parquet files of which no column hides another, and that hold about as much as they are long."""
        files = sql.texts(map(literally, paths))
        rows, size = self.con.execute(
            f"SELECT sum(num_rows), sum(file_size_bytes) FROM parquet_file_metadata([{files}])"
        ).fetchall()[0]
        if rows > max(MOST_ROWS_OF_ANY, size):
            raise refusal(shown, f"holds {rows:,} rows in {size:,} bytes: a bomb?", "write them anew if you trust it")
        stated = self.con.execute(f"SELECT name, num_children FROM parquet_schema([{files}])").fetchall()
        names = headings(_top_names(stated))
        reading = f"read_parquet([{files}], hive_partitioning = false"
        reading += f", filename = {sql.text(FILE_NAME)})" if named else ")"
        if not twins(names):
            return reading
        return f"(SELECT * FROM {reading} AS t({', '.join(map(sql.name, (*names, *([FILE_NAME] if named else []))))}))"

    def _as_csv(self, paths: tuple[Path, ...], sheet: str, shown: str) -> list[Path]:
        """The sheets of workbooks as CSV files of one form."""
        sheets: list[Path] = []
        for path in paths:
            name = shown if len(paths) == 1 else f"{shown} ({path.name})"
            self._number_of_sheets += 1
            sheets.append(_sheet_to_csv(path, sheet, self.work, self._number_of_sheets, name))
            if first_rows(sheets[-1], ",", "utf-8")[0] != first_rows(sheets[0], ",", "utf-8")[0]:
                raise refusal(name, "has another header than the first file", "name files of one form")
        return sheets

    def _postgres(self, place: Location, view: str, shown: str) -> str:
        """Copy the rows of a PostgreSQL query; returns the name of the table."""
        query = place.query or f"SELECT * FROM {sql.name(place.table)}"
        copy_rows(self.con, place, query, f"copied_{view}", shown)
        return f"copied_{view}"


def _times_in_names(paths: tuple[Path, ...], folder: Path, form: str, shown: str) -> list[dt.datetime]:
    """The time that each file's name holds."""
    times = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        time = time_in_name(name, form)
        if time is None:
            raise refusal(f"{shown} ({name})", f"does not fit `{form}`", "rename it, or name files of that form only")
        times.append(time)
    return times


def _cell_of(column: str, empty: tuple[str, ...]) -> str:
    """A column for SELECT, of which some values stand for an empty cell."""
    name = sql.name(column)
    if not empty:
        return name
    values = sql.texts(value.strip().lower() for value in empty)
    return f"CASE WHEN lower(trim(CAST({name} AS VARCHAR))) NOT IN ({values}) THEN {name} END AS {name}"


def _missing(column: str, names: Iterable[str], below: int, shown: str) -> Fault:
    """What to say of a column that is not there."""
    twins = doubled(column, names)
    if twins:
        what = f"has {len(twins)} columns of the heading `{column}`: {', '.join(f'`{name}`' for name in twins[:10])}"
        repair = f"give each its own heading, or write the place with the name, such as `{twins[0]}`"
        return Fault(shown, None, None, "", what, repair)
    repair = f"take the lines above line {below} away: the headings stand there" if below else nearest(column, names)
    return Fault(shown, None, None, "", f"has no column `{column}`", repair)


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


def _attached(place: Location) -> str:
    return sql.name("file " + place.file)


def _one_select(con: DuckDBPyConnection, query: str, file: str) -> str:
    """The query, if it is one SELECT; names in it are looked up in the file."""
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


def _fault_of(shown: str, message: str) -> Fault:
    """What DuckDB says, in our words where we know it."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    number = int(line[1]) if line else None
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if columns:
        what = f"{columns[2]} cells where the header has {columns[1]}"
        return Fault(shown, number, None, "", what, "check delimiter and quotes of this line")
    if "unicode" in message.lower() or "utf-8" in message.lower():
        return Fault(shown, number, None, "", "a byte is not UTF-8", "write `encoding: latin-1` at the source")
    if "unterminated quote" in message.lower():
        return Fault(shown, number, None, "", "a quote is opened and not closed", "check the quotes of this line")
    if "Maximum line size" in message:
        return Fault(shown, number, None, "", "a line of more than 10 MB", "is a quote left open?")
    first = next((part for part in message.splitlines() if part.strip()), "cannot be read")
    if shown.lower().endswith((".parquet", ".duckdb", ".db")) and not re.match(
        "Binder|Catalog|Parser|Conversion", first
    ):
        return Fault(shown, None, None, "", f"is damaged as a file ({first[:200]})", "copy or export it again")
    return Fault(shown, number, None, "", first[:300], "check the source")


def _sheet_to_csv(path: Path, sheet: str, work: Path, number: int, shown: str) -> Path:
    """A sheet of a workbook as CSV in the working folder: values only, times in ISO form."""
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise MissingExtra(f"{shown}: workbooks need the extra `excel`: pip install 'rpmsim[excel]'") from error

    target = work / f"sheet_{number}.csv"
    try:
        with (
            calamine.CalamineWorkbook.from_path(path) as book,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            names = book.sheet_names
            if sheet and sheet not in names:
                raise refusal(shown, f"has no sheet `{sheet}`", nearest(sheet, names))
            rows = book.get_sheet_by_name(sheet or names[0]).iter_rows() if names else iter(())
            writer = csv.writer(file)
            writer.writerows([_cell(value) for value in row] for row in _from_headings(rows))
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise refusal(
            shown, f"cannot be read as a workbook ({error})", "is it protected? Save it anew, or as CSV"
        ) from error
    if not target.stat().st_size:
        raise refusal(shown, "has an empty sheet", "name the sheet with `sheet`")
    return target


def _from_headings(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Rows from that of the headings on: of the first ones, the first that has two, or else any; titles have one."""
    above: list[list[Any]] = []
    for row in rows:
        filled = sum(value not in ("", None) for value in row)
        if filled > 1 or (filled and len(above) == MOST_LINES_ABOVE):
            yield row
            break
        if filled:
            above.append(row)
    else:
        yield from above
    yield from rows


def _cell(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 10**MOST_DIGITS else f"{value:.15E}"
    return "" if value is None else str(value)
