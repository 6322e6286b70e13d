"""How much classes differ: not at all where chance explains it, shrunk where exits are few, and honest."""

import numpy as np
from scipy import stats

from rpmsim.calibration import classes
from rpmsim.calibration.classes import PRIOR_EXITS, SAME, factors_of


def test_equal_classes_are_left_alone():
    """They are told apart in about one case of five, and then the factors are near 1."""
    rng = np.random.default_rng(1)
    expected = np.array([[200.0, 120.0, 60.0, 30.0, 15.0, 8.0]])
    found = [factors_of(rng.poisson(expected).astype(float), expected) for _ in range(400)]
    assert np.mean([factors.any for factors in found]) <= 0.25
    assert np.mean([np.abs(factors.mean[0, :2] - 1).max() for factors in found if factors.any]) < 0.1


def test_intervals_cover():
    """Gamma factors of known spread: 80% intervals cover in 76% to 84% of 3,000 classes."""
    rng, inside, errors = np.random.default_rng(2), 0, []
    for _ in range(300):
        expected = rng.gamma(2, 30, (1, 10)) + 5
        truth = rng.gamma(12, 1 / 12, (1, 10))
        found = factors_of(rng.poisson(truth * expected).astype(float), expected)
        drawn = found.drawn(300, rng)[:, 0]
        scaled = truth[0] / ((truth * expected).sum() / expected.sum())
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        inside += int(((low <= scaled) & (scaled <= high)).sum())
        errors.append(float(np.mean(drawn.mean(axis=0) - scaled)))
    assert 0.74 <= inside / 3000 <= 0.84
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(300) + 0.005


def test_ranks_are_uniform_whether_classes_differ_or_not(monkeypatch):
    """Simulation-based calibration (Talts et al., 2018): spread, factors and exits drawn from the prior.

    A rank is that of the factor of the first class among 199 draws; where classes do not differ, ties are broken at
    random. One chi-square over 1,000 stages with 20 bins. Classes are told apart however little they seem to differ.
    """
    monkeypatch.setattr(classes, "WORTH_SAYING", 0.0)
    rng, ranks = np.random.default_rng(5), []
    while len(ranks) < 1000:
        worth = np.inf if rng.random() < SAME else rng.choice(PRIOR_EXITS)
        expected = rng.gamma(2, 30, (1, 8)) + 5
        truth = np.ones((1, 8)) if np.isinf(worth) else rng.gamma(worth, 1 / worth, (1, 8))
        found = factors_of(rng.poisson(truth * expected).astype(float), expected)
        scaled = truth[0, 0] / ((truth * expected).sum() / expected.sum())
        drawn = found.drawn(199, rng)[:, 0, 0]
        below, equal = (drawn < scaled - 1e-12).sum(), (np.abs(drawn - scaled) <= 1e-12).sum()
        ranks.append(below + rng.integers(equal + 1))
    counts = np.bincount(np.array(ranks) // 10, minlength=20)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_where_all_are_of_one_class_there_is_nothing_to_tell_apart():
    assert not factors_of(np.array([[120.0, 1.0, 0.0]]), np.array([[119.0, 2.0, 0.0]])).any


def test_small_classes_are_shrunk():
    exits = np.array([[300.0, 100.0, 60.0, 3.0]])
    expected = np.array([[200.0, 180.0, 82.0, 1.0]])
    found = factors_of(exits, expected)
    factors = found.mean[0]
    assert found.any
    assert 1.2 < factors[0] < 1.55
    assert factors[3] < 1.5  # three exits where one was expected: nearly the pool
