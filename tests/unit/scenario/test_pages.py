"""The reference page and the JSON Schema are those of the code, and the schema is a schema of our files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rpmsim.scenario.json_schema import json_schema, json_schema_text
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.reference import BEGIN, renewed
from rpmsim.text.schema.base import PROVENANCE
from tests.unit.scenario.texts import SMALL

ROOT = Path(__file__).parents[3]
RENEW = "python -m rpmsim.scenario.reference docs/reference/scenario.md scenarios/scenario.schema.json"
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs" / "reference" / "scenario.md").read_text(encoding="utf-8")
    assert BEGIN in page
    assert page == renewed(page), f"renew it: {RENEW}"


def test_the_stored_schema_is_fresh() -> None:
    stored = (ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8")
    assert stored == json_schema_text(), f"renew it: {RENEW}"


def test_every_key_has_help_and_an_example() -> None:
    page = renewed(BEGIN)
    for key, field in SCENARIO.fields.items():
        assert f"| `{key}` |" in page
        assert field.doc.endswith((".", ". "))
        assert f"`{key}: " in page


def matches(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Whether a value fits a schema, as far as our schemas go."""
    if "$ref" in schema:
        return matches(value, whole["definitions"][schema["$ref"].rsplit("/", 1)[1]], whole)
    names = {
        str: "string",
        int: "number",
        float: "number",
        bool: "boolean",
        type(None): "null",
        dict: "object",
        list: "array",
    }
    types = schema.get("type", list(names.values()))
    if names[type(value)] not in types:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if not all(matches(value, part, whole) for part in schema.get("allOf", [])):
        return False
    if "anyOf" in schema and not any(matches(value, part, whole) for part in schema["anyOf"]):
        return False
    if isinstance(value, list):
        return all(matches(item, schema.get("items", {}), whole) for item in value)
    if not isinstance(value, dict):
        return True
    refused = schema.get("propertyNames", {}).get("not", {}).get("enum", ())
    for key, item in value.items():
        parts = [schema["properties"][key]] if key in schema.get("properties", {}) else []
        parts += [part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        further = schema.get("additionalProperties", True)
        if key in refused or (not parts and further is False):
            return False
        if not parts and isinstance(further, dict):
            parts = [further]
        if not all(matches(item, part, whole) for part in parts):
            return False
    return set(schema.get("required", ())) <= set(value)


def document(text: str) -> Any:
    """A file as an editor's language server sees it: keys are text, dates are text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value if isinstance(value, str | int | float | bool | None) else str(value)

    return plain(YAML(typ="safe").load(text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_fit_the_schema(path: Path) -> None:
    schema = json_schema()
    assert matches(document(path.read_text(encoding="utf-8")), schema, schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("leads:", "leeds:"),
        ("kind:", "knd:"),
        ("law: gamma", "law: gama"),
        ("share: 30%}", "shares: 30%}"),
        ("as_of:", "asof:"),
    ],
)
def test_what_the_reader_refuses_in_form_the_schema_refuses(old: str, new: str) -> None:
    schema = json_schema()
    text = SMALL.replace("inbound: {", "inbound: {kind: sales, ").replace(
        "median: 60 days}", "law: gamma, mean: 3, shape: 2}"
    )
    assert matches(document(text), schema, schema)
    assert old in text
    assert not matches(document(text.replace(old, new)), schema, schema)


def test_the_schema_reports_of_history_everywhere() -> None:
    schema = json_schema()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    for definition in ("a_stage", "an_outcome", "a_role", "a_channel"):
        assert set(PROVENANCE) <= set(schema["definitions"][definition]["properties"])
    assert json.loads(json_schema_text()) == schema
