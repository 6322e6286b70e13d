"""How many replications are enough: until a quantile's Monte Carlo error is as small as was asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import flow
from rpmsim.analysis.bands import QUANTILES, error_of_mean

if TYPE_CHECKING:
    import xarray as xr

METRICS = ("bookings", "wins", "leads")
FIRST = 1024
"""Replications after which is looked for the first time: enough for a fair estimate of how many more it takes."""
_Z95 = 1.959964
_MORE = 1.1
_LEAST, _MOST = 1.25, 4.0
"""A round aims 10% by beyond the estimate, and makes the run between a quarter and four times as long."""
_PATTERN = re.compile(rf"(?:({'|'.join(METRICS)}):({'|'.join(QUANTILES)})=)?(\d+(?:\.\d+)?) ?%")


@dataclass
class Precision:
    """A quantile of a total, the error that it may have, and what the replications so far say about it.

    The error is half the width of the 95% Monte Carlo interval of the quantile, as a share of the quantile. The
    interval lies between two of the ordered results: of n independent replications, the number that lies below the
    true quantile q is binomial, so their ranks are n q -+ 1.96 sqrt(n q (1 - q)), rounded outwards (Conover,
    Practical Nonparametric Statistics, 3.2). Where several replications share a parameter draw, the root is replaced
    by the error between draws. As it is looked at after each round, the true error is a little larger.

    Parameters
    ----------
    metric : {"bookings", "wins", "leads"}
        Its total over all periods.
    quantile : str
        As in the summary: ``p10``.
    wanted : float
        The largest error, as a share of the quantile.
    """

    metric: str = "bookings"
    quantile: str = "p10"
    wanted: float = 0.01
    _values: list[NDArray[np.float64]] = field(default_factory=list, init=False, repr=False)
    _draws: list[NDArray[np.integer[Any]]] = field(default_factory=list, init=False, repr=False)

    def see(self, values: Mapping[str, NDArray[Any]], forecast: xr.Dataset) -> None:
        """Take note of the next block of replications."""
        counted = values["bookings"]
        if self.metric != "bookings":
            edges_of = flow.won_edges if self.metric == "wins" else flow.lead_edges
            counted = values["moves"][:, :, edges_of(forecast)]
        self._values.append(counted.reshape(len(counted), -1).sum(axis=1, dtype=np.float64))
        self._draws.append(values["parameter_draw"])

    def further(self) -> int:
        """How many more replications it takes, as far as is known; 0 where the error is small enough."""
        if not self._values:
            return FIRST
        error = self.error
        if error <= self.wanted:
            return 0
        times = min(max(_MORE * (error / self.wanted) ** 2, _LEAST), _MOST)
        return math.ceil((times - 1) * self.seen)

    @property
    def seen(self) -> int:
        """Replications so far."""
        return sum(map(len, self._values))

    @property
    def interval(self) -> tuple[float, float, float]:
        """The quantile and the ends of its interval; infinite where there are too few replications for one."""
        values, draws = np.concatenate(self._values), np.concatenate(self._draws)
        return interval(values, QUANTILES[self.quantile], draws if len(np.unique(draws)) > 1 else None)

    @property
    def error(self) -> float:
        """Half the width of the interval, as a share of the quantile."""
        value, low, high = self.interval
        width = (high - low) / 2
        return width / abs(value) if value else math.inf if width else 0.0

    @property
    def standing(self) -> str:
        """How far it is, in words; where it ends nobody knows."""
        if not self._values:
            return ""
        error = self.error
        exact = f"exact to {100 * error:.2g} %" if math.isfinite(error) else "not yet exact"
        wanted = f"wanted {100 * self.wanted:.4g} %"
        return f"{self.seen:,} replications: {self.metric} {self.quantile} {exact}, {wanted}"

    def document(self) -> dict[str, Any]:
        """What ``run --json`` says about it; None where there were too few replications for it."""
        ends = dict(zip(("value", "low", "high"), self.interval, strict=True)) | {"achieved": self.error}
        reported = {name: float(f"{value:.9g}") if math.isfinite(value) else None for name, value in ends.items()}
        head = {"metric": self.metric, "quantile": self.quantile, "wanted": self.wanted}
        return head | reported | {"reached": self.error <= self.wanted}


def interval(
    values: NDArray[np.float64], q: float, draws: NDArray[np.integer[Any]] | None = None
) -> tuple[float, float, float]:
    """A quantile and the ends of its 95% Monte Carlo interval.

    Parameters
    ----------
    values : ndarray of float64, shape (replications,)
        One value for each replication.
    q : float
        Which quantile, inside (0, 1).
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication; None where all are independent.
    """
    ordered = np.sort(values)
    count = len(ordered)
    value = float(np.quantile(ordered, q))
    spread = _Z95 * count * error_of_mean((values <= value).astype(np.float64), draws) if count > 1 else math.inf
    if not math.isfinite(spread) or count * q - spread < 1 or count * q + spread > count - 1:
        return value, -math.inf, math.inf
    low, high = math.floor(count * q - spread), math.ceil(count * q + spread) + 1
    return value, float(ordered[low - 1]), float(ordered[high - 1])


def parse_precision(text: str) -> Precision | None:
    """Read ``1%`` or ``bookings:p10=1%``; without a metric its name is empty. None where it is neither."""
    found = _PATTERN.fullmatch(text.strip())
    if found is None or not 0 < float(found[3]) < 100:
        return None
    return Precision(found[1] or "", found[2] or "p10", float(found[3]) / 100)
