"""Stages and roles that lead to each other, against a library's answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rpmsim.arrays.program import _cycles

NODES = 8
LINKS = st.sets(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=3 * NODES)


@given(LINKS)
def test_groups_are_the_strongly_connected_components(links: set[tuple[int, int]]) -> None:
    ours = np.array(_cycles(NODES, links))
    rows, columns = zip(*links, strict=True) if links else ((), ())
    graph = coo_array((np.ones(len(links)), (rows, columns)), shape=(NODES, NODES)).tocsr()
    count, theirs = connected_components(graph, connection="strong")
    assert sorted(set(ours)) == list(range(count))
    np.testing.assert_array_equal(ours[:, None] == ours, theirs[:, None] == theirs)
