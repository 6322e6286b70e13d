"""What came, by day, as a view of the history knows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.targets import Members, Target
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.gathering import gather
from rpmsim.calibration.silence import without_silence
from rpmsim.calibration.take_ups import Visits, read_visits
from rpmsim.history.recorded import recorded
from rpmsim.history.view import View

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """What came, by day.

    Parameters
    ----------
    evidence : Evidence
        What was counted.
    """

    evidence: Evidence

    @classmethod
    def of(cls, view: View) -> Observed | None:
        """Count a view; None if it has no record of known beginning."""
        evidence = gather(view)
        return None if evidence is None else cls(without_silence(evidence)[0])

    @cached_property
    def visits(self) -> Visits | None:
        """Visits to stages in which staff take records up."""
        return read_visits(self.evidence.view)

    @property
    def until(self) -> dt.date:
        """Last day on which anything was recorded."""
        return self.evidence.date(self.evidence.seen)

    @cached_property
    def recorded_from(self) -> dt.date:
        """Day from which all stages were recorded, and wins came: an export may lack earlier ones and not say so."""
        days = [span.first for span in recorded(self.evidence.view.mapping).values() if span.first]
        wins = self.evidence.wins.day
        first = self.evidence.date(int(wins.min())) if len(wins) else self.evidence.first
        return max([self.evidence.first, first, *days])

    @cached_property
    def recorded_until(self) -> dt.date:
        """Day up to which all stages were recorded."""
        days = [span.last for span in recorded(self.evidence.view.mapping).values() if span.last]
        return min([self.until, *days])

    @cached_property
    def knows_amounts(self) -> bool:
        """Whether any amount is known: a table of the last day does not say since when it knew one."""
        return bool(np.isfinite(self.evidence.wins.amount).any() or np.isfinite(self.evidence.spells.amount).any())

    def events(self, target: Target) -> tuple[I64, I64, F64]:
        """Day, record and amount of what counts for a target in all classes and parts; arrays of shape (events,)."""
        evidence = self.evidence
        if target.measure == "leads":
            begun = evidence.records.begun
            return begun, np.arange(len(begun)), np.ones(len(begun))
        if target.measure == "moves":
            source = next((i for i, rule in enumerate(evidence.stages) if rule.name == target.move[0]), -1)
            to = evidence.targets.index(target.move[1]) if target.move[1] in evidence.targets else -2
            spells = evidence.spells.where((evidence.spells.stage == source) & (evidence.spells.outcome == to))
            return spells.until, spells.record, np.ones(len(spells.until))
        wins = evidence.wins
        amount = np.nan_to_num(wins.amount) if target.measure == "bookings" else np.ones(len(wins.day))
        return wins.day.astype(np.int64), wins.record.astype(np.int64), amount

    def daily(self, target: Target, members: Members | None = None, origin: dt.date | None = None) -> F64:
        """Totals by day, shape (days,), from the first day of the history on.

        Parameters
        ----------
        target : Target
        members : set, optional
            Only of records that the history calls so.
        origin : date, optional
            Day that separates the parts.
        """
        day, record, amount = self.events(target)
        records = self.evidence.records
        here = (day >= 0) & (day <= self.evidence.last)
        if members is not None:
            rows = records.channels if target.kind == "channels" else records.segments
            of = records.channel if target.kind == "channels" else records.segment
            is_member = np.array([tuple(row[:-1]) in members for row in rows], dtype=bool)
            here &= is_member[of[record]]
        if target.part and origin is not None:
            here &= (records.begun[record] <= self.evidence.number(origin)) == (target.part == "open")
        return np.bincount(day[here], amount[here], self.evidence.last + 1).astype(np.float64)

    def total(self, target: Target, members: Members | None, origin: dt.date, horizons: tuple[int, ...]) -> F64:
        """What came in the days 1 to each horizon after an origin, shape (horizons,); NaN where that is not known yet.

        Of waits, the mean of those taken up in that time.
        """
        last = np.array([origin + dt.timedelta(horizon) for horizon in horizons])
        if target.measure == "wait_hours":
            result = self._waits(target.stage, origin, last)
        else:
            days = np.append(0.0, np.cumsum(self.daily(target, members, origin)))
            result = days[self._places(last)] - days[self._places(np.array([origin]))]
        return np.where(last <= self.recorded_until, result, np.nan)

    def _places(self, days: NDArray[np.object_]) -> I64:
        numbers = np.array([self.evidence.number(day) for day in days]) + 1
        return np.clip(numbers, 0, self.evidence.last + 1)

    def _waits(self, stage: str, origin: dt.date, last: NDArray[np.object_]) -> F64:
        visits = self.visits
        result = np.full(len(last), np.nan)
        if visits is None or stage not in visits.stages:
            return result
        here = (visits.stage == visits.stages.index(stage)) & visits.started & np.isfinite(visits.wait_hours)
        took, hours = visits.took[here], visits.wait_hours[here]
        after = (origin - visits.first).days
        for i, day in enumerate(last):
            inside = (took > after) & (took <= (day - visits.first).days)
            if inside.any():
                result[i] = hours[inside].mean()
        return result
