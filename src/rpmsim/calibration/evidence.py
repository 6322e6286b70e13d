"""What a calibration counts on: the spells of all records in all stages, and who came when, as arrays.

Days are numbers from :attr:`Evidence.first` on. Everything comes from a view, so from what was known on its day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.names import Names, named, unique
from rpmsim.history import sql
from rpmsim.history.mapping import StageRule
from rpmsim.history.view import View
from rpmsim.history.view_tables import query

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

GROUPS = 4096
"""Records are put into so many groups that are weighted together in a draw; with fewer records, each has its own."""

MOST_CHANNELS, MOST_SEGMENTS, LEAST_RECORDS = 12, 8, 20
"""Channels and segments that are distinguished; smaller ones are put together."""

ENTRY_SHARE = 0.02
"""A stage in which more than this share of all records begins has channels of its own."""

NOT_LEFT = -1

LARGEST_AMOUNT = 1e12
"""Of a deal, in a scenario: what is above is taken as not known."""


@dataclass(frozen=True)
class Spells:
    """Spells of records in stages in which their exits would have been recorded; arrays of shape (spells,).

    Parameters
    ----------
    record, group : array of int
        Numbers of the record and of its group.
    stage : array of int
        Number of the stage in :attr:`Evidence.stages`.
    outcome : array of int
        Number of the stage that followed in :attr:`Evidence.targets`; -1 if the record was still there.
    entered, since, until : array of int
        Day of entering, first day at risk, and last day at risk: that of the exit, if there was one.
    channel, segment : array of int
    returns : array of int
        1 if the record had been moved back before, 0 if not.
    amount : array of float
        As known when the stage was entered; NaN if not known.
    band : array of int
        Number of the size band; all 0 without bands.
    """

    record: I64
    group: I64
    stage: I64
    outcome: I64
    entered: I64
    since: I64
    until: I64
    channel: I64
    segment: I64
    returns: I64
    amount: F64
    band: I64

    def __len__(self) -> int:
        return len(self.record)

    def where(self, mask: NDArray[np.bool_] | I64) -> Spells:
        """Some of them."""
        return Spells(**{item.name: getattr(self, item.name)[mask] for item in fields(self)})

    def as_of(self, day: int) -> Spells:
        """As they were known when an earlier day ended."""
        known = self.where((self.entered <= day) & (self.since <= day))
        later = known.until > day
        return replace(known, until=np.minimum(known.until, day), outcome=np.where(later, NOT_LEFT, known.outcome))


@dataclass(frozen=True)
class Wins:
    """Wins with their amounts; arrays of shape (wins,).

    Parameters
    ----------
    day, channel, segment : array of int
    amount : array of float
        As known at the win; NaN if not known.
    entry_amount : array of float
        As known when the stage before was entered.
    """

    day: I64
    channel: I64
    segment: I64
    amount: F64
    entry_amount: F64


@dataclass(frozen=True)
class Evidence:
    """What a calibration counts on.

    Parameters
    ----------
    view : View
    first, as_of : date
        Day 0, and the last day.
    stages : tuple of StageRule
        Those in which records can be.
    targets : tuple of str
        Stages that can follow: all stages of the mapping by number.
    channels, segments : Names
    into : tuple of int
        Stage in which the records of each channel begin.
    spells : Spells
    arrivals : array of int, shape (days, channels)
        New records by day.
    mix : array of int, shape (channels, segments)
        New records by segment.
    wins : Wins
    records : int
    open_records : dict of str to array, shape (records,)
        Columns of today's open records: record, number, stage, entered, channel, segment, returns, amount,
        entry_amount, waiting.
    segment_of : dict of str or None to str
        Segment in the model for each text of the history.
    band_names : tuple of str
        Size bands, if the size of a deal acts on outcome or speed.
    band_stage : int
        Number of the stage in which a record gets its band.
    silent : int
        Days at the end on which nothing was recorded.
    too_large : int
        Records with an amount that no scenario takes.
    """

    view: View
    first: dt.date
    as_of: dt.date
    stages: tuple[StageRule, ...]
    targets: tuple[str, ...]
    channels: Names
    segments: Names
    into: tuple[int, ...]
    spells: Spells
    arrivals: I64
    mix: F64
    wins: Wins
    records: int
    open_records: dict[str, NDArray[Any]] = field(default_factory=dict)
    segment_of: dict[str | None, str] = field(default_factory=dict)
    band_names: tuple[str, ...] = ()
    band_stage: int = 0
    silent: int = 0
    too_large: int = 0

    @property
    def last(self) -> int:
        """Number of the last day."""
        return (self.as_of - self.first).days

    @property
    def seen(self) -> int:
        """Number of the last day on which anything was recorded."""
        return self.last - self.silent

    def date(self, day: int) -> dt.date:
        """The date of a numbered day."""
        return self.first + dt.timedelta(int(day))

    def number(self, day: dt.date) -> int:
        """The number of a date."""
        return (day - self.first).days


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
    (first, count) = sql.one(con, f"SELECT min(CAST(entered AS DATE)), count(*) FROM {_name('begun', view)}")
    if not count:
        return None
    day0 = sql.day(first)
    used = {rule.name for rule in rules}
    channels, into, channel_of = _channels(view, number_of, used)
    segments, segment_of = _segments(view, used)
    _make_codes(view, channel_of, segment_of)
    spells = _spells(view, day0, number_of, target_of)
    open_records = _open(view, day0, number_of)
    open_records["returns"] = _returns_now(spells, open_records["number"], count)
    arrivals, mix = _arrivals(view, day0, len(channels.names), len(segments.names), (view.as_of - first).days + 1)
    return Evidence(
        view, first, view.as_of, stages, tuple(rule.name for rule in rules), channels, segments, into, spells,
        arrivals, mix, _wins(view, day0), count, open_records,
        {text: segments.names[code] for text, code in segment_of},
        too_large=_too_large(view),
    )  # fmt: skip


def _too_large(view: View) -> int:
    largest = f"greatest(abs(amount), abs(amount_now)) > {LARGEST_AMOUNT}"
    (count,) = sql.one(view.con, f"SELECT count(DISTINCT record) FROM {_name('visits', view)} WHERE {largest}")
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


def codes_table(view: View) -> str:
    """Name of the table of the records with their numbers, of a view that was counted."""
    return _name("codes", view)


def _name(table: str, view: View) -> str:
    return f"calibrate_{table}_{view.tag}"


def _make_tables(view: View) -> None:
    """Visits of known stages, and the first one of each record."""
    visits = _name("visits", view)
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {visits} AS
        SELECT * FROM ({query(view, "events")}) WHERE stage IS NOT NULL AND entered IS NOT NULL
    """)
    ends = sql.texts(rule.name for rule in view.mapping.stages if rule.kind in ("won", "lost"))
    view.con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {_name("begun", view)} AS
        SELECT *, CAST(row_number() OVER (ORDER BY record) - 1 AS BIGINT) AS number
        FROM (
            SELECT record, channel, segment, stage, entered
            FROM {visits}
            QUALIFY row_number() OVER (PARTITION BY record ORDER BY visit) = 1
        )
        WHERE stage NOT IN ({ends})
    """)


def _channels(view: View, number_of: dict[str, int], used: set[str]) -> tuple[Names, tuple[int, ...], list[Any]]:
    """Channels, one for each stage in which many records begin; the stage of each; and the code of each record."""
    rows = view.con.execute(f"""
        SELECT channel, stage, count(*) FROM {_name("begun", view)} GROUP BY 1, 2 ORDER BY 1, 2
    """).fetchall()
    texts = list(dict.fromkeys(channel for channel, _, _ in rows))
    counts = np.array([sum(n for c, _, n in rows if c == text) for text in texts])
    least = min(LEAST_RECORDS, int(counts.max()))
    if texts == [None]:
        plain = Names(("leads",), ("Leads",), np.zeros(1, dtype=np.int64))
        used.add("leads")
    else:
        plain = named(texts, counts, MOST_CHANNELS, least, "channel", used)
    total = counts.sum()
    by_entry: dict[tuple[int, str], int] = {}
    for channel, stage, n in rows:
        key = int(plain.of_text[texts.index(channel)]), stage
        by_entry[key] = by_entry.get(key, 0) + n
    names: list[str] = []
    labels: list[str] = []
    into: list[int] = []
    code: dict[tuple[int, str], int] = {}
    for number, name in enumerate(plain.names):
        entries = sorted(((n, stage) for (c, stage), n in by_entry.items() if c == number), reverse=True)
        for place, (n, stage) in enumerate(entries):
            if place and n < ENTRY_SHARE * total:
                code[number, stage] = code[number, entries[0][1]]
                continue
            code[number, stage] = len(names)
            into.append(number_of[stage])
            label = plain.labels[number]
            if place:
                name, label = unique(f"{plain.names[number]}_{stage}"[:60], used), f"{label}, from {stage}"
            names.append(name)
            labels.append(label)
    codes = [(channel, stage, code[int(plain.of_text[texts.index(channel)]), stage]) for channel, stage, _ in rows]
    return Names(tuple(names), tuple(labels), np.arange(len(names)), plain.merged), tuple(into), codes


def _segments(view: View, used: set[str]) -> tuple[Names, list[Any]]:
    rows = view.con.execute(f"""
        SELECT segment, count(*) FROM {_name("begun", view)} GROUP BY 1 ORDER BY 1
    """).fetchall()
    texts, counts = [text for text, _ in rows], np.array([n for _, n in rows])
    if texts == [None]:
        used.add("deals")
        return Names(("deals",), ("Deals",), np.zeros(1, dtype=np.int64)), [(None, 0)]
    least = min(LEAST_RECORDS, int(counts.max()))
    names = named(texts, counts, MOST_SEGMENTS, least, "segment", used)
    return names, [(text, int(names.of_text[i])) for i, text in enumerate(texts)]


def _make_codes(view: View, channel_of: list[Any], segment_of: list[Any]) -> None:
    """Each record with its numbers: its own, that of its group, of its channel and of its segment."""
    con, tables = view.con, {}
    for kind, columns, rows in (
        ("channel", "channel VARCHAR, stage VARCHAR, code BIGINT", channel_of),
        ("segment", "segment VARCHAR, code BIGINT", segment_of),
    ):
        tables[kind] = _name(kind, view)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {tables[kind]} ({columns})")
        con.executemany(f"INSERT INTO {tables[kind]} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {_name("codes", view)} AS
        SELECT
            b.record, b.number, c.code AS channel, s.code AS segment, CAST(b.entered AS DATE) AS begun,
            CASE WHEN count(*) OVER () <= {GROUPS} THEN number ELSE mod(number, {GROUPS}) END AS member
        FROM {_name("begun", view)} b
        JOIN {tables["channel"]} c ON c.channel IS NOT DISTINCT FROM b.channel AND c.stage = b.stage
        JOIN {tables["segment"]} s ON s.segment IS NOT DISTINCT FROM b.segment
    """)


