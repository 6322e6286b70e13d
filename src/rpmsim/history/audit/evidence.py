"""What the items of an audit share: the view's tables, and a few counts and arrays that several of them need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.history import sql
from rpmsim.history.history import History
from rpmsim.history.mapping import StageRule
from rpmsim.history.recorded import Recorded, recorded
from rpmsim.history.shapes import UNKNOWN
from rpmsim.history.view import View

SIDE_KINDS = ("nurture", "other")
UNKNOWN_RULE = StageRule("unknown", "other", (), (), False)


class Stages(tuple[StageRule, ...]):
    """The stages of the mapping; the number of an unknown stage has a rule too."""

    __slots__ = ()

    def __getitem__(self, number: Any) -> Any:
        """The rule of a stage."""
        return UNKNOWN_RULE if number == UNKNOWN else super().__getitem__(number)


class Evidence:
    """A view of a history, with answers that are computed once.

    Parameters
    ----------
    history : History
    view : View
    """

    def __init__(self, history: History, view: View) -> None:
        self.history, self.view, self.mapping = history, view, history.mapping
        self.log, self.con = view.log, history.con
        self.stages = Stages(history.mapping.stages)
        self.tag = f"{view.as_of:%Y%m%d}"
        self.whole = view.as_of >= history.mapping.as_of
        self.known = f"known < TIMESTAMP '{self.end}'"
        self.con.execute("DELETE FROM issues WHERE source IS NULL")  # what an audit of another day has noted

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.con.execute(query).fetchall()

    def one(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""
        return sql.one(self.con, query)

    def has(self, table: str) -> bool:
        """Whether a table is there."""
        return sql.has_table(self.con, table)

    def note(self, kind: str, records: str) -> None:
        """Keep the records of a finding, given as a query of one column."""
        self.con.execute(f"INSERT INTO issues SELECT DISTINCT ?, record, NULL, NULL FROM ({records}) t(record)", [kind])

    def noted(self, kind: str) -> list[str]:
        """Records of a finding, in order."""
        found = self.con.execute("SELECT DISTINCT record FROM issues WHERE kind = ? ORDER BY 1", [kind])
        return [row[0] for row in found.fetchall()]

    @property
    def end(self) -> dt.datetime:
        """The moment after the last day."""
        return dt.datetime.combine(self.view.as_of + dt.timedelta(1), dt.time())

    def known_at_export(self, name: str) -> str:
        """What to add to a finding of a day before the export, where the mapping takes values from the export."""
        sources = [
            source.name
            for source in self.mapping.sources
            if source.shape == "wide" and any(a.name == name and a.known == "export" for a in source.attributes)
        ]
        if self.whole or not sources:
            return ""
        return f"; {name}s of {', '.join(sources)} are known only at export, on {self.mapping.as_of}"

    def numbers(self, *kinds: str) -> list[int]:
        """Numbers of the stages of some kinds."""
        return [i for i, rule in enumerate(self.stages) if rule.kind in kinds]

    @cached_property
    def ends(self) -> list[int]:
        """Numbers of won and lost."""
        return self.numbers("won", "lost")

    @cached_property
    def recorded(self) -> list[Recorded]:
        """What is stated of the days on which each stage was recorded, by number of stage."""
        stated = recorded(self.mapping)
        return [stated[rule.name] for rule in self.stages]

    @cached_property
    def stated_arrivals(self) -> Recorded:
        """What is stated of the days on which new records were recorded: of the stages in which they begin."""
        return self.common([i for i, rule in enumerate(self.stages) if rule.enters])

    def common(self, stages: Iterable[int]) -> Recorded:
        """The days, as far as stated, on which all of some stages were recorded."""
        windows = [self.recorded[i] for i in stages if i != UNKNOWN]
        return Recorded(
            max((w.first for w in windows if w.first), default=None),
            min((w.last for w in windows if w.last), default=None),
        )

    @cached_property
    def moves(self) -> dict[tuple[int, int], int]:
        """How often each move was made."""
        rows = self.query(f"SELECT stage, outcome, count(*) FROM {self.log} WHERE outcome IS NOT NULL GROUP BY 1, 2")
        return {(source, target): n for source, target, n in rows}

    @cached_property
    def totals(self) -> tuple[int, int, dt.datetime, dt.datetime]:
        """Visits, records, first and last time."""
        visits, first, last = self.one(f"SELECT count(*), min(entered), max(entered) FROM {self.log}")
        (records,) = self.one(f"SELECT count(*) FROM {self.view.records}")
        return visits, records, first, last

    @cached_property
    def firsts(self) -> str:
        """Table of one row a record: day of creation, and of its first entry of each stage (``s0``, ``s1`` ...).

        Records of which nothing but the end is known are not in it: nobody knows when they were created.
        """
        day = "date_diff('day', DATE '1970-01-01', CAST({} AS DATE))"
        entries = ", ".join(
            f"CAST({day.format(f'min(entered) FILTER (stage = {i})')} AS INTEGER) AS s{i}"
            for i in range(len(self.stages))
        )
        self.con.execute(f"""
            CREATE OR REPLACE TABLE firsts_{self.tag} AS
            SELECT CAST({day.format("min(entered)")} AS INTEGER) AS created, {entries}
            FROM {self.log}
            GROUP BY record
            HAVING {self._begun}
        """)
        return f"firsts_{self.tag}"

    @cached_property
    def _begun(self) -> str:
        """Whether a record begins where records may begin, and not at its end; true if all begin there."""
        ends = listed(i for i in self.ends if not self.stages[i].enters)
        test = f"max(stage) FILTER (visit = 1) NOT IN ({ends})"
        (any_,) = self.one(f"SELECT count(*) FROM {self.log} WHERE visit = 1 AND stage NOT IN ({ends})")
        return test if any_ else "true"

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        def first(kind: str) -> str:
            return f"least({', '.join(f's{i}' for i in self.numbers(kind))})"

        result = self.con.execute(
            f"SELECT created, {first('won')} AS won, {first('lost')} AS lost FROM {self.firsts}"
        ).fetchnumpy()
        return {
            key: np.where(np.ma.getmaskarray(values), np.nan, np.ma.getdata(values).astype(np.float64))
            for key, values in result.items()
        }

    @property
    def created(self) -> NDArray[np.float64]:
        """Day of creation of each record, days since 1970."""
        return self._arrays["created"]

    @property
    def won(self) -> NDArray[np.float64]:
        """Day of the first win of each record; NaN without."""
        return self._arrays["won"]

    @property
    def lost(self) -> NDArray[np.float64]:
        """Day of the first loss of each record; NaN without."""
        return self._arrays["lost"]

    @property
    def last_day(self) -> int:
        """The last day, since 1970."""
        return (self.view.as_of - EPOCH).days

    def first_days(self, stage: int) -> NDArray[np.float64]:
        """How many records were created on a day and first entered a stage on a day.

        Returns
        -------
        ndarray of float, shape (pairs, 3)
            Day of creation, day of the first entry (NaN: never), records.
        """
        rows = self.query(f"SELECT created, s{stage}, count(*) FROM {self.firsts} GROUP BY 1, 2")
        return np.array([(a, np.nan if b is None else b, n) for a, b, n in rows], dtype=np.float64).reshape(-1, 3)


EPOCH = dt.date(1970, 1, 1)


def date_of(day: float) -> dt.date:
    """The date of a day since 1970."""
    return EPOCH + dt.timedelta(int(day))


def listed(stages: Iterable[int]) -> str:
    """Numbers of stages for IN (...); where there are none, that of an unknown one."""
    return ", ".join(map(str, stages)) or str(UNKNOWN)
