"""What all records of a stage have in common: pace of a week, shock to the conversion of a quarter, move of the level.

Pace comes from forecasts one week ahead, each fitted to what was known before: exits of the same weeks against a
fit of all weeks would show several times as much, because backlog and speed are confounded. Shocks come from the
outcomes of those who left, by quarter of entry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from rpmsim.calibration.evidence import Spells
from rpmsim.calibration.hazards import Cause
from rpmsim.calibration.recency import EVERY, Tried, forecasts
from rpmsim.calibration.windows import Window

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PACE_PRIOR, PACE_WEEKS = 0.15, 6.0
"""Sigma of the weekly pace that is expected of any stage, and the number of weeks that this is worth."""
UNLIKELY = 0.005
"""Chance of errors of past forecasts as large as these, below which the level of a stage moves."""
LEVEL_HALF_LIFE = 28
"""Days after which an error of a past forecast counts half."""
MOST_LEVEL = 0.3
"""Largest standard deviation of that move, on the log scale."""
MOST_PACE = 1.0
"""Largest sigma: weeks that differ more than this are not a matter of speed."""
PACE_GRID = np.geomspace(0.01, MOST_PACE, 160)
FASTER = 1.2
WEEKS = 26
SHOCK_PRIOR = 0.15
"""Scale of the half-normal prior of the shock's sigma, on the log odds of advancing by quarter of entry."""
SHOCK_GRID = np.linspace(0.005, 0.8, 160)
LEAST_QUARTERS = 3


@dataclass(frozen=True)
class Weeks:
    """Exits of single weeks, Monday to Sunday, as forecast a day before and as they came; arrays of shape (weeks,).

    ``response`` is by how many percent the expected exits rise if the week is one percent faster: fewer than one where
    most of those who are there leave within the week anyway.
    """

    expected: F64
    observed: F64
    response: F64


def pace_of(spells: Spells, causes: list[Cause], sunday: int, window: Window) -> Weeks:
    """Forecasts one week ahead at the last half year's weeks, up to a Sunday."""
    known = spells.as_of(sunday)
    usual, faster = (forecasts(known, causes, sunday, EVERY, (window,), WEEKS, speed) for speed in (1.0, FASTER))
    expected, more = usual.expected[:, 0].sum(axis=1), faster.expected[:, 0].sum(axis=1)
    response = np.log(np.maximum(more, 1e-9) / np.maximum(expected, 1e-9)) / np.log(FASTER)
    return Weeks(expected, usual.observed.sum(axis=1), np.where(expected > 0, response, 0.0).clip(0.0, 1.0))


def drawn_pace(weeks: Weeks, draws: int, rng: np.random.Generator) -> F64:
    """Draws of the sigma of the weekly pace.

    The exits of a week are negative binomial: Poisson, with a mean that varies as the pace does. The prior of sigma is
    scaled inverse chi-squared.

    Parameters
    ----------
    weeks : Weeks
    draws : int
    rng : Generator

    Returns
    -------
    array, shape (draws,)
    """
    mean, seen = np.maximum(weeks.expected, 1e-9), weeks.observed
    alpha = np.maximum(weeks.response**2 * np.expm1(PACE_GRID[:, None] ** 2), 1e-9)
    terms = special.gammaln(seen + 1.0 / alpha) - special.gammaln(1.0 / alpha)
    log = (terms + seen * np.log(alpha * mean) - (seen + 1.0 / alpha) * np.log1p(alpha * mean)).sum(axis=1)
    log -= PACE_WEEKS * (np.log(PACE_GRID) + (PACE_PRIOR / PACE_GRID) ** 2 / 2.0)  # by the logarithm of sigma
    chance = np.exp(log - log.max())
    return PACE_GRID[rng.choice(len(PACE_GRID), draws, p=chance / chance.sum())]


def drawn_level(
    tried: Tried | None,
    windows: list[Window],
    advancing: NDArray[np.bool_],
    horizon: int,
    draws: int,
    rng: np.random.Generator,
) -> F64:
    """Draws of how far the level of a stage moves, if past forecasts missed it by more than chance.

    Parameters
    ----------
    tried : Tried, optional
        Forecasts of the horizon at past origins.
    windows : list of Window
        Those that were chosen.
    advancing : array of bool, shape (outcomes,)
    horizon : int
        Days.
    draws : int
    rng : Generator

    Returns
    -------
    array, shape (draws,)
        On the log odds of advancing (log hazard if all outcomes advance): normal, with the excess of the squared errors
        of past forecasts over those of chance, recent ones first. 0 where there is no excess to be seen.
    """
    if tried is None or len(tried.origins) < 2:
        return np.zeros(draws)
    error, noise = _missed(tried, windows, advancing, horizon)
    ago = tried.origins[0] - np.array(tried.origins)
    separate = min(float(ago[-1]) / horizon + 1.0, len(ago))
    if stats.chi2.sf(float(np.mean(error**2 / noise)) * separate, separate) > UNLIKELY:
        return np.zeros(draws)
    weight = 0.5 ** (ago / LEVEL_HALF_LIFE) / noise
    variance = max(float((weight * (error**2 - noise)).sum() / weight.sum()), 0.0)
    return np.asarray(np.sqrt(min(variance, MOST_LEVEL**2)) * rng.standard_normal(draws))


