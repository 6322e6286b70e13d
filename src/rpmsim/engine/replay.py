"""One replication alone, day by day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rpmsim.arrays.compile import compile_model
from rpmsim.compilation import compile_kernels, second_process
from rpmsim.dataset import MemorySink
from rpmsim.engine.block import bundles_of
from rpmsim.engine.provenance import provenance_of
from rpmsim.engine.settings import DEFAULT_SEED, Run
from rpmsim.engine.simulation import Simulable, loaded
from rpmsim.engine.storing import countable, layout_of, store, write_once
from rpmsim.engine.threads import in_threads
from rpmsim.model.plan import Model

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
    scenario = loaded(scenario)
    model = scenario if isinstance(scenario, Model) else scenario.model
    with second_process() as ask:
        program = compile_model(model, by_day=True)
        run = Run(1, replication, seed, (draws or replication + 1) if program.is_uncertain else 1)
        layout = replace(layout_of(program, run, "classes"), periods=program.periods)
        bundles = bundles_of(program)
        ask(*(bundle.type for bundle in bundles))
        compile_kernels(*bundles)
        frame = bundles[0]
        with MemorySink(layout, provenance_of(scenario, run, "classes", 1)) as sink:
            with countable(scenario), in_threads(program, frame, run, 1, 1) as blocks:
                store(blocks, sink, None, ())
            write_once(sink, program, run)
    return sink.dataset().rename({"period": "day"})
