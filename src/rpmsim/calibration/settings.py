"""What an analyst decides about a calibration."""

from __future__ import annotations

from dataclasses import dataclass

HORIZON, DRAWS, SEED = 28, 1000, 20270101


@dataclass(frozen=True)
class Settings:
    """What an analyst decides about a calibration.

    Parameters
    ----------
    horizon : int
        Days ahead for which the past that counts is chosen.
    window : int, optional
        Only so many last days count; 0: all. Default: chosen inside the history.
    draws : int
        Parameter draws.
    seed : int
        Random seed.
    plug_in : bool
        Best estimates in place of draws: bands are then too narrow.
    """

    horizon: int = HORIZON
    window: int | None = None
    draws: int = DRAWS
    seed: int = SEED
    plug_in: bool = False
