"""Arrivals with known parameters, simulated by the rules of the model (section 7), are fitted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest

from rpmsim.calibration.arrivals import ArrivalFit, fit_arrivals

FIRST = dt.date(2025, 1, 1)
WEEKDAYS = np.array([1.3, 1.3, 1.2, 1.2, 1.0, 0.5, 0.5])
AHEAD = 91


@dataclass
class World:
    level: np.ndarray  # leads a day, by channel
    alpha: float = 0.0
    sigma: float = 0.0
    phi: float = 0.9
    shared: float = 0.0
    weeks: int = 60


def simulated(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the history and the days after it, and the level on its last day relative to the stated one."""
    channels, past = len(world.level), 7 * world.weeks
    days = past + AHEAD
    weekday = np.array([(FIRST + dt.timedelta(i)).weekday() for i in range(days)])
    factor = drifting(np.zeros((1, channels)), world.sigma, world.phi, world.shared, weekday, rng)[:, 0]
    mean = world.level * WEEKDAYS[weekday][:, None] * factor
    return negative_binomial(mean, world.alpha, rng), factor[past - 1]


def drifting(log_now, sigma, phi, shared, weekday, rng):  # type: ignore[no-untyped-def]
    """Factor of the drift on each day, shape (days, rows, channels): the first step on day 0, the others on Mondays."""
    level, variance, factors = log_now, np.zeros(log_now.shape), []
    for i, day in enumerate(weekday):
        if i == 0 or day == 0:
            common, own = rng.standard_normal((len(level), 1)), rng.standard_normal(level.shape)
            level = phi * level + sigma * (np.sqrt(shared) * common + np.sqrt(1.0 - shared) * own)
            variance = phi**2 * variance + sigma**2
        factors.append(np.exp(level - variance / 2.0))
    return np.array(factors)


def negative_binomial(mean: np.ndarray, alpha: np.ndarray | float, rng: np.random.Generator) -> np.ndarray:
    alpha = np.broadcast_to(np.maximum(alpha, 1e-9), mean.shape)
    return rng.poisson(mean * rng.gamma(1.0 / alpha, alpha))


def forecast(fit: ArrivalFit, weeks: int, rng: np.random.Generator) -> np.ndarray:
    """Leads of the days after the history, one replication per draw; shape (days, draws, channels)."""
    weekday = np.array([(FIRST + dt.timedelta(7 * weeks + i)).weekday() for i in range(AHEAD)])
    factor = drifting(np.log(fit.now), fit.sigma, fit.phi[:, None], fit.shared[:, None], weekday, rng)
    per_day = fit.leads / (7.0 if fit.unit == "week" else 1.0)
    return negative_binomial(per_day * fit.weekdays.T[weekday][:, None] * factor, fit.dispersion, rng)


def fitted(counts: np.ndarray, rng: np.random.Generator, draws: int = 300, **options: bool) -> ArrivalFit:
    names = [f"c{i}" for i in range(counts.shape[1])]
    return fit_arrivals(counts, FIRST, names, draws=draws, rng=rng, **options)


def covered(draws: np.ndarray, truth: np.ndarray | float) -> np.ndarray:
    """Whether 80% intervals contain the truth; ties at their ends count by half."""
    low, high = np.quantile(draws, [0.1, 0.9], axis=0)
    return np.atleast_1d(((low <= truth) & (truth <= high)).astype(float) + ((low < truth) & (truth < high))) / 2.0


def test_intervals_cover_as_often_as_they_say() -> None:
    """80% intervals of 40 worlds: 74% to 86% pooled for parameters, and for the leads of the next 28 and 90 days."""
    rng = np.random.default_rng(22)
    parameters, futures = [], []
    for _ in range(40):
        channels = int(rng.integers(1, 5))
        world = World(
            level=np.exp(rng.normal(np.log(4.0), 1.0, channels)), alpha=np.exp(rng.normal(np.log(0.05), 0.7)),
            sigma=np.exp(rng.normal(np.log(0.1), 0.4)), phi=rng.choice([0.5, 0.8, 0.9, 0.95]), shared=rng.uniform(),
            weeks=int(rng.integers(30, 90)),
        )  # fmt: skip
        counts, now = simulated(world, rng)
        fit = fitted(counts[: 7 * world.weeks], rng)
        ahead = forecast(fit, world.weeks, rng)
        parameters += [*covered(fit.leads * fit.now, 7.0 * world.level * now), *covered(fit.dispersion, world.alpha)]
        parameters += [*covered(fit.sigma, world.sigma), *covered(fit.phi, world.phi)]
        parameters += [*covered(fit.leads, 7.0 * world.level), *covered(fit.now, now)]
        parameters += [*covered(fit.shared, world.shared)] if channels > 1 else []
        for days in (28, 90):
            truth = counts[7 * world.weeks :][:days].sum(axis=0)
            drawn = ahead[:days].sum(axis=0)
            futures += [*covered(drawn, truth), *covered(drawn.sum(axis=1), float(truth.sum()))]
    assert 0.74 <= np.mean(parameters) <= 0.86
    assert 0.74 <= np.mean(futures) <= 0.86


def test_forecasts_have_no_bias() -> None:
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(25):
        world = World(np.array([5.0, 1.0, 0.2]), alpha=0.1, sigma=0.08, phi=0.8, shared=0.3, weeks=40)
        counts, _ = simulated(world, rng)
        ahead = forecast(fitted(counts[:280], rng), world.weeks, rng)
        ratios.append(ahead[:90].sum(axis=0).mean(axis=0) - counts[280:370].sum(axis=0))
    ratios = np.array(ratios)
    standard_error = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
    assert (np.abs(ratios.mean(axis=0)) < 3.0 * standard_error).all()


