"""A combination of the forecast with the best baseline, chosen at each origin by what had come until then."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim import scores
from rpmsim.backtesting.cases import Case

F64 = NDArray[np.float64]

WEIGHTS = (0.0, 0.25, 0.5, 0.75)
"""Weights of the baseline; with 0, the forecast stays as it is."""
LEAST_SEPARATE = 3
"""Separate spans that must have come before an origin, without which nothing is chosen."""


def combination(case: Case, block: int, effective: int, rng: np.random.Generator) -> dict[str, Any] | None:
    """Score the combination that the record before each origin would have chosen.

    Parameters
    ----------
    case : Case
    block : int
        Origins whose spans overlap.
    effective : int
        Separate spans of all origins.
    rng : Generator

    Returns
    -------
    dict or None
        Skill of the combination against the forecast alone, over origins at which something could be chosen; with
        ``baseline`` and ``weight``, what the whole record would choose. None if there are no such origins.

    Notes
    -----
    Quantiles are averaged (Lichtendahl, Grushka-Cockayne and Winkler, 2013): that keeps the shape of both, where a
    mixture of them would be wider than either.
    """
    everywhere = {name: draws for name, draws in case.baselines.items() if np.isfinite(draws).all()}
    if not everywhere or effective <= LEAST_SEPARATE:
        return None
    tried = _tried(case, everywhere)
    names, weights = list(tried), list(WEIGHTS)
    table = np.array([tried[name] for name in names])  # baseline, weight, origin
    days = case.dates
    chosen, alone, at = [], [], []
    for i, day in enumerate(days):
        past = days + np.timedelta64(case.last, "D") <= day
        if past.any() and scores.effective_origins(days[past], case.days) >= LEAST_SEPARATE:
            best = np.unravel_index(table[:, :, past].mean(axis=2).argmin(), table.shape[:2])
            chosen.append(table[best][i])
            alone.append(table[0, 0, i])
            at.append(i)
    if not at:
        return None
    found = scores.skill(np.array(chosen), np.array(alone), days[at], block, rng)
    separate = scores.effective_origins(days[at], case.days)
    baseline, weight = np.unravel_index(table.mean(axis=2).argmin(), table.shape[:2])
    return {
        "baseline": names[int(baseline)] if weight else None,
        "weight": weights[int(weight)],
        "origins": len(at),
        "crps": float(np.mean(chosen)),
        **found._asdict(),
        "verdict": scores.skill_verdict(found.low, found.high, separate),
    }


def _tried(case: Case, baselines: dict[str, F64]) -> dict[str, F64]:
    """CRPS of each baseline with each weight, shape (weights, origins)."""
    count = next(iter(baselines.values())).shape[1]
    levels = (np.arange(count) + 0.5) / count
    own = np.quantile(case.draws, levels, axis=1).T
    result = {}
    for name, draws in baselines.items():
        other = np.sort(draws, axis=1)
        result[name] = np.array(
            [scores.crps((1 - weight) * own + weight * other, case.actual, fair=False) for weight in WEIGHTS]
        )
    return result
