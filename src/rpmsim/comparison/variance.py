"""Where the width of a band comes from: shares of the variance of a total.

The sources of randomness are independent, so the variance that some of them explain together is the covariance of two
replications that share these and differ in the others (Sobol 2001). A source's share is its Shapley value over all
subsets (Owen 2014): never below zero but for error, and the shares sum to one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.bands import error_of_mean
from rpmsim.comparison.runs import OWN, Draws
from rpmsim.comparison.shapley import subsets, weight
from rpmsim.engine import Sources
from rpmsim.model.number import numbers_in
from rpmsim.model.plan import Model

Totals = NDArray[np.float64]
"""One number for each replication."""
Subset = frozenset[str]

_PARABOLA = 3
"""Coefficients of a parabola."""


class Share(NamedTuple):
    """A share of the variance, with its Monte Carlo standard error."""

    name: str
    share: float
    mc_error: float


@dataclass(frozen=True)
class Variance:
    """Shares of the variance of a total.

    Parameters
    ----------
    variance : float
        Of the total over replications.
    sources : tuple of Share
        By source of randomness; they sum to one.
    ranges : tuple of Share
        By number that is given as a range, the largest first: what its value alone explains.
    origin : tuple of Share
        Business that is open on the first day, and leads still to come; they sum to one.
    """

    variance: float
    sources: tuple[Share, ...]
    ranges: tuple[Share, ...]
    origin: tuple[Share, ...]


def active_sources(model: Model) -> tuple[str, ...]:
    """The sources of randomness that a scenario has."""
    contents = model.contents
    roles = [role for content in contents for role in content.roles]
    ranged = any(number.ranged for number in numbers_in(model))
    turnover = any(role.leaves_per_month.mid > 0 or (role.hires and role.time_to_fill is not None) for role in roles)
    active = {"ranges": ranged, "arrivals": bool(model.content.channels), "people": turnover, "chance": True}
    return tuple(name for name in Sources._fields if active[name])


def source_shares(names: Sequence[str], later: int, simulate: Callable[[Sources], Totals]) -> tuple[float, list[Share]]:
    """Divide the variance of a total among sources of randomness.

    Parameters
    ----------
    names : sequence of str
        The sources that the scenario has.
    later : int
        Number of replications; sources that are not shared are those of so many replications later.
    simulate : callable
        Gives the totals for sources.

    Returns
    -------
    tuple of (float, list of Share)
        The variance, and the share of each source.
    """
    own, other = simulate(OWN), simulate(Sources(**dict.fromkeys(names, later)))
    centered = (own - own.mean(), other - other.mean())
    scale = float((centered[0] ** 2 + centered[1] ** 2).mean() / 2)
    if scale == 0.0 or not math.isfinite(scale):
        return scale, [Share(name, 0.0, 0.0) for name in names]
    whole = frozenset(names)
    explained: dict[Subset, Totals] = {frozenset(): np.zeros(later), whole: (centered[0] ** 2 + centered[1] ** 2) / 2}
    for subset in subsets(names):
        if subset in explained:
            continue
        mixed = simulate(Sources(**{name: 0 if name in subset else later for name in names}))
        mixed = mixed - mixed.mean()
        explained[subset] = centered[0] * mixed  # shares the subset with `own`, and the rest with `other`
        explained[whole - subset] = centered[1] * mixed
    shares = []
    for name in names:
        value = sum((weight(s, name, len(names)) * by for s, by in explained.items()), np.zeros(later))
        share = float(value.mean()) / scale
        influence = (value - share * explained[whole]) / scale
        shares.append(Share(name, share, error_of_mean(influence)))
    return scale, shares


def range_shares(total: Totals, draws: Draws, values: NDArray[np.float64], names: Sequence[str]) -> list[Share]:
    """What each number that is given as a range explains alone: the fit of a parabola in its ranks.

    Parameters
    ----------
    total : ndarray of float, shape (replications,)
    draws : ndarray of int, shape (replications,)
        Parameter draw of each replication.
    values : ndarray of float, shape (draws, numbers)
        Value of each number in each draw.
    names : sequence of str

    Returns
    -------
    list of Share
        The largest first. An explained share is lowered by what a parabola explains by accident, and is then not below
        zero but for error. The error is that of a squared correlation (a noncentral chi-square's standard deviation)
        over draws, and of the share that draws have of the variance.
    """
    from scipy.stats import norm, rankdata

    used, inverse, sizes = np.unique(draws, return_inverse=True, return_counts=True)
    count = len(used)
    means = np.bincount(inverse, total) / sizes
    centered = means - means.mean()
    between, variance = float(centered @ centered) / count, float(total.var())
    if count <= _PARABOLA or between == 0.0:
        return [Share(name, 0.0, 0.0 if variance == 0.0 else 1.0) for name in names]
    of_draws = min(between / variance, 1.0)
    its_error = of_draws * (1.0 - of_draws) * math.sqrt(2.0 / count)
    shares = []
    for name, column in zip(names, values[used].T, strict=True):
        normal = norm.ppf((rankdata(column) - 0.5) / count)
        basis, _ = np.linalg.qr(np.column_stack([np.ones(count), normal, normal**2]))
        fitted = basis[:, 1:] @ (basis[:, 1:].T @ centered)
        raw = min(float(fitted @ fitted) / (between * count), 1.0)
        share = 1.0 - (1.0 - raw) * (count - 1) / (count - _PARABOLA)
        error = 2.0 * (1.0 - raw) * math.sqrt(max(share, 0.0) / count + 1.0 / count**2)
        shares.append(Share(name, of_draws * share, math.hypot(of_draws * error, share * its_error)))
    return sorted(shares, key=lambda found: (-found.share, found.name))


def origin_shares(total: Totals, open_alone: Totals, draws: Draws | None = None) -> list[Share]:
    """Divide a variance between business that is open on the first day and leads still to come.

    Parameters
    ----------
    total, open_alone : ndarray of float, shape (replications,)
        Of the scenario, and of the same one without any further lead, on the same random numbers.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication; replications of one draw are alike.
    """
    centered = total - total.mean()
    variance = float((centered**2).mean())
    shares = []
    for name, part in (("open", open_alone), ("to_come", total - open_alone)):
        product = centered * (part - part.mean())
        share = float(product.mean()) / variance if variance else 0.0
        influence = (product - share * centered**2) / variance if variance else np.zeros(len(total))
        shares.append(Share(name, share, error_of_mean(influence, draws)))
    return shares
