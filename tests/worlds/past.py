"""The past of a world as a CRM exports it on one evening, and what came after that evening."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from rpmsim.generate import History, Record, generate_history
from rpmsim.generate.history import SECONDS_PER_DAY
from rpmsim.generate.mess import cut
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export
from rpmsim.model.number import LeadClass
from rpmsim.plain import Simulation
from tests.worlds.world import World

AHEAD = (28, 90)
"""Days after the export that are looked at."""
ENDS = ("won", "lost")


@dataclass(frozen=True)
class Past:
    """An export, and what only the world knows.

    Parameters
    ----------
    history : path
        The mapping of the export.
    ahead : dict of (str, int) to float
        ``arrivals``, ``wins`` and ``bookings`` of the next so many days: of records in the export, and of those that
        came later.
    entries : dict of str to Counter of LeadClass
        Visits to each stage in the export, by class; a record returns from nurture.
    days : dict of str to Counter of date
        Visits to each stage in the export, by the day on which they began.
    level : dict of str to float
        Level of demand of each channel on the last day, relative to the stated one.
    records : int
        Records in the export.
    open : list of dict
        Records of the export that are truly open, with their stage, as the columns of a table ``open``.
    """

    history: Path
    ahead: dict[tuple[str, int], float]
    entries: dict[str, Counter[LeadClass]]
    days: dict[str, Counter[dt.date]]
    level: dict[str, float]
    records: int
    open: list[dict[str, Any]]


def make_past(world: World, folder: Path) -> Past:
    """Simulate a world, and write its export.

    Parameters
    ----------
    world : World
    folder : path
        An existing folder, for the export.
    """
    model = world.scenario.model
    history = generate_history(model, world.number)
    later = [(r.id, r.created, r.visits[:], r.amounts[:]) for r in history.records]
    lost = {
        r.id
        for r in history.records
        if r.visits[-1].stage == "lost" and _day(history, r.visits[-1].entered) <= world.as_of
    }
    _keep_what_is_recorded(history, world)
    cut(history, world.as_of, None if world.past in ("migrated", "tracked") else world.recorded_from)
    ahead = _what_came(history, later)
    export = shape_of(world.shape, history)
    write_export(export, folder, "csv")
    mapping = folder / "history.yaml"
    _state_what_is_recorded(mapping, world)
    entries: dict[str, Counter[LeadClass]] = {stage: Counter() for stage in world.tree["stages"]}
    days: dict[str, Counter[dt.date]] = {stage: Counter() for stage in world.tree["stages"]}
    for record in history.records:
        returns = 0
        for visit in record.visits:
            if visit.stage in entries:
                entries[visit.stage][LeadClass(record.channel, record.segment, returns=returns)] += 1
                days[visit.stage][_day(history, visit.entered)] += 1
            returns += visit.stage == "nurture"
    open_ = [_open_row(history, r) for r in history.records if r.visits[-1].stage not in ENDS and r.id not in lost]
    return Past(mapping, ahead, entries, days, _level(world), len(history.records), open_)


def _day(history: History, second: int) -> dt.date:
    return history.moment(second).date()


def _keep_what_is_recorded(history: History, world: World) -> None:
    """Take out what this export does not hold of the time before its first day, and losses where none are recorded."""
    start = history.second_of(world.recorded_from)
    if world.past == "migrated":
        history.records = [
            r for r in history.records if r.visits[-1].stage not in ENDS or r.visits[-1].entered >= start
        ]
    elif world.past == "tracked":
        for record in history.records:
            record.visits = [visit for visit in record.visits if visit.entered >= start]
        history.records = [record for record in history.records if record.visits]
    if world.no_losses:
        for record in history.records:
            record.visits = [visit for visit in record.visits if visit.stage != "lost"]
        history.stages = tuple((name, kind) for name, kind in history.stages if name != "lost")
        history.moves = tuple((a, b) for a, b in history.moves if b != "lost")


def _what_came(history: History, later: list[tuple[Any, ...]]) -> dict[tuple[str, int], float]:
    """What the days after the export brought, as far as anybody could know of it."""
    end = history.second_of(history.as_of) + SECONDS_PER_DAY
    exported = {record.id for record in history.records}
    ahead: dict[tuple[str, int], float] = {}
    for days in AHEAD:
        until = end + days * SECONDS_PER_DAY
        wins = [
            (visits[-1].entered, amounts)
            for id_, created, visits, amounts in later
            if (id_ in exported or created >= end) and visits[-1].stage == "won" and end <= visits[-1].entered < until
        ]
        ahead["arrivals", days] = sum(end <= created < until for _, created, _, _ in later)
        ahead["wins", days] = len(wins)
        ahead["bookings", days] = sum(float(amounts[-1].value) for _, amounts in wins)
    return ahead


def _open_row(history: History, record: Record) -> dict[str, Any]:
    visit = record.visits[-1]
    row = {"id": record.id, "stage": visit.stage, "entered": str(_day(history, visit.entered))}
    amount = record.amounts[-1].value if record.amounts else ""
    return {**row, "channel": record.channel, "segment": record.segment, "amount": amount}


def _level(world: World) -> dict[str, float]:
    """Where the drift is on the last day: the path is drawn before the first lead, from the same random numbers."""
    model = world.scenario.model
    simulation = Simulation(model, np.random.default_rng([world.number, 0]), drawn=False)
    day = (world.as_of - model.first_day).days
    return {name: path[day] for name, path in simulation._arrivals._drift.items()}


def _state_what_is_recorded(mapping: Path, world: World) -> None:
    """State from which day on stages were recorded, where records from before are in the export."""
    if world.past not in ("migrated", "tracked"):
        return
    yaml = YAML()
    tree = yaml.load(mapping.read_text(encoding="utf-8"))
    tree["sources"][world.shape]["recorded_from"] = world.recorded_from
    with mapping.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump(tree, file)


def write_open(past: Past, path: Path) -> None:
    """Write the open records as a table that a scenario reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "stage", "entered", "channel", "segment", "amount"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(past.open)
