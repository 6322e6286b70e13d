"""One history, one lead at a time, one day after the other."""

from __future__ import annotations

import datetime as dt
import heapq
import math
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rpmsim.generate.amounts import Amounts
from rpmsim.generate.demand import Demand
from rpmsim.generate.distributions import NEVER, Contents, Fate, Fates, Parameters
from rpmsim.generate.history import SECONDS_PER_DAY, History, Record, Stated, Task, Visit, Worker
from rpmsim.generate.team import Member, Team
from rpmsim.model.cycle import SOURCE, Queue, Response, Stage
from rpmsim.model.graph import edges_of, roles_of, zero_day_order
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role

OPENS, SHUTS = 8 * 3600, 18 * 3600
"""Seconds of the day between which things happen: the model knows days only."""

POWER_MINUTES = (5.0, 48 * 60.0)
"""The power form of the response decay is flat below and above."""


@dataclass(eq=False, slots=True)
class _Lead:
    record: Record
    kind: LeadClass
    stage: str = SOURCE
    since: int = 0
    role: str = ""
    member: str = ""
    fate: Fate | None = None
    waiting: bool = False
    odds: float = 1.0
    base: float | None = None
    own: float | None = None
    task: Task | None = None


@dataclass
class _RoleDay:
    """What a role can still do today; infinite where it has no such limit."""

    open: bool
    ramped: float
    time: float
    share: float
    slots: float
    load: float
    budget: float = field(init=False)

    def __post_init__(self) -> None:
        self.budget = self.time


def generate_history(model: Model, seed: int, *, drawn: bool = False) -> History:
    """Simulate a scenario once and keep every lead.

    Parameters
    ----------
    model : Model
        From ``as_of`` to ``until``; the history ends on ``until``.
    seed : int
        Random seed.
    drawn : bool
        Whether ranged numbers are drawn, as in a forecast; else their medians hold.

    Returns
    -------
    History
        Records in the order in which they came.
    """
    game = _Game(model, seed, drawn)
    for day in range(model.days):
        game.simulate_day(day)
    return game.history()


