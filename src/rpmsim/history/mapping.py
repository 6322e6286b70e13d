"""A checked mapping: which columns of which sources mean what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from rpmsim.model.cycle import StageKind
from rpmsim.text.nodes import Mapping, Mark, mark_of
from rpmsim.text.source import SourceFile


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
        channel, segment, amount, owner and due first, if they are there.
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
    """The owners: people with their roles and dates."""

    place: Location
    columns: MappingType[str, str]
    dates: tuple[str, ...] = ("iso",)


@dataclass(frozen=True)
class StageRule:
    """A stage of the mapping; its place in the order is its number."""

    name: str
    kind: StageKind
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
    holidays : str
        Region whose public holidays are days off; empty if none is stated.
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
    holidays: str = ""

    def mark(self, *path: str) -> Mark:
        """Position of a value in the file."""
        assert self.tree is not None
        return mark_of(self.tree, path)

    def number_of(self, stage: str) -> int:
        """Place of a stage in the order, from 0."""
        return next(i for i, rule in enumerate(self.stages) if rule.name == stage)
