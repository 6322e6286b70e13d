"""What an analyst decides about a backtest."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

HORIZONS = (7, 14, 28)
REPLICATIONS = 1000
SEED = 20270101
WEEK = 7
MOST_ORIGINS = 60
"""Origins, at most, of a backtest for which nobody said how far they are apart."""
FEWEST_DAYS = 42
"""Days of history before the first origin, at least; the largest horizon, if that is more."""
MOST_HORIZON = 731


@dataclass(frozen=True)
class Settings:
    """What an analyst decides about a backtest.

    Parameters
    ----------
    horizons : tuple of int
        Days ahead, in order.
    every : int, optional
        Days between origins. Default: a week, or so many weeks that there are at most :data:`MOST_ORIGINS` of them.
    first : date, optional
        First origin. Default: as soon as there is history enough.
    targets : tuple of str
        What is scored; empty: all there is.
    replications : int
        Of each forecast; each has parameters of its own.
    seed : int
        Random seed.
    plug_in : bool
        Best estimates in place of parameter draws: bands are then too narrow.
    conformal : bool
        Whether bands widened by the record before each origin are scored as well.
    """

    horizons: tuple[int, ...] = HORIZONS
    every: int | None = None
    first: dt.date | None = None
    targets: tuple[str, ...] = ()
    replications: int = REPLICATIONS
    seed: int = SEED
    plug_in: bool = False
    conformal: bool = False

    @property
    def longest(self) -> int:
        """The largest horizon."""
        return max(self.horizons)

    def of_forecasts(self) -> dict[str, Any]:
        """What a single forecast depends on."""
        kept = ("horizons", "replications", "seed", "plug_in")
        return {name: value for name, value in asdict(self).items() if name in kept}
