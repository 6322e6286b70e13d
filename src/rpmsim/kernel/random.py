"""Keyed random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011).

A number is a pure function of (seed, what it is for, replication, index): nothing is consumed in sequence by
unrelated parts, so threads, blocks and other parts of a scenario cannot move it (model, section 11).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from rpmsim.kernel.compiled import part, small_part

U32 = np.uint32
U64 = np.uint64
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
M0 = np.uint64(0xD2511F53)
M1 = np.uint64(0xCD9E8D57)
W0 = np.uint64(0x9E3779B9)
W1 = np.uint64(0xBB67AE85)
TO_UNIT = 2.0**-32
WORDS = 2.0**32
TO_UNIT52 = 2.0**-52

ROW_BLOCKS = 32
"""Blocks that are made at a time: runs of this length are vectorised by the compiler."""

ROW_WORDS = 4 * ROW_BLOCKS
"""Words of a row of a stream."""

PAIR_BITS = 6
"""A row holds pairs of words for 2**6 leads."""

PAIRS = 1 << PAIR_BITS
"""Leads of a row of pairs: lead n has words n and n + 64 of the row."""

WORD_BITS = 7
"""A row holds single words for 2**7 leads or days."""


UNIT_BITS = 5
"""A row holds uniforms with 52 bits for 2**5 indices, one of each block."""


@njit(inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """One block of four 32-bit words (held in uint64) for the counter (c0, c1, c2, c3) and the key (k0, k1)."""
    for _ in range(10):
        a = M0 * c0
        b = M1 * c2
        c0, c1, c2, c3 = (b >> SHIFT) ^ c1 ^ k0, b & LOW, (a >> SHIFT) ^ c3 ^ k1, a & LOW
        k0 = (k0 + W0) & LOW
        k1 = (k1 + W1) & LOW
    return c0, c1, c2, c3


@part
def block(index, purpose, item, key):
    """One block on its own, for the rare draws (people, ties, shocks, listed deals).

    ``key`` (uint64, shape (3,)) is the replication and the two words of the seed.
    """
    return philox(U64(index) & LOW, key[0], U64(purpose) & LOW, U64(item) & LOW, key[1], key[2])


@part
def fill_row(words, row, purpose, item, key):
    """Write row ``row`` of a stream into ``words`` (uint32, shape (128,))."""
    base = U64(row) * U64(ROW_BLOCKS)
    replication, key0, key1 = key[0] & LOW, key[1] & LOW, key[2] & LOW
    c2 = U64(purpose) & LOW
    c3 = U64(item) & LOW
    for i in range(ROW_BLOCKS):
        a, b, c, d = philox((base + U64(i)) & LOW, replication, c2, c3, key0, key1)
        words[i] = U32(a)
        words[i + PAIRS] = U32(b)
        words[i + ROW_BLOCKS] = U32(c)
        words[i + PAIRS + ROW_BLOCKS] = U32(d)


@small_part
def turn_to(words, rows, place, row, purpose, item, key):
    """Let ``words[place]`` hold a row of its stream, unless ``rows[place]`` says that it does."""
    if rows[place] != row:
        rows[place] = row
        fill_row(words[place], row, purpose, item, key)


@njit(inline="always")
def pair_place(lead):
    """Block in which the pair of words of a lead stands, and which half of it."""
    return (lead >> PAIR_BITS) * ROW_BLOCKS + (lead & (ROW_BLOCKS - 1)), (lead & (PAIRS - 1)) // ROW_BLOCKS


@njit(inline="always")
def single_place(lead):
    """Block in which the single word of a lead stands, and which quarter of its row."""
    return (lead >> WORD_BITS) * ROW_BLOCKS + (lead & (ROW_BLOCKS - 1)), (lead & (ROW_WORDS - 1)) // ROW_BLOCKS


@njit(inline="always")
def _unit_bits(word0, word1):
    """Bits of a uniform of two words (uint64)."""
    return (word0 << U64(20)) ^ (word1 >> U64(12))


@njit(inline="always")
def _two_units(words):
    """Bits of two uniforms that a block is made of."""
    return _unit_bits(words[0], words[1]), _unit_bits(words[2], words[3])


@njit(inline="always")
def _between(bits):
    """The uniform in (0, 1) of 52 bits."""
    return (np.float64(np.int64(bits)) + 0.5) * TO_UNIT52


@part
def unit(index, purpose, item, key):
    """One uniform in (0, 1) with 52 bits; with one more, half a unit below 1 would be rounded to 1."""
    bits, _ = _two_units(block(index, purpose, item, key))
    return _between(bits)


@small_part
def unit_in_row(words, rows, place, index, purpose, item, key):
    """What :func:`unit` is, where the next one will be that of the next index: ``words[place]`` holds their row."""
    turn_to(words, rows, place, index >> UNIT_BITS, purpose, item, key)
    at = index & (ROW_BLOCKS - 1)
    return _between(_unit_bits(U64(words[place, at]), U64(words[place, at + PAIRS])))


DRAWN_BLOCKS = 8
"""Blocks that a sequential stream makes at a time, of two uniforms each; the first one alone, as most streams draw no
more than one or two uniforms."""

DRAWN = 2 * DRAWN_BLOCKS
"""Uniforms of those blocks."""

UNIFORMS = 9
NORMALS = UNIFORMS + DRAWN
STATE_WORDS = NORMALS + DRAWN
"""Words of the state of a sequential stream: the index of the next block, replication, purpose, item, the two words of
the seed, the place of the next uniform, how many blocks are made next, and whether normals are made of the uniforms;
from :data:`UNIFORMS` on the uniforms, as 52 bits, and from :data:`NORMALS` on the bits of the normals."""


@part
def seek(state, index, purpose, item, key):
    """Point the sequential stream ``state`` at a place of its own."""
    state[0] = U64(index)
    state[1] = key[0]
    state[2] = U64(purpose) & LOW
    state[3] = U64(item) & LOW
    state[4] = key[1]
    state[5] = key[2]
    state[6] = U64(NORMALS)
    state[7] = U64(1)


@part
def draw_on(state):
    """Make the next uniforms of a sequential stream."""
    index, replication, c2, c3, key0, key1 = state[0], state[1], state[2], state[3], state[4], state[5]
    first = UNIFORMS
    if state[7] == U64(1):
        first = NORMALS - 2
        state[first], state[first + 1] = _two_units(philox(index & LOW, replication, c2, c3, key0, key1))
    else:
        for i in range(DRAWN_BLOCKS):
            words = philox((index + U64(i)) & LOW, replication, c2, c3, key0, key1)
            state[first + 2 * i], state[first + 2 * i + 1] = _two_units(words)
    state[0] = index + state[7]
    state[6] = U64(first)
    state[7] = U64(DRAWN_BLOCKS)
    state[8] = U64(0)


@intrinsic
def bits_of(context: Any, value: Any) -> Any:
    """Bits of a real number, as an integer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.uint64(types.float64), code


@intrinsic
def real_of(context: Any, bits: Any) -> Any:
    """The real number of these bits."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.uint64), code


@small_part
def uniform_at(state, place):
    """The uniform in (0, 1) whose bits stand at a place of the state of a sequential stream."""
    return _between(state[place])


@small_part
def next_unit(state):
    """Next uniform in (0, 1) of a sequential stream; ``state`` (uint64) has :data:`STATE_WORDS` words."""
    if state[6] == U64(NORMALS):
        draw_on(state)
    place = state[6]
    state[6] = place + U64(1)
    return uniform_at(state, place)
