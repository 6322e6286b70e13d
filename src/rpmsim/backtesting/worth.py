"""What wins and open records are worth at an origin: one each, or their amount; unknown amounts are the mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.known import Known

__all__ = ["Measure", "Worth", "mean_amounts", "typical_deal", "worth"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

Measure = Literal["wins", "bookings"]


@dataclass(frozen=True)
class Worth:
    """Weights and their prices: a total is the sum over the parts of a weighted count times the price at the origin.

    Parameters
    ----------
    wins : ndarray of float64, shape (parts, records)
    spells : ndarray of float64, shape (parts, spells)
        What each record and spell counts: a single part of ones for wins; for bookings the known amounts, and ones
        where the amount is unknown.
    prices : ndarray of float64, shape (parts, origins)
        1 for known amounts; for unknown ones the mean of the known amounts of wins up to the origin.
    """

    wins: F64
    spells: F64
    prices: F64

    def priced(self, totals: F64) -> F64:
        """Worth of totals with axes (part, ..., origin): the sum over parts at the prices of the origin."""
        return np.einsum("p...o,po->...o", totals, self.prices)


def worth(known: Known, measure: Measure, origins: I64) -> Worth:
    """Return what wins and spells are worth at each origin."""
    if measure == "wins":
        return Worth(np.ones((1, known.begun.size)), np.ones((1, known.stage.size)), np.ones((1, origins.size)))
    prices = mean_amounts(known, np.full(origins.size, known.recorded), origins)
    return Worth(_parts(known.amount), _parts(known.spell_amount), np.stack([np.ones(origins.size), prices]))


def _parts(amounts: F64) -> F64:
    unknown = np.isnan(amounts)
    return np.stack([np.where(unknown, 0.0, amounts), unknown.astype(np.float64)])


def mean_amounts(known: Known, first: I64, last: I64) -> F64:
    """Mean known amount of the wins of each span of days, both ends included; 0 where there is none."""
    priced = np.isfinite(known.amount) & (known.won >= known.recorded) & (known.won <= known.last)
    day = known.won[priced]
    number = np.concatenate([[0.0], np.cumsum(np.bincount(day, minlength=known.last + 1))])
    money = np.concatenate([[0.0], np.cumsum(np.bincount(day, known.amount[priced], known.last + 1))])
    deals = number[last + 1] - number[first]
    return np.divide(money[last + 1] - money[first], deals, out=np.zeros(deals.size), where=deals > 0)


def typical_deal(known: Known | None, measure: Measure | None) -> tuple[float, float]:
    """Mean, and mean square over mean, of what one win counts: 1 and 1, or those of the positive amounts of wins."""
    if known is None or measure != "bookings":
        return 1.0, 1.0
    for amounts in (known.amount, known.spell_amount):
        positive = amounts[np.isfinite(amounts) & (amounts > 0.0)]
        if positive.size:
            return float(positive.mean()), float((positive**2).mean() / positive.mean())
    return 1.0, 1.0
