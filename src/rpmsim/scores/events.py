"""Are probabilities right? The Brier score, and how often what was given a probability happened."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, of_one_shape, probabilities


class Reliability(NamedTuple):
    """A row of a table of reliability: forecasts of about the same probability.

    Parameters
    ----------
    forecast : float
        Mean of their probabilities.
    observed : float
        Share of them that happened.
    n : int
        Number of forecasts.
    """

    forecast: float
    observed: float
    n: int


def brier(probability: ArrayLike, happened: ArrayLike) -> FloatArray:
    """Squared difference of a probability and what happened (Brier 1950).

    Parameters
    ----------
    probability : array, shape (...)
        Forecast probabilities.
    happened : array, shape (...)
        1 or true if it happened, 0 or false if not, NaN if that is not known.

    Returns
    -------
    array of float64, shape (...)
        Scores from 0 to 1; lower is better. Always saying the long-run share p scores p (1 - p) in the mean.

    Raises
    ------
    ValueError
        Shapes differ, or a value is not from 0 to 1.
    """
    forecast, outcome = of_one_shape(probability=probability, happened=happened)
    return np.asarray((probabilities(forecast) - probabilities(outcome)) ** 2)[()]


def reliability(probability: ArrayLike, happened: ArrayLike, bins: int = 5) -> list[Reliability]:
    """Mean forecast and observed share of forecasts of about the same probability.

    Parameters
    ----------
    probability, happened : array, shape (...)
        As in `brier`.
    bins : int
        Number of ranges of the same width into which 0 to 1 is divided. A probability on a border belongs to the
        upper one, 1 to the last.

    Returns
    -------
    list of Reliability
        From low to high probabilities; ranges without a forecast are left out.

    Raises
    ------
    ValueError
        Shapes differ, a value is not from 0 to 1, or there is no range.
    """
    if bins < 1:
        raise ValueError(f"at least one range is needed, not {bins}")
    forecast, outcome = (
        probabilities(array.ravel()) for array in of_one_shape(probability=probability, happened=happened)
    )
    known = ~np.isnan(forecast + outcome)
    forecast, outcome = forecast[known], outcome[known]
    place = np.minimum(np.searchsorted(np.arange(1, bins) / bins, forecast, side="right"), bins - 1)
    return [
        Reliability(float(forecast[place == k].mean()), float(outcome[place == k].mean()), int((place == k).sum()))
        for k in np.unique(place)
    ]
