"""Which leads arrive on each day (model: section 5 of docs/background/model.md)."""

from __future__ import annotations

import datetime as dt
import math
import random

import numpy as np

from rpmsim.generate.distributions import Contents, Parameters
from rpmsim.model.arrivals import Channel, carried_spend, expected_per_day
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model


class Demand:
    """Draws arrivals by channel and day, and their classes."""

    def __init__(
        self, model: Model, contents: Contents, value: Parameters, rng: random.Random, counts: np.random.Generator
    ) -> None:
        self._model, self._contents, self._value, self._rng, self._counts = model, contents, value, rng, counts
        self._expected = self._by_day()
        self._drift = self._drift_by_day()

    def arriving(self, channel: str, day: int) -> int:
        """Number of leads of a channel on a day: negative binomial around the drifting mean."""
        mean = float(self._expected[channel][day] * self._drift[channel][day])
        if mean <= 0.0:
            return 0
        alpha = self._value(self._contents.item("channels", channel, day).dispersion)
        if alpha > 0.0:
            mean = self._counts.gamma(1.0 / alpha, alpha * mean)
        return int(self._counts.poisson(mean))

    def class_of(self, channel: str, day: int) -> LeadClass:
        """Segment and grade of one arrival."""
        item: Channel = self._contents.item_in("channels", channel, self._contents.for_lead(day, self._rng))
        segment = self._pick(item.mix)
        grades = resolve(item.grades, LeadClass(channel, segment)) or ()
        return LeadClass(channel, segment, self._pick(grades) if grades else "")

    def _pick(self, mix: tuple[tuple[str, object], ...]) -> str:
        shares = [None if number is None else self._value(number) for _, number in mix]  # type: ignore[arg-type]
        total = sum(share for share in shares if share is not None)
        rest = max(0.0, 1.0 - total)
        u = self._rng.random() * max(total, 1.0)
        for (name, _), share in zip(mix, shares, strict=True):
            u -= rest if share is None else share
            if u < 0.0:
                return name
        return mix[-1][0]

    def _by_day(self) -> dict[str, np.ndarray]:
        model = self._model
        weights = np.array([self._contents.weights(day) for day in range(model.days)])
        result = {}
        for channel in model.content.channels:
            result[channel.name] = np.zeros(model.days)
            if channel.made_by:
                continue
            versions = [self._contents.item_in("channels", channel.name, k) for k in range(len(self._contents.all))]

            def blended(by_content: list[np.ndarray]) -> np.ndarray:
                return np.asarray(sum(weights[:, k] * values for k, values in enumerate(by_content)))

            carried = None
            if any(item.spend is not None for item in versions):
                dates = [model.first_day + dt.timedelta(day) for day in range(model.days)]
                carried = carried_spend(versions, blended, dates, self._value)
            result[channel.name] = blended(
                [
                    np.maximum(
                        expected_per_day(item, model.calendar, model.first_day, model.days, self._value, carried), 0
                    )
                    for item in versions
                ]
            )
        return result

    def _drift_by_day(self) -> dict[str, np.ndarray]:
        """Factor of mean 1: exp of a weekly AR(1) whose steps channels partly share."""
        model = self._model
        factor = {channel.name: np.ones(model.days) for channel in model.content.channels}
        level, variance = dict.fromkeys(factor, 0.0), dict.fromkeys(factor, 0.0)
        for day in range(model.days):
            new_week = day == 0 or (model.first_day + dt.timedelta(day)).weekday() == 0
            common = self._counts.standard_normal() if new_week else 0.0
            for channel in model.content.channels:
                name = channel.name
                if new_week:
                    sigma, phi = self._value(channel.drift_sigma), self._value(channel.drift_phi)
                    shared = self._value(channel.drift_shared)
                    own = self._counts.standard_normal()
                    step = sigma * (math.sqrt(shared) * common + math.sqrt(1.0 - shared) * own)
                    level[name] = phi * level[name] + step
                    variance[name] = phi**2 * variance[name] + sigma**2
                factor[name][day] = math.exp(level[name] - variance[name] / 2)
        return factor
