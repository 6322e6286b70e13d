"""Which content of the model is in force: dated changes, at once or phased in (model, section 8)."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np

from rpmsim.model.plan import Model

LONG_AGO = -(10**9)


class Contents:
    """The base content and those of the changes, numbered from 0 in order of date."""

    def __init__(self, model: Model) -> None:
        self.all = model.contents
        self._starts = [LONG_AGO, *((change.start - model.first_day).days for change in model.changes)]
        self._phases = [0, *(change.phase_days for change in model.changes)]
        self._redrawn = [
            False,
            *(c.affects_open and (c.start - model.first_day).days + c.phase_days <= 0 for c in model.changes),
        ]
        self.redrawing = [(k, self._starts[k]) for k, change in enumerate(model.changes, 1) if change.affects_open]
        self._by_name = [
            {
                (kind, item.name): item
                for kind in ("stages", "channels", "segments", "roles", "costs")
                for item in getattr(content, kind)
            }
            for content in self.all
        ]
        self._weights: dict[int, list[float]] = {}

    def item(self, kind: str, name: str, day: int) -> Any:
        """The stage, channel, segment, role or cost of that name as in force on the day."""
        return self._by_name[bisect.bisect_right(self._starts, day) - 1][kind, name]

    def item_in(self, kind: str, name: str, k: int) -> Any:
        """The same in content ``k``."""
        return self._by_name[k][kind, name]

    def versions(self, kind: str, name: str) -> list[Any]:
        """The same in every content."""
        return [by_name[kind, name] for by_name in self._by_name]

    def for_lead(self, day: int, rng: np.random.Generator) -> int:
        """Content for a lead that begins a stage on the day: one uniform for all changes."""
        uniform = None
        for k in reversed(range(1, len(self.all))):
            chance = self._chance(k, day)
            if 0.0 < chance < 1.0 and uniform is None:
                uniform = rng.random()
            if chance >= 1.0 or (chance > 0.0 and uniform is not None and uniform < chance):
                return k
        return 0

    def weights(self, day: int) -> list[float]:
        """Share of leads that use each content on the day; also the weights of its rates and prices."""
        if day not in self._weights:
            result, taken = [], 0.0
            for k in reversed(range(len(self.all))):
                result.append(max(0.0, self._chance(k, day) - taken))
                taken = max(taken, self._chance(k, day))
            self._weights[day] = result[::-1]
        return self._weights[day]

    def _chance(self, k: int, day: int) -> float:
        """Chance that a lead which begins a stage on the day uses content ``k`` or a later one."""
        if self._redrawn[k]:
            return 1.0
        if day < self._starts[k]:
            return 0.0
        return 1.0 if self._phases[k] == 0 else min(1.0, (day - self._starts[k]) / self._phases[k])
