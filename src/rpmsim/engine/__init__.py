"""The engine: a scenario in, a forecast out, block by block over threads.

``settings`` says what a run is, ``block`` simulates some replications, ``threads`` shares blocks out, ``storing`` takes
them to memory or a file, ``provenance`` describes the run, ``simulation`` and ``days`` put it together.
"""

from rpmsim.engine.replay import replay_days
from rpmsim.engine.settings import DEFAULT_REPLICATIONS, DEFAULT_SEED, Run, Sources
from rpmsim.engine.simulation import Goal, Result, run, simulate
from rpmsim.engine.storing import Progress, Watcher

__all__ = [
    "DEFAULT_REPLICATIONS",
    "DEFAULT_SEED",
    "Goal",
    "Progress",
    "Result",
    "Run",
    "Sources",
    "Watcher",
    "replay_days",
    "run",
    "simulate",
]
