"""The bridge from one scenario to another: how much of the difference each lever makes.

A lever's part is its Shapley value (Shapley 1953): its effect, averaged over all orders in which the levers can be
pulled. It does not depend on an order, and the parts sum to the difference, in every replication.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rpmsim.analysis.bands import error_of_mean
from rpmsim.comparison.runs import SURE, Draws, Values
from rpmsim.comparison.shapley import subsets, weight

Subset = frozenset[int]

LARGE_INTERACTION = 0.2
"""Share of the sum of all single effects beyond which an interaction is named."""
_DUST = 1e-12
"""Part of the largest value that is left by rounding where weighted values cancel."""


@dataclass(frozen=True)
class Interaction:
    """Two levers that together do more, or less, than the sum of what each does alone; mean of the total, and error."""

    levers: tuple[int, int]
    value: float
    mc_error: float


@dataclass(frozen=True)
class Bridge:
    """What each lever contributes.

    Parameters
    ----------
    parts : ndarray of float, shape (levers, replications, periods)
        Sum over levers: the difference of the two scenarios, in each replication and period.
    alone : ndarray of float, shape (levers,)
        Mean effect on the total of each lever when it alone is pulled.
    interaction : Interaction or None
        The largest of two levers, where it is large.
    """

    parts: Values
    alone: Values
    interaction: Interaction | None


def bridge(
    before: Values, after: Values, count: int, value_of: Callable[[Subset], Values], draws: Draws | None = None
) -> Bridge:
    """Divide a difference among levers.

    Parameters
    ----------
    before, after : ndarray of float, shape (replications, periods)
        With no lever pulled, and with all.
    count : int
        Number of levers, at least one.
    value_of : callable
        Gives the values with some of the levers pulled; asked once for each subset that is neither empty nor whole.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication; replications of one draw are alike.
    """
    everything = frozenset(range(count))
    parts = np.zeros((count, *before.shape))
    few: dict[Subset, Values] = {}
    for subset in subsets(range(count)):
        values = before if not subset else after if subset == everything else value_of(subset)
        for lever in range(count):
            parts[lever] += weight(subset, lever, count) * values
        if len(subset) <= 2:
            few[subset] = values.sum(axis=1)
    parts[np.abs(parts) < _DUST * max(np.abs(before).max(), np.abs(after).max(), 1.0)] = 0.0
    nothing = few[frozenset()]
    alone = np.array([(few[frozenset({lever})] - nothing).mean() for lever in range(count)])
    return Bridge(parts, alone, _largest_interaction(few, count, draws))


def _largest_interaction(few: dict[Subset, Values], count: int, draws: Draws | None) -> Interaction | None:
    """The interaction of two levers that is largest, if it is beyond its error and not small beside the effects."""
    nothing = few[frozenset()]
    effects = sum(abs(float((few[frozenset({lever})] - nothing).mean())) for lever in range(count))
    found = None
    for pair in combinations(range(count), 2):
        one, other = (few[frozenset({lever})] for lever in pair)
        joint = few[frozenset(pair)] - one - other + nothing
        value, error = float(joint.mean()), error_of_mean(joint, draws)
        large = abs(value) > max(SURE * error, LARGE_INTERACTION * effects)
        if large and (found is None or abs(value) > abs(found.value)):
            found = Interaction(pair, value, error)
    return found


def rounded(parts: Sequence[float], total: float, digits: int) -> list[float]:
    """Round parts so that they sum to the rounded total: the largest takes what is left.

    Parameters
    ----------
    parts : sequence of float
        Sum to ``total``.
    total : float
    digits : int
        Decimals: 2 for money.
    """
    unit = 10**digits
    whole = [round(part * unit) for part in parts]
    if whole:
        largest = max(range(len(whole)), key=lambda i: (abs(whole[i]), -i))
        whole[largest] += round(total * unit) - sum(whole)
    return [value / unit for value in whole]
