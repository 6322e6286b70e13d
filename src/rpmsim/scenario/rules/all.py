"""All rules, in the order in which they are told."""

from __future__ import annotations

from rpmsim.model.plan import Content, Model
from rpmsim.scenario.build.place import Place
from rpmsim.scenario.types import ClassMap


def check_content(model: Model, content: Content, class_maps: list[ClassMap], place: Place) -> None:
    """Check what holds from some day on."""


def check_plan(model: Model, place: Place) -> None:
    """Check what holds for the whole run."""
