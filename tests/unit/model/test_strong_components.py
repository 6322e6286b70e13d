from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rpmsim.model.graph import strong_components


@pytest.mark.parametrize("number", range(40))
def test_groups_are_those_of_scipy(number):
    draw = np.random.default_rng(number)
    count = int(draw.integers(1, 40))
    links = {(int(a), int(b)) for a, b in draw.integers(0, count, (int(draw.integers(0, 2 * count)), 2))}
    groups = strong_components(count, links)
    assert sorted(node for group in groups for node in group) == list(range(count))
    rows, columns = zip(*links, strict=True) if links else ((), ())
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count, count)).tocsr()
    _, label = connected_components(graph, connection="strong")
    expected = {frozenset(np.flatnonzero(label == i).tolist()) for i in set(label)}
    assert {frozenset(group) for group in groups} == expected


def test_a_long_chain_needs_no_deep_stack():
    groups = strong_components(50_000, ((i, i + 1) for i in range(49_999)))
    assert len(groups) == 50_000
