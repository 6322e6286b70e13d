"""The arrivals fit: special histories, and what the model gets."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from rpmsim.calibration.arrivals import ArrivalFit, fit_arrivals

FIRST = dt.date(2025, 1, 1)


def fitted(counts: np.ndarray, **options: object) -> ArrivalFit:
    names = [f"c{i}" for i in range(counts.shape[1])]
    return fit_arrivals(counts, FIRST, names, draws=600, rng=np.random.default_rng(1), **options)  # type: ignore[arg-type]


def day(index: int) -> dt.date:
    return FIRST + dt.timedelta(index)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261130)


LUMP = np.zeros((200, 2), dtype=int)
LUMP[77, 0] = 500
DEGENERATE = {
    "one empty day": np.zeros((1, 1), dtype=int),
    "one day": np.array([[5]]),
    "one day, two channels": np.array([[5, 0]]),
    "three leads": np.eye(30, 1, dtype=int) * 3,
    "all leads on one day": LUMP,
    "no leads": np.zeros((300, 2), dtype=int),
    "very many": np.full((300, 1), 100_000),
    "the same every day": np.full((300, 1), 1),
}


@pytest.mark.parametrize("counts", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_histories_give_numbers_that_a_scenario_can_have(counts: np.ndarray) -> None:
    fit = fitted(counts)
    for path, draws in fit.part.draws.items():
        assert np.isfinite(draws).all(), path
        assert draws.shape == (600,)
    for values, most in ((fit.dispersion, 100), (fit.sigma, 0.99), (fit.phi, 1), (fit.shared, 1)):
        assert values.min() >= 0
        assert values.max() <= most
    assert min(fit.leads.min(), fit.now.min()) > 0
    assert np.allclose(fit.weekdays.mean(axis=1), 1.0)


def test_a_channel_that_has_ended_brings_nearly_nothing(rng: np.random.Generator) -> None:
    counts = rng.poisson(5, (300, 2))
    counts[200:, 0] = 0
    fit = fitted(counts)
    assert np.quantile(fit.leads[:, 0], 0.95) < 0.2  # of 35 a week
    assert fit.part.findings[0].verdict == "REVIEW"
    assert np.median(fit.leads[:, 1]) == pytest.approx(35, rel=0.1)


def test_a_channel_that_began_late_counts_from_its_first_lead(rng: np.random.Generator) -> None:
    counts = rng.poisson(5, (300, 1))
    counts[:240] = 0
    now = fitted(counts).leads * fitted(counts).now
    assert np.median(now) == pytest.approx(35, rel=0.15)


def test_a_pause_of_two_weeks_is_not_an_end(rng: np.random.Generator) -> None:
    counts = rng.poisson(5, (300, 1))
    counts[286:] = 0
    assert all(finding.verdict == "PASS" for finding in fitted(counts).part.findings)


def test_a_break_is_honored(rng: np.random.Generator) -> None:
    counts = rng.poisson(5, (300, 1))
    counts[270:] = rng.poisson(15, (30, 1))
    fit = fitted(counts, breaks=[day(100), day(270)])
    assert np.median(fit.leads) == pytest.approx(105, rel=0.12)
    assert np.median(fit.sigma) < 0.05  # the step is no drift


def test_days_that_were_not_recorded_say_nothing(rng: np.random.Generator) -> None:
    counts = rng.poisson(5, (300, 1))
    counts[:100] = 0
    counts[280:] = 0
    fit = fitted(counts, recorded=[(100, 279)])
    assert np.median(fit.leads) == pytest.approx(35, rel=0.12)
    assert not fit.part.findings


def test_holidays_are_closed_only_if_the_counts_show_it(rng: np.random.Generator) -> None:
    holidays = [day(i) for i in range(10, 300, 30)]
    counts = rng.poisson(5, (300, 2))
    assert not fitted(counts, holidays=holidays).closed.any()
    counts[10:300:30] = 0
    fit = fitted(counts, holidays=holidays)
    assert fit.closed.all()
    assert fit.unit == "day"
    assert fit.part.text["channels"]["c0"]["holidays"] == "closed"
    assert np.median(fit.leads, axis=0) == pytest.approx(5, rel=0.1)


def test_the_order_of_channels_changes_nothing(rng: np.random.Generator) -> None:
    counts = rng.poisson([5, 1, 0.1], (200, 3))
    names = np.array(["web", "fair", "mail"])
    one = fit_arrivals(counts, FIRST, list(names), draws=100, rng=np.random.default_rng(1))
    other = [2, 0, 1]
    two = fit_arrivals(counts[:, other], FIRST, list(names[other]), draws=100, rng=np.random.default_rng(1))
    assert one.part.text == two.part.text
    for path, draws in one.part.draws.items():
        np.testing.assert_array_equal(draws, two.part.draws[path])


def test_small_channels_keep_their_level(rng: np.random.Generator) -> None:
    """The mean of the draws has no bias, although the large channel has 300 times their leads."""
    rates = np.array([20.0] + [0.07] * 12)
    means = np.array([fitted(rng.poisson(rates, (200, 13))).leads.mean(axis=0) for _ in range(12)])
    small = means[:, 1:].ravel()
    assert small.mean() == pytest.approx(0.49, abs=3 * small.std() / np.sqrt(small.size))


def test_weekdays_are_shrunk_towards_all_channels(rng: np.random.Generator) -> None:
    weights = np.array([1.4, 1.4, 1.4, 1.4, 1.4, 0.0, 0.0])
    weekday = np.array([day(i).weekday() for i in range(210)])
    counts = rng.poisson(np.outer(weights[weekday], [20.0, 0.3]))
    fit = fitted(counts)
    assert fit.weekdays[1, 5:].max() < 0.25
    assert np.abs(fit.weekdays[0] - weights).max() < 0.12


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        fit_arrivals(np.zeros((0, 1), dtype=int), FIRST, ["a"], draws=10, rng=np.random.default_rng(1))


def test_leads_that_come_as_lists_keep_their_level(rng: np.random.Generator) -> None:
    """Five leads once a month, none on all other days: 1.2 leads a week, although most weeks have none."""
    counts = np.where(np.arange(800)[:, None] % 30 == 0, rng.poisson(5, (800, 1)), 0)
    assert fitted(counts).leads.mean() == pytest.approx(7.0 * counts.mean(), rel=0.2)
