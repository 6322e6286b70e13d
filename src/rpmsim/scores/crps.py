"""How far is a whole distribution from what came? The continuous ranked probability score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, draws_and_actual


def crps(draws: ArrayLike, actual: ArrayLike, fair: bool = True) -> FloatArray:
    """Continuous ranked probability score of draws.

    The mean distance of the draws from the actual value, less half their mean distance from each other. It has the
    unit of the forecast, and is the absolute error if all draws are equal.

    Parameters
    ----------
    draws : array, shape (..., m)
        Draws of the forecast distribution, at least two.
    actual : array, shape (...)
        What came; NaN where it is not known.
    fair : bool
        Whether to estimate without bias the score of the distribution behind the draws, so that forecasts with
        different numbers of draws compare. If false, score the draws as the distribution itself.

    Returns
    -------
    array of float64, shape (...)
        Scores, 0 or more unless `fair`; lower is better.

    Raises
    ------
    ValueError
        Shapes do not fit, or there are fewer than two draws.

    Notes
    -----
    Gneiting & Raftery (2007), with the sum over sorted draws in place of that over pairs (Zamo & Naveau 2018),
    which takes O(m log m). The fair score divides by the pairs of different draws (Ferro 2014).

    Examples
    --------
    >>> print(rpmsim.scores.crps([8, 10, 12, 14], 11).round(3))
    0.333
    """
    x, y = draws_and_actual(draws, actual)
    m = x.shape[-1]
    # Distances do not change by subtracting what came; digits of large amounts are not lost.
    distance = np.sort(x - y[..., np.newaxis], axis=-1)
    weight = (2.0 * np.arange(m) - m + 1.0) / (m * (m - 1.0) if fair else m * m)
    return np.asarray(np.abs(distance).mean(axis=-1) - distance @ weight)[()]
