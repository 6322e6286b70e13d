"""Scenario text to a checked scenario."""

from rpmsim.scenario.load import load_scenario, load_scenario_text
from rpmsim.scenario.scenario import Leaf, Scenario
from rpmsim.text.source import SourceFile

__all__ = ["Leaf", "Scenario", "SourceFile", "load_scenario", "load_scenario_text"]
