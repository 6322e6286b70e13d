"""The reference of a language's keys in Markdown, written from the one table that also reads files."""

from __future__ import annotations

from collections.abc import Iterator

from rpmsim.text.nodes import Path
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.maps import Either, Field, Record

END = "<!-- end of generated part -->"


def keys_of(language: Record) -> str:
    """All keys of a language by the map in which they stand, in Markdown."""
    parts = []
    for path, record in records(language):
        title = f"`{'.'.join(path)}`" if path else "Top level"
        parts.append(f"### {title}: {record.noun}\n\n{_table(record)}")
    return "\n\n".join(parts) + "\n"


def replaced(page: str, begin: str, text: str) -> str:
    """A page with another text between its two marker lines."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{text}\n{END}{after}"


def records(type_: Type, path: Path = ()) -> Iterator[tuple[Path, Record]]:
    """Every map with known keys, with a path at which it may stand; of alternatives, each map once."""
    if isinstance(type_, Record):
        yield path, type_
    inner = (found for keys, part in type_.parts() for found in records(part, (*path, *keys)))
    if isinstance(type_, Either):
        first: dict[str, tuple[Path, Record]] = {}
        for place, record in inner:
            first.setdefault(record.noun, (place, record))
        yield from first.values()
    else:
        yield from inner


def _table(record: Record) -> str:
    """The keys of one map."""
    intro = ""
    if record.bare:
        intro = f"A bare value stands for `{record.bare}`.\n\n"
    rows = ["| key | value | meaning | example |", "|---|---|---|---|"]
    for key, field in record.fields.items():
        rows.append(f"| `{key}`{_mark(field)} | {field.type.brief()} | {_cell(field.doc)} | {_example(key, field)} |")
    return intro + "\n".join(rows)


def _mark(field: Field) -> str:
    return "" if field.dated else " \\*"


def _example(key: str, field: Field) -> str:
    return f"`{key}: {_cell(field.example)}`" if field.example else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
