"""What all records of a stage have in common: the pace of a week, and the shock to the conversion of a quarter.

Pace comes from forecasts one week ahead, each fitted to what was known before: exits of the same weeks against a
fit of all weeks would show several times as much, because backlog and speed are confounded. Shocks come from the
outcomes of those who left, by quarter of entry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibrate.evidence import Spells
from rpmsim.calibrate.hazards import Cause
from rpmsim.calibrate.recency import EVERY, Tried, forecasts
from rpmsim.calibrate.windows import Window

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PACE_PRIOR, PACE_WEEKS = 0.15, 6.0
"""Sigma of the weekly pace that is expected of any stage, and the number of weeks that this is worth."""
MOST_PACE = 1.0
"""Largest sigma: weeks that differ more than this are not a matter of speed."""
WEEKS = 26
SHOCK_PRIOR = 0.15
"""Scale of the half-normal prior of the shock's sigma, on the log odds of advancing by quarter of entry."""
SHOCK_GRID = np.linspace(0.005, 0.8, 160)
LEAST_QUARTERS = 3


def pace_of(spells: Spells, causes: list[Cause], last: int, window: Window) -> Tried:
    """Forecasts one week ahead at the last half year's weeks."""
    return forecasts(spells, causes, last, EVERY, (window,), WEEKS)


def drawn_pace(tried: Tried, draws: int, rng: np.random.Generator) -> F64:
    """Draws of the sigma of the weekly pace: scaled inverse chi-squared.

    Parameters
    ----------
    tried : Tried
        Forecasts one week ahead, with one window.
    draws : int
    rng : Generator

    Returns
    -------
    array, shape (draws,)
    """
    expected = tried.expected[:, 0].sum(axis=1)
    observed = tried.observed.sum(axis=1)
    # A week tells of sigma as far as its exits vary by more than chance: E^2 s^2 against E.
    known = expected / (expected + 1.0 / PACE_PRIOR**2)
    weeks = float(known.sum())
    excess = float(((observed - expected) ** 2 - expected).sum())
    own = max(excess / max(float((expected**2).sum()), 1e-9), 0.0)
    worth = weeks + PACE_WEEKS
    variance = (weeks * own + PACE_WEEKS * PACE_PRIOR**2) / worth
    return np.minimum(np.sqrt(variance * worth / rng.chisquare(worth, draws)), MOST_PACE)


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
