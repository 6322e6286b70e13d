"""One parameter draw, and the distributions to draw from (sections 3 and 7 of docs/background/model.md)."""

from __future__ import annotations

import bisect
import datetime as dt
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rpmsim.model.cycle import Stage
from rpmsim.model.distributions import Distribution, Shape, distributions_in, in_order, shape_of
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Content, Model

NEVER = 10**9
MOST_TRIES = 20_000


class Parameters:
    """Values of all numbers in one parameter draw: their medians, or drawn from their ranges."""

    def __init__(self, model: Model, rng: random.Random, drawn: bool) -> None:
        self._rng = rng
        self._drawn = drawn
        self._in_order = in_order(self._as_drawn, distributions_in((model.content, model.changes, model.revision)))
        self._z: dict[str, float] = {}
        self._samplers: dict[Distribution, Sampler] = {}
        self.values: dict[str, float] = {}

    def __call__(self, number: Number) -> float:
        """Value of a number; numbers of one name share one draw."""
        value = float(self._in_order(number))
        if self._drawn and number.ranged:
            self.values[number.name] = value
        return value

    def _as_drawn(self, number: Number) -> float:
        if not (self._drawn and number.ranged):
            return number.mid
        if number.name not in self._z:
            self._z[number.name] = self._rng.gauss(0.0, 1.0)
        return float(number.at(self._z[number.name]))

    def sampler(self, distribution: Distribution) -> Sampler:
        """The distribution in this draw."""
        if distribution not in self._samplers:
            self._samplers[distribution] = sampler_of(shape_of(distribution, self))
        return self._samplers[distribution]


Sampler = Callable[[random.Random], float]


def sampler_of(shape: Shape) -> Sampler:
    """What draws one value of a distribution."""
    if shape.family == "fixed":
        value = float(shape.a)
        return lambda rng: value
    if shape.family == "table":
        values, weights = zip(*shape.points, strict=True)
        sums = [sum(weights[: i + 1]) for i in range(len(weights))]
        return lambda rng: values[min(bisect.bisect_right(sums, rng.random() * sums[-1]), len(values) - 1)]
    a, b = float(shape.a), float(shape.b)
    if shape.family == "lognormal":
        return lambda rng: math.exp(a + b * rng.gauss(0.0, 1.0))
    if shape.family == "gamma":
        return lambda rng: rng.gammavariate(a, b)
    return lambda rng: rng.weibullvariate(b, a)


class Contents:
    """Which content is in force: dated changes, at once or phased in."""

    def __init__(self, model: Model) -> None:
        self.all: tuple[Content, ...] = (model.content, *(change.content for change in model.changes))
        self._starts = [-NEVER, *((change.start - model.first_day).days for change in model.changes)]
        self._phases = [0, *(change.phase_days for change in model.changes)]
        self._redrawn = [
            False,
            *(c.affects_open and (c.start - model.first_day).days + c.phase_days <= 0 for c in model.changes),
        ]
        self.redrawing = [(k, self._starts[k]) for k, change in enumerate(model.changes, 1) if change.affects_open]
        self._named: list[dict[tuple[str, str], Any]] = [
            {
                (kind, item.name): item
                for kind in ("stages", "channels", "segments", "roles")
                for item in getattr(c, kind)
            }
            for c in self.all
        ]

    def item(self, kind: str, name: str, day: int) -> Any:
        """The stage, channel, segment or role in force on a day."""
        return self._named[bisect.bisect_right(self._starts, day) - 1][kind, name]

    def item_in(self, kind: str, name: str, k: int) -> Any:
        """The same in content ``k``."""
        return self._named[k][kind, name]

    def weights(self, day: int) -> list[float]:
        """Share of leads that use each content on the day, and the weight of its rates and prices."""
        result, taken = [0.0] * len(self.all), 0.0
        for k in reversed(range(len(self.all))):
            chance = 0.0 if day < self._starts[k] and not self._redrawn[k] else 1.0
            if chance and self._phases[k]:
                chance = min(1.0, (day - self._starts[k]) / self._phases[k])
            result[k] = max(0.0, chance - taken)
            taken = max(taken, chance)
        return result

    def for_lead(self, day: int, rng: random.Random) -> int:
        """Content that a lead uses which begins a stage on the day."""
        if len(self.all) == 1:
            return 0
        u = rng.random()
        for k, weight in enumerate(self.weights(day)):
            if u < weight:
                return k
            u -= weight
        return 0


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a stage for one class."""

    to: str
    share: float
    sampler: Sampler
    stretch: float
    least: int
    clock: str
    advances: bool
    returning: bool


@dataclass(frozen=True, slots=True)
class Exit:
    """All ways out of a stage for one class, in one content."""

    ways: tuple[Way, ...]
    stays: float
    odds: float
    sigma: float
    timeout: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a lead goes, and on which day."""

    to: str
    day: int
    returning: bool


