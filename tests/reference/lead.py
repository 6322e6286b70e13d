"""One lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rpmsim.model.number import LeadClass
from rpmsim.model.plan import OpenDeal
from tests.reference.outcomes import Fate


@dataclass(eq=False)
class Lead:
    """One lead; ``since`` is the day on which it joined the queue or began the stage."""

    kind: LeadClass
    stage: str = ""
    since: int = 0
    role: str = ""
    waiting: bool = False
    fate: Fate | None = None
    key: tuple[Any, ...] = ()
    deal: OpenDeal | None = None
    odds: float = 1.0
    """Offset of a listed deal, which it carries like its amount."""
