"""Whether the size of a deal acts on its outcome or its speed: trends in the hazards of leaving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.columns import Columns
from rpmsim.calibration.part import F64

I64 = NDArray[np.int64]

OPEN, OTHER, ADVANCED = -1, 0, 1
"""How a spell ended: not yet, by an outcome that does not advance, by one that advances."""

COHORT_DAYS = 91
"""Records are compared with those of their own quarter, so that amounts and speed may both drift over the years."""


@dataclass(frozen=True)
class SizedSpells(Columns):
    """Spells of records in stages, with the amount that was known when they entered; shape (spells,) each.

    Parameters
    ----------
    stage, segment : array of int
        Numbers; stages in their order.
    entered : array of int
        Day of entering the stage.
    since, until : array of int
        Ages in days of the first and last day at risk; the exit is on the last.
    end : array of int
        :data:`ADVANCED`, :data:`OTHER` or :data:`OPEN`.
    amount : array of float
        NaN if not known.
    """

    stage: I64
    segment: I64
    entered: I64
    since: I64
    until: I64
    end: I64
    amount: F64

    def strata(self, *more: I64) -> I64:
        """Number of the stratum of each spell: same stage, segment and quarter of entering, and more if given."""
        columns = np.column_stack([self.stage, self.segment, self.entered // COHORT_DAYS, *more])
        return np.unique(columns, axis=0, return_inverse=True)[1].ravel()


class RiskSets:
    """Who could have left when somebody left, by stratum and age: a spell counts from ``since`` to ``until``.

    Parameters
    ----------
    stratum, since, until : array of int, shape (spells,)
    """

    def __init__(self, stratum: I64, since: I64, until: I64) -> None:
        self._span = int(until.max(initial=0)) + 2
        self._orders = [_ordered(stratum * self._span + ages) for ages in (until, since)]

    def sums(self, values: F64, at: tuple[I64, I64]) -> F64:
        """Sum of values, shape (spells, k), over those at risk at strata and ages, shape (events,): (events, k)."""
        stratum, age = at
        # Those whose last day is not before the age, less those whose first day is after it.
        last, first = self._orders
        return self._from(last, values, stratum, age) - self._from(first, values, stratum, age + 1)

    def _from(self, order: tuple[I64, I64], values: F64, stratum: I64, age: I64) -> F64:
        places, keys = order
        total = np.zeros((len(keys) + 1, values.shape[1]))
        np.cumsum(values[places], axis=0, out=total[1:])
        low = np.searchsorted(keys, stratum * self._span + np.minimum(age, self._span - 1))
        high = np.searchsorted(keys, (stratum + 1) * self._span)
        return total[high] - total[low]


def _ordered(keys: I64) -> tuple[I64, I64]:
    places = np.argsort(keys, kind="stable")
    return places, keys[places]


@dataclass(frozen=True)
class Trend:
    """Score test of hazards that change with covariates.

    Parameters
    ----------
    score : array, shape (k,)
    information : array, shape (k, k)
        Variance of the score if the covariates have no effect.
    events : int
    """

    score: F64
    information: F64
    events: int

    @property
    def statistic(self) -> float:
        """Chi-squared with k degrees of freedom if there is no effect."""
        return float(self.score @ np.linalg.pinv(self.information, hermitian=True) @ self.score)

    @property
    def p_value(self) -> float:
        """Probability of a statistic as large by chance."""
        return float(special.chdtrc(len(self.score), self.statistic))

    @property
    def estimate(self) -> F64:
        """Change of the log hazard per unit, one step from 0."""
        return np.linalg.pinv(self.information, hermitian=True) @ self.score


class Comparison:
    """Those who left in one way, compared with all of the same stratum and age who could have.

    Parameters
    ----------
    spells : SizedSpells
    stratum : array of int, shape (spells,)
    end : int
        Exits of other kinds count as censored.
    """

    def __init__(self, spells: SizedSpells, stratum: I64, end: int) -> None:
        self._left = spells.end == end
        self._sets = RiskSets(stratum, spells.since, spells.until)
        span = int(spells.until.max(initial=0)) + 1
        keys, place = np.unique(stratum[self._left] * span + spells.until[self._left], return_inverse=True)
        self._at, self._count = (keys // span, keys % span), np.bincount(place)

    def trend(self, covariates: F64) -> Trend:
        """Score test of covariates, shape (spells, k) (Cox, 1972; ties as in Mantel, 1966)."""
        k, count = covariates.shape[1], self._count
        if not len(count):
            return Trend(np.zeros(k), np.zeros((k, k)), 0)
        pairs = [(i, j) for i in range(k) for j in range(i, k)]
        products = [covariates[:, i] * covariates[:, j] for i, j in pairs]
        sums = self._sets.sums(np.column_stack([np.ones(len(covariates)), covariates, *products]), self._at)
        n, mean = sums[:, 0], sums[:, 1 : k + 1] / sums[:, :1]
        score = covariates[self._left].sum(axis=0) - count @ mean
        # Of n at risk d leave: the variance of the sum is that of drawing d without replacement.
        several = count * np.where(n > 1, (n - count) / np.maximum(n - 1, 1), 0.0)
        information = np.zeros((k, k))
        for column, (i, j) in enumerate(pairs):
            covariance = sums[:, k + 1 + column] / n - mean[:, i] * mean[:, j]
            information[i, j] = information[j, i] = float(several @ covariance)
        return Trend(score, information, int(self._left.sum()))

    def slope(self, value: F64, steps: int = 8) -> tuple[float, float]:
        """Change of the log hazard per unit of a value, and its precision, by Newton's method (Cox, 1972)."""
        if not len(self._count):
            return 0.0, 0.0
        powers = np.column_stack([np.ones_like(value), value, value**2])
        total, beta, precision = float(value[self._left].sum()), 0.0, 0.0
        for _ in range(steps):
            weight = np.exp(np.clip(beta * value, -30, 30))
            sums = self._sets.sums(weight[:, None] * powers, self._at)
            mean = sums[:, 1] / sums[:, 0]
            precision = float(self._count @ np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 0.0))
            if precision <= 1e-9:
                return 0.0, 0.0
            move = float(np.clip((total - self._count @ mean) / precision, -1.0, 1.0))
            beta = float(np.clip(beta + move, -5.0, 5.0))
            if abs(move) < 1e-6:
                break
        return beta, precision
