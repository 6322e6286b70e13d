"""Eight integers at a time are what one at a time would be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from rpmsim.kernel.bundle import Bundle
from rpmsim.kernel.eight import EIGHT, at_least, eight, put, repeated


class Arrays(NamedTuple):
    given: np.ndarray
    found: np.ndarray


@njit
def _steps(arrays, place, bound):
    values = eight(arrays.given, place)
    put(arrays.found, 0, values)
    put(arrays.found, EIGHT, at_least(values, bound))
    put(arrays.found, 2 * EIGHT, (values + 3) * 5 + repeated(bound) * at_least(values, bound))
    put(arrays.found, 3 * EIGHT, bound)


@pytest.mark.parametrize("given", [np.int64, np.int32, np.uint32])
@pytest.mark.parametrize("place", [0, 1, 12])
def test_each_of_the_eight_is_done_alone(given, place):
    rng = np.random.default_rng(place)
    info = np.iinfo(given)
    low, high = (info.min, info.max) if given != np.int64 else (-(2**40), 2**40)
    arrays = Arrays(rng.integers(low, high, 24, dtype=given, endpoint=True), np.full(4 * EIGHT + 1, -1))
    values = arrays.given[place : place + EIGHT].astype(np.int64)
    for bound in (values[3], np.int64(0), np.int64(2**32)):
        _steps(Bundle(arrays), place, bound)
        beyond = (values >= bound).astype(np.int64)
        expected = [values, beyond, (values + 3) * 5 + bound * beyond, np.full(EIGHT, bound), [-1]]
        np.testing.assert_array_equal(arrays.found, np.concatenate(expected))


def test_what_is_written_to_a_narrow_array_keeps_its_low_bits():
    arrays = Arrays(np.arange(2**32 - 4, 2**32 + 4), np.zeros(4 * EIGHT, np.uint32))
    _steps(Bundle(arrays), 0, np.int64(2**32))
    np.testing.assert_array_equal(arrays.found[:EIGHT], arrays.given.astype(np.uint32))
