"""Which leads arrive on each day (model, section 7)."""

from __future__ import annotations

import datetime as dt
import functools
import math

import numpy as np

from rpmsim.model.arrivals import LARGEST_BATCH, Channel, RateUnit
from rpmsim.model.calendar import Calendar, period_of
from rpmsim.model.distributions import Distribution, cdf, shape_of
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Model
from rpmsim.model.staffing import DAYS_PER_MONTH
from rpmsim.plain.changes import Contents
from rpmsim.plain.parameters import Parameters
from rpmsim.plain.spend import acting_spend, leads_per_month


class Arrivals:
    """Draws the leads that arrive, and their classes."""

    def __init__(self, model: Model, contents: Contents, value: Parameters, rng: np.random.Generator) -> None:
        self._model, self._contents, self._value, self._rng = model, contents, value, rng
        self._expected = {channel.name: self._expected_by_day(channel.name) for channel in model.content.channels}
        self._drift = self._drift_by_day()
        self._sizes: dict[str, float] = {}

    def count(self, channel: str, day: int) -> int:
        """Leads of a channel on a day: Poisson around a gamma around the drifting mean; or as many batches as that."""
        mean = self._expected[channel][day] * self._drift[channel][day]
        if mean <= 0.0:
            return 0
        alpha = self._value(self._model_channel(channel).dispersion)
        if alpha > 0.0:
            mean *= alpha * self._rng.standard_gamma(1.0 / alpha)
        batch = self._model_channel(channel).batch
        if batch is None:
            return int(self._rng.poisson(mean))
        batches = self._rng.poisson(mean / self._mean_size(channel, batch))
        draw = self._value.draw(batch)
        return sum(_size(draw(self._rng)) for _ in range(batches))

    def _model_channel(self, name: str) -> Channel:
        """The channel as the base states it: what dated changes do not touch."""
        return next(channel for channel in self._model.content.channels if channel.name == name)

    def _mean_size(self, channel: str, batch: Distribution) -> float:
        """Expected leads of a batch: the sum of the chances of more than 0, 1, 2, ... leads."""
        if channel not in self._sizes:
            sizes = np.arange(1, LARGEST_BATCH)
            at_most = cdf(shape_of(batch, self._value), np.nextafter(sizes + 0.5, 0.0))
            self._sizes[channel] = 1.0 + float((1.0 - at_most).sum())
        return self._sizes[channel]

    def class_of(self, channel: str, day: int) -> LeadClass:
        """Class of a lead that arrives: segment and grade by the mix of the channel."""
        item: Channel = self._contents.item_in("channels", channel, self._contents.for_lead(day, self._rng))
        segment = self._pick(item.mix) if item.mix else self._model.content.segments[0].name
        grades = resolve(item.grades, LeadClass(channel, segment))
        return LeadClass(channel, segment, self._pick(grades) if grades else "")

    def _pick(self, mix: tuple[tuple[str, Number | None], ...]) -> str:
        """One name of a mix; stated shares over 100% are scaled back, the rest takes what is left."""
        if len(mix) == 1:
            return mix[0][0]
        stated = [(name, self._value(share)) for name, share in mix if share is not None]
        uniform = self._rng.random() * max(1.0, sum(share for _, share in stated))
        for name, share in stated:
            if uniform < share:
                return name
            uniform -= share
        return next((name for name, share in mix if share is None), stated[-1][0])

    def _expected_by_day(self, name: str) -> list[float]:
        """Expected leads on each day, before drift and dispersion; those of several contents by their weights."""
        acting = acting_spend(self._model, self._contents, name, self._value)
        versions = self._contents.versions("channels", name)
        rates = [_expected_under(self._model, channel, acting, self._value) for channel in versions]
        return [
            sum(weight * rate[day] for weight, rate in zip(self._contents.weights(day), rates, strict=True))
            for day in range(self._model.days)
        ]

    def _drift_by_day(self) -> dict[str, list[float]]:
        """Factor by channel and day: exp of a weekly AR(1), whose steps are partly shared and have a mean of 1."""
        model, value = self._model, self._value
        factor: dict[str, list[float]] = {channel.name: [] for channel in model.content.channels}
        drifting = [c for c in model.content.channels if value(c.drift_sigma) > 0.0 or value(c.drift_now) != 1.0]
        level = {channel.name: math.log(value(channel.drift_now)) for channel in model.content.channels}
        variance = dict.fromkeys(factor, 0.0)
        for day in range(model.days):
            if drifting and (day == 0 or (model.first_day + dt.timedelta(day)).weekday() == 0):
                common = self._rng.standard_normal()
                for channel in drifting:
                    name, shared, own = channel.name, value(channel.drift_shared), self._rng.standard_normal()
                    sigma, phi = value(channel.drift_sigma), value(channel.drift_phi)
                    step = sigma * (math.sqrt(shared) * common + math.sqrt(1.0 - shared) * own)
                    level[name] = phi * level[name] + step
                    variance[name] = phi**2 * variance[name] + sigma**2
            for name, factors in factor.items():
                factors.append(math.exp(level[name] - variance[name] / 2.0))
        return factor


