"""Draws of arriving leads and their classes (model.md, section 5)."""

from __future__ import annotations

import numpy as np

from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Model
from tests.reference import demand
from tests.reference.contents import Contents
from tests.reference.draws import Parameters


class Demand:
    """Arrivals of one replication."""

    def __init__(self, model: Model, contents: Contents, value_of: Parameters, rng: np.random.Generator) -> None:
        self._model = model
        self._contents = contents
        self._value = value_of
        self._rng = rng
        self._expected = {
            channel.name: demand.expected_by_day(model, contents, channel.name, value_of)
            for channel in model.content.channels
        }
        self._drift = demand.drift_by_day(model, value_of, rng)

    def arriving(self, name: str, day: int) -> int:
        """Leads of a channel on a day: Poisson around a gamma around the expected number."""
        mean = self._expected[name][day] * self._drift[name][day]
        if mean <= 0:
            return 0
        alpha = self._value(self._contents.item("channels", name, day).dispersion)
        if alpha > 0:
            mean *= alpha * self._rng.standard_gamma(1 / alpha)
        return int(self._rng.poisson(mean))

    def class_of_arrival(self, name: str, day: int) -> LeadClass:
        """Segment and grade of a lead of the channel."""
        channel = self._contents.item_in("channels", name, self._contents.for_lead(day, self._rng))
        segments = self._model.content.segments
        segment = self._pick(channel.mix) if channel.mix else segments[0].name
        grades = resolve(channel.grades, LeadClass(name, segment))
        return LeadClass(name, segment, self._pick(grades) if grades else "")

    def _pick(self, mix: tuple[tuple[str, Number | None], ...]) -> str:
        """One name of a mix; stated shares over 100% are scaled back, the rest takes what is left."""
        stated = {name: self._value(share) for name, share in mix if share is not None}
        total = sum(stated.values())
        u = self._rng.random() * max(1.0, total)
        for name, share in stated.items():
            if u < share:
                return name
            u -= share
        rest = [name for name, share in mix if share is None]
        return rest[0] if rest else list(stated)[-1]
