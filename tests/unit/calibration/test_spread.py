"""Pace of weeks and shock of quarters: found where they are there, and not made up where they are not."""

import numpy as np
import pytest

from rpmsim.calibration.recency import Tried
from rpmsim.calibration.spread import PACE_PRIOR, PACE_WEEKS, Shocks, Weeks, drawn_level, drawn_pace
from rpmsim.calibration.windows import ALL


def weeks(rng, sigma, expected, n=26, response=1.0):
    level = np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2)
    observed = rng.poisson((1 + response * (level - 1)) * expected).astype(float)
    return Weeks(np.full(n, float(expected)), observed, np.full(n, response))


@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.35])
def test_pace_is_found(sigma):
    rng = np.random.default_rng(1)
    medians = [np.median(drawn_pace(weeks(rng, sigma, 400), 400, rng)) for _ in range(100)]
    assert np.mean(medians) == pytest.approx(sigma, rel=0.2)  # the prior has its say


@pytest.mark.parametrize(("expected", "response"), [(6, 0.9), (30, 0.5), (200, 0.3), (1000, 1.0)])
def test_pace_intervals_cover(expected, response):
    """Sigmas from the prior, 26 weeks with few or many exits: 80% intervals cover in 74% to 86% of 400 stages."""
    rng, inside = np.random.default_rng(6), 0
    for _ in range(400):
        sigma = PACE_PRIOR * np.sqrt(PACE_WEEKS / rng.chisquare(PACE_WEEKS))
        drawn = drawn_pace(weeks(rng, sigma, expected, response=response), 400, rng)
        low, high = np.quantile(drawn, [0.1, 0.9])
        inside += low <= sigma <= high
    assert 0.74 <= inside / 400 <= 0.86


def test_pace_is_not_made_up():
    """With many exits and no pace, little is left of the prior; with few, the prior stays."""
    rng = np.random.default_rng(2)
    assert np.median([np.median(drawn_pace(weeks(rng, 0, 2000), 200, rng)) for _ in range(50)]) < 0.09
    assert 0.08 < np.median([np.median(drawn_pace(weeks(rng, 0, 5), 200, rng)) for _ in range(50)]) < 0.16


def test_shock_intervals_cover():
    """Sigmas from the prior, deviations of eight quarters: 80% intervals of sigma cover in 74% to 86% of 500 worlds."""
    rng, inside = np.random.default_rng(3), 0
    for _ in range(500):
        sigma = abs(rng.standard_normal()) * 0.15
        information = rng.gamma(3, 25, 8) + 5
        deviation = sigma * rng.standard_normal(8) + rng.standard_normal(8) / np.sqrt(information)
        drawn, _ = Shocks(deviation, information).drawn(400, rng)
        low, high = np.quantile(drawn, [0.1, 0.9])
        inside += low <= sigma <= high
    assert 0.74 <= inside / 500 <= 0.86


def test_mean_of_quarters_that_were_seen():
    """The mean shock of four quarters of like weight has half the sigma of one."""
    rng = np.random.default_rng(4)
    sigma, mean = Shocks(np.array([0.3, -0.3, 0.25, -0.2]), np.full(4, 1e5)).drawn(4000, rng)
    assert np.std(mean / sigma) == pytest.approx(0.5, rel=0.05)


def test_too_few_quarters():
    sigma, mean = Shocks(np.array([0.1]), np.array([50.0])).drawn(4000, np.random.default_rng(5))
    assert np.median(sigma) == pytest.approx(0.15 * 0.6745, rel=0.08)
    assert np.std(mean / sigma) == pytest.approx(1.0, rel=0.05)


def forecasts(rng, move, origins=10, left=400, share=0.3):
    """Forecasts of 28 days at weekly origins: the log odds of advancing move every four weeks."""
    level = np.repeat(move * rng.standard_normal(origins // 4 + 1), 4)[:origins]
    odds = share / (1 - share) * np.exp(level)
    advanced = rng.binomial(left, odds / (1 + odds)).astype(float)
    observed = np.stack([advanced, left - advanced], axis=1)
    expected = np.tile([left * share, left * (1 - share)], (origins, 1))[:, None, :].astype(float)
    return Tried((ALL,), tuple(200 - 7 * i for i in range(origins)), expected, observed)


def test_a_level_that_does_not_move_is_not_widened():
    rng = np.random.default_rng(6)
    up = np.array([True, False])
    widened = sum(drawn_level(forecasts(rng, 0.0), [ALL], up, 28, 10, rng).any() for _ in range(300))
    assert widened <= 6


def test_a_level_that_moves_is_widened():
    rng = np.random.default_rng(7)
    up = np.array([True, False])
    sigmas = [np.std(drawn_level(forecasts(rng, 0.4), [ALL], up, 28, 400, rng)) for _ in range(50)]
    assert np.mean(np.array(sigmas) > 0.1) > 0.6
    assert max(sigmas) < 0.35
