"""The level of each channel from week to week: a filter.

The logarithm of a channel's weekly level is *m + x(w)*, with a long-run level *m* and *x(w) = phi x(w-1) + sigma
eps(w)*, as in docs/background/model.md, section 7. A week's leads are negative binomial around it. The filter is the
dynamic generalized linear model of West, Harrison and Migon (Journal of the American Statistical Association 80,
1985): before each week, the level is taken to be gamma distributed with the mean and variance of its lognormal, which
makes the week's count negative binomial and the update exact for the mean. Weeks without leads need no special
treatment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

F64 = NDArray[np.float64]

LEVEL_VARIANCE = float(np.log1p(1.0 / 0.5))
"""Of the log level before there are data: worth half a lead."""


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
    """

    leads: F64
    exposure: F64
    clumping: F64
    restart: NDArray[np.int64]


@dataclass
class State:
    """Mean and covariance of (m, x) given the weeks so far, their log probability, and errors; (rows, channels)."""

    m: F64
    x: F64
    var_m: F64
    cov: F64
    var_x: F64
    score: F64
    error_m: F64
    error_x: F64


@dataclass(frozen=True)
class Forecasts:
    """One-step forecasts, shape (weeks, ..., channels): mean, shape of the gamma level, standardized error, signal.

    The signal is the part of the forecast's standard deviation that steps of the drift account for.
    """

    mean: F64
    shape: F64
    error: F64
    signal: F64


def follow(
    weeks: Weeks, alpha: F64, sigma: F64, phi: F64, rng: np.random.Generator | None = None, shared: F64 | None = None
) -> tuple[State, Forecasts | None]:
    """Run the filter over all weeks, for each row of parameters.

    Parameters
    ----------
    alpha, sigma, phi : ndarray of float, shape (rows, channels)
    rng, shared : Generator and ndarray of shape (rows, 1), optional
        Draw one error of the filter per row: the truth is the state plus the error. Errors of different channels are
        dependent, because steps are partly shared and not fully seen. Without it, forecasts are kept.
    """
    start = _level_at_start(weeks, 0)
    restart = _level_at_start(weeks, weeks.restart)
    shape = np.broadcast_shapes(alpha.shape, sigma.shape, phi.shape)
    zeros = np.zeros(shape)
    walk = phi >= 1.0
    stationary = np.where(walk, 0.0, sigma**2 / np.where(walk, 1.0, 1.0 - phi**2))
    state = State(
        m=zeros + start - stationary / 2.0, x=zeros.copy(), var_m=zeros + LEVEL_VARIANCE, cov=zeros.copy(),
        var_x=zeros + stationary, score=zeros.copy(), error_m=zeros.copy(), error_x=zeros.copy(),
    )  # fmt: skip
    if rng is not None:
        state.error_m = rng.standard_normal(shape) * np.sqrt(LEVEL_VARIANCE)
        state.error_x = _steps(rng, shared, shape) * np.sqrt(stationary)
    kept: list[tuple[F64, F64, F64, F64]] = []
    seen = stationary.copy()  # variance that steps of the drift contribute to the error of the state
    for week, (leads, exposure, clumping) in enumerate(zip(weeks.leads, weeks.exposure, weeks.clumping, strict=True)):
        anew = (weeks.restart == week) & (week > 0)
        if anew.any():
            _relearn(state, anew, restart, rng)
        state.x, state.cov, state.var_x = phi * state.x, phi * state.cov, phi**2 * state.var_x + sigma**2
        seen = phi**2 * seen + sigma**2
        if rng is not None:
            state.error_x = phi * state.error_x + sigma * _steps(rng, shared, shape)
        variance = state.var_m + 2.0 * state.cov + state.var_x
        daily = np.log1p(alpha * clumping)
        whole = variance + daily
        gamma = 1.0 / np.expm1(whole)
        mean = exposure * np.exp(state.m + state.x + variance / 2.0)
        level = (gamma + leads) / (gamma + mean)  # relative to what was expected
        left = np.log1p(1.0 / (gamma + leads))
        left = np.where(exposure > 0, left, whole)
        moved = np.log(np.where(exposure > 0, level, 1.0)) - (left - whole) / 2.0
        state.score += _log_probability(leads, gamma, mean)
        gain = (whole - left) / whole**2  # of the update, per unit of covariance with the log level
        with_m, with_x = state.var_m + state.cov, state.cov + state.var_x
        state.m, state.x = state.m + with_m / whole * moved, state.x + with_x / whole * moved
        if rng is None:
            spread = np.sqrt(np.maximum(mean * (1.0 + mean / gamma), 1e-300))
            kept.append((mean, gamma, np.where(mean > 0, (leads - mean) / spread, 0.0), mean / spread * np.sqrt(seen)))
            seen = (1.0 - gain * with_x) ** 2 * seen
        else:
            noise = np.sqrt(daily + _counting(whole, left)) * rng.standard_normal(shape)
            seen_error = np.where(exposure > 0, state.error_m + state.error_x + noise, 0.0)
            state.error_m -= gain * with_m * seen_error
            state.error_x -= gain * with_x * seen_error
        state.var_m, state.cov, state.var_x = (
            state.var_m - gain * with_m**2, state.cov - gain * with_m * with_x, state.var_x - gain * with_x**2
        )  # fmt: skip
    return state, Forecasts(*(np.array(item) for item in zip(*kept, strict=True))) if rng is None else None


def _level_at_start(weeks: Weeks, since: int | NDArray[np.int64]) -> F64:
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


def _steps(rng: np.random.Generator, shared: F64 | None, shape: tuple[int, ...]) -> F64:
    """Standard normal steps, of which a share of the variance is common to all channels."""
    part = np.zeros((shape[0], 1)) if shared is None else shared
    return np.sqrt(part) * rng.standard_normal((shape[0], 1)) + np.sqrt(1.0 - part) * rng.standard_normal(shape)


def _counting(before: F64, after: F64) -> F64:
    """Variance of the noise whose observation lowers a variance from one value to another."""
    lowered = np.maximum(before - after, 1e-300)
    return np.minimum(before * after / lowered, 1e12)


def _log_probability(leads: F64, gamma: F64, mean: F64) -> F64:
    """Log probability of a week's leads: negative binomial; 0 for a week that is not seen."""
    total = gamma + mean
    combinations = gammaln(gamma + leads) - gammaln(gamma) - gammaln(leads + 1.0)
    return np.asarray(combinations + gamma * np.log(gamma / total) + xlogy(leads, mean / total))
