"""The level of each channel from week to week: a filter.

The logarithm of a channel's weekly level is *m + x(w)*, with a long-run level *m* and *x(w) = phi x(w-1) + sigma
eps(w)*, as in docs/background/model.md, section 7. A week's leads are negative binomial around it. The filter is the
dynamic generalized linear model of West, Harrison and Migon (Journal of the American Statistical Association 80, 1985):
before each week, the level is taken to be gamma distributed with the mean and variance of its lognormal, which makes
the week's count negative binomial and the update exact for the mean. Weeks without leads need no special treatment.

In weeks in which it may have jumped, *m* is less certain by the probability that it has (multi-process models; Harrison
and Stevens, Journal of the Royal Statistical Society B 38, 1976).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

F64 = NDArray[np.float64]

LEVEL_VARIANCE = float(np.log1p(1.0 / 0.5))
"""Of the log level before there are data: worth half a lead."""
JUMP_VARIANCE = 1.0
"""Of the log level at a jump: typically to between a third and three times the level."""


@dataclass(frozen=True)
class Weeks:
    """The history by week.

    Parameters
    ----------
    leads : ndarray of float, shape (weeks, channels)
    exposure : ndarray of float, shape (weeks, channels)
        Average days that the counted days of the week are worth.
    clumping : ndarray of float, shape (weeks, channels)
        Sum of the squared weights of the days over the square of their sum: times alpha, the squared coefficient of
        variation of the week around its level.
    restart : ndarray of int, shape (channels,)
        Week from which the level is to be learned anew.
    jump : ndarray of float, shape (weeks, channels)
        Probability that the level jumped at the beginning of the week, before its leads are seen.
    """

    leads: F64
    exposure: F64
    clumping: F64
    restart: NDArray[np.int64]
    jump: F64


@dataclass
class State:
    """Mean and covariance of (m, x) given the weeks so far, and their log probability; shape (rows, channels) each.

    ``error_m`` and ``error_x`` are a draw of the truth less the mean. ``steps`` has the covariance of these errors
    (mm, mx, xx) as far as they come from steps of the drift.
    """

    m: F64
    x: F64
    var_m: F64
    cov: F64
    var_x: F64
    score: F64
    error_m: F64
    error_x: F64
    steps: tuple[F64, F64, F64]


@dataclass(frozen=True)
class Forecast:
    """Of one week, from the weeks before; shape (rows, channels).

    Parameters
    ----------
    mean, gamma : ndarray of float
        Mean of the week's leads, and shape of the gamma distribution of its level, without a jump.
    error : ndarray of float
        Leads less the mean, in standard deviations; 0 as far as a jump explains it.
    signal : ndarray of float
        Part of the standard deviation that steps of the drift account for.
    jump : ndarray of float
        Probability of a jump, given the leads.
    """

    mean: F64
    gamma: F64
    error: F64
    signal: F64
    jump: F64


def follow(
    weeks: Weeks,
    alpha: F64,
    sigma: F64,
    phi: F64,
    rng: np.random.Generator | None = None,
    shared: F64 | None = None,
    growth: F64 | float = 0.0,
    forecasts: list[Forecast] | None = None,
) -> State:
    """Run the filter over all weeks, for each row of parameters.

    Parameters
    ----------
    alpha, sigma, phi : ndarray of float, shape (rows, channels)
    rng, shared : Generator and ndarray of shape (rows, 1), optional
        Draw the error of the state, and whether there was a jump. Errors of different channels are dependent, because
        steps are partly shared and not fully seen. Without it, jumps count by their probability.
    growth : ndarray of float, shape (rows, channels)
        Trend of the log level per week; *m* is then that of the last week.
    forecasts : list of Forecast, optional
        The forecast of each week is appended.
    """
    shape = np.broadcast_shapes(alpha.shape, sigma.shape, phi.shape)
    state = _start(weeks, sigma, phi, shape, rng, shared)
    restart = _first_level(weeks, weeks.restart)
    by_week = zip(weeks.leads, weeks.exposure, weeks.clumping, strict=True)
    for week, (leads, untrended, clumping) in enumerate(by_week):
        exposure = untrended * np.exp(growth * (week + 1.0 - len(weeks.leads)))
        anew = (weeks.restart == week) & (week > 0)
        if anew.any():
            _relearn(state, anew, restart, rng)
        _step(state, sigma, phi, rng, shared)
        daily = np.log1p(alpha * clumping)
        variance = state.var_m + 2.0 * state.cov + state.var_x
        mean = exposure * np.exp(state.m + state.x + variance / 2.0)
        prior = weeks.jump[week] * (exposure > 0)
        usual = _log_probability(leads, variance + daily, mean)
        chance = np.zeros(shape)
        if prior.any():
            jumped = _log_probability(leads, variance + daily + JUMP_VARIANCE, mean)
            chance = prior * np.exp(np.minimum(jumped - usual, 500.0))
            chance = chance / (chance + 1.0 - prior)
            usual = np.logaddexp(usual + np.log1p(-prior), jumped + np.log(np.maximum(prior, 1e-300)))
        state.score = state.score + usual
        if forecasts is not None:
            gamma = 1.0 / np.expm1(variance + daily)
            spread = np.sqrt(np.maximum(mean * (1.0 + mean / gamma), 1e-300))
            error = (leads - mean * (mean > 0)) / spread
            signal = mean / spread * np.sqrt(state.steps[0] + 2.0 * state.steps[1] + state.steps[2])
            usually = (1.0 - chance) * (mean > 0)
            forecasts.append(Forecast(mean, gamma, usually * error, usually * signal, chance))
        _jump(state, chance, rng)
        _learn(state, leads, exposure, alpha * clumping, rng)
    return state


def _start(
    weeks: Weeks, sigma: F64, phi: F64, shape: tuple[int, ...], rng: np.random.Generator | None, shared: F64 | None
) -> State:
    """Before the first week: the level is around that of all weeks, the drift anywhere."""
    zeros = np.zeros(shape)
    walk = phi >= 1.0
    stationary = zeros + np.where(walk, 0.0, sigma**2 / np.where(walk, 1.0, 1.0 - phi**2))
    error_m, error_x = zeros, zeros
    if rng is not None:
        error_m = rng.standard_normal(shape) * np.sqrt(LEVEL_VARIANCE)
        error_x = _steps(rng, shared, shape) * np.sqrt(stationary)
    level = _first_level(weeks, 0) - stationary / 2.0
    return State(
        level, zeros, zeros + LEVEL_VARIANCE, zeros, stationary, zeros, error_m, error_x, (zeros, zeros, stationary)
    )


def _first_level(weeks: Weeks, since: int | NDArray[np.int64]) -> F64:
    """Log of the level of all weeks from one on: where the level is expected before its first week."""
    counted = np.arange(len(weeks.leads))[:, None] >= since
    leads, exposure = (weeks.leads * counted).sum(axis=0), (weeks.exposure * counted).sum(axis=0)
    return np.asarray(np.log((leads + 0.5 * (leads == 0)) / np.maximum(exposure, 1.0)) - LEVEL_VARIANCE / 2.0)


def _relearn(state: State, anew: NDArray[np.bool_], start: F64, rng: np.random.Generator | None) -> None:
    """Forget the level, but not where the drift is around it."""
    state.m = np.where(anew, start - state.var_x / 2.0 - state.x, state.m)
    state.var_m = np.where(anew, LEVEL_VARIANCE, state.var_m)
    state.cov = np.where(anew, 0.0, state.cov)
    if rng is not None:
        state.error_m = np.where(anew, rng.standard_normal(state.m.shape) * np.sqrt(LEVEL_VARIANCE), state.error_m)


def _step(state: State, sigma: F64, phi: F64, rng: np.random.Generator | None, shared: F64 | None) -> None:
    """From one week to the next."""
    state.x, state.cov, state.var_x = phi * state.x, phi * state.cov, phi**2 * state.var_x + sigma**2
    mm, mx, xx = state.steps
    state.steps = mm, phi * mx, phi**2 * xx + sigma**2
    if rng is not None:
        state.error_x = phi * state.error_x + sigma * _steps(rng, shared, state.x.shape)


def _steps(rng: np.random.Generator, shared: F64 | None, shape: tuple[int, ...]) -> F64:
    """Standard normal steps, of which a share of the variance is common to all channels."""
    part = np.zeros((shape[0], 1)) if shared is None else shared
    return np.sqrt(part) * rng.standard_normal((shape[0], 1)) + np.sqrt(1.0 - part) * rng.standard_normal(shape)


def _jump(state: State, chance: F64, rng: np.random.Generator | None) -> None:
    """The level is less certain after a jump; its mean stays."""
    if not chance.any():
        return
    jump = chance if rng is None else (rng.random(chance.shape) < chance).astype(np.float64)
    state.m, state.var_m = state.m - jump * JUMP_VARIANCE / 2.0, state.var_m + jump * JUMP_VARIANCE
    if rng is not None:
        state.error_m = state.error_m + np.sqrt(jump * JUMP_VARIANCE) * rng.standard_normal(jump.shape)


def _learn(state: State, leads: F64, exposure: F64, clumped: F64, rng: np.random.Generator | None) -> None:
    """Update by a week's leads (linear Bayes): the log level of the week moves, and m and x with it.

    ``clumped`` is the squared variation of the week around its level: leads then say as much as fewer Poisson ones. The
    mean is linear in the leads, so weeks without any and weeks with many have no bias.
    """
    with_m, with_x = state.var_m + state.cov, state.cov + state.var_x
    before = with_m + with_x
    mean = exposure * np.exp(state.m + state.x + before / 2.0)
    gamma = 1.0 / np.expm1(np.maximum(before, 1e-12))
    worth = 1.0 + clumped * mean * (1.0 + 1.0 / gamma)
    level = (gamma + leads / worth) / (gamma + mean / worth)
    seen = leads / (1.0 + clumped * mean * np.maximum(level, 1.0))
    after = np.where(exposure > 0, np.log1p(1.0 / (gamma + seen)), before)
    moved = np.where(exposure > 0, np.log(level), 0.0) - (after - before) / 2.0
    share = 1.0 / np.maximum(before, 1e-12)
    state.m, state.x = state.m + with_m * share * moved, state.x + with_x * share * moved
    gain = np.maximum(before - after, 0.0) * share**2
    if rng is not None:
        noise = np.sqrt(np.minimum(before * after / np.maximum(before - after, 1e-300), 1e12))
        error = state.error_m + state.error_x + noise * rng.standard_normal(before.shape)
        error = np.where(exposure > 0, error, 0.0)
        state.error_m = state.error_m - gain * with_m * error
        state.error_x = state.error_x - gain * with_x * error
    state.steps = _less(state.steps, gain * with_m, gain * with_x)
    state.var_m, state.cov = state.var_m - gain * with_m**2, state.cov - gain * with_m * with_x
    state.var_x = state.var_x - gain * with_x**2


def _less(steps: tuple[F64, F64, F64], gain_m: F64, gain_x: F64) -> tuple[F64, F64, F64]:
    """Covariance (mm, mx, xx) of errors of which a part of their sum is subtracted from each."""
    mm, mx, xx = steps
    both = mm + 2.0 * mx + xx
    return (
        mm - 2.0 * gain_m * (mm + mx) + gain_m**2 * both,
        mx - gain_m * (mx + xx) - gain_x * (mm + mx) + gain_m * gain_x * both,
        xx - 2.0 * gain_x * (mx + xx) + gain_x**2 * both,
    )


def _log_probability(leads: F64, variance: F64, mean: F64) -> F64:
    """Log probability of a week's leads, negative binomial, by the variance of the log level; 0 for an unseen week."""
    gamma = 1.0 / np.expm1(variance)
    total = gamma + mean
    combinations = gammaln(gamma + leads) - gammaln(gamma) - gammaln(leads + 1.0)
    return np.asarray(combinations + gamma * np.log(gamma / total) + xlogy(leads, mean / total))
