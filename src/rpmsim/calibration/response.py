"""How soon somebody responds to a record that does not have to wait for a free hand, and who gives up waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from rpmsim.calibration.take_ups import NEVER, Visits

F64 = NDArray[np.float64]

LEAST_RESPONSES = 30
HOURS = 24.0
"""The model counts a whole day of waiting as 24 hours; what is below is the response time."""

FARTHEST_HOURS = 48.0
"""The 90% quantile is estimated beyond the day up to here."""

SHORTEST_HOURS = 1.0 / 60.0
"""The model counts waiting to the minute."""

Z90 = float(norm.ppf(0.9))

GIVES_UP = 0.3, 0.01
"""Prior of the daily share that gives up: so many records that gave up, at this share."""


@dataclass(frozen=True)
class Response:
    """Response time of a stage: lognormal; arrays of shape (draws,), in hours."""

    median: F64
    p90: F64
    records: int


def fit_response(hours: F64, draws: int, rng: np.random.Generator) -> Response | None:
    """The response time from the waits below a day, as the part of a lognormal distribution that is below a day.

    Parameters
    ----------
    hours : array
        From arrival to the first start of work.
    draws : int
    rng : Generator

    Returns
    -------
    Response or None
        Draws from the normal approximation of the likelihood in the mean and the logarithm of sigma; None if there
        are fewer than 30 waits below a day, or if all are alike.
    """
    x = np.log(np.maximum(hours[(hours >= 0.0) & (hours < HOURS)], SHORTEST_HOURS))
    if len(x) < LEAST_RESPONSES or x.std() < 1e-3:
        return None
    n, mean, square, end = len(x), x.mean(), (x**2).mean(), np.log(HOURS)

    def loss(at: F64) -> float:
        mu, sigma = at[0], np.exp(at[1])
        sum_of_squares = square - 2.0 * mu * mean + mu**2
        # A weak centered prior on sigma keeps a tail beyond a day, which nothing is known about, from running away.
        prior = 0.5 * ((at[1] - np.log(1.0)) / 1.0) ** 2 + 0.5 * ((mu - mean) / 3.0) ** 2
        return float(n * (at[1] + 0.5 * sum_of_squares / sigma**2 + norm.logcdf((end - mu) / sigma)) + prior)

    found = minimize(
        loss, np.array([mean, np.log(x.std())]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-6}
    )
    curvature = _curvature(loss, found.x)
    peaked = np.linalg.eigvalsh(curvature).min() > 1e-6
    if peaked and found.x[0] + Z90 * np.exp(found.x[1]) <= np.log(FARTHEST_HOURS):
        at = rng.multivariate_normal(found.x, np.linalg.inv(curvature), draws)
    else:
        # Waits below a day do not show what the rest of such a distribution is, so they stand for all of it.
        variance = (n - 1) * x.var(ddof=1) / rng.chisquare(n - 1, draws)
        at = np.column_stack([rng.normal(mean, np.sqrt(variance / n)), np.log(variance) / 2.0])
    median, sigma = np.exp(at[:, 0]), np.exp(at[:, 1])
    p90 = np.minimum(median * np.exp(Z90 * sigma), 2.0 * FARTHEST_HOURS)
    return Response(np.minimum(median, p90 / 1.01), p90, n)


def _curvature(loss: Callable[[F64], float], at: F64, step: float = 1e-3) -> F64:
    """Second derivatives by central differences."""
    e = step * np.eye(2)
    (a, b), (c, d) = [
        [(loss(at + u + v) - loss(at + u - v) - loss(at - u + v) + loss(at - u - v)) / (4.0 * step**2) for v in e]
        for u in e
    ]
    return np.array([[a, (b + c) / 2.0], [(b + c) / 2.0, d]])


def fit_giving_up(
    visits: Visits, mask: NDArray[np.bool_], draws: int, rng: np.random.Generator
) -> tuple[F64, int, int, float]:
    """Daily share of waiting records that give up, from the second day on.

    Returns
    -------
    share : array, shape (draws,)
    gave_up : int
    target : int
        Number of the stage that most of them moved to, -1 if none did.
    to_target : float
        Share of those who moved there.
    """
    worked = visits.worked & mask
    entered, left, took = visits.entered[worked], visits.left[worked], visits.took[worked]
    gave_up = (took == NEVER) & (left < NEVER)
    days = (np.minimum(np.minimum(took, left), visits.last) - entered).sum()
    events = int(gave_up.sum())
    before, at = GIVES_UP
    share = rng.gamma(events + before, 1.0 / (days + before / at), draws)
    to = visits.outcome[worked][gave_up]
    to = to[to >= 0]
    if not len(to):
        return np.minimum(share, 1.0), events, -1, 0.0
    counts = np.bincount(to)
    return np.minimum(share, 1.0), events, int(counts.argmax()), float(counts.max() / len(to))
