"""What can the record say? Independent forecasts, the interval of the true coverage, and verdicts in words."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import check_level

FEWEST = 5
"""Separate spans below which no forecaster is called better or worse than another: one of four may decide alone."""


def effective_origins(days: ArrayLike, horizon: int) -> int:
    """The most origins whose spans, days 1 to `horizon` after each, do not overlap.

    Parameters
    ----------
    days : array, shape (n,)
        Origins as whole days or dates, in any order.
    horizon : int
        Length of the span in days (14 for the days 15 to 28).

    Returns
    -------
    int
        Number of independent forecasts, as far as spans decide that.

    Raises
    ------
    ValueError
        `horizon` is below 1, or there is not one axis.

    Notes
    -----
    Taking the earliest origin that fits, again and again, finds the most (interval scheduling).

    Examples
    --------
    >>> rpmsim.scores.effective_origins(range(0, 168, 7), 28)    # 24 weeks
    6
    """
    if horizon < 1:
        raise ValueError(f"a horizon must have at least one day, not {horizon}")
    times = np.asarray(days if isinstance(days, np.ndarray) else list(days))  # type: ignore[arg-type]
    if times.ndim != 1:
        raise ValueError(f"days must have one axis, not the shape {times.shape}")
    if times.dtype.kind not in "iufb":
        times = times.astype("datetime64[D]").astype(np.int64)
    found, free = 0, -np.inf
    for day in np.sort(times):
        if day >= free:
            found, free = found + 1, day + horizon
    return found


def coverage_interval(inside: float, n: float, level: float = 0.9) -> tuple[float, float]:
    """Interval of the true coverage of bands of which `inside` of `n` held.

    Parameters
    ----------
    inside : float
        Number of forecasts inside the band. Where spans overlap, scale it to `n`: share inside x effective origins.
    n : float
        Number of independent forecasts; it may be a fraction.
    level : float
        Level of the interval.

    Returns
    -------
    low, high : float
        Ends; (0, 1) if n is 0.

    Raises
    ------
    ValueError
        Not 0 <= inside <= n, or the level outside (0, 1).

    Notes
    -----
    Clopper & Pearson (1934): each end is wrong with a probability of at most (1 - level) / 2, whatever the true
    coverage. Jeffreys' interval is shorter, but with 4 to 120 forecasts up to 13% of correct 80% bands would be
    called too wide by it, and 10% too narrow.

    Examples
    --------
    >>> print("%.2f to %.2f" % rpmsim.scores.coverage_interval(19, 24))
    0.61 to 0.91
    """
    from scipy.stats import beta

    check_level(level)
    if not 0.0 <= inside <= n:
        raise ValueError(f"the number inside must be from 0 to n, not {inside} of {n}")
    tail = (1.0 - level) / 2.0
    low = 0.0 if inside == 0.0 else float(beta.ppf(tail, inside, n - inside + 1.0))
    high = 1.0 if inside == n else float(beta.isf(tail, inside + 1.0, n - inside))
    return low, high


def bands_verdict(
    inside: float, origins: float, effective: float, nominal: float
) -> Literal["bands hold", "too narrow", "too wide", "cannot tell"]:
    """Whether bands hold what they promise, as far as the record can say.

    With L the 90% interval of the true coverage, and a level being wrong if it is more than 10 points or half of the
    promised misses away from `nominal`, whichever is less (outside 70% to 90% for bands of 80%, outside 85% to 95%
    for bands of 90%):

    - "bands hold": L has no wrong level;
    - "too narrow", "too wide": L is all below, or all above `nominal`;
    - "cannot tell": L has both the nominal level and a wrong one.

    Parameters
    ----------
    inside : float
        Number of forecasts inside the band.
    origins : float
        Number of forecasts.
    effective : float
        Number of independent ones among them.
    nominal : float
        Level of the bands.

    Returns
    -------
    str
        The verdict.

    Raises
    ------
    ValueError
        Not 0 <= inside <= origins, or the nominal level outside (0, 1).

    Notes
    -----
    Bands that hold exactly are called too narrow with a probability of at most 5%, and too wide likewise. Bands
    of 80% that really cover 70%, 65% or 60% are called too narrow with a probability of 0.89, 0.88 or 0.82 if there
    are 155, 72 or 41 independent forecasts; with 24, those that cover 60% are found in 67% of cases, those that cover
    40% in 99%. "bands hold" takes more than 50 forecasts: bands of 80% that hold are called so with a probability of
    0.23 by 72, 0.61 by 100 and 0.82 by 155.

    Examples
    --------
    >>> rpmsim.scores.bands_verdict(19, 24, 6, 0.8)
    'cannot tell'
    """
    check_level(nominal)
    if not 0.0 <= inside <= origins:
        raise ValueError(f"the number inside must be from 0 to the number of forecasts, not {inside} of {origins}")
    if origins == 0 or effective <= 0:
        return "cannot tell"
    low, high = coverage_interval(inside / origins * effective, effective)
    allowed = min(0.1, (1.0 - nominal) / 2.0)
    if nominal - allowed <= low and high <= nominal + allowed:
        return "bands hold"
    if high < nominal:
        return "too narrow"
    if low > nominal:
        return "too wide"
    return "cannot tell"


def skill_verdict(low: float, high: float, effective: float) -> Literal["better", "worse", "cannot tell"]:
    """Whether a forecaster is better than a baseline, as far as the record can say.

    Parameters
    ----------
    low, high : float
        Interval of its skill; NaN where there is none.
    effective : float
        Number of separate spans behind it.

    Returns
    -------
    str
        "better" or "worse" if the interval does not contain 0 and there are at least five separate spans, else
        "cannot tell".
    """
    if effective >= FEWEST and low > 0.0:
        return "better"
    if effective >= FEWEST and high < 0.0:
        return "worse"
    return "cannot tell"
