"""What scores accept: arrays whose shapes fit, levels and probabilities inside their range."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def of_one_shape(**arrays: ArrayLike) -> list[FloatArray]:
    """The arrays as floats; a ValueError names those whose shapes differ."""
    found = {name: np.asarray(values, dtype=np.float64) for name, values in arrays.items()}
    if len({array.shape for array in found.values()}) > 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in found.items())
        raise ValueError(f"the arrays must have the same shape, not {shapes}")
    return list(found.values())


def draws_and_actual(draws: ArrayLike, actual: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Draws (..., m) and what came (...), as floats."""
    x, y = draws_of(draws), np.asarray(actual, dtype=np.float64)
    if y.shape != x.shape[:-1]:
        raise ValueError(f"draws must be on the last axis, so actual must have the shape {x.shape[:-1]}, not {y.shape}")
    return x, y


def draws_of(draws: ArrayLike) -> FloatArray:
    """Draws (..., m) as floats, at least two."""
    x = np.asarray(draws, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise ValueError(f"draws must have at least 2 values on the last axis, not the shape {x.shape}")
    return x


def check_level(level: float) -> float:
    """A level of a band, inside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level must be inside (0, 1), such as 0.8, not {level}")
    return float(level)


def probabilities(values: FloatArray) -> FloatArray:
    """Probabilities, which are from 0 to 1 where they are known."""
    if np.any((values < 0.0) | (values > 1.0)):
        raise ValueError("a probability must be from 0 to 1")
    return values
