"""Shapley values: the fair parts of a whole, over all subsets of what contributes (Shapley 1953)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import TypeVar

Part = TypeVar("Part", bound=Hashable)


def subsets(parts: Sequence[Part]) -> list[frozenset[Part]]:
    """All subsets, small ones first."""
    return [frozenset(chosen) for size in range(len(parts) + 1) for chosen in combinations(parts, size)]


def weight(subset: frozenset[Part], part: Part, count: int) -> float:
    """Weight of a subset's value in the Shapley value of one of ``count`` parts."""
    others = len(subset) - (part in subset)
    value = 1.0 / (count * math.comb(count - 1, others))
    return value if part in subset else -value
