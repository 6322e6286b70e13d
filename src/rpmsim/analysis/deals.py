"""The listed deals that decide a period: whose outcome carries much of the variance of its bookings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.dataset.store import loaded

if TYPE_CHECKING:
    import xarray as xr

DECISIVE = 0.05
"""A deal with less of the variance is one of many."""
MOST_NAMED = 5


@dataclass(frozen=True)
class Decisive:
    """A deal that decides a period.

    Parameters
    ----------
    deal, label : str
        Its id, and display name.
    chance : float
        Share of the replications in which it is won in the period.
    amount : float
        Mean amount where it is; currency.
    share : float
        Its share of the variance of the period's bookings: the covariance of the two / the variance. The shares of all
        deals and of everything else add up to 1.
    """

    deal: str
    label: str
    chance: float
    amount: float
    share: float


class Deals:
    """Bookings of each listed deal by replication.

    Parameters
    ----------
    dataset : xarray.Dataset
        A forecast.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        there = "deal" in dataset.dims and dataset.sizes["deal"] > 0
        self._amounts: NDArray[Any] = loaded(dataset["deal_bookings"]).values if there else np.zeros((0, 0))
        self._periods: NDArray[Any] = loaded(dataset["deal_period"]).values if there else np.zeros((0, 0))
        self._names = dataset["deal"].values.tolist() if there else []
        self._labels = dataset["deal_label"].values.tolist() if there else []

    def decisive(self, total: NDArray[np.float64], periods: NDArray[np.bool_]) -> list[Decisive]:
        """The few deals that decide some periods, the most decisive first.

        Parameters
        ----------
        total : ndarray of float, shape (replications,)
            Bookings of these periods.
        periods : ndarray of bool, shape (periods,)
            Which reporting periods they are.

        Returns
        -------
        list of Decisive
            At most five, each with at least 5% of the variance; none where nothing varies.
        """
        variance = total.var()
        if not self._names or variance <= 0:
            return []
        inside = np.concatenate([[False], periods])[self._periods]
        won = np.where(inside, self._amounts, 0.0)
        shares = ((won - won.mean(axis=0)) * (total - total.mean())[:, None]).mean(axis=0) / variance
        order = np.argsort(-shares, kind="stable")[:MOST_NAMED]
        return [
            Decisive(
                self._names[i],
                self._labels[i],
                float(inside[:, i].mean()),
                float(won[inside[:, i], i].mean()),
                float(shares[i]),
            )
            for i in order
            if shares[i] >= DECISIVE and inside[:, i].any()
        ]
