"""Many runs on common random numbers: what is kept of each is one number for every replication and period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.metric import Metric
from rpmsim.engine import Sources, run
from rpmsim.model.plan import Model

if TYPE_CHECKING:
    import xarray as xr

Values = NDArray[np.float64]
"""Of a metric that adds up: replication x period."""
Draws = NDArray[np.integer[Any]]
"""Parameter draw of each replication."""
Report = Callable[[str], None]
"""Is reported what is simulated next."""

SURE = 2.0
"""Monte Carlo standard errors beyond which an effect is taken to be one."""

OWN = Sources()
"""Every source of randomness is the replication's own."""

_ROUND = 4000
"""Replications that are simulated at a time, so that memory does not grow with their number."""


class Settings(NamedTuple):
    """What makes random numbers common: all runs of a comparison have the same."""

    replications: int
    seed: int
    draws: int | None = None
    threads: int | None = None


def values_of(measured: xr.DataArray) -> Values:
    """The values of a metric, replication x period."""
    return measured.transpose("replication", "period").values.astype(np.float64)


@dataclass(frozen=True)
class Simulator:
    """Simulates variations of a scenario.

    Parameters
    ----------
    settings : Settings
    metric : Metric
        What is kept of each run; it must add up over periods.
    report : callable
        Is reported of each run before it begins.
    """

    settings: Settings
    metric: Metric
    report: Report

    def values(self, model: Model, what: str, sources: Sources = OWN, replications: int | None = None) -> Values:
        """Simulate a model, and give its metric: replication x period.

        Parameters
        ----------
        model : Model
        what : str
            What is simulated, in words.
        sources : Sources
            Of which replications the sources of randomness are.
        replications : int, optional
            How many; the first ones of the comparison's.
        """
        self.report(what)
        count = replications or self.settings.replications
        draws = self.settings.draws or self.settings.replications + sources.ranges
        parts = []
        for first in range(0, count, _ROUND):
            forecast = run(
                model,
                min(_ROUND, count - first),
                first=first,
                seed=self.settings.seed,
                draws=draws,
                threads=self.settings.threads,
                keep="summary",
                sources=sources,
            ).forecast
            parts.append(values_of(self.metric(forecast)))
        return np.concatenate(parts)

    def with_own_draws(self) -> Simulator:
        """The same simulator with a parameter draw for each replication."""
        return replace(self, settings=self.settings._replace(draws=None))
