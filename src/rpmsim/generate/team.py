"""The people of a role, each with an id (model: section 4 of docs/background/model.md)."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from rpmsim.generate.distributions import Parameters
from rpmsim.model.distributions import Distribution
from rpmsim.model.staffing import DAYS_PER_MONTH, Role


@dataclass(eq=False, slots=True)
class Member:
    """A person: first day (minus infinity: long ago), share of a full head, day after the last one."""

    id: str
    start: float
    weight: float = 1.0
    gone: float = math.inf
    seat: int = -1


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who left this morning, and what share of the capacity just before was theirs."""

    member: Member
    part: float


class Team:
    """Who works in a role, day by day."""

    def __init__(
        self, name: str, role_on: Callable[[int], Role], first_day: dt.date, value: Parameters, rng: random.Random
    ) -> None:
        self._name, self._role_on, self._first_day, self._value, self._rng = name, role_on, first_day, value, rng
        self._coming: dict[int, list[Member]] = defaultdict(list)
        self.all: list[Member] = []
        role = role_on(0)
        start = -math.inf if role.tenure_months is None else -value(role.tenure_months) * DAYS_PER_MONTH
        self._seats = itertools.count()
        self.present = [
            self._member(start, weight, seat=next(self._seats)) for weight in whole_heads(value(role.heads))
        ]
        for person in role.team:
            begins = -math.inf if person.start is None else (person.start - first_day).days
            gone = math.inf if person.end is None else (person.end - first_day).days + 1
            member = self._member(begins, 1.0, person.name, gone)
            if begins >= 0:
                self._coming[int(begins)].append(member)
            elif gone > 0:
                self.present.append(member)
        for date, heads in role.hires:
            begins = (date - first_day).days
            for weight in whole_heads(value(heads)) if begins < 0 else ():
                self._seat(begins, self._days(role.time_to_fill, 0), weight, next(self._seats))

    def start_day(self, day: int) -> list[Leaver]:
        """Hires come, leavers go."""
        role = self._role_on(day)
        veterans = list(self.present)
        self.present += self._coming.pop(day, [])
        for date, heads in role.hires:
            if (date - self._first_day).days == day:
                for weight in whole_heads(self._value(heads)):
                    self._seat(day, self._days(role.time_to_fill, 0), weight, next(self._seats))
        chance = 1.0 - (1.0 - self._value(role.leaves_per_month)) ** (1.0 / DAYS_PER_MONTH)
        leavers = []
        for member in veterans:
            if (chance > 0.0 and self._rng.random() < chance) or member.gone <= day:
                total = self.ramped(day)
                part = self.capacity(member, day) / total if total > 0.0 else 1.0 / len(self.present)
                leavers.append(Leaver(member, part))
                self.present.remove(member)
                member.gone = day
                if role.backfill is not None:
                    self._seat(day, self._days(role.backfill, 1), member.weight, member.seat)
        count = sum(int(people.mid) for date, people in role.departures if (date - self._first_day).days == day)
        seated = [member for member in veterans if member in self.present and member.seat >= 0]
        for member in sorted(seated, key=lambda member: member.seat)[:count]:
            total = self.ramped(day)
            part = self.capacity(member, day) / total if total > 0.0 else 1.0 / len(self.present)
            leavers.append(Leaver(member, part))
            self.present.remove(member)
            member.gone = day
        return leavers

    def ramped(self, day: int) -> float:
        """Heads times their share of full capacity."""
        return sum(self.capacity(member, day) for member in self.present)

    def capacity(self, member: Member, day: int) -> float:
        """One person's share of full capacity."""
        ramp = self._role_on(day).ramp
        month = math.floor((day - member.start) / DAYS_PER_MONTH) if math.isfinite(member.start) else len(ramp)
        return member.weight * (self._value(ramp[month]) if month < len(ramp) else 1.0)

    def taker(self, day: int) -> str:
        """Who takes the next lead up: by chance, in proportion to capacity."""
        weights = [self.capacity(member, day) for member in self.present]
        if not self.present or sum(weights) <= 0.0:
            return ""
        return self._rng.choices(self.present, weights)[0].id

    def _member(self, start: float, weight: float, name: str = "", gone: float = math.inf, seat: int = -1) -> Member:
        member = Member(name or f"{self._name}-{len(self.all) + 1:02d}", start, weight, gone, seat)
        self.all.append(member)
        return member

    def _seat(self, day: int, days: int, weight: float, seat: int) -> None:
        member = self._member(day + days, weight, seat=seat)
        (self.present if days == 0 or day + days < 0 else self._coming[day + days]).append(member)

    def _days(self, distribution: Distribution | None, least: int) -> int:
        return 0 if distribution is None else max(least, math.floor(self._value.sampler(distribution)(self._rng) + 0.5))


def whole_heads(heads: float) -> list[float]:
    """Full heads and, last, the part-time one."""
    whole = math.floor(heads + 1e-9)
    part = heads - whole
    return [1.0] * whole + ([part] if part > 1e-9 else [])
