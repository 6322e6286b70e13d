"""Arrays side by side in memory.

A processor has few pages of memory at hand, and small arrays of their own lie on many.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np

LINE = 64
"""Bytes that a processor reads together; every array begins with a line."""

Arrays = TypeVar("Arrays", bound=NamedTuple)


def packed(values: Arrays) -> Arrays:
    """Copy the arrays of a NamedTuple into one block of memory, in their order; what is no array stays."""
    sizes = [-(-value.nbytes // LINE) * LINE if isinstance(value, np.ndarray) else 0 for value in values]
    memory = np.empty(sum(sizes) + LINE, dtype=np.uint8)
    place = -memory.ctypes.data % LINE
    result: list[Any] = []
    for value, size in zip(values, sizes, strict=True):
        if isinstance(value, np.ndarray):
            copy = memory[place : place + value.nbytes].view(value.dtype).reshape(value.shape)
            copy[...] = value
            value = copy
        result.append(value)
        place += size
    return type(values)(*result)
