"""How the amount of an open record changes until it is won."""

from __future__ import annotations

import numpy as np
from scipy import special

from rpmsim.calibration.part import F64, Finding, Part
from rpmsim.model.distributions import Z_P90

ITEM = "revision of amounts"

FEWEST = 20
"""Pairs of amounts below which no revision is fitted."""

PRIOR_PAIRS = 5.0
"""Pairs of average size, won at their open amount, that are added: the prior is centerd on 1."""

LARGEST = 20.0
"""A factor above this, or below its inverse, comes from a placeholder and not from a negotiation."""

SMALLEST = (0.005, 0.01)
"""Change of the sum, and standard deviation of the factor, below which amounts count as unchanged."""

BLOCK = 5_000_000
"""Random numbers that are drawn at once."""


def fit_revision(
    open_amount: F64, won_amount: F64, *, draws: int, rng: np.random.Generator, weight: F64 | None = None
) -> Part:
    """Fit the factor between a record's amount while open and its amount at the win.

    Parameters
    ----------
    open_amount : array, shape (wins,)
        Amount of each win as it was known while the record was open, on a day like the one of the forecast: some weeks
        before the win, or on entry of its last stage. NaN where it was not known.
    won_amount : array, shape (wins,)
        Amount at the win, NaN where it is not known.
    draws : int
    rng : numpy.random.Generator
    weight : array, shape (wins,), optional
        Weights by recency.

    Returns
    -------
    Part
        ``revision`` with mean and standard deviation (lognormal), or no text if amounts do not change or fewer than 20
        wins have both.

    Notes
    -----
    The engine multiplies each open amount by a factor of its own, so expected bookings are right if the mean factor is
    the ratio of the sums: a factor counts by the amount that it changes. Draws are those of the Bayesian bootstrap
    (Rubin, 1981) of that ratio and of the variance around it.
    """
    weight = np.ones(len(open_amount)) if weight is None else weight
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = (open_amount > 0) & (won_amount > 0) & (weight > 0)
        factor = won_amount / open_amount
    kept = pairs & (factor <= LARGEST) & (factor >= 1 / LARGEST)
    strange, n = int((pairs & ~kept).sum()), int(kept.sum())
    found = [_strange(strange, n)] if strange > 0.02 * (n + strange) else []
    if n < FEWEST:
        what = f"{n:,} wins have an amount from before the win: open records keep the amount that they have."
        return Part(findings=[*found, Finding(ITEM, "PASS", what)])
    amount, factor, weight = open_amount[kept], factor[kept], weight[kept]
    weight = weight * weight.sum() / (weight**2).sum()
    ratio = float(np.average(factor, weights=weight * amount))
    spread = float(np.sqrt(np.average((factor - ratio) ** 2, weights=weight * amount)))
    same = float(np.average(factor == 1, weights=weight))
    if abs(ratio - 1) < SMALLEST[0] and spread < SMALLEST[1]:
        what = f"Amounts do not change until the win ({same:.0%} of {n:,} wins have the same amount)."
        return Part(findings=[*found, Finding(ITEM, "PASS", what)])
    mean, sd = _bootstrap(amount, factor, weight, draws, rng)
    low, high = np.quantile(mean, (0.05, 0.95))
    what = (
        f"Open records are won at {ratio:.1%} of their amount ({low:.1%} to {high:.1%}; {n:,} wins, {same:.0%} of them "
        "at the same amount)."
    )
    return Part(
        {"revision": {"mean": "posterior", "sd": "posterior"}},
        {"revision.mean": mean, "revision.sd": sd},
        {"revision.mean": n, "revision.sd": n},
        [*found, Finding(ITEM, "PASS", what)],
    )


def _bootstrap(amount: F64, factor: F64, weight: F64, draws: int, rng: np.random.Generator) -> tuple[F64, F64]:
    """Mean factor by money and standard deviation around it, shape (draws,) each."""
    money = amount * weight
    # The prior's pairs, at a factor of 1, are one more row.
    rows = np.column_stack([money, money * factor, money * factor**2])
    moments = np.empty((draws, 3))
    step = max(1, BLOCK // len(amount))
    for first in range(0, draws, step):
        size = min(step, draws - first)
        moments[first : first + size] = rng.standard_exponential((size, len(amount))) @ rows
    prior = money.mean() * rng.standard_gamma(PRIOR_PAIRS, draws)
    moments += prior[:, None]
    mean = moments[:, 1] / moments[:, 0]
    variance = moments[:, 2] / moments[:, 0] - mean**2
    # Few large amounts may hold most of the money: Student's t with the number of pairs that they are worth.
    worth = max(float(money.sum() ** 2 / (money**2).sum()), 2.0)
    wider = np.sqrt(worth / (worth - 1)) * special.stdtrit(worth - 1, 0.9) / Z_P90
    center = mean.mean()
    return np.maximum(center + wider * (mean - center), 0.5 * mean), np.sqrt(np.maximum(variance, 1e-6))


def _strange(strange: int, others: int) -> Finding:
    return Finding(
        ITEM,
        "REVIEW",
        f"{strange:,} of {strange + others:,} wins have more than {LARGEST:.0f} times the amount that they had before, "
        "or less than a twentieth: it was a placeholder. They are left out.",
        "Leave the amount of such open records empty: they then get an amount of their segment.",
    )
