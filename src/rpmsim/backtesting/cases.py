"""Forecasts and what came, target by target and span by span."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.store import Forecast
from rpmsim.backtesting.targets import Members, Target

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One target in one span of days after each origin.

    Parameters
    ----------
    target : Target
    first, last : int
        First and last day of the span, counted from the origin.
    origins : list of date
        Those from which it was forecast, and what came is known.
    draws : array, shape (origins, replications)
    actual : array, shape (origins,)
    before : array, shape (origins,)
        What came in as many days before the origin; NaN where that was not recorded.
    baselines : dict of str to array, shape (origins, draws)
        NaN at origins at which a baseline cannot be computed.
    """

    target: Target
    first: int
    last: int
    origins: list[dt.date]
    draws: F64
    actual: F64
    before: F64
    baselines: Mapping[str, F64] = field(default_factory=dict)

    @property
    def horizon(self) -> str:
        """As the document calls the span."""
        return str(self.last) if self.first == 1 else f"{self.first}-{self.last}"

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """The origins as an array."""
        return np.array(self.origins, dtype="datetime64[D]")

    @property
    def days(self) -> int:
        """Length of the span."""
        return self.last - self.first + 1


def cases_of(
    target: Target,
    horizons: tuple[int, ...],
    forecasts: Mapping[dt.date, Forecast],
    whole: Observed,
) -> Iterator[Case]:
    """All spans of a target: days 1 to each horizon, and from each horizon to the next one.

    Parameters
    ----------
    target : Target
    horizons : tuple of int
    forecasts : dict of date to Forecast
        In the order of their origins.
    whole : Observed
        What came, as known at the end.
    """
    rows = [(origin, of) for origin, of in forecasts.items() if target.name in of.draws]
    if not rows:
        return
    members = [frozenset(of.members[target.name]) if target.kind else None for _, of in rows]
    came = np.array(
        [whole.total(target, some, origin, horizons) for (origin, _), some in zip(rows, members, strict=True)]
    )
    from_start = range(len(horizons))
    between = range(1, len(horizons)) if target.measure != "wait_hours" else ()  # means have no difference
    for start, end in [*((None, i) for i in from_start), *((i - 1, i) for i in between)]:
        known = np.flatnonzero(np.isfinite(came[:, end]))
        if not len(known):
            continue
        draws, actual = np.array([rows[k][1].draws[target.name][:, end] for k in known]), came[known, end]
        origins = [rows[k][0] for k in known]
        if start is None:
            before = [_before(whole, target, members[k], rows[k][0], horizons[end]) for k in known]
            baselines = _baselines([rows[k][1] for k in known], target, end)
            yield Case(target, 1, horizons[end], origins, draws, actual, np.array(before), baselines)
        else:
            draws = draws - np.array([rows[k][1].draws[target.name][:, start] for k in known])
            actual = actual - came[known, start]
            yield Case(target, horizons[start] + 1, horizons[end], origins, draws, actual, np.full(len(known), np.nan))


def _before(whole: Observed, target: Target, members: Members | None, origin: dt.date, days: int) -> float:
    """What came in the same number of days before the origin."""
    start = origin - dt.timedelta(days)
    if target.part or target.measure == "wait_hours" or start < whole.recorded_from:
        return float("nan")
    return float(whole.total(target, members, start, (days,))[0])


def _baselines(rows: Sequence[Forecast], target: Target, horizon: int) -> dict[str, F64]:
    of = [row.baselines.get(target.name, {}) for row in rows]
    found = {}
    for name in dict.fromkeys(name for one in of for name in one):
        count = next(len(one[name]) for one in of if name in one)
        nothing = np.full(count, np.nan)
        values = np.array([one[name][:, horizon] if name in one else nothing for one in of])
        if np.isfinite(values).any():
            found[name] = values
    return found
