"""A few mutants of every kind; ``python -m tests.property.mutants`` tries thousands."""

from __future__ import annotations

import pytest

from tests.property.mutants import outcome


@pytest.mark.parametrize("number", range(40))
def test_mutant(number: int) -> None:
    found = outcome(number, seed=7)
    assert not found.diagnostics, found
