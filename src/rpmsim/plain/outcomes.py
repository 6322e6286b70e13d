"""How a lead leaves a stage: where to, and on which day (model, section 3)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from rpmsim.model.cycle import Stage
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model
from rpmsim.plain.changes import Contents
from rpmsim.plain.clocks import NEVER, Clocks
from rpmsim.plain.effects import Effects, RandomEffects, shifted
from rpmsim.plain.lead import Fate, Lead
from rpmsim.plain.parameters import Draw, Parameters

MOST_TRIES = 20_000
"""Draws of a lead that is still there on a day, before it is taken that nobody is by its distribution."""

TRACE = 1e-9
"""What a draw of shares over 100% leaves to the rest, which takes all that effects on the probability hold back."""


class Way(NamedTuple):
    """Where one outcome of a stage leads for one class, and how long it takes."""

    stage: str
    to: str
    delay: Draw
    least: int
    clock: str
    returning: bool


class Exits(NamedTuple):
    """All outcomes of a stage for one class in one content."""

    ways: list[Way]
    shares: list[float]
    advances: list[bool]
    stays: float
    odds: float
    stretch: float
    has_shock: bool
    timeout: tuple[int, str] | None


class Outcomes:
    """Draws how leads leave their stages."""

    def __init__(
        self, model: Model, contents: Contents, value: Parameters, rng: np.random.Generator, back: int
    ) -> None:
        self._contents, self._value, self._rng = contents, value, rng
        self._effects = RandomEffects(model, contents, value, rng)
        self._clocks = Clocks(model, self._effects, back)
        self._exits: dict[tuple[int, str, LeadClass], Exits] = {}
        self._nobody: set[tuple[object, ...]] = set()

    def fate(
        self, lead: Lead, begin: int, effects: Effects, alive_at: int | None = None, content: int | None = None
    ) -> Fate:
        """How a lead leaves that begins its stage on day ``begin``.

        Changes that affect open leads draw again what would end on their day or later, given the age.

        Parameters
        ----------
        alive_at : int, optional
            A day before which the lead is known not to have left.
        content : int, optional
            Content that the lead uses, where that has been drawn.
        """
        k = self._contents.for_lead(begin, self._rng) if content is None else content
        fate = self._in_content(k, lead, begin, effects, alive_at)
        for later, start in self._contents.redrawing:
            if later > k and begin < start <= fate.day:
                fate = self._in_content(later, lead, begin, effects, max(start, alive_at or start))
        return fate

    def _in_content(self, k: int, lead: Lead, begin: int, effects: Effects, alive_at: int | None) -> Fate:
        exits = self._exits_of(k, lead)
        shock = self._effects.shock(lead.stage, begin) if exits.has_shock else 1.0
        effects = Effects(exits.odds * effects.odds * shock, effects.probability)
        shares, stays = shifted(exits.shares, exits.advances, exits.stays, effects)
        fate = self._once(exits, shares, stays, begin)
        if alive_at is not None and fate.day < alive_at:
            fate = self._given_age(exits, shares, stays, begin, alive_at)
        if exits.timeout is not None and fate.day > begin + exits.timeout[0]:
            return Fate(exits.timeout[1], max(begin + exits.timeout[0], alive_at or 0))
        return fate

    def _given_age(self, exits: Exits, shares: list[float], stays: float, begin: int, alive_at: int) -> Fate:
        """Draw until the lead is still there; if nobody ever is by its distribution, it goes now."""
        case = id(exits), *shares, begin, alive_at
        fate = self._once(exits, shares, stays, begin)
        if case in self._nobody:
            return fate._replace(day=alive_at)
        for _ in range(MOST_TRIES):
            if fate.day >= alive_at:
                return fate
            fate = self._once(exits, shares, stays, begin)
        self._nobody.add(case)
        return fate._replace(day=alive_at)

    def _once(self, exits: Exits, shares: list[float], stays: float, begin: int) -> Fate:
        uniform = self._rng.random() * (sum(shares) + stays)
        for way, share in zip(exits.ways, shares, strict=True):
            if uniform < share:
                days = max(way.least, math.floor(way.delay(self._rng) * exits.stretch + 0.5))
                return Fate(way.to, self._clocks.end(begin, days, way.clock, way[:2]), way.returning)
            uniform -= share
        return Fate("", NEVER)

    def _exits_of(self, k: int, lead: Lead) -> Exits:
        key = k, lead.stage, lead.kind
        if key not in self._exits:
            self._exits[key] = self._resolved(self._contents.item_in("stages", lead.stage, k), lead.kind)
        return self._exits[key]

    def _resolved(self, stage: Stage, kind: LeadClass) -> Exits:
        value = self._value
        ways = []
        for outcome in stage.outcomes:
            delay = resolve(outcome.delay, kind)
            ways.append(
                Way(stage.name, outcome.to, value.draw(delay.distribution), delay.least, delay.clock, outcome.returning)
            )
        shares, stays = self._shares(stage, kind)
        return Exits(
            ways,
            shares,
            [outcome.advances for outcome in stage.outcomes],
            stays,
            math.prod(self._factor(effect, kind) for effect in stage.odds),
            math.prod(self._factor(effect, kind) for effect in stage.stretch),
            any(version.shock for version in self._contents.versions("stages", stage.name)),
            None if stage.timeout is None else (round(value(stage.timeout[0])), stage.timeout[1]),
        )

    def _shares(self, stage: Stage, kind: LeadClass) -> tuple[list[float], float]:
        """Shares of the outcomes, and of those who stay; a draw over 100% is scaled back, the rest is what is left."""
        numbers = [resolve(outcome.share, kind) for outcome in stage.outcomes]
        stays = stage.stays if stage.stays == "rest" else resolve(stage.stays, kind)
        stated = [0.0 if number is None else self._value(number) for number in numbers]
        stated_stays = 0.0 if stays in (None, "rest") else self._value(stays)
        total = sum(stated) + stated_stays
        most = 1.0 - TRACE if stays == "rest" or None in numbers else 1.0
        if total > most:
            stated, stated_stays = [share * most / total for share in stated], stated_stays * most / total
            total = most
        shares = [1.0 - total if number is None else share for number, share in zip(numbers, stated, strict=True)]
        return shares, 1.0 - total if stays == "rest" else stated_stays

    def _factor(self, effect: Any, kind: LeadClass) -> float:
        number = resolve(effect, kind)
        return 1.0 if number is None else self._value(number)
