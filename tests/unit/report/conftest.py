from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from rpmsim.analysis.summary import summary
from rpmsim.report import canvas


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


@pytest.fixture
def seen(monkeypatch):
    """Figures that are laid out, but not rendered."""
    figures = []

    def render(figure, title, description):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # names in other scripts
            figure.draw_without_rendering()
        figures.append(figure)
        return title, description

    monkeypatch.setattr(canvas, "render", render)
    return figures
