"""The reference of the mapping's keys and its JSON Schema, written from the one table that also reads files.

``python -m rpmsim.history.reference FILE.md SCHEMA.json`` renews the generated part of the page between its two
marker lines, and the JSON Schema.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rpmsim.history.language import HISTORY
from rpmsim.text.json_schema import SchemaWriter, stored
from rpmsim.text.reference import keys_of, replaced

BEGIN = "<!-- generated: python -m rpmsim.history.reference -->"
ABOUT = ("rpmsim history", "How a CRM export is read: sources, stages, links. See docs/reference/history.md.")


def schema_text() -> str:
    """The JSON Schema of history mappings, as it is stored."""
    return stored(SchemaWriter().whole(HISTORY, *ABOUT))


def renewed(page: str) -> str:
    """A page with its generated part renewed."""
    return replaced(page, BEGIN, keys_of(HISTORY))


def main(arguments: list[str]) -> None:
    """Renew the page and the schema that are named."""
    page, schema = (Path(argument) for argument in arguments)
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    schema.write_text(schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
