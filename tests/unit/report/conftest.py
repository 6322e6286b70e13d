from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from rpmsim.analysis.summary import summary


@pytest.fixture(scope="session")
def make_document(make_forecast) -> Callable[..., dict[str, Any]]:
    """Summary document of a made-up forecast; ``amounts=False`` leaves deals without amounts."""

    def make(replications: int = 100, *, amounts: bool = True, **more: Any) -> dict[str, Any]:
        model, dataset, _ = make_forecast(replications, **more)
        if not amounts:
            segments = tuple(dataclasses.replace(s, amount=None) for s in model.content.segments)
            model = dataclasses.replace(model, content=dataclasses.replace(model.content, segments=segments))
        return summary(dataset, model, {"prepare_s": 0.1, "simulate_s": 0.2})

    return make
