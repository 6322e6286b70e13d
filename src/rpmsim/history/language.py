"""The language of a history mapping: one table that reads files and writes the JSON Schema and the reference."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from rpmsim.model.cycle import StageKind
from rpmsim.text.nodes import Node, Path, Scalar
from rpmsim.text.schema.base import Reading, Type
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import YES_NO, Date, Ref, Text, Word

ANY_NAME = re.compile(r"[^\x00-\x1f]{1,200}")
FREE = Text()
COLUMN = Text("the name of a column")


@dataclass(frozen=True)
class Decimal(Text):
    """A positive number."""

    noun: str = "a number above 0"

    def read(self, node: Node, path: Path, reading: Reading) -> float | None:  # type: ignore[override]
        """Read it."""
        if isinstance(node, Scalar) and re.fullmatch(r"\d{1,15}(\.\d{1,9})?", node.text) and float(node.text) > 0:
            return float(node.text)
        self._refuse(node, path, reading)
        return None


@dataclass(frozen=True)
class Zone(Text):
    """A time zone."""

    noun: str = "a time zone"

    def hint(self) -> str:
        """Examples."""
        return "`UTC` or `Europe/Amsterdam`"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read its name."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        if isinstance(node, Scalar):
            try:
                return ZoneInfo(node.text).key
            except (ZoneInfoNotFoundError, ValueError, OSError):
                pass
        self._refuse(node, path, reading)
        return None


@dataclass(frozen=True)
class DateForm(Text):
    """How a source writes times: a word, or a pattern of strptime."""

    noun: str = "a way to write dates"

    def hint(self) -> str:
        """Examples."""
        return "`iso`, `day first`, `month first`, `seconds`, `milliseconds`, `excel`, or a pattern such as `%d.%m.%y`"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        if isinstance(node, Scalar):
            text = " ".join(node.text.split())
            if text.lower() in DATE_FORMS:
                return text.lower()
            if re.fullmatch(r"[%A-Za-z0-9:/.,\- ]{2,60}", text) and "%" in text:
                return text
        self._refuse(node, path, reading)
        return None


@dataclass(frozen=True)
class Meaning(Text):
    """What a written value means; empty: that nothing is known."""

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        return "" if isinstance(node, Scalar) and node.is_null else super().read(node, path, reading)


DATE_FORMS = ("iso", "day first", "month first", "seconds", "milliseconds", "excel")


def listed(inner: Type) -> Either:
    """One value, or a list of them."""
    return Either(scalar=inner, listing=ListOf(inner))


VALUES = listed(Text("a value"))
WRITTEN = "How times are written; of a list, the first form that fits the cell. Default iso."
WHERE = Named(VALUES, "columns with the values that count", ANY_NAME)

PLACE: dict[str, Field] = {
    "file": Field(
        FREE,
        "CSV (also .gz), Parquet, XLSX or DuckDB file, in the folder of the mapping or below; `*` stands for several "
        "files of one form.",
        "leads.csv",
    ),
    "url": Field(
        FREE,
        "Address of a PostgreSQL database; `${NAME}` is taken from the environment, as a password should be.",
        "postgresql://reader:${CRM_PASSWORD}@crm.example.com/crm",
    ),
    "query": Field(FREE, "For a database: the SELECT whose rows are read.", "select * from leads"),
    "table": Field(FREE, "For a database: a table, in place of `query`.", "leads"),
    "sheet": Field(FREE, "For XLSX: the sheet. Default the first.", "Leads"),
    "encoding": Field(
        Word({"utf-8": "utf-8", "latin-1": "latin-1", "utf-16": "utf-16"}, "an encoding"),
        "For CSV. Default utf-8.",
        "latin-1",
    ),
    "delimiter": Field(
        Word({"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}, "a delimiter"),
        "For CSV. Default: the most frequent one in the first line.",
        "semicolon",
    ),
    "timeout": Field(
        Decimal(), "For a database: seconds after which reading is aborted with an error. Default 300.", "60"
    ),
    "optional": Field(YES_NO, "Whether the file may be absent. Default no.", "yes"),
    "empty": Field(
        VALUES, "Values that mean an empty cell, in any column, in upper or lower case.", '["?", "(none)", "N/A"]'
    ),
}

ATTRIBUTE = Record(
    "an attribute",
    {
        "column": Field(COLUMN, "The column; `TABLE.COLUMN` for a table of `tables`.", "LeadSource"),
        "values": Field(
            Named(Meaning(), "what each written value means", ANY_NAME),
            "Meaning of each value in the export; `null` or an empty text means an empty cell.",
            "{Web: website}",
        ),
        "other": Field(FREE, "For values not listed in `values`. Default: as written.", "other"),
        "missing": Field(FREE, "For empty cells. Default: not known.", "unknown"),
        "below": Field(
            Named(Decimal(), "size bands", ANY_NAME),
            "Size bands: the first band whose limit is above the number; larger numbers get `other`.",
            "{small: 50, medium: 500}",
        ),
        "currency": Field(
            COLUMN, "For amounts: the column with the currency. Default: a sign in the cell, or `currency`.", "Currency"
        ),
        "known": Field(
            FREE,
            "For `wide`: since when the value has been known: `created` (it never changes), `export` (only on the last "
            "day), or a column with a time. Default `created` for channel and segment, otherwise `export`.",
            "close_date",
        ),
    },
    bare="column",
)
DUE = Record(
    "a date known in advance",
    {
        "column": Field(COLUMN, "The column with the date, written as `dates` says.", "arrival_date"),
        "known": Field(
            FREE,
            "For `wide`: since when the date has been known: `created` (it never changes, the default), `export` (only "
            "on the last day), or a column with a time.",
            "created",
        ),
    },
    bare="column",
)
STAGE_TIME = Record(
    "a stage's time",
    {
        "time": Field(
            COLUMN,
            "Column with the time. For won and lost also `none`, with `where`: the rows state that it happened, but no "
            "column states when.",
            "close_date",
        ),
        "where": Field(WHERE, "Only in rows with these values.", "{deal_stage: Won}"),
    },
    bare="time",
)
TIME = Record(
    "the time of a row",
    {
        "column": Field(COLUMN, "Column with the time.", "CreatedDate"),
        "file": Field(
            FREE,
            "The pattern of the time in the file's name: `%Y`, `%m`, `%d`, `%H`, `%M` ..., and `*` for any text; with "
            "`/`, including the names of folders.",
            "pipeline_%Y-%m-%d.csv",
        ),
    },
    bare="column",
)
STAGE_OF_ROW = Record(
    "the stage of a row",
    {
        "column": Field(COLUMN, "Column with the stage.", "StageName"),
        "is": Field(Ref("stage"), "Stage of all rows, if no column states it.", "purchase"),
    },
    bare="column",
)
FIELDS = ("stage", "amount", "owner", "due", "channel", "segment")
SHAPE_WORDS = {word: word for word in ("wide", "events", "field history", "values", "snapshots", "work")}

SOURCE = Record(
    "a source",
    {
        **PLACE,
        "shape": Field(
            Word(SHAPE_WORDS, "a shape"),
            "`wide`: a row for each record, a column with a time for each stage. `events`: a row for each entry of a "
            "stage. `field history`: a row for each change of a field. `values`: a row for each change, with all "
            "values "
            "since then. `snapshots`: the values on a day, day after day. `work`: work items.",
            "events",
        ),
        "object": Field(FREE, "Kind of the records, if several objects are linked.", "lead"),
        "record": Field(COLUMN, "Column with the ID of the record.", "mql_id"),
        "time": Field(TIME, "When the row's event happened (a snapshot: its day).", "CreatedDate"),
        "recorded": Field(COLUMN, "When the row was recorded, if later. Default: when it happened.", "SystemModstamp"),
        "stage": Field(STAGE_OF_ROW, "Column with the stage, or the stage of all rows.", "{is: purchase}"),
        "closed": Field(
            COLUMN,
            "For `values` and `snapshots`: column with the day on which a win or a loss counts, known since the time "
            "of its row. Default: it counts at the time of the row.",
            "CloseDate",
        ),
        "pipeline": Field(
            COLUMN, "Column with the pipeline: a stage `PIPELINE/NAME` then takes precedence over `NAME`.", "Pipeline"
        ),
        "stages": Field(
            Named(STAGE_TIME, "stages with their columns"),
            "For `wide`: the stages and their columns.",
            "{lead: first_contact_date}",
        ),
        "current": Field(COLUMN, "For `wide`: column with the stage on the last day.", "Status"),
        "created": Field(
            COLUMN, "For `wide`: when the record was created; for `work`: when the item was created.", "CreatedDate"
        ),
        "starts": Field(
            Ref("stage"),
            "For `wide`: the stage of a record from `created` on, unless its history states it.",
            "lead",
        ),
        "field": Field(COLUMN, "For `field history`: column with the name of the field.", "Field"),
        "old": Field(COLUMN, "For `field history`: column with the old value.", "OldValue"),
        "new": Field(COLUMN, "For `field history`: column with the new value.", "NewValue"),
        "fields": Field(
            Named(Word({w: w for w in FIELDS}, "a field"), "what each field is", ANY_NAME),
            "For `field history`: the meaning of each field; others are left out.",
            "{Status: stage, Owner: owner}",
        ),
        "channel": Field(ATTRIBUTE, "Channel of the record.", "LeadSource"),
        "segment": Field(ATTRIBUTE, "Segment of the buyer.", "{column: employees, below: {small: 50}, other: large}"),
        "amount": Field(ATTRIBUTE, "Amount of the deal.", "{column: Amount, currency: CurrencyIsoCode}"),
        "owner": Field(ATTRIBUTE, "Owner of the record.", "OwnerId"),
        "due": Field(
            DUE,
            "A date that is known in advance: the arrival of a booking, the start of a contract, a renewal.",
            "arrival_date",
        ),
        "attributes": Field(
            Named(ATTRIBUTE, "further attributes"), "Other attributes; the audit examines them.", "{region: Region}"
        ),
        "started": Field(COLUMN, "For `work`: when the item was started.", "started_at"),
        "completed": Field(COLUMN, "For `work`: when the item was completed.", "completed_at"),
        "item": Field(COLUMN, "For `work` with `steps`: column with the item.", "concept:name"),
        "steps": Field(
            Record(
                "steps of a work item",
                {
                    "column": Field(COLUMN, "Column with the step.", "lifecycle:transition"),
                    "created": Field(FREE, "Value that means created.", "SCHEDULE"),
                    "started": Field(FREE, "Value that means started.", "START"),
                    "completed": Field(FREE, "Value that means completed.", "COMPLETE"),
                },
            ),
            "For `work` with one row per step of an item, at `time`.",
            "{column: lifecycle:transition, created: SCHEDULE, started: START, completed: COMPLETE}",
        ),
        "joins": Field(
            Named(COLUMN, "tables with the column that contains their key"),
            "Tables of `tables`, each with the column that contains its key.",
            "{teams: sales_agent}",
        ),
        "where": Field(WHERE, "Only rows with these values count; `*` stands for any text.", "{Type: [New, Renewal]}"),
        "without": Field(
            WHERE, "Rows with these values are left out, such as deleted or test records.", "{IsDeleted: true}"
        ),
        "merged_into": Field(
            COLUMN, "Column with the ID of the record that this one was merged into.", "MasterRecordId"
        ),
        "dates": Field(listed(DateForm()), WRITTEN, "day first"),
        "time_zone": Field(Zone(), "Time zone of times without an offset. Default: the mapping's.", "UTC"),
        "decimal": Field(
            Word({"point": ".", "comma": ","}, "point or comma"), "Decimal separator. Default point.", "comma"
        ),
        "recorded_from": Field(
            Either(scalar=Date(), mapping=Named(Date(), "stages with a date")),
            "First day on which the source recorded entries, or by stage: earlier entries are missing.",
            "{won: 2017-12-05}",
        ),
        "recorded_until": Field(
            Either(scalar=Date(), mapping=Named(Date(), "stages with a date")),
            "Last day on which the source recorded entries, or by stage: later entries are missing. New "
            "records end with their first stage.",
            "{lead: 2018-05-31}",
        ),
    },
)
TABLE = Record(
    "a table to look things up in",
    {**PLACE, "key": Field(COLUMN, "Column with the key.", "sales_agent")},
)
LINK = Record(
    "an identity link",
    {
        **PLACE,
        "from": Field(Named(COLUMN, "an object with its column", most=1), "The earlier object.", "{lead: Id}"),
        "to": Field(
            Named(COLUMN, "an object with its column", most=1),
            "The later object, the same customer.",
            "{opportunity: ConvertedOpportunityId}",
        ),
        "time": Field(COLUMN, "When they were linked. Default: known from the first day on.", "ConvertedDate"),
        "dates": Field(listed(DateForm()), WRITTEN, "day first"),
        "time_zone": Field(Zone(), "Time zone of times without an offset.", "UTC"),
    },
)
PEOPLE = Record(
    "people",
    {
        **PLACE,
        "id": Field(COLUMN, "Column with the owner as written in the sources.", "Id"),
        "name": Field(COLUMN, "Name.", "Name"),
        "role": Field(COLUMN, "Role.", "UserRole"),
        "start": Field(COLUMN, "First day.", "CreatedDate"),
        "end": Field(COLUMN, "Last day.", "LastDay"),
        "dates": Field(listed(DateForm()), WRITTEN, "day first"),
    },
)
STAGE = Record(
    "a stage",
    {
        "label": Field(FREE, "Display name.", "Proposal"),
        "kind": Field(
            Word({word: word for word in get_args(StageKind)}, "a kind of stage"),
            "What the stage is, whatever its name. Default: its name if that is a kind, otherwise other.",
            "opportunity",
        ),
        "names": Field(
            listed(Text("a name")),
            "Its names in the sources; `PIPELINE/NAME` if a name has several meanings. Default: its name here.",
            "[Prospecting, Qualification]",
        ),
        "to": Field(
            ListOf(Ref("stage")),
            "Stages that may follow. Default: the next one in this map, and all of the kinds lost, nurture, other.",
            "[proposal, lost]",
        ),
        "enters": Field(
            YES_NO,
            "Whether records can begin here. Default: only in the first stage; in any stage if no stage states it.",
            "yes",
        ),
    },
)
HISTORY = Record(
    "a history",
    {
        "name": Field(FREE, "Name of the history. Default: the file's name.", "CRM export"),
        "label": Field(FREE, "Display name.", "Our CRM, May 2027"),
        "description": Field(FREE, "What the history is.", "Weekly export"),
        "as_of": Field(Date(), "Last day of the export; it contains nothing later.", "2026-12-31"),
        "time_zone": Field(Zone(), "Time zone in which days are counted. Default UTC.", "Europe/Berlin"),
        "holidays": Field(
            FREE, "Region whose public holidays are days off: `rpmsim calibrate` closes clocks on them.", "DE-BY"
        ),
        "currency": Field(FREE, "Currency of all amounts, three letters. Default EUR.", "EUR"),
        "rates": Field(
            Named(Decimal(), "currencies", re.compile(r"[A-Z]{3}")),
            "Value of one unit of another currency.",
            "{USD: 0.92}",
        ),
        "stages": Field(
            Named(STAGE, "stages"),
            "The stages in their usual order. `won` and `lost` need not be declared.",
            "{lead: {kind: lead, names: [New, Open]}}",
        ),
        "ignore": Field(listed(Text("a name")), "Names of stages to leave out; `*` stands for any text.", "[W_*]"),
        "sources": Field(
            Named(SOURCE, "sources"), "The files or tables to read.", "{leads: {file: leads.csv, shape: wide}}"
        ),
        "tables": Field(
            Named(TABLE, "tables"),
            "Tables with more attributes, joined by a key.",
            "{teams: {file: teams.csv, key: agent}}",
        ),
        "links": Field(
            ListOf(LINK),
            "Which records of different objects are the same customer. First touch wins: a record with several "
            "predecessors continues the earliest one.",
            "[{file: Lead.csv, from: {lead: Id}, to: {opportunity: ConvertedOpportunityId}}]",
        ),
        "people": Field(
            PEOPLE, "The owners: people with their roles and dates.", "{file: users.csv, id: Id, role: Role}"
        ),
    },
)


def matched(values: Any) -> tuple[str, ...]:
    """A scalar or a list as a tuple."""
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(value for value in values if value is not None)
