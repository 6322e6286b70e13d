"""A history that was read: its event log as known on any day."""

from __future__ import annotations

import datetime as dt
import os
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.corrections import Reading
from rpmsim.history.database import Database
from rpmsim.history.event_log import make_view
from rpmsim.history.facts import load
from rpmsim.history.mapping import HistoryMapping
from rpmsim.history.mapping_file import load_mapping
from rpmsim.history.view import View
from rpmsim.interrupts import held_interrupts, stopping
from rpmsim.working import working_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class History:
    """The records of a mapping, read into a working database.

    Parameters
    ----------
    mapping : HistoryMapping
    database : Database
        With the tables of :func:`rpmsim.history.facts.load`.
    readings : list of Reading
        How reading each source went.
    folder : ExitStack
        Closing it removes the working folder.

    Notes
    -----
    :func:`open_history` makes one. It is a context manager, and is closed at the latest when it is no longer used.
    """

    def __init__(self, mapping: HistoryMapping, database: Database, readings: list[Reading], folder: ExitStack) -> None:
        self.mapping, self.readings = mapping, readings
        self._database, self._block = database, ExitStack()
        self._closing = weakref.finalize(self, _remove, database, folder)

    @property
    def con(self) -> DuckDBPyConnection:
        """Connection to the working database."""
        return self._database.con

    @property
    def work(self) -> Path:
        """The working folder."""
        return self._database.work

    def __enter__(self) -> Self:
        """Let interrupts stop the database at once until the block ends."""
        self._block.enter_context(stopping(self._database.interrupt))
        return self

    def __exit__(self, *error: Any) -> bool | None:
        """Close the history."""
        try:
            return self._block.__exit__(*error)
        finally:
            self.close()

    def close(self) -> None:
        """Close the working database and remove its folder; done as well when the history is no longer used."""
        with held_interrupts():
            self._closing()

    def as_of(self, day: dt.date | None = None) -> View:
        """The history as known when a day ended; default the last one.

        Parameters
        ----------
        day : date, optional

        Returns
        -------
        View

        Raises
        ------
        InputError
            For a day after the export.
        """
        day = day or self.mapping.as_of
        if day > self.mapping.as_of:
            what = f"{day} is after the export of {self.mapping.as_of}"
            raise InputError([Diagnostic(str(self.mapping.path), None, None, "as_of", what, "choose an earlier day")])
        view = make_view(self.con, self.mapping, day)
        view.history = self
        return view


def open_history(path: str | os.PathLike[str]) -> History:
    """Read a history mapping and its sources.

    The working database lives until the history is closed: at the end of a ``with`` block, by ``close()``, or when
    neither it nor a view of it is used any more.

    Parameters
    ----------
    path : str or path
        The mapping file; its sources lie beside it, or below.

    Returns
    -------
    History

    Raises
    ------
    InputError
        Where the mapping or a source is wrong.

    Examples
    --------
    >>> view = rpmsim.open_history("history.yaml").as_of()  # doctest: +SKIP
    >>> view.to_pandas("open")  # doctest: +SKIP
    """
    mapping = load_mapping(path)
    folder = ExitStack()
    database = Database(folder.enter_context(working_folder()), mapping.path.parent)
    try:
        with stopping(database.interrupt):
            readings = load(mapping, database)
        return History(mapping, database, readings, folder)
    except BaseException:
        with held_interrupts():
            _remove(database, folder)
        raise


def _remove(database: Database, folder: ExitStack) -> None:
    """Close a working database and remove its folder."""
    database.close()
    folder.close()
