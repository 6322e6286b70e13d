"""Philox's published answers, and that streams are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from rpmsim.kernel import random as parts
from rpmsim.kernel.random import PAIR_BITS, PAIRS, ROW_WORDS, STATE_WORDS, WORD_BITS


@njit
def block(index: int, purpose: int, item: int, key: np.ndarray) -> tuple[int, int, int, int]:
    return parts.block(index, purpose, item, key)


@njit
def fill_row(words: np.ndarray, row: int, purpose: int, item: int, key: np.ndarray) -> None:
    parts.fill_row(words, row, purpose, item, key)


@njit
def places(lead: int) -> tuple[int, int, int, int]:
    return (*parts.pair_place(lead), *parts.single_place(lead))


@njit
def seek(state: np.ndarray, index: int, purpose: int, item: int, key: np.ndarray) -> None:
    parts.seek(state, index, purpose, item, key)


@njit
def next_unit(state: np.ndarray) -> float:
    return parts.next_unit(state)


ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)

# Random123's file of known answers for philox4x32 with 10 rounds (Salmon et al. 2011): counter, key, block.
KNOWN = [
    ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (PI, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize(("place", "answer"), KNOWN)
def test_published_answers(place: tuple[int, ...], answer: tuple[int, ...]) -> None:
    index, replication, purpose, item, *seed = place
    key = np.array([replication, *seed], np.uint64)
    assert tuple(int(word) for word in block(index, purpose, item, key)) == answer


@pytest.mark.parametrize("lead", [0, 1, 31, 32, 63, 64, 95, 96, 127, 128, 5000, 123_456_789])
def test_a_lead_finds_its_words_in_a_row_and_in_a_block(lead: int) -> None:
    words = np.zeros(ROW_WORDS, np.uint32)
    key = np.array([3, 5, 6], np.uint64)
    pair_block, half, single_block, quarter = places(lead)
    fill_row(words, lead >> PAIR_BITS, 11, 12, key)
    at = lead % PAIRS
    pair = [int(word) for word in block(pair_block, 11, 12, key)][2 * half :][:2]
    assert pair == [words[at], words[at + PAIRS]]
    fill_row(words, lead >> WORD_BITS, 11, 12, key)
    single = [int(word) for word in block(single_block, 11, 12, key)]
    assert [single[0], single[2], single[1], single[3]][quarter] == words[lead % ROW_WORDS]


def test_no_two_places_of_a_row_share_a_word() -> None:
    words = np.zeros(ROW_WORDS, np.uint32)
    key = np.array([3, 5, 6], np.uint64)
    fill_row(words, 7, 11, 12, key)
    blocks = [int(word) for i in range(32) for word in block(7 * 32 + i, 11, 12, key)]
    assert sorted(words.tolist()) == sorted(blocks)


def test_uniforms_of_a_stream_are_those_of_its_blocks_in_order() -> None:
    state = np.full(STATE_WORDS, 99, np.uint64)
    key = np.array([3, 5, 6], np.uint64)
    first = 2**32 - 3  # the index goes on from 0
    for _ in range(2):  # what is left of an earlier place is forgotten
        seek(state, first, 11, 12, key)
        found = [next_unit(state) for _ in range(45)]
    words = [[int(word) for word in block((first + i) % 2**32, 11, 12, key)] for i in range(23)]
    bits = [(a << 20) ^ (b >> 12) for block in words for a, b in (block[:2], block[2:])]
    assert found == [(value + 0.5) * 2.0**-52 for value in bits[:45]]


def test_uniforms_lie_inside_and_are_uniform() -> None:
    state = np.zeros(STATE_WORDS, np.uint64)
    seek(state, 0, 2, 3, np.array([1, 4, 5], np.uint64))
    values = np.array([next_unit(state) for _ in range(20_000)])
    assert values.min() > 0.0
    assert values.max() < 1.0
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    chi_square = ((counts - 1000.0) ** 2 / 1000.0).sum()
    assert chi_square < 43.8  # 99.9% quantile at 19 degrees of freedom
