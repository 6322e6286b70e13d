from __future__ import annotations

import pytest

from rpmsim.engine.block import even_size


@pytest.mark.parametrize(
    ("size", "replications", "threads", "even"),
    [(256, 2000, 2, 250), (256, 20, 2, 10), (256, 1, 8, 1), (256, 512, 2, 256), (100, 1001, 4, 84), (7, 7, 1, 7)],
)
def test_threads_share_the_replications(size, replications, threads, even):
    assert even_size(size, replications, threads) == even


@pytest.mark.parametrize("replications", range(1, 400, 7))
def test_no_block_is_larger_and_no_thread_has_more_than_a_block_beyond_the_others(replications):
    for size, threads in ((3, 2), (50, 3), (64, 8)):
        found = even_size(size, replications, threads)
        assert 1 <= found <= size
        blocks = -(-replications // found)
        assert blocks <= -(-replications // (size * threads)) * threads
