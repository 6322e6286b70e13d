"""What a workbook unpacks to, measured before a library that trusts it reads it.

A few kilobytes can stand for gigabytes in three ways: parts that shrink a thousandfold, one long text to which many
cells refer (readers copy it for each), and two cells in opposite corners (readers make room for all between them). Each
part is unpacked and parsed piece by piece here, and nothing of it is kept but counts.
"""

from __future__ import annotations

import functools
import posixpath
import zipfile
from array import array
from dataclasses import dataclass
from typing import IO, NamedTuple
from xml.parsers import expat

MOST_PARTS = 2_000
LONGEST_CELL = 100_000
"""Characters; Excel holds 32,767."""
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Most:
    """How much a workbook may unpack to.

    Parameters
    ----------
    unpacked : int
        Bytes of all parts together.
    cells : int
        Of the rectangle around all filled cells of a sheet.
    characters : int
        Of the texts of all cells of a sheet, those that many cells share counted for each.
    """

    unpacked: int
    cells: int
    characters: int


class Refused(Exception):
    """A workbook is none, or unpacks to too much; what is wrong, and what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


class Contents(NamedTuple):
    """Whether some cell of a workbook holds a formula, and the last column in which some sheet holds anything."""

    formulas: bool
    columns: int


def check_workbook(file: IO[bytes], most: Most) -> Contents:
    """Measure a workbook.

    Parameters
    ----------
    file : binary file
        Open for reading.
    most : Most

    Returns
    -------
    Contents

    Raises
    ------
    Refused
        Where it is not a workbook, is damaged, or unpacks to too much.
    """
    if file.read(4) == b"\xd0\xcf\x11\xe0":
        raise Refused("is encrypted, or a workbook of the old format", "save it as .xlsx without a password")
    try:
        with zipfile.ZipFile(file) as archive:
            return _check_parts(archive, most)
    except Refused:
        raise
    except zipfile.BadZipFile as error:
        raise Refused("is not a workbook", "open it and save it as .xlsx, or as .csv") from error
    except Exception as error:  # each method of compression stumbles over damage in its own way
        raise _damaged("it is damaged") from error


def _check_parts(archive: zipfile.ZipFile, most: Most) -> Contents:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > most.unpacked:
        raise _too_large(most)
    if "xl/workbook.xml" not in names:
        raise Refused("is not a workbook, but a zip file of another kind", "save it as XLSX, or export CSV")
    if len(set(names)) < len(names):
        raise _damaged("two parts have the same name")
    lengths = array("i")
    left = most.unpacked
    contents = Contents(formulas=False, columns=0)
    shared_first = sorted(infos, key=lambda info: "sharedstrings" not in info.filename.lower())
    for info in shared_first:
        stated = info.file_size
        info.file_size = left + 1  # so that the unzipper goes to the end, and what is stated can be compared
        size = 0
        part = _Part(lengths, most) if info.filename.lower().endswith((".xml", ".rels")) else None
        with archive.open(info) as packed:
            while chunk := packed.read(_CHUNK):
                size += len(chunk)
                if size > left:
                    raise _too_large(most)
                if part is not None:
                    part.take(chunk)
        if size != stated:
            raise _damaged(f"{info.filename} does not have the stated length")
        left -= size
        if part is not None:
            part.end()
            contents = Contents(contents.formulas or part.formulas, max(contents.columns, part.columns))
    return contents


class _Part:
    """One XML part, as far as it concerns the size of tables."""

    def __init__(self, lengths: array[int], most: Most) -> None:
        self.formulas = False
        self._lengths, self._most = lengths, most
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._root
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._inside, self._type, self._index = "", "", ""
        self._total = self._length = 0
        self._row = self._column = 0
        self._low, self._high = (1 << 30, 1 << 30), (0, 0)

    @property
    def columns(self) -> int:
        """The last column in which it holds anything."""
        return self._high[1]

    def take(self, chunk: bytes) -> None:
        """Parse a piece."""
        self._parser.Parse(chunk, False)

    def end(self) -> None:
        """Parse what is left, and count the last cell."""
        self._parser.Parse(b"", True)
        self._finish()

    def _doctype(self, *_: object) -> None:
        raise _damaged("it declares a document type")

    def _root(self, name: str, _: dict[str, str]) -> None:
        """Each kind of part is looked at in its own way, and most not at all."""
        parser = self._parser
        kind = name.rpartition(":")[2]
        parser.StartElementHandler = {
            "Relationships": self._relation,
            "sst": self._shared,
            "worksheet": self._cell,
        }.get(kind)
        parser.CharacterDataHandler = {"sst": self._shared_text, "worksheet": self._text}.get(kind)

    def _shared(self, name: str, _: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "si":
            self._lengths.append(0)
            if len(self._lengths) > self._most.cells:
                raise Refused(f"contains more than {self._most.cells:,} texts", "export CSV")

    def _shared_text(self, text: str) -> None:
        if self._lengths:
            self._lengths[-1] += len(text)
            _short_enough(self._lengths[-1])

    def _cell(self, name: str, attributes: dict[str, str]) -> None:
        """The start of a row, of a cell, or of what fills one."""
        name = name.rpartition(":")[2]
        if name == "v" or name == "is" or name == "f":
            self._inside = name
            self.formulas = self.formulas or name == "f"
            self._span()
        elif name == "c":
            self._finish()
            self._type = attributes.get("t", "n")
            self._column += 1
            place = attributes.get("r")
            if place is not None:
                letters = place.rstrip("0123456789")
                row = place[len(letters) :]
                if not 0 < len(letters) < 4 or not letters.isascii() or not letters.isupper() or not 0 < len(row) < 8:
                    raise _damaged(f"a cell is called `{place[:20]}`")
                self._row, self._column = int(row), _number_of(letters)
        elif name == "row":
            self._finish()
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0

    def _text(self, text: str) -> None:
        if self._type == "n" or not self._inside:
            return
        if self._type == "s" and self._inside == "v":
            self._index += text[:20]
        else:
            self._length += len(text)
            _short_enough(self._length)

    def _finish(self) -> None:
        """Count the text of the cell that ends here."""
        self._inside = ""
        if self._index:
            index = self._index.strip()
            number = int(index) if index.isdecimal() and len(index) < 10 else len(self._lengths)
            self._total += self._lengths[number] if number < len(self._lengths) else 0
            self._index = ""
        self._total += self._length
        self._length = 0
        if self._total > self._most.characters:
            what = f"contains more than {self._most.characters:,} characters of text"
            raise Refused(what, "it may be a zip bomb; if you trust it, export CSV")

    def _span(self) -> None:
        """Widen the rectangle around all filled cells."""
        row, column = self._row, self._column
        low, high = self._low, self._high
        if low[0] <= row <= high[0] and low[1] <= column <= high[1]:
            return
        self._low = low = (min(low[0], row), min(low[1], column))
        self._high = high = (max(high[0], row), max(high[1], column))
        rows, columns = high[0] - low[0] + 1, high[1] - low[1] + 1
        if rows * columns > self._most.cells:
            what = f"spans {rows:,} rows and {columns:,} columns, more than {self._most.cells:,} cells"
            raise Refused(what, "clear cells far from the table, or export CSV")

    def _relation(self, _: str, stated: dict[str, str]) -> None:
        """Tables lie where they are looked at here."""
        kind, target = stated.get("Type", ""), stated.get("Target", "")
        if kind.endswith(("/worksheet", "/sharedStrings")) and stated.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/xl", target))
            shared = kind.endswith("/sharedStrings") and "sharedstrings" not in path.lower()
            if not path.startswith("/xl/") or not path.lower().endswith(".xml") or shared:
                raise _damaged(f"a table is in `{target[:60]}`")


def _short_enough(length: int) -> None:
    if length > LONGEST_CELL:
        what = f"contains a text of more than {LONGEST_CELL:,} characters in one cell"
        raise Refused(what, "no spreadsheet program writes that: copy the table to a new workbook")


@functools.cache
def _number_of(letters: str) -> int:
    """Number of a column, from 1."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _too_large(most: Most) -> Refused:
    message = f"unpacks to more than {most.unpacked:,} bytes"
    return Refused(message, "it may be a zip bomb, or it is too large: copy the table to a new workbook, or export CSV")


def _damaged(why: str) -> Refused:
    return Refused(f"cannot be read as a workbook ({why})", "open it and save it as .xlsx, or as .csv")
