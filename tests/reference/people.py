"""The people of one role, one person at a time (model.md, section 4)."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number
from rpmsim.model.staffing import Role
from tests.reference.draws import Parameters

MONTH = 365.25 / 12


@dataclass(eq=False)
class Worker:
    """A person: first day (a whole one, may be long ago), share of a full head, day after the last one if known."""

    start: float
    weight: float
    gone: float = math.inf
    pay: Number | None = None
    seat: int = -1


@dataclass
class Leaver:
    """A person who left this morning, with what the capacity was just before."""

    ramped: float
    weight: float
    ramped_before: float
    heads_before: float


class Team:
    """Who works in a role, day by day."""

    def __init__(
        self,
        role_on: Callable[[int], Role],
        first_day: dt.date,
        value_of: Parameters,
        rng: np.random.Generator,
    ) -> None:
        self._role_on = role_on
        self._first_day = first_day
        self._value = value_of
        self._rng = rng
        self._coming: dict[int, list[Worker]] = defaultdict(list)
        self.present: list[Worker] = []
        role = role_on(0)
        start = -math.inf if role.tenure_months is None else -round(value_of(role.tenure_months) * MONTH)
        self._seats = 0
        self.present += [Worker(start, weight, seat=self._next_seat()) for weight in _whole_heads(value_of(role.heads))]
        for person in role.team:
            begins = -math.inf if person.start is None else (person.start - first_day).days
            gone = math.inf if person.end is None else (person.end - first_day).days + 1
            worker = Worker(begins, 1.0, gone, person.pay_per_month)
            if begins >= 0:
                self._coming[int(begins)].append(worker)
            elif gone >= 0:
                self.present.append(worker)
        for date, heads in role.hires:
            begins = (date - first_day).days
            for weight in _whole_heads(value_of(heads)) if begins < 0 else ():
                self._seat(begins, self._days(role.time_to_fill, 0), weight, self._next_seat())

    def start_day(self, day: int) -> list[Leaver]:
        """Leavers go, hires come; returns the leavers in the order in which they went.

        What was held yesterday was held in proportion to capacity by those who were there.
        """
        role = self._role_on(day)
        veterans = list(self.present)
        held_by = {worker: self._capacity(worker, day - 1) for worker in veterans}
        self.present += self._coming.pop(day, [])
        for date, heads in role.hires:
            if (date - self._first_day).days == day:
                for weight in _whole_heads(self._value(heads)):
                    self._seat(day, self._days(role.time_to_fill, 0), weight, self._next_seat())
        monthly = self._value(role.leaves_per_month)
        chance = 1 - (1 - monthly) ** (1 / MONTH)
        leavers = []
        for worker in veterans:
            leaves_by_chance = chance > 0 and self._rng.random() < chance
            if leaves_by_chance or worker.gone <= day:
                heads = sum(other.weight for other in held_by)
                leavers.append(Leaver(held_by[worker], worker.weight, sum(held_by.values()), heads))
                del held_by[worker]
                self.present.remove(worker)
                if role.backfill is not None:
                    self._seat(day, self._days(role.backfill, 1), worker.weight, worker.seat)
        for worker in self._departing(role, day, [w for w in veterans if w in held_by]):
            heads = sum(other.weight for other in held_by)
            leavers.append(Leaver(held_by[worker], worker.weight, sum(held_by.values()), heads))
            del held_by[worker]
            self.present.remove(worker)
        return leavers

    def _departing(self, role: Role, day: int, there: list[Worker]) -> list[Worker]:
        """Who leaves for good today: the first seats of those that somebody without own dates holds."""
        count = sum(int(people.mid) for date, people in role.departures if (date - self._first_day).days == day)
        return sorted((worker for worker in there if worker.seat >= 0), key=lambda worker: worker.seat)[:count]

    def _next_seat(self) -> int:
        self._seats += 1
        return self._seats

    def heads(self) -> float:
        """People present, in full heads."""
        return sum(worker.weight for worker in self.present)

    def ramped(self, day: int) -> float:
        """Heads times their share of full capacity on the day."""
        return sum(self._capacity(worker, day) for worker in self.present)

    def monthly_pay(self, day: int) -> float:
        """Pay per month of the people present."""
        standard = self._role_on(day).pay_per_month
        return sum(self._value(worker.pay or standard) * worker.weight for worker in self.present)

    def _capacity(self, worker: Worker, day: int) -> float:
        ramp = self._role_on(day).ramp
        month = math.floor((day - worker.start) / MONTH) if math.isfinite(worker.start) else len(ramp)
        return worker.weight * (self._value(ramp[month]) if month < len(ramp) else 1.0)

    def _seat(self, day: int, days: int, weight: float, seat: int) -> None:
        if days == 0 or day + days < 0:
            self.present.append(Worker(day + days, weight, seat=seat))
        else:
            self._coming[day + days].append(Worker(day + days, weight, seat=seat))

    def _days(self, distribution: Distribution | None, least: int) -> int:
        if distribution is None:
            return 0
        return max(least, math.floor(self._value.drawer(distribution).draw(self._rng) + 0.5))


def _whole_heads(heads: float) -> list[float]:
    """Full heads and, last, the part-time one."""
    whole = math.floor(heads + 1e-9)
    part = heads - whole
    return [1.0] * whole + ([part] if part > 1e-9 else [])
