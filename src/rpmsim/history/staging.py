"""The wanted columns of one source as a table of values, and what is wrong with its rows, counted."""

from __future__ import annotations

import re

from rpmsim.display import masked
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history import sql
from rpmsim.history.columns import MOST_DIGITS, ROUNDED, Cells
from rpmsim.history.corrections import EMPTY_DATE, MOST_EXAMPLES, NO_RECORD, UNREAD_CURRENCY, Correction, Reading
from rpmsim.history.database import Database
from rpmsim.history.dates import in_use, offered
from rpmsim.history.doubtful_amounts import CONVERTED, doubts
from rpmsim.history.dues import DUE
from rpmsim.history.mapping import Attribute, HistoryMapping, Location, Source
from rpmsim.history.placeholders import placeholder_days, placeholder_test
from rpmsim.text.complaints import nearest

MOST_NAMES = 10
FURTHER_TIMES = ("recorded", "started", "completed")
"""Times beside that of the row; what cannot be read of them is kept as text."""


class Staging:
    """What the shapes share: the table ``staging`` of one source, its checks and corrections.

    Parameters
    ----------
    mapping : HistoryMapping
    database : Database
    """

    cells: Cells
    """Expressions over the columns of the present source."""
    all_types: dict[str, str]
    """Types of all its columns, also those that the mapping does not name."""
    view: str
    """Its rows, as they were read."""
    rows: str
    """The same with the tables that are joined, for FROM."""
    keep: str
    """Which of them count."""

    def __init__(self, mapping: HistoryMapping, database: Database) -> None:
        self.mapping, self.database = mapping, database
        self.end = sql.end_of(mapping.as_of)

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
        for time in FURTHER_TIMES:
            if f"written_{time}" in parts:
                kept[f"written_{time}"] = f"CASE WHEN s.{time} IS NULL THEN s.written_{time} END"
        if "written_amount" in parts:
            kept["three_digits"] = "CASE WHEN starts_with(s.amount_form, 'three') THEN s.written_amount END"
            plain = "TRY_CAST(s.written_amount AS DECIMAL(18, 2))"
            kept["written_amount"] = f"CASE WHEN s.amount IS NULL OR {plain} IS NULL THEN s.written_amount END"
        if "written_stage" in parts:
            number, joins = self._stage_numbers("s.written_stage", "s.pipeline")
            kept["stage"] = number
            kept["written_stage"] = f"CASE WHEN {number} IS NULL THEN s.written_stage END"
            kept["pipeline"] = f"CASE WHEN {number} IS NULL THEN s.pipeline END"
        outer = ", ".join(f"{expression or f's.{name}'} AS {name}" for name, expression in kept.items())
        self.database.con.execute(f"""
            CREATE TABLE staging AS
            SELECT {outer} FROM (SELECT {chosen} FROM {self.rows} WHERE {self.keep}) s {joins}
        """)

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
            "amount_form": cells.amount_form(amount.column) if amount else "CAST(NULL AS VARCHAR)",
            "currency": currency if amount else "CAST(NULL AS VARCHAR)",
            "owner": cells.word(owner) if owner else "NULL",
        }

    def _due(self, source: Source) -> dict[str, str]:
        """The date known in advance, where the source has one."""
        column = _due_column(source)
        return {"due": self.cells.time(column), "written_due": self.cells.raw(column)} if column else {}

    def _check_due(self, source: Source, reading: Reading) -> None:
        """Refuse a column without any date; count dates that cannot be read or stand for an empty cell."""
        column = _due_column(source)
        if not column:
            return
        self._all_bad(source, "written_due IS NOT NULL", "written_due", column, "due")
        self._unread_times(reading, "due", "written_due", column)
        self._empty_dates(reading, "due", column)

    def _insert_dues(self, source: Source, number: int, known: str, rows: str, due: str = "due") -> None:
        """Dates known in advance; of a wide source, those of the first row of a record."""
        wide = source.shape == "wide"
        first = "QUALIFY row_number() OVER (PARTITION BY record ORDER BY _row) = 1" if wide else ""
        self.database.con.execute(f"""
            INSERT INTO dues
            SELECT record, CAST({due} AS DATE), {known}, {wide}, {number}, _row
            FROM {rows} AND {due} IS NOT NULL {first}
        """)

    def _attribute_values(self, attributes: list[Attribute], known: str, number: int, good: str) -> None:
        """The first row that says each value; attributes of one source share their times, and are grouped once."""
        if not attributes:
            return
        columns = ", ".join(f"a{i}" for i in range(len(attributes)))
        self.database.con.execute(f"""
            CREATE TABLE grouped AS
            SELECT record, {columns}, min({known}) AS known, min(_row) AS _row
            FROM staging
            WHERE {good}
            GROUP BY record, {columns}
        """)
        for i, attribute in enumerate(attributes):
            self._insert_attribute(attribute.name, f"a{i}", "known", number, rows=f"grouped WHERE a{i} IS NOT NULL")
        self.database.con.execute("DROP TABLE grouped")

    def _insert_attribute(self, name: str, value: str, known: str, number: int, rows: str) -> None:
        """The first row that says each value of an attribute."""
        self.database.con.execute(
            f"""
            INSERT INTO attributes
            SELECT record, $name, {value}, min({known}), $number, min(_row)
            FROM {rows}
            GROUP BY record, {value}
            """,
            {"name": name, "number": number},
        )

    def _check_rows(self, source: Source, number: int, reading: Reading) -> None:
        """Count the rows that are good, and the others by what is wrong with them."""
        without = NO_RECORD if source.shape == "work" else "without an id"
        self._correct(reading, without, "left out", "record IS NULL")
        self._rounded_ids(source, reading)
        column = source.columns.get("time") or source.columns.get("created", "")
        self._all_bad(source, "NOT timeless", "written_time", column)
        bad = "written_time IS NOT NULL"
        self._correct(reading, "with a time that cannot be read", "left out", bad, value="written_time")
        for time in FURTHER_TIMES:
            if time in source.columns and source.shape != "wide" and not source.steps:
                self._unread_times(reading, time, f"written_{time}", source.columns[time])
        self._placeholder_rows(source, number, reading)
        self._correct(reading, "without a time", "left out", "timeless", value="record")
        formula = f"starts_with(record, {self._prefix(source)} || '=') OR starts_with(owner, '=')"
        if source.shape != "field history":
            done = "kept as text, never evaluated"
            self._correct(reading, "with a formula as id or owner", done, formula, value="coalesce(owner, record)")
        self._note_undated(number, "timeless")
        happened = "CAST(happened AS VARCHAR)"
        self._correct(reading, "dated after `as_of`", "left out", f"happened >= {self.end}", value=happened)
        with_offset, without_offset = self._count("with_offset"), self._count("NOT with_offset")
        if with_offset and without_offset:
            kind = "with a time without an offset, although others have one"
            done = f"assumed to be in {source.time_zone or self.mapping.time_zone}; {with_offset:,} have an offset"
            self._correct(reading, kind, done, "NOT with_offset", value=happened)
        reading.used = self._count("good")
        if source.shape != "work":
            self._check_amounts(source, reading)
        if source.shape != "work" and "recorded" in source.columns:
            after = f"happened < {self.end} AND recorded >= {self.end}"
            self._correct(reading, "recorded after `as_of`", "left out", after, value="CAST(recorded AS VARCHAR)")

    def _note_undated(self, number: int, test: str) -> None:
        """Keep the records of rows without a time."""
        self.database.con.execute(
            f"""
            INSERT INTO issues
            SELECT DISTINCT 'undated', record, $number, 0 FROM staging WHERE {test} AND record IS NOT NULL
            """,
            {"number": number},
        )

    def _rounded_ids(self, source: Source, reading: Reading) -> None:
        """Count ids that a spreadsheet or a number with a floating point has rounded."""
        rounded = f"'^{ROUNDED}$'"
        id_ = f"substr(record, 1 + length({self._prefix(source)}))"
        test = f"regexp_matches({id_}, {rounded})"
        done = f"rounded to {MOST_DIGITS} digits, so IDs that differ only after that are the same: export IDs as text"
        self._correct(reading, "with a number of too many digits as id", done, test, value="record")

    def _placeholder_rows(self, source: Source, number: int, reading: Reading) -> None:
        """Rows whose time stands for an empty cell have none; such a time of recording was never stated."""
        con, column = self.database.con, source.columns.get("time") or source.columns.get("created", "")
        if self._empty_dates(reading, "happened", column, "left out"):
            self._note_undated(number, "emptied")
            con.execute("DELETE FROM staging WHERE emptied")
        if "recorded" in source.columns and self._empty_dates(reading, "recorded", source.columns["recorded"]):
            good = f"record IS NOT NULL AND happened < {self.end}"
            con.execute(f"UPDATE staging SET good = {good} WHERE recorded IS NULL")
        for time in ("started", "completed"):
            if source.shape == "work" and not source.steps and time in source.columns:
                self._empty_dates(reading, time, source.columns[time])

    def _empty_dates(self, reading: Reading, time: str, column: str, done: str = "taken as empty") -> bool:
        """Take the dates of a column that stand for an empty cell away, and mark their rows as ``emptied``."""
        con = self.database.con
        test = placeholder_test(con, time, self.mapping.as_of)
        if not test:
            return False
        days = placeholder_days(con, time, test)
        day = f"strftime({time}, '%Y-%m-%d')"
        self._correct(reading, f"whose `{column}` {EMPTY_DATE}", f"{done}, {days}", test, value=day)
        con.execute("ALTER TABLE staging ADD COLUMN IF NOT EXISTS emptied BOOLEAN DEFAULT false")
        con.execute(f"UPDATE staging SET emptied = true, {time} = NULL WHERE {test}")
        return True

    def _check_time(self, reading: Reading, time: str, written: str, column: str) -> None:
        """Count what is wrong with one time column of a wide source."""
        self._unread_times(reading, time, written, column)
        after = f"{time} >= {self.end}"
        self._correct(reading, f"whose `{column}` is after `as_of`", "taken as empty", after, value=written)

    def _unread_times(self, reading: Reading, time: str, written: str, column: str) -> None:
        unread = f"{time} IS NULL AND {written} IS NOT NULL"
        self._correct(reading, f"whose `{column}` cannot be read as a time", "taken as empty", unread, value=written)

    def _all_bad(self, source: Source, stated: str, written: str, column: str, read: str = "happened") -> None:
        """Refuse a column of which not one time can be read: the form of its dates is not the stated one."""
        bad = f"{written} IS NOT NULL AND {read} IS NULL"
        count, unread, cells, row = sql.one(
            self.database.con,
            f"""
            SELECT
                count(*) FILTER ({stated}),
                count(*) FILTER ({bad}),
                arg_min({written}, _row, 100) FILTER ({bad}),
                min(_row) FILTER ({bad})
            FROM staging
            """,
        )
        if count and count == unread:
            message = f"row {row:,}: no time in `{column}` matches {in_use(source.dates)}, such as `{cells[0]}`"
            raise InputError([self._error(source, message, offered(cells, source.dates))])

    def _check_amounts(self, source: Source, reading: Reading) -> None:
        """Amounts into the currency of the mapping; those that cannot be read are taken as missing."""
        con = self.database.con
        for kind, done, test in (
            ("with an amount that cannot be read", "amount taken as missing", "amount IS NULL"),
            ("with an amount written as text", "read as a number", "amount IS NOT NULL"),
        ):
            self._correct(reading, kind, done, f"{test} AND written_amount IS NOT NULL", value="written_amount")
        self._doubtful_amounts(source, reading)
        rates = {self.mapping.currency: 1.0, **self.mapping.rates}
        unknown = con.execute(f"""
            SELECT currency, count(*), min(_row)
            FROM staging
            WHERE amount IS NOT NULL AND currency IS NOT NULL AND currency NOT IN ({sql.texts(rates)})
            GROUP BY 1
            ORDER BY 2 DESC, 1
            LIMIT {MOST_NAMES}
        """).fetchall()
        if unknown:
            raise InputError(
                self._error(
                    source,
                    f"row {row:,}: {count:,} amounts are in `{currency}`, which has no rate",
                    f"write `rates: {{{currency}: ...}}`, the value of one in {self.mapping.currency}; or `currency: "
                    f"{currency}` if all amounts are in it",
                )
                for currency, count, row in unknown
            )
        cases = " ".join(f"WHEN {sql.text(currency)} THEN {rate!r}" for currency, rate in rates.items())
        foreign = f"amount IS NOT NULL AND currency IS NOT NULL AND currency <> {sql.text(self.mapping.currency)}"
        self._correct(
            reading,
            "with an amount in another currency",
            f"carried to {self.mapping.currency} at the stated rate",
            foreign,
            value="CAST(amount AS VARCHAR) || ' ' || currency",
        )
        columns = ("amount", "old_amount") if source.shape == "field history" else ("amount",)
        worth = "CAST(round({0} * CASE currency " + cases + " END, 2) AS DECIMAL(18, 2))"
        con.execute(f"UPDATE staging SET {', '.join(f'{c} = {worth.format(c)}' for c in columns)} WHERE {foreign}")

    def _doubtful_amounts(self, source: Source, reading: Reading) -> None:
        """Report amounts whose marks may mean something else, and a column of currencies that nobody reads."""
        con = self.database.con
        counts = "SELECT amount_form, count(*) FROM staging WHERE amount_form IS NOT NULL GROUP BY 1"
        for doubt in doubts(dict(con.execute(counts).fetchall()), source.decimal):
            of_form = f"amount_form = {sql.text(doubt.form)}"
            self._correct(reading, doubt.kind, doubt.done, of_form, value="three_digits")
        amount = next((a for a in source.attributes if a.name == "amount"), None)
        if amount is None or amount.currency or "." in amount.column or CONVERTED.search(amount.column):
            return
        own = self.mapping.currency
        if own.lower() in re.split(r"[\W_]+", amount.column.lower()):
            return
        for column, others in self.database.currencies(self.view, self.all_types, own):
            shown = ", ".join(f"{code} ({count:,})" for code, count in others[:5])
            fix = f"write `amount: {{column: {amount.column}, currency: {column}}}` and `rates`"
            done = (
                f"amounts assumed to be in {own}, but `{column}`, which the mapping does not read, contains {shown}: "
            )
            done += fix
            count = sum(count for _, count in others)
            reading.corrections.append(Correction(UNREAD_CURRENCY, source.name, count, done, of=reading.rows))

    def _unknown_stages(self, source: Source, stage: str, pipeline: str) -> None:
        number, joins = self._stage_numbers(f"s.{stage}", f"s.{pipeline}")
        unknown = self.database.con.execute(f"""
            SELECT s.{stage}, s.{pipeline}, count(*), min(s._row)
            FROM staging s {joins}
            WHERE s.{stage} IS NOT NULL AND {number} IS NULL AND NOT {self._ignored(f"s.{stage}", f"s.{pipeline}")}
            GROUP BY 1, 2
            ORDER BY 3 DESC, 1
            LIMIT {MOST_NAMES + 1}
        """).fetchall()
        if not unknown:
            return
        known = list(dict.fromkeys(name for rule in self.mapping.stages for name in (*rule.names, rule.name)))
        raise InputError(
            self._error(
                source,
                f"row {row:,}: the stage `{f'{line}/' if line else ''}{name}` is not assigned to any stage ({count:,} "
                "rows)",
                f"add it to the `names` of a stage, or to `ignore`; {nearest(name, known)}",
            )
            for name, line, count, row in unknown[:MOST_NAMES]
        )

    def _report_ignored(self, reading: Reading) -> None:
        ignored = "good AND written_stage IS NOT NULL"
        self._correct(reading, "of a stage in `ignore`", "left out", ignored, value="written_stage")

    def _stage_numbers(self, stage: str, pipeline: str) -> tuple[str, str]:
        """Expression of a stage's number, and the joins that it needs."""
        joins = f"""
            LEFT JOIN names n ON n.name = lower({stage})
            LEFT JOIN names p ON p.name = lower({pipeline}) || '/' || lower({stage})
        """
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
        return int(sql.one(self.database.con, f"SELECT count(*) FROM staging WHERE {test}")[0])

    def _correct(
        self, reading: Reading, kind: str, done: str, test: str, value: str = "NULL", rows: str = "staging"
    ) -> None:
        """Count the rows that a test finds, and name the first ones with a value."""
        con = self.database.con
        (count,) = sql.one(con, f"SELECT count(*) FROM {rows} WHERE {test}")
        if not count:
            return
        first = con.execute(
            f"SELECT _row, {value} FROM {rows} WHERE {test} ORDER BY 1 LIMIT {MOST_EXAMPLES}"
        ).fetchall()
        examples = tuple(f"row {row:,}" + (f": `{str(cell)[:60]}`" if cell else "") for row, cell in first)
        reading.corrections.append(Correction(kind, reading.source, count, done, examples, reading.rows))

    def _prefix(self, source: Source) -> str:
        return sql.text(f"{source.object}/" if source.object else "")

    def _key(self, source: Source, column: str) -> str:
        return f"{self._prefix(source)} || {self.cells.raw(column)}"

    def _error(self, source: Source, message: str, fix: str) -> Diagnostic:
        """An error of a source as a whole, or of its rows."""
        return Diagnostic(self._shown(source.name, source.place), None, None, "", message, fix)

    def _shown(self, name: str, place: Location) -> str:
        folder = self.mapping.path.parent
        path = name if name.startswith(("links.", "tables.")) or name == "people" else f"sources.{name}"
        return str(folder / place.file) if place.file else f"{path} ({masked(place.url)})"


def _due_column(source: Source) -> str:
    return next((a.column for a in source.attributes if a.name == DUE), "")
