"""Records of one kind as columns of the same length."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Columns:
    """Arrays of one length as fields."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def where(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of the rows."""
        return type(self)(**{item.name: getattr(self, item.name)[mask] for item in fields(self)})