def _arrays(view: View, select: str) -> dict[str, NDArray[Any]]:
    """Columns of a query; missing numbers are NaN."""
    columns = view.con.execute(select).fetchnumpy()
    result = {}
    for name, column in columns.items():
        if np.ma.isMaskedArray(column):
            column = column.filled(np.nan) if column.dtype.kind == "f" else column.filled(column.fill_value)
        if name.endswith("amount"):
            column = np.where(np.abs(column) > LARGEST_AMOUNT, np.nan, column)
        result[name] = np.asarray(column)
    return result


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
            CAST(t.amount AS DOUBLE) AS amount
        FROM ({query(view, "risk")}) t JOIN {_name("codes", view)} c ON c.record = t.record {join}
        WHERE NOT (t.outcome IS NOT DISTINCT FROM t.stage AND t.exit_age_days = 0 AND t.left_by IS NULL) AND {where}
        ORDER BY c.number, t.visit
        """,
    )
    made: dict[str, Any] = {n: c.astype(np.float64 if n == "amount" else np.int64) for n, c in columns.items()}
    back = _moved_back(view, made["stage"], made["outcome"])
    return Spells(**made, returns=_before(made["record"], back), band=np.zeros_like(made["record"]))


def _returns_now(spells: Spells, number: I64, records: int) -> I64:
    """Whether each open record had been moved back before it came to its stage."""
    now = np.zeros(records, dtype=np.int64)
    here = spells.outcome < 0
    now[spells.record[here]] = spells.returns[here]
    return now[number.astype(np.int64)]


def _moved_back(view: View, stage: I64, outcome: I64) -> NDArray[np.bool_]:
    """Whether a spell ended by a move to the same or an earlier stage that is not an end."""
    rules = view.mapping.stages
    place = np.array([i for i, rule in enumerate(rules) if rule.kind not in ("won", "lost")], dtype=np.int64)
    ends = np.array([rule.kind in ("won", "lost") for rule in rules])
    return (outcome >= 0) & (outcome <= place[stage]) & ~ends[np.maximum(outcome, 0)]


def _before(record: I64, moved: NDArray[np.bool_]) -> I64:
    """1 where an earlier spell of the same record is marked; spells stand in order by record."""
    total: I64 = np.cumsum(moved) - moved
    starts = np.flatnonzero(np.diff(record, prepend=-1))
    at_start: I64 = np.repeat(total[starts], np.diff(np.append(starts, len(record))))
    return (total > at_start).astype(np.int64)


def _arrivals(view: View, day0: str, channels: int, segments: int, days: int) -> tuple[I64, F64]:
    rows = _arrays(
        view,
        f"""
        SELECT CAST(date_diff('day', {day0}, begun) AS BIGINT) AS day, channel, segment, count(*) AS n
        FROM {_name("codes", view)} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
    )
    counts, mix = np.zeros((days, channels), dtype=np.int64), np.zeros((channels, segments))
    np.add.at(counts, (rows["day"], rows["channel"]), rows["n"])
    np.add.at(mix, (rows["channel"], rows["segment"]), rows["n"])
    return counts, mix


def _wins(view: View, day0: str) -> Wins:
    """Wins in their order; what was known of the amount when the stage before was entered."""
    won = sql.texts(rule.name for rule in view.mapping.stages if rule.kind == "won")
    columns = _arrays(
        view,
        f"""
        SELECT
            CAST(date_diff('day', {day0}, CAST(v.entered AS DATE)) AS BIGINT) AS day, c.channel, c.segment,
            CAST(v.amount AS DOUBLE) AS amount, CAST(b.amount AS DOUBLE) AS entry_amount
        FROM {_name("visits", view)} v
        JOIN {_name("codes", view)} c ON c.record = v.record
        LEFT JOIN {_name("visits", view)} b ON b.record = v.record AND b.visit = v.visit - 1
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
            c.channel, c.segment, CAST(v.amount_now AS DOUBLE) AS amount, CAST(v.amount AS DOUBLE) AS entry_amount,
            {waiting} AS waiting
        FROM {_name("visits", view)} v JOIN {_name("codes", view)} c ON c.record = v.record {join}
        WHERE v.outcome IS NULL AND v.stage NOT IN ({ends})
        ORDER BY c.number
        """,
    )
