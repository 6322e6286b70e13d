"""Forecasters of worlds: calibrations, with and without uncertain parameters, and one that knows the truth."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.worlds.judge import Forecaster, known_truth
from tests.worlds.past import Past
from tests.worlds.world import World

ACCEPTED = ("open records", "losses")
"""Findings of the audit that a world without recorded losses has by its nature."""


def calibrated(world: World, past: Past, folder: Path, *, plug_in: bool = False) -> Path:
    """Calibrate the export."""
    import rpmsim

    with rpmsim.open_history(past.history) as history:
        accept = ACCEPTED if world.no_losses else ()
        rpmsim.calibrate(history, seed=world.number, accept=accept, plug_in=plug_in).write(folder)
    return folder / "model.yaml"


FORECASTERS: dict[str, Forecaster] = {
    "fit": calibrated,
    "plug-in": partial(calibrated, plug_in=True),
    "known": known_truth,
}
