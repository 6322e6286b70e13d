"""How people come and go: who leaves, and how long a seat stays empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.teams import Team
from rpmsim.model.staffing import DAYS_PER_MONTH

F64 = NDArray[np.float64]

LEAST_FILLED = 3
"""The time until a seat is filled again is estimated from so many seats."""

LEAVES = 0.5, 0.02
"""Prior of the monthly chance of leaving: so many leavers, at this chance (SDRs have 3% in studies)."""

WIDEST = 1.5
"""Largest sigma of that time."""

LONGEST_EMPTY = 365
"""A start later than this after somebody left fills another seat."""


@dataclass(frozen=True)
class Turnover:
    """How people of a role come and go; arrays of shape (draws,).

    Parameters
    ----------
    leavers, starters, empty : int
        People who left and who started in the history, and seats of leavers that nobody has filled so far.
    leaves : array
        Chance of leaving within a month.
    days, sigma : array or None
        Median and sigma of the lognormal time until a seat is filled again; None if that was seldom seen.
    filled : int
        Seats that it was seen for.
    """

    leavers: int
    starters: int
    empty: int
    leaves: F64
    days: F64 | None
    sigma: F64 | None
    filled: int


def fit_turnover(team: Team, first: int, last: int, draws: int, rng: np.random.Generator) -> Turnover:
    """Leavers for each day that people were there, and the next start after each of them.

    Parameters
    ----------
    team : Team
    first, last : int
        First and last day of the history.
    draws : int
    rng : Generator
    """
    begins = np.array([max(person.first, first) for person in team.people])
    ends = np.array([min(person.last, last) for person in team.people])
    exposure = int(np.maximum(ends - begins + 1, 0).sum())
    gone = sorted(person.last for person in team.people if person.left and first <= person.last < last)
    starts = sorted(person.first for person in team.people if person.dated and first < person.first <= last)
    before, chance = LEAVES
    daily_prior = -np.log1p(-chance) / DAYS_PER_MONTH
    daily = rng.gamma(len(gone) + before, 1.0 / (exposure + before / daily_prior), draws)
    gaps, empty = _gaps(gone, starts)
    days = sigma = None
    if len(gaps) >= LEAST_FILLED:
        days, sigma = _lognormal(np.log(np.maximum(gaps, 1)), draws, rng)
    return Turnover(len(gone), len(starts), empty, -np.expm1(-DAYS_PER_MONTH * daily), days, sigma, len(gaps))


def _gaps(gone: list[int], starts: list[int]) -> tuple[list[int], int]:
    """Days from each leaver to the next start that fills no earlier seat, and the seats that are still empty."""
    gaps, empty, left = [], 0, list(starts)
    for day in gone:
        start = next((s for s in left if day < s <= day + LONGEST_EMPTY), None)
        if start is None:
            empty += 1
        else:
            left.remove(start)
            gaps.append(start - day)
    return gaps, empty


def _lognormal(logs: F64, draws: int, rng: np.random.Generator) -> tuple[F64, F64]:
    """Median and sigma: the conjugate posterior, with sigma worth two observations of 0.6 beforehand."""
    n, weight = len(logs), 2.0
    variance = ((n - 1) * logs.var(ddof=1) + weight * 0.6**2) / rng.chisquare(n - 1 + weight, draws)
    days = np.exp(rng.normal(logs.mean(), np.sqrt(variance / n)))
    return np.clip(days, 1.0, LONGEST_EMPTY), np.minimum(np.sqrt(variance), WIDEST)
