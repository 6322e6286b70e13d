"""Eight integers at a time are what one at a time would be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from rpmsim.kernel.bundle import Bundle
from rpmsim.kernel.eight import (
    EIGHT,
    all_bits,
    at_least,
    below,
    bits_below,
    eight,
    first_one,
    ones,
    put,
    repeated,
    without_first,
)


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
    bits = below(arrays.given, 0, bound)
    arrays.found[0], arrays.found[1] = bits, ones(bits)
    place = 2
    while bits != 0:
        arrays.found[place] = first_one(bits)
        bits = without_first(bits)
        place += 1


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint32])
@pytest.mark.parametrize(
    "bound", [-(2**40), -(2**31), -(2**31) + 1, -1, 0, 1, 3, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40]
)
def test_bits_are_those_below_a_bound(kind, bound):
    given = np.array([2**32 - 1, 2, 2**31, 0, 2**31 - 1, 3, 1, 2**31 + 1], np.uint32).astype(kind)
    arrays = Arrays(given, np.full(2 + EIGHT, -1))
    _bits(Bundle(arrays), np.int64(bound))
    places = np.flatnonzero(given.astype(np.int64) < bound)
    expected = [(1 << places).sum(), len(places), *places]
    np.testing.assert_array_equal(arrays.found, expected + [-1] * (2 + EIGHT - len(expected)))


@njit
def _of_all(arrays):
    bits = arrays.given[0]
    arrays.found[0] = ones(bits)
    place = 1
    while bits != 0:
        arrays.found[place] = first_one(bits)
        bits = without_first(bits)
        place += 1


@pytest.mark.parametrize("bits", [-1, -(2**63), 2**40, 2**63 - 1, 1, 0])
def test_all_64_bits_count(bits):
    arrays = Arrays(np.array([bits]), np.full(66, -1))
    _of_all(Bundle(arrays))
    places = [i for i, digit in enumerate(f"{bits % 2**64:064b}"[::-1]) if digit == "1"]
    assert list(arrays.found) == [len(places), *places] + [-1] * (65 - len(places))


@njit
def _below(arrays, place, count, bound):
    arrays.found[0] = bits_below(arrays.given, place, count, bound)
    arrays.found[1] = all_bits(count)


@pytest.mark.parametrize("given", [np.int64, np.int32, np.uint32])
@pytest.mark.parametrize("count", [1, 7, 8, 9, 55, 63, 64])
@pytest.mark.parametrize("place", [0, 3])
def test_bits_of_up_to_64_elements_and_of_no_others(given, count, place):
    numbers = np.random.default_rng(count).integers(0, 4, place + 64 + EIGHT).astype(given)
    arrays = Arrays(numbers, np.zeros(2, np.int64))
    for bound in range(5):
        _below(Bundle(arrays), place, np.int64(count), np.int64(bound))
        found, every = (f"{number % 2**64:064b}"[::-1] for number in arrays.found.tolist())
        assert found == "".join("01"[int(x < bound)] for x in numbers[place : place + count]).ljust(64, "0")
        assert every == "1" * count + "0" * (64 - count)
