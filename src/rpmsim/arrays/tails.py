"""Tails: how leads leave a stage that are older than all that its distributions hold (model, section 3).

A tail is a further version of a stage. Its hazards are constant, so that a lead which is older than its distributions
goes on as if it had begun the stage the day before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rpmsim.arrays.clocks import SLACK, Clocks
from rpmsim.arrays.days import Span, versions_of
from rpmsim.arrays.layout import F64, I64, Frame
from rpmsim.arrays.packing import gather
from rpmsim.arrays.sampling_tables import DelayRows
from rpmsim.arrays.share_rows import ShareRows, summed
from rpmsim.model.cycle import Outcome, Stage
from rpmsim.model.number import LeadClass, ValueOf, resolve
from rpmsim.model.plan import Model
from rpmsim.model.tails import tail_hazards


def tail_fields(model: Model, span: Span) -> dict[str, Any]:
    """Fields of the frame on tails: which versions have one, and the longest that leads can have been there."""
    opened = [(stock.stage, stock.days) for stock in model.opening if not stock.waiting]
    opened += [(deal.stage, (model.as_of - deal.entered).days) for deal in model.open_deals if not deal.waiting]
    oldest: dict[str, int] = {}
    for name, days in opened:
        oldest[name] = max(oldest.get(name, 0), 1 + days)
    dated = any(deal.due is not None for deal in model.open_deals)
    by_due = [dated and any(outcome.offset for outcome in stage.outcomes) for stage in model.content.stages]
    ages: list[tuple[int, int]] = []
    has_tail: list[bool] = []
    for stage, dated_here in zip(model.content.stages, by_due, strict=True):
        contents = versions_of(stage.name, span)
        changes = [span.starts[i] for i in contents if span.opens[i] and 0 <= span.starts[i] < span.days]
        ages += [(oldest.get(stage.name, 0), max(changes, default=0))] * len(contents)
        has_tail += [max(ages[-1]) > 0 or dated_here] * len(contents)
    numbers = len(ages) + np.cumsum(has_tail) - 1
    return {
        "by_due": np.array(by_due, dtype=np.int64),
        "tail_version": np.where(has_tail, numbers, -1).astype(np.int64),
        "tail_age": np.array(ages, dtype=np.int64).reshape(-1, 2),
    }


def ages_at_most(frame: Frame, clocks: Clocks, version: int) -> dict[int, int]:
    """Days of each clock that leads can have been in a stage when they are drawn again: at the start, or at a change.

    A random clock may have passed any number of days at a change.
    """
    before, change = frame.tail_age[version]
    first, last = frame.history - before, frame.history + change
    ages = {}
    for clock in range(len(frame.clock_slack)):
        base = clock if clock < len(clocks.names) else clocks.random[clock - len(clocks.names)].base
        sums = frame.clock_sum[base]
        ages[clock] = int(np.floor(sums[last] - sums[first + 1] + SLACK)) + 1 if last > first else 0
        if clock >= len(clocks.names) and change > 0:
            ages[clock] = 1 << 30
    return ages


@dataclass
class Tail:
    """Makes the tail of a version of a stage, class by class.

    Parameters
    ----------
    ages : dict of int to int
        Days of each clock that leads can have been in the stage.
    by_due : bool
        Whether deals may come to their end by a due date, at any age.
    """

    stage: Stage
    outcomes: list[Outcome]
    ages: dict[int, int]
    by_due: bool
    shares: ShareRows
    delays: DelayRows
    value_of: ValueOf

    def of(self, lead: LeadClass, share_rows: I64, rows: list[I64]) -> tuple[I64, list[I64]]:
        """Rows of the shares and of each outcome's distribution, shape (draws,); the given ones where not used."""
        if not rows or not self._is_reached(share_rows, rows):
            return share_rows, rows
        hazards = self._hazards(lead, share_rows, rows)
        total = hazards.sum(axis=1, keepdims=True)
        parts = np.divide(hazards, total, out=np.zeros_like(hazards), where=total > 0)
        sums = summed(parts, self.shares.width)
        advancing = sum(outcome.advances for outcome in self.outcomes)
        advance = sums[:, advancing - 1].copy() if advancing else np.zeros(len(sums))
        stay = 1.0 - np.minimum(total, 1.0)
        cumulative = 1.0 - stay ** np.arange(self.delays.size)
        clocks = [self.delays.clock_of(row) for row in rows]
        by_clock = {clock: self.delays.put(cumulative, clock) for clock in dict.fromkeys(clocks)}
        return self.shares.put(sums, advance), [by_clock[clock] for clock in clocks]

    def _is_reached(self, share_rows: I64, rows: list[I64]) -> bool:
        """Whether in some draw nothing is left of the distributions at the age that leads can have."""
        if self.by_due:
            return True
        over = np.stack([self.delays.is_over(row, self.ages[self.delays.clock_of(row)]) for row in rows], axis=1)
        if not over.any():
            return False
        parts = self.shares.parts(share_rows, len(rows))
        return bool(((over | (parts <= 0)).all(axis=1) & (parts > 0).any(axis=1)).any())

    def _hazards(self, lead: LeadClass, share_rows: I64, rows: list[I64]) -> F64:
        """Chance per day of each outcome, (draws, outcomes), or (1, outcomes) if none differs by draw."""
        stated = [resolve(outcome.beyond, lead) for outcome in self.outcomes]
        if any(number is not None for number in stated):
            values = [0.0 if number is None else self.value_of(number) for number in stated]
            hazards = gather(values, self.shares.draws, (len(values),))
            return hazards / np.maximum(hazards.sum(axis=1, keepdims=True), 1.0)
        parts = self.shares.parts(share_rows, len(rows))
        cumulative = np.stack([self.delays.cumulative(row) for row in rows], axis=1)
        if all((row == row[0]).all() for row in (share_rows, *rows)):
            parts, cumulative = parts[:1], cumulative[:1]
        return tail_hazards(parts, cumulative)
