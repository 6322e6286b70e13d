"""A mapping file to a checked mapping."""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Any

from rpmsim.history.language import HISTORY, matched
from rpmsim.history.mapping import (
    HistoryMapping,
    Link,
    LookUp,
    People,
    StageRule,
)
from rpmsim.history.mapping_parts import Parts
from rpmsim.history.mapping_sources import Sources
from rpmsim.model.cycle import KIND_ORDER, StageKind
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.file_kind import is_history, is_scenario
from rpmsim.text.nodes import Mapping, Mark, Path
from rpmsim.text.public_holidays import REGION, public_holidays
from rpmsim.text.schema.base import Reading
from rpmsim.text.source import SourceFile, read_text
from rpmsim.text.yaml_text import parse_yaml

SIDE: tuple[StageKind, ...] = ("nurture", "other", "lost")
"""Kinds that may follow any stage."""


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
        With all errors of the text, or else all of the form, or else all of the meaning.
    """
    complaints = Complaints()
    read = read_text(FilePath(path), str(path), complaints)
    tree = parse_yaml(read[0], str(path), complaints) if read else None
    if tree is not None and is_scenario(tree):
        fix = f"`rpmsim run {path}` simulates it, and `rpmsim generate {path}` makes a history of it"
        complaints.error(Mark(str(path), 0, 0), "", "this is a scenario, not a history", fix)
    complaints.raise_if_any()
    assert read is not None
    assert tree is not None
    return _Builder(FilePath(path), read[1], tree).build()


def is_mapping(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a history mapping rather than a scenario: it has sources at its top."""
    read = read_text(FilePath(path), str(path), Complaints())
    if read is None or "sources" not in read[0]:
        return False  # nearly every scenario, and its text need not be understood for that
    tree = parse_yaml(read[0], str(path), Complaints())
    return tree is not None and is_history(tree)


class _Builder(Parts):
    def __init__(self, path: FilePath, text: SourceFile, tree: Mapping) -> None:
        super().__init__(tree, Complaints())
        self.path, self.text = path, text

    def build(self) -> HistoryMapping:
        form = Complaints()
        record = HISTORY.read(self.tree, (), Reading(form, self.meaning)) or {}
        for key in ("as_of", "stages", "sources"):
            if not record.get(key) and key not in self.tree.items:
                form.error(self.tree.mark, key, f"`{key}` is missing", f"write `{key}: {HISTORY.fields[key].example}`")
        form.raise_if_any()
        stages = self._stages(record.get("stages") or {})
        kinds = {rule.name: rule.kind for rule in stages}
        tables = tuple(
            LookUp(name, self.place(item, ("tables", name)), self.need(item, "key", ("tables", name)))
            for name, item in (record.get("tables") or {}).items()
        )
        names = {table.name for table in tables}
        sources = Sources(self.tree, self.meaning, kinds, names).read(record.get("sources") or {})
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
            self._region(record.get("holidays") or ""),
        )
        if not any(source.shape != "work" for source in sources):
            self.error(("sources",), "no source has stages", "use a source whose shape is not `work`")
        self.meaning.raise_if_any()
        return mapping

    def _region(self, region: str) -> str:
        if region and (not REGION.fullmatch(region) or public_holidays(region, range(2026, 2027)) is None):
            self.error(("holidays",), f"no holidays are known for `{region}`", "write a region such as `DE-BY` or `US`")
        return region

    def _stages(self, stated: dict[str, Any]) -> tuple[StageRule, ...]:
        rules = []
        names = [*stated, *(end for end in ("won", "lost") if end not in stated)]
        kinds: dict[str, StageKind] = {name: (stated.get(name) or {}).get("kind") or _kind_of(name) for name in names}
        order = [name for name in names if kinds[name] in KIND_ORDER and kinds[name] != "customer"]
        some_enter = any((item or {}).get("enters") for item in stated.values())
        for name in names:
            item = stated.get(name) or {}
            to = item.get("to")
            for i, target in enumerate(to or ()):
                if target not in names:
                    self.error(("stages", name, "to", str(i)), f"there is no stage `{target}`", nearest(target, names))
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
                    self.error(
                        ("stages", rule.name, "names"),
                        f"`{written}` is a name of two stages",
                        "put the pipeline before it: `PIPELINE/NAME`",
                    )
        return tuple(rules)

    def _link(self, number: int, item: dict[str, Any], objects: set[str]) -> Link:
        path: Path = ("links", str(number))
        ends = []
        for key in ("from", "to"):
            pair = next(iter((item.get(key) or {}).items()), ("", ""))
            if not all(pair):
                self.error(path, f"`{key}` is missing", "write `from: {lead: Id}`, `to: {opportunity: OpportunityId}`")
            ends.append(pair)
        if ends[0][0] and not {ends[0][0], ends[1][0]} & objects:
            known = sorted(objects - {""})
            self.error(
                path, "no source has one of these objects", "write `object:` in the sources; " + nearest("", known)
            )
        return Link(
            number,
            self.place(item, path),
            ends[0],
            ends[1],
            item.get("time") or "",
            matched(item.get("dates")) or ("iso",),
            item.get("time_zone") or "",
        )

    def _people(self, item: dict[str, Any]) -> People:
        self.need(item, "id", ("people",))
        columns = {key: item[key] for key in ("id", "name", "role", "start", "end") if item.get(key)}
        return People(self.place(item, ("people",)), columns, matched(item.get("dates")) or ("iso",))


def _name_of(path: FilePath) -> str:
    """The file's name; of a `history.yaml`, its folder's."""
    return path.stem if path.stem != "history" else path.absolute().parent.name


def _kind_of(name: str) -> StageKind:
    for kind in (*KIND_ORDER, *SIDE):
        if name == kind:
            return kind
    return "other"
