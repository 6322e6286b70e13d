"""Whether the size of a deal acts on its outcome or its speed: trends in the hazards of leaving."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibrate.part import F64

I64 = NDArray[np.int64]

OPEN, OTHER, ADVANCED = -1, 0, 1
"""How a spell ended: not yet, by an outcome that does not advance, by one that advances."""

COHORT_DAYS = 91
"""Records are compared with those of their own quarter, so that amounts and speed may both drift over the years."""


@dataclass(frozen=True)
class SizedSpells:
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

    def __len__(self) -> int:
        return len(self.stage)

    def where(self, mask: NDArray[np.bool_]) -> SizedSpells:
        """Some of them."""
        return SizedSpells(**{column.name: getattr(self, column.name)[mask] for column in fields(self)})

    def strata(self, *more: I64) -> I64:
        """Number of the stratum of each spell: same stage, segment and quarter of entering, and more if given."""
        columns = np.column_stack([self.stage, self.segment, self.entered // COHORT_DAYS, *more])
        return np.unique(columns, axis=0, return_inverse=True)[1].ravel()


@dataclass(frozen=True)
class RiskSets:
    """Who could have left when somebody left, by stratum and age: a spell counts from ``since`` to ``until``."""

    stratum: I64
    since: I64
    until: I64

    def sums(self, values: F64, at: tuple[I64, I64]) -> F64:
        """Sum of values, shape (spells, k), over those at risk at strata and ages, shape (events,): (events, k)."""
        stratum, age = at
        span = int(self.until.max()) + 2
        # Those whose last day is not before the age, less those whose first day is after it.
        return self._from(self.until, values, stratum, age, span) - self._from(
            self.since, values, stratum, age + 1, span
        )

    def _from(self, ages: I64, values: F64, stratum: I64, age: I64, span: int) -> F64:
        key = self.stratum * span + ages
        order = np.argsort(key, kind="stable")
        total = np.zeros((len(key) + 1, values.shape[1]))
        np.cumsum(values[order], axis=0, out=total[1:])
        low = np.searchsorted(key[order], stratum * span + np.minimum(age, span - 1))
        high = np.searchsorted(key[order], (stratum + 1) * span)
        return total[high] - total[low]


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


@dataclass(frozen=True)
class _Exits:
    """Exits of one kind: who left, and how many of a stratum at each age; arrays of shape (times,)."""

    left: NDArray[np.bool_]
    at: tuple[I64, I64]
    count: I64


def _exits(spells: SizedSpells, stratum: I64, end: int) -> _Exits | None:
    left = spells.end == end
    if not left.any():
        return None
    span = int(spells.until.max()) + 1
    keys, place = np.unique(stratum[left] * span + spells.until[left], return_inverse=True)
    return _Exits(left, (keys // span, keys % span), np.bincount(place))


def trend(covariates: F64, spells: SizedSpells, stratum: I64, end: int) -> Trend:
    """Score test for one kind of end (Cox, 1972; ties as in Mantel, 1966), comparing records of a stratum at one age.

    Parameters
    ----------
    covariates : array, shape (spells, k)
    spells : SizedSpells
    stratum : array of int, shape (spells,)
    end : int
        Exits of other kinds count as censored.

    Returns
    -------
    Trend
    """
    k, exits = covariates.shape[1], _exits(spells, stratum, end)
    if exits is None:
        return Trend(np.zeros(k), np.zeros((k, k)), 0)
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    products = [covariates[:, i] * covariates[:, j] for i, j in pairs]
    columns = np.column_stack([np.ones(len(covariates)), covariates, *products])
    sums = RiskSets(stratum, spells.since, spells.until).sums(columns, exits.at)
    n, mean, count = sums[:, 0], sums[:, 1 : k + 1] / sums[:, :1], exits.count
    score = covariates[exits.left].sum(axis=0) - count @ mean
    # Of n at risk d leave: the variance of the sum is that of drawing d without replacement.
    several = count * np.where(n > 1, (n - count) / np.maximum(n - 1, 1), 0.0)
    information = np.zeros((k, k))
    for column, (i, j) in enumerate(pairs):
        covariance = sums[:, k + 1 + column] / n - mean[:, i] * mean[:, j]
        information[i, j] = information[j, i] = float(several @ covariance)
    return Trend(score, information, int(exits.left.sum()))


def slope(value: F64, spells: SizedSpells, stratum: I64, end: int, steps: int = 8) -> tuple[float, float]:
    """Change of the log hazard per unit of a value, and its precision, by Newton's method (Cox, 1972)."""
    exits = _exits(spells, stratum, end)
    if exits is None:
        return 0.0, 0.0
    sets = RiskSets(stratum, spells.since, spells.until)
    powers = np.column_stack([np.ones_like(value), value, value**2])
    total, beta, precision = float(value[exits.left].sum()), 0.0, 0.0
    for _ in range(steps):
        weight = np.exp(np.clip(beta * value, -30, 30))
        sums = sets.sums(weight[:, None] * powers, exits.at)
        mean = sums[:, 1] / sums[:, 0]
        precision = float(exits.count @ np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 0.0))
        if precision <= 1e-9:
            return 0.0, 0.0
        move = float(np.clip((total - exits.count @ mean) / precision, -1.0, 1.0))
        beta = float(np.clip(beta + move, -5.0, 5.0))
        if abs(move) < 1e-6:
            break
    return beta, precision
