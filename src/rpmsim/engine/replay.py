"""One replication alone, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.engine.settings import DEFAULT_SEED
from rpmsim.engine.simulation import Simulable, run

if TYPE_CHECKING:
    import xarray as xr


def replay_days(
    scenario: Simulable, replication: int, *, seed: int = DEFAULT_SEED, draws: int | None = None
) -> xr.Dataset:
    """Simulate one replication alone, day by day.

    Parameters
    ----------
    scenario : Scenario, Model, str or path
        What to simulate.
    replication : int
        Number of the replication.
    seed, draws : int
        As in the run that holds it (``draws`` as stored there).

    Returns
    -------
    xarray.Dataset
        As a forecast, with the dim ``day`` in place of ``period`` and one replication.
    """
    result = run(scenario, 1, first=replication, seed=seed, draws=draws, threads=1, by_day=True)
    return result.forecast.rename({"period": "day"})
