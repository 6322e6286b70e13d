"""rpmsim on the reference workload and its variants."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from peers.workload import MEASURES, Totals, no_totals

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
REFERENCE = SCENARIOS / "reference.yaml"
TARGETS = {"wins": "won"} | {name: name.lower() for name in MEASURES if name not in ("bookings", "wins")}
AMOUNT = "{median: 18000, sigma: 0.9}"


def volume_overrides(volume: int) -> dict[str, str]:
    """Arrivals and capacities times a whole number."""
    return {
        "channels.first.leads": f"{40 * volume} per day",
        "channels.second.leads": f"{15 * volume} per day",
        "roles.sdr.handles": f"{2 * volume} per day each",
        "roles.ae.holds": f"{20 * volume} each",
    }


def class_overrides(segments: int) -> dict[str, str]:
    """The same leads in several segments, which do not differ."""
    names = ["all", *(f"s{i}" for i in range(2, segments + 1))]
    mix = "{" + ", ".join(f"{name}: {100 / segments}%" for name in names[:-1]) + f", {names[-1]}: rest}}"
    made = {f"segments.{name}": f"{{amount: {AMOUNT}}}" for name in names[1:]}
    return made | {f"channels.{channel}.mix": mix for channel in ("first", "second") if segments > 1}


def load(overrides: dict[str, str] | None = None) -> Any:
    from rpmsim import load_scenario

    return load_scenario(REFERENCE, overrides)


@cache
def at_volume(volume: int) -> Any:
    """The workload with arrivals and capacities times a whole number, read once."""
    return load(volume_overrides(volume))


def run(scenario: Any, replications: int, threads: int = 1, seed: int = 1) -> Any:
    from rpmsim import simulate

    return simulate(scenario, replications, seed=seed, threads=threads)


def play(replications: int, seed: int, volume: int = 1) -> Totals:
    """What the peers' function of this name gives, from the dataset."""
    found = run(at_volume(volume), replications, seed=seed)
    totals = no_totals(replications)
    moves = found.moves.sum(("channel", "segment"))
    for i, name in enumerate(MEASURES):
        if name == "bookings":
            totals.monthly[:, i] = found.bookings.sum(("channel", "segment"))
        else:
            totals.monthly[:, i] = moves.isel(edge=(moves["to"] == TARGETS[name]).values).sum("edge")
    for i, stage in enumerate(("mql", "opportunity")):
        waited = found.wait_hours.sel(stage=stage).sum("period") / 24
        totals.waits[:, i] = waited / np.maximum(1, found.taken_up.sel(stage=stage).sum("period"))
    return totals


def kernel_call(replications: int) -> Callable[[], None]:
    """The compiled code alone, on arrays that are ready."""
    from rpmsim.arrays.compile import compile_model
    from rpmsim.arrays.layout import SHARED
    from rpmsim.engine.block import make_outputs
    from rpmsim.kernel.batch import batch_kernel
    from rpmsim.kernel.bundle import Bundle
    from rpmsim.kernel.workspace import make_workspace

    program = compile_model(load().model)
    frame = Bundle(program.frame, constant=True)
    tables = Bundle(program.middle, 1, SHARED, constant=True)
    workspace = Bundle(make_workspace(program.frame))
    out = make_outputs(program, replications)
    rows = np.zeros(replications, dtype=np.int64)

    def call() -> None:
        for values in out:
            values.fill(0)
        batch_kernel(frame, tables, workspace, Bundle(out, replications), 0, 0, 0, rows, 1, 0)

    return call
