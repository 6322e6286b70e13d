"""Tables in files, put in the place of the maps for which they stand, before anything is merged.

A table may stand wherever the language says so (:data:`.schema.reading.TableForm`): as the name of a CSV or XLSX file,
as its text, or as a map ``{table: FILE, sheet: ..., column: ..., shift: ..., change: ..., scale: ...}``.
What it becomes is the map that could have been written inline, every value with the position of its cell.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from pathlib import Path as FilePath

from rpmsim.model.calendar import Calendar
from rpmsim.scenario.quarters import as_months, is_quarter
from rpmsim.scenario.schema.reading import DOTTED
from rpmsim.scenario.table_rows import ROWS, Origin
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar
from rpmsim.text.schema.base import Type
from rpmsim.text.sheet import Sheet, csv_sheet, read_sheet
from rpmsim.text.source import SourceFile

LONG_FORM: MappingType[str, tuple[str, ...]] = {
    "months": ("column", "shift", "change", "scale"),
    "dates": ("column", "shift", "change", "scale"),
    "periods": ("column", "change", "scale"),
    "people": ("role", "segment"),
    "deals": (),
    "stock": (),
    "actuals": ("scale",),
    "rates": (),
}
"""Keys that may stand beside ``table`` and ``sheet``, by form."""


@dataclass
class Tables:
    """Finds, reads and records the files that the scenarios of one run name.

    Parameters
    ----------
    root : path or None
        Folder in which all files must lie; None for a text on its own, which has none.
    """

    root: FilePath | None
    complaints: Complaints

    def __post_init__(self) -> None:
        self._sheets: dict[tuple[FilePath, str], Sheet | None] = {}
        self._sources: dict[FilePath, SourceFile] = {}
        self._known: set[FilePath] = set()
        self.calendar = Calendar()
        self._people: dict[str, tuple[Sheet, set[str]]] = {}

    def take_sources(self) -> list[SourceFile]:
        """The files that were read since this was last asked, each once."""
        sources = list(self._sources.values())
        self._sources = {}
        return sources

    def place(self, tree: Mapping, schema: Type, folder: FilePath, shown: str) -> None:
        """Put the maps of all tables in their places.

        Parameters
        ----------
        tree : Mapping
            Of one file; it is changed.
        folder, shown : path, str
            Folder of that file, and as the user wrote it.
        """
        _Placing(self, folder, shown).walk(tree, schema, ())

    def sheet(self, name: Scalar, sheet: str, folder: FilePath, shown: str, path: Path) -> Sheet | None:
        """The table that a scenario names."""

        def refuse(message: str, fix: str) -> None:
            self.complaints.error(name.mark, path, message, fix)

        text = name.text.strip()
        if "\n" in name.text:
            return csv_sheet(name.text, name.mark.file, name.mark.line + 1, name.mark, self.complaints, path)
        if self.root is None:
            refuse(
                f"a scenario loaded from a text cannot refer to the file `{text}`",
                "load it from a file, or write the table inline",
            )
            return None
        if "\\" in text or FilePath(text).is_absolute() or text.startswith("~") or ":" in text:
            refuse(f"`{text}` is not a relative path", "write it relative to this file's folder, with /")
            return None
        if not text.lower().endswith((".csv", ".xlsx")):
            refuse(f"`{text}` is not a relative path to a CSV or XLSX file", "save the table as .csv or .xlsx")
            return None
        file = folder / text
        real = FilePath(os.path.realpath(file))
        if not real.is_relative_to(self.root):
            refuse(f"`{text}` is outside the folder of the scenario", "move it to the folder of the scenario, or below")
            return None
        if (real, sheet) not in self._sheets:
            label = posixpath.join(shown, text) if shown else text
            self._sheets[real, sheet], source = read_sheet(file, label, sheet, self.complaints, name.mark, path)
            if source is not None and real not in self._known:
                self._known.add(real)
                self._sources[real] = source
        return self._sheets[real, sheet]

    def note_people(self, sheet: Sheet, origin: Origin) -> None:
        """Remember which roles' people were asked for."""
        word = origin.about["role"].text if "role" in origin.about else origin.path[-2]
        self._people.setdefault(sheet.label, (sheet, set()))[1].add(word.lower())

    def report_people_left_out(self, roles: Iterable[str]) -> None:
        """Warn of people in a table whose role takes none from it."""
        known = set(roles)
        for sheet, asked in self._people.values():
            column = next((i for i, cell in enumerate(sheet.header) if cell.text.strip().lower() == "role"), None)
            for role, count in Counter(row[column].text for row in sheet.rows if column is not None).items():
                if role.lower() in asked:
                    continue
                people = f"{count} {'person' if count == 1 else 'people'} of the role `{role}`"
                fix = f"write `team: {sheet.label.partition(',')[0].rpartition('/')[2]}` in `roles.{role}`"
                if role not in known:
                    fix = "if they matter, declare the role, or state it next to the table: `role: ...`"
                self.complaints.warn(
                    Mark(sheet.label, 0, 0), "", f"{people} {'is' if count == 1 else 'are'} in no team", fix
                )


