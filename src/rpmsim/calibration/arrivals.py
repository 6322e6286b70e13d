"""New leads: level, weekdays, holidays, dispersion, trend and drift of each channel, as joint draws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from rpmsim.calibration.arrival_days import Days, by_week, closed_on_holidays, read_days, weekday_weights
from rpmsim.calibration.arrival_part import ArrivalFit, write_part
from rpmsim.calibration.dispersion import dispersion_draws
from rpmsim.calibration.drift import drift_draws
from rpmsim.calibration.jumps import jump_chances
from rpmsim.calibration.seasons import month_factors
from rpmsim.calibration.trend import WEEKS_PER_MONTH, growth_draws
from rpmsim.calibration.weekly_level import Forecast, Weeks, follow

__all__ = ["ArrivalFit", "fit_arrivals"]

F64 = NDArray[np.float64]

SMALLEST_LEVEL = 1e-6
"""Leads a day of a channel that has ended, at least: a scenario needs a positive number."""
LARGEST_DISPERSION = 100.0
LARGEST_SIGMA = 0.9
"""What a scenario can state."""


def fit_arrivals(
    counts: NDArray[np.integer],
    first: dt.date,
    names: Sequence[str],
    *,
    draws: int,
    rng: np.random.Generator,
    recorded: Sequence[tuple[int, int]] | None = None,
    holidays: Collection[dt.date] = (),
    breaks: Collection[dt.date] = (),
    dispersed: bool = True,
    drifting: bool = True,
) -> ArrivalFit:
    """Fit the arrivals of all channels.

    Parameters
    ----------
    counts : ndarray of int, shape (days, channels)
        New leads by calendar day; the last row is the day of the forecast (`as_of`).
    first : date
        The first day.
    names : sequence of str
        Channels as in the model.
    draws : int
        Number of joint draws.
    rng : Generator
    recorded : sequence of (int, int), optional
        First and last day on which each channel's leads were recorded, as indices of rows, both included; none if the
        last one is before the first. Default: all.
    holidays : collection of date, optional
        Days on which channels may be closed; whether they are is seen in the counts.
    breaks : collection of date, optional
        Days from which the level differs from before. Only days from the last one on say what it is now; weekdays,
        dispersion and drift are learned from all days.
    dispersed, drifting : bool
        False: Poisson counts; a constant level, without a trend.

    Returns
    -------
    ArrivalFit

    Raises
    ------
    ValueError
        No days or channels, or negative counts.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or 0 in counts.shape or counts.shape[1] != len(names) or counts.min() < 0:
        raise ValueError(f"counts must be whole numbers by day and channel, not an array of shape {counts.shape}")
    order = sorted(range(len(names)), key=lambda channel: names[channel])
    names, counts = [names[channel] for channel in order], counts[:, order]
    recorded = None if recorded is None else [recorded[channel] for channel in order]
    days = read_days(counts, first, recorded, breaks)
    weights = weekday_weights(days)
    holiday = np.isin(first.toordinal() + np.arange(len(counts)), [day.toordinal() for day in holidays])
    closed = closed_on_holidays(days, weights, holiday)
    exposure = days.usable * weights[days.weekday] * ~(holiday[:, None] & closed)
    shape = (draws, len(names))
    dispersion = dispersion_draws(days, exposure, draws, rng) if dispersed else np.zeros(shape)
    middle = np.exp(np.log(np.maximum(dispersion, 1e-12)).mean(axis=0)) if dispersed else np.zeros(len(names))
    month = np.array([(first + dt.timedelta(i)).month - 1 for i in range(len(counts))])
    months = month_factors(days, exposure, month, float(np.mean(middle)))
    weeks = _weeks(days, exposure * months[month][:, None])
    if drifting:
        weeks = replace(weeks, jump=jump_chances(weeks, middle))
        growth = growth_draws(weeks, middle, draws, rng) / WEEKS_PER_MONTH
        sigma, phi, shared = drift_draws(weeks, middle, growth.mean(axis=0), draws, rng)
    else:
        growth, sigma, phi, shared = np.zeros(shape), np.zeros(shape), np.ones(draws), np.zeros(draws)
    leads, now = _levels(weeks, dispersion, sigma, phi, shared, growth, rng)
    unit = "day" if closed.any() else "week"
    leads = np.where(days.counts.any(axis=0), np.maximum(leads, SMALLEST_LEVEL), SMALLEST_LEVEL) * (
        1.0 if unit == "day" else 7.0
    )
    forecasts: list[Forecast] = []
    central = np.median(sigma, axis=0)[None], np.full((1, len(names)), np.median(phi))
    follow(weeks, middle[None], *central, growth=growth.mean(axis=0), forecasts=forecasts)
    expected, gamma, jumps = (
        np.array([getattr(week, name)[0] for week in forecasts]) for name in ("mean", "gamma", "jump")
    )
    low, high = (nbinom.ppf(q, gamma, gamma / (gamma + expected)) for q in (0.05, 0.95))
    monday = first - dt.timedelta(first.weekday())
    fit = ArrivalFit(
        names=tuple(names), unit=unit, leads=leads, now=now, dispersion=np.minimum(dispersion, LARGEST_DISPERSION),
        sigma=np.minimum(sigma, LARGEST_SIGMA), phi=phi, shared=shared,
        growth=np.expm1(growth * WEEKS_PER_MONTH), weekdays=weights.T, months=months, closed=closed,
        records=days.counts.sum(axis=0), weeks=tuple(monday + dt.timedelta(7 * i) for i in range(len(weeks.leads))),
        observed=weeks.leads, expected=expected, low=low, high=high, jumps=jumps,
    )  # fmt: skip
    write_part(fit, days, first, dispersed=dispersed, drifting=drifting)
    return fit


def _weeks(days: Days, exposure: F64) -> Weeks:
    """The days by week; days before a restart in the same week are left out."""
    late = np.arange(len(days.week))[:, None] >= days.restarts
    same = days.week[:, None] == days.week[np.minimum(days.restarts, len(days.week) - 1)]
    exposure = np.where(same & ~late, 0.0, exposure)
    leads, parts = by_week(np.where(exposure > 0, days.counts, 0), days), by_week(exposure, days)
    clumping = by_week(exposure**2, days) / np.maximum(parts, 1e-12) ** 2
    restart = np.where(days.restarts > 0, days.week[np.minimum(days.restarts, len(days.week) - 1)], -1)
    return Weeks(leads, parts, clumping, restart, np.zeros_like(leads))


def _levels(
    weeks: Weeks, dispersion: F64, sigma: F64, phi: F64, shared: F64, growth: F64, rng: np.random.Generator
) -> tuple[F64, F64]:
    """Draw the long-run level per day, and the level on the last day relative to it.

    The stated level of a scenario is a mean, and that of the filter is on the log scale: they differ by half the
    variance that the drift has in the long run.
    """
    phis = np.repeat(phi[:, None], sigma.shape[1], axis=1)
    state = follow(weeks, dispersion, sigma, phis, rng, shared[:, None], growth)
    level, drift = state.m + state.error_m, state.x + state.error_x
    walk = phis >= 1.0
    half = np.where(walk, 0.0, sigma**2 / np.where(walk, 1.0, 1.0 - phis**2)) / 2.0
    leads = np.exp(np.where(walk, level + drift, level + half))
    return leads, np.exp(np.where(walk, 0.0, drift - half))
