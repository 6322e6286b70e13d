"""The sources of a mapping: which keys their shape needs, and what their columns mean."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from rpmsim.history.dates import FILE_TIME
from rpmsim.history.language import SHAPE_WORDS, matched
from rpmsim.history.mapping import Attribute, Days, Source, StageTime, Where
from rpmsim.history.mapping_parts import Parts
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Mapping, Path

NO_TIME = "none"
"""What stands in place of a column where no time is known."""

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


class Sources(Parts):
    """Reads the sources.

    Parameters
    ----------
    kinds : mapping of str to str
        Names of the stages with their kinds.
    tables : set of str
        Names of the tables that may be joined.
    """

    def __init__(self, tree: Mapping, meaning: Complaints, kinds: MappingType[str, str], tables: set[str]) -> None:
        super().__init__(tree, meaning)
        self._kinds, self._tables = kinds, tables

    def read(self, stated: dict[str, Any]) -> tuple[Source, ...]:
        """All sources by name."""
        sources = tuple(self._source(name, item) for name, item in stated.items())
        self._times_of_wide(sources)
        return sources

    def _source(self, name: str, item: dict[str, Any] | None) -> Source:
        path: Path = ("sources", name)
        item = item or {}
        shape = item.get("shape") or ""
        if not shape:
            self.error(path, "`shape` is missing", "write one of " + ", ".join(f"`{word}`" for word in SHAPE_WORDS))
        for key in NEEDED.get(shape, ()):
            if not item.get(key):
                other = {"stage": ", or `stage: {is: NAME}` for all rows", "time": ", or `time: {file: FORM}`"}
                fix = f"the shape `{shape}` needs it: `{key}: COLUMN`{other.get(key, '')}"
                self.error(path, f"`{key}` is missing", fix)
        for key in item:
            if shape and key in SHAPED and key not in ALLOWED[shape]:
                one_stage = key == "stages" and "stage" in ALLOWED[shape]
                fix = "write `stage: {is: NAME}` and `time: COLUMN`" if one_stage else "remove it"
                self.error((*path, key), f"`{key}` has no effect with the shape `{shape}`", fix)
        columns = {key: column for key in COLUMN_KEYS if (column := self._column(item, key, path))}
        constant = (item["stage"].get("is") or "") if isinstance(item.get("stage"), dict) else ""
        if constant:
            self._known_stage(constant, (*path, "stage", "is"))
        if shape == "wide" and not any(item.get(key) for key in ("stages", "created", "current")):
            self.error(path, "no stage has a column", "write `stages: {lead: created_at}`")
        if shape == "work":
            if bool(item.get("steps")) == bool(item.get("created")):
                self.error(path, "work needs `created`, or `steps` with `time`", "write the column with the time")
            if item.get("steps") and not (item.get("time") and item["steps"].get("column")):
                self.error(path, "`steps` needs `column`, and `time` next to it", "write both")
        for table in item.get("joins") or {}:
            if table not in self._tables:
                self.error((*path, "joins", table), f"there is no table `{table}`", nearest(table, self._tables))
        stage_times = []
        for stage, stated in (item.get("stages") or {}).items():
            self._known_stage(stage, (*path, "stages", stage))
            stated = stated or {}
            column = self.need(stated, "time", (*path, "stages", stage))
            if column == NO_TIME:
                column = self._no_time(stage, stated, (*path, "stages", stage))
            stage_times.append(StageTime(stage, column, _where(stated.get("where"))))
        if item.get("starts"):
            self._known_stage(item["starts"], (*path, "starts"))
        recorded = {key: self._days(item, key, path) for key in ("recorded_from", "recorded_until")}
        stated = {key: item[key] for key in ("channel", "segment", "amount", "owner", "due") if item.get(key)}
        stated |= item.get("attributes") or {}
        attributes = tuple(
            self._attribute(key, value, (*path, key) if key in item else (*path, "attributes", key))
            for key, value in stated.items()
            if value
        )
        return Source(
            name,
            self.place(item, path),
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
            self.error((*path, key), f"`{key}` has two sources: {', '.join(f'`{p}`' for p in stated)}", "keep one")
        return stated.get("column") or (FILE_TIME if stated.get("file") else "")

    def _times_of_wide(self, sources: tuple[Source, ...]) -> None:
        """A wide source without any time makes no visit, unless another source dates the records of its object."""
        dated = {source.object for source in sources if source.shape != "work" and _has_time(source)}
        for source in sources:
            if source.shape == "wide" and not _has_time(source) and source.object not in dated:
                fix = "write `created: COLUMN`, or `stages: {NAME: COLUMN}`"
                self.error(
                    ("sources", source.name),
                    "there is no column with a time, so none of its records would count",
                    fix,
                )

    def _no_time(self, stage: str, stated: dict[str, Any], path: Path) -> str:
        """Check an end of which no column says when it came."""
        if self._kinds.get(stage) not in ("won", "lost"):
            self.error((*path, "time"), f"`time: {NO_TIME}` is only for won and lost", "state the column with the time")
        elif not stated.get("where"):
            fix = f"write `{stage}: {{time: {NO_TIME}, where: {{Status: ...}}}}`"
            self.error(path, f"`time: {NO_TIME}` needs `where`, to state which rows are {stage}", fix)
        return ""

    def _days(self, item: dict[str, Any], key: str, path: Path) -> Days:
        """A date for all stages of a source, or by stage."""
        stated = item.get(key)
        if not isinstance(stated, dict):
            return (("*", stated),) if stated else ()
        for stage in stated:
            self._known_stage(stage, (*path, key, stage))
        return tuple((stage, day) for stage, day in stated.items() if day)

    def _known_stage(self, stage: str, path: Path) -> None:
        if stage not in self._kinds:
            self.error(path, f"there is no stage `{stage}`", nearest(stage, self._kinds))

    def _attribute(self, name: str, item: dict[str, Any], path: Path) -> Attribute:
        column = self.need(item, "column", path)
        table, dot, _ = column.partition(".")
        if dot and self._tables and table not in self._tables and " " not in table:
            self.error(path, f"there is no table `{table}`", nearest(table, self._tables))
        if name == "due":
            self._only_a_date(item, path)
        return Attribute(
            name,
            column,
            tuple((item.get("values") or {}).items()),
            item.get("other"),
            item.get("missing"),
            tuple((item.get("below") or {}).items()),
            item.get("currency") or "",
            item.get("known") or ("created" if name in (*CLASSES, "due") else "export"),
        )

    def _only_a_date(self, item: dict[str, Any], path: Path) -> None:
        """A date known in advance has no words, bands or currency, also where it is a further attribute."""
        for key in item:
            if key not in ("column", "known"):
                fix = "remove it, or give the attribute another name than `due`, a date that is known in advance"
                self.error((*path, key), f"`{key}` on a date", fix)


def _has_time(source: Source) -> bool:
    return source.shape != "wide" or "created" in source.columns or any(stage.column for stage in source.stages)


def _where(stated: dict[str, Any] | None) -> Where:
    return tuple((column, matched(values)) for column, values in (stated or {}).items())
