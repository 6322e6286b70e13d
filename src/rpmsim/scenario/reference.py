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
from rpmsim.scenario.schema.base import Type
from rpmsim.scenario.schema.maps import Dated, Either, Field, ListOf, Named, Record
from rpmsim.scenario.schema.numbers import ByClass, Num, RestOr
from rpmsim.scenario.schema.scalars import Word
from rpmsim.scenario.schema.special import ByMonth, ChangeBlock, Decay, Effects

BEGIN = "<!-- generated: python -m rpmsim.scenario.reference -->"
END = "<!-- end of generated part -->"


def reference() -> str:
    """All keys of a scenario by the map in which they stand, and the kinds of numbers, in Markdown."""
    return f"{keys_of(SCENARIO)}\n### Kinds of numbers\n\n{_kinds()}\n"


def keys_of(language: Record) -> str:
    """All keys of a language by the map in which they stand, in Markdown."""
    parts = []
    for path, record in _records(language, ()):
        title = f"`{'.'.join(path)}`" if path else "Top level"
        parts.append(f"### {title}: {record.noun}\n\n{_table(record)}")
    return "\n\n".join(parts) + "\n"


def renewed(page: str) -> str:
    """A page with its generated part renewed."""
    return replaced(page, BEGIN, reference())


def replaced(page: str, begin: str, text: str) -> str:
    """A page with another text between its two marker lines."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{text}\n{END}{after}"


def _records(type_: Type, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Record]]:
    """Every map with known keys, with a path at which it may stand."""
    if isinstance(type_, ChangeBlock):
        yield path, type_.header
    elif isinstance(type_, Record):
        yield path, type_
        for key, field in type_.fields.items():
            yield from _records(field.type, (*path, key))
    elif isinstance(type_, Named):
        yield from _records(type_.inner, (*path, "NAME"))
    elif isinstance(type_, ListOf):
        yield from _records(type_.inner, path)
    elif isinstance(type_, Either):
        seen: set[str] = set()
        for option in type_.options:
            for inner_path, record in _records(option, path):
                if record.noun not in seen:
                    seen.add(record.noun)
                    yield inner_path, record


def _table(record: Record) -> str:
    """The keys of one map."""
    intro = ""
    if record.bare:
        intro = f"A bare value stands for `{record.bare}`.\n\n"
    rows = ["| key | value | meaning | example |", "|---|---|---|---|"]
    for key, field in record.fields.items():
        rows.append(f"| `{key}`{_mark(field)} | {_form(field.type)} | {_cell(field.doc)} | {_example(key, field)} |")
    return intro + "\n".join(rows)


def _mark(field: Field) -> str:
    return "" if field.dated else " \\*"


def _example(key: str, field: Field) -> str:
    return f"`{key}: {_cell(field.example)}`" if field.example else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _form(type_: Type) -> str:
    """What may stand behind a key, in a few words."""
    return _inline(type_) + (" or a table" if getattr(type_, "table", "") else "")


def _inline(type_: Type) -> str:
    if isinstance(type_, Num):
        return type_.kind.noun
    if isinstance(type_, RestOr):
        return f"{_form(type_.inner)} or `rest`"
    if isinstance(type_, ByClass):
        return f"{_form(type_.inner)}, may differ by class"
    if isinstance(type_, Word):
        return ", ".join(f"`{word}`" for word in type_.words) if len(type_.words) <= 12 else type_.noun
    if isinstance(type_, Either):
        return " or ".join(_form(option) for option in type_.options)
    if isinstance(type_, Dated):
        return f"{_form(type_.inner)}, by month or day"
    if isinstance(type_, Named):
        return f"map: {type_.noun}"
    if isinstance(type_, ListOf):
        return f"list of {_form(type_.inner)}"
    if isinstance(type_, Record):
        return f"map: {type_.noun}" + (f", or {_form(type_.fields[type_.bare].type)}" if type_.bare else "")
    return type_.noun


def _kinds() -> str:
    """Units and default units of all kinds of numbers that occur."""
    found: dict[str, Num] = {}

    def walk(type_: Type) -> None:
        if isinstance(type_, Num):
            found.setdefault(f"{type_.kind.noun} {type_.kind.examples}", type_)
        elif isinstance(type_, RestOr | ByClass | Named | Dated | ListOf):
            walk(type_.inner)
        elif isinstance(type_, ByMonth):
            walk(type_.always)
            walk(type_.rows)
        elif isinstance(type_, Decay):
            walk(type_.per_day)
        elif isinstance(type_, Either):
            for option in type_.options:
                walk(option)
        elif isinstance(type_, ChangeBlock):
            walk(type_.header)
        elif isinstance(type_, Effects):
            walk(type_.step("*") or type_)
        elif isinstance(type_, Record):
            for field in type_.fields.values():
                walk(field.type)

    walk(SCENARIO)
    rows = ["| kind | units (the first is meant by a bare number) | range is normal | examples |", "|---|---|---|---|"]
    scales = {"share": "on the log odds", "positive": "on the logarithm", "real": "as it stands"}
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
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    schema.write_text(json_schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
