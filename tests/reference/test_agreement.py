"""Property 5: the engine and the one-lead-at-a-time simulator agree in distribution: counts, waits, money."""

from __future__ import annotations

import os
import zlib

import pytest

from rpmsim.dataset import PARTS
from rpmsim.model.plan import Model
from tests.reference.comparison import compare
from tests.reference.features import FEATURES
from tests.reference.strategies import random_model

REPLICATIONS = int(os.environ.get("RPMSIM_REFERENCE_REPLICATIONS", "60"))
"""Of the slow simulator; a thorough check by hand takes thousands."""

RANDOM_MODELS = int(os.environ.get("RPMSIM_RANDOM_MODELS", "8"))


def assert_agreement(model: Model, seed: int) -> None:
    from rpmsim.engine import simulate

    many = 10 * REPLICATIONS
    found = compare(model, lambda: simulate(model, many, seed=seed, draws=many, measure=PARTS), REPLICATIONS, seed)
    assert not found, "\n".join(map(str, found[:12]))


@pytest.mark.parametrize("name", FEATURES)
def test_one_feature_switched_on(name: str) -> None:
    assert_agreement(FEATURES[name](), seed=zlib.crc32(name.encode()))  # chance of its own


@pytest.mark.parametrize("number", range(RANDOM_MODELS))
def test_random_model(number: int) -> None:
    assert_agreement(random_model(number), seed=100 + number)