class _Game:
    def __init__(self, model: Model, seed: int, drawn: bool) -> None:
        self.model = model
        self.rng = random.Random(seed)
        self.value = Parameters(model, random.Random(f"{seed}/parameters"), drawn)
        self.contents = Contents(model)
        ages = [stock.days + 1 for stock in model.opening] + [
            (model.first_day - deal.entered).days for deal in model.open_deals
        ]
        self.fates = Fates(model, self.contents, self.value, self.rng, max(ages, default=0) + 1)
        self.amounts = Amounts(model, self.contents, self.value, self.rng)
        counts = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 1])))
        self.demand = Demand(model, self.contents, self.value, self.rng, counts)
        self.counts = counts
        self.order = zero_day_order(*self.contents.all)
        stages = {stage.name: stage for stage in model.content.stages}
        self.ends = {s.name for s in stages.values() if not s.outcomes and s.stays is None and s.timeout is None}
        self.teams = {
            role.name: Team(role.name, self._role_on(role.name), model.first_day, self.value, self.rng)
            for role in model.content.roles
        }
        depth = _depths(stages)
        self.served: dict[str, list[str]] = {}
        for role in model.content.roles:
            mine = [name for name in stages if role.name in roles_of(stages[name])]
            first = [name for name in role.order if name in mine]
            rest = sorted((name for name in mine if name not in first), key=lambda name: -depth[name])
            self.served[role.name] = first + rest
        self.queues: dict[tuple[str, str], list[tuple[tuple[float, ...], _Lead]]] = defaultdict(list)
        self.held: dict[str, set[_Lead]] = defaultdict(set)
        self.slot_debt: dict[str, float] = defaultdict(float)
        self.begun: dict[tuple[str, str], float] = defaultdict(float)
        self.due: dict[int, list[tuple[_Lead, Fate]]] = defaultdict(list)
        self.beginning: dict[str, list[_Lead]] = defaultdict(list)
        self.made: list[LeadClass] = []
        self.today: dict[str, _RoleDay] = {}
        self.records: list[Record] = []
        self._open()

    def _role_on(self, name: str) -> Callable[[int], Role]:
        return lambda day: self.contents.item("roles", name, day)

    # The start

    def _open(self) -> None:
        for stock in self.model.opening:
            for _ in range(stock.count):
                kind = LeadClass(stock.channel, stock.segment, stock.grade, stock.returns, stock.band)
                self._place(self._lead(kind), stock.stage, -1 - stock.days, stock.waiting)
        for deal in self.model.open_deals:
            lead = self._lead(LeadClass(deal.channel, deal.segment, deal.grade, deal.returns))
            lead.own, lead.odds = deal.amount, deal.odds
            self._place(lead, deal.stage, (deal.entered - self.model.first_day).days, deal.waiting)

    def _place(self, lead: _Lead, name: str, since: int, waiting: bool) -> None:
        stage: Stage = self.contents.item("stages", name, 0)
        lead.stage = name
        second = self._visit(lead, name, since)
        self._size(lead, stage, since, second)
        lead.role = resolve(stage.worked_by, lead.kind) or ""
        if waiting and lead.role:
            self._queue(lead, stage, since, second)
        elif name not in self.ends:
            if lead.role:
                self._give(lead, self.teams[lead.role].taker(0), second)
            self._begin(lead, since, lead.odds, alive_at=0)

    def _lead(self, kind: LeadClass) -> _Lead:
        record = Record(f"L{len(self.records) + 1:07d}", kind.channel, kind.segment, kind.grade)
        self.records.append(record)
        return _Lead(record, kind)

    # One day: people; landings; giving up; the desks and stages; what roles make

    def simulate_day(self, day: int) -> None:
        """Simulate one day in the order that the model states."""
        self._start_people(day)
        for lead, fate in self.due.pop(day, ()):
            if lead.fate is fate:  # not overtaken by a leaver
                self._leave(lead, fate, day)
        for channel in self.model.content.channels:
            for _ in range(self.demand.arriving(channel.name, day)):
                self._arrive(self.demand.class_of(channel.name, day), day)
        made, self.made = self.made, []
        for kind in made:
            self._arrive(kind, day)
        self._give_up(day)
        self._work(day)
        self._make_leads(day)
        self._settle_slots()

    def _start_people(self, day: int) -> None:
        for name, team in self.teams.items():
            items = len(self.held[name]) + sum(len(self.queues[stage, name]) for stage in self.served[name])
            for leaver in team.start_day(day):
                self._pass_on(name, leaver.member, day)
            role: Role = self.contents.item("roles", name, day)
            ramped = team.ramped(day)
            is_open = role.works_every_day or self.model.calendar.is_open(self.model.first_day + dt.timedelta(day))
            per_day, holds = self._limit(name, "per_day", day), self._limit(name, "holds", day)
            time = (math.inf if per_day is None else ramped * per_day) if is_open else 0.0
            share = math.inf if holds is None else holds * ramped
            slots = self._slots(name, share)
            self.today[name] = _RoleDay(is_open, ramped, time, share, slots, items / ramped if ramped > 0.0 else 0.0)

    def _slots(self, name: str, share: float) -> float:
        """Whole slots of the day: that of a fraction is there unless it was used too much before."""
        if math.isinf(share):
            return share
        whole = math.floor(share + 1e-9)
        return whole + 1 if share - whole > 1e-9 and self.slot_debt[name] <= 1e-6 else whole

    def _settle_slots(self) -> None:
        """What fractions of slots owe at the end of a day, in item-days."""
        for name, today in self.today.items():
            if math.isfinite(today.share):
                whole = math.floor(today.share + 1e-9)
                part = today.share - whole if today.share - whole > 1e-9 else 0.0
                over = min(len(self.held[name]), whole + (part > 0.0)) - today.share
                self.slot_debt[name] = max(self.slot_debt[name] + over, -part)

    def _limit(self, name: str, which: str, day: int) -> float | None:
        """A limit on the day; a straight line while a change is phased in."""
        total = 0.0
        for k, weight in enumerate(self.contents.weights(day)):
            number = getattr(self.contents.item_in("roles", name, k), which)
            if weight > 0.0:
                if number is None:
                    return None
                total += weight * self.value(number)
        return total

    def _pass_on(self, name: str, member: Member, day: int) -> None:
        """What a leaver held goes to colleagues, back to the queue, or to a stage."""
        target = self.contents.item("roles", name, day).leavers_items
        for lead in sorted(self.held[name], key=lambda lead: lead.record.id):
            if lead.member != member.id:
                continue
            second = self._tick(lead, day)
            if target == "colleagues":
                self._give(lead, self.teams[name].taker(day), second)
                continue
            lead.fate = None
            self.held[name].discard(lead)
            if target == "queue":
                self._queue(lead, self.contents.item("stages", lead.stage, day), day, second)
            else:
                self._move(lead, target, day)

    def _give_up(self, day: int) -> None:
        for (name, _), queue in list(self.queues.items()):
            stage: Stage = self.contents.item("stages", name, day)
            if stage.gives_up is None or not queue:
                continue
            chance = self.value(stage.gives_up[0])
            going = {lead for _, lead in queue if lead.since < day and self.rng.random() < chance}
            if going:
                queue[:] = [entry for entry in queue if entry[1] not in going]
                heapq.heapify(queue)
                for lead in sorted(going, key=lambda lead: lead.record.id):
                    self._move(lead, stage.gives_up[1], day)

    def _work(self, day: int) -> None:
        """Roles of several stages serve the queues as the landings left them; then the stages in order."""
        for name, stages in self.served.items():
            if len(stages) > 1:
                waiting = {stage: {lead for _, lead in self.queues[stage, name]} for stage in stages}
                for stage in stages:
                    self._finish_begun(stage, name, day)
                for stage in stages:
                    self._serve(stage, name, day, waiting[stage])
        for stage in self.order:
            for lead in self.beginning.pop(stage, ()):
                self._begin(lead, day, 1.0)
            for name, stages in self.served.items():
                if stage in stages:
                    if len(stages) == 1:
                        self._finish_begun(stage, name, day)
                    self._serve(stage, name, day, None)

    def _finish_begun(self, stage: str, name: str, day: int) -> None:
        """Work begun on an earlier day is finished first; with an empty queue it is lost."""
        if self.today[name].open and self.begun[stage, name] > 0.0:
            if self.queues[stage, name]:
                self._take_next(stage, name, day)
            else:
                self.begun[stage, name] = 0.0

    def _serve(self, stage: str, name: str, day: int, only: set[_Lead] | None) -> None:
        queue = self.queues[stage, name]
        while self.today[name].open and queue and (only is None or queue[0][1] in only):
            if not self._take_next(stage, name, day):
                break

    def _take_next(self, stage: str, name: str, day: int) -> bool:
        """Take the first lead up if a slot is free and its work can be finished today; else begin the work."""
        today, queue = self.today[name], self.queues[stage, name]
        lead = queue[0][1]
        if len(self.held[name]) >= today.slots:
            return False
        if math.isfinite(today.time):
            role: Role = self.contents.item("roles", name, day)
            needed = 1.0
            if role.in_hours:
                needed = self.value(resolve(self.contents.item("stages", stage, day).work_hours, lead.kind))
            left = max(0.0, needed - self.begun[stage, name])
            if left > today.time + 1e-9:
                self.begun[stage, name] += today.time
                today.time = 0.0
                return False
            today.time = max(0.0, today.time - left)
            self.begun[stage, name] = 0.0
        heapq.heappop(queue)
        self._take_up(lead, day)
        return True

    def _take_up(self, lead: _Lead, day: int) -> None:
        k = self.contents.for_lead(day, self.rng)
        stage: Stage = self.contents.item_in("stages", lead.stage, k)
        load = self.today[lead.role].load
        hours = self._hours_waited(stage.response, lead, day, load)
        lead.waiting = False
        assert lead.task is not None
        lead.task.started = max(lead.task.created + round(hours * 3600), day * SECONDS_PER_DAY + OPENS)
        self._give(lead, self.teams[lead.role].taker(day), lead.task.started)
        odds, probability = self._response_effect(stage.response, hours)
        if stage.load is not None:
            odds *= self.value(stage.load.odds) ** max(0.0, load - self.value(stage.load.above))
        self._begin(lead, day, odds * lead.odds, probability, content=k)

    def _hours_waited(self, response: Response, lead: _Lead, day: int, load: float) -> float:
        hours = 24.0 * (day - lead.since)
        distribution = resolve(response.time, lead.kind)
        if distribution is not None:
            drawn = self.value.sampler(distribution)(self.rng)
            if response.load_stretch is not None:
                drawn *= self.value(response.load_stretch) ** max(0.0, load - self.value(response.load_above))
            hours += drawn
        return hours

    def _response_effect(self, response: Response, hours: float) -> tuple[float, float]:
        if response.decay == "none":
            return 1.0, 1.0
        strength = self.value(response.strength)
        if response.decay == "per_day":
            factor = strength ** (hours / 24.0)
        else:
            low, high = POWER_MINUTES
            factor = (min(max(hours * 60.0, low), high) / low) ** -strength
        return (factor, 1.0) if response.acts_on == "odds" else (1.0, factor)

    def _make_leads(self, day: int) -> None:
        """In the time that its queues leave free, a role makes leads; they come tomorrow."""
        for base in self.model.content.channels:
            if not base.made_by or not self.today[base.made_by].open:
                continue
            today = self.today[base.made_by]
            used = [0.0]
            if math.isfinite(today.budget):
                used.append(1.0 - today.time / today.budget if today.budget > 0.0 else 1.0)
            if math.isfinite(today.slots):
                used.append(len(self.held[base.made_by]) / today.share if today.share > 0.0 else 1.0)
            channel = self.contents.item("channels", base.name, day)
            mean = self.value(channel.made_rate) * self.value(channel.change) * today.ramped * max(0.0, 1.0 - max(used))
            self.made += [self.demand.class_of(base.name, day + 1) for _ in range(int(self.counts.poisson(mean)))]

    # Moves

    def _arrive(self, kind: LeadClass, day: int) -> None:
        self._move(self._lead(kind), self.contents.item("channels", kind.channel, day).into, day)

    def _leave(self, lead: _Lead, fate: Fate, day: int) -> None:
        k = lead.kind
        if fate.returning:
            lead.kind = LeadClass(k.channel, k.segment, k.grade, min(k.returns + 1, self.model.max_returns), k.band)
        self._move(lead, fate.to, day)

    def _move(self, lead: _Lead, target: str, day: int) -> None:
        self.held[lead.role].discard(lead)
        second = self._visit(lead, target, day)
        if lead.task is not None:
            if lead.task.started is not None:
                lead.task.started = min(lead.task.started, second)
                lead.task.completed = second
            lead.task = None
        lead.stage, lead.fate, lead.waiting, lead.odds, lead.member = target, None, False, 1.0, ""
        stage: Stage = self.contents.item("stages", target, day)
        self._size(lead, stage, day, second)
        lead.role = resolve(stage.worked_by, lead.kind) or ""
        if lead.role:
            self._queue(lead, stage, day, second)
        elif target not in self.ends:
            self.beginning[target].append(lead)

    def _queue(self, lead: _Lead, stage: Stage, day: int, second: int) -> None:
        limit = resolve(stage.response.sla_hours, lead.kind)
        days = 0 if limit is None else math.floor(self.value(limit) / 24.0)
        lead.waiting, lead.since = True, day
        lead.task = Task(stage.name, second)
        lead.record.tasks.append(lead.task)
        key = _queue_key(stage.queue, lead.kind, day, days, self.rng.random())
        heapq.heappush(self.queues[stage.name, lead.role], (key, lead))

    def _begin(
        self,
        lead: _Lead,
        day: int,
        odds: float,
        probability: float = 1.0,
        alive_at: int | None = None,
        content: int | None = None,
    ) -> None:
        fate = self.fates.draw(lead.stage, lead.kind, day, odds, probability, alive_at, content)
        lead.fate, lead.since = fate, day
        if lead.role:
            self.held[lead.role].add(lead)
        if fate.day == day:
            self._leave(lead, fate, day)
        elif fate.day < NEVER:
            self.due[fate.day].append((lead, fate))

    # What the CRM notes

    def _visit(self, lead: _Lead, stage: str, day: int) -> int:
        second = self._tick(lead, day)
        lead.record.visits.append(Visit(stage, second))
        return second

    def _tick(self, lead: _Lead, day: int) -> int:
        """A time on the day, in working hours, after all that happened to the lead on it."""
        start = day * SECONDS_PER_DAY
        before = lead.record.visits[-1].entered if lead.record.visits else start - 1
        if lead.task is not None and lead.task.started is not None:
            before = max(before, min(lead.task.started, start + SECONDS_PER_DAY - 2))
        if before < start:
            return start + OPENS + self.rng.randrange(SHUTS - OPENS)
        return min(before + 1 + self.rng.randrange(1800), max(before + 1, start + SECONDS_PER_DAY - 60))

    def _give(self, lead: _Lead, member: str, second: int) -> None:
        if member and member != lead.member:
            lead.member = member
            lead.record.owners.append(Stated(second, member))
            if lead.task is not None:
                lead.task.owner = member

    def _size(self, lead: _Lead, stage: Stage, day: int, second: int) -> None:
        """Band, the amount that an open opportunity shows, and the amount that is won."""
        k = lead.kind
        if self.model.bands and not k.band and stage.amount_here:
            base = lead.own if lead.own is not None else self.amounts.base(k)
            if base is not None:
                band = self.amounts.band_of(base)
                lead.kind = k = LeadClass(k.channel, k.segment, k.grade, k.returns, band)
                lead.base = base
        if stage.kind not in ("opportunity", "won"):
            return
        if lead.own is not None:
            amount: float | None = lead.own * (self.amounts.revision() if stage.kind == "won" else 1.0)
        else:
            if lead.base is None:
                lead.base = self.amounts.base(k)
            amount = None if lead.base is None else self.amounts.on_day(lead.base, k, max(day, 0))
        if amount is None:
            return
        text = f"{amount:.2f}"
        if not lead.record.amounts or lead.record.amounts[-1].value != text:
            lead.record.amounts.append(Stated(second, text))

    def history(self) -> History:
        """All that was noted, without what was dated after the last day."""
        model = self.model
        last = model.days * SECONDS_PER_DAY
        for record in self.records:
            record.owners = [owner for owner in sorted(record.owners) if owner.at < last]
            for task in record.tasks:
                if task.started is not None and task.started >= last:
                    task.started, task.owner = None, ""
        workers = [
            Worker(
                member.id,
                name,
                int(member.start) if math.isfinite(member.start) else None,
                int(member.gone) - 1 if math.isfinite(member.gone) else None,
            )
            for name, team in self.teams.items()
            for member in team.all
            if member.start < model.days
        ]
        moves = [(SOURCE, channel.into) for channel in model.content.channels]
        for content in self.contents.all:
            moves += [(stage.name, edge.target) for stage in content.stages for edge in edges_of(stage, content)]
        return History(
            model.name,
            model.currency,
            model.first_day,
            model.until,
            tuple((stage.name, stage.kind) for stage in model.content.stages),
            tuple(dict.fromkeys(moves)),
            self.records,
            workers,
            parameters=dict(self.value.values),
        )


def _queue_key(queue: Queue, kind: LeadClass, day: int, limit_days: int, tie: float) -> tuple[float, ...]:
    """Leads are taken up in increasing order of this key; ``tie`` is the lead's own uniform."""
    first = -day if queue.order == "last_in" else day
    deadline = day + limit_days if queue.order == "deadline" else first
    return _rank(queue.priority, kind), deadline, first, _rank(queue.ties, kind), tie


def _rank(names: tuple[str, ...], kind: LeadClass) -> int:
    for place, name in enumerate(names):
        if name in (kind.channel, kind.segment, kind.grade, kind.band) or (name == "returning" and kind.returns > 0):
            return place
    return len(names)


def _depths(stages: dict[str, Stage]) -> dict[str, int]:
    """Length of the longest way of advancing outcomes to each stage."""

    def depth(name: str, seen: frozenset[str]) -> int:
        before = [s for s in stages.values() if any(o.to == name and o.advances for o in s.outcomes)]
        seen = seen | {name}
        return max((1 + depth(stage.name, seen) for stage in before if stage.name not in seen), default=0)

    return {name: depth(name, frozenset()) for name in stages}