class Fates:
    """Draws where leads go and when."""

    def __init__(self, model: Model, contents: Contents, value: Parameters, rng: random.Random, back: int) -> None:
        self._model, self._contents, self._value, self._rng, self._back = model, contents, value, rng, back
        self._exits: dict[tuple[int, str, LeadClass], Exit] = {}
        self._shocks: dict[tuple[str, int, int], float] = {}
        self._sums: dict[str, list[float]] = {}

    def draw(
        self,
        stage: str,
        kind: LeadClass,
        begin: int,
        odds: float = 1.0,
        probability: float = 1.0,
        alive_at: int | None = None,
        content: int | None = None,
    ) -> Fate:
        """Fate of a lead that begins a stage on day ``begin``; ``alive_at``: it has not left before that day."""
        k = self._contents.for_lead(begin, self._rng) if content is None else content
        fate = self._in_content(k, stage, kind, begin, odds, probability, alive_at)
        for later, start in self._contents.redrawing:
            if later > k and begin < start <= fate.day:
                fate = self._in_content(later, stage, kind, begin, odds, probability, max(start, alive_at or start))
        return fate

    def _in_content(
        self, k: int, stage: str, kind: LeadClass, begin: int, odds: float, probability: float, alive_at: int | None
    ) -> Fate:
        key = k, stage, kind
        way_out = self._exits.get(key)
        if way_out is None:
            way_out = self._exits[key] = self._exit(self._contents.item_in("stages", stage, k), kind)
        if way_out.sigma > 0.0:
            odds *= math.exp(way_out.sigma * self._shock(stage, begin))
        up, down = _factors(way_out, odds * way_out.odds, probability)
        fate = self._once(way_out, begin, up, down)
        tries = 0
        while alive_at is not None and fate.day < alive_at:
            fate, tries = self._once(way_out, begin, up, down), tries + 1
            if tries > MOST_TRIES:  # by this distribution nobody is left: whoever is there all the same, goes now
                fate = replace(fate, day=alive_at)
        if way_out.timeout is not None and fate.day > begin + way_out.timeout[0]:
            return Fate(way_out.timeout[1], max(begin + way_out.timeout[0], alive_at or 0), False)
        return fate

    def _once(self, way_out: Exit, begin: int, up: float, down: float) -> Fate:
        u = self._rng.random()
        for way in way_out.ways:
            share = way.share * (up if way.advances else down)
            if u < share:
                delay = max(way.least, math.floor(way.sampler(self._rng) * way.stretch + 0.5))
                return Fate(way.to, self._end(begin, delay, way.clock), way.returning)
            u -= share
        return Fate("", NEVER, False)

    def _end(self, begin: int, delay: int, clock: str) -> int:
        """First day on which the weights of the days after ``begin`` sum to the delay."""
        if clock == "calendar" or delay == 0:
            return begin + delay
        if clock not in self._sums:
            first = self._model.first_day - dt.timedelta(self._back)
            total, sums = 0.0, []
            for weight in self._model.calendar.weights(clock, first, self._back + self._model.days):
                total += weight
                sums.append(total)
            self._sums[clock] = sums
        sums = self._sums[clock]
        i = bisect.bisect_left(sums, sums[begin + self._back] + delay - 1e-9)
        return i - self._back if i < len(sums) else NEVER

    def _shock(self, stage: str, begin: int) -> float:
        day = self._model.first_day + dt.timedelta(begin)
        key = stage, day.year, (day.month - 1) // 3
        if key not in self._shocks:
            self._shocks[key] = self._rng.gauss(0.0, 1.0)
        return self._shocks[key]

    def _exit(self, stage: Stage, kind: LeadClass) -> Exit:
        value = self._value
        stretch = math.prod(self._factor(effect, kind) for effect in stage.stretch)
        shares = [resolve(outcome.share, kind) for outcome in stage.outcomes]
        stays = None if stage.stays == "rest" else resolve(stage.stays, kind)
        stated = [0.0 if share is None else value(share) for share in shares]
        stays_share = 0.0 if stays is None else value(stays)
        total = sum(stated) + stays_share
        if total > 1.0:  # a draw of ranges over 100% is scaled back to 100%
            stated, stays_share, total = [share / total for share in stated], stays_share / total, 1.0
        filled = [1.0 - total if share is None else given for share, given in zip(shares, stated, strict=True)]
        ways = []
        for outcome, share in zip(stage.outcomes, filled, strict=True):
            delay = resolve(outcome.delay, kind)
            ways.append(
                Way(
                    outcome.to,
                    share,
                    value.sampler(delay.distribution),
                    stretch,
                    delay.least,
                    delay.clock,
                    outcome.advances,
                    outcome.returning,
                )
            )
        return Exit(
            tuple(ways),
            1.0 - total if stage.stays == "rest" else stays_share,
            math.prod(self._factor(effect, kind) for effect in stage.odds),
            0.0 if stage.shock is None else value(stage.shock.sigma),
            None if stage.timeout is None else (round(value(stage.timeout[0])), stage.timeout[1]),
        )

    def _factor(self, effect: Any, kind: LeadClass) -> float:
        number = resolve(effect, kind)
        return 1.0 if number is None else self._value(number)


def _factors(way_out: Exit, odds: float, probability: float) -> tuple[float, float]:
    """Factors on the advancing shares, and on the others."""
    advancing = sum(way.share for way in way_out.ways if way.advances)
    if not 0.0 < advancing < 1.0 or odds == probability == 1.0:
        return 1.0, 1.0
    chance = min(1.0, probability * odds * advancing / (odds * advancing + 1.0 - advancing))
    return chance / advancing, (1.0 - chance) / (1.0 - advancing)
