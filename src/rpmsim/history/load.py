"""All sources of a mapping into tables of facts, each with the day since which it was known.

Tables
------
facts
    One row for each thing said of a record: ``record, happened, known, stage, old, amount, owner, again, wide, start,
    source, row``. ``stage`` and ``old`` are numbers of stages; ``again`` says that the same stage twice is two visits;
    ``start`` is the stage in which the record begins if nothing else says.

Attributes
----------
    ``record, name, value, known, source, row``: the first row that says each value.
work
    ``record, item, created, started, completed, owner, source, row``.
people
    ``id, name, role, first_day, last_day``.
links
    ``before, after, known``: keys of records.
currents
    ``record, stage``: the stage on the last day, where a source states it.
issues
    ``kind, record, source, row``: what was found record by record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from rpmsim.errors import Fault, InputError
from rpmsim.history import sql
from rpmsim.history.columns import Cells
from rpmsim.history.database import Database
from rpmsim.history.mapping import Attribute, HistoryMapping, Link, Location, Source
from rpmsim.history.repairs import MOST_EXAMPLES, Reading, Repair
from rpmsim.scenario.complaints import nearest

LONG_AGO = "TIMESTAMP '1900-01-01'"
MOST_NAMES = 10

TABLES = {
    "facts": "record VARCHAR, happened TIMESTAMP, known TIMESTAMP, stage SMALLINT, old SMALLINT, "
    "amount DECIMAL(18, 2), owner VARCHAR, again BOOLEAN, wide BOOLEAN, start SMALLINT, source UTINYINT, row BIGINT",
    "attributes": "record VARCHAR, name VARCHAR, value VARCHAR, known TIMESTAMP, source UTINYINT, row BIGINT",
    "work": "record VARCHAR, item VARCHAR, created TIMESTAMP, started TIMESTAMP, completed TIMESTAMP, owner VARCHAR, "
    "source UTINYINT, row BIGINT",
    "people": "id VARCHAR, name VARCHAR, role VARCHAR, first_day DATE, last_day DATE",
    "links": "before VARCHAR, after VARCHAR, known TIMESTAMP",
    "currents": "record VARCHAR, stage SMALLINT",
    "merges": "record VARCHAR, master VARCHAR",
    "issues": "kind VARCHAR, record VARCHAR, source UTINYINT, row BIGINT",
}


def load(mapping: HistoryMapping, database: Database) -> list[Reading]:
    """Read all sources.

    Returns
    -------
    list of Reading
        How reading each source went, in the order of the mapping; then tables, links and people.

    Raises
    ------
    InputError
        Where a source cannot be read, or says what the mapping does not know.
    """
    return _Loader(mapping, database).load()


class _Loader:
    def __init__(self, mapping: HistoryMapping, database: Database) -> None:
        self.mapping, self.database = mapping, database
        self.end = f"TIMESTAMP '{mapping.as_of + dt.timedelta(1)}'"

    def load(self) -> list[Reading]:
        mapping = self.mapping
        present = [s for s in mapping.sources if self.database.look(s.place, self._shown(s.name, s.place))]
        links = [link for link in mapping.links if self.database.look(link.place, f"links.{link.number}")]
        tables = [table for table in mapping.tables if self.database.look(table.place, f"tables.{table.name}")]
        has_people = mapping.people is not None and self.database.look(mapping.people.place, "people")
        if not present:
            at = mapping.mark("sources")
            raise InputError(
                [Fault(at.file, at.line, at.column, "sources", "none of the files is there", "check the folder")]
            )
        self.database.open()
        con = self.database.con
        for name, columns in TABLES.items():
            con.execute(f"CREATE TABLE {name} ({columns})")
        self._number_stages()
        self.look_ups = {table.name: table for table in tables}
        readings = []
        for source in present:
            reading = Reading(source.name)
            with self.database.faults_of(self._shown(source.name, source.place)):
                self._source(source, mapping.sources.index(source), reading)
            readings.append(reading)
        for link in links:
            shown = f"links.{link.number} ({link.place.file or link.place.url})"
            with self.database.faults_of(shown):
                self._link(link, shown)
        if has_people:
            with self.database.faults_of("people"):
                self._people()
        self._merge_records()
        return readings

    def _shown(self, name: str, place: Location) -> str:
        folder = self.mapping.path.parent
        return str(folder / place.file) if place.file else f"sources.{name} ({place.url})"

    def _number_stages(self) -> None:
        con = self.database.con
        con.execute("CREATE TABLE names (name VARCHAR, stage SMALLINT)")
        rows = [
            (name.strip().lower(), i) for i, rule in enumerate(self.mapping.stages) for name in (*rule.names, rule.name)
        ]
        con.executemany("INSERT INTO names VALUES (?, ?)", list(dict(rows).items()))
        con.execute("CREATE TABLE stages (stage SMALLINT, name VARCHAR, kind VARCHAR)")
        con.executemany(
            "INSERT INTO stages VALUES (?, ?, ?)", [(i, r.name, r.kind) for i, r in enumerate(self.mapping.stages)]
        )

    # One source

    def _source(self, source: Source, number: int, reading: Reading) -> None:
        con = self.database.con
        columns = [column for column in _columns_of(source) if column]
        joined = {name: f"j{i}" for i, (name, _) in enumerate(source.joins)}
        own = [column for column in columns if column.partition(".")[0] not in joined or "." not in column]
        view, types = self.database.rows(source.place, own, self._shown(source.name, source.place))
        self.view = view
        types = {column: types[column] for column in own}
        self.cells = Cells(
            types,
            joined,
            source.dates,
            source.time_zone or self.mapping.time_zone,
            self.mapping.time_zone,
            source.decimal,
        )
        joins = "".join(
            self._joined(source, name, key, joined[name], [c for c in columns if c.startswith(f"{name}.")])
            for name, key in source.joins
        )
        self.rows = f"{view} r{joins}"
        self.keep = f"({self.cells.fits(source.where)}) AND NOT ({self.cells.fits_any(source.without)})"
        reading.rows = con.execute(f"SELECT count(*) FROM {view}").fetchone()[0]  # type: ignore[index]
        if source.where or source.without:
            for kind, test in (
                ("not among those of `where`", f"NOT ({self.cells.fits(source.where)})"),
                (
                    "named by `without`",
                    f"({self.cells.fits(source.where)}) AND ({self.cells.fits_any(source.without)})",
                ),
            ):
                self._repair(reading, kind, "left out", f"SELECT _row, '' FROM {self.rows} WHERE {test}")
        {
            "wide": self._wide,
            "events": self._rows_with_time,
            "values": self._rows_with_time,
            "snapshots": self._rows_with_time,
            "field history": self._field_history,
            "work": self._work,
        }[source.shape](source, number, reading)
        if source.merged_into:
            master = self.cells.raw(source.merged_into)
            key = self._key(source, source.columns["record"])
            con.execute(
                f"INSERT INTO merges SELECT {key}, {self._prefix(source)} || {master} FROM {self.rows} "
                f"WHERE {self.keep} AND {master} IS NOT NULL AND {key} IS NOT NULL"
            )

    def _joined(self, source: Source, name: str, key: str, alias: str, columns: list[str]) -> str:
        """The join of a table, of which every key must be single."""
        table = self.look_ups.get(name)
        if table is None:
            raise InputError(
                [Fault(name, None, None, "", "this table's file is absent", "it is joined: it must be there")]
            )
        shown = f"tables.{name} ({table.place.file or table.place.url})"
        wanted = [column.partition(".")[2] for column in columns]
        view, types = self.database.rows(table.place, [table.key, *wanted], shown)
        cells = Cells(types, {})
        cell = cells.raw(table.key)
        twice = self.database.con.execute(
            f"SELECT {cell}, count(*) FROM {view} r WHERE {cell} IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY "
            "1 LIMIT 1"
        ).fetchone()
        if twice:
            message = f"the key `{twice[0]}` stands {twice[1]} times"
            raise InputError([Fault(shown, None, None, "", message, "keep one row for each key")])
        self._misspelt(source, name, key, view, cell)
        return (
            f" LEFT JOIN {view} {alias} ON {self.cells.raw(key)} = trim(CAST({alias}.{sql.name(table.key)} AS VARCHAR))"
        )

    def _misspelt(self, source: Source, name: str, key: str, view: str, cell: str) -> None:
        """Keys of the source that the table does not have are noted, with the nearest one that it has."""
        con = self.database.con
        con.execute(
            "CREATE TABLE IF NOT EXISTS misspelt (source VARCHAR, target VARCHAR, value VARCHAR, nearest VARCHAR, "
            "rows BIGINT)"
        )
        unknown = con.execute(
            f"SELECT {self.cells.raw(key)}, count(*) FROM {self.view} r WHERE {self.cells.raw(key)} "
            "NOT IN "
            f"(SELECT {cell} FROM {view} r WHERE {cell} IS NOT NULL) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200"
        ).fetchall()
        known = [
            row[0] for row in con.execute(f"SELECT DISTINCT {cell} FROM {view} r WHERE {cell} IS NOT NULL").fetchall()
        ]
        for value, count in unknown:
            close = nearest(value, known[:2000]).removeprefix("did you mean `").removesuffix("`?")
            con.execute(
                "INSERT INTO misspelt VALUES (?, ?, ?, ?, ?)",
                [source.name, name, value, close if close in known else "", count],
            )

    def _prefix(self, source: Source) -> str:
        return sql.text(f"{source.object}/" if source.object else "")

    def _key(self, source: Source, column: str) -> str:
        return f"{self._prefix(source)} || {self.cells.raw(column)}"

    # Shapes

    def _rows_with_time(self, source: Source, number: int, reading: Reading) -> None:
        """Events, values and snapshots: what a row says holds from its time on."""
        con, columns, cells = self.database.con, source.columns, self.cells
        happened = cells.time(columns["time"])
        recorded = cells.time(columns["recorded"]) if "recorded" in columns else "NULL"
        named = [a for a in source.attributes if a.name not in ("amount", "owner")]
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "happened": happened,
            "recorded": recorded,
            "written_time": cells.raw(columns["time"]),
            "written_stage": cells.raw(columns["stage"]),
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            **self._amount_and_owner(source),
            **{f"a{i}": cells.word(attribute) for i, attribute in enumerate(named)},
            "with_offset": cells.has_offset(columns["time"]),
        }
        self._stage(parts)
        self._check_rows(source, number, reading)
        self._unknown_stages(source, "written_stage", "pipeline")
        self._tell_ignored(reading)
        con.execute(
            "INSERT INTO facts SELECT record, happened, greatest(happened, recorded), stage, NULL, amount, owner, "
            f"{source.shape == 'events'}, false, NULL, {number}, _row FROM staging WHERE good AND written_stage IS NULL"
        )
        self._attribute_values(named, "greatest(happened, recorded)", number, "good")
        con.execute("DROP TABLE staging")

    def _field_history(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each change: the new value holds from its time on, the old one until then."""
        con, columns, cells = self.database.con, source.columns, self.cells
        recorded = cells.time(columns["recorded"]) if "recorded" in columns else "NULL"
        kinds = " ".join(f"WHEN {sql.text(w.strip().lower())} THEN {sql.text(m)}" for w, m in source.fields)
        field = f"CASE lower({cells.raw(columns['field'])}) {kinds} END"
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "happened": cells.time(columns["time"]),
            "recorded": recorded,
            "written_time": cells.raw(columns["time"]),
            "field": field,
            "written_stage": f"CASE WHEN {field} = 'stage' THEN {cells.raw(columns['new'])} END",
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            "written_new": cells.raw(columns["new"]),
            "written_old": cells.raw(columns["old"]) if "old" in columns else "NULL",
            "written_amount": f"CASE WHEN {field} = 'amount' THEN {cells.raw(columns['new'])} END",
            "amount": f"CASE WHEN {field} = 'amount' THEN {cells.amount(columns['new'])} END",
            "currency": f"CASE WHEN {field} = 'amount' THEN {cells.sign(columns['new'], self.mapping.currency)} END",
            "with_offset": cells.has_offset(columns["time"]),
        }
        self._stage(parts)
        self._repair(
            reading,
            "of a field that the mapping does not name",
            "left out",
            "SELECT _row, '' FROM staging WHERE field IS NULL",
        )
        con.execute("DELETE FROM staging WHERE field IS NULL")
        self._check_rows(source, number, reading)
        self._unknown_stages(source, "written_stage", "pipeline")
        con.execute(
            "INSERT INTO facts SELECT s.record, s.happened, greatest(s.happened, s.recorded), s.stage, o.stage, "
            "s.amount, "
            f"CASE WHEN field = 'owner' THEN written_new END, false, false, NULL, {number}, s._row FROM staging s "
            "LEFT JOIN names o ON s.field = 'stage' AND o.name = lower(s.written_old) "
            "WHERE s.good AND s.field IN ('stage', 'amount', 'owner') AND s.written_stage IS NULL"
        )
        for name in ("channel", "segment"):
            con.execute(
                f"INSERT INTO attributes SELECT record, '{name}', written_new, min(greatest(happened, recorded)), "
                f"{number}, min(_row) "
                f"FROM staging WHERE good AND field = '{name}' AND written_new IS NOT NULL GROUP BY record, written_new"
            )
        con.execute("DROP TABLE staging")

    def _wide(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each record: each stage's column is a fact of its own, known since its time."""
        con, columns, cells = self.database.con, source.columns, self.cells
        times = {f"e{i}": cells.time(stage.column) for i, stage in enumerate(source.stages)}
        for i, stage in enumerate(source.stages):
            times[f"w{i}"] = cells.raw(stage.column)
            if stage.where:
                times[f"e{i}"] = f"CASE WHEN {cells.fits(stage.where)} THEN {times[f'e{i}']} END"
                times[f"w{i}"] = f"CASE WHEN {cells.fits(stage.where)} THEN {times[f'w{i}']} END"
        others = [a for a in source.attributes if a.name not in ("amount", "owner")]
        known = {
            f"k{i}": cells.time(attribute.known)
            for i, attribute in enumerate(source.attributes)
            if attribute.known not in ("created", "export")
        }
        created = cells.time(columns["created"]) if "created" in columns else "NULL"
        first = ", ".join([created, *(times[f"e{i}"] for i in range(len(source.stages)))])
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "created": created,
            "written_created": cells.raw(columns["created"]) if "created" in columns else "NULL",
            **times,
            "first_time": f"least({first})",
            "written_current": cells.raw(columns["current"]) if "current" in columns else "NULL",
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            **self._amount_and_owner(source),
            **{f"a{i}": cells.word(attribute) for i, attribute in enumerate(others)},
            **known,
        }
        self._stage(parts)
        reading.used = self._count("record IS NOT NULL")
        self._repair(reading, "without an id", "left out", "SELECT _row, '' FROM staging WHERE record IS NULL")
        con.execute("DELETE FROM staging WHERE record IS NULL")
        self._check_amounts(source, reading)
        several = "SELECT min(_row), record FROM staging GROUP BY record HAVING count(*) > 1"
        self._repair(reading, "of which the record has further rows", "the earliest times hold", several)
        con.execute(
            f"INSERT INTO issues SELECT 'twice', record, {number}, min(_row) FROM staging GROUP BY record HAVING "
            "count(*) > 1"
        )
        if "current" in columns:
            self._unknown_stages(source, "written_current", "pipeline")
            number_of, joins = self._stage_numbers("s.written_current", "s.pipeline")
            con.execute(
                f"INSERT INTO currents SELECT s.record, {number_of} FROM staging s {joins} WHERE {number_of} IS NOT "
                "NULL"
            )
        for i, stage_time in enumerate(source.stages):
            self._check_time(reading, f"e{i}", f"w{i}", stage_time.column)
            con.execute(
                f"INSERT INTO facts SELECT record, e{i}, e{i}, {self.mapping.number_of(stage_time.stage)}, NULL, "
                "NULL, NULL, "
                f"false, true, NULL, {number}, _row FROM staging WHERE e{i} IS NOT NULL AND e{i} < {self.end}"
            )
        if "created" in columns:
            self._check_time(reading, "created", "written_created", columns["created"])
            starts = self.mapping.number_of(source.starts) if source.starts else "NULL"
            con.execute(
                "INSERT INTO facts SELECT record, created, created, NULL, NULL, NULL, NULL, false, false, "
                f"coalesce({starts}, -1), "
                f"{number}, _row FROM staging WHERE created < {self.end}"
            )
        con.execute(
            f"INSERT INTO issues SELECT 'undated', record, {number}, _row FROM staging WHERE first_time IS NULL"
        )
        self._repair(
            reading,
            "without any time",
            "not in the event log",
            "SELECT _row, record FROM staging WHERE first_time IS NULL",
        )
        last = f"{self.end} - INTERVAL 1 MICROSECOND"
        since = {"created": f"coalesce(first_time, {last})", "export": last}
        for i, attribute in enumerate(source.attributes):
            when = since.get(attribute.known) or f"coalesce(k{i}, {last})"
            if attribute.name in ("amount", "owner"):
                values = "amount, NULL" if attribute.name == "amount" else "NULL, owner"
                con.execute(
                    f"INSERT INTO facts SELECT record, {when}, {when}, NULL, NULL, {values}, false, false, NULL, "
                    f"{number}, "
                    f"_row FROM staging WHERE {attribute.name} IS NOT NULL"
                )
            else:
                column = f"a{others.index(attribute)}"
                con.execute(
                    f"INSERT INTO attributes SELECT record, {sql.text(attribute.name)}, {column}, min({when}), "
                    f"{number}, "
                    f"min(_row) FROM staging WHERE {column} IS NOT NULL GROUP BY record, {column}"
                )
        con.execute("DROP TABLE staging")

    def _work(self, source: Source, number: int, reading: Reading) -> None:
        con, columns, cells = self.database.con, source.columns, self.cells
        owner = next((a for a in source.attributes if a.name == "owner"), None)
        if not source.steps:
            parts = {
                "_row": "r._row",
                "record": self._key(source, columns["record"]),
                "item": cells.raw(columns["item"]) if "item" in columns else "NULL",
                "happened": cells.time(columns["created"]),
                "written_time": cells.raw(columns["created"]),
                "started": cells.time(columns["started"]) if "started" in columns else "NULL",
                "completed": cells.time(columns["completed"]) if "completed" in columns else "NULL",
                "owner": cells.word(owner) if owner else "NULL",
                "with_offset": "false",
            }
            self._stage(parts)
            self._check_rows(source, number, reading)
            con.execute(
                f"INSERT INTO work SELECT record, item, happened, started, completed, owner, {number}, _row FROM "
                "staging WHERE good"
            )
        else:
            words = {step: source.steps.get(step, "").strip().lower() for step in ("created", "started", "completed")}
            kinds = " ".join(f"WHEN {sql.text(word)} THEN {sql.text(step)}" for step, word in words.items() if word)
            parts = {
                "_row": "r._row",
                "record": self._key(source, columns["record"]),
                "item": cells.raw(columns["item"]) if "item" in columns else "''",
                "happened": cells.time(columns["time"]),
                "written_time": cells.raw(columns["time"]),
                "step": f"CASE lower({cells.raw(source.steps['column'])}) {kinds} END",
                "owner": cells.word(owner) if owner else "NULL",
                "with_offset": "false",
            }
            self._stage(parts)
            self._repair(reading, "of another step", "left out", "SELECT _row, '' FROM staging WHERE step IS NULL")
            con.execute("DELETE FROM staging WHERE step IS NULL")
            self._check_rows(source, number, reading)
            first = "created" if words["created"] else "started"
            con.execute(
                f"INSERT INTO work SELECT record, item, min(happened), min(happened) FILTER (step = 'started'), "
                "max(happened) FILTER (step = 'completed'), arg_min(owner, happened) FILTER (step = 'started'), "
                f"{number}, min(_row) "
                f"FROM (SELECT *, count(*) FILTER (step = '{first}') OVER (PARTITION BY record, item ORDER BY "
                "happened, _row) AS nth "
                f"FROM staging WHERE good) GROUP BY record, item, nth"
            )
        con.execute("DROP TABLE staging")

    # What all shapes share

    def _stage(self, parts: dict[str, str]) -> None:
        """The wanted columns of the rows that count, as a table; of what could be read, the text is not kept."""
        chosen = ", ".join(f"{expression} AS {name}" for name, expression in parts.items())
        kept, joins = dict.fromkeys(parts, ""), ""
        if "written_time" in parts:
            later = "" if "recorded" not in parts else f" AND coalesce(s.recorded, s.happened) < {self.end}"
            kept["written_time"] = "CASE WHEN s.happened IS NULL THEN s.written_time END"
            kept["timeless"] = "s.written_time IS NULL"
            kept["with_offset"] = "CASE WHEN length(s.written_time) > 10 THEN s.with_offset END"
            kept["good"] = f"s.record IS NOT NULL AND s.happened < {self.end}{later}"
        if "written_amount" in parts:
            plain = "TRY_CAST(s.written_amount AS DECIMAL(18, 2))"
            kept["written_amount"] = f"CASE WHEN s.amount IS NULL OR {plain} IS NULL THEN s.written_amount END"
        if "written_stage" in parts:
            number, joins = self._stage_numbers("s.written_stage", "s.pipeline")
            kept["stage"] = number
            kept["written_stage"] = f"CASE WHEN {number} IS NULL THEN s.written_stage END"
            kept["pipeline"] = f"CASE WHEN {number} IS NULL THEN s.pipeline END"
        outer = ", ".join(f"{expression or f's.{name}'} AS {name}" for name, expression in kept.items())
        self.database.con.execute(
            f"CREATE TABLE staging AS SELECT {outer} FROM (SELECT {chosen} FROM {self.rows} WHERE {self.keep}) s "
            f"{joins}"
        )

    def _amount_and_owner(self, source: Source) -> dict[str, str]:
        cells, found = self.cells, {a.name: a for a in source.attributes}
        amount, owner = found.get("amount"), found.get("owner")
        currency = "NULL"
        if amount:
            currency = cells.sign(amount.column, self.mapping.currency)
            if amount.currency:
                currency = f"coalesce(upper({cells.raw(amount.currency)}), {currency})"
        return {
            "written_amount": cells.raw(amount.column) if amount else "NULL",
            "amount": cells.amount(amount.column) if amount else "CAST(NULL AS DECIMAL(18, 2))",
            "currency": currency if amount else "CAST(NULL AS VARCHAR)",
            "owner": cells.word(owner) if owner else "NULL",
        }

    def _attribute_values(self, attributes: list[Attribute], known: str, number: int, good: str) -> None:
        """The first row that says each value; attributes of one source share their times, and are grouped once."""
        if not attributes:
            return
        columns = ", ".join(f"a{i}" for i in range(len(attributes)))
        self.database.con.execute(
            f"CREATE TABLE grouped AS SELECT record, {columns}, min({known}) AS known, min(_row) AS _row FROM staging "
            f"WHERE {good} GROUP BY record, {columns}"
        )
        for i, attribute in enumerate(attributes):
            self.database.con.execute(
                f"INSERT INTO attributes SELECT record, {sql.text(attribute.name)}, a{i}, min(known), {number}, "
                "min(_row) "
                f"FROM grouped WHERE a{i} IS NOT NULL GROUP BY record, a{i}"
            )
        self.database.con.execute("DROP TABLE grouped")

    def _check_rows(self, source: Source, number: int, reading: Reading) -> None:
        """Count the rows that are good, and the others by what is wrong with them."""
        con = self.database.con
        bad_time = "written_time IS NOT NULL"
        self._repair(reading, "without an id", "left out", "SELECT _row, '' FROM staging WHERE record IS NULL")
        self._all_bad(source, bad_time, "written_time", source.columns.get("time") or source.columns.get("created", ""))
        self._repair(
            reading,
            "with a time that cannot be read",
            "left out",
            f"SELECT _row, written_time FROM staging WHERE {bad_time}",
        )
        self._repair(reading, "without a time", "left out", "SELECT _row, record FROM staging WHERE timeless")
        formula = f"starts_with(record, {self._prefix(source)} || '=') OR starts_with(owner, '=')"
        if source.shape != "field history":
            rows = f"SELECT _row, coalesce(owner, record) FROM staging WHERE {formula}"
            self._repair(reading, "with a formula as id or owner", "kept as text, never computed", rows)
        con.execute(
            f"INSERT INTO issues SELECT DISTINCT 'undated', record, {number}, 0 FROM staging "
            "WHERE timeless AND record IS NOT NULL"
        )
        after = f"SELECT _row, CAST(happened AS VARCHAR) FROM staging WHERE happened >= {self.end}"
        self._repair(reading, "dated after `as_of`", "left out", after)
        offsets = con.execute(
            "SELECT count(*) FILTER (with_offset), count(*) FILTER (NOT with_offset) FROM staging"
        ).fetchone()
        assert offsets is not None
        if offsets[0] and offsets[1]:
            zone = source.time_zone or self.mapping.time_zone
            self._repair(
                reading,
                "with a time without an offset, where others have one",
                f"taken as {zone}; {offsets[0]:,} have an offset",
                "SELECT _row, CAST(happened AS VARCHAR) FROM staging WHERE NOT with_offset",
            )
        reading.used = self._count("good")
        if source.shape != "work":
            self._check_amounts(source, reading)
        if source.shape != "work" and "recorded" in source.columns:
            self._repair(
                reading,
                "recorded after `as_of`",
                "left out",
                f"SELECT _row, CAST(recorded AS VARCHAR) FROM staging WHERE happened < {self.end} "
                f"AND recorded >= {self.end}",
            )

    def _check_time(self, reading: Reading, time: str, written: str, column: str) -> None:
        """Count what is wrong with one time column of a wide source."""
        self._repair(
            reading,
            f"whose `{column}` cannot be read as a time",
            "taken as empty",
            f"SELECT _row, {written} FROM staging WHERE {time} IS NULL AND {written} IS NOT NULL",
        )
        self._repair(
            reading,
            f"whose `{column}` lies after `as_of`",
            "taken as empty",
            f"SELECT _row, {written} FROM staging WHERE {time} >= {self.end}",
        )

    def _all_bad(self, source: Source, test: str, written: str, column: str) -> None:
        row = self.database.con.execute(
            f"SELECT count(*), count(*) FILTER ({test}), min({written}) FILTER ({test}), min(_row) FILTER ({test}) "
            "FROM staging"
        ).fetchone()
        assert row is not None
        if row[0] and row[0] == row[1]:
            message = f"row {row[3]:,}: no time in `{column}` can be read, such as `{row[2]}`"
            raise InputError(
                [
                    Fault(
                        self._shown(source.name, source.place),
                        None,
                        None,
                        "",
                        message,
                        "say how they are written: `dates: day first`",
                    )
                ]
            )

    def _check_amounts(self, source: Source, reading: Reading) -> None:
        """Amounts into the currency of the mapping; those that cannot be read are taken as missing."""
        con = self.database.con
        self._repair(
            reading,
            "with an amount that cannot be read",
            "amount taken as missing",
            "SELECT _row, written_amount FROM staging WHERE amount IS NULL AND written_amount IS NOT NULL",
        )
        self._repair(
            reading,
            "with an amount written as text",
            "read as a number",
            "SELECT _row, written_amount FROM staging WHERE amount IS NOT NULL AND written_amount IS NOT NULL",
        )
        rates = {self.mapping.currency: 1.0, **self.mapping.rates}
        unknown = con.execute(
            "SELECT currency, count(*), min(_row) FROM staging WHERE amount IS NOT NULL AND currency IS NOT NULL "
            f"AND currency NOT IN ({sql.texts(rates)}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_NAMES}"
        ).fetchall()
        if unknown:
            raise InputError(
                Fault(
                    self._shown(source.name, source.place),
                    None,
                    None,
                    "",
                    f"row {row:,}: {count:,} amounts are in `{currency}`, which has no rate",
                    f"write `rates: {{{currency}: ...}}`, what one is worth in {self.mapping.currency}",
                )
                for currency, count, row in unknown
            )
        cases = " ".join(f"WHEN {sql.text(currency)} THEN {rate!r}" for currency, rate in rates.items())
        foreign = f"amount IS NOT NULL AND currency IS NOT NULL AND currency <> {sql.text(self.mapping.currency)}"
        self._repair(
            reading,
            "with an amount in another currency",
            f"carried to {self.mapping.currency} at the stated rate",
            f"SELECT _row, CAST(amount AS VARCHAR) || ' ' || currency FROM staging WHERE {foreign}",
        )
        con.execute(
            f"UPDATE staging SET amount = CAST(round(amount * CASE currency {cases} END, 2) AS DECIMAL(18, 2)) WHERE "
            f"{foreign}"
        )

    def _unknown_stages(self, source: Source, stage: str, pipeline: str) -> None:
        number = self._stage_numbers(f"s.{stage}", f"s.{pipeline}")
        unknown = self.database.con.execute(
            f"SELECT s.{stage}, s.{pipeline}, count(*), min(s._row) FROM staging s {number[1]} WHERE s.{stage} IS "
            "NOT NULL "
            f"AND {number[0]} IS NULL AND NOT {self._ignored(f's.{stage}', f's.{pipeline}')} "
            f"GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT {MOST_NAMES + 1}"
        ).fetchall()
        if not unknown:
            return
        known = [name for rule in self.mapping.stages for name in (*rule.names, rule.name)]
        raise InputError(
            Fault(
                self._shown(source.name, source.place),
                None,
                None,
                "",
                f"row {row:,}: the stage `{f'{line}/' if line else ''}{name}` is not in the mapping ({count:,} rows)",
                f"add it to the `names` of a stage, or to `ignore`; {nearest(name, known)}",
            )
            for name, line, count, row in unknown[:MOST_NAMES]
        )

    def _tell_ignored(self, reading: Reading) -> None:
        rows = "SELECT _row, written_stage FROM staging WHERE good AND written_stage IS NOT NULL"
        self._repair(reading, "of a stage that `ignore` names", "left out", rows)

    def _stage_numbers(self, stage: str, pipeline: str) -> tuple[str, str]:
        """Expression of a stage's number, and the joins that it needs."""
        joins = (
            f"LEFT JOIN names n ON n.name = lower({stage}) "
            f"LEFT JOIN names p ON p.name = lower({pipeline}) || '/' || lower({stage})"
        )
        return "coalesce(p.stage, n.stage)", joins

    def _ignored(self, stage: str, pipeline: str) -> str:
        tests = []
        for pattern in self.mapping.ignore:
            lowered = sql.text(
                pattern.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
            )
            tests += [
                f"lower({stage}) LIKE {lowered} ESCAPE '\\'",
                f"lower({pipeline}) || '/' || lower({stage}) LIKE {lowered} ESCAPE '\\'",
            ]
        return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"

    def _count(self, test: str) -> int:
        row = self.database.con.execute(f"SELECT count(*) FROM staging WHERE {test}").fetchone()
        assert row is not None
        return int(row[0])

    def _repair(self, reading: Reading, kind: str, done: str, rows: str) -> None:
        """Count rows, given as a query of number and value, and name the first."""
        con = self.database.con
        counted = con.execute(f"SELECT count(*) FROM ({rows})").fetchone()
        assert counted is not None
        if counted[0]:
            first = con.execute(f"SELECT * FROM ({rows}) ORDER BY 1 LIMIT {MOST_EXAMPLES}").fetchall()
            examples = tuple(f"row {row:,}" + (f": `{str(value)[:60]}`" if value else "") for row, value in first)
            reading.repairs.append(Repair(kind, reading.source, counted[0], done, examples, reading.rows))

    # Links, people, merged records

    def _link(self, link: Link, shown: str) -> None:
        con = self.database.con
        columns = [link.before[1], link.after[1], *([link.time] if link.time else [])]
        view, types = self.database.rows(link.place, columns, shown)
        cells = Cells(types, {}, link.dates, link.time_zone or self.mapping.time_zone, self.mapping.time_zone)
        known = f"coalesce({cells.time(link.time)}, {LONG_AGO})" if link.time else LONG_AGO
        before, after = cells.raw(link.before[1]), cells.raw(link.after[1])
        con.execute(
            f"INSERT INTO links SELECT DISTINCT {sql.text(link.before[0] + '/')} || trim(b), "
            f"{sql.text(link.after[0] + '/')} || trim(a), known FROM (SELECT unnest(string_split({before}, ';')) AS b, "
            f"{after} AS after, {known} AS known FROM {view} r), unnest(string_split(after, ';')) AS t(a) "
            "WHERE trim(a) <> '' AND trim(b) <> ''"
        )

    def _people(self) -> None:
        people = self.mapping.people
        assert people is not None
        view, types = self.database.rows(people.place, people.columns.values(), "people")
        cells = Cells(types, {}, people.dates, self.mapping.time_zone, self.mapping.time_zone)
        text = {
            key: cells.raw(people.columns[key]) if key in people.columns else "NULL" for key in ("id", "name", "role")
        }
        day = {
            key: f"CAST({cells.time(people.columns[key])} AS DATE)" if key in people.columns else "NULL"
            for key in ("start", "end")
        }
        self.database.con.execute(
            f"INSERT INTO people SELECT {text['id']}, {text['name']}, {text['role']}, {day['start']}, {day['end']} "
            f"FROM {view} r WHERE {text['id']} IS NOT NULL"
        )

    def _merge_records(self) -> None:
        """Records that were merged into another one take its key, over a few steps."""
        con = self.database.con
        for _ in range(5):
            con.execute(
                "UPDATE merges SET master = (SELECT min(m.master) FROM merges m WHERE m.record = merges.master) "
                "WHERE master IN (SELECT record FROM merges WHERE record <> master)"
            )
        merged = con.execute("SELECT count(*) FROM merges").fetchone()
        if merged and merged[0]:
            for table in ("facts", "attributes", "work", "currents", "issues"):
                con.execute(f"UPDATE {table} SET record = m.master FROM merges m WHERE m.record = {table}.record")


def _columns_of(source: Source) -> Iterable[str]:
    """Every column that a source needs."""
    yield from source.columns.values()
    for stage in source.stages:
        yield stage.column
        yield from (column for column, _ in stage.where)
    for attribute in source.attributes:
        yield attribute.column
        if attribute.currency:
            yield attribute.currency
        if source.shape == "wide" and attribute.known not in ("created", "export"):
            yield attribute.known
    yield from (column for column, _ in (*source.where, *source.without))
    yield from (column for _, column in source.joins)
    if source.steps:
        yield source.steps["column"]
    if source.merged_into:
        yield source.merged_into
