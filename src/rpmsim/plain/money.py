"""What deals bring, and what is spent (model, section 9)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np

from rpmsim.model.calendar import Calendar, period_of
from rpmsim.model.cycle import Stage
from rpmsim.model.money import Amount
from rpmsim.model.plan import Model
from rpmsim.plain.changes import Contents
from rpmsim.plain.lead import Lead
from rpmsim.plain.parameters import Parameters
from rpmsim.plain.spend import spend_per_month


class Amounts:
    """Draws size bands and amounts."""

    def __init__(self, model: Model, contents: Contents, value: Parameters, rng: np.random.Generator) -> None:
        self._model, self._contents, self._value, self._rng = model, contents, value, rng
        self._means: dict[str, list[float]] = {}

    def give_band(self, lead: Lead) -> None:
        """A lead gets its size band once, from its own amount if it is a listed deal with one."""
        if not self._model.bands or lead.kind.band:
            return
        if lead.deal is not None and lead.deal.amount is not None:
            amount: float | None = lead.deal.amount
        else:
            amount = lead.base = self._base(lead)
        if amount is not None:
            lead.kind = dataclasses.replace(lead.kind, band=self._band_of(amount))

    def cents(self, lead: Lead, stage: Stage, day: int) -> int | None:
        """What a lead that enters a stage shows there: as an opportunity what it is worth, as a win what it brings."""
        if stage.kind not in ("opportunity", "won"):
            return None
        won = stage.kind == "won"
        if lead.deal is not None and lead.deal.amount is not None:
            revision = self._model.revision
            factor = self._value.draw(revision)(self._rng) if won and revision is not None else 1.0
            return _in_cents(lead.deal.amount * factor)
        if lead.base is None:
            lead.base = self._base(lead)
        base = lead.base
        if won:
            lead.base = None  # another sale is another amount
        return None if base is None else _in_cents(base * self._price(lead.kind.segment, day))

    def _base(self, lead: Lead) -> float | None:
        """An amount from the distribution of the segment before all changes, inside the band of the lead."""
        stated: Amount | None = self._contents.item_in("segments", lead.kind.segment, 0).amount
        if stated is None:
            return None
        draw = self._value.draw(stated.distribution)
        amount = draw(self._rng)
        while lead.kind.band and self._band_of(amount) != lead.kind.band:
            amount = draw(self._rng)
        return amount

    def _band_of(self, amount: float) -> str:
        return next(band.name for band in self._model.bands if band.below is None or amount < band.below)

    def _price(self, segment: str, day: int) -> float:
        """Factor of the day on the amount: price, and the term where the amount is per year or month.

        The price is the mean of the distribution in force over that of the base, linear while a change is phased in.
        """
        if segment not in self._means:
            versions = self._contents.versions("segments", segment)
            self._means[segment] = [self._value.mean(item.amount.distribution) for item in versions]
        means, weights = self._means[segment], self._contents.weights(day)
        price = sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / means[0]
        now: Amount = self._contents.item("segments", segment, day).amount
        months = self._value(now.term_months)
        return price * {"total": 1.0, "year": months / 12.0, "month": months}[now.per]


def _in_cents(amount: float) -> int:
    return math.floor(amount * 100.0 + 0.5)


class Costs:
    """What is spent beside pay; amounts per month are spent evenly over the days of each month."""

    def __init__(self, model: Model, contents: Contents, value: Parameters) -> None:
        self._model, self._contents, self._value = model, contents, value

    def spend(self, channel: str, day: int) -> float:
        """Spend of a channel on a day."""
        date = self._model.first_day + dt.timedelta(day)
        versions = self._contents.versions("channels", channel)
        return self._blended([spend_per_month(item, date, self._value) for item in versions], day)

    def other(self, cost: str, day: int) -> float:
        """A cost on a day."""
        month = (self._model.first_day + dt.timedelta(day)).replace(day=1)
        versions = self._contents.versions("costs", cost)
        return self._blended([self._value(dict(item.by_month).get(month, item.per_month)) for item in versions], day)

    def of_day(self, monthly: float, day: int) -> float:
        """Part of an amount per month that falls on a day."""
        month = period_of(self._model.first_day + dt.timedelta(day), "month", Calendar())
        return monthly / ((month.last - month.first).days + 1)

    def _blended(self, monthly: list[float], day: int) -> float:
        weights = self._contents.weights(day)
        return self.of_day(sum(weight * amount for weight, amount in zip(weights, monthly, strict=True)), day)
