"""The outcome law: which stage next, and on which day (model.md, section 3)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from rpmsim.model.cycle import Outcome, Stage
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model
from tests.reference.contents import Contents
from tests.reference.draws import Drawer, Parameters

NEVER = 10**9
MOST_TRIES = 20_000


class Clocks:
    """When a delay ends that runs in a business clock."""

    def __init__(self, model: Model, back: int) -> None:
        self._model = model
        self._back = back
        self._sums: dict[str, np.ndarray] = {}

    def end(self, begin: int, delay: int, name: str) -> int:
        """First day on which the weights of the days after ``begin`` sum to ``delay`` or more."""
        if name == "calendar" or delay == 0:
            return begin + delay
        if name not in self._sums:
            self._sums[name] = self._running_sum(name)
        sums = self._sums[name]
        start = sums[begin + self._back]
        i = int(np.searchsorted(sums, start + delay - 1e-9, side="left"))
        return i - self._back if i < len(sums) else NEVER

    def _running_sum(self, name: str) -> np.ndarray:
        """Sum of the weights of all days up to and with each day, from ``back`` days before day 0 on."""
        model = self._model
        after = model.calendar.weights(name, model.first_day, model.days)
        before = []
        if self._back:
            first = model.first_day - dt.timedelta(self._back)
            before = model.calendar.weights(name, first, self._back)
        return np.cumsum(before + after)


@dataclass
class Way:
    """One outcome for one class."""

    to: str
    share: float
    drawer: Drawer
    stretch: float
    least: int
    clock: str
    advances: bool
    returning: bool


@dataclass
class StageLaw:
    """The distribution of one stage, class and content in one parameter draw."""

    ways: list[Way]
    stays: float
    odds: float
    sigma: float
    timeout: tuple[int, str] | None


@dataclass(frozen=True)
class Effects:
    """What acts on the conversion of one lead in one stage."""

    odds: float = 1.0
    probability: float = 1.0


@dataclass(frozen=True)
class Fate:
    """Where a lead goes and on which day; ``day`` may be NEVER."""

    to: str
    day: int
    returning: bool


class OutcomeLaws:
    """Draws fates for one replication."""

    def __init__(
        self, model: Model, contents: Contents, value_of: Parameters, rng: np.random.Generator, back: int
    ) -> None:
        self._model = model
        self._contents = contents
        self._value = value_of
        self._rng = rng
        self._clocks = Clocks(model, back)
        self._distributions: dict[tuple[int, str, LeadClass], StageLaw] = {}
        self._shocks: dict[tuple[str, int, int], float] = {}

    def fate(
        self,
        stage: str,
        lead: LeadClass,
        begin: int,
        effects: Effects,
        alive_at: int | None = None,
        content: int | None = None,
    ) -> Fate:
        """Outcome of a lead that begins the stage on day ``begin``.

        ``alive_at``: the lead is known not to have left before that day (warm start). ``content``: which
        content it uses, where that has been drawn.
        Changes that touch open leads draw again what would end on or after their day.
        """
        k = self._contents.for_lead(begin, self._rng) if content is None else content
        fate = self._draw(k, stage, lead, begin, effects, alive_at)
        for later, start in self._contents.redrawing:
            if later > k and begin < start <= fate.day:
                fate = self._draw(later, stage, lead, begin, effects, max(start, alive_at or start))
        return fate

    def _draw(self, k: int, stage: str, lead: LeadClass, begin: int, effects: Effects, alive_at: int | None) -> Fate:
        distribution = self._distribution(k, stage, lead)
        shares, stays = self._shares(distribution, stage, begin, effects)
        fate = self._draw_once(distribution, shares, stays, begin)
        tries = 0
        while alive_at is not None and fate.day < alive_at:
            fate, tries = self._draw_once(distribution, shares, stays, begin), tries + 1
            if tries > MOST_TRIES:  # by this distribution nobody is left: whoever is there all the same, goes now
                fate = dataclasses.replace(fate, day=alive_at)
        if distribution.timeout is not None:
            last = begin + distribution.timeout[0]
            if fate.day > last:
                return Fate(distribution.timeout[1], last if alive_at is None else max(last, alive_at), False)
        return fate

    def _draw_once(self, distribution: StageLaw, shares: list[float], stays: float, begin: int) -> Fate:
        u = self._rng.random() * (sum(shares) + stays)
        for way, share in zip(distribution.ways, shares, strict=True):
            if u < share:
                x = way.drawer.draw(self._rng) * way.stretch
                delay = max(way.least, math.floor(x + 0.5))
                return Fate(way.to, self._clocks.end(begin, delay, way.clock), way.returning)
            u -= share
        return Fate("", NEVER, False)

    def _shares(self, distribution: StageLaw, stage: str, begin: int, effects: Effects) -> tuple[list[float], float]:
        """Shares after all effects: the advancing ones together by their odds, then by the probability factor."""
        odds = distribution.odds * effects.odds
        if distribution.sigma > 0:
            odds *= math.exp(distribution.sigma * self._shock(stage, begin))
        advancing = sum(way.share for way in distribution.ways if way.advances)
        if advancing == 0.0:
            return [way.share for way in distribution.ways], distribution.stays
        if advancing > 1.0 - 1e-12:  # nothing else is stated: those who are held back stay
            chance = min(1.0, effects.probability)
            return [way.share * chance for way in distribution.ways], 1.0 - chance
        chance = odds * advancing / (odds * advancing + 1 - advancing)
        chance = min(1.0, chance * effects.probability)
        up, down = chance / advancing, (1 - chance) / (1 - advancing)
        return [way.share * (up if way.advances else down) for way in distribution.ways], distribution.stays * down

    def _shock(self, stage: str, begin: int) -> float:
        day = self._model.first_day + dt.timedelta(begin)
        key = stage, day.year, (day.month - 1) // 3
        if key not in self._shocks:
            self._shocks[key] = float(self._rng.standard_normal())
        return self._shocks[key]

    def _distribution(self, k: int, name: str, lead: LeadClass) -> StageLaw:
        key = k, name, lead
        if key not in self._distributions:
            self._distributions[key] = self._resolve(self._contents.item_in("stages", name, k), lead)
        return self._distributions[key]

    def _resolve(self, stage: Stage, lead: LeadClass) -> StageLaw:
        value = self._value
        stretch = math.prod(self._factor(item, lead) for item in stage.stretch)
        ways = [self._way(outcome, lead, stretch) for outcome in stage.outcomes]
        stays = resolve(stage.stays, lead) if stage.stays != "rest" else "rest"
        stays_share = 0.0 if stays in (None, "rest") else value(stays)
        stated = sum(way.share for way in ways if not math.isnan(way.share)) + stays_share
        # A draw of ranges over 100% is scaled back to 100%, less a trace for the rest, which takes all that effects
        # on the probability hold back.
        rest = stays == "rest" or any(math.isnan(way.share) for way in ways)
        most = 1.0 - 1e-9 if rest else 1.0
        if stated > most:
            stays_share *= most / stated
            for way in ways:
                way.share *= most / stated
            stated = most
        for way in ways:
            if math.isnan(way.share):
                way.share = 1.0 - stated
        if stays == "rest":
            stays_share = 1.0 - stated
        timeout = None if stage.timeout is None else (round(value(stage.timeout[0])), stage.timeout[1])
        return StageLaw(
            ways,
            stays_share,
            math.prod(self._factor(item, lead) for item in stage.odds),
            0.0 if stage.shock is None else value(stage.shock.sigma),
            timeout,
        )

    def _way(self, outcome: Outcome, lead: LeadClass, stretch: float) -> Way:
        share = resolve(outcome.share, lead)
        delay = resolve(outcome.delay, lead)
        return Way(
            outcome.to,
            math.nan if share is None else self._value(share),
            self._value.drawer(delay.distribution),
            stretch,
            delay.least,
            delay.clock,
            outcome.advances,
            outcome.returning,
        )

    def _factor(self, item: Any, lead: LeadClass) -> float:
        number = resolve(item, lead)
        return 1.0 if number is None else self._value(number)
