"""What a posterior holds: values by path, and hazards by stage, class, outcome and age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.hazards import AgeHazards, shares

ALL = "all"
"""Class name of what holds for all classes."""

VERSION = 1
"""Version of the form of the file."""

F64 = NDArray[np.float64]
Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class HazardTable:
    """Hazards of stages in every parameter draw.

    Parameters
    ----------
    ages : array of int, shape (bins,)
        First age of each bin, in days since the lead began the stage; the first one is 0, and the last bin has no end.
    stages, outcomes, classes : tuple of str
        Names: of stages, of the stages that they lead to, and of classes (``all``, ``smb``, or nested
        ``smb.inbound``).
    values : array, shape (draws, stages, outcomes, classes, bins)
        Of the leads in a stage at an age, the share that leaves for an outcome on that day; 0 where there is none.
    records : array of int, shape (stages, classes), optional
        Number of records behind the hazards, -1 where it is not known.
    """

    ages: NDArray[np.int64]
    stages: tuple[str, ...]
    outcomes: tuple[str, ...]
    classes: tuple[str, ...]
    values: Floats
    records: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Posterior:
    """Joint draws of parameters.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    sha256 : str
        Hash of the file.
    draws : int
        Number of draws.
    values : mapping of str to array, shape (draws,)
        Numbers by their path in the scenario, each in the unit with which the scenario reads it.
    hazards : HazardTable or None
        Shares and times.
    records : mapping of str to int
        Number of records behind a value, as far as it is known.
    source : str
        Where the draws come from.
    """

    name: str
    sha256: str
    draws: int
    values: Mapping[str, F64] = field(default_factory=lambda: MappingProxyType({}))
    hazards: HazardTable | None = None
    records: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""
    _known: dict[int, F64] = field(default_factory=dict, repr=False)
    _parts: dict[tuple[int, int], tuple[NDArray[np.int64], Floats]] = field(default_factory=dict, repr=False)

    def number(self, path: str) -> F64:
        """Draws of the number at a path, shape (draws,); a share may also follow from hazards.

        Raises
        ------
        LookupError
            Saying what is missing, and what there is instead.
        """
        if path in self.values:
            return self.values[path]
        place = _outcome_place(path, "share")
        if place is None or self.hazards is None:
            raise LookupError(self._unknown(path))
        stage, outcome, class_name = place
        s, k = self._cell(stage, class_name)
        return np.ascontiguousarray(self._shares(s)[:, k, self._outcome(outcome)])

    def table(self, path: str) -> tuple[F64, F64]:
        """Values of a table and their weights, which stand at ``PATH.VALUE``; shapes (points,) and (draws, points).

        Raises
        ------
        LookupError
            Saying what is missing or wrong.
        """
        places = [place for place in self.values if place.startswith(f"{path}.")]
        if not places:
            raise LookupError(f"has no table at `{path}`: no weights at paths such as `{path}.500`")
        try:
            points = np.array([float(place[len(path) + 1 :]) for place in places])
        except ValueError:
            raise LookupError(f"has weights at `{path}` whose values are not numbers") from None
        weights = np.stack([self.values[place] for place in places], axis=1)
        total = weights.sum(axis=1, keepdims=True)
        if not np.isfinite(points).all() or (weights < 0).any() or (total <= 0).any():
            raise LookupError(f"has weights at `{path}` that are below 0, or all 0")
        return points, weights / total

    def time(self, path: str) -> AgeHazards:
        """The time of an outcome at a path such as ``stages.mql.to.won.time.smb``.

        Raises
        ------
        LookupError
            Saying what is missing, and what there is instead.
        """
        place = _outcome_place(path, "time")
        if place is None or self.hazards is None:
            raise LookupError("has no hazards" if self.hazards is None else f"has no time for `{path}`")
        stage, outcome, class_name = place
        s, k = self._cell(stage, class_name)
        j = self._outcome(outcome)
        ways, values = self._hazards(s, k)
        if j not in ways:  # it never happens
            ways, values = np.append(ways, j), np.concatenate([values, np.zeros_like(values[:, :1])], axis=1)
        key = (self.sha256, stage, class_name, outcome)
        return AgeHazards(key, self.hazards.ages, values, ways.tolist().index(j))

    def records_of(self, path: str) -> int | None:
        """Number of records behind a value (of a table: that of its first weight), or None where it is not known."""
        if path in self.records:
            return self.records[path]
        if path.endswith(".table"):
            return next((count for place, count in self.records.items() if place.startswith(f"{path}.")), None)
        place = _outcome_place(path, "share") or _outcome_place(path, "time")
        if place is None or self.hazards is None or self.hazards.records is None:
            return None
        stage, _, class_name = place
        if stage not in self.hazards.stages or class_name not in self.hazards.classes:
            return None
        row = self.hazards.stages.index(stage), self.hazards.classes.index(class_name)
        count = int(self.hazards.records[row])
        return count if count >= 0 else None

    def _shares(self, stage: int) -> F64:
        """Shares of a stage, shape (draws, classes, outcomes)."""
        if stage not in self._known:
            assert self.hazards is not None
            by_class = np.moveaxis(self.hazards.values[:, stage], 2, 1)
            ways = by_class.any(axis=(0, 1, 3))
            result = np.zeros(by_class.shape[:3])
            result[..., ways] = shares(by_class[:, :, ways].astype(np.float64), self.hazards.ages)
            self._known[stage] = result
        return self._known[stage]

    def _hazards(self, stage: int, class_number: int) -> tuple[NDArray[np.int64], Floats]:
        """The outcomes that ever happen, and their hazards, shape (draws, outcomes, bins)."""
        if (stage, class_number) not in self._parts:
            assert self.hazards is not None
            ways = np.flatnonzero(self._shares(stage)[:, class_number].any(axis=0))
            values = np.ascontiguousarray(self.hazards.values[:, stage, ways, class_number])
            self._parts[stage, class_number] = ways, values
        return self._parts[stage, class_number]

    def _cell(self, stage: str, class_name: str) -> tuple[int, int]:
        table = self.hazards
        assert table is not None
        if stage not in table.stages:
            raise LookupError(f"has no stage `{stage}`; it has {_listed(table.stages)}")
        if class_name not in table.classes:
            raise LookupError(
                f"has no class `{class_name}`; it has {_listed(table.classes)}"
                if class_name != ALL
                else f"has no hazards for all classes together (class `{ALL}`); it has {_listed(table.classes)}"
            )
        where = table.stages.index(stage), table.classes.index(class_name)
        if not len(self._hazards(*where)[0]):
            raise LookupError(f"has no hazards for the class `{class_name}` in stage `{stage}`: all are 0")
        return where

    def _outcome(self, outcome: str) -> int:
        assert self.hazards is not None
        if outcome not in self.hazards.outcomes:
            raise LookupError(f"has no outcome `{outcome}`; it has {_listed(self.hazards.outcomes)}")
        return self.hazards.outcomes.index(outcome)

    def _unknown(self, path: str) -> str:
        import difflib

        close = difflib.get_close_matches(path, self.values, n=1, cutoff=0.6)
        hint = f"; did you mean `{close[0]}`?" if close else f"; it has {_listed(tuple(self.values))}"
        return f"has no draws for `{path}`" + (hint if self.values else "")


def _outcome_place(path: str, key: str) -> tuple[str, str, str] | None:
    """Stage, outcome and class of ``stages.STAGE.to.OUTCOME.KEY.CLASS``."""
    parts = path.split(".")
    if len(parts) < 5 or (parts[0], parts[2], parts[4]) != ("stages", "to", key):
        return None
    return parts[1], parts[3], ".".join(parts[5:]) or ALL


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names[:8]) + (" ..." if len(names) > 8 else "") if names else "none"
