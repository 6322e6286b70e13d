"""Amounts as a table of values whose weights are drawn: list prices, amounts of 0, and what no family fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.amount_families import LEAST_SPREAD, LOGNORMAL, Sizes
from rpmsim.calibration.part import F64

MOST_VALUES = 40
"""Values of a table. Half of them divide the records evenly, half the money."""

FEWEST_IN_BAND = 5
"""Wins below which a segment takes over the amounts of all segments in a band."""

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


def table_of(amount: F64, weight: F64, draws: int, rng: np.random.Generator, most: int = MOST_VALUES) -> Table:
    """A table of amounts; weights by the Bayesian bootstrap (Rubin, 1981) of the records in each group of values."""
    values, place = np.unique(amount, return_inverse=True)
    if len(values) > most:
        place = _groups(amount, weight, most)
    records = np.bincount(place, weights=weight)
    values = np.bincount(place, weights=weight * amount) / records
    drawn = rng.standard_gamma(np.maximum(records, 1e-9), (draws, len(records)))
    # Four digits, as a person reads them; whole numbers as they are.
    rounded = np.array([float(f"{value:.4g}") if value != np.floor(value) else value for value in values])
    return _merged(rounded, drawn / drawn.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Entries:
    """Records that entered the stage in which they get their size band, and what band wins had there.

    Parameters
    ----------
    limits : array, shape (bands - 1,)
        Upper limits of all bands but the last.
    records : array, shape (segments, bands)
        Number of records that entered.
    won : array of int, shape (wins,)
        Band of each win when it entered; -1 where its amount was not known.
    """

    limits: F64
    records: F64
    won: NDArray[np.int64]

    @property
    def ends(self) -> tuple[F64, F64]:
        """Lower and upper limit of each band."""
        return np.concatenate([[0.0], self.limits]), np.concatenate([self.limits, [np.inf]])

    def bands(self, amount: F64) -> NDArray[np.int64]:
        """Band of each win: the one that it entered with, or else that of its amount."""
        return np.where(self.won >= 0, self.won, np.searchsorted(self.limits, amount, side="right"))


def banded_table(
    known: tuple[F64, NDArray[np.int64], F64, NDArray[np.bool_]],
    entries: Entries,
    segment: int,
    draws: int,
    rng: np.random.Generator,
) -> Table:
    """A table in which each band has the weight of the records that enter, and inside it the amounts of wins.

    The engine draws the band of a new lead by the distribution of its segment, and its amount, if it is won, from the
    part of the distribution in that band. So this is what gives the expected bookings. Amounts of 0 and below are left
    out.

    Parameters
    ----------
    known : tuple of array, shape (wins,) each
        Amount, band and weight of the wins, and whether they are of the segment.
    entries : Entries
    segment : int
    draws : int
    rng : numpy.random.Generator
    """
    amount, band, weight, own = known
    pooled = entries.records.sum(axis=0)
    share = rng.standard_gamma(entries.records[segment] + pooled / pooled.sum(), (draws, len(pooled)))
    share /= share.sum(axis=1, keepdims=True)
    values, weights = [], []
    for number, (low, high) in enumerate(zip(*entries.ends, strict=True)):
        below = high * (1 - 1e-6)
        here = (band == number) & (amount > 0)
        if (here & own).sum() >= FEWEST_IN_BAND:
            here &= own
        if here.any():
            inside = np.clip(amount[here], low, below)
            part = table_of(inside, weight[here], draws, rng, MOST_VALUES // len(pooled))
        else:
            middle = np.sqrt(low * high) if low > 0 and np.isfinite(high) else 1.5 * low if low > 0 else 0.5 * high
            part = Table(np.array([middle]), np.ones((draws, 1)))
        # Rounding must not move a value into the next band.
        values.append(np.clip(part.values, low, below))
        weights.append(part.weights * share[:, [number]])
    return _merged(np.concatenate(values), np.concatenate(weights, axis=1))


def _groups(amount: F64, weight: F64, most: int) -> NDArray[np.int64]:
    """Number of the group of each amount: groups of neighbors that are alike in records and in money."""
    order = np.argsort(amount, kind="stable")
    records, money = weight[order], weight[order] * np.abs(amount[order])
    reached = 0.5 * np.cumsum(records) / records.sum() + 0.5 * np.cumsum(money) / max(money.sum(), 1e-300)
    group = np.empty(len(amount), dtype=np.int64)
    group[order] = np.minimum((reached * most - 1e-9).astype(np.int64), most - 1)
    # Equal amounts stay together, and zero is a value of its own.
    _, first, place = np.unique(amount, return_index=True, return_inverse=True)
    group = np.where(amount == 0, -1, group[first][place])
    return np.unique(group, return_inverse=True)[1]


def _merged(values: F64, weights: F64) -> Table:
    """A table with each value once, from small to large."""
    values, place = np.unique(values, return_inverse=True)
    sums = np.zeros((len(weights), len(values)))
    for i, column in enumerate(place):
        sums[:, column] += weights[:, i]
    return Table(values, sums)


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
