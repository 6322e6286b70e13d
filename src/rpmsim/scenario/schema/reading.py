"""What the types of the scenario language share: keys of numbers, names of classes, and what reading gathers."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from rpmsim.model.number import Dimension
from rpmsim.posterior.contents import Posterior
from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Mark, Path, dotted
from rpmsim.text.schema.base import PROVENANCE, Reading

NUMBER_KEYS = ("value", "low", "high", "draw", *PROVENANCE)
OTHER = "other"
TableForm = Literal["", "months", "dates", "periods", "people", "deals", "stock", "actuals", "rates"]
"""How the rows of a table in a file stand for a map: numbers by month (all months of its span), by date, by period,
people by name, open deals, opening stock by stage, actuals to date by period and metric, rates by currency."""
DIMENSIONS: tuple[Dimension, ...] = ("channel", "segment", "grade", "returns", "band")
WORDS = (*NUMBER_KEYS, OTHER, "rest", "nobody", *DIMENSIONS)
"""Words that mean something in a map by class. A class of such a name stands there with its dimension before it:
`other` is all other classes, and `channel other` the channel."""
DOTTED = re.compile(rf"[a-z0-9_*]+(?:\.(?:(?:{'|'.join(DIMENSIONS)}) (?:{'|'.join(WORDS)})|[A-Za-z0-9_*+-]+))+")
"""A key that stands for several levels."""


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


class Unknown(NamedTuple):
    """What is wrong with a key that names no class, and the fix."""

    message: str
    fix: str


def class_key(key: str) -> tuple[str, str]:
    """Dimension and name of a class as maps by class and lists of classes have it; mostly without dimension."""
    dimension, _, name = key.partition(" ")
    return (dimension, name) if name and dimension in DIMENSIONS else ("", key)


def spelled(dimension: str, name: str) -> str:
    """The key of a class in a map by class."""
    return f"{dimension} {name}" if name in WORDS else name


def class_of(key: str, reading: ScenarioReading) -> tuple[Dimension, str] | Unknown:
    """Dimension and name of the class that a key names."""
    stated, name = class_key(key)
    counts = reading.classes.get("returns", ())
    if not stated and counts and key == f"{counts[-1]}+":
        name = counts[-1]  # the last return count may be written `2+`
    of_word = name in WORDS
    if stated and not of_word:
        return Unknown(f"`{key}`: only a name that is a word of the language needs its kind", f"write `{name}`")
    dimension = next((d for d, names in reading.classes.items() if name in names and stated in ("", d)), None)
    if dimension is None and stated:
        return Unknown(f"there is no {stated} `{name}`", nearest(name, reading.classes.get(stated, ())))  # type: ignore[call-overload]
    if dimension is None:
        known = [spelled(d, n) for d, names in reading.classes.items() for n in names]
        return Unknown(f"there is no class `{key}`", nearest(key, [*known, OTHER]))
    if of_word and not stated:
        return Unknown(f"`{key}` is a word of the language here", f"write `{dimension} {key}` for the {dimension}")
    return dimension, name


def path_in_posterior(path: Path) -> str:
    """Where the posterior has a value: what holds for all classes that a map does not list stands at the map's path."""
    # Names of stages, channels and segments come second, and those of outcomes after `to`: they may be any word.
    kept = (key for i, key in enumerate(path) if i < 2 or key != OTHER or path[i - 1] == "to")
    return dotted(tuple(class_key(key)[1] for key in kept))


def of_scenario(reading: Reading) -> ScenarioReading:
    """The reading of a scenario: what its types, and no others, are given."""
    assert isinstance(reading, ScenarioReading)
    return reading