@dataclass(frozen=True)
class _Placing:
    """One walk through one file's tree."""

    tables: Tables
    folder: FilePath
    shown: str

    def walk(self, tree: Mapping, schema: Type | None, path: Path) -> None:
        """Replace what stands for a table, in this map and below."""
        self._quarters(tree, schema, path)
        for key, node in tree.items.items():
            inner, here = schema, path
            for part in key.split(".") if DOTTED.fullmatch(key) else (key,):
                inner, here = inner.step(part) if inner else None, (*here, part)
            form = inner.table if inner else ""
            if form and _names_table(node, form):
                tree.items[key] = rows = self._resolved(node, form, here, inner)
                if isinstance(rows, Mapping):
                    rows.table = True
            elif isinstance(node, Mapping):
                self.walk(node, inner, here)

    def _quarters(self, tree: Mapping, schema: Type | None, path: Path) -> None:
        """Write the quarters of a map by month as its months, also where a dotted key ends in one."""
        if any(is_quarter(key.rpartition(".")[2]) for key in tree.items):
            rows = Mapping({}, {}, tree.mark)
            for key, node in tree.items.items():
                head, _, last = key.rpartition(".")
                inner, here = schema, path
                for part in head.split(".") if head else ():
                    inner, here = inner.step(part) if inner else None, (*here, part)
                one = Mapping({last: node}, {last: tree.marks[key]}, tree.mark)
                months = as_months(one, inner, here, self.tables.calendar, self.tables.complaints)
                for month, item in months.items.items():
                    name = f"{head}.{month}" if head else month
                    if name in rows.items or (name != key and name in tree.items):
                        self.tables.complaints.error(
                            tree.marks[key], (*here, month), f"{month} appears twice", "keep one of them"
                        )
                    rows.put(name, item, months.marks[month])
            tree.items, tree.marks = rows.items, rows.marks

    def _resolved(self, node: Node, form: str, path: Path, schema: Type | None) -> Node:
        """The map for which a table stands; an empty one where the table is wrong."""
        complaints = self.tables.complaints
        about: dict[str, Scalar] = {}
        name: Node = node
        if isinstance(node, Mapping):
            name = node.items["table"]
            for key, item in node.items.items():
                known = ("table", "sheet", *LONG_FORM[form])
                if key not in known:
                    complaints.error(
                        node.marks[key], (*path, key), f"unknown key `{key}` next to a table", nearest(key, known)
                    )
                elif key != "table" and isinstance(item, Scalar):
                    about[key] = item
                elif key != "table":
                    complaints.error(item.mark, (*path, key), f"`{key}` is not one value", "write one word or number")
        origin = Origin(path, about, complaints, schema, self.tables.calendar)
        if isinstance(name, Mapping) and form in ("months", "dates", "periods"):
            return origin.adapted(origin.months(name))
        if not isinstance(name, Scalar):
            complaints.error(name.mark, path, "`table` is not the name of a file", "write `table: leads.csv`")
            return Mapping({}, {}, node.mark)
        sheet = self.tables.sheet(name, about["sheet"].text if "sheet" in about else "", self.folder, self.shown, path)
        if sheet is None:
            return Listing([], node.mark) if form == "deals" else Mapping({}, {}, node.mark)
        if form == "people":
            self.tables.note_people(sheet, origin)
        return ROWS[form](sheet, origin)


def _names_table(node: Node, form: str) -> bool:
    """Whether a node names a table, or is the text of one."""
    if isinstance(node, Mapping):
        named = form in ("deals", "people", "stock") and not isinstance(node.items.get("table"), Scalar)
        return "table" in node.items and not named
    if not isinstance(node, Scalar) or node.is_null:
        return False
    text = node.text.strip()
    looks = "\n" in text or bool(re.fullmatch(r"[^\n]*\.[A-Za-z]{2,4}", text))
    return form not in ("months", "dates", "periods") or looks
