"""The forecast of one origin: a model fitted to what was known then, simulated by day."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.targets import Target
from rpmsim.calibration import calibrate
from rpmsim.calibration.calibration import MODEL
from rpmsim.engine.simulation import run
from rpmsim.errors import ScenarioWarning
from rpmsim.history.history import History
from rpmsim.model.cycle import SOURCE
from rpmsim.model.number import Number
from rpmsim.model.plan import Content, Model
from rpmsim.scenario import load_scenario
from rpmsim.working import working_folder

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]

MOST_BYTES = 200_000_000
"""Of the moves that are kept at one time; more replications are simulated one part after the other."""


def forecast(
    history: History, origin: dt.date, settings: Settings, targets: Sequence[Target], *, threads: int | None = None
) -> dict[str, F64]:
    """Forecast from an origin by what was known then.

    Parameters
    ----------
    history : History
    origin : date
    settings : Settings
    targets : sequence of Target
    threads : int, optional
        Of the simulation.

    Returns
    -------
    dict of str to array, shape (replications, horizons)
        For each target that the model knows: totals of the days 1 to each horizon; of waits, the mean of those taken up
        in that time, NaN where nobody is.
    """
    model = model_at(history, origin, settings)
    draws = 1 if settings.plug_in else settings.replications
    everything = totals(model, settings, targets, draws, threads)
    parts = [target for target in targets if target.part == "open"]
    opened = totals(without_arrivals(model), settings, parts, draws, threads) if parts else {}
    for target in parts:
        if target.name in opened:
            new = replace(target, part="new")
            everything[target.name] = opened[target.name]
            everything[new.name] = everything[replace(target, part="").name] - opened[target.name]
    return everything


def model_at(history: History, origin: dt.date, settings: Settings) -> Model:
    """The model of the view of an origin; an audit that fails is the history's, and was looked at before."""
    calibration = calibrate(
        history, as_of=origin, until=origin + dt.timedelta(settings.longest), horizon=settings.longest,
        draws=settings.replications, seed=settings.seed, plug_in=settings.plug_in, accept=("all",),
    )  # fmt: skip
    with working_folder() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ScenarioWarning)
        calibration.write(folder)
        return load_scenario(folder / MODEL).model


def without_arrivals(model: Model) -> Model:
    """The same with nobody who comes: what becomes of the records that are there."""

    def closed(content: Content) -> Content:
        channels = tuple(replace(channel, change=Number(0.0), made_by="") for channel in content.channels)
        return replace(content, channels=channels)

    changes = tuple(replace(change, content=closed(change.content)) for change in model.changes)
    return replace(model, content=closed(model.content), changes=changes)


def totals(
    model: Model, settings: Settings, targets: Sequence[Target], draws: int, threads: int | None
) -> dict[str, F64]:
    """Simulate a model, and count its targets.

    Parameters
    ----------
    model : Model
    settings : Settings
    targets : sequence of Target
    draws : int
        Parameter draws.
    threads : int, optional

    Returns
    -------
    dict of str to array, shape (replications, horizons)
        For each target that the model knows.
    """
    parts: dict[str, list[F64]] = {}
    for first, count in _blocks(model, settings):
        found = run(model, count, first=first, seed=settings.seed, draws=draws, threads=threads, by_day=True).forecast
        for target in targets:
            values = _of_target(found, target, settings.horizons)
            if values is None and target.measure != "wait_hours" and not target.kind:
                values = np.zeros((count, len(settings.horizons)))  # the model knows no such move: none is expected
            if values is not None:
                parts.setdefault(target.name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _blocks(model: Model, settings: Settings) -> Iterator[tuple[int, int]]:
    """First replication and number of replications of each part."""
    content = model.content
    edges = sum(len(stage.outcomes) + 1 for stage in content.stages) + len(content.channels)
    cells = model.days * edges * len(content.channels) * len(content.segments)
    size = max(1, MOST_BYTES // (8 * cells))
    for first in range(0, settings.replications, size):
        yield first, min(size, settings.replications - first)


def _of_target(found: xr.Dataset, target: Target, horizons: tuple[int, ...]) -> F64 | None:
    """Totals of a target, shape (replications, horizons); None if the model does not know it."""
    if target.measure == "wait_hours":
        return _waits(found, target.stage, horizons)
    name = "bookings" if target.measure == "bookings" else "moves"
    values = found[name].values  # replication, day(, edge), channel, segment
    if name == "moves":
        taken = _edges(found, target)
        if not taken.any():
            return None
        values = values[:, :, taken].sum(axis=2)
    if target.kind:
        axis, names = (2, found["channel"].values) if target.kind == "channels" else (3, found["segment"].values)
        at = np.flatnonzero(names == target.member)
        if not len(at):
            return None
        values = values.take(at, axis=axis)
    return _until(values.sum(axis=(2, 3)), horizons)


def _edges(found: xr.Dataset, target: Target) -> NDArray[np.bool_]:
    source, to = found["from"].values, found["to"].values
    if target.measure == "leads":
        return np.asarray(source == SOURCE)
    if target.measure == "wins":
        won = found["stage"].values[found["stage_kind"].values == "won"]
        return np.isin(to, won) & ~np.isin(source, won)
    return np.asarray((source == target.move[0]) & (to == target.move[1]))


def _until(by_day: NDArray[np.generic], horizons: tuple[int, ...]) -> F64:
    """Totals up to each horizon."""
    return np.cumsum(by_day, axis=1, dtype=np.float64)[:, [horizon - 1 for horizon in horizons]]


def _waits(found: xr.Dataset, stage: str, horizons: tuple[int, ...]) -> F64 | None:
    at = np.flatnonzero(found["stage"].values == stage)
    if not len(at) or not found["taken_up"].values[:, :, at].any():
        return None
    hours, count = (_until(found[name].values[:, :, at[0]], horizons) for name in ("wait_hours", "taken_up"))
    return np.divide(hours, count, out=np.full_like(hours, np.nan), where=count > 0)