def _size(drawn: float) -> int:
    """Leads of a batch: whole, and at least one."""
    return min(max(1, math.floor(drawn + 0.5)), LARGEST_BATCH)


def _expected_under(model: Model, channel: Channel, acting: list[float], value: Parameters) -> list[float]:
    """Expected leads on each day under one content; ``acting`` is the spend that acts on each day."""
    if channel.made_by:
        return [0.0] * model.days
    closed = frozenset(model.calendar.holidays if channel.closed_on_holidays else ())
    unit: RateUnit = "month" if channel.spend or channel.by_month else channel.rate_unit
    table = dict(channel.by_month)
    months = channel.month_pattern or (1.0,) * 12
    since = 0 if channel.growth_from is None else (model.first_day - channel.growth_from).days
    growth, damping = value(channel.growth_per_month), value(channel.damping)
    result = []
    for i in range(model.days):
        day = model.first_day + dt.timedelta(i)
        if channel.spend is not None:
            level = leads_per_month(channel.spend, acting[i], value)
        else:
            number = table.get(day.replace(day=1)) if table else channel.rate
            level = 0.0 if number is None else value(number)
        level *= _part_of_unit(channel.weekday_pattern, closed, day, unit)
        level *= _trend(growth, damping, max(i + since, 0) / DAYS_PER_MONTH)
        result.append(max(0.0, level * months[day.month - 1] / (sum(months) / 12.0) * value(channel.change)))
    return result


def _trend(growth: float, damping: float, months: float) -> float:
    """1 + growth (1 + damping + damping**2 + ...), as many terms as months have passed, linear between them."""
    whole = math.floor(months)
    total = sum(damping**i for i in range(whole)) + (months - whole) * damping**whole
    return 1.0 + growth * total


def _part_of_unit(pattern: tuple[float, ...], closed: frozenset[dt.date], day: dt.date, unit: RateUnit) -> float:
    """Part of the unit's leads that falls on the day: the parts of a whole unit add up to 1."""
    weight = _weight(pattern, closed, day)
    if unit == "day":
        return weight / (sum(pattern) / 7.0)
    period = period_of(day, unit, Calendar())
    total = _total_weight(pattern, closed, period.first, period.last)
    return weight / total if total > 0.0 else 0.0


def _weight(pattern: tuple[float, ...], closed: frozenset[dt.date], day: dt.date) -> float:
    return 0.0 if day in closed else pattern[day.weekday()]


@functools.lru_cache(maxsize=10_000)
def _total_weight(pattern: tuple[float, ...], closed: frozenset[dt.date], first: dt.date, last: dt.date) -> float:
    return sum(_weight(pattern, closed, first + dt.timedelta(i)) for i in range((last - first).days + 1))
