"""The people of one role, one person at a time (model, section 6)."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number
from rpmsim.model.staffing import DAYS_PER_MONTH, Role
from rpmsim.plain.parameters import Parameters


@dataclass(eq=False, slots=True)
class Worker:
    """A person.

    Parameters
    ----------
    start : float
        First day, which may be long ago.
    weight : float
        Share of a full head.
    gone : float
        First day away; infinite while it is not known.
    seat : int
        Place in the order of seats; -1 for people who are named in ``team``.
    """

    start: float
    weight: float = 1.0
    gone: float = math.inf
    seat: int = -1
    name: str = ""
    pay: Number | None = None


class Leaver(NamedTuple):
    """Who left this morning, and the chance with which an item of the role was theirs.

    What was held yesterday was held in proportion to capacity by those who were there.
    """

    worker: Worker
    chance: float


class Team:
    """Who works in a role, day by day; ``all``: everybody who ever does."""

    def __init__(
        self, role_on: Callable[[int], Role], first_day: dt.date, value: Parameters, rng: np.random.Generator
    ) -> None:
        self._role_on, self._first_day, self._value, self._rng = role_on, first_day, value, rng
        self._coming: dict[int, list[Worker]] = defaultdict(list)
        self.all: list[Worker] = []
        self.present: list[Worker] = []
        role = role_on(0)
        start = -math.inf if role.tenure_months is None else -round(value(role.tenure_months) * DAYS_PER_MONTH)
        self._seats = 0
        for weight in _whole_heads(value(role.heads)):
            self._add(Worker(start, weight, seat=self._next_seat()))
        for person in role.team:
            begins = -math.inf if person.start is None else (person.start - first_day).days
            gone = math.inf if person.end is None else (person.end - first_day).days + 1
            if gone >= 0:
                self._add(Worker(begins, 1.0, gone, name=person.name, pay=person.pay_per_month))
        self._hire(role, lambda day: day < 0)

    def start_day(self, day: int) -> list[Leaver]:
        """Hires start and leavers go, in this order; a new hire works at least one day."""
        role = self._role_on(day)
        veterans = list(self.present)
        held_by = {worker: self.capacity(worker, day - 1) for worker in veterans}
        self.present += self._coming.pop(day, [])
        self._hire(role, lambda date: date == day)
        chance = 1.0 - (1.0 - self._value(role.leaves_per_month)) ** (1.0 / DAYS_PER_MONTH)
        leavers = []
        for worker in veterans:
            leaves = chance > 0.0 and self._rng.random() < chance
            if leaves or worker.gone <= day:
                leavers.append(self._leave(worker, day, held_by))
                if role.backfill is not None:
                    self._add(Worker(day + self._days(role.backfill, 1), worker.weight, seat=worker.seat))
        count = sum(int(people.mid) for date, people in role.departures if self._day(date) == day)
        seated = [worker for worker in veterans if worker in held_by and worker.seat >= 0]
        closed = sorted(seated, key=lambda worker: worker.seat)[:count]
        return leavers + [self._leave(worker, day, held_by) for worker in closed]

    def heads(self) -> float:
        """People present, in full heads."""
        return sum(worker.weight for worker in self.present)

    def ramped(self, day: int) -> float:
        """Heads times their share of full capacity on the day."""
        return sum(self.capacity(worker, day) for worker in self.present)

    def capacity(self, worker: Worker, day: int) -> float:
        """Share of full capacity of one person on the day, by tenure."""
        ramp = self._role_on(day).ramp
        month = math.floor((day - worker.start) / DAYS_PER_MONTH) if math.isfinite(worker.start) else len(ramp)
        return worker.weight * (self._value(ramp[month]) if month < len(ramp) else 1.0)

    def monthly_pay(self, day: int) -> float:
        """Pay per month of the people present."""
        standard = self._role_on(day).pay_per_month
        return sum(self._value(worker.pay or standard) * worker.weight for worker in self.present)

    def _leave(self, worker: Worker, day: int, held_by: dict[Worker, float]) -> Leaver:
        total, heads = sum(held_by.values()), sum(other.weight for other in held_by)
        leaver = Leaver(worker, held_by[worker] / total if total > 0.0 else worker.weight / heads)
        worker.gone = day
        self.present.remove(worker)
        del held_by[worker]
        return leaver

    def _hire(self, role: Role, due: Callable[[int], bool]) -> None:
        """Open the seats of hires whose day is due; they are filled in time."""
        for date, heads in role.hires:
            day = self._day(date)
            for weight in _whole_heads(self._value(heads)) if due(day) else ():
                start = day + self._days(role.time_to_fill, 0)
                self._add(Worker(start, weight, seat=self._next_seat()), at_once=start == day)

    def _add(self, worker: Worker, at_once: bool = False) -> None:
        self.all.append(worker)
        if at_once or worker.start < 0:
            self.present.append(worker)
        else:
            self._coming[int(worker.start)].append(worker)

    def _next_seat(self) -> int:
        self._seats += 1
        return self._seats

    def _day(self, date: dt.date) -> int:
        return (date - self._first_day).days

    def _days(self, distribution: Distribution | None, least: int) -> int:
        if distribution is None:
            return 0
        return max(least, math.floor(self._value.draw(distribution)(self._rng) + 0.5))


def _whole_heads(heads: float) -> list[float]:
    """Full heads and, last, the part-time one."""
    whole = math.floor(heads + 1e-9)
    part = heads - whole
    return [1.0] * whole + ([part] if part > 1e-9 else [])
