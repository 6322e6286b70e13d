"""The tables that a view gives to others, each one SELECT over what was known when its day ended.

Every table is counted by the database, from the tables of the view; nothing is kept in Python.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rpmsim.history import sql
from rpmsim.history.dues import DUE, due_at, due_now, known_dues
from rpmsim.history.linked import linked_key
from rpmsim.history.recorded import recorded
from rpmsim.history.shapes import UNKNOWN

if TYPE_CHECKING:
    from rpmsim.history.view import View

BULK_LEAST = 5
"""Records that were closed in the same second by one person are this many or more."""
ENDS = "(SELECT stage FROM stages WHERE kind IN ('won', 'lost'))"
CLOSED = "(SELECT stage FROM stages WHERE kind IN ('won', 'lost', 'customer'))"
LOG_COLUMNS = (
    "record", "visit", "stage", "entered", "left", "outcome", "channel", "segment", "owner", "amount", "responded",
    "known", "left_after", "undated", "owner_at_exit", "amount_at_exit", "owner_now", "amount_now", "bulk_edit",
    "reopened", "midway", "due",
)  # fmt: skip
RECORD_COLUMNS = ("record", "created", "channel", "segment", "stage_now", "owner_now", "amount_now", "visits", "midway")


@dataclass(frozen=True)
class Table:
    """One table of a view.

    Parameters
    ----------
    about : str
        What a row is.
    order : str
        Columns in whose order its rows come.
    select : function of View to str
        The query.
    """

    about: str
    order: str
    select: Callable[[View], str]


def query(view: View, name: str) -> str:
    """The SELECT of a table, with its rows in order."""
    table = TABLES[name]
    return f"SELECT * FROM ({table.select(view)}) ORDER BY {table.order}"


def _end(view: View) -> str:
    return sql.end_of(view.as_of)


def _whole(view: View) -> bool:
    return view.as_of >= view.mapping.as_of


def _midway(view: View) -> str:
    """Whether a first stage is one in which no record begins."""
    return f"stage NOT IN ({sql.numbers(i for i, rule in enumerate(view.mapping.stages) if rule.enters)})"


def _visits(view: View) -> str:
    """The log with the values at exit, and with flags; stages as numbers."""
    return f"""
        SELECT
            l.*,
            lead(owner) OVER visits AS owner_at_exit,
            lead(amount) OVER visits AS amount_at_exit,
            coalesce(lead(undated) OVER visits, false) AS exit_undated,
            b.stage IS NOT NULL AND visit > 1 AS bulk_edit,
            coalesce(
                bool_or(l.stage IN {ENDS}) OVER (visits ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false
            ) AS reopened,
            visit = 1 AND l.{_midway(view)} AS midway
        FROM {view.log} l LEFT JOIN ({_bulk_edits(view)}) b ON b.stage = l.stage AND b.entered = l.entered
        WINDOW visits AS (PARTITION BY l.record ORDER BY visit)
    """


def _bulk_edits(view: View) -> str:
    """Moments at which many records were closed; none where most closes have no clock time."""
    closes = f"FROM {view.log} WHERE stage IN {ENDS} AND entered IS NOT NULL"
    return f"""
        SELECT stage, entered {closes} AND visit > 1 AND (
            SELECT count(*) FILTER (CAST(entered AS TIME) = TIME '00:00:00') < 0.5 * count(*) {closes}
        )
        GROUP BY stage, entered
        HAVING count(*) >= {BULK_LEAST}
    """


def _events(view: View) -> str:
    return f"""
        SELECT
            l.record, l.visit, s.name AS stage, l.entered, l."left", o.name AS outcome, r.channel, r.segment,
            l.owner, l.amount, l.responded, l.known, l.left_after, l.undated, l.owner_at_exit, l.amount_at_exit,
            r.owner_now, r.amount_now, l.bulk_edit, l.reopened, l.midway, l.due
        FROM ({due_at(view, _visits(view))}) l
        JOIN stages s ON s.stage = l.stage
        LEFT JOIN stages o ON o.stage = l.outcome
        LEFT JOIN {view.records} r ON r.record = l.record
    """


def attribute_names(view: View) -> list[str]:
    """Attributes that the mapping declares beside channel, segment, amount and owner, in order."""
    named = (a.name for source in view.mapping.sources for a in source.attributes)
    return [name for name in dict.fromkeys(named) if name not in ("channel", "segment", "amount", "owner", DUE)]


def _stated(view: View) -> str:
    """Each value of an attribute with when it was first known, and the row that says it first."""
    key, join = linked_key(view.con, view.tag, "a")
    return f"""
        SELECT
            {key} AS record, a.name, a.value, min(a.known) AS known, min((a.known, a.source, a.row)) AS first
        FROM attributes a {join}
        WHERE a.known < {_end(view)}
        GROUP BY 1, 2, 3
    """


def _attributes(view: View) -> str:
    return f"""
        SELECT t.record, t.name, t.value, t.known
        FROM ({_stated(view)}) t JOIN {view.records} r ON r.record = t.record
    """


def _records(view: View) -> str:
    names = attribute_names(view)
    first = ", ".join(
        f"arg_min(value, first) FILTER (name = {sql.text(name)}) AS "
        f"{sql.name(name if name not in RECORD_COLUMNS else name + '_')}"
        for name in names
    )
    attributes = f"SELECT record, {first} FROM ({_stated(view)}) GROUP BY record"
    return f"""
        SELECT
            r.record, r.created, r.channel, r.segment, s.name AS stage_now, r.owner_now, r.amount_now, n.visits,
            n.midway{", t.* EXCLUDE (record)" if names else ""}
        FROM {view.records} r
        JOIN (
            SELECT
                record, max(visit) AS visits, arg_max(stage, visit) AS stage,
                arg_min({_midway(view)}, visit) AS midway
            FROM {view.log}
            GROUP BY record
        ) n ON n.record = r.record
        JOIN stages s ON s.stage = n.stage
        {f"LEFT JOIN ({attributes}) t ON t.record = r.record" if names else ""}
    """


def _open(view: View) -> str:
    today = sql.day(view.as_of)
    return f"""
        SELECT
            l.record, l.visit, s.name AS stage, l.entered, r.created,
            CASE WHEN NOT l.undated THEN date_diff('day', CAST(l.entered AS DATE), {today}) END AS days_in_stage,
            date_diff('day', CAST(r.created AS DATE), {today}) AS age_days,
            r.channel, r.segment, r.owner_now AS owner, r.amount_now AS amount, l.owner AS owner_at_entry,
            l.amount AS amount_at_entry, l.responded, l.undated, l.reopened, n.due, l.due AS due_at_entry
        FROM ({due_at(view, _visits(view))}) l
        JOIN stages s ON s.stage = l.stage
        JOIN {view.records} r ON r.record = l.record
        LEFT JOIN ({due_now(view)}) n ON n.record = l.record
        WHERE l.outcome IS NULL AND l.stage NOT IN {CLOSED}
    """


def work_items(view: View) -> str:
    """Work items that were there when the day ended, with the key of the log."""
    key, join = linked_key(view.con, view.tag, "w")
    end = _end(view)
    taken = "true" if _whole(view) else f"w.started < {end}"
    return f"""
        SELECT
            {key} AS record, w.item, w.created,
            CASE WHEN w.started < {end} THEN w.started END AS started,
            CASE WHEN w.completed < {end} THEN w.completed END AS completed,
            CASE WHEN {taken} THEN w.owner END AS owner
        FROM work w {join}
        WHERE w.created < {end}
    """


def _work(view: View) -> str:
    return f"""
        SELECT
            w.record, l.visit, s.name AS stage, w.item, w.created, w.started, w.completed, w.owner,
            date_diff('second', w.created, coalesce(w.started, w.completed, {_end(view)})) / 3600.0 AS wait_hours,
            w.started IS NULL AND w.completed IS NULL AS waiting,
            date_diff('second', w.started, w.completed) / 3600.0 AS handling_hours
        FROM ({work_items(view)}) w
        ASOF LEFT JOIN (SELECT * FROM {view.log} WHERE entered IS NOT NULL) l
            ON w.record = l.record AND w.created >= l.entered
        LEFT JOIN stages s ON s.stage = l.stage
    """


def _people(view: View) -> str:
    whole = _whole(view)
    return f"""
        SELECT
            id, name, {"role" if whole else "CAST(NULL AS VARCHAR) AS role"}, first_day,
            CASE WHEN last_day <= {sql.day(view.as_of)} THEN last_day END AS last_day
        FROM people
        WHERE coalesce(first_day < {_end(view)}, {whole})
    """


def _recording(view: View) -> str:
    days = recorded(view.mapping)
    rows = ", ".join(
        f"({i}, {sql.text(rule.name)}, {_date(days[rule.name].first)}, {_date(days[rule.name].last)})"
        for i, rule in enumerate(view.mapping.stages)
    )
    return f"""
        SELECT
            stage AS number, name AS stage, CAST(first AS DATE) AS recorded_from,
            CASE WHEN CAST(last AS DATE) < {sql.day(view.as_of)} THEN CAST(last AS DATE) END AS recorded_until
        FROM (VALUES {rows}) t(stage, name, first, last)
    """


def _date(day: dt.date | None) -> str:
    return sql.day(day) if day else "NULL"


def _windows(view: View) -> str:
    """For each stage, the moments between which all moves out of it were recorded."""
    names = [rule.name for rule in view.mapping.stages]
    ways = [f"({i}, {names.index(to)})" for i, rule in enumerate(view.mapping.stages) for to in rule.to]
    meant = f"SELECT a, b FROM (VALUES {', '.join(ways)}) w(a, b) UNION" if ways else ""
    return f"""
        SELECT
            w.a AS stage,
            CAST(max(d.recorded_from) AS TIMESTAMP) AS first,
            CAST(min(d.recorded_until) + 1 AS TIMESTAMP) AS last
        FROM ({meant} SELECT stage, outcome FROM {view.log} WHERE outcome IS NOT NULL) w(a, b)
        JOIN ({_recording(view)}) d ON d.number = w.b
        GROUP BY 1
    """


def _spells(view: View) -> str:
    """Visits with the moments between which an exit would have been recorded, and how they end in that time.

    An exit of which only an interval is known ends the spell when it may first have come, and is ``left_by`` the end.
    """
    end = _end(view)
    last = f"least({end}, coalesce(w.last, {end}))"
    dated = 'l."left" IS NOT NULL AND NOT l.exit_undated'
    inside = f'{dated} AND l."left" < {last}'
    interval = f"l.outcome IS NOT NULL AND NOT ({dated})"
    return f"""
        SELECT
            l.record, l.visit, l.stage, l.entered,
            greatest(l.entered, w.first) AS at_risk_from,
            CASE
                WHEN {inside} THEN l."left"
                WHEN {interval} THEN least(coalesce(l.left_after, l.entered), {last})
                ELSE {last}
            END AS at_risk_until,
            CASE WHEN {inside} OR {interval} THEN l.outcome END AS outcome,
            CASE WHEN {interval} THEN {end} END AS left_by,
            {inside} AS dated,
            l.owner, l.amount, l.bulk_edit, l.reopened, l.midway, l.due
        FROM ({due_at(view, _visits(view))}) l LEFT JOIN ({_windows(view)}) w ON w.stage = l.stage
        WHERE l.stage NOT IN {ENDS} AND l.stage <> {UNKNOWN} AND NOT l.undated
    """


def _risk(view: View) -> str:
    last_moment = "CASE WHEN t.dated THEN t.at_risk_until ELSE t.at_risk_until - INTERVAL 1 MICROSECOND END"
    upto = f"CASE WHEN t.left_by IS NULL THEN {last_moment} ELSE t.left_by - INTERVAL 1 MICROSECOND END"
    entry_age = _age("t.at_risk_from")
    return f"""
        SELECT
            t.record, t.visit, s.name AS stage, t.entered, t.at_risk_from, t.at_risk_until, o.name AS outcome,
            t.left_by,
            {entry_age} AS entry_age_days,
            greatest({_age(last_moment)}, {entry_age}) AS exit_age_days,
            {_age(upto)} AS exit_age_by_days,
            r.channel, r.segment, t.owner, t.amount, t.bulk_edit, t.reopened, t.midway, t.due
        FROM ({_spells(view)}) t
        JOIN stages s ON s.stage = t.stage
        LEFT JOIN stages o ON o.stage = t.outcome
        JOIN {view.records} r ON r.record = t.record
        WHERE t.at_risk_until >= t.at_risk_from OR t.left_by IS NOT NULL
    """


def _age(moment: str) -> str:
    """Days since the stage was entered."""
    return f"date_diff('day', CAST(entered AS DATE), CAST({moment} AS DATE))"


TABLES: dict[str, Table] = {
    "events": Table("a visit of a record to a stage", "record, visit", _events),
    "records": Table("a record with its attributes, as first stated, and its current values", "record", _records),
    "attributes": Table("a value of an attribute, since it was first known", "record, name, known, value", _attributes),
    "dues": Table("a date known in advance, since it was known", "record, name, known", known_dues),
    "open": Table("a record that is open on the evening of the day", "record", _open),
    "work": Table("a work item", "record, created, item, started, completed, owner", _work),
    "people": Table("a person", "id, first_day", _people),
    "risk": Table("a spell of a record in a stage in which its exit would have been recorded", "record, visit", _risk),
    "recording": Table("a stage with the days of which entries were recorded", "number", _recording),
}
"""The tables by name, in the order of the reference."""
