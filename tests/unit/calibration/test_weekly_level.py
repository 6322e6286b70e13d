"""The filter against closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import nbinom, poisson

from rpmsim.calibration.pooling import Prior, pooled_draws
from rpmsim.calibration.weekly_level import Forecast, Weeks, follow


def weeks_of(leads: list[float], exposure: float = 7.0) -> Weeks:
    column = np.array(leads, dtype=float)[:, None]
    return Weeks(column, np.full(column.shape, exposure), np.full(column.shape, 1 / 7), np.array([-1]), 0.0 * column)


def one(value: float) -> np.ndarray:
    return np.array([[value]])


def test_a_constant_level_has_the_gamma_posterior() -> None:
    """Without drift the update is the conjugate one: half a lead before, exact after any number of weeks."""
    leads = [3.0, 0.0, 0.0, 8.0, 2.0]
    weeks = weeks_of(leads)
    state = follow(weeks, one(0.0), one(0.0), one(1.0))
    shape, rate = 0.5, 0.5 / (sum(leads) / 35.0)
    expected = 0.0
    for count in leads:
        expected += nbinom.logpmf(count, shape, rate / (rate + 7.0))
        shape, rate = shape + count, rate + 7.0
    assert state.score == pytest.approx(expected, rel=1e-12)
    assert np.exp(state.m + state.var_m / 2.0) == pytest.approx(shape / rate)
    assert np.expm1(state.var_m) == pytest.approx(1.0 / shape)


@pytest.mark.parametrize(("sigma", "phi"), [(0.05, 1.0), (0.3, 0.8), (0.5, 0.5)])
def test_forecasts_are_those_of_simulated_levels(sigma: float, phi: float) -> None:
    """Log probability of weeks 3 to 7 given the first two, by 400,000 simulated paths of the level."""
    rng = np.random.default_rng(1)
    leads = [12.0, 9.0, 15.0, 5.0, 11.0, 22.0, 14.0]
    stationary = 0.0 if phi == 1.0 else sigma**2 / (1.0 - phi**2)
    level = np.log(rng.gamma(0.5, 2.0 * sum(leads) / 49.0, 400_000) + 1e-300) - stationary / 2.0
    drift = np.sqrt(stationary) * rng.standard_normal(400_000)
    path = [np.zeros(400_000)]
    for count in leads:
        drift = phi * drift + sigma * rng.standard_normal(400_000)
        path.append(path[-1] + poisson.logpmf(count, 7.0 * np.exp(level + drift)))
    expected = logsumexp(path[7]) - logsumexp(path[2])
    forecasts: list[Forecast] = []
    follow(weeks_of(leads), one(0.0), one(sigma), one(phi), forecasts=forecasts)
    known = zip(leads[2:], forecasts[2:], strict=True)
    stated = sum(nbinom.logpmf(count, week.gamma, week.gamma / (week.gamma + week.mean)) for count, week in known)
    assert stated[0, 0] == pytest.approx(expected, abs=0.1)


def test_drawn_errors_have_the_variance_of_the_state() -> None:
    rng = np.random.default_rng(2)
    rows = 40_000
    weeks = weeks_of([12, 9, 15, 0, 11, 22, 14])
    sigma, phi, alpha = (np.full((rows, 1), value) for value in (0.3, 0.8, 0.05))
    state = follow(weeks, alpha, sigma, phi, rng, np.zeros((rows, 1)))
    drawn = np.cov(state.error_m[:, 0], state.error_x[:, 0])
    stated = np.array([[state.var_m[0, 0], state.cov[0, 0]], [state.cov[0, 0], state.var_x[0, 0]]])
    np.testing.assert_allclose(drawn, stated, atol=4.0 * stated.max() * np.sqrt(2.0 / rows))


def test_unseen_weeks_change_only_what_time_changes() -> None:
    seen = weeks_of([12, 9, 15])
    unseen = Weeks(*(np.concatenate([part, np.zeros((2, 1))]) for part in (seen.leads, seen.exposure, seen.clumping)),
                   restart=np.array([-1]), jump=np.zeros((5, 1)))  # fmt: skip
    before, after = (follow(weeks, one(0.05), one(0.2), one(0.9)) for weeks in (seen, unseen))
    assert after.score == before.score
    assert after.m == before.m
    assert after.x == pytest.approx(0.81 * before.x)


def test_a_channel_without_data_is_like_the_others() -> None:
    grid = np.geomspace(0.01, 1.0, 21)
    near = -0.5 * (np.log(grid / 0.2) / 0.1) ** 2
    likelihood = np.stack([near, near, near, np.zeros(21)], axis=1)[None]
    values, _ = pooled_draws(likelihood, grid, Prior(0.05, 1.0), 4000, np.random.default_rng(1))
    assert np.median(values, axis=0) == pytest.approx(0.2, rel=0.1)
    assert np.log(values[:, 3]).std() > 2.0 * np.log(values[:, 0]).std()
