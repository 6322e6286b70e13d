"""The JSON Schema of scenario files, for completion and hover help in editors."""

from __future__ import annotations

from rpmsim.scenario.file_tables import LONG_FORM
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.schema.periods import Dated, PeriodLabel
from rpmsim.scenario.schema.quantities import ByClass, Num, RestOr, Table
from rpmsim.scenario.schema.reading import NUMBER_KEYS
from rpmsim.scenario.schema.special import (
    ByMonth,
    ChangeBlock,
    Decay,
    Effects,
    GradeMix,
    HolidayRegion,
    WorkDays,
    YearEnd,
)
from rpmsim.scenario.statements import SHIFT
from rpmsim.text.json_schema import SCALAR, Schema, SchemaWriter, slug, stored
from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.scalars import Word

_FILE = r"\.([cC][sS][vV]|[xX][lL][sS][xX])$|\n"
_ABOUT_TABLES = {
    "sheet": "Sheet of the workbook; not needed if there is only one.",
    "column": "Heading of the column. Default: the name of the channel, role, cost or metric.",
    "shift": "Moves the rows in time, by months, quarters or years.",
    "change": "Changes every number: +8%.",
    "scale": "Factor on the numbers of the table, such as 1000.",
    "role": "Value of the table's column `role` for these people. Default: the name of the role.",
    "segment": "Value of the table's column `segment` for these people. Default: any.",
}
_MONTH_OR_DAY = r"^(\d{4}-\d{2}(-\d{2})?|(\d{4}|FY\d{2})-Q[1-4]|\*)$"

ABOUT = (
    "rpmsim scenario",
    "A revenue cycle to simulate: leads, stages, people, money. See docs/reference/scenario.md.",
)


def json_schema() -> Schema:
    """The schema of scenario files, in JSON Schema draft 7."""
    return _ScenarioWriter().whole(SCENARIO, *ABOUT)


def json_schema_text() -> str:
    """The schema of scenario files as it is stored."""
    return stored(json_schema())


class _ScenarioWriter(SchemaWriter):
    """Writes also the types that only scenarios know, and that a table in a file may stand for a map."""

    dotted = r"[a-z0-9_*]+(\.[A-Za-z0-9_*+-]+( [a-z]+)?)+"

    def of(self, type_: Type) -> Schema:
        """The schema of any type; where a table may stand for a map, also its name and its long form."""
        form = type_.table
        if not form:
            return self.inline(type_)
        inner = self.inline(type_)
        file = self.define(
            "a table", lambda: {"type": "string", "description": "A CSV or XLSX file.", "pattern": _FILE}
        )
        long = self.define(f"a table of {form}", lambda: self.table(form))
        return {"anyOf": [*inner.get("anyOf", [inner]), file, long]}

    def table(self, form: str) -> Schema:
        """A table with what there is to say of it."""
        said = {key: {**SCALAR, "description": _ABOUT_TABLES[key]} for key in ("sheet", *LONG_FORM[form])}
        first = {"type": ["string", "object"], "description": "A CSV or XLSX file, the text of a CSV, or the rows."}
        return {
            "type": "object",
            "required": ["table"],
            "properties": {"table": first, **said},
            "additionalProperties": False,
        }

    def inline(self, type_: Type) -> Schema:
        """The schema of what is written in the scenario itself."""
        if isinstance(type_, Word) and type_.noun == "a month":
            return {**SCALAR, "examples": list(type_.words)}
        if isinstance(type_, ChangeBlock):
            return self.define(type_.noun, lambda: self.record(type_.header, dict(type_.content)))
        if isinstance(type_, Num):
            return self.define(f"number {type_.kind.noun} {type_.kind.examples[0]}", lambda: self.number(type_))
        if isinstance(type_, RestOr):
            return {"anyOf": [{"const": "rest"}, self.of(type_.inner)]}
        if isinstance(type_, ByClass):
            return self.define(f"{self.key_of(type_.inner)} by class", lambda: self.by_class(type_))
        return self.plain(type_)

    def plain(self, type_: Type) -> Schema:
        """The schema of what needs no definition."""
        if isinstance(type_, Dated):
            return {
                "type": ["object", "null"],
                "properties": {SHIFT: {**SCALAR, "description": "In a what-if: moves the parent's rows in time."}},
                "patternProperties": {_MONTH_OR_DAY: self.of(type_.inner)},
                "additionalProperties": False,
            }
        if isinstance(type_, ByMonth):
            return {"anyOf": [self.of(type_.always), self.plain(Dated(type_.rows))]}
        if isinstance(type_, Decay):
            return {"anyOf": [self.of(type_.per_day), {"type": "object", "required": ["power"]}]}
        if isinstance(type_, Effects | GradeMix | Table):
            word = ["string"] if isinstance(type_, Table) and type_.drawn else []
            return {"type": ["object", "array", "null", *word]}
        if isinstance(type_, PeriodLabel | WorkDays | HolidayRegion | YearEnd):
            return dict(SCALAR)
        return super().of(type_)

    def number(self, type_: Num) -> Schema:
        """A number as a scalar, or with its history."""
        parts: dict[str, Schema] = {
            key: {"type": ["string", "number"], "examples": list(type_.kind.examples[:1])}
            for key in ("value", "low", "high")
        }
        parts["draw"] = {
            "type": "string",
            "description": "Name of the parameter: ranges of one name are drawn together.",
        }
        parts |= {key: {"$ref": f"#/definitions/{key}"} for key in PROVENANCE}
        history = {"type": "object", "properties": parts, "additionalProperties": False}
        return {
            "description": type_.kind.noun,
            "examples": list(type_.kind.examples),
            "anyOf": [{"type": ["string", "number", "null"]}, history],
        }

    def by_class(self, type_: ByClass) -> Schema:
        """A value, or a map of values by class, which may be nested."""
        me = {"$ref": f"#/definitions/{slug(self.key_of(type_.inner) + ' by class')}"}
        names = {"type": "object", "propertyNames": {"not": {"enum": list(NUMBER_KEYS)}}, "additionalProperties": me}
        return {"anyOf": [self.of(type_.inner), names]}

    def key_of(self, type_: Type) -> str:
        """A name for a definition."""
        if isinstance(type_, Num):
            return f"number {type_.kind.noun} {type_.kind.examples[0]}"
        return f"rest or {self.key_of(type_.inner)}" if isinstance(type_, RestOr) else type_.noun
