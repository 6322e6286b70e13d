"""From expected totals to distributions, by the errors that the same baseline made at earlier origins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["earlier_origins", "predictive_draws"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

WEEK = 7
MOST = 26
"""Earlier origins, at most: half a year."""
FEWEST_DAYS = 28
"""Recorded days that an earlier origin needs, as run rates look back so far; and no fewer than the horizon."""
THEORY = 1.5
"""Variance of an error over that of a Poisson total: 1 for what comes, the rest for the forecast (1 for naive ones)."""
THEORY_WEIGHT = 4.0
"""Independent errors that count as much as theory in the variance."""
RESAMPLED_WEIGHT = 8.0
"""Independent errors from which on a quarter of the draws are resampled errors; half of them for very many errors."""
DOUBT = 3.0
"""Squared standard errors that a squared mean error must exceed to count."""


def earlier_origins(last: int, recorded: int, horizon: int) -> I64:
    """Return the days, weeks apart, at which a forecast of this horizon can be compared with what came."""
    days = last - horizon - WEEK * np.arange(MOST)
    return days[days >= recorded + max(horizon, FEWEST_DAYS) - 1]


def predictive_draws(
    now: float,
    then: F64,
    actual: F64,
    horizon: int,
    deal: tuple[float, float],
    *,
    whole: bool,
    draws: int,
    rng: np.random.Generator,
) -> F64:
    """Draw totals around an expected total, with the bias and the spread of its past errors.

    Forecasts that were too high are corrected by a factor, which leaves them positive, and those that were too low by
    the mean error; errors are scaled to today's level as Poisson ones would be. The correction is shrunk by its own
    uncertainty (positive-part shrinkage, James & Stein 1961). The variance of the errors is averaged with that of a
    compound Poisson total, which stands alone when there are none. Up to half of the draws, the more the more errors
    there are, are corrected forecasts plus resampled errors; the others are a negative binomial number of deals with
    gamma amounts. Errors of periods that overlap count as the fewer periods that they span.

    Parameters
    ----------
    now : float
        Expected total, at least 0.
    then, actual : ndarray of float64, shape (errors,)
        Expected and actual totals at origins a week apart; NaN where there is no forecast.
    horizon : int
        Days of a total.
    deal : (float, float)
        Mean, and mean square over mean, of what one event adds to a total.
    whole : bool
        Whether totals are counts.
    draws : int
    rng : Generator

    Returns
    -------
    ndarray of float64, shape (draws,)
        Totals, at least 0.
    """
    usable = np.isfinite(then)
    then, actual = then[usable], actual[usable]
    small = deal[1] / 2.0
    factor = min(1.0, (actual.sum() + small) / (then.sum() + small))
    errors = (actual - factor * then) * np.sqrt((factor * now + small) / (factor * then + small))
    number = 1.0 + (errors.size - 1) * WEEK / max(horizon, WEEK) if errors.size else 0.0
    center, variance = _center_and_variance(now, factor * now, errors, number, deal[1])
    totals = _compound_draws(center, variance, deal, draws, whole=whole, rng=rng)
    order = rng.permutation(draws)
    resampled = round(draws * 0.5 * number / (number + RESAMPLED_WEIGHT))
    if resampled:
        totals[order[:resampled]] = factor * now + errors[np.arange(resampled) * errors.size // resampled]
    return np.maximum(np.rint(totals) if whole else totals, 0.0)


def _center_and_variance(now: float, lowered: float, errors: F64, number: float, jump: float) -> tuple[float, float]:
    """Forecast corrected as far as so many independent errors show its bias, and the variance around it.

    `lowered` is the forecast times its factor, to which the errors belong.
    """
    observed = float(errors.var(ddof=1)) if errors.size > 1 else 0.0
    weight = max(number - 1.0, 0.0)

    def variance(center: float) -> float:
        theory = THEORY * jump * max(center, jump / 2.0)
        return (weight * observed + THEORY_WEIGHT * theory) / (weight + THEORY_WEIGHT)

    bias = lowered - now + float(errors.mean()) if errors.size else 0.0
    shown = max(0.0, 1.0 - DOUBT * variance(lowered) / number / bias**2) if bias else 0.0
    center = max(now + shown * bias, 0.0)
    return center, variance(center) * (1.0 + 1.0 / (number + THEORY_WEIGHT))


def _compound_draws(
    mean: float, variance: float, deal: tuple[float, float], draws: int, *, whole: bool, rng: np.random.Generator
) -> F64:
    """Negative binomial numbers of deals with gamma amounts, with this mean and variance."""
    size, jump = deal
    expected = max(mean, jump / 100.0) / size  # nothing is impossible
    extra = (variance - expected * size * jump) / size**2
    rate = rng.gamma(expected**2 / extra, extra / expected, draws) if extra > 0.0 else np.full(draws, expected)
    number = rng.poisson(np.minimum(rate, 1e15)).astype(np.float64)
    spread = jump - size
    total = number * size if whole or spread <= 0.0 else rng.gamma(number * size / spread, spread)
    if extra < 0.0:
        total = mean + (total - mean) * np.sqrt(variance / (expected * size * jump))
    return total
