"""The JSON Schema of scenario files, for completion and hover help in editors.

Draft 7, which the YAML language server reads. It describes one file, so nothing is required: a what-if
states a few lines. It is milder than the reader, which knows units, classes and what is extended.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.schema.base import NUMBER_KEYS, PROVENANCE, Type
from rpmsim.scenario.schema.maps import Dated, Either, Field, ListOf, Named, Record
from rpmsim.scenario.schema.numbers import ByClass, Num, RestOr, Table
from rpmsim.scenario.schema.scalars import Date, PeriodLabel, Ref, Text, Word
from rpmsim.scenario.schema.special import (
    ByMonth,
    ChangeBlock,
    Decay,
    Effects,
    GradeMix,
    HolidayRegion,
    Stretch,
    WorkDays,
    YearEnd,
)
from rpmsim.scenario.statements import SHIFT
from rpmsim.scenario.tables import LONG_FORM

Schema = dict[str, Any]
_FILE = r"\.([cC][sS][vV]|[xX][lL][sS][xX])$|\n"
_ABOUT_TABLES = {
    "sheet": "Sheet of the workbook; may be left out where there is one.",
    "column": "Heading of the column; left out: the name of what the numbers are about.",
    "shift": "Moves the rows in time, by months, quarters or years.",
    "change": "Changes every number: +8%.",
    "scale": "What one of the table's numbers stands for: 1000.",
    "role": "What the table's column `role` holds for these people; left out: the role's name.",
    "segment": "What the table's column `segment` holds for these people; left out: anything.",
}
_SCALAR: Schema = {"$ref": "#/definitions/scalar"}
_DOTTED = r"^[a-z0-9_*]+(\.[A-Za-z0-9_*+-]+)+$"
_MONTH_OR_DAY = r"^(\d{4}-\d{2}(-\d{2})?|(\d{4}|FY\d{2})-Q[1-4]|\*)$"
_HISTORY = {
    "owner": "Who stands behind the assumption.",
    "source": "Where it comes from.",
    "date": "When it was stated or checked.",
    "note": "What else is worth knowing.",
}


ABOUT_SCENARIOS = (
    "rpmsim scenario",
    "A revenue cycle to simulate: leads, stages, people, money. See docs/reference/scenario.md.",
)


def json_schema(language: Record = SCENARIO, about: tuple[str, str] = ABOUT_SCENARIOS) -> Schema:
    """The schema of the files of a language, in JSON Schema draft 7; of scenario files by default.

    Parameters
    ----------
    language : Record
        What may stand at the top of a file.
    about : tuple of (str, str)
        Title and description.
    """
    definitions: dict[str, Schema] = {"scalar": {"type": ["string", "number", "boolean", "null"]}}
    definitions |= {key: {"description": text, "allOf": [_SCALAR]} for key, text in _HISTORY.items()}
    top = _Writer(definitions).record(language)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": about[0],
        "description": about[1],
        **top,
        "type": "object",
        "definitions": dict(sorted(definitions.items())),
    }


def json_schema_text(schema: Schema | None = None) -> str:
    """A schema as it is stored; that of scenarios by default."""
    return json.dumps(schema or json_schema(), indent=2, ensure_ascii=False) + "\n"


class _Writer:
    """Writes types as schemas; what occurs in several places becomes a definition."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions

    def record(self, type_: Record, further: dict[str, Field] | None = None) -> Schema:
        """A map with known keys."""
        fields = {**type_.fields, **(further or {})}
        properties = {key: self.field(field) for key, field in fields.items()}
        for key in PROVENANCE:
            properties.setdefault(key, {"$ref": f"#/definitions/{key}"})
        return {
            "type": ["object", "null"],
            "properties": properties,
            "patternProperties": {_DOTTED: {}, r"^<<$": {}},
            "additionalProperties": False,
        }

    def field(self, field: Field) -> Schema:
        """A key with its help."""
        inner = self.of(field.type)
        example = {"examples": [field.example]} if field.example else {}
        if "$ref" in inner:
            return {"description": field.doc, **example, "allOf": [inner]}
        return {
            "description": field.doc,
            **example,
            **{k: v for k, v in inner.items() if k not in ("description", "examples")},
        }

    def of(self, type_: Type) -> Schema:
        """The schema of any type; where a table may stand for a map, also its name and its long form."""
        form = getattr(type_, "table", "")
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
        said = {key: {**_SCALAR, "description": _ABOUT_TABLES[key]} for key in ("sheet", *LONG_FORM[form])}
        first = {"type": ["string", "object"], "description": "A CSV or XLSX file, the text of a CSV, or the rows."}
        return {
            "type": "object",
            "required": ["table"],
            "properties": {"table": first, **said},
            "additionalProperties": False,
        }

    def inline(self, type_: Type) -> Schema:
        """The schema of what is written in the scenario itself."""
        if isinstance(type_, Word):
            words: list[Any] = list(type_.words)
            if type_.noun == "a month":
                return {**_SCALAR, "examples": words}
            return {"enum": [*words, *([True, False] if "true" in words else []), None]}
        if isinstance(type_, Record):
            inner = self.define(type_.noun, lambda: self.record(type_))
            return {"anyOf": [self.of(type_.fields[type_.bare].type), inner]} if type_.bare else inner
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
        """Types that need no definition."""
        if isinstance(type_, Named):
            pattern = f"^({type_.pattern.pattern}|\\*)$"
            return {
                "type": ["object", "null"],
                "patternProperties": {pattern: self.of(type_.inner), _DOTTED: {}, r"^<<$": {}},
                "additionalProperties": False,
            }
        if isinstance(type_, Dated):
            return {
                "type": ["object", "null"],
                "properties": {SHIFT: {**_SCALAR, "description": "In a what-if: moves the parent's rows in time."}},
                "patternProperties": {_MONTH_OR_DAY: self.of(type_.inner)},
                "additionalProperties": False,
            }
        if isinstance(type_, ListOf):
            return {"type": ["array", "null"], "items": self.of(type_.inner)}
        if isinstance(type_, Either):
            return {"anyOf": [self.of(option) for option in type_.options] + [_SCALAR]}
        if isinstance(type_, ByMonth):
            return {"anyOf": [self.of(type_.always), self.plain(Dated(type_.rows))]}
        if isinstance(type_, Decay):
            return {"anyOf": [self.of(type_.per_day), {"type": "object", "required": ["power"]}]}
        if isinstance(type_, Effects | GradeMix | Table):
            return {"type": ["object", "array", "null"]}
        if isinstance(type_, Text | Ref | Date | PeriodLabel | WorkDays | HolidayRegion | Stretch | YearEnd):
            return dict(_SCALAR)
        raise TypeError(f"no schema for {type_!r}")

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
        me = {"$ref": f"#/definitions/{_slug(self.key_of(type_.inner) + ' by class')}"}
        names = {"type": "object", "propertyNames": {"not": {"enum": list(NUMBER_KEYS)}}, "additionalProperties": me}
        return {"anyOf": [self.of(type_.inner), names]}

    def key_of(self, type_: Type) -> str:
        """A name for a definition."""
        if isinstance(type_, Num):
            return f"number {type_.kind.noun} {type_.kind.examples[0]}"
        return f"rest or {self.key_of(type_.inner)}" if isinstance(type_, RestOr) else type_.noun

    def define(self, name: str, make: Any) -> Schema:
        """A reference to a definition, which is made when it is first needed."""
        slug = _slug(name)
        if slug not in self.definitions:
            self.definitions[slug] = {}
            self.definitions[slug] = make()
        return {"$ref": f"#/definitions/{slug}"}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
