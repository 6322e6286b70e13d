"""New leads: level, weekdays, holidays, dispersion and drift of each channel, as joint draws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from rpmsim.calibrate.arrival_days import Days, by_week, closed_on_holidays, read_days, weekday_weights
from rpmsim.calibrate.dispersion import dispersion_draws
from rpmsim.calibrate.drift import drift_draws
from rpmsim.calibrate.jumps import jump_chances
from rpmsim.calibrate.part import Finding, Part
from rpmsim.calibrate.weekly_level import Forecast, Weeks, follow

F64 = NDArray[np.float64]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SMALLEST_LEVEL = 1e-6
"""Leads a day of a channel that has ended, at least: a scenario needs a positive number."""
LARGEST_DISPERSION = 100.0
LARGEST_SIGMA = 0.9


@dataclass(frozen=True)
class ArrivalFit:
    """New leads of each channel: draws, and weeks for a chart.

    Parameters
    ----------
    names : tuple of str
        Channels in alphabetical order, which is that of the arrays: the order of the input changes nothing.
    unit : {"week", "day"}
        Of ``leads``; days if a channel is closed on holidays, because weeks with a holiday then have fewer leads.
    leads : ndarray of float, shape (draws, channels)
        Long-run level per unit; the level on the last day where phi is 1.
    now : ndarray of float, shape (draws, channels)
        Level on the last day relative to ``leads``.
    dispersion, sigma : ndarray of float, shape (draws, channels)
    phi, shared : ndarray of float, shape (draws,)
        The same for all channels.
    weekdays : ndarray of float, shape (channels, 7)
        Weights from Monday on, with a mean of 1.
    closed : ndarray of bool, shape (channels,)
        No leads on holidays.
    records : ndarray of int, shape (channels,)
        Leads in the days that were used.
    weeks : tuple of date
        Mondays of the weeks in the chart.
    observed, expected, low, high : ndarray of float, shape (weeks, channels)
        Leads of the week, and what the weeks before made expect, with a 90% band.
    part : Part
        What the model gets.
    """

    names: tuple[str, ...]
    unit: str
    leads: F64
    now: F64
    dispersion: F64
    sigma: F64
    phi: F64
    shared: F64
    weekdays: F64
    closed: NDArray[np.bool_]
    records: NDArray[np.int64]
    weeks: tuple[dt.date, ...]
    observed: F64
    expected: F64
    low: F64
    high: F64
    part: Part = field(default_factory=Part)


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
        First and last day on which each channel's leads were recorded, as indices of rows, both included. Default: all.
    holidays : collection of date, optional
        Days on which channels may be closed; whether they are is seen in the counts.
    breaks : collection of date, optional
        Days from which the level differs from before. Only days from the last one on say what it is now; weekdays,
        dispersion and drift are learned from all days.
    dispersed, drifting : bool
        False: Poisson counts; a constant level.

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
    weeks = _weeks(days, exposure)
    shape = (draws, len(names))
    dispersion = dispersion_draws(days, exposure, draws, rng) if dispersed else np.zeros(shape)
    middle = np.exp(np.log(np.maximum(dispersion, 1e-12)).mean(axis=0)) if dispersed else np.zeros(len(names))
    if drifting:
        weeks = replace(weeks, jump=jump_chances(weeks, middle))
        sigma, phi, shared = drift_draws(weeks, middle, draws, rng)
    else:
        sigma, phi, shared = np.zeros(shape), np.ones(draws), np.zeros(draws)
    leads, now = _levels(weeks, dispersion, sigma, phi, shared, rng)
    unit = "day" if closed.any() else "week"
    leads = np.maximum(leads, SMALLEST_LEVEL) * (1.0 if unit == "day" else 7.0)
    forecasts: list[Forecast] = []
    central = np.median(sigma, axis=0)[None], np.full((1, len(names)), np.median(phi))
    follow(weeks, middle[None], *central, forecasts=forecasts)
    expected, gamma = (np.array([getattr(week, name)[0] for week in forecasts]) for name in ("mean", "gamma"))
    low, high = (nbinom.ppf(q, gamma, gamma / (gamma + expected)) for q in (0.05, 0.95))
    monday = first - dt.timedelta(first.weekday())
    fit = ArrivalFit(
        names=tuple(names), unit=unit, leads=leads, now=now, dispersion=np.minimum(dispersion, LARGEST_DISPERSION),
        sigma=np.minimum(sigma, LARGEST_SIGMA), phi=phi, shared=shared, weekdays=weights.T, closed=closed,
        records=days.counts.sum(axis=0), weeks=tuple(monday + dt.timedelta(7 * i) for i in range(len(weeks.leads))),
        observed=weeks.leads, expected=expected, low=low, high=high,
    )  # fmt: skip
    _write(fit, days, dispersed, drifting)
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
    weeks: Weeks, dispersion: F64, sigma: F64, phi: F64, shared: F64, rng: np.random.Generator
) -> tuple[F64, F64]:
    """Draw the long-run level per day, and the level on the last day relative to it.

    The stated level of a scenario is a mean, and that of the filter is on the log scale: they differ by half the
    variance that the drift has in the long run.
    """
    state = follow(weeks, dispersion, sigma, np.repeat(phi[:, None], sigma.shape[1], axis=1), rng, shared[:, None])
    level, drift = state.m + state.error_m, state.x + state.error_x
    walk = phi[:, None] >= 1.0
    half = np.where(walk, 0.0, sigma**2 / np.where(walk, 1.0, 1.0 - phi[:, None] ** 2)) / 2.0
    leads = np.exp(np.where(walk, level + drift, level + half))
    return leads, np.exp(np.where(walk, 0.0, drift - half))


def _write(fit: ArrivalFit, days: Days, dispersed: bool, drifting: bool) -> None:
    """Write the scenario's text, the draws by path, and what an analyst should know."""
    part = fit.part
    part.text["channels"] = {}
    for i, name in enumerate(fit.names):
        text: dict[str, Any] = {"leads": f"posterior per {fit.unit}"}
        values = {"leads": fit.leads[:, i]}
        if np.ptp(fit.weekdays[i]) > 1e-3:
            text["weekdays"] = {day: round(float(w), 3) for day, w in zip(WEEKDAYS, fit.weekdays[i], strict=True)}
        if fit.closed[i]:
            text["holidays"] = "closed"
        if dispersed:
            text["dispersion"] = "posterior"
            values["dispersion"] = fit.dispersion[:, i]
        if drifting:
            text["drift"] = dict.fromkeys(("sigma", "phi", "shared", "now"), "posterior")
            values |= {"drift.sigma": fit.sigma[:, i], "drift.phi": fit.phi}
            values |= {"drift.shared": fit.shared, "drift.now": fit.now[:, i]}
        part.text["channels"][name] = text
        for key, value in values.items():
            part.draws[f"channels.{name}.{key}"] = value
            part.records[f"channels.{name}.{key}"] = int(fit.records[i])
        part.findings += _findings(name, days, i)


def _findings(name: str, days: Days, i: int) -> list[Finding]:
    """What is special about a channel."""
    ended, began = days.ended[i], days.began[i]
    if ended is not None:
        return [
            Finding(
                f"leads of {name}", "REVIEW", f"There has been no lead since {ended}. The forecast has nearly none.",
                f"If {name} goes on, state `leads` for it in a scenario that extends the model.",
            )
        ]  # fmt: skip
    if not days.counts[:, i].any():
        return [
            Finding(
                f"leads of {name}", "REVIEW", "No leads are recorded in this channel. The forecast has nearly none.",
                f"If {name} brings leads, state `leads` for it in a scenario that extends the model.",
            )
        ]  # fmt: skip
    if began is not None:
        return [Finding(f"leads of {name}", "PASS", f"The first lead came on {began}; only the days after it count.")]
    return []
