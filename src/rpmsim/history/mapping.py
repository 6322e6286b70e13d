"""A mapping file to a checked mapping: which columns of which sources mean what."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from rpmsim.history.dates import FILE_TIME, TIME_IN_NAME, what_is_missing
from rpmsim.history.language import HISTORY, SHAPE_WORDS, matched
from rpmsim.model.cycle import KIND_ORDER
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Mapping, Mark, Path, mark_of
from rpmsim.text.schema.base import Reading
from rpmsim.text.source import SourceFile, read_text
from rpmsim.text.yaml_text import parse_yaml

SIDE = ("nurture", "other", "lost")
"""Kinds that may follow any stage."""


@dataclass(frozen=True)
class Attribute:
    """How a value is read from a column; see the language for the meaning of each part."""

    name: str
    column: str
    values: tuple[tuple[str, str], ...] = ()
    other: str | None = None
    missing: str | None = None
    below: tuple[tuple[str, float], ...] = ()
    currency: str = ""
    known: str = ""


NO_TIME = "none"
"""What stands in place of a column where no time is known."""
Where = tuple[tuple[str, tuple[str, ...]], ...]
Days = tuple[tuple[str, dt.date], ...]
"""Stages with a day; ``*`` stands for all stages of the source."""


@dataclass(frozen=True)
class StageTime:
    """A column with the time of a stage, in rows that fit; an end of which no time is known has no column."""

    stage: str
    column: str
    where: Where = ()


@dataclass(frozen=True)
class Location:
    """Where rows come from: a file, or a database."""

    file: str = ""
    url: str = ""
    query: str = ""
    table: str = ""
    sheet: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    timeout: float = 300.0
    optional: bool = False
    empty: tuple[str, ...] = ()
    dated: str = ""
    """The form of the files' names, where they hold the time of the rows: the column :data:`FILE_TIME`."""


@dataclass(frozen=True)
class Source:
    """One source of rows.

    Parameters
    ----------
    columns : mapping of str to str
        The column of each single role: record, time, recorded, stage, pipeline, current, created, field, old, new,
        started, completed, item, closed.
    constant_stage : str
        The stage of all rows, where no column names it.
    attributes : tuple of Attribute
        channel, segment, amount and owner first, if they are there.
    """

    name: str
    place: Location
    shape: str
    object: str = ""
    columns: MappingType[str, str] = field(default_factory=dict)
    constant_stage: str = ""
    stages: tuple[StageTime, ...] = ()
    starts: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    steps: MappingType[str, str] = field(default_factory=dict)
    joins: tuple[tuple[str, str], ...] = ()
    where: Where = ()
    without: Where = ()
    merged_into: str = ""
    dates: tuple[str, ...] = ("iso",)
    time_zone: str = ""
    decimal: str = ""
    recorded_from: Days = ()
    recorded_until: Days = ()


@dataclass(frozen=True)
class LookUp:
    """A table with a key."""

    name: str
    place: Location
    key: str


@dataclass(frozen=True)
class Link:
    """Pairs of ids of two objects that are one customer."""

    number: int
    place: Location
    before: tuple[str, str]
    after: tuple[str, str]
    time: str = ""
    dates: tuple[str, ...] = ("iso",)
    time_zone: str = ""


@dataclass(frozen=True)
class People:
    """Who the owners are."""

    place: Location
    columns: MappingType[str, str]
    dates: tuple[str, ...] = ("iso",)


@dataclass(frozen=True)
class StageRule:
    """A stage of the mapping; its place in the order is its number."""

    name: str
    kind: str
    names: tuple[str, ...]
    to: tuple[str, ...]
    enters: bool


