"""Moments of the moves in an unstaffed network with Poisson arrivals, by convolution.

A network is a list of edges with a share and the chances of 0, 1, 2, ... days. Nothing here is shared with the
engine or with the plain simulator: chances come from scipy's distribution functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SOURCE = "source"


def chances_of_days(cdf: Callable[[np.ndarray], np.ndarray], size: int, least: int = 1) -> np.ndarray:
    """Chances of max(least, floor(X + 0.5)) = 0 ... size - 1 for a continuous X."""
    below = cdf(np.arange(size + 1) - 0.5)
    below[0] = 0.0
    chances = np.diff(below)
    chances[least] += chances[:least].sum()
    chances[:least] = 0.0
    return chances


@dataclass(frozen=True)
class Edge:
    """A way from one stage to another; ``days[d]`` is the chance that it takes d days."""

    source: str
    target: str
    share: float
    days: np.ndarray


@dataclass(frozen=True)
class Network:
    """Edges, with the stages ordered so that zero-day edges lead forward."""

    stages: tuple[str, ...]
    edges: tuple[Edge, ...]

    def rates(self, arrivals: dict[str, np.ndarray]) -> np.ndarray:
        """Expected moves by edge and day, from expected arrivals by stage and day."""
        days = len(next(iter(arrivals.values())))
        entries = {stage: arrivals.get(stage, np.zeros(days)).copy() for stage in (*self.stages, *self._ends)}
        rates = np.zeros((len(self.edges), days))
        for day in range(days):
            for stage in self.stages:
                for e, edge in enumerate(self.edges):
                    if edge.source == stage:
                        reach = min(len(edge.days), days - day)
                        flow = entries[stage][day] * edge.share * edge.days[:reach]
                        rates[e, day : day + reach] += flow
                        entries[edge.target][day : day + reach] += flow
        return rates

    def expected_after(self, counted: int, inside: np.ndarray) -> dict[str, np.ndarray]:
        """Expected moves over edge ``counted`` on the days ``inside``, by one lead that enters a stage on a day."""
        days = len(inside)
        result = {stage: np.zeros(days) for stage in (*self.stages, *self._ends)}
        for day in reversed(range(days)):
            for stage in reversed(self.stages):
                total = 0.0
                for e, edge in enumerate(self.edges):
                    if edge.source == stage:
                        reach = min(len(edge.days), days - day)
                        then = result[edge.target][day : day + reach] + (e == counted) * inside[day : day + reach]
                        total += edge.share * float(edge.days[:reach] @ then)
                result[stage][day] = total
        return result

    def covariance(
        self, arrivals: dict[str, np.ndarray], a: int, days_a: np.ndarray, b: int, days_b: np.ndarray
    ) -> float:
        """Covariance of the moves over edge a on days_a and over edge b on days_b.

        Leads are independent and arrive in a Poisson stream, so it is the expected number of pairs of such moves by one
        lead: b after a, a after b, and each move with itself.
        """
        rates = self.rates(arrivals)
        after_a = self.expected_after(b, days_b)[self.edges[a].target]
        after_b = self.expected_after(a, days_a)[self.edges[b].target]
        both = float((rates[a] * days_a) @ after_a + (rates[b] * days_b) @ after_b)
        return both + (float((rates[a] * days_a) @ days_b) if a == b else 0.0)

    @property
    def _ends(self) -> tuple[str, ...]:
        return tuple({edge.target for edge in self.edges} - set(self.stages))
