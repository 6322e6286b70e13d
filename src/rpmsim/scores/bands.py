"""Do bands hold, and how good are they? Central bands, whether they cover, and scores of quantiles and intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, check_level, draws_of, of_one_shape


def band(draws: ArrayLike, level: float) -> tuple[FloatArray, FloatArray]:
    """Central band of draws: the same share of them lies below and above.

    Parameters
    ----------
    draws : array, shape (..., m)
        Draws of the forecast distribution, at least two.
    level : float
        Share of the distribution inside the band, such as 0.8.

    Returns
    -------
    low, high : array of float64, shape (...)
        Its ends: the quantiles (1 - level) / 2 and (1 + level) / 2, linear between order statistics, as in the
        summary of a forecast.

    Raises
    ------
    ValueError
        Fewer than two draws, or a level outside (0, 1).

    Notes
    -----
    One more draw lies inside with a probability of level x (m - 1) / (m + 1): with 1,000 draws, 79.8% for a
    band of 80%. Bands of small counts hold more than their level, because both ends belong to them.
    """
    tail = (1.0 - check_level(level)) / 2.0
    low, high = np.quantile(draws_of(draws), [tail, 1.0 - tail], axis=-1)
    return low, high


def covered(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> FloatArray:
    """Whether what came lies inside the band, ends included: 1, 0, or NaN where anything is not known.

    Parameters
    ----------
    low, high, actual : array, shape (...)
        Ends of the bands, and what came.

    Returns
    -------
    array of float64, shape (...)
        The mean is the coverage.

    Raises
    ------
    ValueError
        Shapes differ.
    """
    low, high, actual = of_one_shape(low=low, high=high, actual=actual)
    known = ~np.isnan(low + high + actual)
    return np.where(known, (low <= actual) & (actual <= high), np.nan)[()]


def pinball(quantiles: ArrayLike, levels: ArrayLike, actual: ArrayLike) -> FloatArray:
    """Pinball loss of quantiles: `level` per unit that comes above the quantile, 1 - `level` per unit below it.

    Parameters
    ----------
    quantiles : array, shape (..., q)
        Forecast quantiles.
    levels : array, shape (q,)
        Their levels, such as [0.1, 0.5, 0.9].
    actual : array, shape (...)
        What came.

    Returns
    -------
    array of float64, shape (..., q)
        Losses; lower is better. Twice their mean over many evenly spaced levels is the CRPS.

    Raises
    ------
    ValueError
        Shapes do not fit, or a level is outside (0, 1).

    Notes
    -----
    Koenker & Bassett (1978); Gneiting & Raftery (2007), section 6.
    """
    q, level, y = (np.asarray(values, dtype=np.float64) for values in (quantiles, levels, actual))
    if level.ndim != 1 or q.shape != (*y.shape, level.size):
        raise ValueError(
            "quantiles must have the shape of actual and one more axis for the levels, "
            f"{(*y.shape, level.size)}, not {q.shape}"
        )
    if not np.all((level > 0.0) & (level < 1.0)):
        raise ValueError("levels must be inside (0, 1)")
    above = y[..., np.newaxis] - q
    return np.maximum(level * above, (level - 1.0) * above)


def interval_score(low: ArrayLike, high: ArrayLike, actual: ArrayLike, level: float) -> FloatArray:
    """Width of a band, plus 2 / (1 - level) per unit by which what came lies outside (Winkler score).

    Parameters
    ----------
    low, high, actual : array, shape (...)
        Ends of central bands, and what came.
    level : float
        Level of the bands, such as 0.8.

    Returns
    -------
    array of float64, shape (...)
        Scores; lower is better.

    Raises
    ------
    ValueError
        Shapes differ, or a level outside (0, 1).

    Notes
    -----
    Winkler (1972); Gneiting & Raftery (2007), section 6.2.
    """
    low, high, actual = of_one_shape(low=low, high=high, actual=actual)
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    return np.asarray(high - low + 2.0 / (1.0 - check_level(level)) * outside)[()]


def weighted_interval_score(
    median: ArrayLike, low: ArrayLike, high: ArrayLike, actual: ArrayLike, levels: ArrayLike
) -> FloatArray:
    """Weighted interval score of a median and K central bands: an approximate CRPS.

    Parameters
    ----------
    median, actual : array, shape (...)
        Forecast median, and what came.
    low, high : array, shape (..., K)
        Ends of the bands.
    levels : array, shape (K,)
        Their levels, such as [0.5, 0.8, 0.9].

    Returns
    -------
    array of float64, shape (...)
        Scores; lower is better.

    Raises
    ------
    ValueError
        Shapes do not fit, or a level is outside (0, 1).

    Notes
    -----
    Bracher et al. (2021): weights 1/2 of the absolute error and (1 - level) / 2 of each interval score, over K + 1/2.
    """
    median, actual = of_one_shape(median=median, actual=actual)
    low, high = of_one_shape(low=low, high=high)
    level = np.asarray(levels, dtype=np.float64)
    if level.ndim != 1 or low.shape != (*actual.shape, level.size):
        raise ValueError(
            "low and high must have the shape of actual and one more axis for the levels, "
            f"{(*actual.shape, level.size)}, not {low.shape}"
        )
    total = 0.5 * np.abs(actual - median)
    for k, one in enumerate(level):
        total = total + (1.0 - one) / 2.0 * interval_score(low[..., k], high[..., k], actual, one)
    return total / (level.size + 0.5)
