"""The reference of the language's keys, written from the one table that also reads files.

``python -m rpmsim.scenario.reference FILE.md SCHEMA.json`` renews the generated part of the page between its two
marker lines, and the JSON Schema.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rpmsim.scenario.json_schema import json_schema_text
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.schema.quantities import Num
from rpmsim.text.reference import keys_of, replaced
from rpmsim.text.schema.base import Type

BEGIN = "<!-- generated: python -m rpmsim.scenario.reference -->"


def reference() -> str:
    """All keys of a scenario by the map in which they stand, and the kinds of numbers, in Markdown."""
    return f"{keys_of(SCENARIO)}\n### Kinds of numbers\n\n{_kinds()}\n"


def renewed(page: str) -> str:
    """A page with its generated part renewed."""
    return replaced(page, BEGIN, reference())


def _numbers(type_: Type) -> Iterator[Num]:
    """Every number of which a type is made."""
    if isinstance(type_, Num):
        yield type_
    for _, part in type_.parts():
        yield from _numbers(part)


def _kinds() -> str:
    """Units and default units of all kinds of numbers that occur."""
    found: dict[str, Num] = {}
    for num in _numbers(SCENARIO):
        found.setdefault(f"{num.kind.noun} {num.kind.examples}", num)
    rows = ["| kind | units (the first one is the default) | range is normal | examples |", "|---|---|---|---|"]
    scales = {"share": "on the log-odds scale", "positive": "on the log scale", "real": "on its own scale"}
    for num in found.values():
        kind = num.kind
        units = list(dict.fromkeys([kind.default, *kind.units])) if kind.units else ["none"]
        words = ", ".join(f"`{unit}`" if unit not in ("none", "") else "none" for unit in units)
        words += " (required)" if kind.asks else ""
        scale = scales[kind.scale] if kind.ranged else "no ranges"
        rows.append(f"| {kind.noun} | {words} | {scale} | {', '.join(f'`{example}`' for example in kind.examples)} |")
    return "\n".join(rows)


def main(arguments: list[str]) -> None:
    """Renew the page and the schema that are named."""
    page, schema = (Path(argument) for argument in arguments)
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    schema.write_text(json_schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
