"""All sources of a mapping into tables of facts, each with the day since which it was known.

Tables
------
facts
    One row for each thing said of a record: ``record, happened, known, stage, old, amount, owner, again, wide, start,
    source, row, old_amount, old_owner, exported, said``. ``stage`` and ``old`` are numbers of stages; ``again`` says
    that the same stage twice is two visits; ``start`` is the stage in which the record begins if nothing else says;
    the old values held until then; ``exported`` values are known on the last day, and not since when they hold;
    ``said`` is a hash of all that the mapping reads of the row; ``closes`` is the day on which an end counts, where a
    column beside the row's time says it.

Attributes
----------
    ``record, name, value, known, source, row``: the first row that says each value.
dues
    ``record, due, known, wide, source, row``: dates known in advance, each since when it was known.
work
    ``record, item, created, started, completed, owner, source, row``.
people
    ``id, name, role, first_day, last_day``.
links
    ``before, after, known, number``: keys of records, and which link of the mapping says so.
currents
    ``record, stage``: the stage on the last day, where a source states it.
issues
    ``kind, record, source, row``: what was found record by record.
"""

from __future__ import annotations

from collections.abc import Iterable

from rpmsim.display import masked
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history import sql
from rpmsim.history.columns import Cells, as_text
from rpmsim.history.corrections import UNNAMED_TWINS, Correction, Reading
from rpmsim.history.database import Database
from rpmsim.history.duckdb_errors import diagnostics_of
from rpmsim.history.dues import COLUMNS as DUE_COLUMNS
from rpmsim.history.dues import settle
from rpmsim.history.found_files import NoFile, twins
from rpmsim.history.identity import unify
from rpmsim.history.mapping import HistoryMapping, Link, Location, Source
from rpmsim.history.shapes import UNKNOWN, Shapes
from rpmsim.text.complaints import nearest

LONG_AGO = "TIMESTAMP '1900-01-01'"

TABLES = f"""
    CREATE TABLE dues ({DUE_COLUMNS});
    CREATE TABLE facts (
        record VARCHAR, happened TIMESTAMP, known TIMESTAMP, stage SMALLINT, old SMALLINT, amount DECIMAL(18, 2),
        owner VARCHAR, again BOOLEAN DEFAULT false, wide BOOLEAN DEFAULT false, start SMALLINT, source UTINYINT,
        row BIGINT, old_amount DECIMAL(18, 2), old_owner VARCHAR, exported BOOLEAN DEFAULT false, said UBIGINT,
        closes TIMESTAMP
    );
    CREATE TABLE attributes (
        record VARCHAR, name VARCHAR, value VARCHAR, known TIMESTAMP, source UTINYINT, row BIGINT
    );
    CREATE TABLE work (
        record VARCHAR, item VARCHAR, created TIMESTAMP, started TIMESTAMP, completed TIMESTAMP, owner VARCHAR,
        source UTINYINT, row BIGINT
    );
    CREATE TABLE people (id VARCHAR, name VARCHAR, role VARCHAR, first_day DATE, last_day DATE);
    CREATE TABLE links (before VARCHAR, after VARCHAR, known TIMESTAMP, number USMALLINT);
    CREATE TABLE currents (record VARCHAR, stage SMALLINT);
    CREATE TABLE merges (record VARCHAR, master VARCHAR);
    CREATE TABLE issues (kind VARCHAR, record VARCHAR, source UTINYINT, row BIGINT);
    CREATE TABLE names (name VARCHAR, stage SMALLINT);
    CREATE TABLE stages (stage SMALLINT, name VARCHAR, kind VARCHAR);
"""


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


