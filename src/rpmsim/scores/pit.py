"""Do forecast distributions have the right shape? The probability integral transform and its band."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, check_level, draws_and_actual

_GRID = 100
"""Steps of the grid on which a distribution of PIT values is drawn and compared with its band."""


class PitBand(NamedTuple):
    """Where the distribution function of PIT values lies if the forecasts are right.

    Parameters
    ----------
    at : array of float64, shape (101,)
        PIT values 0, 0.01 ... 1.
    low, high : array of float64, shape (101,)
        Lowest and highest share of values up to there.
    """

    at: FloatArray
    low: FloatArray
    high: FloatArray

    def shares(self, values: ArrayLike) -> FloatArray:
        """The share of the known values up to each place of `at`."""
        known = np.asarray(values, dtype=np.float64).ravel()
        known = np.sort(known[~np.isnan(known)])
        if not known.size:
            raise ValueError("no PIT value is known")
        return np.searchsorted(known, self.at, side="right") / known.size

    def holds(self, values: ArrayLike) -> bool:
        """Whether the distribution function of the values stays inside the band everywhere."""
        share = self.shares(values)
        return bool(np.all((self.low - 1e-9 <= share) & (share <= self.high + 1e-9)))


def pit(draws: ArrayLike, actual: ArrayLike, rng: np.random.Generator) -> FloatArray:
    """Randomized probability integral transform: the place of what came among the draws, from 0 to 1.

    Uniform on (0, 1) if what came is one more draw from the forecast distribution, also if values occur more than
    once (counts). Many values near 0 and 1 show bands that are too narrow, many in the middle bands that are too
    wide.

    Parameters
    ----------
    draws : array, shape (..., m)
        Draws of the forecast distribution, at least two.
    actual : array, shape (...)
        What came; NaN where it is not known.
    rng : numpy.random.Generator
        Decides the place among equal values.

    Returns
    -------
    array of float64, shape (...)
        (below + u (equal + 1)) / (m + 1) with the numbers of draws below and equal to what came, and u
        uniform on (0, 1).

    Raises
    ------
    ValueError
        Shapes do not fit, or there are fewer than two draws.

    Notes
    -----
    Czado, Gneiting & Held (2009), for draws in place of a distribution function. Exactly uniform for any m: of
    m + 1 values in random order, what came has each rank with the same probability 1 / (m + 1), if equal values are
    ranked at random. Its rank is then below + J with J uniform on 0 ... equal, and J plus a uniform number on (0, 1)
    is uniform on (0, equal + 1).
    """
    x, y = draws_and_actual(draws, actual)
    u = rng.random(y.shape)
    below = (x < y[..., np.newaxis]).sum(axis=-1)
    equal = (x == y[..., np.newaxis]).sum(axis=-1)
    return np.where(np.isnan(y), np.nan, (below + u * (equal + 1)) / (x.shape[-1] + 1))[()]


def pit_band(n: float, level: float = 0.9) -> PitBand:
    """Band that holds the whole distribution function of n independent uniform values with a probability of `level`.

    Parameters
    ----------
    n : float
        Number of values. Where the spans of forecasts overlap, the number of those that do not
        (`effective_origins`): dependent values stray further. Fractions are rounded down.
    level : float
        Probability that the whole function lies inside.

    Returns
    -------
    PitBand
        The narrowest band of its kind that holds with at least this probability: on the grid, binomial intervals that
        all have the same level.

    Raises
    ------
    ValueError
        n is below 1, or the level outside (0, 1).

    Notes
    -----
    Säilynoja, Bürkner & Vehtari (2022). The simultaneous probability is exact here, not simulated: counts of
    uniform values are those of a Poisson process given its total, followed along the grid inside the band (Moscovich
    & Nadler 2017).
    """
    if not n >= 1:
        raise ValueError(f"a band needs at least one value, not {n}")
    return _pit_band(int(n), check_level(level))


@functools.lru_cache(maxsize=256)
def _pit_band(n: int, level: float) -> PitBand:
    from scipy.stats import binom

    at = np.arange(_GRID + 1) / _GRID

    def counts(tail: float) -> tuple[np.ndarray, np.ndarray]:
        low, high = binom.ppf(tail, n, at[1:-1]), binom.isf(tail, n, at[1:-1])
        return np.r_[0, low, n].astype(np.int64), np.r_[0, high, n].astype(np.int64)

    wide, narrow = 0.0, (1.0 - level) / 2.0  # the simultaneous band is wider than one that holds at each place
    for _ in range(40):
        tail = (wide + narrow) / 2.0
        if _probability_inside(n, *counts(tail)) >= level:
            wide = tail
        else:
            narrow = tail
    low, high = counts(wide)
    result = PitBand(at, low / n, high / n)
    for array in result:
        array.setflags(write=False)  # it is kept, and given to others
    return result


def _probability_inside(n: int, low: np.ndarray, high: np.ndarray) -> float:
    """Probability that the counts of n uniform values up to every place of the grid are from low to high."""
    from scipy.stats import poisson

    step = poisson.pmf(np.arange(n + 1), n / _GRID)
    reached, first = np.ones(1), 0  # probability of each count from `first` on
    for a, b in zip(low[1:], high[1:], strict=True):
        further = np.convolve(reached, step[: b - first + 1])
        reached, first = further[a - first : b - first + 1], a
    return float(reached[-1] / poisson.pmf(n, n))
