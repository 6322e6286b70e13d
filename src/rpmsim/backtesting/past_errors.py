"""From expected totals to distributions, by the errors that the same baseline made at earlier origins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.settings import WEEK

__all__ = ["earlier_origins", "predictive_draws"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

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
LEAST_COMPARED = 2.0
"""Independent earlier forecasts, at least, that a correction must have made better."""
MOST_SCALED = 2.0
"""Factor, at most, by which an error of another level is scaled."""


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
    partial: bool = False,
) -> F64:
    """Draw totals around an expected total, with the spread of its past errors, and their bias where that helps.

    A forecast is corrected by its mean past error, scaled to today's level as Poisson errors would be and shrunk by
    its own uncertainty (positive-part shrinkage, James & Stein 1961); one that was too high by a factor, which leaves
    it positive. But only if such corrections, each from the errors that were known then, would have made the earlier
    forecasts better in total: after a jump in volume, past errors say nothing of those to come. Where these are too few
    to say, only `partial` forecasts are corrected.

    The variance of the errors is averaged with that of a compound Poisson total, which stands alone when there are
    none. Up to half of the draws, the more the more errors there are, are resampled errors; the others are a negative
    binomial number of deals with gamma amounts. Errors of periods that overlap count as the fewer periods that they
    span.

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
    partial : bool
        Whether the expected total leaves something out by its nature, as pipelines do without time or new leads.

    Returns
    -------
    ndarray of float64, shape (draws,)
        Totals, at least 0.
    """
    usable = np.isfinite(then)
    then, actual = then[usable], actual[usable]
    center = now
    if then.size and _helped(then, actual, horizon, deal[1], partial):
        center = _corrected(now, then, actual, horizon, deal[1])
    errors = (actual - then) * _scale(now, then, deal[1])
    number = _independent(errors.size, horizon)
    variance = _variance(center, errors, center - now, number, deal[1]) * (1.0 + 1.0 / (number + THEORY_WEIGHT))
    totals = _compound_draws(center, variance, deal, draws, whole=whole, rng=rng)
    order = rng.permutation(draws)
    resampled = round(draws * 0.5 * number / (number + RESAMPLED_WEIGHT))
    if resampled:
        around = center + errors - errors.mean()
        totals[order[:resampled]] = around[np.arange(resampled) * errors.size // resampled]
    return np.maximum(np.rint(totals) if whole else totals, 0.0)


def _independent(errors: int, horizon: int) -> float:
    """As how many independent errors those of so many origins, a week apart, count."""
    return 1.0 + (errors - 1) * WEEK / max(horizon, WEEK) if errors else 0.0


def _scale(now: float, then: F64, jump: float) -> F64:
    """Ratio of today's standard deviation to that of each earlier forecast, if totals were Poisson."""
    return np.clip(np.sqrt((now + jump / 2.0) / (then + jump / 2.0)), 1.0 / MOST_SCALED, MOST_SCALED)


def _helped(then: F64, actual: F64, horizon: int, jump: float, unknown: bool) -> bool:
    """Whether corrections by what was known at earlier origins would have made their forecasts better in total."""
    lag = -(-horizon // WEEK)
    compared = then.size - lag
    if _independent(max(compared, 0), horizon) < LEAST_COMPARED:
        return unknown
    corrected = [_corrected(then[i], then[i + lag :], actual[i + lag :], horizon, jump) for i in range(compared)]
    return bool(np.abs(actual[:compared] - corrected).sum() < np.abs(actual[:compared] - then[:compared]).sum())


def _corrected(now: float, then: F64, actual: F64, horizon: int, jump: float) -> float:
    """A forecast with its bias taken out, as far as its past errors show one."""
    factor = min(1.0, (actual.sum() + jump / 2.0) / (then.sum() + jump / 2.0))
    errors = (actual - factor * then) * _scale(factor * now, factor * then, jump)
    bias = factor * now - now + float(errors.mean())
    number = _independent(errors.size, horizon)
    doubt = DOUBT * _variance(factor * now, errors, float(errors.mean()), number, jump) / number
    return max(now + max(0.0, 1.0 - doubt / bias**2) * bias, 0.0) if bias else now


def _variance(center: float, errors: F64, shift: float, number: float, jump: float) -> float:
    """Variance around a forecast that was moved by so much: of the errors, averaged with theory."""
    weight = max(number - 1.0, 0.0)
    observed = float(np.mean((errors - shift) ** 2)) * errors.size / (errors.size - 1) if errors.size > 1 else 0.0
    theory = THEORY * jump * max(center, jump / 2.0)
    return (weight * observed + THEORY_WEIGHT * theory) / (weight + THEORY_WEIGHT)


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
