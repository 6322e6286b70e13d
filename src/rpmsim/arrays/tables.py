"""The tables: what depends on a parameter draw, for a group of draws at once."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from rpmsim.arrays.classes import Classes
from rpmsim.arrays.clocks import Clocks, all_versions
from rpmsim.arrays.days import Span
from rpmsim.arrays.frame import channel_classes
from rpmsim.arrays.layout import F64, I64, MICRO, NO_LIMIT, POWER_FROM, POWER_TO, Frame, Tables
from rpmsim.arrays.outcome_tables import outcome_fields
from rpmsim.arrays.packing import gather, join
from rpmsim.arrays.sampling_tables import DelayRows, QuantileRows
from rpmsim.model.arrivals import Channel, batch_sizes, carried_spend, expected_per_day
from rpmsim.model.distributions import Distribution, cdf, shape_of
from rpmsim.model.number import LeadClass, Number, ValueOf, resolve
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import DAYS_PER_MONTH, Role

MINUTES_PER_DAY = 1440.0


def build_tables(model: Model, classes: Classes, span: Span, frame: Frame, value_of: ValueOf, draws: int) -> Tables:
    """Build the tables of ``draws`` parameter draws; ``value_of`` gives arrays of shape (draws,) for ranged numbers."""
    clocks = Clocks(model, span)
    delays = DelayRows(frame.delay_days, draws, value_of)
    quantiles = QuantileRows(draws, value_of)
    fields: dict[str, Any] = {"pace": _pace(frame, clocks, value_of, draws)}
    fields |= outcome_fields(model, classes, span, clocks, frame, delays, value_of, draws)
    fields |= _stage_fields(model, classes, span, quantiles, value_of, draws)
    fields |= _role_fields(model, span, delays, value_of, draws)
    fields |= _arrival_fields(model, classes, span, value_of, draws)
    fields |= _amount_fields(model, classes, span, quantiles, value_of, draws)
    fields["distribution_size"] = frame.delay_days + 1
    fields["distribution_top"], fields["distribution_guide"], fields["distribution_clock"] = delays.tables()
    fields |= quantiles.tables()
    return Tables(**fields)


def _pace(frame: Frame, clocks: Clocks, value_of: ValueOf, draws: int) -> Any:
    """Sigma of each source of pace while a version of its stage is in force; 0 for those of other stages."""
    versions = int(frame.version_range[-1])
    values: list[Any] = []
    for stage, (_, source) in zip(frame.pace_stage, clocks.sources, strict=True):
        low = int(frame.version_range[stage])
        row: list[Any] = [0.0] * versions
        row[low : low + len(source.sigma)] = [value_of(number) for number in source.sigma]
        values += row
    return gather(values, draws, (len(clocks.sources), versions))


def _stage_fields(
    model: Model, classes: Classes, span: Span, quantiles: QuantileRows, value_of: ValueOf, draws: int
) -> dict[str, Any]:
    versions = all_versions(model, span)
    n, k = len(versions), len(classes.leads)
    response: list[I64] = []
    sla: list[Any] = []
    work: list[Any] = []
    none = np.full(draws, -1, dtype=np.int64)
    in_hours = {role.name for role in model.content.roles if role.in_hours}
    for stage in versions:
        for lead in classes.leads:
            distribution = resolve(stage.response.time, lead)
            response.append(none if distribution is None else quantiles.add(distribution, 60.0))
            limit = resolve(stage.response.sla_hours, lead)
            sla.append(math.inf if limit is None else value_of(limit) * 60.0)
            # A role whose day is counted in leads spends one on each.
            hours = resolve(stage.work_hours, lead) if resolve(stage.worked_by, lead) in in_hours else None
            work.append(MICRO if hours is None else np.maximum(1, np.rint(np.asarray(value_of(hours)) * MICRO)))

    def column(pick: Any, default: float) -> F64:
        return gather([default if pick(s) is None else value_of(pick(s)) for s in versions], draws, (n,))

    everything = {
        "response_stretch": column(lambda s: s.response.load_stretch, 1.0),
        "response_above": column(lambda s: s.response.load_above, 0.0),
        "give_up": column(lambda s: s.gives_up[0] if s.gives_up else None, 0.0),
        "timeout": column(lambda s: s.timeout[0] if s.timeout else None, 0.0),
        "shock": column(lambda s: s.shock.sigma if s.shock else None, 0.0),
        "load_odds": column(lambda s: s.load.odds if s.load else None, 1.0),
        "load_above": column(lambda s: s.load.above if s.load else None, 0.0),
    }
    strength = column(lambda s: s.response.strength, 1.0)
    everything["decay"] = np.log(np.maximum(strength, 1e-300)) / MINUTES_PER_DAY
    power = np.array([stage.response.decay == "power" for stage in versions])
    everything |= _power_decay(np.where(power, strength, 0.0))
    everything["timeout"] = np.maximum(1, np.rint(everything["timeout"])).astype(np.int64)
    return {
        **everything,
        "response_row": join(response, (n, k)),
        "sla_minutes": gather(sla, draws, (n, k)),
        "work": gather(work, draws, (n, k), np.int64),
    }


def _power_decay(strength: F64) -> dict[str, Any]:
    """What response decay in its power form does to conversion, minute by minute; each strength once."""
    values, rows = np.unique(strength, return_inverse=True)
    minutes = np.clip(np.arange(POWER_TO + 1), POWER_FROM, None)
    return {
        "decay_row": rows.reshape(strength.shape).astype(np.int64),
        "decay_power": np.exp(-values[:, None] * np.log(minutes / POWER_FROM)),
    }


def _blend(span: Span, values: list[Any]) -> F64:
    """Values by content, (..., T) each, as the value in force on each day; (..., T)."""
    arrays = np.broadcast_arrays(*values)
    result = np.array(arrays[0], dtype=np.float64)
    for before, after, days, weight in span.blends:
        if after > 0:
            old = arrays[before][..., days]
            # A limit that only one of two contents has cannot be phased in.
            new = arrays[after][..., days]
            result[..., days] = np.where((old < 0) | (new < 0), new, old + weight * (new - old))
    return result


def _by_day(span: Span, contents: list[Any], value_of: ValueOf, default: float = 0.0) -> F64:
    """Numbers by content (None: default) as values by day, shape (..., T)."""
    values = [default if number is None else value_of(number) for number in contents]
    return _blend(span, [np.broadcast_to(np.asarray(v)[..., None], (*np.shape(v), span.days)) for v in values])


def stack_days(rows: list[F64], days: int) -> F64:
    """Rows (T,) or (draws, T) as one array (G, rows, T)."""
    if not rows:
        return np.zeros((1, 0, days))
    rows = [np.atleast_2d(row) for row in rows]
    count = max(len(row) for row in rows)
    return np.ascontiguousarray(np.stack([np.broadcast_to(row, (count, days)) for row in rows], axis=1))


def _role_fields(model: Model, span: Span, delays: DelayRows, value_of: ValueOf, draws: int) -> dict[str, Any]:
    def through(name: str) -> list[Role]:
        return [next(role for role in content.roles if role.name == name) for content in span.contents]

    roles = model.content.roles
    contents = [through(role.name) for role in roles]
    months = max((len(role.ramp) for role in roles), default=0) + 1
    none = np.full(draws, -1, dtype=np.int64)
    ramp = [value_of(role.ramp[m]) if m < len(role.ramp) else 1.0 for role in roles for m in range(months)]
    leaves = [1.0 - (1.0 - np.asarray(value_of(role.leaves_per_month))) ** (1.0 / DAYS_PER_MONTH) for role in roles]
    person_pay: list[Any] = []
    for role in roles:
        team = [NO_LIMIT if p.pay_per_month is None else value_of(p.pay_per_month) * 100.0 for p in role.team]
        opening = math.ceil(role.heads.mid - 1e-9)
        hires = sum(math.ceil(heads.mid - 1e-9) for _, heads in role.hires)
        person_pay += [NO_LIMIT] * opening + team + [NO_LIMIT] * hires
    fill = [none if role.time_to_fill is None else delays.add(role.time_to_fill, 0, 0) for role in roles]
    backfill = [none if role.backfill is None else delays.add(role.backfill, 1, 0) for role in roles]
    return {
        "per_day": stack_days(
            [_by_day(span, [r.per_day for r in rs], value_of, NO_LIMIT) for rs in contents], span.days
        ),
        "holds": stack_days([_by_day(span, [r.holds for r in rs], value_of, NO_LIMIT) for rs in contents], span.days),
        "pay_month": stack_days(
            [_by_day(span, [r.pay_per_month for r in rs], value_of) * 100.0 for rs in contents], span.days
        ),
        "ramp": gather(ramp, draws, (len(roles), months)),
        "leaves": gather(leaves, draws, (len(roles),)),
        "person_pay": gather(person_pay, draws, (len(person_pay),)),
        "fill_row": join(fill, (len(roles),)) if roles else np.zeros((1, 0), dtype=np.int64),
        "backfill_row": join(backfill, (len(roles),)) if roles else np.zeros((1, 0), dtype=np.int64),
    }


def _channels(span: Span, name: str) -> list[Channel]:
    return [next(c for c in content.channels if c.name == name) for content in span.contents]


def _arrival_fields(model: Model, classes: Classes, span: Span, value_of: ValueOf, draws: int) -> dict[str, Any]:
    channels = model.content.channels
    rates, made = [], []
    for channel in channels:
        versions = _channels(span, channel.name)
        if channel.made_by:
            rates.append(np.zeros(span.days))
            numbers = [np.asarray(value_of(c.made_rate) * value_of(c.change)) for c in versions]
            made.append(_blend(span, [np.broadcast_to(v[..., None], (*v.shape, span.days)) for v in numbers]))
        else:
            made.append(np.zeros(span.days))
            carried = None
            if any(c.spend is not None for c in versions):
                carried = carried_spend(versions, partial(_blend, span), span.dates, value_of)
            by_content = [
                expected_per_day(c, model.calendar, span.first, span.days, value_of, carried) for c in versions
            ]
            rates.append(_blend(span, by_content))
    drift = [
        value
        for channel in channels
        for value in (
            value_of(channel.drift_sigma),
            value_of(channel.drift_phi),
            value_of(channel.drift_shared),
            np.log(value_of(channel.drift_now)),
        )
    ]
    width = max((len(channel_classes(classes, channel.name)) for channel in channels), default=1)
    mix = [
        value
        for content in span.contents
        for channel in channels
        for value in _mix(content, classes, channel.name, width, value_of)
    ]
    return {
        "rate": stack_days(rates, span.days),
        "made_rate": stack_days(made, span.days),
        "dispersion": gather([value_of(c.dispersion) for c in channels], draws, (len(channels),)),
        "drift": gather(drift, draws, (len(channels), 4)),
        **_batch_fields([c.batch for c in channels if c.batch is not None], value_of, draws),
        "mix_sum": gather(mix, draws, (len(span.contents), len(channels), width)),
    }


def _batch_fields(batches: list[Distribution], value_of: ValueOf, draws: int) -> dict[str, Any]:
    """Sizes of the batches of each channel that has some."""
    sums = [batch_sizes(batch, value_of) for batch in batches]
    width = max((each.shape[-1] for each in sums), default=0)
    filled = [np.concatenate([each, np.ones((*each.shape[:-1], width - each.shape[-1]))], axis=-1) for each in sums]
    count = draws if any(each.ndim > 1 for each in filled) else 1
    rows = [np.broadcast_to(each, (count, width)) for each in filled]
    table = np.ascontiguousarray(np.stack(rows, axis=1)) if rows else np.zeros((1, 0, 0))
    return {"batch_sum": table, "batch_mean": width - table[..., :-1].sum(axis=-1)}


def _parts(stated: tuple[tuple[str, Number | None], ...], value_of: ValueOf) -> dict[str, Any]:
    """Shares by name that add up to one: the rest is filled in, and what is over 100% scaled back."""
    values = {name: value_of(number) for name, number in stated if number is not None}
    total = np.asarray(sum(values.values()) if values else 0.0, dtype=np.float64)
    rest = [name for name, number in stated if number is None]
    whole = np.maximum(total, 1.0) if rest else total
    values = {name: value / whole for name, value in values.items()}
    for name in rest:
        values[name] = np.maximum(0.0, 1.0 - total) / len(rest)
    return values


def _mix(content: Content, classes: Classes, name: str, width: int, value_of: ValueOf) -> list[Any]:
    """Summed shares of the classes in which a channel's leads arrive."""
    channel = next(c for c in content.channels if c.name == name)
    segments = _parts(channel.mix, value_of)
    result: list[Any] = []
    total: Any = 0.0
    for k in channel_classes(classes, name):
        lead = classes.leads[k]
        share = segments.get(lead.segment, 0.0)
        grades = resolve(channel.grades, lead)
        if grades:
            share = share * _parts(grades, value_of).get(lead.grade, 0.0)
        total = total + share
        result.append(total)
    return result + [1.0] * (width - len(result))


