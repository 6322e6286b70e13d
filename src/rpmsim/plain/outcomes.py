"""How a lead leaves a stage: where to, and on which day (model, section 3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rpmsim.model.cycle import Delay, Stage
from rpmsim.model.distributions import cumulative_days
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model
from rpmsim.plain.changes import Contents
from rpmsim.plain.clocks import NEVER, Clocks
from rpmsim.plain.effects import Effects, RandomEffects, shifted
from rpmsim.plain.lead import Fate, Lead
from rpmsim.plain.parameters import Draw, Parameters

MOST_TRIES = 20_000
"""Draws of a lead that is still there on a day, before it is taken that nobody is by its distribution."""

MOST_OFFSETS = 2_000
"""Draws of days from a due date on that show whether an outcome can still come."""

ENDED = 1e-10
"""A distribution of which less is left at an age has ended."""

TRACE = 1e-9
"""What a draw of shares over 100% leaves to the rest, which takes all that effects on the probability hold back."""


class Way(NamedTuple):
    """Where one outcome of a stage leads for one class, and how long it takes.

    ``at_most`` is the probability of at most so many days, ``beyond`` the stated chance per day of its tail,
    ``offset`` draws the days from a due date on, for an outcome that runs by it; ``by_date`` says that leads without a
    date of their own get one.
    """

    stage: str
    to: str
    delay: Draw
    least: int
    clock: str
    returning: bool
    at_most: Callable[[int], float]
    beyond: float | None
    offset: Draw | None
    by_date: bool


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
        self._over: dict[tuple[int, int, int, int | None], bool] = {}
        self._first_day = model.first_day
        self._tails: dict[int, list[float]] = {}

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
        due = self._due(lead, exits)
        if due is not None:
            alive_at = max(begin, begin if alive_at is None else alive_at)
        elif alive_at is not None and alive_at <= begin:
            alive_at = None
        if alive_at is None:
            fate = self._once(exits, shares, stays, begin, due)
        else:
            fate = self._given_age(exits, shares, stays, begin, alive_at, due)
        if exits.timeout is not None and fate.day > begin + exits.timeout[0]:
            return Fate(exits.timeout[1], max(begin + exits.timeout[0], alive_at or 0))
        return fate

    def _due(self, lead: Lead, exits: Exits) -> int | None:
        """Day on which a listed deal is due, where an outcome runs by that."""
        if lead.deal is None or lead.deal.due is None or all(way.offset is None for way in exits.ways):
            return None
        return (lead.deal.due - self._first_day).days

    def _given_age(
        self, exits: Exits, shares: list[float], stays: float, begin: int, alive_at: int, due: int | None
    ) -> Fate:
        """Draw until the lead is still there; if nobody who leaves ever is by the distributions, by the tail."""
        if self._is_over(exits, begin, alive_at, due):
            # After the first day, a lead that is still there is one of those who stay, if some do.
            return Fate("", NEVER) if alive_at > 0 and stays > 0.0 else self._by_tail(exits, shares, alive_at)
        for _ in range(MOST_TRIES):
            fate = self._once(exits, shares, stays, begin, due)
            if fate.day >= alive_at:
                return fate
        return self._by_tail(exits, shares, alive_at)

    def _is_over(self, exits: Exits, begin: int, day: int, due: int | None) -> bool:
        """Whether no outcome of a lead that begins on a day ends on another one, or later."""
        case = id(exits), begin, day, due
        if case not in self._over:
            self._over[case] = sum(exits.shares) > 0.0 and all(
                share == 0.0 or self._ends_before(way, begin, day, due)
                for way, share in zip(exits.ways, exits.shares, strict=True)
            )
        return self._over[case]

    def _ends_before(self, way: Way, begin: int, day: int, due: int | None) -> bool:
        """Whether an outcome always ends before a day."""
        if due is not None and way.offset is not None:
            return due + max(math.floor(way.offset(self._rng) + 0.5) for _ in range(MOST_OFFSETS)) < day
        delay = 0
        while self._end(way, begin, delay) < day:
            delay += 1
        return delay > 0 and way.at_most(delay - 1) > 1.0 - ENDED

    def _by_tail(self, exits: Exits, shares: list[float], first: int) -> Fate:
        """From day ``first`` on, the lead leaves by constant chances per day of the clocks of the outcomes.

        Effects on conversion change the outcome, and not when the lead leaves.
        """
        own, _ = shifted(exits.shares, exits.advances, exits.stays, Effects(exits.odds, 1.0))
        hazards = self._hazards(exits, own)
        total = sum(hazards)
        if total == 0.0:
            return Fate("", NEVER)
        up, changed = (
            sum(share for share, advances in zip(some, exits.advances, strict=True) if advances)
            for some in (own, shares)
        )
        odds = 1.0
        if 0.0 < up < 1.0 and changed != up:
            odds = changed / (1.0 - changed) / (up / (1.0 - up)) if changed < 1.0 else math.inf
        parts, _ = shifted([hazard / total for hazard in hazards], exits.advances, 0.0, Effects(odds, 1.0))
        uniform, days = self._rng.random() * sum(parts), int(self._rng.geometric(min(total, 1.0)))
        for way, part in zip(exits.ways, parts, strict=True):
            if uniform < part:
                day = self._end(way, first - 1, days)
                return Fate(way.to, max(first, day), way.returning)
            uniform -= part
        return Fate("", NEVER)

    def _hazards(self, exits: Exits, shares: list[float]) -> list[float]:
        """Chance per day of each outcome in the tail: as stated, or as in the last well-filled stretch."""
        if id(exits) not in self._tails:
            stated = [way.beyond for way in exits.ways]
            hazards = [chance or 0.0 for chance in stated] if any(chance is not None for chance in stated) else None
            self._tails[id(exits)] = last_stretch(exits.ways, shares) if hazards is None else hazards
        return self._tails[id(exits)]

    def _once(self, exits: Exits, shares: list[float], stays: float, begin: int, due: int | None) -> Fate:
        uniform = self._rng.random() * (sum(shares) + stays)
        for way, share in zip(exits.ways, shares, strict=True):
            if uniform < share and due is not None and way.offset is not None:
                day = due + math.floor(way.offset(self._rng) + 0.5)
                return Fate(way.to, max(begin + way.least, day) if day >= begin >= 0 else day, way.returning)
            if uniform < share:
                stretch = 1.0 if way.by_date else exits.stretch  # a date comes when it comes
                days = max(way.least, math.floor(way.delay(self._rng) * stretch + 0.5))
                return Fate(way.to, self._end(way, begin, days), way.returning)
            uniform -= share
        return Fate("", NEVER)

    def _end(self, way: Way, begin: int, days: int) -> int:
        """When a time ends; a date comes when it comes."""
        if way.by_date:
            return begin + days
        return self._clocks.end(begin, days, way.clock, way[:2])

    def _exits_of(self, k: int, lead: Lead) -> Exits:
        key = k, lead.stage, lead.kind
        if key not in self._exits:
            self._exits[key] = self._resolved(self._contents.item_in("stages", lead.stage, k), lead.kind)
        return self._exits[key]

    def _resolved(self, stage: Stage, kind: LeadClass) -> Exits:
        value = self._value
        stretch = math.prod(self._factor(effect, kind) for effect in stage.stretch)
        ways = []
        for outcome in stage.outcomes:
            delay, beyond = resolve(outcome.delay, kind), resolve(outcome.beyond, kind)
            draw, at_most = value.draw(delay.distribution), self._at_most(delay, stretch)
            chance = None if beyond is None else value(beyond)
            days = resolve(outcome.offset, kind)
            offset = None if days is None else value.draw(days)
            about = delay.least, delay.clock, outcome.returning, at_most, chance, offset, delay.by_date
            ways.append(Way(stage.name, outcome.to, draw, *about))
        shares, stays = self._shares(stage, kind)
        return Exits(
            ways,
            shares,
            [outcome.advances for outcome in stage.outcomes],
            stays,
            math.prod(self._factor(effect, kind) for effect in stage.odds),
            stretch,
            any(version.shock for version in self._contents.versions("stages", stage.name)),
            None if stage.timeout is None else (round(value(stage.timeout[0])), stage.timeout[1]),
        )

    def _at_most(self, delay: Delay, stretch: float) -> Callable[[int], float]:
        """Gives the probability of at most so many days."""
        known: list[float] = []

        def at_most(days: int) -> float:
            if days >= len(known):
                shape = self._value.shape(delay.distribution).stretched(stretch)
                known[:] = cumulative_days(shape, delay.least, 2 * days + 100).tolist()
            return known[days]

        return at_most

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


def last_stretch(ways: list[Way], shares: list[float]) -> list[float]:
    """Chance per day of each outcome in the last well-filled stretch of its stage: leads leaving over lead-days there.

    It reaches from the age by which half of those leaving have left, or half of the last age, to that of nine in ten.
    """
    leaving = sum(shares)
    if leaving == 0.0:
        return [0.0] * len(ways)

    def taken(day: int) -> list[float]:
        """Leads that have taken each outcome by a day."""
        return [share * way.at_most(day) for way, share in zip(ways, shares, strict=True)]

    def age_by_which(part: float) -> int:
        day = 0
        while sum(taken(day)) < part * leaving:
            day += 1
        return day

    oldest = age_by_which(1.0 - 1e-9)
    if oldest == 0 and leaving < 1.0 - 1e-9:
        return [0.0] * len(ways)  # all leave at once, and those who are there have stayed
    first = min(age_by_which(0.5), oldest // 2)
    last = age_by_which(0.9)
    before = taken(first - 1) if first else [0.0] * len(ways)
    lead_days = sum(1.0 - (sum(taken(day - 1)) if day else 0.0) for day in range(first, last + 1))
    return [(late - early) / lead_days for early, late in zip(before, taken(last), strict=True)]
