"""When somebody took up the work on a record: visits with the day on which their work began, as a view knows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.history import sql
from rpmsim.history.view import View
from rpmsim.history.view_tables import query

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEVER = 2**31
"""Day of what has not happened."""

OPEN_SHARE = 0.15
"""A day of the week on which less than this share of a usual day's work begins is closed."""


@dataclass(frozen=True)
class Visits:
    """Visits to stages that have work items, in the order of records and visits; arrays of shape (visits,).

    Parameters
    ----------
    first : date
        Day 0.
    last : int
        Number of the view's day.
    weekdays : tuple of bool
        Days of the week on which work begins, Monday first.
    table : str
        The visits in the working database: record, visit, stage, segment, entered, took, worked, and more.
    stages, segments, owners : tuple
        Texts by number; an owner as the history writes it.
    stage, segment, owner : array of int
        Owner of the first work item, -1 if not known.
    entered, left : array of int
        Days; ``left`` is :data:`NEVER` while the record is in the stage.
    took : array of int
        Day on which the record was taken up; :data:`NEVER` if nobody has.
    worked : array of bool
        Whether it has a work item.
    wait_hours : array of float
        From entering the stage to the first start of work; NaN if there is none.
    outcome : array of int
        Number of the stage that followed, in the order of the mapping; -1 if there is none.
    previous, following : array of int
        Numbers in ``stages`` of the stage before and of the one that followed; -1 if it is none of them.
    """

    first: dt.date
    last: int
    weekdays: tuple[bool, ...]
    table: str
    stages: tuple[str, ...]
    segments: tuple[str | None, ...]
    owners: tuple[str, ...]
    stage: I64
    segment: I64
    owner: I64
    entered: I64
    left: I64
    took: I64
    worked: Mask
    wait_hours: F64
    outcome: I64
    previous: I64
    following: I64

    @property
    def started(self) -> Mask:
        """Whether somebody took the record up."""
        return self.took < NEVER

    def date(self, day: int) -> dt.date:
        """The date of a numbered day."""
        return self.first + dt.timedelta(int(day))


def read_visits(view: View) -> Visits | None:
    """Count a view; None if no work item belongs to a visit of a known beginning."""
    con, name = view.con, f"calibrate_worked_{view.tag}"
    if not sql.any_row(con, "work"):
        return None
    rules = view.mapping.stages
    _make_visits(view, name)
    found = {stage for (stage,) in con.execute(f"SELECT DISTINCT stage FROM {name} WHERE worked").fetchall()}
    stages = tuple(rule.name for rule in rules if rule.name in found and rule.kind not in ("won", "lost"))
    if not stages:
        return None
    con.execute(f"DELETE FROM {name} WHERE stage NOT IN ({sql.texts(stages)})")
    weekdays = _weekdays(view, name)
    con.execute(f"UPDATE {name} SET took = {_taken_up(weekdays)}")
    (first,) = sql.one(con, f"SELECT min(entered_day) FROM {name}")
    segments = _texts(view, f"SELECT DISTINCT segment FROM {name} ORDER BY 1 NULLS LAST")
    owners = _texts(view, f"SELECT DISTINCT owner FROM {name} WHERE owner IS NOT NULL ORDER BY 1")
    columns = con.execute(f"""
        SELECT
            {_place("stage", stages)} AS stage, {_place("segment", segments)} AS segment,
            {_place("owner", owners)} AS owner, {_day(first, "entered_day")} AS entered,
            CASE WHEN outcome IS NULL THEN {NEVER} ELSE {_day(first, "left_day")} END AS "left",
            {_day(first, "took")} AS took, worked, seconds,
            {_place("outcome", tuple(rule.name for rule in rules))} AS outcome,
            {_place("previous", stages)} AS previous, {_place("outcome", stages)} AS following
        FROM {name} ORDER BY record, visit
    """).fetchnumpy()
    seconds = columns.pop("seconds")
    return Visits(
        first, (view.as_of - first).days, weekdays, name, stages, segments, tuple(str(owner) for owner in owners),
        wait_hours=np.where(seconds < 0, np.nan, seconds / 3600.0), **columns,
    )  # fmt: skip


def open_days(visits: Visits, closed: frozenset[dt.date] = frozenset()) -> Mask:
    """Whether each day from 0 to the last one is open; array of shape (days,)."""
    days = np.arange(visits.last + 1)
    result = np.array(visits.weekdays)[(days + visits.first.weekday()) % 7]
    for date in closed:
        number = (date - visits.first).days
        if 0 <= number <= visits.last:
            result[number] = False
    return result