class _Loader(Shapes):
    def load(self) -> list[Reading]:
        mapping = self.mapping
        present = [s for s in mapping.sources if self._is_there(s.name, s.place)]
        links = [link for link in mapping.links if self._is_there(f"links.{link.number}", link.place)]
        tables = [table for table in mapping.tables if self._is_there(f"tables.{table.name}", table.place)]
        people = mapping.people
        has_people = people is not None and self._is_there("people", people.place)
        if not present:
            at = mapping.mark("sources")
            raise InputError(
                [Diagnostic(at.file, at.line, at.column, "sources", "none of the files is there", "check the folder")]
            )
        self.database.open()
        con = self.database.con
        con.execute(TABLES)
        self._number_stages()
        self.look_ups = {table.name: table for table in tables}
        readings = []
        for source in present:
            reading = Reading(source.name)
            with diagnostics_of(self._shown(source.name, source.place)):
                self._source(source, mapping.sources.index(source), reading)
            readings.append(reading)
        for link in links:
            shown = f"links.{link.number} ({link.place.file or masked(link.place.url)})"
            with diagnostics_of(shown):
                self._link(link, shown)
        if has_people:
            assert people is not None
            with diagnostics_of(self._shown("people", people.place)):
                self._people()
        settle(con)
        unify(con)
        return readings

    def _is_there(self, name: str, place: Location) -> bool:
        try:
            return self.database.look(place, self._shown(name, place))
        except NoFile as error:  # the mapping is wrong, at the line that names it
            path = (*name.split("."), "file") if name == "people" or "." in name else ("sources", name, "file")
            at = self.mapping.mark(*path)
            diagnostic = error.diagnostics[0]
            message = f"`{diagnostic.file}` {diagnostic.message}"
            raise InputError(
                [Diagnostic(at.file, at.line, at.column, ".".join(path), message, diagnostic.fix)]
            ) from error

    def _number_stages(self) -> None:
        con = self.database.con
        rows = [
            (name.strip().lower(), i) for i, rule in enumerate(self.mapping.stages) for name in (*rule.names, rule.name)
        ]
        con.executemany("INSERT INTO names VALUES (?, ?)", list(dict(rows).items()))
        con.executemany(
            "INSERT INTO stages VALUES (?, ?, ?)",
            [(UNKNOWN, None, None), *((i, r.name, r.kind) for i, r in enumerate(self.mapping.stages))],
        )

    def _source(self, source: Source, number: int, reading: Reading) -> None:
        con = self.database.con
        columns = [column for column in _columns_of(source) if column]
        joined = {name: f"j{i}" for i, (name, _) in enumerate(source.joins)}
        own = [column for column in columns if column.partition(".")[0] not in joined or "." not in column]
        view, types = self.database.rows(source.place, own, self._shown(source.name, source.place))
        self.view, self.all_types = view, types
        alike = twins(types)
        types = {column: types[column] for column in own}
        self.cells = Cells(
            types,
            joined,
            source.dates,
            source.time_zone or self.mapping.time_zone,
            self.mapping.time_zone,
            source.decimal or ".",
        )
        joins = "".join(
            self._joined(source, name, key, joined[name], [c for c in columns if c.startswith(f"{name}.")])
            for name, key in source.joins
        )
        self.rows = f"{view} r{joins}"
        self.keep = f"({self.cells.fits(source.where)}) AND NOT ({self.cells.fits_any(source.without)})"
        (reading.rows,) = sql.one(con, f"SELECT count(*) FROM {view}")
        if alike:
            done = f"left out, because the mapping does not list them: {', '.join(alike[:10])}"
            reading.corrections.append(Correction(UNNAMED_TWINS, source.name, reading.rows, done, of=reading.rows))
        if source.where or source.without:
            for kind, test in (
                ("excluded by `where`", f"NOT ({self.cells.fits(source.where)})"),
                (
                    "excluded by `without`",
                    f"({self.cells.fits(source.where)}) AND ({self.cells.fits_any(source.without)})",
                ),
            ):
                self._correct(reading, kind, "left out", test, rows=self.rows)
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
            con.execute(f"""
                INSERT INTO merges
                SELECT {key}, {self._prefix(source)} || {master}
                FROM {self.rows}
                WHERE {self.keep} AND {master} IS NOT NULL AND {key} IS NOT NULL
            """)

    def _joined(self, source: Source, name: str, key: str, alias: str, columns: list[str]) -> str:
        """The join of a table, of which every key must be single."""
        table = self.look_ups.get(name)
        if table is None:
            raise InputError(
                [
                    Diagnostic(
                        name, None, None, "", "the file of this table does not exist", "it is joined, so it is required"
                    )
                ]
            )
        shown = f"tables.{name} ({table.place.file or masked(table.place.url)})"
        wanted = [column.partition(".")[2] for column in columns]
        view, types = self.database.rows(table.place, [table.key, *wanted], shown)
        cells = Cells(types, {})
        cell = cells.raw(table.key)
        twice = self.database.con.execute(f"""
            SELECT {cell}, count(*) FROM {view} r
            WHERE {cell} IS NOT NULL
            GROUP BY 1
            HAVING count(*) > 1
            ORDER BY 1
            LIMIT 1
        """).fetchone()
        if twice:
            message = f"the key `{twice[0]}` appears {twice[1]} times"
            raise InputError([Diagnostic(shown, None, None, "", message, "keep one row for each key")])
        self._misspelled(source, name, key, view, cell)
        of_table = as_text(f"{alias}.{sql.name(table.key)}", types[table.key])
        return f" LEFT JOIN {view} {alias} ON {self.cells.raw(key)} = trim({of_table})"

    def _misspelled(self, source: Source, name: str, key: str, view: str, cell: str) -> None:
        """Keys of the source that the table does not have are noted, with the nearest one that it has."""
        con = self.database.con
        con.execute("""
            CREATE TABLE IF NOT EXISTS misspelled (
                source VARCHAR, target VARCHAR, value VARCHAR, nearest VARCHAR, rows BIGINT
            )
        """)
        keys = f"SELECT DISTINCT {cell} FROM {view} r WHERE {cell} IS NOT NULL"
        unknown = con.execute(f"""
            SELECT {self.cells.raw(key)}, count(*) FROM {self.view} r
            WHERE {self.cells.raw(key)} NOT IN ({keys})
            GROUP BY 1
            ORDER BY 2 DESC, 1
            LIMIT 200
        """).fetchall()
        known = [row[0] for row in con.execute(keys).fetchall()]
        for value, count in unknown:
            close = nearest(value, known[:2000]).removeprefix("did you mean `").removesuffix("`?")
            con.execute(
                "INSERT INTO misspelled VALUES (?, ?, ?, ?, ?)",
                [source.name, name, value, close if close in known else "", count],
            )

    def _link(self, link: Link, shown: str) -> None:
        con = self.database.con
        columns = [link.before[1], link.after[1], *([link.time] if link.time else [])]
        view, types = self.database.rows(link.place, columns, shown)
        cells = Cells(types, {}, link.dates, link.time_zone or self.mapping.time_zone, self.mapping.time_zone)
        last = f"{self.end} - INTERVAL 1 MICROSECOND"  # a time that is missing or unreadable
        known = f"coalesce({cells.time(link.time)}, {last})" if link.time else LONG_AGO
        before, after = cells.raw(link.before[1]), cells.raw(link.after[1])
        con.execute(
            f"""
            INSERT INTO links
            SELECT DISTINCT $before || trim(b), $after || trim(a), known, $number
            FROM
                (SELECT unnest(string_split({before}, ';')) AS b, {after} AS after, {known} AS known FROM {view} r),
                unnest(string_split(after, ';')) AS t(a)
            WHERE trim(a) <> '' AND trim(b) <> ''
            """,
            {"before": f"{link.before[0]}/", "after": f"{link.after[0]}/", "number": link.number},
        )

    def _people(self) -> None:
        people = self.mapping.people
        assert people is not None
        view, types = self.database.rows(people.place, people.columns.values(), self._shown("people", people.place))
        cells = Cells(types, {}, people.dates, self.mapping.time_zone, self.mapping.time_zone)
        text = {
            key: cells.raw(people.columns[key]) if key in people.columns else "NULL" for key in ("id", "name", "role")
        }
        day = {
            key: f"CAST({cells.time(people.columns[key])} AS DATE)" if key in people.columns else "NULL"
            for key in ("start", "end")
        }
        self.database.con.execute(f"""
            INSERT INTO people
            SELECT {text["id"]}, {text["name"]}, {text["role"]}, {day["start"]}, {day["end"]}
            FROM {view} r
            WHERE {text["id"]} IS NOT NULL
        """)


def _columns_of(source: Source) -> Iterable[str]:
    """Every column that a source needs."""
    yield from source.columns.values()
    for stage in source.stages:
        if stage.column:
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
