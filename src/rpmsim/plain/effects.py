"""What acts on conversion and speed (model, section 4)."""

from __future__ import annotations

import datetime as dt
import math
from typing import NamedTuple

import numpy as np

from rpmsim.model.calendar import period_number
from rpmsim.model.cycle import LoadEffect, RandomEffect, Response, Stage
from rpmsim.model.plan import Model
from rpmsim.plain.changes import Contents
from rpmsim.plain.parameters import Parameters

MOST_FACTOR = 1e9
"""Effects of waiting and load grow up to it."""

POWER_MINUTES = (5.0, 48 * 60.0)
"""The power form of a response effect is flat below and above."""


class Effects(NamedTuple):
    """Factors on the odds, and on the probability, that one lead advances from one stage."""

    odds: float = 1.0
    probability: float = 1.0


def shifted(shares: list[float], advances: list[bool], stays: float, effects: Effects) -> tuple[list[float], float]:
    """Shares of the outcomes, and of those who stay, after all effects: each of the two groups keeps its proportions.

    Where all leads advance, a factor on the probability holds leads back, and those stay.
    """
    if effects == (1.0, 1.0):
        return shares, stays
    advancing = sum(share for share, forward in zip(shares, advances, strict=True) if forward)
    if advancing == 0.0:
        return shares, stays
    if advancing > 1.0 - 1e-12:
        chance = min(1.0, effects.probability)
        return [share * chance for share in shares], 1.0 - chance
    chance = effects.odds * advancing / (effects.odds * advancing + 1.0 - advancing)
    chance = min(1.0, chance * effects.probability)
    up, down = chance / advancing, (1.0 - chance) / (1.0 - advancing)
    return [share * (up if forward else down) for share, forward in zip(shares, advances, strict=True)], stays * down


def response_effect(response: Response, hours: float, value: Parameters) -> Effects:
    """What waiting does."""
    if response.decay == "none":
        return Effects()
    strength = value(response.strength)
    if response.decay == "per_day":
        factor = limited_power(strength, hours / 24.0)
    else:
        low, high = POWER_MINUTES
        factor = (min(max(hours * 60.0, low), high) / low) ** -strength
    return Effects(odds=factor) if response.acts_on == "odds" else Effects(probability=factor)


def load_effect(effect: LoadEffect | None, load: float, value: Parameters) -> float:
    """Factor on the odds for the open items of a role per ramped head."""
    if effect is None:
        return 1.0
    return limited_power(value(effect.odds), max(0.0, load - value(effect.above)))


def limited_power(base: float, exponent: float) -> float:
    """A factor to a power, at most :data:`MOST_FACTOR`."""
    try:
        return min(base**exponent, MOST_FACTOR)
    except OverflowError:
        return MOST_FACTOR


class RandomEffects:
    """What all leads of a stage share: one standard normal for each effect and period, times the sigma of the day."""

    def __init__(self, model: Model, contents: Contents, value: Parameters, rng: np.random.Generator) -> None:
        self._first_day, self._contents, self._value, self._rng = model.first_day, contents, value, rng
        self._z: dict[tuple[object, ...], float] = {}

    def shock(self, stage: str, day: int) -> float:
        """Factor on the odds of leads that begin a stage on a day."""
        z, sigma = self._draw(("shock", stage), [s.shock for s in self._contents.versions("stages", stage)], day)
        return math.exp(sigma * z)

    def pace(self, stage: str, to: str, day: int) -> float:
        """Factor on the speed of an outcome on a day: its own, in place of the stage's."""
        versions: list[Stage] = self._contents.versions("stages", stage)
        own = [next(o.pace for o in version.outcomes if o.to == to) for version in versions]
        shared = [version.pace if o is None else None for version, o in zip(versions, own, strict=True)]
        result = 1.0
        for name, effects in (("", shared), (to, own)):
            z, sigma = self._draw(("pace", stage, name), effects, day)
            result *= math.exp(sigma * z - sigma**2 / 2.0)
        return result

    def has_pace(self, stage: str, to: str) -> bool:
        """Whether an outcome ever has a pace."""
        versions: list[Stage] = self._contents.versions("stages", stage)
        return any(v.pace or o.pace for v in versions for o in v.outcomes if o.to == to)

    def _draw(self, name: tuple[str, ...], effects: list[RandomEffect | None], day: int) -> tuple[float, float]:
        """The standard normal and the sigma of a day, which is linear while a change is phased in."""
        sigma, every = 0.0, None
        for weight, effect in zip(self._contents.weights(day), effects, strict=True):
            if effect is not None:
                sigma, every = sigma + weight * self._value(effect.sigma), every or effect.every
        if every is None:
            return 0.0, 0.0
        key = *name, period_number(self._first_day + dt.timedelta(day), every)
        if key not in self._z:
            self._z[key] = self._rng.standard_normal()
        return self._z[key], sigma
