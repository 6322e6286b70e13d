"""Scenarios on top of each other, in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rpmsim.scenario import Scenario, load_scenario
from tests.unit.scenario.texts import SMALL

WhatIf = Callable[..., Scenario]


@pytest.fixture
def what_if(tmp_path: Path) -> WhatIf:
    """Load texts of which each extends the one before; the first extends the small scenario."""

    def load(*texts: str, overrides: dict[str, str] | None = None, base: str = SMALL) -> Scenario:
        (tmp_path / "level0.yaml").write_text(base, encoding="utf-8")
        for level, text in enumerate(texts, 1):
            (tmp_path / f"level{level}.yaml").write_text(f"extends: level{level - 1}.yaml\n{text}\n", encoding="utf-8")
        return load_scenario(tmp_path / f"level{len(texts)}.yaml", overrides)

    return load
