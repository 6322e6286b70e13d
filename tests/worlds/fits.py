"""Forecasters of worlds: calibrations, with and without uncertain parameters, and one that knows the truth."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rpmsim import open_history
from rpmsim.calibration import calibrate
from tests.worlds.judge import Forecaster, known_truth
from tests.worlds.past import Past
from tests.worlds.world import World


def calibrated(world: World, past: Past, folder: Path, *, plug_in: bool = False) -> Path:
    """Calibrate the export."""
    with open_history(past.history) as history:
        calibrate(history, seed=world.number, plug_in=plug_in).write(folder)
    return folder / "model.yaml"


FORECASTERS: dict[str, Forecaster] = {
    "fit": calibrated,
    "plug-in": partial(calibrated, plug_in=True),
    "known": known_truth,
}
