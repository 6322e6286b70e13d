"""A history that was read: its event log as known on any day."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rpmsim.errors import Fault, InputError
from rpmsim.history.database import Database
from rpmsim.history.load import load
from rpmsim.history.mapping import HistoryMapping, load_mapping
from rpmsim.history.repairs import Reading
from rpmsim.history.view import View, make_view
from rpmsim.interrupts import held_interrupts, stopping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class History:
    """The records of a mapping, read into a working database.

    Parameters
    ----------
    mapping : HistoryMapping
    database : Database
        With the tables of :func:`rpmsim.history.load.load`.
    readings : list of Reading
        How reading each source went.
    """

    def __init__(self, mapping: HistoryMapping, database: Database, readings: list[Reading]) -> None:
        self.mapping, self.readings = mapping, readings
        self._database = database

    @property
    def con(self) -> DuckDBPyConnection:
        """Connection to the working database."""
        return self._database.con

    @property
    def work(self) -> Path:
        """The working folder."""
        return self._database.work

    def as_of(self, day: dt.date | None = None) -> View:
        """The history as known when a day ended; default the last one.

        Raises
        ------
        InputError
            For a day after the export.
        """
        day = day or self.mapping.as_of
        if day > self.mapping.as_of:
            what = f"{day} lies after the export of {self.mapping.as_of}"
            raise InputError([Fault(str(self.mapping.path), None, None, "as_of", what, "name an earlier day")])
        return make_view(self.con, self.mapping, day)


@contextmanager
def open_history(path: str | os.PathLike[str]) -> Iterator[History]:
    """Read a history mapping and its sources; the working database lives as long as the block.

    Parameters
    ----------
    path : str or path
        The mapping file; its sources lie beside it, or below.

    Yields
    ------
    History

    Raises
    ------
    InputError
        Where the mapping or a source is at fault.
    """
    mapping = load_mapping(path)
    with _working_folder() as work:
        database = Database(work, mapping.path.parent)
        try:
            with stopping(database.interrupt):
                readings = load(mapping, database)
                yield History(mapping, database, readings)
        finally:
            with held_interrupts():
                database.close()


@contextmanager
def _working_folder() -> Iterator[Path]:
    """A folder that is gone when the block ends, however it ends."""
    with held_interrupts():
        work = Path(tempfile.mkdtemp(prefix="rpmsim-"))
    try:
        yield work
    finally:
        with held_interrupts():
            shutil.rmtree(work, ignore_errors=True)
