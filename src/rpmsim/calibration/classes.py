"""How much channels and segments differ in a stage: factors on hazards, shrunk towards all classes together.

A class has the factor r on the hazards of an outcome, with a gamma prior of mean 1 that is worth s expected exits;
given its exits n and those expected at the pooled hazards, m, r is gamma(s + n) / (s + m) (Clayton and Kaldor,
1987). s is as uncertain as all else: each draw has its own, also one at which classes do not differ. A choice between
equal and different classes, as sure as it may be, would make intervals of classes too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.hazards import Counted

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PRIOR_EXITS = np.array([2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 80.0, 120.0, 200.0])
NO_DIFFERENCE = 1e9
"""A prior worth so many exits leaves nothing to the classes."""
SAME = 0.5
"""Prior probability that classes do not differ at all in an outcome."""
WORTH_SAYING = 0.3
"""Probability that they do, from which on they are distinguished: equal classes are in one case of five."""
LEAST_EXITS, LEAST_EXPECTED = 20, 5.0
"""Exits of all classes, and expected ones of each of two classes, without which there is nothing to see."""


@dataclass(frozen=True)
class Factors:
    """Factors of the classes of one dimension on the hazards of each outcome.

    Parameters
    ----------
    exits, expected : array, shape (outcomes, classes)
    chance : array, shape (outcomes, priors + 1)
        Probability of each number of exits that the prior may be worth, and last of no difference at all.
    """

    exits: F64
    expected: F64
    chance: F64

    @property
    def own(self) -> NDArray[np.bool_]:
        """Whether the classes are distinguished in each outcome."""
        return np.asarray(self.chance[:, -1] <= 1.0 - WORTH_SAYING)

    @property
    def any(self) -> bool:
        """Whether the classes are distinguished in any outcome."""
        return bool(self.own.any())

    @property
    def mean(self) -> F64:
        """Posterior means, shape (outcomes, classes)."""
        prior = PRIOR_EXITS[:, None]
        result = np.ones_like(self.expected)
        for j in np.flatnonzero(self.own):
            given = (self.exits[j] + prior) / (self.expected[j] + prior)
            result[j] = self.chance[j, :-1] @ given + self.chance[j, -1]
        return self._centered(result)

    def drawn(self, draws: int, rng: np.random.Generator) -> F64:
        """Draws, shape (draws, outcomes, classes)."""
        result = np.ones((draws, *self.expected.shape))
        for j in np.flatnonzero(self.own):
            pick = rng.choice(len(PRIOR_EXITS) + 1, draws, p=self.chance[j])
            differ = pick < len(PRIOR_EXITS)
            prior = PRIOR_EXITS[pick[differ], None]
            result[differ, j] = rng.standard_gamma(self.exits[j] + prior) / (self.expected[j] + prior)
        return self._centered(result)

    def _centered(self, factors: F64) -> F64:
        """Scaled so that all classes together have the exits that they have."""
        total = self.expected.sum(axis=-1)
        scale = (factors * self.expected).sum(axis=-1) / np.where(total > 0, total, 1.0)
        return factors / np.where(scale > 0, scale, 1.0)[..., None]


@dataclass(frozen=True)
class Joint:
    """Classes of all dimensions together.

    Parameters
    ----------
    of : array of int, shape (spells,)
        Number of the joint class of each spell.
    count : int
        Joint classes that there can be.
    places : dict of str to array of int, shape (joint classes,)
        Class of each joint class in each dimension.
    """

    of: I64
    count: int
    places: dict[str, I64]


def joint_classes(dimensions: list[tuple[str, I64, tuple[str, ...]]]) -> Joint:
    """Number the classes of all dimensions together: name, class of each spell, names of the classes."""
    sizes = [len(names) for _, _, names in dimensions]
    of = np.ravel_multi_index([of for _, of, _ in dimensions], sizes)
    count = int(np.prod(sizes))
    places = np.unravel_index(np.arange(count), sizes)
    return Joint(np.asarray(of), count, {name: place for (name, _, _), place in zip(dimensions, places, strict=True)})


def summed_by(counts: list[Counted], of: I64, n: int) -> list[Counted]:
    """Counts of joint classes put together by the classes of one dimension."""

    def summed(values: F64) -> F64:
        result = np.zeros((n, values.shape[1]))
        np.add.at(result, of, values)
        return result

    return [Counted(summed(count.exits), summed(count.at_risk)) for count in counts]


def factors_of(exits: F64, expected: F64) -> Factors:
    """Fit how much the classes of a stage differ.

    Parameters
    ----------
    exits, expected : array, shape (outcomes, classes)

    Returns
    -------
    Factors
    """
    chance = np.zeros((len(exits), len(PRIOR_EXITS) + 1))
    chance[:, -1] = 1.0
    for j in range(len(exits)):
        if exits[j].sum() >= LEAST_EXITS and (expected[j] >= LEAST_EXPECTED).sum() > 1:
            chance[j] = _chances(exits[j], expected[j])
    return Factors(exits, expected, chance)


def _chances(exits: F64, expected: F64) -> F64:
    """Posterior probability of each worth of the prior, and of no difference."""
    worths = np.append(PRIOR_EXITS, NO_DIFFERENCE)
    before = np.append(np.full(len(PRIOR_EXITS), (1.0 - SAME) / len(PRIOR_EXITS)), SAME)
    log = _log_likelihood(exits, expected, worths) + np.log(before)
    chance = np.exp(log - log.max())
    return np.asarray(chance / chance.sum())


def _log_likelihood(exits: F64, expected: F64, prior: F64) -> F64:
    """Log likelihood of the exits of all classes (negative binomial) for each weight of the prior."""
    n, m = exits[None, :], np.maximum(expected, 1e-9)[None, :]
    s = prior[:, None]
    terms = special.gammaln(n + s) - special.gammaln(s) - special.gammaln(n + 1)
    return np.asarray((terms + n * np.log(m / (s + m)) - s * np.log1p(m / s)).sum(axis=1))
