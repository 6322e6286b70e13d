"""What was fitted for a stage: where its records go, how fast, how classes differ, and how sure all of this is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.classes import Factors
from rpmsim.calibration.clocks import Clock
from rpmsim.calibration.due import DueFit
from rpmsim.calibration.evidence import Evidence, Spells
from rpmsim.calibration.hazards import Cause
from rpmsim.calibration.recency import Choice
from rpmsim.history.mapping import StageRule
from rpmsim.model.hazards import leaving_by_age

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

STAYING = 1e-4
"""Share of the records that is left in a stage in the end, from which on the model says so."""
RETURNS = ("0", "1+")
"""Classes by the number of times that a record has been moved back."""


@dataclass(frozen=True)
class StageFit:
    """What was fitted for a stage.

    Parameters
    ----------
    rule : StageRule
    number : int
        Of the stage in the evidence.
    causes : list of Cause
    advancing : array of bool, shape (outcomes,)
    spells : Spells
        At risk since all outcomes were recorded.
    choice : Choice
        The windows.
    starts : array of int, shape (ages,)
    hazards : array, shape (draws, outcomes, ages)
        Of all classes together.
    dimensions : dict of str to Factors
        ``segment``, ``band``, ``returns`` and ``channel``, where classes differ.
    class_factors : dict of str to array, shape (draws, outcomes, classes)
    timed_by : str
        Dimension whose classes have times of their own; empty if all have the same.
    class_hazards : array, shape (draws, classes, outcomes, ages), optional
        Hazards of these classes.
    pace, shock : array, shape (draws,), optional
        Sigmas.
    exits : array, shape (outcomes,)
        Records behind each outcome, weighted by the window.
    since : int, optional
        Day from which on an outcome was recorded, if that was found out here.
    tail : float
        Share of the records leaving that does so after the age of the last exit that was seen.
    due : DueFit, optional
        How records leave by a date that is known in advance, if they do.
    """

    rule: StageRule
    number: int
    causes: list[Cause]
    advancing: NDArray[np.bool_]
    spells: Spells
    choice: Choice
    starts: I64
    hazards: F64
    dimensions: dict[str, Factors] = field(default_factory=dict)
    class_factors: dict[str, F64] = field(default_factory=dict)
    timed_by: str = ""
    class_hazards: F64 | None = None
    pace: F64 | None = None
    shock: F64 | None = None
    exits: F64 = field(default_factory=lambda: np.zeros(0))
    since: int | None = None
    tail: float = 0.0
    due: DueFit | None = None

    @property
    def leaving(self) -> F64:
        """Share leaving by age, shape (draws, outcomes, ages)."""
        return leaving_by_age(self.hazards, self.starts)

    @property
    def shares(self) -> F64:
        """Share of each outcome in the end, shape (draws, outcomes)."""
        return np.asarray(self.leaving.sum(axis=2))

    @property
    def stays(self) -> bool:
        """Whether some records never leave."""
        return float((1.0 - self.shares.sum(axis=1)).mean()) > STAYING

    def class_shares(self, numbers: dict[str, int]) -> F64:
        """Share of each outcome for one class, given by its number in each dimension; shape (draws, outcomes)."""
        hazards, factor = self.hazards, np.ones(self.hazards.shape[:2])
        for name, number in numbers.items():
            if name == self.timed_by and self.class_hazards is not None:
                hazards = self.class_hazards[:, number]
            elif name in self.class_factors:
                factor = factor * self.class_factors[name][:, :, number]
        hazards = hazards * factor[:, :, None]
        hazards = hazards / np.maximum(hazards.sum(axis=1, keepdims=True), 1.0)
        return np.minimum(leaving_by_age(hazards, self.starts).sum(axis=2), 1.0)  # above 1 by rounding

    def median_days(self) -> F64:
        """Median time of each outcome in days of its clock, shape (draws, outcomes); NaN where it never comes."""
        return median_times(self.hazards, self.starts)


def clocks_of(fits: Sequence[StageFit]) -> list[Clock]:
    """Clocks of all outcomes."""
    return [cause.clock for fit in fits for cause in fit.causes]


def later_than(hazards: F64, starts: I64, age: int) -> float:
    """Share of the records leaving that does so after an age, on average over the draws."""
    leaving = leaving_by_age(hazards, starts).sum(axis=1)
    stay = 1.0 - np.minimum(hazards.sum(axis=1), 1.0)
    width = np.append(np.diff(starts), 10**9).astype(np.float64)
    inside = np.clip(age + 1 - starts, 0.0, width)
    through = 1.0 - stay**width
    part = np.divide(stay**inside - stay**width, through, out=np.zeros_like(stay), where=through > 0)
    total = leaving.sum(axis=1)
    return float(np.divide((leaving * part).sum(axis=1), total, out=np.zeros_like(total), where=total > 0).mean())


def median_times(hazards: F64, starts: I64) -> F64:
    """Median time of each outcome, shape (draws, outcomes), between whole days; NaN where it never comes."""
    leaving = leaving_by_age(hazards, starts)
    until = np.cumsum(leaving, axis=2)
    whole = until[:, :, -1]
    half = whole / 2
    at = (until < half[:, :, None] * (1 - 1e-12)).sum(axis=2).clip(0, len(starts) - 1)
    before = np.take_along_axis(until - leaving, at[:, :, None], axis=2)[:, :, 0]
    here = np.take_along_axis(leaving, at[:, :, None], axis=2)[:, :, 0]
    part = np.divide(half - before, here, out=np.zeros_like(half), where=here > 0).clip(0.0, 1.0)
    rate = np.minimum(np.take_along_axis(hazards.sum(axis=1), at, axis=1), 1.0 - 1e-12)
    width = np.append(np.diff(starts), 10**9)[at]
    through = 1.0 - (1.0 - rate) ** width
    inside = np.log1p(-part * through) / np.minimum(np.log1p(-rate), -1e-300)
    return np.where(whole > 0, np.maximum(starts[at] - 0.5 + inside, 0.0), np.nan)


def dimensions_of(evidence: Evidence, spells: Spells) -> list[tuple[str, I64, tuple[str, ...]]]:
    """Dimensions by which records may differ: name, class of each spell, names of the classes."""
    sized = bool(evidence.band_names) and len(spells) > 0 and int(spells.stage[0]) >= evidence.band_stage
    return [
        ("segment", spells.segment, evidence.segments.names),
        ("band", spells.band, evidence.band_names if sized else ("",)),
        ("returns", spells.returns, RETURNS),
        ("channel", spells.channel, evidence.channels.names),
    ]
