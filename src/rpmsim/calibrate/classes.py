"""How much channels and segments differ in a stage: factors on hazards, shrunk towards all classes together.

A class has the factor r on the hazards of an outcome, with a gamma prior of mean 1 that is worth s expected exits;
given its exits n and those expected at the pooled hazards, m, r is gamma(s + n) / (s + m) (Clayton and Kaldor,
1987). s is fitted to all classes of the stage; where they differ no more than by chance, there are no factors at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibrate.evidence import Spells
from rpmsim.calibrate.exposure import exposed
from rpmsim.calibrate.hazards import Cause

F64 = NDArray[np.float64]

PRIOR_EXITS = np.array([2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 80.0, 120.0, 200.0, 400.0, 800.0])
SURE = 2.0
"""Log likelihood ratio from which on classes differ (a level of about 2% for one spread at its limit of 0)."""
LEAST_EXITS = 30


@dataclass(frozen=True)
class Factors:
    """Factors of the classes of one dimension on the hazards of each outcome.

    Parameters
    ----------
    exits, expected : array, shape (outcomes, classes)
    prior : array, shape (outcomes,)
        Expected exits that the prior is worth; infinite where classes do not differ.
    """

    exits: F64
    expected: F64
    prior: F64

    @property
    def any(self) -> bool:
        """Whether the classes differ in any outcome."""
        return bool(np.isfinite(self.prior).any())

    @property
    def mean(self) -> F64:
        """Posterior means, shape (outcomes, classes)."""
        result = np.ones_like(self.expected)
        own = np.isfinite(self.prior)
        prior = self.prior[own, None]
        result[own] = (self.exits[own] + prior) / (self.expected[own] + prior)
        return self._centred(result)

    def drawn(self, draws: int, rng: np.random.Generator) -> F64:
        """Draws, shape (draws, outcomes, classes)."""
        result = np.ones((draws, *self.expected.shape))
        for j in np.flatnonzero(np.isfinite(self.prior)):
            shape = self.exits[j] + self.prior[j]
            result[:, j] = rng.standard_gamma(shape, (draws, len(shape))) / (self.expected[j] + self.prior[j])
        return self._centred(result)

    def _centred(self, factors: F64) -> F64:
        """Scaled so that all classes together have the exits that they have."""
        total = self.expected.sum(axis=-1)
        scale = (factors * self.expected).sum(axis=-1) / np.where(total > 0, total, 1.0)
        return factors / np.where(scale > 0, scale, 1.0)[..., None]


def expected_by_class(
    spells: Spells, cause: Cause, hazard: F64, window: F64, of: NDArray[np.int64], n: int, scale: F64
) -> F64:
    """Exits of one outcome by class that pooled hazards let expect, times a factor of each spell; shape (classes,)."""
    return np.bincount(of, scale * (hazard @ exposed(spells, cause.clock, cause.ages, window)), n).astype(np.float64)


def exits_by_class(spells: Spells, cause: Cause, window: F64, of: NDArray[np.int64], n: int) -> F64:
    """Weighted exits of one outcome by class, shape (classes,)."""
    ended = spells.outcome == cause.outcome
    return np.bincount(of[ended], window[spells.until[ended]], n).astype(np.float64)


def factors_of(exits: F64, expected: F64) -> Factors:
    """Fit how much the classes of a stage differ.

    Parameters
    ----------
    exits, expected : array, shape (outcomes, classes)

    Returns
    -------
    Factors
    """
    prior = np.full(len(exits), np.inf)
    if exits.shape[1] > 1:
        for j in range(len(exits)):
            if exits[j].sum() < LEAST_EXITS:
                continue
            pooled = _log_likelihood(exits[j], expected[j], np.array([1e9]))[0]
            values = _log_likelihood(exits[j], expected[j], PRIOR_EXITS)
            if values.max() - pooled > SURE:
                prior[j] = PRIOR_EXITS[values.argmax()]
    return Factors(exits, expected, prior)


def _log_likelihood(exits: F64, expected: F64, prior: F64) -> F64:
    """Log likelihood of the exits of all classes (negative binomial) for each weight of the prior."""
    n, m = exits[None, :], np.maximum(expected, 1e-9)[None, :]
    s = prior[:, None]
    terms = special.gammaln(n + s) - special.gammaln(s) - special.gammaln(n + 1)
    return np.asarray((terms + n * np.log(m / (s + m)) - s * np.log1p(m / s)).sum(axis=1))
