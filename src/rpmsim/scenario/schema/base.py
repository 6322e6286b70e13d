"""What every type of the language has in common: reading a node, and what reading gathers."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from rpmsim.model.number import Dimension
from rpmsim.scenario.complaints import Complaints
from rpmsim.scenario.nodes import Listing, Mapping, Mark, Node, Path, Scalar

NAME = re.compile(r"[a-z0-9_]{1,64}")
PROVENANCE = ("owner", "source", "date", "note")
NUMBER_KEYS = ("value", "low", "high", "draw", *PROVENANCE)
OTHER = "other"
TableForm = Literal["", "months", "dates", "periods", "people", "deals", "actuals", "rates"]
"""How the rows of a table in a file stand for a map: numbers by month (all months of its span), by date, by period,
people by name, open deals, what has happened by period and metric, rates by currency."""
DIMENSIONS: tuple[Dimension, ...] = ("channel", "segment", "grade", "returns", "band")


class Rest:
    """The word `rest`: what the other shares leave."""

    def __repr__(self) -> str:
        """Name it."""
        return "REST"


REST = Rest()


@dataclass(frozen=True)
class ClassMap:
    """A map by class as it was written; whether it names every class that comes there is checked on the model."""

    path: Path
    mark: Mark
    dimension: Dimension
    names: tuple[str, ...]


@dataclass
class Reading:
    """What reading one tree gathers, and what it needs: class names, what currencies are worth, the plan's own."""

    form: Complaints
    meaning: Complaints
    classes: MappingType[Dimension, tuple[str, ...]]
    class_maps: list[ClassMap] = field(default_factory=list)
    worth: MappingType[str, Decimal] = field(default_factory=dict)
    currency: str = ""

    def dimension_of(self, name: str) -> Dimension | None:
        """The dimension to which a class name belongs."""
        for dimension, names in self.classes.items():
            if name in names:
                return dimension
        return None


class Type:
    """What may stand at a place."""

    noun: str

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read the node; a fault gives None."""
        raise NotImplementedError

    def step(self, key: str) -> Type | None:
        """The type under a key, or None."""
        return None

    def _refuse(self, node: Node, path: Path, reading: Reading) -> None:
        """Tell that the node has the wrong form; the value of a fault is None."""
        if isinstance(node, Scalar) and node.text.endswith((".csv", ".xlsx")):
            reading.form.fault(
                node.mark,
                path,
                f"`{node.text}`: a table in a file cannot stand here",
                f"write it inline: {self.hint()}",
            )
            return
        form = "a list" if isinstance(node, Listing) else "a map" if isinstance(node, Mapping) else f"`{node.text}`"
        reading.form.fault(node.mark, path, f"{form} where {self.noun} belongs", f"write {self.hint()}")

    def hint(self) -> str:
        """What to write instead, for messages."""
        return self.noun