def _amount_fields(
    model: Model, classes: Classes, span: Span, quantiles: QuantileRows, value_of: ValueOf, draws: int
) -> dict[str, Any]:
    none = np.full(draws, -1, dtype=np.int64)
    rows: list[I64] = []
    for content in span.contents:
        for lead in classes.leads:
            amount = next(s for s in content.segments if s.name == lead.segment).amount
            if amount is None:
                rows.append(none)
            elif amount.per == "total":
                rows.append(quantiles.add(amount.distribution))
            else:
                per_year = 1.0 / 12.0 if amount.per == "year" else 1.0
                rows.append(quantiles.add(amount.distribution, per_year, amount.term_months))
    bands = max(len(classes.bands), 1)
    band_sum, low, high = [], [], []
    for lead in classes.leads:
        ends = _band_ends(model, classes, lead, value_of)
        band_sum += [ends[i] if i < len(ends) else 1.0 for i in range(bands)]
        if lead.band:
            i = classes.bands.index(lead.band)
            low.append(ends[i - 1] if i > 0 else 0.0)
            high.append(ends[i])
        else:
            low.append(0.0)
            high.append(1.0)
    k = len(classes.leads)
    ends_array = gather([*low, *high], draws, (2, k))
    return {
        "amount_row": join(rows, (len(span.contents), k)),
        "band_sum": gather(band_sum, draws, (k, bands)),
        "band_low": np.ascontiguousarray(ends_array[:, 0]),
        "band_high": np.ascontiguousarray(ends_array[:, 1]),
        "revision_row": join([none if model.revision is None else quantiles.add(model.revision)], (1,)),
    }


def _band_ends(model: Model, classes: Classes, lead: LeadClass, value_of: ValueOf) -> list[Any]:
    """Probability of an amount below each band's upper end, by the distribution at the start."""
    amount = next(s for s in model.content.segments if s.name == lead.segment).amount
    if amount is None or not classes.bands:
        return []
    shape = shape_of(amount.distribution, value_of)
    return [1.0 if band.below is None else cdf(shape, np.nextafter(band.below, 0.0)) for band in model.bands]
