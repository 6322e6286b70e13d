"""One course of events: the order inside a day, start and end (model, sections 1 and 12)."""

from __future__ import annotations

import dataclasses
from collections import defaultdict

import numpy as np

from rpmsim.model.cycle import SOURCE, Stage
from rpmsim.model.graph import groups_of_influence
from rpmsim.model.number import LeadClass, resolve
from rpmsim.model.plan import Model
from rpmsim.plain.arrivals import Arrivals
from rpmsim.plain.changes import Contents
from rpmsim.plain.clocks import NEVER
from rpmsim.plain.desks import Desks
from rpmsim.plain.effects import Effects
from rpmsim.plain.lead import Entered, Fate, Lead, TakenUp
from rpmsim.plain.money import Amounts
from rpmsim.plain.outcomes import Outcomes
from rpmsim.plain.parameters import Parameters


def simulate(model: Model, rng: np.random.Generator, *, drawn: bool = True) -> Simulation:
    """Simulate all days of a model once.

    Parameters
    ----------
    model : Model
    rng : numpy.random.Generator
        For parameters and events.
    drawn : bool
        Whether ranged numbers are drawn; else their medians hold.

    Returns
    -------
    Simulation
        With the stories of its leads, and the days of its roles.
    """
    simulation = Simulation(model, rng, drawn=drawn)
    for day in range(model.days):
        simulation.simulate_day(day)
    return simulation


class Simulation:
    """A company from one day to the next; ``leads`` are in the order in which they came."""

    def __init__(self, model: Model, rng: np.random.Generator, *, drawn: bool = True) -> None:
        self.model = model
        self.value = Parameters(model, rng, drawn)
        self.contents = Contents(model)
        self.leads: list[Lead] = []
        self.due: dict[int, list[tuple[Lead, Fate]]] = defaultdict(list)
        self.desks = Desks(model, self.contents, self.value, rng, self._begin)
        self._arrivals = Arrivals(model, self.contents, self.value, rng)
        self._outcomes = Outcomes(model, self.contents, self.value, rng, back=_days_back(model) + 1)
        self._amounts = Amounts(model, self.contents, self.value, rng)
        self._groups = groups_of_influence(*self.contents.all)
        self._ends = {s.name for s in model.content.stages if not s.outcomes and s.stays is None and s.timeout is None}
        self._beginning: dict[str, list[Lead]] = defaultdict(list)
        self._made: list[str] = []
        self._open()

    def _open(self) -> None:
        """Leads that are open on the first day."""
        sized = _sized_stages(self.model)
        for stock in self.model.opening:
            for _ in range(stock.count):
                lead = Lead(LeadClass(stock.channel, stock.segment, stock.grade, stock.returns, stock.band))
                self._place(lead, stock.stage, -1 - stock.days, stock.waiting, sized)
        for deal in self.model.open_deals:
            lead = Lead(LeadClass(deal.channel, deal.segment, deal.grade, deal.returns), deal=deal)
            self._place(lead, deal.stage, (deal.entered - self.model.first_day).days, deal.waiting, sized)

    def _place(self, lead: Lead, name: str, since: int, waiting: bool, sized: set[str]) -> None:
        stage: Stage = self.contents.item("stages", name, 0)
        if name in sized:
            self._amounts.give_band(lead)
        lead.stage, lead.role = name, resolve(stage.worked_by, lead.kind) or ""
        lead.story.append(Entered(since, name, SOURCE, self._amounts.cents(lead, stage, 0)))
        self.leads.append(lead)
        if waiting and lead.role:
            self.desks.join(lead, since)
        elif name not in self._ends:
            if lead.role:
                lead.story.append(TakenUp(since, name, lead.role, None, within_sla=False))
            self._begin(lead, since, Effects(lead.odds), alive_at=0)

    def simulate_day(self, day: int) -> None:
        """Simulate one day: people; landings; giving up; the stages in order; what staff create."""
        for lead, target in self.desks.start_day(day):
            if target == "queue":
                self.desks.join(lead, day)
            else:
                self._move(lead, target, day)
        self._land(day)
        for lead, target in self.desks.give_up(day):
            self._move(lead, target, day)
        for group in self._groups:
            self.desks.serve_landed(group.roles, day)
            for stage in group.stages:
                for lead in self._beginning.pop(stage, ()):
                    self._begin(lead, day, Effects(lead.odds))
                self.desks.serve(stage, day)
        self._made = self.desks.make_leads(day)
        self.desks.close_day()

    def _land(self, day: int) -> None:
        """Moves whose delay ends today, then new leads; those that staff created came up yesterday."""
        for lead, fate in self.due.pop(day, ()):
            if lead.fate is fate:  # not cancelled by a leaver
                self._leave(lead, fate, day)
        for channel in self.model.content.channels:
            for _ in range(self._arrivals.count(channel.name, day)):
                self._arrive(channel.name, day)
        for name in self._made:
            self._arrive(name, day)

    def _arrive(self, channel: str, day: int) -> None:
        lead = Lead(self._arrivals.class_of(channel, day))
        self.leads.append(lead)
        self._move(lead, self.contents.item("channels", channel, day).into, day)

    def _begin(
        self, lead: Lead, day: int, effects: Effects, content: int | None = None, alive_at: int | None = None
    ) -> None:
        """Draw the fate of a lead; what ends today moves at once, to stages later in the order."""
        fate = self._outcomes.fate(lead, day, effects, alive_at, content)
        lead.fate, lead.since = fate, day
        if lead.role:
            self.desks.held[lead.role][lead] = None
        if fate.day == day:
            self._leave(lead, fate, day)
        elif fate.day < NEVER:
            self.due[fate.day].append((lead, fate))

    def _leave(self, lead: Lead, fate: Fate, day: int) -> None:
        if fate.returning:
            returns = min(lead.kind.returns + 1, self.model.max_returns)
            lead.kind = dataclasses.replace(lead.kind, returns=returns)
        self._move(lead, fate.to, day)

    def _move(self, lead: Lead, target: str, day: int) -> None:
        """Let a lead enter a stage: its queue, or the stage itself later today."""
        if lead.role:
            self.desks.held[lead.role].pop(lead, None)
        stage: Stage = self.contents.item("stages", target, day)
        if stage.amount_here:
            self._amounts.give_band(lead)
        lead.story.append(Entered(day, target, lead.stage, self._amounts.cents(lead, stage, day)))
        lead.stage, lead.fate, lead.waiting = target, None, False
        lead.role = resolve(stage.worked_by, lead.kind) or ""
        if lead.role:
            self.desks.join(lead, day)
        elif target not in self._ends:
            self._beginning[target].append(lead)


def _days_back(model: Model) -> int:
    """Age of the oldest lead that is open at the start."""
    ages = [stock.days + 1 for stock in model.opening]
    ages += [(model.first_day - deal.entered).days for deal in model.open_deals]
    return max(ages, default=0)


def _sized_stages(model: Model) -> set[str]:
    """Stages whose leads have a size band: the one that assigns it, and all that its leads can reach."""
    sized = {stage.name for stage in model.content.stages if stage.amount_here}
    for _ in model.content.stages:
        for stage in model.content.stages:
            if stage.name in sized:
                sized |= {outcome.to for outcome in stage.outcomes}
    return sized
