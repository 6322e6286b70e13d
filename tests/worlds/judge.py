"""One world: what a model made from its export says of every quantity, and of the days after, against the truth."""

from __future__ import annotations

import datetime as dt
import warnings
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rpmsim
from rpmsim import metrics
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Model
from tests.worlds.numbers import Key, numbers_of
from tests.worlds.past import AHEAD, Past, make_past, write_open
from tests.worlds.world import World, yaml_text

F64 = NDArray[np.float64]

DRAWS = 1_000
"""Parameter draws, and replications of a forecast."""

Forecaster = Callable[[World, Past, Path], Path]
"""Writes a model into a folder and gives its path: from the export, or from the truth itself."""


@dataclass(frozen=True)
class Row:
    """One quantity of one world.

    Parameters
    ----------
    world : int
    what, where, of : str
        As in :class:`tests.worlds.numbers.Key`.
    truth, mean, low, high : float
        The true value, and mean and 80% interval of the draws.
    rank : float
        Share of the draws below the truth, between 0 and 1; of those equal to it, a random part counts as below.
    crps : float
        Continuous ranked probability score, in the unit of the quantity.
    """

    world: int
    what: str
    where: str
    of: str
    truth: float
    mean: float
    low: float
    high: float
    rank: float
    crps: float

    @property
    def key(self) -> tuple[Any, ...]:
        """Which quantity of which world."""
        return self.world, self.what, self.where, self.of

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def judge(
    world: World,
    folder: Path,
    forecasters: Mapping[str, Forecaster],
    *,
    parameters: Collection[str] = ("fit",),
    ahead: bool = True,
    draws: int = DRAWS,
) -> dict[str, list[Row]]:
    """Score what several forecasters make of one world.

    Parameters
    ----------
    world : World
    folder : path
        An existing empty folder; the export goes into it, and each model into a folder of its own.
    forecasters : mapping of str to callable
    parameters : collection of str
        Forecasters whose parameters are uncertain, and are looked at.
    ahead : bool
        Whether the days after the export are simulated.
    draws : int
        Parameter draws that are looked at, and replications.
    """
    past = make_past(world, folder)
    result = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rpmsim.ScenarioWarning)
        for name, forecaster in forecasters.items():
            (folder / name).mkdir()
            file = forecaster(world, past, folder / name)
            rows = [*_parameters(world, past, file, draws)] if name in parameters else []
            rows += _days_ahead(world, past, file, draws) if ahead else ()
            result[name] = rows
    return result


def _parameters(world: World, past: Past, file: Path, draws: int) -> Iterator[Row]:
    """Quantities that the model is uncertain of; an interval of a number above 0 never holds 0, so 0 is no truth."""
    truth = numbers_of(world.scenario.model, past, 1)
    for key, values in numbers_of(rpmsim.load_scenario(file).model, past, draws).items():
        if key in truth and _is_there(world.scenario.model, key) and np.ptp(values) > 0.0:
            yield score(world.number, key, float(truth[key][0]), values)


def _is_there(truth: Model, key: Key) -> bool:
    """Whether the truth has this random effect, or differs between these classes, at all."""
    if key.what in ("dispersion", "drift sigma", "drift phi"):
        channel = next(channel for channel in truth.content.channels if channel.name == key.where)
        return (channel.dispersion if key.what == "dispersion" else channel.drift_sigma).mid > 0.0
    if key.what not in ("shock sigma", "pace sigma", "share by class"):
        return True
    name, _, to = key.where.partition(" to ")
    stage = next(stage for stage in truth.content.stages if stage.name == name)
    if key.what != "share by class":
        return getattr(stage, key.what.split()[0]) is not None
    share = next(outcome.share for outcome in stage.outcomes if outcome.to == to)
    return isinstance(share, ByClass) and key.of in dict(share.cases)


def _days_ahead(world: World, past: Past, file: Path, draws: int) -> Iterator[Row]:
    for days in AHEAD:
        scenario = rpmsim.load_scenario(file, {"until": str(world.as_of + dt.timedelta(days))})
        forecast = rpmsim.simulate(scenario, draws, seed=world.number, keep="summary", threads=1)
        for what, metric in (("arrivals", metrics.leads), ("wins", metrics.wins), ("bookings", metrics.bookings)):
            values = metric.total(forecast).values.astype(np.float64)
            yield score(world.number, Key(f"{what} {days} days", ""), past.ahead[what, days], values)


def score(world: int, key: Key, truth: float, draws: F64) -> Row:
    """Hold draws against the truth."""
    below, equal = float(np.mean(draws < truth)), float(np.mean(draws == truth))
    at_random = np.random.default_rng([world, zlib.crc32("/".join(key).encode())]).random()
    low, high = np.quantile(draws, (0.1, 0.9))
    n, ordered = len(draws), np.sort(draws)
    spread = float((ordered * (2.0 * np.arange(n) - n + 1.0)).sum()) / (n * (n - 1.0))  # half the mean difference
    crps = float(np.abs(draws - truth).mean()) - spread
    return Row(world, *key, truth, float(draws.mean()), float(low), float(high), below + equal * at_random, crps)


def known_truth(world: World, past: Past, folder: Path) -> Path:
    """The model of somebody who knows the truth, from the open records on: the best that anyone can do."""
    tree: dict[str, Any] = {key: value for key, value in world.tree.items() if key != "opening"}
    tree["as_of"] = str(world.as_of)
    tree["channels"] = {name: _from_today(channel, past.level[name]) for name, channel in tree["channels"].items()}
    tree["open"] = "open.csv"
    write_open(past, folder / "open.csv")
    path = folder / "model.yaml"
    path.write_text(yaml_text(tree), encoding="utf-8")
    return path


def _from_today(channel: dict[str, Any], level: float) -> dict[str, Any]:
    """A channel whose demand starts where it is."""
    if "drift" not in channel:
        return channel
    return {**channel, "drift": {**channel["drift"], "now": f"x{level:.6f}"}}
