"""How much wider would bands have to be? Split conformal adjustment from past bands and what came."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, check_level, of_one_shape


def conformal_stretch(
    low: ArrayLike, high: ArrayLike, actual: ArrayLike, level: float, effective: float | None = None
) -> float | None:
    """By how much past bands would have had to be wider to hold what they promise.

    Parameters
    ----------
    low, high, actual : array, shape (n,)
        Ends of past bands, and what came; 0 or more. Entries with a NaN do not count.
    level : float
        Level that the bands should have.
    effective : float, optional
        Number of independent ones among them, where spans overlap; else all are.

    Returns
    -------
    float or None
        Amount on the scale log(1 + x) for `conformal_band`, negative if the bands may be narrower. None with fewer than
        1 / (1 - level) - 1 independent forecasts: 4 for 80%, 9 for 90%, 19 for 95%; no finite band is safe then.

    Raises
    ------
    ValueError
        Shapes differ, a value is negative, or the level outside (0, 1).

    Notes
    -----
    Conformalized quantile regression (Romano, Patterson & Candès 2019): of the distances by which what came was
    outside (inside: negative), the ceil((n + 1) level)-th smallest. If the next forecast and the past ones are
    exchangeable, the wider band holds with a probability of at least `level`. With `effective` origins e the share is
    ceil((e + 1) level) / e, as if there were e of them.
    """
    check_level(level)
    low, high, actual = (_logarithm(array.ravel()) for array in of_one_shape(low=low, high=high, actual=actual))
    outside = np.maximum(low - actual, actual - high)
    outside = np.sort(outside[~np.isnan(outside)])
    independent = outside.size if effective is None else min(math.floor(effective), outside.size)
    rank = math.ceil((independent + 1) * level - 1e-9)
    if independent < 1 or rank > independent:
        return None
    return float(outside[math.ceil(outside.size * rank / independent - 1e-9) - 1])


def conformal_band(low: ArrayLike, high: ArrayLike, amount: float) -> tuple[FloatArray, FloatArray]:
    """A band that is wider on both sides by an amount on the scale log(1 + x).

    Parameters
    ----------
    low, high : array, shape (...)
        Ends of bands, 0 or more.
    amount : float
        From `conformal_stretch`.

    Returns
    -------
    low, high : array of float64, shape (...)
        Ends, 0 or more. If a negative amount would let them cross, both are the middle.

    Raises
    ------
    ValueError
        Shapes differ, or a value is negative.
    """
    low, high = (_logarithm(array) for array in of_one_shape(low=low, high=high))
    middle = (low + high) / 2.0
    lower, upper = np.minimum(low - amount, middle), np.maximum(high + amount, middle)
    return np.maximum(np.expm1(lower), 0.0), np.expm1(upper)


def _logarithm(values: FloatArray) -> FloatArray:
    """On the scale log(1 + x), on which counts and amounts of any size have comparable errors."""
    if np.any(values < 0.0):
        raise ValueError("bands and actual values must be 0 or more")
    return np.log1p(values)
