from __future__ import annotations

import numpy as np
import pytest

from rpmsim.analysis.targets import reached


def test_reached_or_beaten():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    found = reached(values, 3.0)
    assert found.probability == 0.5
    assert found.expected_miss == 1.5
    assert found.mc_error == pytest.approx(np.sqrt(0.25 * 4 / 3 / 4))
    assert reached(values, 0.5).expected_miss is None
    assert reached(values, 0.5).probability == 1.0
    assert reached(np.array([0.1 + 0.2]), 0.3).probability == 1.0


def test_draws_widen_the_error():
    rng = np.random.default_rng(1)
    draws = np.arange(1000) % 20
    values = rng.normal(size=20)[draws] + 0.1 * rng.normal(size=1000)
    assert reached(values, 0.0, draws).mc_error > 3 * reached(values, 0.0).mc_error
