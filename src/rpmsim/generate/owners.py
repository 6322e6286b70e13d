"""Who worked on what: the simulation knows what a role holds, a CRM also which person holds it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rpmsim.plain import Simulation
from rpmsim.plain.people import Worker


class Owners:
    """Gives each item that a role held to people of the role, in proportion to their capacity."""

    def __init__(self, simulation: Simulation, rng: np.random.Generator) -> None:
        self._contents, self._teams, self._rng = simulation.contents, simulation.desks.teams, rng
        self._present: dict[tuple[str, int], list[tuple[Worker, float]]] = {}
        self.ids = {
            worker: worker.name or f"{name}-{i:02d}"
            for name, team in self._teams.items()
            for i, worker in enumerate(team.all, 1)
        }

    def of_item(self, role: str, first: int, last: int, leaver: Worker | None) -> Iterator[tuple[int, str]]:
        """Who held an item, each from a day on: one person, unless that person left and colleagues went on.

        Parameters
        ----------
        first, last : int
            Days on which the role took the item up, and on which it left the role.
        leaver : Worker or None
            Who held it in the end, and left it behind.
        """
        day = max(first, 0)
        while day <= last:
            worker = self._holder(role, day, last, leaver)
            if worker is None:
                return
            yield day, self.ids[worker]
            if worker is leaver:
                return
            handed_over = worker.gone if leaver is None else min(worker.gone, max(leaver.start, day + 1))
            if handed_over > last:
                return
            day = int(handed_over)

    def _holder(self, role: str, day: int, last: int, leaver: Worker | None) -> Worker | None:
        there = self._present_on(role, day)
        if any(worker is leaver for worker, _ in there):
            return leaver
        if leaver is None and self._contents.item("roles", role, day).leavers_items != "colleagues":
            # Those who left while they held items left them behind: this one was somebody else's.
            there = [(worker, capacity) for worker, capacity in there if worker.gone > last] or there
        left = self._rng.random() * sum(capacity for _, capacity in there)
        for worker, capacity in there:
            left -= capacity
            if left < 0.0:
                return worker
        return None

    def _present_on(self, role: str, day: int) -> list[tuple[Worker, float]]:
        """Workers of a role on a day, with their capacity."""
        if (role, day) not in self._present:
            team = self._teams[role]
            self._present[role, day] = [
                (worker, team.capacity(worker, day)) for worker in team.all if worker.start <= day < worker.gone
            ]
        return self._present[role, day]
