"""Size bands and amounts (model: section 6 of docs/background/model.md)."""

from __future__ import annotations

import random

from rpmsim.generate.distributions import Contents, Parameters
from rpmsim.model.distributions import mean, shape_of
from rpmsim.model.number import LeadClass
from rpmsim.model.plan import Model


class Amounts:
    """Draws what deals are worth."""

    def __init__(self, model: Model, contents: Contents, value: Parameters, rng: random.Random) -> None:
        self._model, self._contents, self._value, self._rng = model, contents, value, rng

    def band_of(self, amount: float) -> str:
        """The size band of an amount."""
        return next(band.name for band in self._model.bands if band.below is None or amount < band.below)

    def base(self, kind: LeadClass) -> float | None:
        """An amount by the segment's first distribution, inside the lead's band if it has one."""
        stated = self._contents.item_in("segments", kind.segment, 0).amount
        if stated is None:
            return None
        sampler = self._value.sampler(stated.distribution)
        amount = sampler(self._rng)
        while kind.band and self.band_of(amount) != kind.band:
            amount = sampler(self._rng)
        return amount

    def on_day(self, base: float, kind: LeadClass, day: int) -> float:
        """Contract value at the price and term of a day; a price that is phased in follows a straight line."""
        distributions = [
            self._contents.item_in("segments", kind.segment, k).amount for k in range(len(self._contents.all))
        ]
        price = 1.0
        if len(distributions) > 1:
            means = [float(mean(shape_of(amount.distribution, self._value))) for amount in distributions]
            weights = self._contents.weights(day)
            price = sum(w * m for w, m in zip(weights, means, strict=True)) / means[0]
        now = self._contents.item("segments", kind.segment, day).amount
        months = self._value(now.term_months)
        factor: float = {"total": 1.0, "year": months / 12, "month": months}[now.per]
        return base * price * factor

    def revision(self) -> float:
        """Factor between the amount of an open deal and the amount that is won."""
        distribution = self._model.revision
        return 1.0 if distribution is None else self._value.sampler(distribution)(self._rng)
