"""What the closed forms are held against: the engine, or the plain simulator itself."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from rpmsim.model.plan import Model
from tests.reference.comparison import engine_sample, reference_sample

Sample = Callable[[Model, int, int], dict[str, np.ndarray]]


@pytest.fixture
def sample() -> Sample:
    """``sample(model, replications, seed)`` gives the variables, replications first, in the order of the model.

    With RPMSIM_TEST_SUBJECT=reference the closed forms are held against the slow simulator instead (with
    fewer replications): so the two proofs check each other.
    """
    if os.environ.get("RPMSIM_TEST_SUBJECT") == "reference":
        return lambda model, replications, seed: reference_sample(model, max(100, replications // 40), seed)

    from rpmsim.engine import simulate

    def run(model: Model, replications: int, seed: int) -> dict[str, np.ndarray]:
        return engine_sample(model, simulate(model, replications=replications, seed=seed, draws=replications))

    return run
