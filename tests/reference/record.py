"""What the reference simulator counts: the contract's variables for one replication."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from rpmsim.model.calendar import periods
from rpmsim.model.cycle import SOURCE
from rpmsim.model.plan import Content, Model


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
    """Counts of one replication; ``arrays`` holds them by the dataset's names, dims in the contract's order."""

    model: Model
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = self.model
        content = model.content
        spans = periods(model.first_day, model.until, model.period, model.calendar)
        self.period_of_day = np.zeros(model.days, dtype=int)
        for p, span in enumerate(spans):
            first = max(0, (span.first - model.first_day).days)
            self.period_of_day[first : (span.last - model.first_day).days + 1] = p
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
        self.now = np.zeros([size["stage"], size["channel"], size["segment"]], dtype=np.int64)

    def move(self, day: int, source: str, target: str, channel: str, segment: str) -> None:
        """A lead took an edge."""
        k = self.at["channel"][channel], self.at["segment"][segment]
        self.arrays["moves"][self.period_of_day[day], self.at["edge"][source, target], *k] += 1
        if source != SOURCE:
            self.now[self.at["stage"][source], *k] -= 1
        self.now[self.at["stage"][target], *k] += 1

    def place(self, stage: str, channel: str, segment: str) -> None:
        """A lead is there at the start."""
        self.now[self.at["stage"][stage], self.at["channel"][channel], self.at["segment"][segment]] += 1

    def win(self, day: int, channel: str, segment: str, cents: int) -> None:
        """A deal was won."""
        k = self.at["channel"][channel], self.at["segment"][segment]
        self.arrays["bookings"][self.period_of_day[day], *k] += cents

    def add(self, name: str, day: int, label: str, amount: float) -> None:
        """Add to a variable by period and one further dim."""
        self.arrays[name][self.period_of_day[day], self.at[_SECOND_DIM[name]][label]] += amount

    def close_day(self, day: int, waiting: dict[str, list[int]]) -> None:
        """At the end of every day: stock and waiting of a period are those of its last simulated day."""
        period = self.period_of_day[day]
        self.arrays["stock"][period] = self.now
        for stage, since in waiting.items():
            self.arrays["waiting"][period, self.at["stage"][stage]] = len(since)
            self.arrays["waiting_hours"][period, self.at["stage"][stage]] = sum(24 * (day - first) for first in since)

    def day_of(self, day: int) -> dt.date:
        """Date of a day number."""
        return self.model.first_day + dt.timedelta(day)


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