def _missed(tried: Tried, windows: list[Window], advancing: NDArray[np.bool_], horizon: int) -> tuple[F64, F64]:
    """Error of each past forecast in log odds of advancing (log hazard if all advance), and its variance by chance."""
    own = [i for i, window in enumerate(tried.windows) if window in windows] or [len(tried.windows) - 1]
    expected, observed = tried.expected[:, own].mean(axis=1), tried.observed
    if advancing.all() or not advancing.any():
        mean = np.maximum(expected.sum(axis=1), 1.0)
        return (observed.sum(axis=1) - mean) / mean, 1.0 / mean + PACE_PRIOR**2 * EVERY / horizon
    share = (expected[:, advancing].sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-9)).clip(0.001, 0.999)
    left = observed.sum(axis=1)
    information = np.maximum(left * share * (1.0 - share), 1e-6)
    return (observed[:, advancing].sum(axis=1) - left * share) / information, 1.0 / information


@dataclass(frozen=True)
class Shocks:
    """Conversion by quarter of entry: deviation of the log odds of advancing, and its information.

    Parameters
    ----------
    deviation, information : array, shape (quarters,)
        The variance of a deviation by chance alone is 1 / information.
    """

    deviation: F64
    information: F64

    @property
    def _known(self) -> NDArray[np.bool_]:
        return self.information > 1.0

    @property
    def enough(self) -> bool:
        """Whether there are quarters enough to say anything."""
        return int(self._known.sum()) >= LEAST_QUARTERS

    def drawn(self, draws: int, rng: np.random.Generator) -> tuple[F64, F64]:
        """Draws of sigma, and of the mean deviation of the quarters that were seen from those to come.

        Returns
        -------
        sigma, mean : array, shape (draws,)
        """
        if not self.enough:
            sigma = np.abs(rng.standard_normal(draws)) * SHOCK_PRIOR
            seen = self.information.sum() ** 2 / max(float((self.information**2).sum()), 1e-9)
            return sigma, sigma * rng.standard_normal(draws) / np.sqrt(max(seen, 1.0))
        z, noise = self.deviation[self._known], 1.0 / self.information[self._known]
        variance = SHOCK_GRID[:, None] ** 2 + noise
        weight = 1.0 / variance
        mean = (weight * z).sum(axis=1) / weight.sum(axis=1)
        log = (
            -0.5 * np.log(variance).sum(axis=1)
            - 0.5 * (weight * (z - mean[:, None]) ** 2).sum(axis=1)
            - 0.5 * np.log(weight.sum(axis=1))
            - 0.5 * (SHOCK_GRID / SHOCK_PRIOR) ** 2
        )
        chance = np.exp(log - log.max())
        pick = rng.choice(len(SHOCK_GRID), draws, p=chance / chance.sum())
        sigma = SHOCK_GRID[pick]
        # The pooled hazards weigh quarters by their exits: their mean shock is what the estimate is off by.
        share = self.information / self.information.sum()
        return sigma, sigma * np.sqrt(float((share**2).sum())) * rng.standard_normal(draws)


def shocks_of(
    spells: Spells, causes: list[Cause], hazards: list[F64], advancing: NDArray[np.bool_], quarter: I64
) -> Shocks:
    """Conversion of those who left, by quarter of entry, against that of their age at all times.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    causes : list of Cause
    hazards : list of array, shape (bins,)
        Mean hazards of each outcome.
    advancing : array of bool, shape (outcomes,)
    quarter : array of int, shape (spells,)
        Number of the quarter of entry.
    """
    n = int(quarter.max(initial=0)) + 1
    left = spells.outcome >= 0
    ended, of = spells.where(left), quarter[left]
    rates = np.stack([hazard[cause.bins(ended)] for cause, hazard in zip(causes, hazards, strict=True)])
    total = rates.sum(axis=0)
    share = np.divide(rates[advancing].sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    advanced = np.isin(ended.outcome, [c.outcome for c, is_up in zip(causes, advancing, strict=True) if is_up])
    information = np.bincount(of, share * (1.0 - share), n).astype(np.float64)
    excess = np.bincount(of, advanced - share, n)
    deviation = np.divide(excess, information, out=np.zeros(n), where=information > 0)
    return Shocks(deviation, information)