def test_the_monthly_fano_factor_is_that_of_the_dispersion() -> None:
    """Variance over mean of a month is 1 + alpha x leads a day; simulated from the fit, it is so within 10%."""
    rng = np.random.default_rng(8)
    ratio = []
    for alpha in (0.02, 0.05, 0.1, 0.2):
        world = World(np.full(4, 25.0), alpha=alpha, weeks=100)
        counts, _ = simulated(world, rng)
        fit = fitted(counts[:700], rng, draws=2000, drifting=False)
        month = forecast(fit, 100, rng)[:28]
        expected = fit.leads / 7.0 * fit.weekdays.T[np.arange(28) % 7].mean(axis=0) * 28.0
        excess = ((month.sum(axis=0) - expected) ** 2 / expected).mean() - 1.0
        ratio.append(excess / (alpha * 25.0 * (WEEKDAYS**2).mean()))
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.1)


def test_poisson_leads_and_a_constant_level_are_found_to_be_that() -> None:
    rng = np.random.default_rng(3)
    counts, _ = simulated(World(np.array([20.0, 5.0]), weeks=70), rng)
    fit = fitted(counts[:490], rng)
    assert np.median(fit.dispersion[:, 0]) < 0.006
    assert np.median(fit.sigma) < 0.03


def test_without_dispersion_or_drift_bands_are_narrower() -> None:
    rng = np.random.default_rng(4)
    counts, _ = simulated(World(np.array([20.0, 10.0]), alpha=0.15, sigma=0.15, phi=0.9, shared=0.5), rng)
    past = counts[:420]

    def width(**options: bool) -> float:
        total = forecast(fitted(past, np.random.default_rng(1), draws=2000, **options), 60, rng)[:28].sum(axis=(0, 2))
        return float(np.ptp(np.quantile(total, [0.1, 0.9])))

    assert width(drifting=False) < 0.6 * width()
    assert width(drifting=False, dispersed=False) < 0.8 * width(drifting=False)


def test_a_step_is_followed_and_is_no_drift() -> None:
    rng = np.random.default_rng(6)
    counts, _ = simulated(World(np.array([6.0, 3.0, 1.0]), alpha=0.05, sigma=0.03, phi=0.8, weeks=60), rng)
    past = counts[:420]
    past[340:] = rng.poisson(past[340:] * 3.0)
    fit = fitted(past, rng)
    assert np.median(fit.leads * fit.now, axis=0) == pytest.approx(np.array([126.0, 63.0, 21.0]), rel=0.2)
    assert np.median(fit.sigma) < 0.12


def test_a_trend_is_found_and_no_other() -> None:
    """Leads that double within a year have a trend of 6% per month; a level that only drifts mostly has none."""
    rng = np.random.default_rng(7)
    world = World(np.full(3, 10.0), alpha=0.05, sigma=0.05, phi=0.8, shared=0.3, weeks=75)
    counts, _ = simulated(world, rng)
    months = (np.arange(525) - 524) / 30.4375
    growing = rng.binomial(counts[:525], np.exp(0.06 * months)[:, None])
    fit = fitted(growing, rng)
    assert (np.median(fit.growth, axis=0) > 0.03).all()
    assert np.median(fit.leads * fit.now, axis=0) == pytest.approx(70.0, rel=0.25)
    assert fit.part.text["channels"]["c0"]["growth"] == "posterior per month"
    wrong = [fitted(simulated(world, rng)[0][:525], rng, draws=50).growth.any(axis=0) for _ in range(8)]
    assert np.mean(wrong) < 0.1


def test_months_are_found_where_there_is_a_season_and_two_years_of_it() -> None:
    rng = np.random.default_rng(2)
    season = np.exp(0.4 * np.sin(2.0 * np.pi * np.arange(12) / 12.0))
    world = World(np.array([10.0, 3.0]), alpha=0.05, sigma=0.04, phi=0.8, shared=0.3, weeks=130)
    counts = simulated(world, rng)[0][:910]
    month = np.array([(FIRST + dt.timedelta(i)).month - 1 for i in range(910)])
    seasonal = rng.binomial(counts, (season / season.max())[month][:, None])
    fit = fitted(seasonal, rng, draws=200)
    assert np.abs(np.log(fit.months / (season / season.mean()))).max() < 0.25
    level = world.level * 7.0 * season.mean() / season.max()
    assert np.median(fit.leads, axis=0) == pytest.approx(level, rel=0.15)
    assert fit.part.text["channels"]["c0"]["months"]["apr"] > 1.2
    assert "months" not in fitted(counts, rng, draws=20).part.text["channels"]["c0"]
    assert "months" not in fitted(seasonal[-500:], rng, draws=20).part.text["channels"]["c0"]


def test_drift_is_known_to_be_shared_or_not() -> None:
    rng = np.random.default_rng(9)
    medians = []
    for shared in (0.0, 1.0):
        world = World(np.full(4, 20.0), alpha=0.02, sigma=0.15, phi=0.9, shared=shared, weeks=80)
        medians.append(np.median(fitted(simulated(world, rng)[0][:560], rng).shared))
    assert medians[0] < 0.2
    assert medians[1] > 0.8
