"""Scores of forecasts against what came: functions on arrays, for any forecaster.

>>> low, high = rpmsim.scores.band(draws, 0.8)                     # draws on the last axis
>>> rpmsim.scores.crps(draws, actual).mean()
>>> rpmsim.scores.covered(low, high, actual).mean()

An actual value that is not known is NaN, and so is its score. Lower scores are better.
"""

from rpmsim.scores.bands import band, covered, interval_score, pinball, weighted_interval_score
from rpmsim.scores.conformal import conformal_band, conformal_stretch
from rpmsim.scores.crps import crps
from rpmsim.scores.events import Reliability, brier, reliability
from rpmsim.scores.evidence import bands_verdict, coverage_interval, effective_origins, skill_verdict
from rpmsim.scores.pit import PitBand, pit, pit_band
from rpmsim.scores.points import bias, wape
from rpmsim.scores.skill import Skill, skill

__all__ = [
    "PitBand",
    "Reliability",
    "Skill",
    "band",
    "bands_verdict",
    "bias",
    "brier",
    "conformal_band",
    "conformal_stretch",
    "coverage_interval",
    "covered",
    "crps",
    "effective_origins",
    "interval_score",
    "pinball",
    "pit",
    "pit_band",
    "reliability",
    "skill",
    "skill_verdict",
    "wape",
    "weighted_interval_score",
]
