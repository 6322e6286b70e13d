"""How far are single numbers from what came? Bias and weighted absolute percentage error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, of_one_shape


def bias(forecast_mean: ArrayLike, actual: ArrayLike) -> FloatArray:
    """Total forecast / total that came - 1, over the last axis: 0.1 is 10% too much.

    Parameters
    ----------
    forecast_mean : array, shape (..., n)
        Means of the forecasts. Medians of skewed distributions are biased by nature.
    actual : array, shape (..., n)
        What came; NaN where it is not known.

    Returns
    -------
    array of float64, shape (...)
        NaN if nothing came.

    Raises
    ------
    ValueError
        Shapes differ.
    """
    forecast, came = _known(forecast_mean, actual)
    return _ratio((forecast - came).sum(axis=-1), came.sum(axis=-1))


def wape(forecast_median: ArrayLike, actual: ArrayLike) -> FloatArray:
    """Weighted absolute percentage error: sum of absolute errors / total that came, over the last axis.

    Parameters
    ----------
    forecast_median : array, shape (..., n)
        Medians of the forecasts, which have the smallest absolute error.
    actual : array, shape (..., n)
        What came; NaN where it is not known.

    Returns
    -------
    array of float64, shape (...)
        NaN if nothing came.

    Raises
    ------
    ValueError
        Shapes differ.

    Notes
    -----
    Kolassa & Schütz (2007). Unlike a mean of percentage errors, it is defined when single values are zero.
    """
    forecast, came = _known(forecast_median, actual)
    return _ratio(np.abs(forecast - came).sum(axis=-1), np.abs(came).sum(axis=-1))


def _known(forecast: ArrayLike, actual: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both, at least one value long, with 0 where either is not known."""
    point, came = of_one_shape(forecast=forecast, actual=actual)
    if point.ndim == 0:
        raise ValueError("forecasts must be on the last axis, not a single number")
    known = ~np.isnan(point + came)
    return np.where(known, point, 0.0), np.where(known, came, 0.0)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole != 0.0))[()]
