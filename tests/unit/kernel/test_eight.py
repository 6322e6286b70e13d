"""Eight integers at a time are what one at a time would be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from rpmsim.kernel.bundle import Bundle
from rpmsim.kernel.eight import EIGHT, at_least, below, eight, first_one, ones, put, repeated


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


@njit
def _bits(arrays, bound):
    """Bits of those below a bound, how many there are, and their places, lowest first."""
    bits = below(eight(arrays.given, 0), bound)
    arrays.found[0], arrays.found[1] = bits, ones(bits)
    place = 2
    while bits != 0:
        arrays.found[place] = first_one(bits)
        bits &= bits - 1
        place += 1


@pytest.mark.parametrize("bound", [0, 3, 2**31, 2**32])
def test_bits_are_those_below_a_bound(bound):
    given = np.array([2**32 - 1, 2, 2**31, 0, 2**31 - 1, 3, 1, 2**31 + 1], np.uint32)
    arrays = Arrays(given, np.full(2 + EIGHT, -1))
    _bits(Bundle(arrays), np.int64(bound))
    places = np.flatnonzero(given.astype(np.int64) < bound)
    expected = [(1 << places).sum(), len(places), *places]
    np.testing.assert_array_equal(arrays.found, expected + [-1] * (2 + EIGHT - len(expected)))


@njit
def _of_all(arrays):
    arrays.found[0] = ones(arrays.given[0])
    arrays.found[1] = first_one(arrays.given[0])


@pytest.mark.parametrize("bits", [-1, -(2**63), 2**40, 1])
def test_all_64_bits_count(bits):
    arrays = Arrays(np.array([bits]), np.zeros(2, np.int64))
    _of_all(Bundle(arrays))
    digits = f"{bits % 2**64:064b}"[::-1]
    assert list(arrays.found) == [digits.count("1"), digits.index("1")]
