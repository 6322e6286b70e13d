"""Channels: leads by rate, by month, by spend, or made by a role."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from rpmsim.model.arrivals import Channel, RateUnit, Spend
from rpmsim.model.calendar import Calendar
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import ByClass, Number
from rpmsim.scenario.assemble.calendar import week_of
from rpmsim.scenario.assemble.distributions import distribution_of
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.kind import Measured
from rpmsim.scenario.schema.reading import REST
from rpmsim.scenario.schema.special import MONTHS
from rpmsim.text.nodes import Path

_PER_YEAR = {"day": 365.25, "week": 365.25 / 7, "month": 12.0, "quarter": 4.0, "year": 1.0}


def channels_of(
    records: dict[str, Any],
    segments: tuple[str, ...],
    only_entry: str,
    every_day: frozenset[str],
    calendar: Calendar,
    first: dt.date,
    place: Place,
) -> tuple[Channel, ...]:
    """All channels.

    Parameters
    ----------
    only_entry : str
        The one stage without a way in, for channels that do not say where their leads arrive; else empty.
    every_day : frozenset of str
        Roles that work every day.
    """
    open_days = {daily: _open_days_per_year(calendar, first, daily) for daily in (False, True)}
    return tuple(
        _channel(
            name,
            record or {},
            segments,
            only_entry,
            calendar,
            open_days[(record or {}).get("made_by") in every_day],
            place,
        )
        for name, record in records.items()
    )


def _open_days_per_year(calendar: Calendar, first: dt.date, every_day: bool) -> float:
    if every_day:
        return 365.25
    days = sum(calendar.is_open(first + dt.timedelta(i)) for i in range(365))
    return max(days, 1) * 365.25 / 365


def _channel(
    name: str,
    record: dict[str, Any],
    segments: tuple[str, ...],
    only_entry: str,
    calendar: Calendar,
    open_days: float,
    place: Place,
) -> Channel:
    path = ("channels", name)
    into = record.get("into") or only_entry
    if not into:
        place.error(
            path,
            "it is not clear which stage its leads enter: there is not exactly one stage that no other stage leads to",
            "write `into: STAGE`",
        )
    weekday_pattern, closed_on_holidays = week_of(record, calendar.work)
    drift = record.get("drift") or {}
    channel = Channel(
        name=name,
        kind=record.get("kind") or "marketing",
        label=record.get("label") or "",
        into=into,
        change=record.get("change") or Number(1.0),
        growth_per_month=record.get("growth") or Number(0.0),
        growth_from=record.get("growth_from"),
        damping=record.get("damping") or Number(0.9),
        month_pattern=_months(record.get("months"), (*path, "months"), place),
        weekday_pattern=weekday_pattern,
        closed_on_holidays=closed_on_holidays,
        dispersion=record.get("dispersion") or Number(0.0),
        drift_sigma=drift.get("sigma") or Number(0.0),
        drift_phi=drift.get("phi") or Number(1.0),
        drift_shared=drift.get("shared") or Number(0.0),
        drift_now=drift.get("now") or Number(1.0),
        batch=_batch(record, (*path, "batch"), place),
        mix=_mix(record.get("mix"), segments, (*path, "mix"), place),
        grades=_grades(record.get("grades") or ()),
    )
    if sum(channel.weekday_pattern) <= 0:
        place.error((*path, "weekdays"), "no weekday has a weight", "give one of them a weight above 0")
    return _with_source(channel, record, open_days, path, place)


def _with_source(channel: Channel, record: dict[str, Any], open_days: float, path: Path, place: Place) -> Channel:
    """State where the leads come from: exactly one of a rate, a table, spend and a role."""
    leads, spend, current = record.get("leads"), record.get("spend"), record.get("current")
    driven = current is not None
    if leads is not None and driven:
        place.error(
            (*path, "current"), "leads are both stated and driven by spend", "keep `leads`, or `spend` with `current`"
        )
    elif leads is None and not driven:
        fix = (
            "write `leads: 20 per month each`"
            if record.get("made_by")
            else "write `leads: 40 per week`, or `spend` with `current` and `elasticity`"
        )
        place.error(path, "no leads are stated", fix)
    for key in ("elasticity", "carry_over"):
        if key in record and not driven:
            place.error(
                (*path, key),
                f"`{key}` without `current`",
                "state current spend and leads: `current: {spend: 60k per month, leads: 150 per month}`",
            )
    always, rows = (None, tuple(spend)) if isinstance(spend, list) else (spend, ())
    if current is not None:
        return replace(channel, spend=_spend(record, current, always, rows, path, place))
    channel = replace(channel, spend_per_month=always, spend_by_month=rows)
    if isinstance(leads, list):
        if record.get("made_by"):
            place.error(
                (*path, "leads"), "a table by month for leads that a role creates", "write `leads: 20 per month each`"
            )
        # Rows were moved and scaled where files were merged; what is left there is no one number.
        for key in ("shift", "scale"):
            if record.get(key) is not None:
                place.error((*path, key), f"`{key}` is not one number", "write `shift: 1 year`, `scale: 1000`")
        return replace(channel, by_month=tuple(leads))
    for key in ("shift", "scale"):
        if record.get(key) is not None:
            place.error(
                (*path, key), f"`{key}` without a table of leads", "use a table: `leads: leads.csv`, or remove it"
            )
    if not isinstance(leads, Measured):
        return replace(channel, made_by=record.get("made_by") or "")
    unit: RateUnit = leads.unit.split()[1]  # type: ignore[assignment]
    each = leads.unit.endswith("each")
    if not record.get("made_by"):
        if each:
            place.error(
                (*path, "leads"),
                "`each` for leads that no role creates",
                "state the role: `made_by: sdr`, or remove `each`",
            )
        return replace(channel, rate=leads.number, rate_unit=unit)
    if not each:
        place.error((*path, "leads"), "leads created by a role are stated per head", "write `20 per month each`")
    return replace(channel, made_by=record["made_by"], made_rate=scaled(leads.number, _PER_YEAR[unit] / open_days))


def scaled(number: Number, factor: float) -> Number:
    """The number in another unit."""
    low, high = (None if end is None else end * factor for end in (number.low, number.high))
    return replace(number, mid=number.mid * factor, low=low, high=high)


def _spend(
    record: dict[str, Any],
    current: dict[str, Any],
    always: Number | None,
    rows: tuple[Any, ...],
    path: Path,
    place: Place,
) -> Spend:
    for key in ("spend", "leads"):
        if key not in current:
            place.error(
                (*path, "current"),
                f"`current` without `{key}`",
                "write `current: {spend: 60k per month, leads: 150 per month}`",
            )
    if record.get("spend") is None:
        place.error(path, "`current` without `spend`", "state the planned spend: `spend: 60k per month`")
    if record.get("elasticity") is None:
        place.error(
            (*path, "current"), "spend drives leads, but the elasticity is not stated", "write `elasticity: 0.4 to 0.6`"
        )
    if record.get("made_by"):
        place.error((*path, "made_by"), "leads are both created by a role and driven by spend", "keep one of the two")
    today, leads = current.get("spend") or Number(1.0), current.get("leads") or Number(1.0)
    if today.mid <= 0:
        place.error(
            (*path, "current", "spend"), "the current spend is 0", "an elasticity needs a current spend above 0"
        )
        today = Number(1.0)
    elasticity = record.get("elasticity") or Number(0.5)
    if elasticity.mid >= 1:
        place.error((*path, "elasticity"), "an elasticity of 1 or more never saturates", "write a number below 1")
        elasticity = Number(0.5)
    return Spend(always or Number(0.0), rows, today, leads, elasticity, record.get("carry_over") or Number(0.2))


def _batch(record: dict[str, Any], path: Path, place: Place) -> Distribution | None:
    """The distribution of the batch size; None where leads come one by one."""
    if record.get("batch") is None:
        return None
    if record.get("made_by"):
        place.error(path, "batches of leads that a role creates one by one", "remove `batch`, or `made_by`")
    distribution = distribution_of(record["batch"], path, place)
    if distribution is None:
        place.error(path, "a batch without a size", "write `batch: {median: 6, p90: 20}`, or one number")
    return distribution if isinstance(distribution, Distribution) else None


def _months(stated: Any, path: Path, place: Place) -> tuple[float, ...]:
    if stated is None:
        return ()
    if isinstance(stated, list):
        if len(stated) != 12:
            place.error(
                path, f"{len(stated)} factors for twelve months", "write twelve, or state the months: `{jul: 0.8}`"
            )
            return ()
        pattern = tuple(number.mid for number in stated)
    else:
        pattern = tuple(stated[month].mid if month in stated else 1.0 for month in MONTHS)
    if sum(pattern) <= 0:
        place.error(path, "no month has a weight", "give one of them a factor above 0")
        return ()
    return pattern


def _mix(
    stated: dict[str, Any] | None, segments: tuple[str, ...], path: Path, place: Place
) -> tuple[tuple[str, Number | None], ...]:
    if stated is None:
        if len(segments) != 1:
            place.error(
                path[:-1],
                "it is not clear which segments its leads belong to",
                "write `mix: {SEGMENT: 60%, SEGMENT: rest}`",
            )
        return tuple((segment, None if i == 0 else Number(0.0)) for i, segment in enumerate(segments))
    return tuple((name, None if share is REST else share) for name, share in stated.items())


def _grades(stated: Any) -> Any:
    if isinstance(stated, ByClass):
        cases = tuple((name, _grades(case)) for name, case in stated.cases)
        return ByClass(stated.dimension, cases, None if stated.default is None else _grades(stated.default))
    return tuple((name, None if share is REST else share) for name, share in stated)
