"""What forecasts are held against: counts and money of a history, in all, by class, and from open and new records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rpmsim.calibration.evidence import Evidence, Records
from rpmsim.calibration.names import Names

Measure = Literal["leads", "wins", "bookings", "moves", "wait_hours"]

LEAST_MOVES = 20
"""Moves over an edge in all of the history, without which it is no target."""


@dataclass(frozen=True)
class Target:
    """One quantity that forecasts are held against.

    Parameters
    ----------
    measure : str
    move : (str, str)
        Stages of a move.
    stage : str
        Stage in which records wait.
    kind, member : str
        ``channels`` or ``segments``, and the name of one of them; empty for all records.
    part : {"", "open", "new"}
        Only from records that were open at the origin, or only from those that came later.
    """

    measure: Measure
    move: tuple[str, str] = ("", "")
    stage: str = ""
    kind: Literal["", "channels", "segments"] = ""
    member: str = ""
    part: Literal["", "open", "new"] = ""

    @property
    def name(self) -> str:
        """As commands and files call it."""
        if self.measure == "moves":
            return "->".join(self.move)
        if self.measure == "wait_hours":
            return f"stages.{self.stage}.wait_hours"
        if self.kind:
            return f"{self.kind}.{self.member}.{self.measure}"
        return f"{self.measure}.{self.part}" if self.part else self.measure

    def unit(self, currency: str) -> str:
        """Unit of its values."""
        return {"leads": "leads", "wins": "deals", "bookings": currency, "moves": "leads", "wait_hours": "hours"}[
            self.measure
        ]


def targets_of(evidence: Evidence) -> Iterator[Target]:
    """All targets of a history but waits, the main ones first."""
    counted: tuple[Measure, ...] = ("wins", "bookings", "leads")
    if not np.nansum(evidence.wins.amount):
        counted = ("wins", "leads")
    if not len(evidence.wins.day):
        counted = ("leads",)
    main = [Target(measure) for measure in counted]
    yield from main
    parts: tuple[Literal["open", "new"], ...] = ("open", "new")
    for target in main:
        if target.measure != "leads":
            yield from (replace(target, part=part) for part in parts)
    yield from _moves(evidence)
    kinds: tuple[tuple[Literal["channels", "segments"], tuple[str, ...]], ...] = (
        ("channels", _own(evidence.channels, "channels")),
        ("segments", _own(evidence.segments, "segments")),
    )
    for kind, names in kinds:
        if len(names) > 1:
            yield from (replace(target, kind=kind, member=name) for target in main for name in names)


def _own(names: Names, kind: str) -> tuple[str, ...]:
    """Names of one class each; small ones that are put together are others at each origin."""
    return tuple(name for name in names.names if not (names.merged and name.startswith(f"other_{kind}")))


def _moves(evidence: Evidence) -> Iterator[Target]:
    spells = evidence.spells
    left = spells.outcome >= 0
    counts = np.zeros((len(evidence.stages), len(evidence.targets)), dtype=np.int64)
    np.add.at(counts, (spells.stage[left], spells.outcome[left]), 1)
    won = [i for i, rule in enumerate(evidence.view.mapping.stages) if rule.kind == "won"]
    if np.count_nonzero(counts[:, won]) == 1:
        counts[:, won] = 0  # the only way to a win is wins under another name
    for source, to in zip(*np.nonzero(counts >= LEAST_MOVES), strict=True):
        yield Target("moves", move=(evidence.stages[source].name, evidence.targets[to]))


Members = frozenset[tuple[str | None, ...]]
"""What a history calls the records of a class: channel and first stage, or segment."""


def members_of(records: Records, target: Target, names: tuple[str, ...]) -> Members:
    """What the history calls the records of a target's class."""
    rows = records.channels if target.kind == "channels" else records.segments
    return frozenset(tuple(row[:-1]) for row in rows if names[int(row[-1])] == target.member)
