"""Packed arrays are what they were, in one block of memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rpmsim.arrays.packing import LINE, packed


class Values(NamedTuple):
    one: np.ndarray
    number: int
    empty: np.ndarray
    narrow: np.ndarray


def test_arrays_stay_what_they_are_side_by_side_and_at_the_begin_of_a_line():
    given = Values(np.arange(12.0).reshape(3, 4).T, 7, np.zeros((0, 5), np.int64), np.arange(5, dtype=np.uint16))
    found = packed(given)
    assert found.number == 7
    for name in ("one", "empty", "narrow"):
        before, after = getattr(given, name), getattr(found, name)
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype
        assert after.shape == before.shape
        assert after.flags.c_contiguous
        assert after.flags.writeable
    assert found.one.ctypes.data % LINE == 0
    assert found.narrow.ctypes.data - found.one.ctypes.data == 2 * LINE
    found.one[0, 0] = -1.0
    assert given.one[0, 0] == 0.0
