"""Roles: who works, how much one person can do, how people come and go."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from rpmsim.model.number import Number
from rpmsim.model.staffing import Person, Role
from rpmsim.scenario.assemble.distributions import days_distribution
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.kind import Measured

_FIELDS = {"start": "start", "end": "end", "pay": "pay_per_month", "segment": "segment"}


def roles_of(records: dict[str, Any], first: dt.date, place: Place) -> tuple[Role, ...]:
    """All roles in the order of the file; who has left before the first day is not there."""
    return tuple(_without_the_gone(_role(name, record or {}, place), first) for name, record in records.items())


def _without_the_gone(role: Role, first: dt.date) -> Role:
    """Take those off the heads, then off the hires, who left before the first day."""
    gone = [(day, int(number.mid)) for day, number in role.departures if day < first]
    if not gone:
        return role
    heads, hires = role.heads.mid, {day: number.mid for day, number in role.hires}
    for day, count in gone:
        for _ in range(count):
            earlier = next((hired for hired, left in hires.items() if left > 0 and hired < day), None)
            if heads > 0:
                heads = heads - 1 if heads >= 1 else 0.0
            elif earlier is not None:
                hires[earlier] = max(hires[earlier] - 1, 0.0)
    return replace(
        role,
        heads=replace(role.heads, mid=heads),
        hires=tuple((day, replace(number, mid=hires[day])) for day, number in role.hires),
        departures=tuple((day, number) for day, number in role.departures if day >= first),
    )


def _role(name: str, record: dict[str, Any], place: Place) -> Role:
    path = ("roles", name)
    handles = record.get("handles")
    measured = handles if isinstance(handles, Measured) else None
    distributions = {
        key: days_distribution(record[key], (*path, key), place)
        for key in ("time_to_fill", "backfill")
        if record.get(key) is not None
    }
    team = tuple(
        Person(person, **{_FIELDS[key]: value for key, value in (about or {}).items() if key in _FIELDS})
        for person, about in (record.get("team") or {}).items()
    )
    return Role(
        name=name,
        label=record.get("label") or "",
        heads=record.get("heads") or Number(0.0),
        tenure_months=record.get("tenure"),
        team=team,
        hires=tuple(record.get("hires") or ()),
        departures=tuple(record.get("departures") or ()),
        time_to_fill=distributions.get("time_to_fill"),
        backfill=distributions.get("backfill"),
        ramp=_ramp(record.get("ramp"), place, path),
        leaves_per_month=record.get("leaves") or Number(0.0),
        per_day=measured.number if measured else None,
        in_hours=measured is not None and measured.unit.startswith("hour"),
        holds=record.get("holds"),
        leavers_items=record.get("leavers_items") or "colleagues",
        order=tuple(record.get("serves") or ()),
        pay_per_month=record.get("pay") or Number(0.0),
        works_every_day=bool(record.get("works")),
    )


def _ramp(stated: Any, place: Place, path: tuple[str, ...]) -> tuple[Number, ...]:
    """Shares by month of tenure; a map names the months, and one that it leaves out is as the month before."""
    if stated is None:
        return ()
    if isinstance(stated, list):
        return tuple(stated)
    months = {int(month): share for month, share in stated.items()}
    if months and 1 not in months:
        place.error((*path, "ramp"), "the first month of the ramp is missing", "write `{1: 30%, ...}`")
        return ()
    ramp: list[Number] = []
    for month in range(1, max(months, default=0) + 1):
        ramp.append(months.get(month) or ramp[-1])
    return tuple(ramp)
