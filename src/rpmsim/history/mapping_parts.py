"""What all parts of a mapping share: where rows come from, what is missing, and at which line it belongs."""

from __future__ import annotations

from typing import Any

from rpmsim.history.dates import TIME_IN_NAME, what_is_missing
from rpmsim.history.language import matched
from rpmsim.history.mapping import Location
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Path, mark_of


class Parts:
    """Reads parts of a mapping.

    Parameters
    ----------
    tree : Mapping
        The file.
    meaning : Complaints
        Where errors of meaning are gathered.
    """

    def __init__(self, tree: Mapping, meaning: Complaints) -> None:
        self.tree, self.meaning = tree, meaning

    def error(self, path: Path, message: str, fix: str = "") -> None:
        """Add an error at the position of a value."""
        self.meaning.error(mark_of(self.tree, path), path, message, fix)

    def need(self, item: dict[str, Any], key: str, path: Path) -> str:
        """The column that a key must name."""
        if not item.get(key):
            self.error(path, f"`{key}` is missing", f"write `{key}: COLUMN`")
        return item.get(key) or ""

    def place(self, item: dict[str, Any], path: Path) -> Location:
        """Where rows come from."""
        given = [key for key in ("file", "url") if item.get(key)]
        if len(given) != 1:
            self.error(path, "either `file` or `url` is required", "write `file: leads.csv`")
        file = item.get("file") or ""
        if "\\" in file or file.startswith(("/", "~")) or ".." in file.split("/") or ":" in file:
            self.error(
                (*path, "file"),
                f"`{file}` is not a relative path within the folder of the mapping",
                "put the mapping next to the export, and write paths with /",
            )
        is_database = bool(item.get("url")) or file.endswith((".duckdb", ".db"))
        if is_database and bool(item.get("query")) == bool(item.get("table")):
            self.error(path, "a database needs either `query` or `table`", "write `table: leads`")
        for key in ("query", "table"):
            if item.get(key) and not is_database:
                self.error((*path, key), f"`{key}` is only for databases", "remove it")
        return Location(
            file,
            item.get("url") or "",
            item.get("query") or "",
            item.get("table") or "",
            item.get("sheet") or "",
            item.get("encoding") or "utf-8",
            item.get("delimiter") or "",
            item.get("timeout") or 300.0,
            bool(item.get("optional")),
            matched(item.get("empty")),
            self._dated(item, path),
        )

    def _dated(self, item: dict[str, Any], path: Path) -> str:
        """The form of the files' names that hold the time of the rows."""
        time = item.get("time")
        form = time.get("file") if isinstance(time, dict) else None
        if not form:
            return ""
        if not item.get("file"):
            self.error((*path, "time"), "a database has no file name that could contain a time", "write `time: COLUMN`")
        missing = what_is_missing(form)
        if missing:
            self.error((*path, "time", "file"), f"`{form}` {missing}", f'write such as `{{file: "{TIME_IN_NAME}"}}`')
        return form
