"""Staff and queues (model, section 5)."""

from __future__ import annotations

import bisect
import datetime as dt
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from rpmsim.model.cycle import Queue, Response, Stage
from rpmsim.model.graph import roles_of
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from rpmsim.plain.changes import Contents
from rpmsim.plain.effects import Effects, limited_power, load_effect, response_effect
from rpmsim.plain.lead import GaveUp, Lead, LeftBehind, Queued, TakenUp
from rpmsim.plain.parameters import Parameters
from rpmsim.plain.people import Leaver, Team
from rpmsim.plain.role_day import MICRO, RoleDay, slot_debt, slots_today

LONGEST_HOURS = 30 * 365.25 * 24
"""Load stretches a response time up to thirty years."""

Begin = Callable[[Lead, int, Effects, int], None]
"""Lets a lead begin its stage on a day, with effects, in a content."""

_KEY = operator.attrgetter("key")


class Desks:
    """The queues of all stages, and the roles that serve them; ``log`` has the past days of each role."""

    def __init__(
        self, model: Model, contents: Contents, value: Parameters, rng: np.random.Generator, begin: Begin
    ) -> None:
        self._model, self._contents, self._value, self._rng, self._begin = model, contents, value, rng, begin
        roles = model.content.roles
        self.teams = {role.name: Team(self._role_on(role.name), model.first_day, value, rng) for role in roles}
        self._served = {role.name: _service_order(model, role) for role in roles}
        places = [(stage, role) for role, stages in self._served.items() for stage in stages]
        self.queues: dict[tuple[str, str], list[Lead]] = {place: [] for place in places}
        self.held: dict[str, dict[Lead, None]] = {role.name: {} for role in roles}
        self._debt: dict[str, float] = defaultdict(float)
        self._credit: dict[tuple[str, str], float] = defaultdict(float)
        self.today: dict[str, RoleDay] = {}
        self.log: list[dict[str, RoleDay]] = []

    def _role_on(self, name: str) -> Callable[[int], Role]:
        return lambda day: self._contents.item("roles", name, day)

    # The morning

    def start_day(self, day: int) -> list[tuple[Lead, str]]:
        """Let hires start and leavers go; gives the items that leavers leave behind, and their stage or ``queue``."""
        items = {name: len(self.held[name]) for name in self.teams}
        for (_, name), queue in self.queues.items():
            items[name] += len(queue)
        left: list[tuple[Lead, str]] = []
        for name, team in self.teams.items():
            for leaver in team.start_day(day):
                left += self._left_behind(name, leaver, day)
            self.today[name] = self._role_day(name, day, items[name])
        return left

    def _left_behind(self, name: str, leaver: Leaver, day: int) -> Iterator[tuple[Lead, str]]:
        target: str = self._role_on(name)(day).leavers_items
        if target == "colleagues":
            return
        for lead in list(self.held[name]):
            if self._rng.random() < leaver.chance:
                del self.held[name][lead]
                lead.fate = None
                lead.story.append(LeftBehind(day, lead.stage, leaver.worker))
                yield lead, target

    def _role_day(self, name: str, day: int, items: int) -> RoleDay:
        team, role = self.teams[name], self._role_on(name)(day)
        ramped = team.ramped(day)
        is_open = role.works_every_day or self._model.calendar.is_open(self._model.first_day + dt.timedelta(day))
        per_day = self._blended(name, operator.attrgetter("per_day"), day)
        holds = self._blended(name, operator.attrgetter("holds"), day)
        budget = math.inf if per_day is None else math.floor(ramped * per_day * MICRO + 1e-6)
        share = math.inf if holds is None else holds * ramped
        return RoleDay(
            is_open,
            team.heads(),
            ramped,
            team.monthly_pay(day),
            budget if is_open else 0.0,
            share,
            slots_today(share, self._debt[name]),
            items / ramped if ramped > 0.0 else 0.0,
        )

    def _blended(self, name: str, limit_of: Callable[[Role], Number | None], day: int) -> float | None:
        """A limit on the day; linear while a change is phased in."""
        total = 0.0
        for weight, role in zip(self._contents.weights(day), self._contents.versions("roles", name), strict=True):
            limit = limit_of(role)
            if weight > 0.0 and limit is None:
                return None
            total += weight * self._value(limit) if limit is not None else 0.0
        return total

    # The queues

    def join(self, lead: Lead, day: int) -> None:
        """Put a lead into the queue of its stage."""
        stage: Stage = self._contents.item("stages", lead.stage, max(day, 0))
        limit = resolve(stage.response.sla_hours, lead.kind)
        sla_days = math.inf if limit is None else math.floor(self._value(limit) / 24.0)
        lead.waiting, lead.since = True, day
        lead.key = _queue_key(stage.queue, lead.kind, day, sla_days, self._rng.random())
        bisect.insort(self.queues[lead.stage, lead.role], lead, key=_KEY)
        lead.story.append(Queued(day, lead.stage))

    def give_up(self, day: int) -> list[tuple[Lead, str]]:
        """Let leads give up that came before today; gives them, and where they go."""
        result = []
        for (name, _), queue in self.queues.items():
            stage: Stage = self._contents.item("stages", name, day)
            if stage.gives_up is None or not queue:
                continue
            chance, target = self._value(stage.gives_up[0]), stage.gives_up[1]
            going = {lead: None for lead in queue if lead.since < day and self._rng.random() < chance}
            queue[:] = [lead for lead in queue if lead not in going]
            for lead in going:
                lead.story.append(GaveUp(day, name))
                result.append((lead, target))
        return result

    # The day's work

    def serve_landed(self, names: Iterable[str], day: int) -> None:
        """Let roles serve their queues as they are now: work begun before today first, then stage by stage."""
        landed = {place: set(queue) for place, queue in self.queues.items()}
        for name in names:
            for stage in self._served[name]:
                self._finish_begun(stage, name, day)
        for name in names:
            for stage in self._served[name]:
                self._serve(stage, name, day, landed[stage, name])

    def serve(self, stage: str, day: int) -> None:
        """Let roles take up what has come to a stage since, with what time and slots are left."""
        for name, stages in self._served.items():
            if stage in stages:
                self._serve(stage, name, day)

    def _finish_begun(self, stage: str, name: str, day: int) -> None:
        """Finish work begun on an earlier day before any other; with an empty queue it is lost."""
        if self.today[name].open and self._credit[stage, name] > 0.0:
            queue = self.queues[stage, name]
            if queue:
                self._take_next(queue[0], day)
            else:
                self._credit[stage, name] = 0.0

    def _serve(self, stage: str, name: str, day: int, only: set[Lead] | None = None) -> None:
        if self.today[name].open:
            for lead in list(self.queues[stage, name]):
                if (only is None or lead in only) and not self._take_next(lead, day):
                    break

    def _take_next(self, lead: Lead, day: int) -> bool:
        """Take the lead up if a slot is free and its work can be finished today; else begin the work."""
        today, place = self.today[lead.role], (lead.stage, lead.role)
        if len(self.held[lead.role]) >= today.slots:
            return False
        if math.isfinite(today.time):
            left = max(0.0, self._work_needed(lead, day) - self._credit[place])
            if left > today.time:
                self._credit[place] += today.time
                today.time = 0.0
                return False
            today.time -= left
            self._credit[place] = 0.0
        self._take_up(lead, day)
        return True

    def _work_needed(self, lead: Lead, day: int) -> float:
        if not self._role_on(lead.role)(day).in_hours:
            return MICRO
        stage: Stage = self._contents.item("stages", lead.stage, day)
        return round(self._value(resolve(stage.work_hours, lead.kind)) * MICRO)

    def _take_up(self, lead: Lead, day: int) -> None:
        k = self._contents.for_lead(day, self._rng)
        stage: Stage = self._contents.item_in("stages", lead.stage, k)
        load = self.today[lead.role].load
        hours = self._hours_waited(stage.response, lead, day, load)
        limit = resolve(stage.response.sla_hours, lead.kind)
        within_sla = limit is None or hours <= self._value(limit) + 1e-9
        self.queues[lead.stage, lead.role].remove(lead)
        lead.waiting = False
        lead.story.append(TakenUp(day, lead.stage, lead.role, hours, within_sla))
        odds, probability = response_effect(stage.response, hours, self._value)
        odds *= load_effect(stage.load, load, self._value) * lead.odds
        self._begin(lead, day, Effects(odds, probability), k)

    def _hours_waited(self, response: Response, lead: Lead, day: int, load: float) -> float:
        """Days in the queue and a draw of the response time, to the minute."""
        hours = 24.0 * (day - lead.since)
        distribution = resolve(response.time, lead.kind)
        if distribution is not None:
            drawn = self._value.draw(distribution)(self._rng)
            if response.load_stretch is not None:
                above = max(0.0, load - self._value(response.load_above))
                drawn *= limited_power(self._value(response.load_stretch), above)
            hours += min(drawn, LONGEST_HOURS)
        return math.floor(hours * 60.0 + 0.5) / 60.0

    # The evening

    def make_leads(self, day: int) -> list[str]:
        """Let roles make leads in the time that their queues leave free; gives the channel of each."""
        made = []
        for base in self._model.content.channels:
            if not base.made_by or not self.today[base.made_by].open:
                continue
            today = self.today[base.made_by]
            free = today.free(len(self.held[base.made_by]))
            rate = sum(
                weight * self._value(channel.made_rate) * self._value(channel.change)
                for weight, channel in zip(
                    self._contents.weights(day), self._contents.versions("channels", base.name), strict=True
                )
            )
            mean = rate * today.ramped * free
            made += [base.name] * int(self._rng.poisson(mean))
            if mean > 0.0 and math.isfinite(today.budget):
                today.prospecting = today.budget / MICRO * free
        return made

    def close_day(self) -> None:
        """Note what is held, and what fractions of slots owe."""
        for name, today in self.today.items():
            today.held = len(self.held[name])
            self._debt[name] = slot_debt(self._debt[name], today.share, today.held)
        self.log.append(dict(self.today))


