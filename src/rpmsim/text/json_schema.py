"""The JSON Schema of the files of a language, for completion and hover help in editors.

Draft 7, which the YAML language server reads. It describes one file, so nothing is required: a what-if
states a few lines. It is milder than the reader, which knows units, classes and what is extended.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import Date, Ref, Text, Word

Schema = dict[str, Any]
SCALAR: Schema = {"$ref": "#/definitions/scalar"}
_HISTORY = {
    "owner": "Who is responsible for the assumption.",
    "source": "Where it comes from.",
    "date": "When it was stated or checked.",
    "note": "Anything else worth knowing.",
}


class SchemaWriter:
    """Writes the types of a language as schemas; what occurs in several places becomes a definition."""

    dotted = r"[a-z0-9_*]+(\.[A-Za-z0-9_*+-]+)+"
    """A key that stands for several levels."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {"scalar": {"type": ["string", "number", "boolean", "null"]}}
        self.definitions |= {key: {"description": text, "allOf": [SCALAR]} for key, text in _HISTORY.items()}

    def whole(self, language: Record, title: str, description: str) -> Schema:
        """The schema of the files of a language, at whose top stands the record, in JSON Schema draft 7."""
        top = self.record(language)
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": title,
            "description": description,
            **top,
            "type": "object",
            "definitions": dict(sorted(self.definitions.items())),
        }

    def record(self, type_: Record, further: dict[str, Field] | None = None) -> Schema:
        """A map with known keys."""
        fields = {**type_.fields, **(further or {})}
        properties = {key: self.field(field) for key, field in fields.items()}
        for key in PROVENANCE:
            properties.setdefault(key, {"$ref": f"#/definitions/{key}"})
        return {
            "type": ["object", "null"],
            "properties": properties,
            "patternProperties": {f"^{self.dotted}$": {}, r"^<<$": {}},
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
        """The schema of any type."""
        if isinstance(type_, Word):
            return {"enum": [*type_.words, *([True, False] if "true" in type_.words else []), None]}
        if isinstance(type_, Record):
            inner = self.define(type_.noun, lambda: self.record(type_))
            return {"anyOf": [self.of(type_.fields[type_.bare].type), inner]} if type_.bare else inner
        if isinstance(type_, Named):
            pattern = f"^({type_.pattern.pattern}|\\*)$"
            return {
                "type": ["object", "null"],
                "patternProperties": {pattern: self.of(type_.inner), f"^{self.dotted}$": {}, r"^<<$": {}},
                "additionalProperties": False,
            }
        if isinstance(type_, ListOf):
            return {"type": ["array", "null"], "items": self.of(type_.inner)}
        if isinstance(type_, Either):
            return {"anyOf": [self.of(option) for option in type_.options] + [SCALAR]}
        if isinstance(type_, Text | Ref | Date):
            return dict(SCALAR)
        raise TypeError(f"no schema for {type_!r}")

    def define(self, name: str, make: Any) -> Schema:
        """A reference to a definition, which is made when it is first needed."""
        key = slug(name)
        if key not in self.definitions:
            self.definitions[key] = {}
            self.definitions[key] = make()
        return {"$ref": f"#/definitions/{key}"}


def slug(name: str) -> str:
    """A name as the key of a definition."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def stored(schema: Schema) -> str:
    """A schema as it is stored."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
