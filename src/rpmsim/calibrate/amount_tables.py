"""Amounts as a table of values whose weights are drawn: list prices, amounts of 0, and what no family fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rpmsim.calibrate.amount_families import LEAST_SPREAD, LOGNORMAL, Sizes
from rpmsim.calibrate.part import F64

MOST_VALUES = 40
"""Values of a table. Half of them divide the records evenly, half the money."""

LIST_SHARE = 0.2
"""Prices are from a list if there are at most this many different ones per record."""

FITS_BELOW = 1.035
"""Anderson-Darling statistic with estimated parameters that 1% of true samples exceed (D'Agostino & Stephens, 1986)."""


@dataclass(frozen=True)
class Table:
    """Values with drawn weights.

    Parameters
    ----------
    values : array, shape (values,)
        From small to large, each once.
    weights : array, shape (draws, values)
        Each row sums to 1.
    """

    values: F64
    weights: F64

    def mean(self) -> F64:
        """Mean amount, shape (draws,)."""
        return self.weights @ self.values

    def quantile(self, u: F64) -> F64:
        """Quantiles at ``u``, shape (quantiles, draws)."""
        sums = np.cumsum(self.weights, axis=1)
        places = np.minimum((sums[None] < u[:, None, None] - 1e-12).sum(axis=2), len(self.values) - 1)
        return self.values[places]


def is_list(amount: F64) -> bool:
    """Whether amounts come from a list of prices: few different ones, most of them more than once."""
    _, counts = np.unique(amount, return_counts=True)
    often = counts[counts > 1].sum()
    return len(counts) <= min(MOST_VALUES, LIST_SHARE * len(amount)) and often >= 0.9 * len(amount)


def table_of(amount: F64, weight: F64, draws: int, rng: np.random.Generator) -> Table:
    """A table of amounts; weights by the Bayesian bootstrap (Rubin, 1981) of the records in each group of values."""
    values, place = np.unique(amount, return_inverse=True)
    if len(values) > MOST_VALUES:
        place = _groups(amount, weight)
    records = np.bincount(place, weights=weight)
    values = np.bincount(place, weights=weight * amount) / records
    drawn = rng.standard_gamma(np.maximum(records, 1e-9), (draws, len(records)))
    return Table(*_once(values, drawn / drawn.sum(axis=1, keepdims=True)))


def _groups(amount: F64, weight: F64) -> np.ndarray:
    """Number of the group of each amount: groups of neighbors that are alike in records and in money."""
    order = np.argsort(amount, kind="stable")
    records, money = weight[order], weight[order] * np.abs(amount[order])
    reached = 0.5 * np.cumsum(records) / records.sum() + 0.5 * np.cumsum(money) / max(money.sum(), 1e-300)
    group = np.empty(len(amount), dtype=np.int64)
    group[order] = np.minimum((reached * MOST_VALUES - 1e-9).astype(np.int64), MOST_VALUES - 1)
    # Equal amounts stay together, and zero is a value of its own.
    _, first, place = np.unique(amount, return_index=True, return_inverse=True)
    group = np.where(amount == 0, -1, group[first][place])
    return np.unique(group, return_inverse=True)[1]


def _once(values: F64, weights: F64) -> tuple[F64, F64]:
    """Values with four digits, as a person reads them, each once."""
    rounded = np.array([float(f"{value:.4g}") if value != int(value) else value for value in values])
    values, place = np.unique(rounded, return_inverse=True)
    sums = np.zeros((len(weights), len(values)))
    for i, column in enumerate(place):
        sums[:, column] += weights[:, i]
    return values, sums


def misfit(amount: F64, sizes: Sizes, segment: int, unit: float) -> float:
    """Anderson-Darling statistic of amounts against their family, with its parameters at the posterior's medians."""
    ordered = np.sort(amount) / unit
    n = len(ordered)
    place, spread = (float(np.median(values[:, segment])) for values in (sizes.place, sizes.spread))
    if sizes.family is LOGNORMAL:
        z = (np.log(ordered) - place) / max(spread, LEAST_SPREAD)
        below, above = special.log_ndtr(z), special.log_ndtr(-z)
    else:
        shape = spread**-2.0
        x = ordered * shape / np.exp(place)
        below, above = (np.log(np.maximum(f(shape, x), 1e-300)) for f in (special.gammainc, special.gammaincc))
    ranks = 2 * np.arange(1, n + 1) - 1
    statistic = -n - float(np.mean(ranks * (below + above[::-1])))
    return statistic * (1 + 0.75 / n + 2.25 / n**2)
