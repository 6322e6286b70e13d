"""The dataset's variables for one replication, counted from what happened in the plain simulator."""

from __future__ import annotations

import bisect
import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from rpmsim.model.calendar import periods
from rpmsim.model.cycle import SOURCE
from rpmsim.model.plan import Content, Model
from rpmsim.plain import Simulation, simulate
from rpmsim.plain.lead import Entered, Event, GaveUp, Lead, Queued, TakenUp
from rpmsim.plain.money import Costs
from rpmsim.plain.role_day import MICRO, RoleDay
from tests.reference.lives import measured
from tests.reference.pipeline import pipeline_of


def simulate_once(model: Model, rng: np.random.Generator) -> Record:
    """Simulate one replication lead by lead; amounts are in cents."""
    record = Record(model)
    record.note(simulate(model, rng))
    return record


def edges_of(model: Model) -> list[tuple[str, str]]:
    """Every edge that a lead can take in the model, sorted."""
    edges: set[tuple[str, str]] = set()
    for content in [model.content, *(change.content for change in model.changes)]:
        edges |= _edges_in(content)
    return sorted(edges)


def _edges_in(content: Content) -> set[tuple[str, str]]:
    edges = {(SOURCE, channel.into) for channel in content.channels}
    named = {role.leavers_items for role in content.roles} - {"colleagues", "queue"}
    for stage in content.stages:
        edges |= {(stage.name, outcome.to) for outcome in stage.outcomes}
        edges |= {(stage.name, end[1]) for end in (stage.gives_up, stage.timeout) if end is not None}
        if stage.worked_by is not None:
            edges |= {(stage.name, target) for target in named}
    return edges


@dataclass
class Record:
    """Counts of one replication; ``arrays`` holds them by the dataset's names, dims in the contract's order.

    ``lives`` holds what is measured lead by lead, ``pipeline`` what is open and who was there at the start.
    """

    model: Model
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    lives: dict[str, float] = field(default_factory=dict)
    pipeline: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = self.model
        content = model.content
        spans = periods(model.first_day, model.until, model.period, model.calendar)
        self.last_days = [(min(span.last, model.until) - model.first_day).days for span in spans]
        self._period = [bisect.bisect_left(self.last_days, day) for day in range(model.days)]
        self.period_of_day = np.array(self._period)
        self.labels = {
            "period": [span.first for span in spans],
            "edge": edges_of(model),
            "stage": [stage.name for stage in content.stages],
            "channel": [channel.name for channel in content.channels],
            "segment": [segment.name for segment in content.segments],
            "role": [role.name for role in content.roles],
            "cost": [cost.name for cost in content.costs],
        }
        self.at = {dim: {label: i for i, label in enumerate(labels)} for dim, labels in self.labels.items()}
        size = {dim: len(labels) for dim, labels in self.labels.items()}
        for name, dims, dtype in _VARIABLES:
            self.arrays[name] = np.zeros([size[dim] for dim in dims], dtype=dtype)
        self.kinds = {stage.name: stage.kind for stage in content.stages}

    def note(self, simulation: Simulation) -> None:
        """Count what happened in a simulation."""
        self.lives = measured(self.model, simulation)
        self.pipeline = pipeline_of(self.model, simulation)
        for lead in simulation.leads:
            self._note_moves(lead)
            for event in lead.story:
                if event.day >= 0:
                    self._note_work(event)
        costs = Costs(self.model, simulation.contents, simulation.value)
        for day, roles in enumerate(simulation.desks.log):
            for name, role in roles.items():
                self._note_role(day, name, role)
                self._add("pay", day, name, costs.of_day(role.pay_per_month, day))
            for channel in self.labels["channel"]:
                self._add("spend", day, channel, costs.spend(channel, day))
            for cost in self.labels["cost"]:
                self._add("other_cost", day, cost, costs.other(cost, day))

    def _note_moves(self, lead: Lead) -> None:
        """Moves and wins; and where the lead was, and waited, at the end of each period."""
        k = self.at["channel"][lead.kind.channel], self.at["segment"][lead.kind.segment]
        visits = [event for event in lead.story if isinstance(event, Entered)]
        for visit, after in itertools.zip_longest(visits, visits[1:]):
            stage = self.at["stage"][visit.stage]
            for period in self._ends_between(visit, after):
                self.arrays["stock"][period, stage, *k] += 1
            if visit.day < 0:
                self.arrays["opening_stock"][stage, *k] += 1
                continue
            period = self._period[visit.day]
            self.arrays["moves"][period, self.at["edge"][visit.source, visit.stage], *k] += 1
            if self.kinds[visit.stage] == "won":
                self.arrays["bookings"][period, *k] += visit.cents or 0
        for event, after in itertools.zip_longest(lead.story, lead.story[1:]):
            if isinstance(event, Queued):
                for period in self._ends_between(event, after):
                    stage = self.at["stage"][event.stage]
                    self.arrays["waiting"][period, stage] += 1
                    self.arrays["waiting_hours"][period, stage] += 24 * (self.last_days[period] - event.day)

    def _ends_between(self, event: Event, after: Event | None) -> range:
        """Periods that end between two events."""
        until = self.model.days if after is None else after.day
        return range(bisect.bisect_left(self.last_days, event.day), bisect.bisect_left(self.last_days, until))

    def _note_work(self, event: Event) -> None:
        if isinstance(event, GaveUp):
            self._add("gave_up", event.day, event.stage, 1)
        elif isinstance(event, TakenUp):
            self._add("taken_up", event.day, event.stage, 1)
            self._add("wait_hours", event.day, event.stage, event.hours)
            self._add("within_sla", event.day, event.stage, event.within_sla)

    def _note_role(self, day: int, name: str, role: RoleDay) -> None:
        self._add("head_days", day, name, role.heads)
        self._add("prospecting", day, name, role.prospecting)
        if math.isfinite(role.budget):
            self._add("capacity", day, name, role.budget / MICRO)
            self._add("capacity_used", day, name, (role.budget - role.time) / MICRO)
        if math.isfinite(role.share) and role.open:
            self._add("slot_days", day, name, role.share)
            self._add("slot_days_used", day, name, role.held)

    def _add(self, name: str, day: int, label: str, amount: float) -> None:
        """Add to a variable by period and one further dim."""
        self.arrays[name][self._period[day], self.at[_SECOND_DIM[name]][label]] += amount


_VARIABLES = [
    ("moves", ("period", "edge", "channel", "segment"), np.int64),
    ("stock", ("period", "stage", "channel", "segment"), np.int64),
    ("opening_stock", ("stage", "channel", "segment"), np.int64),
    ("waiting", ("period", "stage"), np.int64),
    ("waiting_hours", ("period", "stage"), np.float64),
    ("bookings", ("period", "channel", "segment"), np.int64),
    ("taken_up", ("period", "stage"), np.int64),
    ("wait_hours", ("period", "stage"), np.float64),
    ("within_sla", ("period", "stage"), np.int64),
    ("gave_up", ("period", "stage"), np.int64),
    ("head_days", ("period", "role"), np.float64),
    ("capacity", ("period", "role"), np.float64),
    ("capacity_used", ("period", "role"), np.float64),
    ("prospecting", ("period", "role"), np.float64),
    ("slot_days", ("period", "role"), np.float64),
    ("slot_days_used", ("period", "role"), np.float64),
    ("spend", ("period", "channel"), np.float64),
    ("pay", ("period", "role"), np.float64),
    ("other_cost", ("period", "cost"), np.float64),
]

_SECOND_DIM = {name: dims[1] for name, dims, _ in _VARIABLES if dims[0] == "period"}
