"""How a source of each shape becomes facts."""

from __future__ import annotations

from rpmsim.history import sql
from rpmsim.history.corrections import Reading
from rpmsim.history.dues import ALWAYS, DUE
from rpmsim.history.mapping import Source, StageTime
from rpmsim.history.staging import Staging

UNKNOWN = -1
"""Number of a stage that is not known, though the record is there; before all others."""


class Shapes(Staging):
    """One method a shape: from the rows of the present source to the tables of facts."""

    def _rows_with_time(self, source: Source, number: int, reading: Reading) -> None:
        """Events, values and snapshots: what a row says holds from its time on."""
        con, columns, cells = self.database.con, source.columns, self.cells
        happened = cells.time(columns["time"])
        recorded = cells.time(columns["recorded"]) if "recorded" in columns else "NULL"
        named = [a for a in source.attributes if a.name not in ("amount", "owner", DUE)]
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "happened": happened,
            "recorded": recorded,
            "written_recorded": cells.raw(columns["recorded"]) if "recorded" in columns else "NULL",
            "closes": cells.time(columns["closed"]) if "closed" in columns else "CAST(NULL AS TIMESTAMP)",
            "written_closes": cells.raw(columns["closed"]) if "closed" in columns else "NULL",
            "written_time": cells.raw(columns["time"]),
            "written_stage": sql.text(source.constant_stage) if source.constant_stage else cells.raw(columns["stage"]),
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            **self._amount_and_owner(source),
            **{f"a{i}": cells.word(attribute) for i, attribute in enumerate(named)},
            **self._due(source),
            "with_offset": cells.has_offset(columns["time"]),
        }
        self._stage(parts)
        self._check_rows(source, number, reading)
        self._check_due(source, reading)
        self._unknown_stages(source, "written_stage", "pipeline")
        self._report_ignored(reading)
        self._close_dates(source, reading)
        others = (*(f"a{i}" for i in range(len(named))), *(["due"] if "due" in parts else []))
        said = ", ".join(("recorded", "amount", "written_amount", "owner", *others))
        con.execute(f"""
            INSERT INTO facts BY NAME
            SELECT
                record, happened, greatest(happened, recorded, closes) AS known, stage, amount, closes, owner,
                {source.shape == "events"} AS again, {number} AS source, _row AS row, hash({said}) AS said
            FROM staging
            WHERE good AND written_stage IS NULL
        """)
        self._attribute_values(named, "greatest(happened, recorded)", number, "good")
        if "due" in parts:
            self._insert_dues(source, number, "greatest(happened, recorded)", "staging WHERE good")
        con.execute("DROP TABLE staging")

    def _close_dates(self, source: Source, reading: Reading) -> None:
        """The day on which an end counts, of the rows of an end; of all others the time holds."""
        if "closed" not in source.columns:
            return
        con, column = self.database.con, source.columns["closed"]
        ends = sql.numbers(i for i, rule in enumerate(self.mapping.stages) if rule.kind in ("won", "lost"))
        others = f"stage IS NULL OR stage NOT IN ({ends})"
        con.execute(f"UPDATE staging SET closes = NULL, written_closes = NULL WHERE {others}")
        self._unread_times(reading, "closes", "written_closes", column)
        self._empty_dates(reading, "closes", column)
        after = f"closes >= {self.end}"
        self._correct(reading, f"whose `{column}` is after `as_of`", "not closed yet", after, value="written_closes")
        con.execute(f"DELETE FROM currents WHERE record IN (SELECT record FROM staging WHERE {after})")

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
            "written_recorded": cells.raw(columns["recorded"]) if "recorded" in columns else "NULL",
            "written_time": cells.raw(columns["time"]),
            "field": field,
            "written_stage": f"CASE WHEN {field} = 'stage' THEN {cells.raw(columns['new'])} END",
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            "written_new": cells.raw(columns["new"]),
            "written_old": cells.raw(columns["old"]) if "old" in columns else "NULL",
            "written_amount": f"CASE WHEN {field} = 'amount' THEN {cells.raw(columns['new'])} END",
            "amount": f"CASE WHEN {field} = 'amount' THEN {cells.amount(columns['new'])} END",
            "amount_form": f"CASE WHEN {field} = 'amount' THEN {cells.amount_form(columns['new'])} END",
            "old_amount": f"CASE WHEN {field} = 'amount' THEN {cells.amount(columns['old'])} END"
            if "old" in columns
            else "CAST(NULL AS DECIMAL(18, 2))",
            "currency": f"CASE WHEN {field} = 'amount' THEN {cells.sign(columns['new'], self.mapping.currency)} END",
            "due": f"CASE WHEN {field} = '{DUE}' THEN {cells.time(columns['new'])} END",
            "written_due": f"CASE WHEN {field} = '{DUE}' THEN {cells.raw(columns['new'])} END",
            "old_due": f"CASE WHEN {field} = '{DUE}' THEN {cells.time(columns['old'])} END"
            if "old" in columns
            else "CAST(NULL AS TIMESTAMP)",
            "with_offset": cells.has_offset(columns["time"]),
        }
        self._stage(parts)
        self._correct(reading, "of a field that the mapping does not name", "left out", "field IS NULL")
        con.execute("DELETE FROM staging WHERE field IS NULL")
        self._check_rows(source, number, reading)
        self._unknown_stages(source, "written_stage", "pipeline")
        con.execute(f"""
            INSERT INTO facts BY NAME
            SELECT
                s.record, s.happened, greatest(s.happened, s.recorded) AS known, s.stage, o.stage AS old, s.amount,
                s.old_amount,
                CASE WHEN field = 'owner' THEN written_new END AS owner,
                CASE WHEN field = 'owner' THEN written_old END AS old_owner,
                {number} AS source, s._row AS row,
                hash(s.recorded, s.amount, s.written_new, s.written_old) AS said
            FROM staging s LEFT JOIN names o ON s.field = 'stage' AND o.name = lower(s.written_old)
            WHERE s.good AND s.field IN ('stage', 'amount', 'owner') AND s.written_stage IS NULL
        """)
        for name in ("channel", "segment"):
            changes = f"staging WHERE good AND field = '{name}' AND written_new IS NOT NULL"
            self._insert_attribute(name, "written_new", "greatest(happened, recorded)", number, rows=changes)
        if DUE in dict(source.fields).values():
            self._all_bad(source, "written_due IS NOT NULL", "written_due", columns["new"], "due")
            self._unread_times(reading, "due", "written_due", columns["new"])
            self._empty_dates(reading, "due", columns["new"])
            first = (
                f"good AND field = '{DUE}' QUALIFY row_number() OVER (PARTITION BY record ORDER BY happened, _row) = 1"
            )
            self._insert_dues(source, number, "greatest(happened, recorded)", "staging WHERE good")
            self._insert_dues(source, number, ALWAYS, f"(SELECT * FROM staging WHERE {first}) WHERE true", "old_due")
        con.execute("DROP TABLE staging")

    def _wide(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each record: each stage's column is a fact of its own, known since its time."""
        con, columns, cells = self.database.con, source.columns, self.cells
        dated = [stage for stage in source.stages if stage.column]
        undated = [stage for stage in source.stages if not stage.column]
        times = {f"e{i}": cells.time(stage.column) for i, stage in enumerate(dated)}
        for i, stage in enumerate(dated):
            times[f"w{i}"] = cells.raw(stage.column)
            if stage.where:
                times[f"e{i}"] = f"CASE WHEN {cells.fits(stage.where)} THEN {times[f'e{i}']} END"
                times[f"w{i}"] = f"CASE WHEN {cells.fits(stage.where)} THEN {times[f'w{i}']} END"
        others = [a for a in source.attributes if a.name not in ("amount", "owner", DUE)]
        known = {
            f"k{i}": cells.time(attribute.known)
            for i, attribute in enumerate(source.attributes)
            if attribute.known not in ("created", "export")
        }
        created = cells.time(columns["created"]) if "created" in columns else "CAST(NULL AS TIMESTAMP)"
        first = ", ".join([created, *(times[f"e{i}"] for i in range(len(dated)))])
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "created": created,
            "written_created": cells.raw(columns["created"]) if "created" in columns else "NULL",
            **times,
            "first_time": f"least({first})",
            "recorded": cells.time(columns["recorded"]) if "recorded" in columns else "CAST(NULL AS TIMESTAMP)",
            "written_recorded": cells.raw(columns["recorded"]) if "recorded" in columns else "NULL",
            "written_current": cells.raw(columns["current"]) if "current" in columns else "NULL",
            "pipeline": cells.raw(columns["pipeline"]) if "pipeline" in columns else "NULL",
            **{f"u{i}": cells.fits(stage.where) for i, stage in enumerate(undated)},
            **self._amount_and_owner(source),
            **{f"a{i}": cells.word(attribute) for i, attribute in enumerate(others)},
            **self._due(source),
            **known,
        }
        self._stage(parts)
        reading.used = self._count("record IS NOT NULL")
        self._correct(reading, "without an id", "left out", "record IS NULL")
        con.execute("DELETE FROM staging WHERE record IS NULL")
        self._rounded_ids(source, reading)
        self._check_amounts(source, reading)
        self._placeholders_of_wide(source, reading)
        self._check_due(source, reading)
        self._further_rows(reading)
        con.execute(f"""
            INSERT INTO issues
            SELECT 'twice', record, {number}, min(_row) FROM staging GROUP BY record HAVING count(*) > 1
        """)
        self._currents(source, undated)
        not_before = ", ".join(f"CASE WHEN {time} < {self.end} THEN {time} END" for time in ("recorded", "created"))
        if "recorded" in columns:
            self._check_time(reading, "recorded", "written_recorded", columns["recorded"])
            self._empty_dates(reading, "recorded", columns["recorded"])
        for i, stage_time in enumerate(dated):
            self._all_bad(source, f"w{i} IS NOT NULL", f"w{i}", stage_time.column, f"e{i}")
            self._check_time(reading, f"e{i}", f"w{i}", stage_time.column)
            con.execute(f"""
                INSERT INTO facts BY NAME
                SELECT
                    record, e{i} AS happened, greatest(e{i}, {not_before}) AS known,
                    {self.mapping.number_of(stage_time.stage)} AS stage, true AS wide, {number} AS source, _row AS row
                FROM staging
                WHERE e{i} IS NOT NULL AND e{i} < {self.end}
            """)
        if "created" in columns:
            self._all_bad(source, "written_created IS NOT NULL", "written_created", columns["created"], "created")
            self._check_time(reading, "created", "written_created", columns["created"])
            self._beginnings(source, number)
        undated_rows = f"SELECT 'undated', record, {number}, _row FROM staging WHERE first_time IS NULL"
        con.execute(f"INSERT INTO issues {undated_rows}")
        self._correct(reading, "without any time", "not in the event log", "first_time IS NULL", value="record")
        last = f"{self.end} - INTERVAL 1 MICROSECOND"
        since = {"created": f"coalesce(first_time, {last})", "export": last}
        for i, attribute in enumerate(source.attributes):
            when = since.get(attribute.known) or f"coalesce(k{i}, {last})"
            if attribute.name in ("amount", "owner"):
                con.execute(f"""
                    INSERT INTO facts BY NAME
                    SELECT
                        record, {when} AS happened, {when} AS known, {attribute.name},
                        {attribute.known == "export"} AS exported, {number} AS source, _row AS row
                    FROM staging
                    WHERE {attribute.name} IS NOT NULL
                """)
            elif attribute.name == DUE:
                self._insert_dues(source, number, when, "staging WHERE true")
            else:
                column = f"a{others.index(attribute)}"
                stated = f"staging WHERE {column} IS NOT NULL"
                self._insert_attribute(attribute.name, column, when, number, rows=stated)
        con.execute("DROP TABLE staging")

    def _further_rows(self, reading: Reading) -> None:
        """Count the rows beyond the first of their record."""
        in_turn = "row_number() OVER (PARTITION BY record ORDER BY _row)"
        further = f"(SELECT _row, record FROM staging QUALIFY {in_turn} > 1)"
        (count,) = sql.one(self.database.con, f"SELECT count(DISTINCT record) FROM {further}")
        records = f"{count:,} record" + ("s" if count != 1 else "")
        done = f"left out ({records}); of two times of one stage, the earlier one counts"
        self._correct(reading, "beyond the first of their record", done, "true", value="record", rows=further)

    def _placeholders_of_wide(self, source: Source, reading: Reading) -> None:
        """Take dates that stand for an empty cell away from all time columns of a wide source."""
        con, found = self.database.con, False
        stages = [(f"e{i}", stage.column, f"w{i}") for i, stage in enumerate(s for s in source.stages if s.column)]
        created = [("created", source.columns["created"], "written_created")] if "created" in source.columns else []
        for time, column, written in (*created, *stages):
            if self._empty_dates(reading, time, column):
                con.execute(f"UPDATE staging SET {written} = NULL WHERE emptied AND {time} IS NULL")
                found = True
        for i, attribute in enumerate(source.attributes):
            if attribute.known not in ("created", "export"):
                self._empty_dates(reading, f"k{i}", attribute.known)
        if found:
            times = ", ".join(time for time, _, _ in (*created, *stages))
            con.execute(f"UPDATE staging SET first_time = least({times}) WHERE emptied")

    def _currents(self, source: Source, undated: list[StageTime]) -> None:
        """The stage on the last day: as a column states it, or by the values of other columns."""
        con = self.database.con
        if "current" in source.columns:
            self._unknown_stages(source, "written_current", "pipeline")
            number_of, joins = self._stage_numbers("s.written_current", "s.pipeline")
            con.execute(f"""
                INSERT INTO currents
                SELECT s.record, {number_of} FROM staging s {joins} WHERE {number_of} IS NOT NULL
            """)
        for i, stage in enumerate(undated):
            number = self.mapping.number_of(stage.stage)
            con.execute(f"INSERT INTO currents SELECT record, {number} FROM staging WHERE u{i}")

    def _beginnings(self, source: Source, number: int) -> None:
        """A record is there from its creation on, unless its only stage is one that the mapping ignores."""
        starts = self.mapping.number_of(source.starts) if source.starts else None
        number_of, joins = self._stage_numbers("s.written_current", "s.pipeline")
        counts = f"s.written_current IS NULL OR {number_of} IS NOT NULL" if starts is None else "true"
        self.database.con.execute(f"""
            INSERT INTO facts BY NAME
            SELECT
                s.record, s.created AS happened, s.created AS known,
                {UNKNOWN if starts is None else starts} AS start, {number} AS source, s._row AS row
            FROM staging s {joins}
            WHERE s.created < {self.end} AND ({counts})
        """)

    def _work(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each work item, or for each step of one."""
        if source.steps:
            self._steps(source, number, reading)
        else:
            self._items(source, number, reading)
        self.database.con.execute("DROP TABLE staging")

    def _items(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each work item, with the times of its steps."""
        columns, cells = source.columns, self.cells
        further = [time for time in ("started", "completed") if time in columns]
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "item": cells.raw(columns["item"]) if "item" in columns else "NULL",
            "happened": cells.time(columns["created"]),
            "written_time": cells.raw(columns["created"]),
            "started": cells.time(columns["started"]) if "started" in columns else "NULL",
            "completed": cells.time(columns["completed"]) if "completed" in columns else "NULL",
            **{f"written_{time}": cells.raw(columns[time]) for time in further},
            "owner": self._owner(source),
            "with_offset": "false",
        }
        self._stage(parts)
        self._check_rows(source, number, reading)
        self.database.con.execute(f"""
            INSERT INTO work
            SELECT record, item, happened, started, completed, owner, {number}, _row FROM staging WHERE good
        """)

    def _steps(self, source: Source, number: int, reading: Reading) -> None:
        """A row for each step of a work item; a further first step begins a further item of the same name."""
        con, columns, cells = self.database.con, source.columns, self.cells
        words = {step: source.steps.get(step, "").strip().lower() for step in ("created", "started", "completed")}
        kinds = " ".join(f"WHEN {sql.text(word)} THEN {sql.text(step)}" for step, word in words.items() if word)
        parts = {
            "_row": "r._row",
            "record": self._key(source, columns["record"]),
            "item": cells.raw(columns["item"]) if "item" in columns else "''",
            "happened": cells.time(columns["time"]),
            "written_time": cells.raw(columns["time"]),
            "step": f"CASE lower({cells.raw(source.steps['column'])}) {kinds} END",
            "owner": self._owner(source),
            "with_offset": "false",
        }
        self._stage(parts)
        self._correct(reading, "of another step", "left out", "step IS NULL")
        con.execute("DELETE FROM staging WHERE step IS NULL")
        self._check_rows(source, number, reading)
        first = "created" if words["created"] else "started"
        con.execute(f"""
            INSERT INTO work
            WITH numbered AS (
                SELECT *, count(*) FILTER (step = '{first}') OVER (
                    PARTITION BY record, item ORDER BY happened, _row
                ) AS nth
                FROM staging
                WHERE good
            )
            SELECT
                record, item, min(happened),
                min(happened) FILTER (step = 'started'),
                max(happened) FILTER (step = 'completed'),
                arg_min(owner, happened) FILTER (step = 'started'),
                {number}, min(_row)
            FROM numbered
            GROUP BY record, item, nth
        """)

    def _owner(self, source: Source) -> str:
        owner = next((a for a in source.attributes if a.name == "owner"), None)
        return self.cells.word(owner) if owner else "NULL"
