"""Size bands and amounts at the win (model.md, section 6)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.model.money import Amount
from rpmsim.model.number import LeadClass
from rpmsim.model.plan import Model
from tests.reference.contents import Contents
from tests.reference.draws import Parameters
from tests.reference.lead import Lead


class Amounts:
    """Draws bands and amounts for one replication."""

    def __init__(self, model: Model, contents: Contents, value_of: Parameters, rng: np.random.Generator) -> None:
        self._model = model
        self._contents = contents
        self._value = value_of
        self._rng = rng

    def give_band(self, lead: Lead, here: bool) -> None:
        """A lead gets its size band once, from its own amount if it is a listed deal with one."""
        k = lead.kind
        if not self._model.bands or k.band or not here:
            return
        listed = lead.deal.amount if lead.deal is not None else None
        amount = listed if listed is not None else self._base_amount(k.segment)
        if amount is not None:
            lead.kind = LeadClass(k.channel, k.segment, k.grade, k.returns, self._band_of(amount))

    def booked_cents(self, lead: Lead, day: int) -> int:
        """What a lead that is won on the day brings; a listed deal its own amount times the revision."""
        if lead.deal is not None and lead.deal.amount is not None:
            revision = self._model.revision
            factor = 1.0 if revision is None else self._value.drawer(revision).draw(self._rng)
            return math.floor(lead.deal.amount * factor * 100 + 0.5)
        value = self._amount(lead.kind, day)
        return 0 if value is None else math.floor(value * 100 + 0.5)

    def _band_of(self, amount: float) -> str:
        return next(band.name for band in self._model.bands if band.below is None or amount < band.below)

    def _base_amount(self, segment: str) -> float | None:
        amount = self._contents.item_in("segments", segment, 0).amount
        return None if amount is None else self._value.drawer(amount.distribution).draw(self._rng)

    def _amount(self, kind: LeadClass, day: int) -> float | None:
        """Contract value: the base distribution inside the band, times the price on the day, times the term.

        The price is the mean of the distribution in force over that of the base distribution, straight-line while a
        change is phased in.
        """
        base = self._base_amount(kind.segment)
        while base is not None and kind.band and self._band_of(base) != kind.band:
            base = self._base_amount(kind.segment)
        if base is None:
            return None
        distributions: list[Amount] = [
            self._contents.item_in("segments", kind.segment, k).amount for k in range(len(self._contents.all))
        ]
        means = [self._value.drawer(amount.distribution).mean() for amount in distributions]
        weights = self._contents.weights(day)
        price = sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / means[0]
        now: Amount = self._contents.item("segments", kind.segment, day).amount
        months = self._value(now.term_months)
        return base * price * {"total": 1.0, "year": months / 12, "month": months}[now.per]
