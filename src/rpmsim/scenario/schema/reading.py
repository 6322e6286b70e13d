"""What the types of the scenario language share: keys of numbers, names of classes, and what reading gathers."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from rpmsim.model.number import Dimension
from rpmsim.posterior.contents import Posterior
from rpmsim.text.nodes import Mark, Path, dotted
from rpmsim.text.schema.base import PROVENANCE, Reading

NUMBER_KEYS = ("value", "low", "high", "draw", *PROVENANCE)
OTHER = "other"
TableForm = Literal["", "months", "dates", "periods", "people", "deals", "stock", "actuals", "rates"]
"""How the rows of a table in a file stand for a map: numbers by month (all months of its span), by date, by period,
people by name, open deals, opening stock by stage, actuals to date by period and metric, rates by currency."""
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
class ScenarioReading(Reading):
    """What reading a scenario gathers and needs: class names, what currencies are worth, the plan's own, its draws."""

    classes: MappingType[Dimension, tuple[str, ...]]
    class_maps: list[ClassMap] = field(default_factory=list)
    worth: MappingType[str, Decimal] = field(default_factory=dict)
    currency: str = ""
    posterior: Posterior | None = None

    def dimension_of(self, name: str) -> Dimension | None:
        """The dimension to which a class name belongs."""
        for dimension, names in self.classes.items():
            if name in names:
                return dimension
        return None


def path_in_posterior(path: Path) -> str:
    """Where the posterior has a value: what holds for all classes that a map does not list stands at the map's path."""
    # Names of stages, channels and segments come second, and those of outcomes after `to`: they may be any word.
    return dotted(tuple(key for i, key in enumerate(path) if i < 2 or key != OTHER or path[i - 1] == "to"))


def of_scenario(reading: Reading) -> ScenarioReading:
    """The reading of a scenario: what its types, and no others, are given."""
    assert isinstance(reading, ScenarioReading)
    return reading
