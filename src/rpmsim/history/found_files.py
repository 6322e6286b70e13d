"""Whether a file is what its name says, before anything is read from it: no surprise, no bomb."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.mapping import Location
from rpmsim.text.unpacking import Most, Refused, check_workbook

MOST_IN_WORKBOOK = Most(unpacked=500_000_000, cells=5_000_000, characters=100_000_000)
"""What an XLSX file may unpack to: its cells are held in memory."""
MOST_UNPACKED_TIMES = 200
SURELY_NO_BOMB = 200_000_000
"""A compressed file that is unpacked to more than so many times its size, and to more bytes than that, is refused:
real exports shrink to 10% by, at best to a fiftieth."""
MOST_HEADER_BYTES = 1_000_000
MOST_HEADER_ROWS = 30

_ONLY_STARS = re.compile(r"[\[?]")
"""What else would be taken for a pattern, by Python as well as by DuckDB."""

KINDS = {".csv": "csv", ".gz": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
KINDS |= {".duckdb": "duckdb", ".db": "duckdb"}


@dataclass(frozen=True)
class Found:
    """Files of one location: their kind, and for CSV the delimiter and the header of the first one."""

    kind: str
    paths: tuple[Path, ...]
    delimiter: str = ","
    header: tuple[str, ...] = ()


class NoFile(InputError):
    """A file that a mapping names is not there."""


def find(place: Location, folder: Path, shown: str) -> Found | None:
    """Look at the files of a location.

    Returns
    -------
    Found or None
        None where an optional file is absent.

    Raises
    ------
    InputError
        Where there is none, or one is not what its name says.
    """
    paths = sorted(folder.glob(_ONLY_STARS.sub(r"[\g<0>]", place.file))) if "*" in place.file else [folder / place.file]
    paths = [path for path in paths if os.path.lexists(path)]
    if not paths:
        if place.optional:
            return None
        raise NoFile([Diagnostic(shown, None, None, "", "is not there", "check the name, or write `optional: yes`")])
    root = Path(os.path.realpath(folder))
    kinds = set()
    for path in paths:
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise refusal(shown, "leads out of the folder of the mapping", "copy the file into it")
        if not path.is_file():
            raise refusal(shown, "is not a file", "use a file")
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            raise refusal(
                shown,
                f"has the unsupported extension `{path.suffix}`",
                "supported files are CSV, CSV.GZ, Parquet, XLSX and DuckDB",
            )
        kinds.add(kind)
        try:
            _look_inside(path, kind, shown)
        except OSError as error:
            raise refusal(
                shown, f"cannot be read ({error.strerror or error})", "check the file and its rights"
            ) from error
    if len(kinds) > 1:
        raise refusal(shown, "matches files of different kinds", "use one kind")
    kind = kinds.pop()
    if kind == "duckdb" and len(paths) > 1:
        raise refusal(shown, f"matches {len(paths)} databases", "write a source for each")
    if kind != "csv":
        return Found(kind, tuple(paths))
    delimiter, header = _header(paths[0], place, shown)
    for path in paths[1:]:
        if _header(path, place, shown)[1] != header:
            raise refusal(f"{shown} ({path.name})", "has another header than the first file", "name files of one form")
    return Found(kind, tuple(paths), delimiter, header)


def refusal(shown: str, message: str, fix: str) -> InputError:
    """The error of a file."""
    return InputError([Diagnostic(shown, None, None, "", message, fix)])


def _look_inside(path: Path, kind: str, shown: str) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(max(path.stat().st_size - 4, 0))
        tail = file.read()
    if not head:
        raise refusal(shown, "is empty", "export it again")
    packed = head.startswith(b"\x1f\x8b")
    if packed and kind == "csv":
        _unpacks_to_something_sane(path, shown)
        with gzip.open(path) as file:
            head = file.read(4096)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body")):
        raise refusal(shown, "is a web page, not a table", "download the export again: were you logged in?")
    if kind == "csv":
        if path.suffix.lower() == ".gz" and not packed:
            raise refusal(shown, "is not a gzip file", "remove the extension .gz if it is plain text")
        if head.startswith((b"PK\x03\x04", b"PAR1")) or (
            b"\0" in head.replace(b"\xff\xfe", b"") and not _is_utf16(head)
        ):
            raise refusal(shown, "is a binary file, not CSV", "if it is a workbook or a Parquet file, rename it")
    elif kind == "parquet" and not head.startswith(b"PAR1"):
        raise refusal(shown, "is not a Parquet file", "check the file")
    elif kind == "parquet" and not tail.endswith(b"PAR1"):
        raise refusal(shown, "is an incomplete Parquet file: its end is missing", "copy or export it again")
    elif kind == "xlsx":
        _workbook_is_sane(path, shown)
    elif kind == "duckdb" and head[8:12] != b"DUCK":
        raise refusal(shown, "is not a DuckDB file", "check the file")


def _is_utf16(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _unpacks_to_something_sane(path: Path, shown: str) -> None:
    most = max(SURELY_NO_BOMB, MOST_UNPACKED_TIMES * path.stat().st_size)
    size = 0
    try:
        with gzip.open(path) as file:
            while part := file.read(1 << 20):
                size += len(part)
                if size > most:
                    times = f"more than {MOST_UNPACKED_TIMES} times its size"
                    raise refusal(shown, f"unpacks to {times}: a zip bomb?", "unpack it yourself if you trust it")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refusal(shown, f"is a broken gzip file ({error})", "copy or export it again") from error


def _workbook_is_sane(path: Path, shown: str) -> None:
    try:
        with path.open("rb") as file:
            check_workbook(file, MOST_IN_WORKBOOK)
    except Refused as refused:
        raise refusal(shown, refused.message, refused.fix) from refused


def first_rows(path: Path, delimiter: str, encoding: str) -> list[list[str]]:
    """Some rows of a CSV file from its beginning."""
    text = _first_bytes(path).decode(encoding, errors="replace")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        found.extend(itertools.islice(rows, MOST_HEADER_ROWS))
    return found


def _first_bytes(path: Path) -> bytes:
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        return file.read(MOST_HEADER_BYTES)


def _header(path: Path, place: Location, shown: str) -> tuple[str, tuple[str, ...]]:
    """Delimiter and column names of a CSV file."""
    data = _first_bytes(path)
    if _is_utf16(data) and place.encoding != "utf-16":
        raise refusal(shown, "is encoded in UTF-16", "write `encoding: utf-16` in the source")
    encoding = {"utf-8": "utf-8-sig"}.get(place.encoding, place.encoding)
    whole = data if len(data) < MOST_HEADER_BYTES else data[: data.rfind(b"\n") + 1]
    try:
        text = whole.decode(encoding)
    except UnicodeDecodeError as error:
        line = whole[: error.start].count(b"\n") + 1
        message = f"line {line}: a byte is not {place.encoding}"
        raise refusal(
            shown, message, "write `encoding: latin-1` in the source if the file comes from Windows"
        ) from error
    first = text.partition("\n")[0]
    delimiter = place.delimiter or max(",;\t|", key=first.count)
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise refusal(shown, f"line 1: cannot be read as a header ({error})", "export it again, as CSV") from error
    if not any(cell.strip() for cell in header):
        raise refusal(shown, "has no header", "the first line names the columns")
    return delimiter, headings(header)


def headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns of a table, each its own in DuckDB, for which capitals make no difference.

    A column without a heading is called by its place, and so are all that share one: no name is then the heading
    itself, and a mapping that writes it is answered by :func:`doubled`.
    """
    names = [" ".join(cell.split()) if "\n" in cell else cell.strip() for cell in cells]
    times = Counter(name.casefold() for name in names)
    return tuple(
        name if name and times[name.casefold()] == 1 else f"{name} (column {i})" if name else f"column {i}"
        for i, name in enumerate(names, 1)
    )


def doubled(column: str, names: Iterable[str]) -> list[str]:
    """The names by place of all columns that share this heading; see :func:`headings`."""
    alike = re.compile(re.escape(column.casefold()) + r" \(column [0-9]+\)")
    return [name for name in names if alike.fullmatch(name.casefold())]


def twins(names: Iterable[str]) -> list[str]:
    """The names by place of all columns that share their heading with another one."""
    names = list(names)
    return [name for name in names if name in doubled(name.rpartition(" (column ")[0], names)]


def literally(path: str) -> str:
    """A path in which nothing is a pattern, for DuckDB."""
    return re.sub(r"[\[?*]", r"[\g<0>]", path)
