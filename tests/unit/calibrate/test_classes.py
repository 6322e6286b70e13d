"""How much classes differ: not at all where chance explains it, shrunk where exits are few, and honest."""

import numpy as np

from rpmsim.calibrate.classes import factors_of


def test_equal_classes_have_no_factors():
    rng = np.random.default_rng(1)
    expected = np.array([[200.0, 120.0, 60.0, 30.0, 15.0, 8.0]])
    differ = sum(factors_of(rng.poisson(expected).astype(float), expected).any for _ in range(400))
    assert differ <= 20  # 2% are to be expected, and 5% would be 20


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


def test_small_classes_are_shrunk():
    exits = np.array([[300.0, 100.0, 60.0, 3.0]])
    expected = np.array([[200.0, 180.0, 82.0, 1.0]])
    found = factors_of(exits, expected)
    factors = found.mean[0]
    assert found.any
    assert 1.2 < factors[0] < 1.55
    assert factors[3] < 1.5  # three exits where one was expected: nearly the pool
