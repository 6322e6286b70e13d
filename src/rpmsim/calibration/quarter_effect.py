"""How exits differ between the first, second and third month of quarters, by a mixed model of monthly ratios.

One month says nothing: months differ anyway, levels move, and a year has seasons. All of these are random effects, and
what the three months of all quarters have in common must stand out from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SPREADS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations that are tried for each random effect, on the log scale."""
LEAST_EXPECTED = 1.0
"""Expected exits of a month without which it is left out."""
YEAR = 12
PLACES = 3


@dataclass(frozen=True)
class QuarterEffect:
    """Log factors of the months of a quarter.

    Parameters
    ----------
    log : array, shape (3,)
        Of January, April, July and October; of February and so on; of March and so on. With a mean of 0.
    covariance : array, shape (3, 3)
    f : float
        F statistic of the factors: the mean square of what they explain over that of chance.
    chance : float
        Probability of such an F if the months of a quarter are alike.
    """

    log: F64
    covariance: F64
    f: float
    chance: float

    def at(self, log: F64) -> QuarterEffect:
        """As sure of other factors as of these."""
        f = f_statistic(log, self.covariance)
        return replace(self, log=log, f=f)

    @property
    def shrunk(self) -> F64:
        """Drawn towards 0 by their uncertainty (empirical Bayes)."""
        return self.log * max(0.0, 1.0 - 1.0 / max(self.f, 1.0))


def quarter_effect(months: I64, exits: F64 | I64, expected: F64) -> QuarterEffect | None:
    """Compare the exits of whole months with those that were to be expected.

    Parameters
    ----------
    months : array of int, shape (months,)
        Months since January of any year.
    exits, expected : array, shape (months,)
        Expected exits are those of the same hazards in all months.

    Returns
    -------
    QuarterEffect or None
        None if months are missing for an estimate.

    Notes
    -----
    The log ratios of exits and expected exits have the variance of Poisson counts, and three random effects: of each
    single month, of each month of the year (a season), and of a level that moves as a random walk. Their variances
    are estimated by restricted maximum likelihood (Patterson and Thompson, 1971), the factors by generalized least
    squares, tested by F as Knapp and Hartung (2003) do for random-effects meta-regressions: never less than what the
    residuals say, and by the number of months of a year at most, however many years there are.
    """
    known = expected >= LEAST_EXPECTED
    months, exits, expected = months[known], exits[known], expected[known]
    design = np.eye(PLACES)[months % PLACES]
    if len(months) <= PLACES or not design.any(axis=0).all():
        return None
    ratio = np.log((exits + 0.5) / (expected + 0.5))
    weights, means, variance, free = _fitted(ratio, 1.0 / (expected + 0.5), months, design)
    residuals = ratio - design @ means
    scale = max(1.0, float(residuals @ weights @ residuals) / (len(months) - PLACES))
    centered = np.eye(PLACES) - 1.0 / PLACES
    log, covariance = centered @ means, scale * centered @ variance @ centered
    f = f_statistic(log, covariance)
    return QuarterEffect(log, covariance, f, float(stats.f.sf(f, PLACES - 1, free)))


def f_statistic(log: F64, covariance: F64) -> float:
    """Mean square of log factors in units of their covariance; two of them, since the third one follows."""
    two = slice(PLACES - 1)
    return float(log[two] @ np.linalg.solve(covariance[two, two], log[two])) / (PLACES - 1)


def _fitted(ratio: F64, noise: F64, months: I64, design: F64) -> tuple[F64, F64, F64, int]:
    """Inverse of the covariance of the ratios, means of the three months, their covariance, degrees of freedom."""
    since = (months - months.min()).astype(np.float64)
    each = np.eye(len(months))
    season = (months[:, None] % YEAR == months % YEAR).astype(np.float64)
    level = np.minimum(since[:, None], since)
    spreads = np.array(list(product(SPREADS, SPREADS if len(months) > YEAR else (0.0,), SPREADS)))
    total = np.diag(noise) + np.tensordot(spreads**2, np.stack([each, season, level]), axes=1)
    both = np.column_stack([design, ratio])
    solved = np.linalg.solve(total, both[None])
    products = both.T @ solved
    information, by_ratio = products[:, :PLACES, :PLACES], products[:, :PLACES, PLACES:]
    means = np.linalg.solve(information, by_ratio)
    rest = products[:, PLACES, PLACES] - (by_ratio * means).sum(axis=(1, 2))
    likelihood = -0.5 * (np.linalg.slogdet(total)[1] + np.linalg.slogdet(information)[1] + rest)
    best = int(likelihood.argmax())
    free = (YEAR if spreads[best, 1] > 0 else len(months)) - PLACES
    return np.linalg.inv(total[best]), means[best, :, 0], np.linalg.inv(information[best]), free
