"""Days from a due date on, for the outcomes of listed deals that run by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rpmsim.arrays.classes import Classes
from rpmsim.arrays.layout import F64, I64
from rpmsim.arrays.packing import join
from rpmsim.arrays.sampling_tables import DelayRows
from rpmsim.model.cycle import Outcome
from rpmsim.model.distributions import Distribution, offset_days, shape_of
from rpmsim.model.graph import leaves
from rpmsim.model.number import Number, ValueOf, resolve, upper_end
from rpmsim.model.plan import Model

RARE_DEVIATIONS = 5.0
"""No parameter draw in millions lies so many standard deviations from the median of its range."""


def longest_offset(model: Model) -> int:
    """Days between the earliest and the latest day on which an outcome may end before or after its due date."""
    if not any(deal.due is not None for deal in model.open_deals):
        return 0
    contents = model.contents
    offsets = {o.offset for c in contents for stage in c.stages for o in stage.outcomes if o.offset is not None}
    return max((len(offset_days(shape_of(d, _ends))[0]) for o in offsets for d in leaves(o)), default=0)


def _ends(number: Number) -> F64 | float:
    """The lowest and the highest value that a draw is likely to have."""
    if number.draws is not None:
        return np.array([number.draws.values.min(), number.draws.values.max()])
    if not number.ranged:
        return number.mid
    return np.array([float(number.at(-RARE_DEVIATIONS)), upper_end(number, RARE_DEVIATIONS)])


@dataclass
class DueRows:
    """Days from a due date on, for outcomes that run by it, as rows of the table of delays."""

    classes: Classes
    width: int
    draws: int
    delays: DelayRows
    value_of: ValueOf
    rows: list[I64] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    leasts: list[int] = field(default_factory=list)
    _index: dict[Distribution, tuple[I64, int]] = field(default_factory=dict)

    def add(self, outcomes: list[Outcome]) -> None:
        """Add the rows of a version of a stage, outcome by outcome and class by class."""
        for j in range(self.width):
            for lead in self.classes.leads:
                offset = resolve(outcomes[j].offset, lead) if j < len(outcomes) else None
                row, first = self._row(offset) if offset is not None else (np.full(self.draws, -1), 0)
                self.rows.append(row)
                self.firsts.append(first)
                self.leasts.append(resolve(outcomes[j].delay, lead).least if offset is not None else 0)

    def _row(self, offset: Distribution) -> tuple[I64, int]:
        if offset not in self._index:
            days, weights = offset_days(shape_of(offset, self.value_of))
            whole = np.ones((len(np.atleast_2d(weights)), self.delays.size))
            whole[:, : len(days)] = np.cumsum(np.atleast_2d(weights), axis=1)[:, : self.delays.size]
            self._index[offset] = self.delays.put(np.minimum(whole, 1.0), 0), int(days[0])
        return self._index[offset]

    def fields(self, versions: int, tails: int) -> dict[str, Any]:
        """Fields of the tables; tails run by no date."""
        if not self.rows:
            none = np.full((1, 1, 1, 1), -1, dtype=np.int64)
            return {"due_row": none, "due_first": none[0], "due_least": none[0]}
        k = len(self.classes.leads)
        more = [np.full(self.draws, -1)] * (tails * self.width * k)
        shape = (versions + tails, self.width, k)
        zeros = [0] * len(more)
        return {
            "due_row": join([*self.rows, *more], shape),
            "due_first": np.array([*self.firsts, *zeros], dtype=np.int64).reshape(shape),
            "due_least": np.array([*self.leasts, *zeros], dtype=np.int64).reshape(shape),
        }
