"""What an export is: files of text, and the mapping that reads them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Table(NamedTuple):
    """A file of the export without its ending."""

    name: str
    header: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]


class Export(NamedTuple):
    """All files of one export, and the text of its mapping, in which ``{ending}`` stands for the files' ending."""

    tables: list[Table]
    mapping: str
