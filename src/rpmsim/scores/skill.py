"""Is a forecast better than a baseline? Skill, and how far it may be from the true one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rpmsim.scores.arguments import FloatArray, check_level, of_one_shape


class Skill(NamedTuple):
    """Skill against a baseline.

    Parameters
    ----------
    value : float
        1 - mean score / mean score of the baseline: 0.2 is a fifth better, 0 the same, -0.2 a fifth worse.
    low, high : float
        Ends of its interval; NaN where there is none.
    """

    value: float
    low: float
    high: float


def skill(
    scores: ArrayLike,
    baseline_scores: ArrayLike,
    times: ArrayLike,
    block: int,
    rng: np.random.Generator,
    level: float = 0.9,
    resamples: int = 2000,
) -> Skill:
    """Skill of forecasts against a baseline, with an interval from resampled blocks of consecutive origins.

    Parameters
    ----------
    scores, baseline_scores : array, shape (n,)
        Scores of the same forecasts, such as their CRPS; lower is better. Pairs with a NaN do not count.
    times : array, shape (n,)
        Origin of each forecast (days, or dates). Forecasts of the same origin stay together.
    block : int
        Length of a block in origins, so that spans of more distant origins do not overlap: horizon / days between
        origins, rounded up.
    rng : numpy.random.Generator
        Draws the blocks.
    level : float
        Level of the interval.
    resamples : int
        Number of bootstrap samples.

    Returns
    -------
    Skill
        The interval is NaN with fewer than two separate blocks, or if all scores are zero; `low` may be minus
        infinity if those of the baseline are mostly zero. All is NaN if the baseline has no positive mean score.

    Raises
    ------
    ValueError
        Shapes differ, `block` is below 1, or the level outside (0, 1).

    Notes
    -----
    Circular blocks (Künsch 1989; Politis & Romano 1992) of pairs, percentiles of the logarithm of the ratio of
    the means. With few blocks these are too narrow, so they are moved away from the estimate by the factor

        sqrt(k / (k - 1) x 3 b^2 / (2 b^2 + 1)) x t / z

    with k = origins / block and b = block: k / (k - 1) because block means are compared with the mean of the same
    data; then what blocks of b origins miss of the variance of a mean of sums over b overlapping days (covariances
    that fall in a straight line to 0 at b are weighted by a straight line again); and quantiles of Student's t with
    k - 1 degrees of freedom for normal ones.

    Measured share of 90% intervals that hold the true skill (1,500 series each; absolute errors of overlapping sums,
    b = 4):

    ================  ====  ====  ====  ====
    separate blocks      4     6    10    20
    ================  ====  ====  ====  ====
    single origins    0.63  0.67  0.67  0.67
    blocks            0.68  0.75  0.78  0.82
    blocks, factor    0.92  0.91  0.91  0.91
    ================  ====  ====  ====  ====

    The last row is 0.88 to 0.93 for b = 1, 2, 4 and 8 (2,000 series each), and 0.85 to 0.90 with skewed scores
    (lognormal, with standard deviations of 0.5 and 0.7 of the logarithm).
    """
    check_level(level)
    if block < 1:
        raise ValueError(f"a block must have at least one origin, not {block}")
    sums, baseline_sums = _by_origin(scores, baseline_scores, times)
    n, k = sums.size, sums.size / block
    if not baseline_sums.sum() > 0.0:
        return Skill(np.nan, np.nan, np.nan)
    value = float(1.0 - sums.sum() / baseline_sums.sum())
    estimate = _log_ratio(sums, baseline_sums)
    if k < 2.0 or not np.isfinite(estimate):
        return Skill(value, np.nan, np.nan)
    starts = rng.integers(0, n, (resamples, -(-n // block), 1))
    chosen = ((starts + np.arange(block)) % n).reshape(resamples, -1)[:, :n]
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    ends = np.nanquantile(_log_ratio(sums[chosen], baseline_sums[chosen]), tails, method="inverted_cdf")
    high, low = 1.0 - np.exp(estimate + _widening(k, block, level) * (ends - estimate))
    return Skill(value, float(low), float(high))


def _by_origin(scores: ArrayLike, baseline_scores: ArrayLike, times: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Sums of both scores at each origin, in order of time, over pairs that are known."""
    score, baseline = of_one_shape(scores=scores, baseline_scores=baseline_scores)
    time = np.asarray(times)
    if score.ndim != 1 or time.shape != score.shape:
        raise ValueError(
            f"scores and times must have one axis of the same length, not the shapes {score.shape} and {time.shape}"
        )
    known = ~np.isnan(score + baseline)
    origins, place = np.unique(time[known], return_inverse=True)
    sums, baseline_sums = (np.bincount(place, values[known], origins.size) for values in (score, baseline))
    return sums.astype(np.float64), baseline_sums.astype(np.float64)


def _log_ratio(sums: FloatArray, baseline_sums: FloatArray) -> FloatArray:
    """Logarithm of the ratio of two totals over the last axis; a fair score whose total is negative counts as zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.maximum(sums.sum(axis=-1), 0.0) / np.maximum(baseline_sums.sum(axis=-1), 0.0)
        return np.log(ratio)


def _widening(blocks: float, block: int, level: float) -> float:
    """The factor by which percentiles of a bootstrap are moved away from the estimate: see the notes of `skill`."""
    from scipy.stats import norm, t

    missed = 3.0 * block**2 / (2.0 * block**2 + 1.0)
    upper = (1.0 + level) / 2.0
    return float(np.sqrt(blocks / (blocks - 1.0) * missed) * t.ppf(upper, blocks - 1.0) / norm.ppf(upper))
