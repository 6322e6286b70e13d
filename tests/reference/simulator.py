"""One replication, one lead at a time, one day after the other: slow, plain, and independent of the engine.

It reads like model.md: people, landings, giving up, then the stages in order. Where that page leaves
room, the choice is stated here in the docstring of the method that makes it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from rpmsim.model.cycle import SOURCE, Response, Stage
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import Role
from tests.reference import demand
from tests.reference.amounts import Amounts
from tests.reference.arrivals import Demand
from tests.reference.contents import Contents, day_number
from tests.reference.desk import (
    MICRO,
    RoleDay,
    queue_key,
    service_order,
    slot_debt,
    slots_today,
    time_today,
    zero_day_order,
)
from tests.reference.draws import Parameters
from tests.reference.lead import Lead
from tests.reference.outcomes import NEVER, Effects, Fate, OutcomeLaws
from tests.reference.people import Leaver, Team
from tests.reference.record import Record

HIGHEST_MINUTES = (5.0, 48 * 60.0)
"""The power form of the response decay is flat below 5 minutes and above 48 hours."""
LONGEST_HOURS = 30 * 365.25 * 24
"""Load stretches a response time up to thirty years."""


def simulate_once(model: Model, rng: np.random.Generator) -> Record:
    """Simulate one replication; the record's ``arrays`` hold the contract's variables (amounts in cents)."""
    run = _Run(model, rng)
    for day in range(model.days):
        run.simulate_day(day)
    return run.record


class _Run:
    def __init__(self, model: Model, rng: np.random.Generator) -> None:
        self.model = model
        self.rng = rng
        self.value = Parameters(rng)
        self.contents = Contents(model)
        self.record = Record(model)
        back = max([o.days + 1 for o in model.opening] + [-self._day(d.entered) for d in model.open_deals], default=0)
        self.distributions = OutcomeLaws(model, self.contents, self.value, rng, back + 1)
        self.kinds = {stage.name: stage.kind for stage in model.content.stages}
        self.ends = {s.name for s in model.content.stages if not s.outcomes and s.stays is None and s.timeout is None}
        self.order = zero_day_order(self.contents.all)
        self.teams = {
            r.name: Team(self._role_on(r.name), model.first_day, self.value, rng) for r in model.content.roles
        }
        served = {r.name: [s.name for s in model.content.stages if r.name in _roles_in(s)] for r in model.content.roles}
        self.served = {r.name: service_order(model, r, served[r.name]) for r in model.content.roles}
        self.due: dict[int, list[tuple[Lead, Fate]]] = defaultdict(list)
        self.begun_today: dict[str, list[Lead]] = defaultdict(list)
        self.queues: dict[tuple[str, str], list[Lead]] = defaultdict(list)
        self.held: dict[str, set[Lead]] = defaultdict(set)
        self.slot_debt: dict[str, float] = defaultdict(float)
        self.credit: dict[tuple[str, str], float] = defaultdict(float)
        self.today: dict[str, RoleDay] = {}
        self.made: list[LeadClass] = []
        self.weights = [self.contents.weights(day) for day in range(model.days)]
        self.amounts = Amounts(model, self.contents, self.value, rng)
        self.demand = Demand(model, self.contents, self.value, rng)
        self._open()

    def _day(self, date: dt.date) -> int:
        return day_number(self.model, date)

    def _role_on(self, name: str) -> Callable[[int], Role]:
        return lambda day: self.contents.item("roles", name, day)

    # The start

    def _open(self) -> None:
        self._sized = {stage.name for stage in self.model.content.stages if stage.amount_here}
        for _ in self.model.content.stages:
            for stage in self.model.content.stages:
                if stage.name in self._sized:
                    self._sized |= {outcome.to for outcome in stage.outcomes}
        for stock in self.model.opening:
            for _ in range(stock.count):
                kind = LeadClass(stock.channel, stock.segment, stock.grade, stock.returns, stock.band)
                self._place(Lead(kind), stock.stage, -1 - stock.days, stock.waiting)
        for deal in self.model.open_deals:
            kind = LeadClass(deal.channel, deal.segment, deal.grade, deal.returns)
            self._place(Lead(kind, deal=deal, odds=deal.odds), deal.stage, self._day(deal.entered), deal.waiting)
        self.record.arrays["opening_stock"][:] = self.record.now

    def _place(self, lead: Lead, name: str, since: int, waiting: bool) -> None:
        stage = self.contents.item("stages", name, 0)
        self.amounts.give_band(lead, name in self._sized)
        lead.stage = name
        self.record.place(name, lead.kind.channel, lead.kind.segment)
        lead.role = resolve(stage.worked_by, lead.kind) or ""
        if waiting and lead.role:
            self._join_queue(lead, since)
        elif name not in self.ends:
            self._begin(lead, since, Effects(lead.odds), alive_at=0)

    # One day

    def simulate_day(self, day: int) -> None:
        """The order inside a day: people; landings; giving up; the desks and stages; what roles make; counts."""
        self._start_people(day)
        self._land(day)
        self._give_up(day)
        self._work(day)
        self._make_leads(day)
        self._close_day(day)

    def _start_people(self, day: int) -> None:
        """Hires, leavers and their items, ramp; load counts the items of last evening for each ramped head of today."""
        for name, team in self.teams.items():
            items = len(self.held[name]) + sum(len(self.queues[stage, name]) for stage in self.served[name])
            for leaver in team.start_day(day):
                self._pass_on_items(name, leaver, day)
            role = self._role_on(name)(day)
            ramped = team.ramped(day)
            is_open = role.works_every_day or self.model.calendar.is_open(self.record.day_of(day))
            per_day = self._blended(day, [content.per_day for content in self._contents_of_role(name)])
            holds = self._blended(day, [content.holds for content in self._contents_of_role(name)])
            self.today[name] = RoleDay(
                is_open,
                ramped,
                team.heads(),
                time_today(per_day, ramped, is_open),
                math.inf if holds is None else holds * ramped,
                slots_today(holds, ramped, self.slot_debt[name]),
                items / ramped if ramped > 0 else 0.0,
            )

    def _contents_of_role(self, name: str) -> list[Role]:
        return [self.contents.item_in("roles", name, k) for k in range(len(self.contents.all))]

    def _blended(self, day: int, limits: list[Number | None]) -> float | None:
        """A limit on the day: a straight line while a change is phased in."""
        parts = [(weight, limit) for weight, limit in zip(self.weights[day], limits, strict=True) if weight > 0]
        if any(limit is None for _, limit in parts):
            return None
        return sum(weight * self.value(limit) for weight, limit in parts if limit is not None)

    def _pass_on_items(self, name: str, leaver: Leaver, day: int) -> None:
        target = self._role_on(name)(day).leavers_items
        if target == "colleagues":
            return
        chance = (
            leaver.ramped / leaver.ramped_before if leaver.ramped_before > 0 else leaver.weight / leaver.heads_before
        )
        for lead in sorted(self.held[name], key=lambda lead: (lead.stage, lead.since, lead.kind.key)):
            if self.rng.random() < chance:
                lead.fate = None
                self.held[name].discard(lead)
                if target == "queue":
                    self._join_queue(lead, day)
                else:
                    self._move(lead, target, day)

    def _land(self, day: int) -> None:
        """Moves whose delay ends today, then new arrivals; they join queues, or begin later today in order."""
        for lead, fate in self.due.pop(day, []):
            if lead.fate is fate:  # not cancelled since
                self._leave(lead, fate, day)
        for channel in self.model.content.channels:
            for _ in range(self.demand.arriving(channel.name, day)):
                self._arrive(self.demand.class_of_arrival(channel.name, day), day)
        made, self.made = self.made, []
        for kind in made:
            self._arrive(kind, day)

    def _give_up(self, day: int) -> None:
        """After the landings and before the take-ups, each lead that has waited a day or more may give up."""
        for (name, role), queue in list(self.queues.items()):
            stage = self.contents.item("stages", name, day)
            if stage.gives_up is None:
                continue
            chance = self.value(stage.gives_up[0])
            for lead in list(queue):
                if lead.since < day and self.rng.random() < chance:
                    self.queues[name, role].remove(lead)
                    self.record.add("gave_up", day, name, 1)
                    self._move(lead, stage.gives_up[1], day)

    def _work(self, day: int) -> None:
        """Roles serve the queues as the landings left them, begun work first, then most downstream first; then come
        all stages in the order of the zero-day edges, with what is left."""
        landed = {place: list(queue) for place, queue in self.queues.items()}
        for name, stages in self.served.items():
            for stage in stages:
                self._finish_begun(stage, name, day, landed.get((stage, name), []))
        for name, stages in self.served.items():
            for stage in stages:
                self._serve(stage, name, day, landed.get((stage, name), []))
        for stage in self.order:
            for lead in self.begun_today.pop(stage, []):
                self._begin(lead, day, Effects(lead.odds))
            for name, stages in self.served.items():
                if stage in stages:
                    self._serve(stage, name, day)

    # Desks

    def _finish_begun(self, stage: str, name: str, day: int, landed: list[Lead]) -> None:
        """Work begun on an earlier day is finished first; with an empty queue it is lost."""
        if not self.today[name].open or self.credit[stage, name] == 0:
            return
        queue = self._ordered(stage, name, landed)
        if queue:
            self._take_next(queue[0], day)
        else:
            self.credit[stage, name] = 0.0

    def _serve(self, stage: str, name: str, day: int, only: list[Lead] | None = None) -> None:
        """Take up what time and slots allow, from the whole queue or from the leads in ``only``."""
        if not self.today[name].open:
            return
        for lead in self._ordered(stage, name, only):
            if not self._take_next(lead, day):
                break

    def _ordered(self, stage: str, name: str, only: list[Lead] | None) -> list[Lead]:
        queue = self.queues[stage, name]
        return sorted((lead for lead in queue if only is None or lead in only), key=lambda lead: lead.key)

    def _take_next(self, lead: Lead, day: int) -> bool:
        """Take the lead up if a slot is free and its work can be finished today; else begin the work."""
        today = self.today[lead.role]
        if len(self.held[lead.role]) >= today.slots and math.isfinite(today.slots):
            return False
        if math.isinf(today.time):
            self._take_up(lead, day)
            return True
        place = lead.stage, lead.role
        left = max(0.0, self._work_needed(lead, day) - self.credit[place])
        if left > today.time:
            self.credit[place] += today.time
            today.time = 0.0
            return False
        today.time -= left
        self.credit[place] = 0.0
        self._take_up(lead, day)
        return True

    def _work_needed(self, lead: Lead, day: int) -> float:
        if not self._role_on(lead.role)(day).in_hours:
            return MICRO
        hours = resolve(self.contents.item("stages", lead.stage, day).work_hours, lead.kind)
        return round(self.value(hours) * MICRO)

    def _take_up(self, lead: Lead, day: int) -> None:
        content = self.contents.for_lead(day, self.rng)
        stage: Stage = self.contents.item_in("stages", lead.stage, content)
        load = self.today[lead.role].load
        hours = self._hours_waited(stage.response, lead, day, load)
        self.queues[lead.stage, lead.role].remove(lead)
        lead.waiting = False
        self.record.add("taken_up", day, lead.stage, 1)
        self.record.add("wait_hours", day, lead.stage, hours)
        limit = resolve(stage.response.sla_hours, lead.kind)
        if limit is None or hours <= self.value(limit) + 1e-9:
            self.record.add("within_sla", day, lead.stage, 1)
        odds, probability = self._response_effect(stage.response, hours)
        if stage.load is not None:
            odds *= self.value(stage.load.odds) ** max(0.0, load - self.value(stage.load.above))
        self._begin(lead, day, Effects(odds * lead.odds, probability), content=content)

    def _hours_waited(self, response: Response, lead: Lead, day: int, load: float) -> float:
        hours = 24.0 * (day - lead.since)
        distribution = resolve(response.time, lead.kind)
        if distribution is not None:
            draw = self.value.drawer(distribution).draw(self.rng)
            if response.load_stretch is not None:
                draw *= self.value(response.load_stretch) ** max(0.0, load - self.value(response.load_above))
            hours += min(draw, LONGEST_HOURS)
        return math.floor(hours * 60 + 0.5) / 60

    def _response_effect(self, response: Response, hours: float) -> tuple[float, float]:
        if response.decay == "none":
            return 1.0, 1.0
        strength = self.value(response.strength)
        if response.decay == "per_day":
            factor = strength ** (hours / 24)
        else:
            low, high = HIGHEST_MINUTES
            factor = (min(max(hours * 60, low), high) / low) ** -strength
        return (factor, 1.0) if response.acts_on == "odds" else (1.0, factor)

    # Moves

    def _arrive(self, kind: LeadClass, day: int) -> None:
        lead = Lead(kind, SOURCE)
        self._move(lead, self.contents.item("channels", kind.channel, day).into, day)

    def _leave(self, lead: Lead, fate: Fate, day: int) -> None:
        if fate.returning:
            returns = min(lead.kind.returns + 1, self.model.max_returns)
            k = lead.kind
            lead.kind = LeadClass(k.channel, k.segment, k.grade, returns, k.band)
        self._move(lead, fate.to, day)

    def _move(self, lead: Lead, target: str, day: int) -> None:
        self.record.move(day, lead.stage, target, lead.kind.channel, lead.kind.segment)
        self.held[lead.role].discard(lead)
        lead.stage, lead.fate, lead.waiting, lead.role = target, None, False, ""
        stage: Stage = self.contents.item("stages", target, day)
        self.amounts.give_band(lead, stage.amount_here)
        if stage.kind == "won":
            cents = self.amounts.booked_cents(lead, day)
            self.record.win(day, lead.kind.channel, lead.kind.segment, cents)
        lead.role = resolve(stage.worked_by, lead.kind) or ""
        if lead.role:
            self._join_queue(lead, day)
        elif target not in self.ends:
            lead.since = day
            self.begun_today[target].append(lead)

    def _join_queue(self, lead: Lead, day: int) -> None:
        stage: Stage = self.contents.item("stages", lead.stage, max(day, 0))
        limit = resolve(stage.response.sla_hours, lead.kind)
        days = math.inf if limit is None else math.floor(self.value(limit) / 24)
        lead.waiting, lead.since = True, day
        lead.key = queue_key(stage.queue, lead.kind, day, days, self.rng.random())
        self.queues[lead.stage, lead.role].append(lead)

    def _begin(
        self, lead: Lead, day: int, effects: Effects, alive_at: int | None = None, content: int | None = None
    ) -> None:
        """Draw the fate; what ends today moves at once, to stages later in the order of the zero-day edges."""
        fate = self.distributions.fate(lead.stage, lead.kind, day, effects, alive_at, content)
        lead.fate, lead.since = fate, day
        if lead.role:
            self.held[lead.role].add(lead)
        if fate.day == day:
            self._leave(lead, fate, day)
        elif fate.day < NEVER:
            self.due[fate.day].append((lead, fate))

    # What staff make, and the counts of the day

    def _make_leads(self, day: int) -> None:
        """At the end of an open day, a role makes leads in the time that its queues leave free; they come tomorrow."""
        makers: dict[str, float] = {}
        for base in self.model.content.channels:
            if not base.made_by or not self.today[base.made_by].open:
                continue
            today = self.today[base.made_by]
            used = [0.0]
            if math.isfinite(today.budget):
                used.append(1 - today.time / today.budget if today.budget > 0 else 1.0)
            if math.isfinite(today.slots):
                used.append(len(self.held[base.made_by]) / today.share if today.share > 0 else 1.0)
            channel = self.contents.item("channels", base.name, day)
            mean = self.value(channel.made_rate) * self.value(channel.change) * today.ramped * max(0.0, 1 - max(used))
            for _ in range(self.rng.poisson(mean)):
                self.made.append(self.demand.class_of_arrival(base.name, day + 1))
            if mean > 0 and math.isfinite(today.budget):
                makers[base.made_by] = today.budget / MICRO * max(0.0, 1 - max(used))
        for name, spent in makers.items():
            self.record.add("prospecting", day, name, spent)

    def _close_day(self, day: int) -> None:
        waiting: dict[str, list[int]] = defaultdict(list)
        for (stage, _), queue in self.queues.items():
            waiting[stage] += [lead.since for lead in queue]
        self.record.close_day(day, waiting)
        length = demand.month_length(self.record.day_of(day))
        for name, today in self.today.items():
            self.record.add("head_days", day, name, today.heads)
            if math.isfinite(today.budget):
                self.record.add("capacity", day, name, today.budget / MICRO)
                self.record.add("capacity_used", day, name, (today.budget - today.time) / MICRO)
            if math.isfinite(today.slots) and today.open:
                self.record.add("slot_days", day, name, today.share)
                self.record.add("slot_days_used", day, name, len(self.held[name]))
            self.slot_debt[name] = slot_debt(self.slot_debt[name], today.share, len(self.held[name]))
            self.record.add("pay", day, name, self.teams[name].monthly_pay(day) / length)
        for k, weight in enumerate(self.weights[day]):
            if weight > 0:
                self._add_costs(day, self.contents.all[k], weight)

    def _add_costs(self, day: int, content: Content, weight: float) -> None:
        """Amounts per month are spent evenly over the days of each month; a table by month takes their place."""
        date = self.record.day_of(day)
        length = demand.month_length(date)
        for channel in content.channels:
            monthly = demand.spend_per_month(channel, date, self.value)
            self.record.add("spend", day, channel.name, weight * monthly / length)
        for cost in content.costs:
            monthly = self.value(dict(cost.by_month).get(date.replace(day=1), cost.per_month))
            self.record.add("other_cost", day, cost.name, weight * monthly / length)


def _roles_in(stage: Stage) -> set[str]:
    """Every role that works the stage."""

    def names(value: object) -> set[str]:
        if hasattr(value, "cases"):
            return set().union(*(names(case) for _, case in value.cases), names(value.default))
        return {value} if isinstance(value, str) else set()

    return names(stage.worked_by)
