"""Targets: how likely each is reached, and by how much it is missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.bands import error_of_mean, plain


@dataclass(frozen=True)
class Reached:
    """How a target fares.

    Parameters
    ----------
    probability : float
        Share of replications that reach or beat it.
    mc_error : float
        Monte Carlo standard error of the probability; NaN from one replication.
    expected_miss : float or None
        Mean of target minus result over the replications that miss; None where none does.
    """

    probability: float
    mc_error: float
    expected_miss: float | None


def hits(values: NDArray[np.float64], target: float) -> NDArray[np.bool_]:
    """Which results are equal to a target or larger, within a millionth of a unit, which is rounding."""
    return values >= target - 1e-6


def reached(values: NDArray[np.float64], target: float, draws: NDArray[np.integer[Any]] | None = None) -> Reached:
    """Compare the results of all replications with a target.

    Parameters
    ----------
    values : ndarray, shape (replications,)
        Result of each replication.
    target : float
        Reached by a result that :func:`hits` it.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication.
    """
    hit = hits(values, target)
    missed = target - values[~hit]
    error = error_of_mean(hit.astype(np.float64), draws)
    miss = float(missed.mean()) if missed.size else None
    return Reached(float(hit.mean()), error, miss)


def fares(
    values: NDArray[np.float64] | None, target: float, draws: NDArray[np.integer[Any]] | None = None
) -> dict[str, Any]:
    """The part of a document that says how a target fares; its chance is None where no results are known."""
    if values is None:
        return {"target": target, "probability": None, "mc_error": None, "expected_miss": None}
    found = reached(values, target, draws)
    miss = None if found.expected_miss is None else plain(found.expected_miss)
    return {
        "target": target,
        "probability": found.probability,
        "mc_error": plain(found.mc_error),
        "expected_miss": miss,
    }
