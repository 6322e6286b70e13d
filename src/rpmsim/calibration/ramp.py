"""How much of a full head somebody is in the first months, from people who started inside the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.role_days import MOST_MONTHS
from rpmsim.calibration.take_ups import NEVER, Visits
from rpmsim.calibration.teams import Team
from rpmsim.model.staffing import DAYS_PER_MONTH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_STARTERS, LEAST_EXPECTED = 2, 8.0
"""A month of the ramp is estimated from so many people, who would have taken up so many records if ramped."""

SETTLED = (MOST_MONTHS, 9, 6)
"""People are compared with colleagues who have been there for so many months, the most for which there are enough."""

FULL = 0.9
"""The ramp ends with the last month in which less than this share was done."""

BLOCK_WEEKS, LEAST_DUE = 4, 3.0
"""People are compared with each other over so many weeks, in which they should take up so many records."""

PRIOR = 0.5
"""Records that the prior is worth: a gamma with mean 1, centered on nobody having a ramp."""


@dataclass(frozen=True)
class Ramp:
    """How much of a full head people are by tenure.

    Parameters
    ----------
    share : array, shape (draws, months + 1)
        By month of tenure; 1 from the end of the ramp on.
    months : int
        Length of the ramp; 0 if none is seen.
    known : int
        Months in which enough people were seen.
    starters : int
        People who started inside the history.
    """

    share: F64
    months: int
    known: int
    starters: int


def fit_ramp(visits: Visits, team: Team, draws: int, rng: np.random.Generator) -> Ramp:
    """Share of a full head by month of tenure.

    On each day the records that a person takes up are compared with those of colleagues beyond the ramp on the same
    days, so the work that there was cancels. Given the expected number, the count is Poisson, or varies more if
    colleagues differ more from each other, and the share has a gamma posterior.
    """
    ramp = np.ones((draws, MOST_MONTHS + 1))
    counts, present = _counts(visits, team)
    starters = int((present[:, 0] > 0).any(axis=1).sum()) if present.size else 0
    if starters < LEAST_STARTERS:
        return Ramp(ramp, 0, 0, starters)
    settled = _settled_from(present)
    full = present[:, settled:].sum(axis=(0, 1))
    rate = np.divide(counts[:, settled:].sum(axis=(0, 1)), full, out=np.zeros_like(full), where=full > 0)
    dispersion = _dispersion(counts[:, settled:].sum(axis=1), present[:, settled:].sum(axis=1) * rate)
    counts, present = counts[:, :settled, full > 0], present[:, :settled, full > 0]
    done = counts.sum(axis=(0, 2))
    expected = np.einsum("pmw,w->m", present, rate[full > 0])
    people = (present > 0).any(axis=2).sum(axis=0)
    usable = (people >= LEAST_STARTERS) & (expected >= LEAST_EXPECTED)
    last = int(np.argmin(usable)) if not usable.all() else MOST_MONTHS
    share = (done + PRIOR) / (expected + PRIOR)
    error = np.sqrt(dispersion * (done + PRIOR)) / (expected + PRIOR)
    slow = np.flatnonzero(share[:last] + error[:last] < FULL)
    months = int(slow[-1]) + 1 if len(slow) else 0
    if months:
        shape, scale = (done[:months] + PRIOR) / dispersion, dispersion / (expected[:months] + PRIOR)
        ramp[:, :months] = rng.gamma(shape, scale, (draws, months))
    return Ramp(np.minimum(ramp, 1.0), months, last, starters)


def _dispersion(counts: F64, expected: F64) -> float:
    """How much more people of full capacity differ than Poisson counts would: Pearson's chi-square by freedom.

    Parameters
    ----------
    counts, expected : array, shape (people, weeks)
    """
    starts = np.arange(0, counts.shape[1], BLOCK_WEEKS)
    done, due = np.add.reduceat(counts, starts, axis=1), np.add.reduceat(expected, starts, axis=1)
    enough = due >= LEAST_DUE
    freedom = float((np.maximum(enough.sum(axis=0) - 1, 0)).sum())
    if freedom <= 0.0:
        return 1.0
    return max(1.0, float(((done - due)[enough] ** 2 / due[enough]).sum()) / freedom)


def _settled_from(present: F64) -> int:
    """Month from which on people count as full: the latest that somebody had in most weeks with new people."""
    new = present[:, : SETTLED[-1]].sum(axis=(0, 1)) > 0
    for month in SETTLED[:-1]:
        full = present[:, month:].sum(axis=(0, 1)) > 0
        if (full & new).sum() >= 0.8 * new.sum():
            return month
    return SETTLED[-1]


def _counts(visits: Visits, team: Team) -> tuple[F64, F64]:
    """Records taken up, and days there, by person, month of tenure and week; arrays (people, months + 1, weeks)."""
    people = [person for person in team.people if person.owner >= 0]
    weeks = visits.last // 7 + 1
    counts = np.zeros((len(people), MOST_MONTHS + 1, weeks))
    present = np.zeros_like(counts)
    mask = team.mask(visits) & (visits.took < NEVER)
    began = int(visits.entered[mask & visits.worked].min(initial=visits.last))
    days = np.arange(began, visits.last + 1)
    of_owner = np.full(len(visits.owners), -1)
    for i, person in enumerate(people):
        of_owner[person.owner] = i
        there = days[(days >= person.first) & (days <= person.last)]
        month = _month(there - person.first if person.dated else np.full_like(there, NEVER))
        np.add.at(present[i], (month, there // 7), 1.0)
    first = np.array([person.first if person.dated else -NEVER for person in people], dtype=np.int64)
    known = mask & (visits.owner >= 0) & (visits.took <= visits.last)
    who, took = of_owner[visits.owner[known]], visits.took[known]
    mine = who >= 0
    who, took = who[mine], took[mine]
    inside = took >= first[who]
    who, took = who[inside], took[inside]
    np.add.at(counts, (who, _month(took - first[who]), took // 7), 1.0)
    return counts, present


def _month(tenure: I64) -> I64:
    """Month of tenure, from days."""
    return np.minimum(tenure // DAYS_PER_MONTH, MOST_MONTHS).astype(np.int64)
