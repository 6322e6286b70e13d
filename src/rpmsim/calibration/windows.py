"""How much each past day counts: all alike, the last ones only, or less the longer ago they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A rule by which past days count.

    Parameters
    ----------
    half_life : float, optional
        Days after which a day counts half.
    last : int, optional
        Only so many last days count.
    """

    half_life: float | None = None
    last: int | None = None

    @property
    def name(self) -> str:
        """In words."""
        if self.half_life is not None:
            return f"half-life {self.half_life:.0f} days"
        return "all" if self.last is None else f"last {self.last} days"

    @property
    def days(self) -> float:
        """How far it looks back, for an order of windows."""
        if self.half_life is not None:
            return self.half_life
        return np.inf if self.last is None else float(self.last)

    def weights(self, end: int) -> F64:
        """Weight of the days 0 to ``end``, shape (end + 1,)."""
        ago = end - np.arange(end + 1)
        if self.half_life is not None:
            return np.asarray(0.5 ** (ago / self.half_life))
        return np.ones(end + 1) if self.last is None else (ago < self.last).astype(np.float64)


ALL = Window()
CANDIDATES = (Window(14), Window(28), Window(56), Window(112), Window(224), ALL)
"""Half-lives that are compared. One of 7 days makes forecasts of four weeks worse, however well it does on one."""
