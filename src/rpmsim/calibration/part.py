"""What one part of a calibration adds to the model: text of the scenario, draws of its numbers, and findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.history.audit.item import Status

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """One thing about the fit that an analyst should know.

    Parameters
    ----------
    item : str
        What was looked at.
    verdict : {"PASS", "REVIEW", "FAIL"}
    what : str
        What was found, in one or two sentences.
    to_do : str
        What to do about it; empty for PASS.
    """

    item: str
    verdict: Status
    what: str
    to_do: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Remark:
    """A value of the scenario with the comment that stands above it in the file."""

    value: Any
    text: str


@dataclass
class Part:
    """What one part of a calibration adds to the model.

    Parameters
    ----------
    text : dict
        Nested values of the scenario, as they are written: ``{"channels": {"web": {"leads": "posterior per day"}}}``.
        A value can be a :class:`Remark`.
    draws : dict of str to array, shape (draws,)
        Draws of the numbers that are `posterior` in the text, by path, in the unit with which the scenario reads them.
    records : dict of str to int
        Number of records behind each of them.
    findings : list of Finding
    """

    text: dict[str, Any] = field(default_factory=dict)
    draws: dict[str, F64] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
