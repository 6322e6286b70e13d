"""Lognormal and gamma amounts by segment: joint posterior draws, pooled over segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.part import F64

SWEEPS = 120
"""Steps of each Markov chain. Chains begin near their posterior: 600 steps give the same quantiles (tested)."""

LEAST_SPREAD = 0.02
"""Amounts are rounded: a standard deviation of the logarithm that is added to that of few, almost equal amounts."""


@dataclass(frozen=True)
class Sums:
    """What a posterior needs to know of the amounts, which are in units of ``unit``; shape (segments,) each.

    Parameters
    ----------
    records : array
        Number of amounts, by their weights.
    logs, squares : array
        Sums of the logarithms, and of their squared deviations from the segment's mean.
    total : array
        Sum of the amounts.
    unit : float
        Geometric mean of all amounts: results do not depend on the currency.
    """

    records: F64
    logs: F64
    squares: F64
    total: F64
    unit: float

    @property
    def mean_log(self) -> F64:
        """Mean of the logarithms, 0 where there are no amounts."""
        return self.logs / np.maximum(self.records, 1e-9)


def sums_of(amount: F64, segment: NDArray[np.int64], weight: F64, segments: int) -> Sums:
    """Sums of positive amounts by segment."""
    unit = float(np.exp(np.average(np.log(amount), weights=weight)))
    logs = np.log(amount / unit)

    def by_segment(values: F64) -> F64:
        return np.bincount(segment, weights=weight * values, minlength=segments).astype(np.float64)

    records, total = by_segment(np.ones_like(logs)), by_segment(logs)
    deviations = logs - (total / np.maximum(records, 1e-9))[segment]
    return Sums(records, total, by_segment(deviations**2), by_segment(amount / unit), unit)


@dataclass(frozen=True)
class Family:
    """A family of distributions with a place (a logarithm) and a spread on the log scale.

    Parameters
    ----------
    name : str
        As the scenario writes it.
    log_likelihood : callable
        Of sums at a place and the logarithm of a spread, which broadcast against (segments,).
    most : float
        Largest spread. A lognormal of sigma 3 has a mean of 90 times its median.
    light : float
        The prior of the spread has the factor exp(-light spread^2). A lognormal needs it: with an inverse gamma prior
        of its variance the posterior mean of its mean is infinite (Fabrizi & Trivisano, 2012).
    """

    name: str
    log_likelihood: Callable[[Sums, F64, F64], F64]
    most: float
    light: float


def _lognormal(sums: Sums, place: F64, log_spread: F64) -> F64:
    n = sums.records
    squares = sums.squares + n * LEAST_SPREAD**2 + n * (sums.mean_log - place) ** 2
    return -n * (log_spread + 0.5 * np.log(2 * np.pi)) - 0.5 * squares * np.exp(-2 * log_spread) - sums.logs


def _gamma(sums: Sums, place: F64, log_spread: F64) -> F64:
    n, shape = sums.records, np.exp(-2 * log_spread)
    inside = n * (shape * (np.log(shape) - place) - special.gammaln(shape))
    return inside + (shape - 1) * sums.logs - shape * np.exp(-place) * sums.total


LOGNORMAL = Family("lognormal", _lognormal, 3.0, 0.5)
"""Place: log median. Spread: sigma."""

GAMMA = Family("gamma", _gamma, 5.0, 0.5)
"""Place: log mean. Spread: coefficient of variation."""


@dataclass(frozen=True)
class Sizes:
    """Posterior of amounts by segment in one family; shape (draws, segments) each, in the unit of the sums."""

    family: Family
    place: F64
    spread: F64

    def mean(self) -> F64:
        """Mean amount."""
        if self.family is LOGNORMAL:
            return np.exp(self.place + self.spread**2 / 2)
        return np.exp(self.place)

    def sd(self) -> F64:
        """Standard deviation."""
        if self.family is LOGNORMAL:
            return self.mean() * np.sqrt(np.expm1(self.spread**2))
        return self.mean() * self.spread

    def quantile(self, u: F64) -> F64:
        """Quantiles at ``u``, shape (..., draws, segments) for ``u`` of shape (..., 1, 1)."""
        if self.family is LOGNORMAL:
            return np.exp(self.place + self.spread * special.ndtri(u))
        shape = self.spread**-2.0
        return special.gammaincinv(shape, u) * np.exp(self.place) / shape


def fitting_family(sums: Sums) -> Family:
    """The family with the larger likelihood over all segments; both have two parameters a segment."""
    n = np.maximum(sums.records, 1e-9)
    sigma = np.sqrt(sums.squares / n + LEAST_SPREAD**2)
    lognormal = _lognormal(sums, sums.mean_log, np.log(sigma))
    place = np.log(np.maximum(sums.total / n, 1e-300))
    gamma = _gamma(sums, place, -0.5 * np.log(gamma_shape(place - sums.mean_log)))
    several = sums.records >= 3
    return GAMMA if gamma[several].sum() > lognormal[several].sum() else LOGNORMAL


def gamma_shape(gap: F64) -> F64:
    """Most likely shape of a gamma distribution by log of the mean minus mean of the log (Minka, 2002)."""
    gap = np.clip(gap, LEAST_SPREAD**2 / 2, 50.0)
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(8):
        slope = 1 / shape - special.polygamma(1, shape)
        shape = 1 / (1 / shape + (np.log(shape) - special.digamma(shape) - gap) / (shape**2 * slope))
    return shape


@dataclass
class _Chains:
    """State of the Markov chains: places and log spreads (draws, segments), their centers and widths (draws, 1)."""

    place: F64
    spread: F64
    center: F64
    width: F64
    spread_center: F64
    spread_width: F64


CENTER = (0.0, 3.0)
"""Prior of the middle of all segments: normal, in logarithms of the geometric mean of the data. Practically flat."""

WIDTH = 1.0
"""Prior of the width between segments: half-normal. Segments by size differ by factors of 3 to 10."""

SPREAD_CENTER = (np.log(0.9), 0.6)
"""Prior of the typical log spread: 0.2 to 4 in 95%; measured are 0.1 (list prices with discounts) to 1.6."""

SPREAD_WIDTH = 0.4
"""Prior of the width of log spreads between segments: half-normal."""


def draw_sizes(family: Family, sums: Sums, draws: int, rng: np.random.Generator, sweeps: int = SWEEPS) -> Sizes:
    """Draw from the posterior of all segments together.

    Places are normal around a common center, log spreads around a common spread, both with widths of their own, so a
    segment with few records borrows from the others, and one without records takes over what they have in common
    (Gelman et al., Bayesian Data Analysis, 2013, chapter 5). Each draw is the end of a Markov chain of its own
    (Metropolis within Gibbs), so draws are independent.

    Parameters
    ----------
    family : Family
    sums : Sums
        At least one segment with a record.
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    Sizes
        In units of ``sums.unit``.
    """
    chains = _start(family, sums, draws, rng)
    n = sums.records
    typical = np.exp(chains.spread)
    steps = (
        1.7 * typical / np.sqrt(n + typical**2 / (chains.width**2 + 0.1)),
        1.7 / np.sqrt(2 * n + 1 / SPREAD_WIDTH**2),
    )

    def density(place: F64, spread: F64) -> F64:
        prior = ((place - chains.center) / chains.width) ** 2
        prior = prior + ((spread - chains.spread_center) / chains.spread_width) ** 2
        wide = np.exp(spread)
        inside = family.log_likelihood(sums, place, spread) - prior / 2 - family.light * wide**2
        return np.where(wide <= family.most, inside, -np.inf)

    for _ in range(sweeps):
        place = chains.place + steps[0] * rng.standard_normal(chains.place.shape)
        spread = chains.spread + steps[1] * rng.standard_normal(chains.place.shape)
        gain = density(place, spread) - density(chains.place, chains.spread)
        taken = np.log(rng.random(gain.shape)) < gain
        chains.place = np.where(taken, place, chains.place)
        chains.spread = np.where(taken, spread, chains.spread)
        chains.center, chains.width = _common(chains.place, chains.width, CENTER, WIDTH, rng)
        chains.spread_center, chains.spread_width = _common(
            chains.spread, chains.spread_width, SPREAD_CENTER, SPREAD_WIDTH, rng
        )
    return Sizes(family, chains.place, np.exp(chains.spread))


def _start(family: Family, sums: Sums, draws: int, rng: np.random.Generator) -> _Chains:
    """Chains that begin near where the data are."""
    n = sums.records
    sigma = np.sqrt((sums.squares + 2 * 0.9**2) / (n + 2) + LEAST_SPREAD**2)
    place = sums.mean_log
    if family is GAMMA:
        place = np.where(n > 0, np.log(np.maximum(sums.total, 1e-300) / np.maximum(n, 1e-9)), 0.0)
        sigma = np.minimum(sigma, 3.0)
    shape = (draws, len(n))
    sigma = np.minimum(sigma, 0.9 * family.most)
    return _Chains(
        place + sigma / np.sqrt(n + 1) * rng.standard_normal(shape),
        np.log(sigma) + np.minimum(0.5, 1 / np.sqrt(2 * n + 4)) * np.minimum(rng.standard_normal(shape), 0.1),
        np.zeros((draws, 1)),
        np.abs(WIDTH * rng.standard_normal((draws, 1))) + 0.1,
        np.full((draws, 1), np.average(np.log(sigma), weights=n + 1e-9)),
        np.abs(SPREAD_WIDTH * rng.standard_normal((draws, 1))) + 0.05,
    )


def _common(
    values: F64, width: F64, center_prior: tuple[float, float], width_prior: float, rng: np.random.Generator
) -> tuple[F64, F64]:
    """A step of the common center of segments (Gibbs) and of their width (Metropolis on the log scale)."""
    segments = values.shape[1]
    middle, flat = center_prior
    precision = segments / width**2 + 1 / flat**2
    about = (values.sum(axis=1, keepdims=True) / width**2 + middle / flat**2) / precision
    center = about + rng.standard_normal(width.shape) / np.sqrt(precision)
    squares = ((values - center) ** 2).sum(axis=1, keepdims=True)

    def density(w: F64) -> F64:
        return (1 - segments) * np.log(w) - squares / (2 * w**2) - 0.5 * (w / width_prior) ** 2

    proposed = width * np.exp(rng.standard_normal(width.shape))
    taken = np.log(rng.random(width.shape)) < density(proposed) - density(width)
    return center, np.where(taken, proposed, width)