def _queue_key(queue: Queue, kind: LeadClass, arrived: int, sla_days: float, tie: float) -> tuple[Any, ...]:
    """Leads are taken up in increasing order of it; ``tie`` is a uniform of the lead's own."""
    day = -arrived if queue.order == "last_in" else arrived
    first = arrived + sla_days if queue.order == "deadline" else day
    return _misses(queue.priority, kind), first, day, _misses(queue.ties, kind), tie


def _misses(names: tuple[str, ...], kind: LeadClass) -> tuple[bool, ...]:
    """Which names the lead does not match: the first one weighs most, among equals the second, and so on."""
    own = (kind.channel, kind.segment, kind.grade, kind.band)
    return tuple(name not in own and not (name == "returning" and kind.returns > 0) for name in names)


def _service_order(model: Model, role: Role) -> list[str]:
    """Stages of a role in the order of service: as stated, else most downstream first, ties by name."""
    stages = {stage.name: stage for stage in model.content.stages}
    served = [name for name, stage in stages.items() if role.name in roles_of(stage)]
    stated = [name for name in role.order if name in served]
    return stated + sorted(set(served) - set(stated), key=lambda name: (-_depth(stages, name, frozenset()), name))


def _depth(stages: dict[str, Stage], name: str, seen: frozenset[str]) -> int:
    """Length of the longest way by which leads come here along advancing outcomes."""
    before = [s for s in stages.values() if any(o.to == name and o.advances for o in s.outcomes)]
    return max((1 + _depth(stages, s.name, seen | {name}) for s in before if s.name not in seen | {name}), default=0)
