"""A history as a CRM holds it, from the stories of the leads: times of day, owners, tasks and amounts."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.generate.history import SECONDS_PER_DAY, History, Record, Stated, Task, Visit, Worker
from rpmsim.generate.owners import Owners
from rpmsim.model.cycle import SOURCE
from rpmsim.model.graph import edges_of
from rpmsim.model.plan import Model
from rpmsim.plain import Simulation, simulate
from rpmsim.plain.lead import Entered, Lead, LeftBehind, Queued, TakenUp

OPENS, SHUTS = 8 * 3600, 18 * 3600
"""Seconds of the day between which things happen: the model knows days only."""


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
    simulation = simulate(model, np.random.default_rng([seed, 0]), drawn=drawn)
    rng = np.random.default_rng([seed, 1])
    owners = Owners(simulation, rng)
    records = [
        _Notes(lead, f"L{i:07d}", model.days, owners, rng).record() for i, lead in enumerate(simulation.leads, 1)
    ]
    moves = [(SOURCE, channel.into) for channel in model.content.channels]
    for content in simulation.contents.all:
        moves += [(stage.name, edge.target) for stage in content.stages for edge in edges_of(stage, content)]
    return History(
        model.name,
        model.currency,
        model.first_day,
        model.until,
        tuple((stage.name, stage.kind) for stage in model.content.stages),
        tuple(dict.fromkeys(moves)),
        records,
        _workers(simulation, owners),
        parameters=dict(simulation.value.values),
    )


def _workers(simulation: Simulation, owners: Owners) -> list[Worker]:
    """Everybody who came before the last day was over."""
    return [
        Worker(
            owners.ids[worker],
            name,
            int(worker.start) if math.isfinite(worker.start) else None,
            int(worker.gone) - 1 if math.isfinite(worker.gone) else None,
        )
        for name, team in simulation.desks.teams.items()
        for worker in team.all
        if worker.start < simulation.model.days
    ]


class _Notes:
    """What the CRM notes about one lead."""

    def __init__(self, lead: Lead, name: str, days: int, owners: Owners, rng: np.random.Generator) -> None:
        self._story, self._days, self._owners, self._rng = lead.story, days, owners, rng
        self._record = Record(name, lead.kind.channel, lead.kind.segment, lead.kind.grade)
        self._task: Task | None = None
        self._taken: TakenUp | None = None
        self._now = -math.inf

    def record(self) -> Record:
        """Go through the story."""
        for event in self._story:
            if isinstance(event, Entered):
                self._enter(event)
            elif isinstance(event, Queued):
                self._task = Task(event.stage, int(self._now))
                self._record.tasks.append(self._task)
            elif isinstance(event, TakenUp):
                self._take_up(event)
            elif isinstance(event, LeftBehind):
                self._tick(event.day)
                self._end_work(event)
        self._end_work(None)
        return self._record

    def _enter(self, event: Entered) -> None:
        self._tick(event.day)
        self._end_work(event)
        self._record.visits.append(Visit(event.stage, int(self._now)))
        if event.cents is not None:
            text = f"{event.cents / 100:.2f}"
            if not self._record.amounts or self._record.amounts[-1].value != text:
                self._record.amounts.append(Stated(int(self._now), text))

    def _take_up(self, event: TakenUp) -> None:
        """Work starts when the response time has passed, which may be on a later day than the model's."""
        self._taken = event
        if self._task is not None and event.hours is not None:
            started = self._task.created + round(event.hours * 3600)
            self._task.started = max(started, event.day * SECONDS_PER_DAY + OPENS)
            self._now = min(self._task.started, (event.day + 1) * SECONDS_PER_DAY - 2)

    def _end_work(self, event: Entered | LeftBehind | None) -> None:
        """Note who did the work, now that it is known how it ended: None if it has not."""
        task, taken, self._task, self._taken = self._task, self._taken, None, None
        last = self._days - 1 if event is None else event.day
        start = self._record.visits[-1].entered if self._record.visits else 0
        if task is not None and task.started is not None:
            if event is not None:
                task.started = min(task.started, int(self._now))
                task.completed = int(self._now)
            elif task.started >= self._days * SECONDS_PER_DAY:
                task.started = taken = None
            start = task.started or start
        if taken is None:
            return
        leaver = event.worker if isinstance(event, LeftBehind) else None
        for i, (day, owner) in enumerate(self._owners.of_item(taken.role, taken.day, last, leaver)):
            if not self._record.owners or self._record.owners[-1].value != owner:
                at = day * SECONDS_PER_DAY + OPENS - 1 - int(self._rng.random() * 3600)
                self._record.owners.append(Stated(max(at, start) if i else start, owner))
            if task is not None:
                task.owner = owner

    def _tick(self, day: int) -> None:
        """Set the time on the day: in working hours, after all that happened to the lead before."""
        start = day * SECONDS_PER_DAY
        if self._now < start:
            self._now = start + OPENS + int(self._rng.random() * (SHUTS - OPENS))
        else:
            later = self._now + 1 + int(self._rng.random() * 1800)
            self._now = min(later, max(self._now + 1, start + SECONDS_PER_DAY - 60))
