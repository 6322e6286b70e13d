"""Hashes by which names enter the random streams."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np

from rpmsim.arrays.layout import I64


def name_hash(kind: str, name: str) -> int:
    """A 32-bit hash of a name of a kind (stage, class, channel, ...)."""
    data = f"{kind}:{name}".encode()
    # Two sums with different starts, mixed, so that names that differ by little do not differ by little.
    return (zlib.crc32(data) * 0x9E3779B1 ^ zlib.crc32(data, 0x5BD1E995) * 0x85EBCA77) & 0xFFFFFFFF


def hashes(kind: str, names: Iterable[str]) -> I64:
    """Hashes of names, all different, shape (names,).

    Where two names of a kind fall on one hash (one chance in four thousand million for each pair), the later one takes
    the next free number; small numbers are left to purposes.
    """
    result: dict[int, None] = {}
    for name in names:
        value = max(name_hash(kind, name), 1 << 16)
        while value in result:
            value = value + 1 if value < 0xFFFFFFFF else 1 << 16
        result[value] = None
    return np.array(list(result), dtype=np.int64)