def _make_visits(view: View, name: str) -> None:
    """Visits with their first work item."""
    started = "CASE WHEN i.started IS NOT NULL THEN greatest(i.started, e.entered) END"
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {name} AS
        WITH items AS (
            SELECT
                record, visit, min(coalesce(started, completed)) AS started,
                arg_min(owner, coalesce(started, completed)) FILTER (owner IS NOT NULL) AS owner
            FROM ({query(view, "work")}) WHERE visit IS NOT NULL
            GROUP BY 1, 2
        ),
        visits AS (
            SELECT *, lag(stage) OVER (PARTITION BY record ORDER BY visit) AS previous FROM ({query(view, "events")})
        )
        SELECT
            e.record, e.visit, e.stage, e.segment, i.owner, e.outcome, e.previous, i.record IS NOT NULL AS worked,
            CAST(e.entered AS DATE) AS entered_day,
            CAST(greatest(coalesce(e."left", e.left_after, e.entered), e.entered) AS DATE) AS left_day,
            CAST({started} AS DATE) AS start_day,
            CAST(coalesce(date_diff('second', e.entered, {started}), -1) AS BIGINT) AS seconds,
            CAST(NULL AS DATE) AS took
        FROM visits e LEFT JOIN items i ON i.record = e.record AND i.visit = e.visit
        WHERE e.stage IS NOT NULL AND e.entered IS NOT NULL AND NOT e.undated
    """)


WHOLE_DAYS = "entered_day + CAST(seconds // 86400 AS INTEGER)"
"""Day of entering and the whole days that were waited: the model counts a day in the queue as 24 hours."""


def _weekdays(view: View, name: str) -> tuple[bool, ...]:
    """Days of the week on which work begins.

    A start at night belongs to the day before, and one on Monday morning may come from a wait over the weekend. So a
    day of the week is closed if few starts fall on it, or few ends of whole days waited.
    """
    counts = np.zeros((2, 7))
    for kind, day in enumerate(("start_day", WHOLE_DAYS)):
        for weekday, n in view.con.execute(
            f"SELECT isodow({day}), count(*) FROM {name} WHERE start_day IS NOT NULL GROUP BY 1"
        ).fetchall():
            counts[kind, weekday - 1] = n
    usual = np.sort(counts, axis=1)[:, 2:].mean(axis=1, keepdims=True)
    if not usual.all():
        return (True,) * 7
    return tuple(bool(share >= OPEN_SHARE) for share in (counts / usual).min(axis=0))


def _taken_up(weekdays: tuple[bool, ...]) -> str:
    """The day on which a record was taken up, in the meaning of the model; what is left is the response time.

    The model's waiting hours are 24 for each day between arrival and take-up, plus a response time, mostly below
    a day. So it is the day of entering plus the whole days waited; on a closed day, the open day before it, or, for
    what came on closed days, the next open day.
    """
    back = [next((k for k in range(7) if weekdays[(day - k) % 7]), 0) for day in range(7)]
    ahead = [next((k for k in range(7) if weekdays[(day + k) % 7]), 0) for day in range(7)]
    snapped = f"{WHOLE_DAYS} - CAST({back}[isodow({WHOLE_DAYS})] AS INTEGER)"
    next_open = f"entered_day + CAST({ahead}[isodow(entered_day)] AS INTEGER)"
    day = f"CASE WHEN {snapped} < entered_day THEN {next_open} ELSE {snapped} END"
    return f"CASE WHEN seconds >= 0 THEN CASE WHEN outcome IS NULL THEN {day} ELSE least({day}, left_day) END END"


def _texts(view: View, select: str) -> tuple[str | None, ...]:
    return tuple(text for (text,) in view.con.execute(select).fetchall())


def _place(column: str, texts: tuple[str | None, ...]) -> str:
    """An expression for the place of a text in a list, -1 if it is not there."""
    known = [text for text in texts if text is not None]
    missing = texts.index(None) if None in texts else -1
    place = f"coalesce(list_position([{sql.texts(known)}], {column}), 0) - 1" if known else "-1"
    return f"CAST(CASE WHEN {column} IS NULL THEN {missing} ELSE {place} END AS BIGINT)"


def _day(first: dt.date, date: str) -> str:
    return f"CAST(coalesce(date_diff('day', {sql.day(first)}, {date}), {NEVER}) AS BIGINT)"
