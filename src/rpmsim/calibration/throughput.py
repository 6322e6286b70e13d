"""What limits a role: how many records a person takes up on a day, or holds at once, if a limit can be seen at all.

A limit is seen only on days on which more waits than the role can take up. That records wait does not show it: a
contact that is made after three days by habit waits, too, however few there are. On days that begin with a backlog of
more than a day's work, a limit on throughput has two consequences that a habit does not have: the number taken up
does not grow with the backlog, and not with what comes on the day. A limit on open items has another one: what is
taken up are the slots that have become free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from rpmsim.calibration.ramp import Ramp
from rpmsim.calibration.role_days import MOST_MONTHS, RoleDays

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_DAYS, LEAST_WEEKS, LEAST_RECORDS = 20, 5, 20
"""A limit is estimated from so many busy days in so many weeks; the effort of a stage from so many records."""

NEW_HEADS = 0.1
"""Days with a larger share of new people are left out if their ramp is not known."""

LEAST_SHARE = 0.1
"""A draw of a limit is at least this share of its mean."""

TRACKS = 0.5
"""Take-ups follow what comes or waits if the elasticity may be this large; 1 without a limit, 0 with one."""

FREED = 0.5
"""Take-ups follow freed slots if the variance of the difference is below this share of the sum of variances."""

STEADY = 0.3
"""Open items are limited if their variance, given the heads, is below this share of their mean; 1 without a limit."""


@dataclass(frozen=True)
class Limit:
    """What limits a role.

    Parameters
    ----------
    kind : {"handles", "holds", ""}
        Empty if no limit is seen.
    per_head : array of float, shape (draws,)
        Records taken up per ramped head and day, or held per ramped head.
    busy_days : int
        Days on which the role had more to do than it could.
    taken : int
        Records taken up on these.
    why : str
        What shows the limit, or why none is seen.
    effort : array, shape (draws, stages), or None
        Days of a ramped head that a record of each stage takes, if they differ.
    """

    kind: Literal["handles", "holds", ""]
    per_head: F64
    busy_days: int
    taken: int
    why: str
    effort: F64 | None = None


def find_limit(days: RoleDays, ramping: Ramp, rng: np.random.Generator) -> Limit:
    """Whether a role has a limit, and which.

    Parameters
    ----------
    days : RoleDays
    ramping : Ramp
    rng : Generator

    Returns
    -------
    Limit
    """
    settled = days.where(_settled(days, ramping))
    limit = _find(settled, ramping.share, rng)
    if not limit.kind and len(settled.day) < len(days.day) and limit.busy_days < LEAST_DAYS:
        limit = _find(days, ramping.share, rng)
    return limit


def _find(days: RoleDays, ramp: F64, rng: np.random.Generator) -> Limit:
    ramped = days.heads @ ramp.mean(axis=0)
    full = (days.old > 0.0) & (ramped > 0.0)
    full[1:] &= full[:-1].copy()
    full[:1] = False
    if _enough(days, full) and _holds(days.where(full), ramped[full]):
        return _limit("holds", days.where(full), days.held[full], ramp, "records are taken up as others leave", rng)
    busy = busy_days(days, ramped)
    n = int(busy.sum())
    if not _enough(days, busy):
        why = f"more waited in the morning than is taken up in a day on only {n} of {len(ramped)} days"
        return Limit("", np.empty(0), n, int(days.work[busy].sum()), why)
    # What is begun in the evening may show on the next day: inside a busy spell, as much comes over as goes.
    inside = busy.copy()
    inside[1:] &= busy[:-1]
    inside[:1] = False
    chosen = days.where(inside if _enough(days, inside) else busy)
    weights = _mean_effort(chosen, chosen.heads @ ramp.mean(axis=0))
    limited, why = _handles(days.where(busy), ramped[busy], (days.taken_by_stage @ weights)[busy])
    if not limited:
        return Limit("", np.empty(0), n, int(days.work[busy].sum()), why)
    if _enough(days, full) and _freed(days.where(full)) <= FREED:
        why = "records are taken up as others leave, but the number of open ones is not steady"
        return Limit("", np.empty(0), n, int(days.work[busy].sum()), why)
    limit = _limit("handles", chosen, chosen.work, ramp, why, rng)
    return replace(limit, effort=_effort(chosen, ramp, rng))


def busy_days(days: RoleDays, ramped: F64) -> Mask:
    """Days that begin with at least a day's work waiting.

    What counts is the morning, not the evening: on a day on which little was done more is left in the evening, so
    evenings would choose slow days.
    """
    there = ramped > 0.0
    left_over = there & (days.old > 0.0)
    rate = days.work[left_over].sum() / max(ramped[left_over].sum(), 1e-9)
    return np.asarray(there & (days.morning >= np.maximum(rate * ramped, 1.0)))


def _settled(days: RoleDays, ramping: Ramp) -> Mask:
    """Days on which hardly anybody is new of whom nobody can say how much of a full head they are."""
    new = days.heads[:, ramping.known : MOST_MONTHS].sum(axis=1)
    return np.asarray(new <= NEW_HEADS * days.heads.sum(axis=1))


def _enough(days: RoleDays, mask: Mask) -> bool:
    return int(mask.sum()) >= LEAST_DAYS and len(np.unique(days.week[mask])) >= LEAST_WEEKS


def _limit(
    kind: Literal["handles", "holds"], days: RoleDays, amount: F64, ramp: F64, why: str, rng: np.random.Generator
) -> Limit:
    """Amount per ramped head, with weights for weeks (Bayesian bootstrap, Rubin 1981).

    The bootstrap of n values has the variance of their mean times (n - 1) / (n + 1), which is put right.
    """
    _, block = np.unique(days.week, return_inverse=True)
    weeks = int(block.max()) + 1
    weight = rng.standard_exponential((len(ramp), weeks))[:, block]
    heads = ramp @ days.heads.T
    per_head = _widened((weight * amount).sum(axis=1) / (weight * heads).sum(axis=1), weeks)
    return Limit(kind, per_head, len(block), int(days.work.sum()), why)


def _holds(days: RoleDays, ramped: F64) -> bool:
    """Whether open items are what limits a role that has old records waiting every evening."""
    mean = days.held.mean()
    steady = (days.held - ramped * days.held.sum() / ramped.sum()).var() / mean if mean > 0.0 else np.inf
    return bool(_freed(days) <= FREED and steady <= STEADY)


def _widened(draws: F64, blocks: int) -> F64:
    """Draws of a bootstrap of so many blocks, with the variance of the mean."""
    center = draws.mean(axis=0)
    wider = center + (draws - center) * np.sqrt((blocks + 1.0) / (blocks - 1.0))
    return np.asarray(np.maximum(wider, LEAST_SHARE * center))


def _freed(days: RoleDays) -> float:
    """Variance of what is taken up beyond what leaves, as a share of what it is if the two have nothing in common."""
    spread = float(days.taken.var() + days.left.var())
    return float((days.taken - days.left).var()) / spread if spread > 0.0 else np.inf


def _mean_effort(days: RoleDays, ramped: F64, weight: F64 | None = None) -> F64:
    """Days of a ramped head that a record of each stage takes, by least squares over weeks; none is negative.

    A stage with few records counts like the mean of all.
    """
    _, block = np.unique(days.week, return_inverse=True)
    root = np.sqrt(np.ones(int(block.max()) + 1) if weight is None else weight)
    total = days.taken_by_stage.sum(axis=0)
    result = np.full(len(total), ramped.sum() / max(total.sum(), 1.0))
    fitted = total >= LEAST_RECORDS
    if fitted.sum() >= 2:
        work = np.stack([np.bincount(block, column) for column in days.taken_by_stage.T], axis=1)
        heads = np.bincount(block, ramped) - work[:, ~fitted] @ result[~fitted]
        result[fitted], _ = nnls(work[:, fitted] * root[:, None], heads * root)
    return result


def _effort(days: RoleDays, ramp: F64, rng: np.random.Generator) -> F64 | None:
    """Draws of the effort by stage, if stages differ in it: the 95% interval of a ratio excludes 1."""
    fitted = days.taken_by_stage.sum(axis=0) >= LEAST_RECORDS
    if fitted.sum() < 2:
        return None
    weeks = len(np.unique(days.week))
    heads = ramp @ days.heads.T
    draws = np.array([_mean_effort(days, row, rng.standard_exponential(weeks)) for row in heads])
    draws = np.maximum(_widened(draws, weeks), 1e-6)
    logs = np.log(draws[:, fitted])
    low, high = np.quantile(logs[:, 1:] - logs[:, :1], [0.025, 0.975], axis=0)
    return draws if bool(((low > 0.0) | (high < 0.0)).any()) else None


def _handles(days: RoleDays, ramped: F64, work: F64) -> tuple[bool, str]:
    """Whether throughput is what limits a role that has more than a day's work waiting, and what shows it."""
    mean = work.sum() / ramped.sum()
    if mean <= 0.0:
        return False, "nothing was taken up while records waited"
    backlog, came = np.log(days.morning), days.came / ramped / (days.work.sum() / ramped.sum())
    x = np.stack([backlog - backlog.mean(), came - came.mean()], axis=1)
    slopes, errors = _regress(work / ramped / mean, x, days.week)
    for slope, error, what in zip(slopes, 1.645 * errors, ("waits", "comes"), strict=True):
        if slope + error > TRACKS:
            how = f"elasticity {slope:.1f} ± {error:.1f}; 0 with a limit" if np.isfinite(error) else "it hardly varied"
            return False, f"more may be taken up when more {what} ({how})"
    return True, "no more is taken up when more waits or comes"


def _regress(y: F64, x: F64, block: I64) -> tuple[F64, F64]:
    """Slopes of a least-squares fit with an intercept, with errors that allow for correlation inside a block.

    The sandwich of Liang and Zeger (1986), with the usual correction for the number of blocks; infinite for a column
    that does not vary.
    """
    design = np.column_stack([np.ones(len(y)), x])
    varies = np.r_[True, x.std(axis=0) > 1e-9]
    some = design[:, varies]
    bread = np.linalg.pinv(some.T @ some)
    residual = y - some @ (bread @ (some.T @ y))
    _, number = np.unique(block, return_inverse=True)
    scores = np.zeros((number.max() + 1, some.shape[1]))
    np.add.at(scores, number, some * residual[:, None])
    blocks = len(scores)
    covariance = bread @ (scores.T @ scores) @ bread * blocks / max(blocks - 1, 1)
    slopes, errors = np.zeros(len(varies)), np.full(len(varies), np.inf)
    slopes[varies] = bread @ (some.T @ y)
    errors[varies] = np.sqrt(np.diag(covariance))
    return slopes[1:], errors[1:]
