"""Which content of the model is in force: dated changes, at once or phased in (model.md, section 3)."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import Any

import numpy as np

from rpmsim.model.plan import Content, Model


class Contents:
    """The base content and those of the changes, numbered from 0 in order of date."""

    def __init__(self, model: Model) -> None:
        self.all: list[Content] = [model.content, *(change.content for change in model.changes)]
        self._starts = [-(10**9)] + [(change.start - model.first_day).days for change in model.changes]
        self._phases = [0] + [change.phase_days for change in model.changes]
        self._redrawn = [False] + [
            change.affects_open and start + phase <= 0
            for change, start, phase in zip(model.changes, self._starts[1:], self._phases[1:], strict=True)
        ]
        self.redrawing = [(k + 1, self._starts[k + 1]) for k, change in enumerate(model.changes) if change.affects_open]
        self._by_name = [
            {kind: {item.name: item for item in getattr(content, kind)} for kind in _KINDS} for content in self.all
        ]

    def chance(self, k: int, day: int) -> float:
        """Chance that a lead which begins on the day uses content ``k`` or a later one."""
        if self._redrawn[k]:
            return 1.0
        if day < self._starts[k]:
            return 0.0
        return 1.0 if self._phases[k] == 0 else min(1.0, (day - self._starts[k]) / self._phases[k])

    def weights(self, day: int) -> list[float]:
        """Share of leads that use each content on the day; also the weights of rates and prices."""
        result, taken = [], 0.0
        for k in reversed(range(len(self.all))):
            result.append(max(0.0, self.chance(k, day) - taken))
            taken = max(taken, self.chance(k, day))
        return result[::-1]

    def for_lead(self, day: int, rng: np.random.Generator) -> int:
        """Content for a lead that begins a stage on the day: one uniform for all changes."""
        uniform = None
        for k in reversed(range(1, len(self.all))):
            chance = self.chance(k, day)
            if 0.0 < chance < 1.0 and uniform is None:
                uniform = rng.random()
            if chance >= 1.0 or (chance > 0.0 and uniform is not None and uniform < chance):
                return k
        return 0

    def in_force(self, day: int) -> int:
        """Last content whose day has come: for what belongs to the day and not to a lead."""
        return bisect.bisect_right(self._starts, day) - 1

    def item(self, kind: str, name: str, day: int) -> Any:
        """The stage, channel, segment, role or cost of that name as in force on the day."""
        return self._by_name[self.in_force(day)][kind][name]

    def item_in(self, kind: str, name: str, k: int) -> Any:
        """The same in content ``k``."""
        return self._by_name[k][kind][name]


_KINDS = ("stages", "channels", "segments", "roles", "costs")


def day_number(model: Model, date: dt.date) -> int:
    """Number of a date; the first simulated day is 0."""
    return (date - model.first_day).days
