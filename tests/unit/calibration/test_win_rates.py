from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.win_rates import win_rates


def test_a_funnel_multiplies_its_shares():
    a, b = np.array([0.5, 0.4]), np.array([0.2, 0.3])
    found = win_rates({"lead": {"deal": a, "lost": 1 - a}, "deal": {"won": b, "lost": 1 - b}}, {"won"})
    np.testing.assert_allclose(found["lead"], a * b, rtol=1e-8)
    np.testing.assert_allclose(found["deal"], b, rtol=1e-8)


def test_a_return_is_a_geometric_series():
    back, win = np.array([0.3, 0.0]), np.array([0.2, 0.2])
    shares = {"lead": {"won": win, "nurture": back}, "nurture": {"lead": np.array([0.5, 0.5])}}
    found = win_rates(shares, {"won"})
    np.testing.assert_allclose(found["lead"], win / (1 - 0.5 * back), rtol=1e-8)
    np.testing.assert_allclose(found["nurture"], 0.5 * found["lead"], rtol=1e-8)


def test_a_random_graph_agrees_with_records_that_walk_through_it():
    rng = np.random.default_rng(7)
    names = ["a", "b", "c", "d"]
    table = rng.dirichlet(np.ones(6), 4)  # to a, b, c, d, won, lost
    shares = {
        name: dict(zip([*names, "won", "lost"], row[:, None], strict=True))
        for name, row in zip(names, table, strict=True)
    }
    found = win_rates(shares, {"won"})
    walkers = np.repeat(np.arange(4), 50_000)
    while (inside := walkers < 4).any():
        reached = table.cumsum(axis=1)[walkers[inside]]
        walkers[inside] = (rng.random((inside.sum(), 1)) > reached).sum(axis=1).clip(max=5)
    for i, name in enumerate(names):
        share = (walkers[50_000 * i : 50_000 * (i + 1)] == 4).mean()
        assert abs(share - found[name][0]) < 4 * np.sqrt(0.25 / 50_000)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, {}),
        ({"lead": {}}, {"lead": []}),
        ({"lead": {"lost": np.ones(1)}}, {"lead": [0.0]}),
        ({"lead": {"other": np.ones(1)}, "other": {"lead": np.ones(1)}}, {"lead": [0.0], "other": [0.0]}),
        ({"lead": {"won": np.ones(1)}, "won": {"customer": np.ones(1)}}, {"lead": [1.0]}),
        ({"lead": {"closed": np.full(1, 0.25), "won": np.full(1, 0.5)}}, {"lead": [0.75]}),
    ],
)
def test_nothing_circles_and_wins_by_several_names(shares, expected):
    found = win_rates(shares, {"won", "closed"})
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-8)
