"""All feature models by name."""

from __future__ import annotations

from tests.reference import (
    features_clocks,
    features_flow,
    features_open,
    features_order,
    features_pace,
    features_plan,
    features_staff,
)
from tests.reference.feature_parts import FEATURES

__all__ = [
    "FEATURES",
    "features_clocks",
    "features_flow",
    "features_open",
    "features_order",
    "features_pace",
    "features_plan",
    "features_staff",
]
