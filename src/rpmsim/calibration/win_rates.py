"""The chance of a win from each stage on: the absorption probability of a Markov chain of stages.

Kemeny and Snell, Finite Markov Chains (1960), section 3.3. Classes and returns are averaged over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

STAYING = 1e-9
"""Added to the chance of staying for good, so that a circle that nobody leaves has no win."""


def win_rates(shares: Mapping[str, Mapping[str, F64]], won: Collection[str]) -> dict[str, F64]:
    """Draws of the share of the records entering each stage that are won in the end.

    Parameters
    ----------
    shares : mapping of str to mapping of str to array, shape (draws,)
        By stage, the share of each outcome; what is missing to 1 stays for good.
    won : collection of str
        Stages that are wins.

    Returns
    -------
    dict of str to array, shape (draws,)
        By stage, in the order of ``shares``; without stages that are wins.
    """
    names = [name for name in shares if name not in won]
    place = {name: i for i, name in enumerate(names)}
    draws = max((len(share) for name in names for share in shares[name].values()), default=0)
    moves = np.zeros((draws, len(names), len(names)))
    wins = np.zeros((draws, len(names), 1))
    for i, name in enumerate(names):
        for outcome, share in shares[name].items():
            if outcome in won:
                wins[:, i, 0] += share
            elif outcome in place:
                moves[:, i, place[outcome]] += share
    solved = np.linalg.solve(np.eye(len(names)) * (1.0 + STAYING) - moves, wins)[:, :, 0]
    return {name: np.clip(solved[:, i], 0.0, 1.0) for i, name in enumerate(names)}
