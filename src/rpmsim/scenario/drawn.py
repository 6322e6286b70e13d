"""Values from a posterior as people want to see them: median, 90% interval, number of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rpmsim.model.distributions import Distribution, Shape, quantile, shape_of
from rpmsim.model.number import median_of
from rpmsim.posterior.contents import Posterior
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.relative import number_type
from rpmsim.scenario.scenario import Leaf, Scenario
from rpmsim.scenario.schema.reading import path_in_posterior
from rpmsim.text.nodes import Mapping, Scalar, find
from rpmsim.text.quantity import Quantity, change_draws, is_drawn, parse_quantity
from rpmsim.text.schema.base import Type


@dataclass(frozen=True)
class Drawn:
    """What the posterior says of a value, after all changes that the scenario makes to it.

    Parameters
    ----------
    median, low, high : float
        Over the draws, in the unit of the value; ``low`` and ``high`` are the 5% and 95% quantiles. Of a time or a
        table, they are quantiles of the value itself: half of all cases, 5% and 95%.
    unit : str
        Empty for shares and plain numbers.
    percent : bool
        Whether people write it as a percentage.
    records : int or None
        Number of records behind it.
    source : str
        Where the draws come from.
    """

    median: float
    low: float
    high: float
    unit: str
    percent: bool
    records: int | None
    source: str

    def __str__(self) -> str:
        """Say it in a few words."""
        values = [f"{100 * x:.3g}%" if self.percent else _plain(x) for x in (self.median, self.low, self.high)]
        unit = f" {self.unit}" if self.unit else ""
        records = "" if self.records is None else f", {self.records:,} record{'' if self.records == 1 else 's'}"
        source = f", {self.source}" if self.source else ""
        return f"{values[0]}{unit} ({values[1]} to {values[2]}){records}{source}"


def drawn_of(scenario: Scenario, leaf: Leaf) -> Drawn | None:
    """What the posterior says of a value; None where the value is stated otherwise."""
    if scenario.posterior is None or not is_drawn(leaf.text):
        return None
    path, contents = _place(scenario, leaf), scenario.posterior.contents
    quantity = parse_quantity(leaf.text)
    about: Any = {"records": contents.records_of(path), "source": contents.source}
    if path.split(".")[4:5] == ["time"]:
        return Drawn(*_time(contents, path, quantity), unit="days", percent=False, **about)
    if path.endswith(".table"):
        return Drawn(*_table(contents, path, quantity), unit=quantity.unit, percent=False, **about)
    values = change_draws(contents.number(path), quantity)
    low, median, high = (float(x) for x in np.quantile(values, (0.05, 0.5, 0.95)))
    number = number_type(_type_at(leaf.path))
    share = number is not None and number.kind.scale == "share"
    return Drawn(median, low, high, quantity.unit, share, **about)


def _place(scenario: Scenario, leaf: Leaf) -> str:
    """The path in the posterior: the value's own, or the name of its draw."""
    path = leaf.path.removesuffix(".value")
    node = find(scenario.tree, tuple(path.split(".")))
    draw = node.items.get("draw") if isinstance(node, Mapping) else None
    return draw.text if isinstance(draw, Scalar) else path_in_posterior(tuple(path.split(".")))


def _time(contents: Posterior, path: str, quantity: Quantity) -> tuple[float, float, float]:
    """Quantiles of a time in days, under the mean hazards."""
    hazards = contents.time(path).stretched(change_draws(1.0, quantity))
    shape = shape_of(Distribution("hazards", ages=hazards), median_of)
    low, median, high = (float(x) for x in quantile(shape, [0.05, 0.5, 0.95]))
    return median, low, high


def _table(contents: Posterior, path: str, quantity: Quantity) -> tuple[float, float, float]:
    """Quantiles of the value itself, under the mean weights."""
    values, weights = contents.table(path)
    shape = Shape("table", weights.mean(axis=0), points=tuple((float(v), 0.0) for v in change_draws(values, quantity)))
    low, median, high = (float(x) for x in quantile(shape, [0.05, 0.5, 0.95]))
    return median, low, high


def _type_at(path: str) -> Type | None:
    type_: Type | None = SCENARIO
    for key in path.split("."):
        type_ = type_.step(key) if type_ else None
    return type_


def _plain(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.4g}"