@dataclass(frozen=True)
class HistoryMapping:
    """A checked mapping.

    Parameters
    ----------
    path : path
        The file; sources lie in its folder or below.
    text : SourceFile
        The file with its SHA-256.
    stages : tuple of StageRule
        In their usual order, with won and lost.
    """

    name: str
    path: FilePath
    text: SourceFile
    as_of: dt.date
    time_zone: str
    currency: str
    rates: MappingType[str, float]
    stages: tuple[StageRule, ...]
    ignore: tuple[str, ...]
    sources: tuple[Source, ...]
    tables: tuple[LookUp, ...] = ()
    links: tuple[Link, ...] = ()
    people: People | None = None
    tree: Mapping | None = None

    def mark(self, *path: str) -> Mark:
        """Position of a value in the file."""
        assert self.tree is not None
        return mark_of(self.tree, path)

    def number_of(self, stage: str) -> int:
        """Place of a stage in the order, from 0."""
        return next(i for i, rule in enumerate(self.stages) if rule.name == stage)


def load_mapping(path: str | os.PathLike[str]) -> HistoryMapping:
    """Read and check a mapping file; the sources are not read yet.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    HistoryMapping

    Raises
    ------
    InputError
        With all faults of the text, or else all of the form, or else all of the meaning.
    """
    complaints = Complaints()
    read = read_text(FilePath(path), str(path), complaints)
    tree = parse_yaml(read[0], str(path), complaints) if read else None
    complaints.raise_if_faulty()
    assert read is not None
    assert tree is not None
    return _Builder(FilePath(path), read[1], tree).build()


