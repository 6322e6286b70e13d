"""The hash by which a variable is known, whatever chunks or compression hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Digest:
    """SHA-256 of a variable: of its dims, its type and its values.

    Parameters
    ----------
    dtype : dtype
        Type of the values. Texts are alike whatever their longest one, dates whatever their resolution.
    sizes : mapping of str to int
        Length of every dim, in the order of the dims.
    """

    def __init__(self, dtype: np.dtype[Any], sizes: Mapping[str, int]) -> None:
        self._kind = "text" if dtype.kind in "OUT" else "date" if dtype.kind == "M" else dtype.name
        self._sha256 = hashlib.sha256(f"{self._kind} {dict(sizes)}\n".encode())

    def update(self, values: NDArray[Any]) -> None:
        """Take the values of the next rows of the first dim."""
        if self._kind == "text":
            self._sha256.update("\0".join(str(value) for value in values.ravel()).encode() + b"\0")
            return
        values = values.astype("datetime64[D]").astype("<i8") if self._kind == "date" else values
        self._sha256.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).data)

    def text(self) -> str:
        """The hash of what was taken, in hexadecimal digits."""
        return self._sha256.hexdigest()
