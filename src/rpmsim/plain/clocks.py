"""When a delay ends (model, sections 1 and 4)."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools

from rpmsim.model.plan import Model
from rpmsim.plain.effects import RandomEffects

NEVER = 10**9

Way = tuple[str, str]
"""A stage, and where an outcome leads from it."""


class Clocks:
    """The clocks of a model over all days on which a delay may run.

    Parameters
    ----------
    model : Model
    effects : RandomEffects
        For the pace of outcomes.
    back : int
        Days before the first simulated one on which a delay may begin.
    """

    def __init__(self, model: Model, effects: RandomEffects, back: int) -> None:
        self._model, self._effects, self._back = model, effects, back
        self._weights: dict[str, list[float]] = {}
        self._sums: dict[tuple[str, Way | None], list[float]] = {}
        self._paced: dict[Way, bool] = {}

    def end(self, begin: int, delay: int, name: str, way: Way) -> int:
        """First day on which the weights of the days after ``begin`` add up to at least ``delay``."""
        if delay == 0:
            return self._first_running(begin, name) if self._model.calendar.clock(name).waits else begin
        if way not in self._paced:
            self._paced[way] = self._effects.has_pace(*way)
        paced = self._paced[way]
        if name == "calendar" and not paced:
            return begin + delay
        # On a random clock that counts whole days, a factor near 1 leaves every delay as it is.
        slack = 0.5 if paced and self._model.calendar.counts_whole_days(name) else 1e-9
        sums = self._running_sum(name, way if paced else None)
        i = bisect.bisect_left(sums, sums[begin + self._back] + delay - slack)
        return i - self._back if i < len(sums) else NEVER

    def _first_running(self, begin: int, name: str) -> int:
        """First day from a day on on which the clock runs."""
        weights = self._weights_of(name)
        return next((day for day in range(begin, self._model.days) if weights[day + self._back] > 0.0), NEVER)

    def _running_sum(self, name: str, way: Way | None) -> list[float]:
        """Sum of the weights of all days up to and with each day; the pace counts from the first simulated day on."""
        if (name, way) not in self._sums:
            weights = self._weights_of(name)
            if way is not None:
                paces = [self._effects.pace(*way, day) for day in range(self._model.days)]
                later = [weight * pace for weight, pace in zip(weights[self._back :], paces, strict=True)]
                weights = weights[: self._back] + later
            self._sums[name, way] = list(itertools.accumulate(weights))
        return self._sums[name, way]

    def _weights_of(self, name: str) -> list[float]:
        if name not in self._weights:
            first = self._model.first_day - dt.timedelta(self._back)
            self._weights[name] = self._model.calendar.weights(name, first, self._back + self._model.days)
        return self._weights[name]