def is_mapping(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a history mapping rather than a scenario: it has sources at its top."""
    read = read_text(FilePath(path), str(path), Complaints())
    if read is None or "sources" not in read[0]:
        return False  # nearly every scenario, and its text need not be understood for that
    tree = parse_yaml(read[0], str(path), Complaints())
    return tree is not None and "sources" in tree.items


NEEDED = {
    "wide": ("record",),
    "events": ("record", "time", "stage"),
    "values": ("record", "time", "stage"),
    "snapshots": ("record", "time", "stage"),
    "field history": ("record", "time", "field", "new", "fields"),
    "work": ("record",),
}
COLUMN_KEYS = (
    "record", "time", "recorded", "stage", "pipeline", "current", "created", "field", "old", "new", "started",
    "completed", "item", "closed",
)  # fmt: skip
ALLOWED = {
    "wide": {"stages", "current", "created", "starts", "recorded", "pipeline"},
    "events": {"time", "recorded", "stage", "pipeline"},
    "values": {"time", "recorded", "stage", "pipeline", "closed"},
    "snapshots": {"time", "recorded", "stage", "pipeline", "closed"},
    "field history": {"time", "recorded", "field", "old", "new", "fields", "pipeline"},
    "work": {"time", "created", "started", "completed", "item", "steps"},
}
SHAPED = set().union(*ALLOWED.values())
CLASSES = ("channel", "segment")


class _Builder:
    def __init__(self, path: FilePath, text: SourceFile, tree: Mapping) -> None:
        self.path, self.text, self.tree = path, text, tree
        self.meaning = Complaints()

    def fault(self, path: Path, message: str, repair: str = "") -> None:
        self.meaning.fault(mark_of(self.tree, path), path, message, repair)

    def build(self) -> HistoryMapping:
        form = Complaints()
        record = HISTORY.read(self.tree, (), Reading(form, self.meaning)) or {}
        for key in ("as_of", "stages", "sources"):
            if not record.get(key) and key not in self.tree.items:
                form.fault(self.tree.mark, key, f"`{key}` is missing", f"write `{key}: {HISTORY.fields[key].example}`")
        form.raise_if_faulty()
        stages = self._stages(record.get("stages") or {})
        names = tuple(rule.name for rule in stages)
        self.kinds = {rule.name: rule.kind for rule in stages}
        tables = tuple(
            LookUp(name, self._place(item, ("tables", name)), self._need(item, "key", ("tables", name)))
            for name, item in (record.get("tables") or {}).items()
        )
        sources = tuple(
            self._source(name, item, names, {table.name for table in tables})
            for name, item in (record.get("sources") or {}).items()
        )
        self._times_of_wide(sources)
        objects = {source.object for source in sources}
        links = tuple(self._link(i, item, objects) for i, item in enumerate(record.get("links") or ()))
        people = record.get("people")
        mapping = HistoryMapping(
            record.get("name") or _name_of(self.path),
            self.path,
            self.text,
            record["as_of"],
            record.get("time_zone") or "UTC",
            record.get("currency") or "EUR",
            record.get("rates") or {},
            stages,
            matched(record.get("ignore")),
            sources,
            tables,
            links,
            None if people is None else self._people(people),
            self.tree,
        )
        if not any(source.shape != "work" for source in sources):
            self.fault(("sources",), "no source tells of stages", "name one that is not of the shape `work`")
        self.meaning.raise_if_faulty()
        return mapping

    def _need(self, item: dict[str, Any], key: str, path: Path) -> str:
        if not item.get(key):
            self.fault(path, f"`{key}` is missing", f"write `{key}: COLUMN`")
        return item.get(key) or ""

    def _place(self, item: dict[str, Any], path: Path) -> Location:
        given = [key for key in ("file", "url") if item.get(key)]
        if len(given) != 1:
            self.fault(path, "one of `file` and `url` is needed", "write `file: leads.csv`")
        file = item.get("file") or ""
        if "\\" in file or file.startswith(("/", "~")) or ".." in file.split("/") or ":" in file:
            self.fault(
                (*path, "file"),
                f"`{file}` is not a relative path inside the folder of the mapping",
                "put the mapping beside the export, and write paths with /",
            )
        is_database = bool(item.get("url")) or file.endswith((".duckdb", ".db"))
        if is_database and bool(item.get("query")) == bool(item.get("table")):
            self.fault(path, "a database needs one of `query` and `table`", "write `table: leads`")
        for key in ("query", "table"):
            if item.get(key) and not is_database:
                self.fault((*path, key), f"`{key}` is for databases", "take it away")
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
            self.fault((*path, "time"), "a database has no file's name to hold a time", "write `time: COLUMN`")
        missing = what_is_missing(form)
        if missing:
            self.fault((*path, "time", "file"), f"`{form}` {missing}", f'write such as `{{file: "{TIME_IN_NAME}"}}`')
        return form

    def _stages(self, stated: dict[str, Any]) -> tuple[StageRule, ...]:
        rules = []
        names = [*stated, *(end for end in ("won", "lost") if end not in stated)]
        kinds = {name: (stated.get(name) or {}).get("kind") or _kind_of(name) for name in names}
        order = [name for name in names if kinds[name] in KIND_ORDER and kinds[name] != "customer"]
        some_enter = any((item or {}).get("enters") for item in stated.values())
        for name in names:
            item = stated.get(name) or {}
            to = item.get("to")
            for i, target in enumerate(to or ()):
                if target not in names:
                    self.fault(("stages", name, "to", str(i)), f"there is no stage `{target}`", nearest(target, names))
            if to is None:
                after = order[order.index(name) + 1 :][:1] if name in order else order
                ends = kinds[name] in ("won", "lost", "customer")
                side = [other for other in names if kinds[other] in SIDE and other != name]
                to = [] if ends else [*after, *side]
            enters = bool(item.get("enters")) if some_enter else name == names[0]
            rules.append(StageRule(name, kinds[name], matched(item.get("names")) or (name,), tuple(to), enters))
        seen: dict[str, str] = {}
        for rule in rules:
            for written in rule.names:
                if seen.setdefault(written.strip().lower(), rule.name) != rule.name:
                    self.fault(
                        ("stages", rule.name, "names"),
                        f"`{written}` is the name of two stages",
                        "put the pipeline before it: `PIPELINE/NAME`",
                    )
        return tuple(rules)

    def _source(self, name: str, item: dict[str, Any] | None, stages: tuple[str, ...], tables: set[str]) -> Source:
        path: Path = ("sources", name)
        item = item or {}
        shape = item.get("shape") or ""
        if not shape:
            self.fault(path, "`shape` is missing", "write one of " + ", ".join(f"`{word}`" for word in SHAPE_WORDS))
        for key in NEEDED.get(shape, ()):
            if not item.get(key):
                other = {"stage": ", or `stage: {is: NAME}` for all rows", "time": ", or `time: {file: FORM}`"}
                repair = f"the shape `{shape}` needs it: `{key}: COLUMN`{other.get(key, '')}"
                self.fault(path, f"`{key}` is missing", repair)
        for key in item:
            if shape and key in SHAPED and key not in ALLOWED[shape]:
                one_stage = key == "stages" and "stage" in ALLOWED[shape]
                repair = "write `stage: {is: NAME}` and `time: COLUMN`" if one_stage else "take it away"
                self.fault((*path, key), f"`{key}` has no meaning for the shape `{shape}`", repair)
        columns = {key: column for key in COLUMN_KEYS if (column := self._column(item, key, path))}
        constant = (item["stage"].get("is") or "") if isinstance(item.get("stage"), dict) else ""
        if constant:
            self._known_stage(constant, (*path, "stage", "is"), stages)
        if shape == "wide" and not any(item.get(key) for key in ("stages", "created", "current")):
            self.fault(path, "no stage has a column", "write `stages: {lead: created_at}`")
        if shape == "work":
            if bool(item.get("steps")) == bool(item.get("created")):
                self.fault(path, "work needs `created`, or `steps` with `time`", "write the column with the time")
            if item.get("steps") and not (item.get("time") and item["steps"].get("column")):
                self.fault(path, "`steps` needs `column`, and `time` beside it", "write both")
        for table in item.get("joins") or {}:
            if table not in tables:
                self.fault((*path, "joins", table), f"there is no table `{table}`", nearest(table, tables))
        stage_times = []
        for stage, stated in (item.get("stages") or {}).items():
            self._known_stage(stage, (*path, "stages", stage), stages)
            stated = stated or {}
            column = self._need(stated, "time", (*path, "stages", stage))
            if column == NO_TIME:
                column = self._no_time(stage, stated, (*path, "stages", stage))
            stage_times.append(StageTime(stage, column, _where(stated.get("where"))))
        if item.get("starts"):
            self._known_stage(item["starts"], (*path, "starts"), stages)
        recorded = {key: self._days(item, key, path, stages) for key in ("recorded_from", "recorded_until")}
        stated = {key: item[key] for key in ("channel", "segment", "amount", "owner") if item.get(key)}
        stated |= item.get("attributes") or {}
        attributes = tuple(
            self._attribute(key, value, (*path, key) if key in item else (*path, "attributes", key), tables)
            for key, value in stated.items()
            if value
        )
        return Source(
            name,
            self._place(item, path),
            shape,
            item.get("object") or "",
            columns,
            constant,
            tuple(stage_times),
            item.get("starts") or "",
            tuple((item.get("fields") or {}).items()),
            attributes,
            item.get("steps") or {},
            tuple((item.get("joins") or {}).items()),
            _where(item.get("where")),
            _where(item.get("without")),
            item.get("merged_into") or "",
            matched(item.get("dates")) or ("iso",),
            item.get("time_zone") or "",
            item.get("decimal") or "",
            **recorded,
        )

    def _column(self, item: dict[str, Any], key: str, path: Path) -> str:
        """The column of a role; for a time in the file's name, the one that is made of it."""
        stated = item.get(key)
        if not isinstance(stated, dict):
            return stated or ""
        if len([part for part in stated.values() if part]) > 1:
            self.fault((*path, key), f"`{key}` has two sources: {', '.join(f'`{p}`' for p in stated)}", "keep one")
        return stated.get("column") or (FILE_TIME if stated.get("file") else "")

    def _times_of_wide(self, sources: tuple[Source, ...]) -> None:
        """A wide source without any time makes no visit, unless another source dates the records of its object."""
        dated = {source.object for source in sources if source.shape != "work" and _has_time(source)}
        for source in sources:
            if source.shape == "wide" and not _has_time(source) and source.object not in dated:
                repair = "write `created: COLUMN`, or `stages: {NAME: COLUMN}`"
                self.fault(("sources", source.name), "no column with a time: none of its records would count", repair)

    def _no_time(self, stage: str, stated: dict[str, Any], path: Path) -> str:
        """Check an end of which no column says when it came."""
        if self.kinds.get(stage) not in ("won", "lost"):
            self.fault((*path, "time"), f"`time: {NO_TIME}` is for won and lost", "name the column with the time")
        elif not stated.get("where"):
            repair = f"write `{stage}: {{time: {NO_TIME}, where: {{Status: ...}}}}`"
            self.fault(path, f"`time: {NO_TIME}` needs `where`: which rows are {stage}", repair)
        return ""

    def _days(self, item: dict[str, Any], key: str, path: Path, stages: tuple[str, ...]) -> Days:
        """A date for all stages of a source, or by stage."""
        stated = item.get(key)
        if not isinstance(stated, dict):
            return (("*", stated),) if stated else ()
        for stage in stated:
            self._known_stage(stage, (*path, key, stage), stages)
        return tuple((stage, day) for stage, day in stated.items() if day)

    def _known_stage(self, stage: str, path: Path, stages: tuple[str, ...]) -> None:
        if stage not in stages:
            self.fault(path, f"there is no stage `{stage}`", nearest(stage, stages))

    def _attribute(self, name: str, item: dict[str, Any], path: Path, tables: set[str]) -> Attribute:
        column = self._need(item, "column", path)
        table, dot, _ = column.partition(".")
        if dot and table not in tables and tables and " " not in table:
            self.fault(path, f"there is no table `{table}`", nearest(table, tables))
        return Attribute(
            name,
            column,
            tuple((item.get("values") or {}).items()),
            item.get("other"),
            item.get("missing"),
            tuple((item.get("below") or {}).items()),
            item.get("currency") or "",
            item.get("known") or ("created" if name in CLASSES else "export"),
        )

    def _link(self, number: int, item: dict[str, Any], objects: set[str]) -> Link:
        path: Path = ("links", str(number))
        ends = []
        for key in ("from", "to"):
            pair = next(iter((item.get(key) or {}).items()), ("", ""))
            if not all(pair):
                self.fault(path, f"`{key}` is missing", "write `from: {lead: Id}`, `to: {opportunity: OpportunityId}`")
            ends.append(pair)
        if ends[0][0] and not {ends[0][0], ends[1][0]} & objects:
            known = sorted(objects - {""})
            self.fault(
                path, "no source has one of these objects", "write `object:` at the sources; " + nearest("", known)
            )
        return Link(
            number,
            self._place(item, path),
            ends[0],
            ends[1],
            item.get("time") or "",
            matched(item.get("dates")) or ("iso",),
            item.get("time_zone") or "",
        )

    def _people(self, item: dict[str, Any]) -> People:
        self._need(item, "id", ("people",))
        columns = {key: item[key] for key in ("id", "name", "role", "start", "end") if item.get(key)}
        return People(self._place(item, ("people",)), columns, matched(item.get("dates")) or ("iso",))


def _name_of(path: FilePath) -> str:
    """The file's name; of a `history.yaml`, its folder's."""
    return path.stem if path.stem != "history" else path.absolute().parent.name


def _has_time(source: Source) -> bool:
    return source.shape != "wide" or "created" in source.columns or any(stage.column for stage in source.stages)


def _kind_of(name: str) -> str:
    return name if name in (*KIND_ORDER, "lost", "nurture") else "other"


def _where(stated: dict[str, Any] | None) -> Where:
    return tuple((column, matched(values)) for column, values in (stated or {}).items())
