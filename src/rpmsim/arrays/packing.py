"""Values of many parameter draws as arrays, and arrays side by side in memory.

A processor has few pages of memory at hand, and small arrays of their own lie on many.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np

from rpmsim.arrays.layout import I64

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


def gather(values: list[Any], draws: int, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """Values (floats, or arrays (draws,)) as one array (G,) + shape, with G = 1 where none differs by draw."""
    ranged = any(np.ndim(value) > 0 for value in values)
    count = draws if ranged else 1
    if not values:
        return np.zeros((1, *shape), dtype=dtype)
    columns = [np.broadcast_to(np.asarray(value, dtype=dtype), (count,)) for value in values]
    return np.ascontiguousarray(np.stack(columns, axis=1)).reshape(count, *shape)


def join(rows: list[I64], shape: tuple[int, ...]) -> I64:
    """Row numbers (draws,) each, as one array (G,) + shape, with G = 1 where none differs by draw."""
    stacked = np.stack(rows, axis=1).astype(np.int64)
    if len(stacked) > 1 and (stacked == stacked[:1]).all():
        stacked = stacked[:1]
    return np.ascontiguousarray(stacked).reshape(len(stacked), *shape)
