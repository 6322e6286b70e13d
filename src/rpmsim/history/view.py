"""The history as it was known on the evening of a day, and its tables as tuples, data frames, Arrow or Parquet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.errors import Diagnostic, InputError, MissingExtra
from rpmsim.history import sql
from rpmsim.history.mapping import HistoryMapping
from rpmsim.history.view_tables import TABLES, query
from rpmsim.text.complaints import nearest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

BATCH_ROWS = 100_000


@dataclass
class View:
    """The history as known on a day; valid until its history is closed.

    Parameters
    ----------
    as_of : date
        All that was known when this day ended.
    log, records : str
        Tables in the working database. ``log``: record, visit, stage and outcome as numbers, entered, left, known,
        amount and owner as known then, responded, left_after, undated. ``records``: record, created, channel, segment,
        owner_now, amount_now.
    mapping : HistoryMapping
    corrections : dict of str to int
        How many rows or records were put right in making it, by kind.
    history : History, optional
        Kept open as long as the view is used.
    """

    con: DuckDBPyConnection
    as_of: dt.date
    log: str
    records: str
    mapping: HistoryMapping
    corrections: dict[str, int] = field(default_factory=dict)
    history: object = field(default=None, repr=False)

    @property
    def tag(self) -> str:
        """What the names of the view's tables in the working database end with."""
        return f"{self.as_of:%Y%m%d}"

    def rows(self, table: str = "events") -> list[tuple[object, ...]]:
        """All rows of a table in order, as tuples; for small histories.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`; the columns of ``events`` are :data:`rpmsim.history.LOG_COLUMNS`.
        """
        return self.con.execute(self._query(table)).fetchall()

    def to_pandas(self, table: str = "events") -> pd.DataFrame:
        """A table as a pandas DataFrame.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.

        Returns
        -------
        DataFrame, shape (rows, columns)
            Times as ``datetime64`` in the mapping's zone, without an offset; amounts as floats in the mapping's
            currency; missing values as pandas marks them.

        Raises
        ------
        InputError
            For a table that does not exist.
        """
        frame: pd.DataFrame = self.con.execute(self._query(table)).df()
        return frame

    def to_arrow(self, table: str = "events") -> pa.Table:
        """A table as a whole, as an Arrow table; needs the extra ``arrow``.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.

        Returns
        -------
        pyarrow.Table, shape (rows, columns)
            Amounts as decimals with two places.

        Raises
        ------
        InputError
            For a table that does not exist.
        MissingExtra
            Without pyarrow.
        """
        return self.to_arrow_batches(table).read_all()

    def to_arrow_batches(self, table: str = "events", rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """A table as a stream of Arrow batches, for what does not fit into memory; needs the extra ``arrow``.

        Parameters
        ----------
        table : str
            One of :data:`rpmsim.history.TABLES`.
        rows : int
            At most so many rows a batch.

        Returns
        -------
        pyarrow.RecordBatchReader
            To be read while the history is open; other tables may be read meanwhile.

        Raises
        ------
        InputError
            For a table that does not exist.
        MissingExtra
            Without pyarrow.
        """
        text = self._query(table)
        if find_spec("pyarrow") is None:
            raise MissingExtra("Arrow tables need the extra `arrow`: pip install 'rpmsim[arrow]'")
        relation: Any = self.con.cursor().sql(text)  # a cursor of its own leaves the connection free
        read = relation.to_arrow_reader if hasattr(relation, "to_arrow_reader") else relation.fetch_arrow_reader
        reader: pa.RecordBatchReader = read(rows)
        return reader

    def write(self, path: Path, table: str = "events") -> None:
        """Write a table as Parquet, in order; ``path`` lies in the working folder."""
        self.con.execute(f"COPY ({self._query(table)}) TO {sql.text(str(path))} (FORMAT parquet, COMPRESSION zstd)")

    def _query(self, table: str) -> str:
        if table not in TABLES:
            diagnostic = Diagnostic("view", None, None, "table", f"there is no table `{table}`", nearest(table, TABLES))
            raise InputError([diagnostic])
        return query(self, table)
