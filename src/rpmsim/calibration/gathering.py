"""Counting a view: the database counts, and what it counted comes back as the arrays of a calibration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.class_codes import channels_of, make_codes, segments_of, table_name
from rpmsim.calibration.evidence import NOT_LEFT, Evidence, Records, Spells, Wins, moves_back
from rpmsim.history import sql
from rpmsim.history.view import View
from rpmsim.history.view_tables import query

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

LARGEST_AMOUNT = 1e12
"""Of a deal, in a scenario: what is above is taken as not known."""


def gather(view: View) -> Evidence | None:
    """Count a view.

    Returns
    -------
    Evidence or None
        None if there is no record of which the beginning of a stage is known.
    """
    con, rules = view.con, view.mapping.stages
    stages = tuple(rule for rule in rules if rule.kind not in ("won", "lost"))
    number_of = {rule.name: i for i, rule in enumerate(stages)}
    target_of = {rule.name: i for i, rule in enumerate(rules)}
    _make_tables(view)
    (first, count) = sql.one(con, f"SELECT min(CAST(entered AS DATE)), count(*) FROM {table_name('begun', view)}")
    if not count:
        return None
    day0 = sql.day(first)
    used = {rule.name for rule in rules}
    channels, into, channel_of = channels_of(view, number_of, used)
    segments, segment_of = segments_of(view, used)
    make_codes(view, channel_of, segment_of)
    spells = _spells(view, day0, number_of, target_of)
    open_records = _open(view, day0, number_of)
    open_records["returns"] = _returns_now(spells, open_records["number"], count)
    records = _records(view, day0, channel_of, segment_of)
    arrivals, mix = _arrivals(records, len(channels.names), len(segments.names), (view.as_of - first).days + 1)
    return Evidence(
        view, first, view.as_of, stages, tuple(rule.name for rule in rules), channels, segments, into, spells,
        arrivals, mix, _wins(view, day0), records, open_records,
        too_large=_too_large(view),
    )  # fmt: skip


def _too_large(view: View) -> int:
    largest = f"greatest(abs(amount), abs(amount_now)) > {LARGEST_AMOUNT}"
    (count,) = sql.one(view.con, f"SELECT count(DISTINCT record) FROM {table_name('visits', view)} WHERE {largest}")
    return int(count)


def since_taken_up(evidence: Evidence, table: str, stages: Collection[str]) -> Evidence:
    """The same, with times in some stages counted from the day on which a record was taken up by staff.

    Parameters
    ----------
    evidence : Evidence
    table : str
        Rows with record, visit and ``began``: the day of being taken up, empty for records that wait or gave up.
    stages : collection of str
        The stages.
    """
    view, day0 = evidence.view, sql.day(evidence.first)
    number_of = {rule.name: i for i, rule in enumerate(evidence.stages)}
    target_of = {name: i for i, name in enumerate(evidence.targets)}
    take_up = (table, sql.texts(stages))
    open_records = _open(view, day0, number_of, take_up)
    open_records["returns"] = evidence.open_records["returns"]
    return replace(evidence, spells=_spells(view, day0, number_of, target_of, take_up), open_records=open_records)


def _make_tables(view: View) -> None:
    """Visits of known stages, and the first one of each record."""
    visits = table_name("visits", view)
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {visits} AS
        SELECT * FROM ({query(view, "events")}) WHERE stage IS NOT NULL AND entered IS NOT NULL
    """)
    ends = sql.texts(rule.name for rule in view.mapping.stages if rule.kind in ("won", "lost"))
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table_name("begun", view)} AS
        SELECT *, CAST(row_number() OVER (ORDER BY record) - 1 AS BIGINT) AS number
        FROM (
            SELECT record, channel, segment, stage, entered
            FROM {visits}
            QUALIFY row_number() OVER (PARTITION BY record ORDER BY visit) = 1
        )
        WHERE stage NOT IN ({ends})
    """)


def _arrays(view: View, select: str) -> dict[str, NDArray[Any]]:
    """Columns of a query; missing numbers are NaN."""
    columns = view.con.execute(select).fetchnumpy()
    result = {}
    for name, column in columns.items():
        if np.ma.isMaskedArray(column):
            column = column.filled(np.nan) if column.dtype.kind == "f" else column.filled(column.fill_value)
        result[name] = np.asarray(column)
    return result


def _amount(column: str) -> str:
    """An expression for an amount; one that is too large for a model is not known."""
    return f"CAST(CASE WHEN abs({column}) <= {LARGEST_AMOUNT} THEN {column} END AS DOUBLE)"


def _numbers(of: dict[str, int], column: str) -> str:
    """An expression for the number of a stage."""
    cases = " ".join(f"WHEN {sql.text(name)} THEN {number}" for name, number in of.items())
    return f"CAST(CASE {column} {cases} ELSE {NOT_LEFT} END AS BIGINT)"


def _spells(
    view: View, day0: str, number_of: dict[str, int], target_of: dict[str, int], take_up: tuple[str, str] | None = None
) -> Spells:
    """The risk set; a visit that is followed by another one of the same stage on the same day is the same visit.

    An exit of which only an interval is known is put on a day of it that depends on the record alone.
    """
    exit_age = """CAST(t.exit_age_days + CASE WHEN t.left_by IS NULL THEN 0 ELSE
        floor(mod(c.number * 7919, 1000003) / 1000003.0 * (t.exit_age_by_days - t.exit_age_days + 1)) END AS BIGINT)"""
    arrived = f"CAST(date_diff('day', {day0}, CAST(t.entered AS DATE)) AS BIGINT)"
    entered, join, where = arrived, "", "true"
    if take_up is not None:
        table, stages = take_up
        worked = f"t.stage IN ({stages})"
        entered = f"CASE WHEN {worked} THEN CAST(date_diff('day', {day0}, b.began) AS BIGINT) ELSE {arrived} END"
        join = f"LEFT JOIN {table} b ON b.record = t.record AND b.visit = t.visit"
        where = f"(NOT {worked} OR b.began IS NOT NULL)"
    columns = _arrays(
        view,
        f"""
        SELECT
            c.number AS record, CAST(c.member AS BIGINT) AS "group", {_numbers(number_of, "t.stage")} AS stage,
            {_numbers(target_of, "t.outcome")} AS outcome, {entered} AS entered,
            greatest({arrived} + t.entry_age_days, {entered}) AS since,
            greatest({arrived} + {exit_age}, {entered}) AS until, c.channel, c.segment,
            {_amount("t.amount")} AS amount
        FROM ({query(view, "risk")}) t JOIN {table_name("codes", view)} c ON c.record = t.record {join}
        WHERE NOT (t.outcome IS NOT DISTINCT FROM t.stage AND t.exit_age_days = 0 AND t.left_by IS NULL) AND {where}
        ORDER BY c.number, t.visit
        """,
    )
    made: dict[str, Any] = {n: c.astype(np.float64 if n == "amount" else np.int64) for n, c in columns.items()}
    place = np.array([target_of[name] for name in number_of], dtype=np.int64)
    left = made["outcome"] != NOT_LEFT
    back = left & moves_back(view.mapping.stages)[place[made["stage"]], np.where(left, made["outcome"], 0)]
    return Spells(**made, returns=_before(made["record"], back), band=np.zeros_like(made["record"]))


def _returns_now(spells: Spells, number: I64, records: int) -> I64:
    """Whether each open record had been moved back before it came to its stage."""
    now = np.zeros(records, dtype=np.int64)
    here = spells.outcome < 0
    now[spells.record[here]] = spells.returns[here]
    return now[number.astype(np.int64)]


def _before(record: I64, moved: NDArray[np.bool_]) -> I64:
    """1 where an earlier spell of the same record is marked; spells stand in order by record."""
    total: I64 = np.cumsum(moved) - moved
    starts = np.flatnonzero(np.diff(record, prepend=-1))
    at_start: I64 = np.repeat(total[starts], np.diff(np.append(starts, len(record))))
    return (total > at_start).astype(np.int64)


def _arrivals(records: Records, channels: int, segments: int, days: int) -> tuple[I64, F64]:
    """New records by day and channel, and by channel and segment."""
    channel, segment = records.classes
    counts, mix = np.zeros((days, channels), dtype=np.int64), np.zeros((channels, segments))
    np.add.at(counts, (records.begun, channel), 1)
    np.add.at(mix, (channel, segment), 1.0)
    return counts, mix


def _records(view: View, day0: str, channel_of: list[Any], segment_of: list[Any]) -> Records:
    columns = _arrays(
        view,
        f"""
        SELECT CAST(date_diff('day', {day0}, begun) AS BIGINT) AS begun, origin AS channel, kind AS segment
        FROM {table_name("codes", view)} ORDER BY number
        """,
    )
    return Records(**columns, channels=tuple(channel_of), segments=tuple(segment_of))


def _wins(view: View, day0: str) -> Wins:
    """Wins in their order; what was known of the amount when the stage before was entered."""
    won = sql.texts(rule.name for rule in view.mapping.stages if rule.kind == "won")
    columns = _arrays(
        view,
        f"""
        SELECT
            c.number AS record, CAST(date_diff('day', {day0}, CAST(v.entered AS DATE)) AS BIGINT) AS day, c.channel,
            c.segment, {_amount("v.amount")} AS amount, {_amount("b.amount")} AS entry_amount
        FROM {table_name("visits", view)} v
        JOIN {table_name("codes", view)} c ON c.record = v.record
        LEFT JOIN {table_name("visits", view)} b ON b.record = v.record AND b.visit = v.visit - 1
        WHERE v.stage IN ({won})
        ORDER BY c.number, v.visit
        """,
    )
    return Wins(*(columns[item.name] for item in fields(Wins)))


def _open(
    view: View, day0: str, number_of: dict[str, int], take_up: tuple[str, str] | None = None
) -> dict[str, NDArray[Any]]:
    """Open records of known stage; one of which nothing says when it entered has been there since its creation."""
    ends = sql.texts(rule.name for rule in view.mapping.stages if rule.kind in ("won", "lost"))
    began, waiting, join = "NULL", "false", ""
    if take_up is not None:
        table, stages = take_up
        began = "b.began"
        waiting = f"v.stage IN ({stages}) AND b.began IS NULL"
        join = f"LEFT JOIN {table} b ON b.record = v.record AND b.visit = v.visit"
    return _arrays(
        view,
        f"""
        SELECT
            v.record, c.number, {_numbers(number_of, "v.stage")} AS stage,
            CAST(date_diff('day', {day0}, coalesce({began}, CAST(v.entered AS DATE))) AS BIGINT) AS entered,
            c.channel, c.segment, {_amount("v.amount_now")} AS amount, {_amount("v.amount")} AS entry_amount,
            {waiting} AS waiting
        FROM {table_name("visits", view)} v JOIN {table_name("codes", view)} c ON c.record = v.record {join}
        WHERE v.outcome IS NULL AND v.stage NOT IN ({ends})
        ORDER BY c.number
        """,
    )
