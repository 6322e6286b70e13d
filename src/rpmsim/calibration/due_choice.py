"""Whether records leave by their date, by its score on days that a fit had not seen, and whether it was overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.due_hazards import CLOCKS, Clock, Hazards, binned, fit
from rpmsim.calibration.due_spells import Cells, DueSpells, cells_of
from rpmsim.calibration.due_times import ahead
from rpmsim.calibration.windows import ALL, Window

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

HORIZON = 28
"""Days ahead for which clocks are scored."""

MOST_ORIGINS = 8
LEAST_EXITS = 20
"""Exits with a date without which nothing is fitted by it."""

SAME_DAY = 0.95
"""Share of the exits on the very day of their date from which on the date may have been written at the exit."""

OVERDUE = 0.02
"""Share of records still there after their date that does not fit a date on which all of them end."""

LEFT_BEHIND = 0.2
"""The same for a date on which one outcome always comes, and never later."""

UNLIKE = 0.3
"""Distance between the lead times of closed and of new records (Kolmogorov and Smirnov) that is no chance."""

KNOWN_SHARE = 0.1
"""Part of the share of open records with a date that closed ones must have."""


@dataclass(frozen=True)
class Choice:
    """How outcomes run.

    Parameters
    ----------
    window : Window
        How much each past day counts.
    clocks : list of {"age", "due", "both"}
        Of each outcome.
    gain : array, shape (origins,)
        Log score of these clocks minus that of ages for the records that were open at each origin: what became of them
        within 28 days, by the dates that were known at the origin.
    expected, came : array, shape (2, origins, outcomes) and (origins, outcomes)
        Exits of these records in these days, forecast by the date and by age, and those that came.
    """

    window: Window
    clocks: list[Clock]
    gain: F64
    expected: F64
    came: F64

    @property
    def better(self) -> bool:
        """Whether the date predicts better than the age, by more than one standard error."""
        if "due" not in self.clocks and "both" not in self.clocks:
            return False
        error = self.gain.std(ddof=1) / np.sqrt(len(self.gain)) if len(self.gain) > 1 else 0.0
        return bool(self.gain.mean() > max(error, 0.0))


def choose(spells: DueSpells, outcomes: int, last: int, windows: Sequence[Window] = (ALL,)) -> Choice | None:
    """Choose the clock of each outcome, and the past that counts, by rolling origins inside the data.

    The hazards known at an origin are scored by the days at risk and the exits of the 28 days that follow (log score of
    daily outcomes, which is proper; Gneiting and Raftery, 2007). A clock or a window that is not the simplest must be
    better by more than one standard error. Whether the date is used at all is another question: what it says on the day
    of the origin of the 28 days as a whole, since a date that is put right shortly before the end forecasts nothing.

    Returns
    -------
    Choice or None
        None if there are too few exits before every origin.
    """
    scores = _rolling(spells, outcomes, last, windows)
    if scores is None:
        return None
    every = np.arange(outcomes)
    picked = [[_simplest(scores[:, w, :, j]) for j in range(outcomes)] for w in range(len(windows))]
    best = np.stack([scores[:, w, picks, every].sum(axis=1) for w, picks in enumerate(picked)], axis=1)
    by_age = scores[:, :, 0].sum(axis=2)
    window, plain = _simplest(best), _simplest(by_age)
    clocks = [CLOCKS[i] for i in picked[window]]
    ways = ((windows[window], clocks), (windows[plain], ["age"] * outcomes))
    forecasts = [
        [_forecast(spells, outcomes, origin, *way) for way in ways] for origin in _origins(last)[: len(scores)]
    ]
    gain = np.array([by_date.score - by_age.score for by_date, by_age in forecasts])
    expected = np.array([[one.expected for one in way] for way in zip(*forecasts, strict=True)])
    return Choice(windows[window], clocks, gain, expected, np.array([first.came for first, _ in forecasts]))


@dataclass(frozen=True)
class _Forecast:
    """Log score of a forecast of 28 days, expected exits by outcome, and those that came, each of shape (outcomes,)."""

    score: float
    expected: F64
    came: F64


def _forecast(spells: DueSpells, outcomes: int, origin: int, window: Window, clocks: list[Clock]) -> _Forecast:
    """Forecast what becomes of the records that are open on the evening of a day and have a date."""
    hazards = fit(binned(cells_of(spells.as_of(origin), outcomes, 0, origin, window)), clocks)
    stop = np.append((spells.record[1:] != spells.record[:-1]) | (spells.entered[1:] != spells.entered[:-1]), True)
    final = np.searchsorted(np.flatnonzero(stop), np.arange(len(spells)))
    until, outcome = spells.until[stop][final], spells.outcome[stop][final]
    ended = (until == spells.until) & (spells.outcome >= 0) & (spells.until == origin)
    here = (spells.since <= origin) & (spells.until >= origin) & ~ended & ~np.isnan(spells.lead)
    some = spells.where(here)
    to_go, age = (some.due - origin - 1).astype(np.int64), origin + 1 - some.entered
    chance = ahead(hazards, to_go, age, HORIZON)
    left = (outcome[here] >= 0) & (until[here] <= origin + HORIZON)
    stays = 1.0 - chance.sum(axis=1)
    taken = np.where(left, chance[np.arange(len(some)), outcome[here]], stays)
    came = np.bincount(outcome[here][left], minlength=outcomes).astype(np.float64)
    return _Forecast(float(np.log(np.maximum(taken, 1e-6)).sum()), chance.sum(axis=0), came)


def _origins(last: int) -> list[int]:
    """Past days from which forecasts are made, the latest first."""
    return [day for i in range(MOST_ORIGINS) if (day := last - HORIZON * (i + 1)) >= 0]


def _rolling(spells: DueSpells, outcomes: int, last: int, windows: Sequence[Window]) -> F64 | None:
    """Log scores of single days, shape (origins, windows, clocks, outcomes); None if there are too few exits."""
    scores = []
    for origin in _origins(last):
        known = spells.as_of(origin)
        after = cells_of(spells, outcomes, origin + 1, origin + HORIZON)
        counts = [binned(cells_of(known, outcomes, 0, origin, window)) for window in windows]
        if min(count.exits.sum() for count in counts) < LEAST_EXITS:
            break
        scores.append([[_scored(after, fit(count, [clock] * outcomes)) for clock in CLOCKS] for count in counts])
    if not scores:
        return None if len(windows) == 1 else _rolling(spells, outcomes, last, windows[:-1])
    return np.array(scores)


def _scored(cells: Cells, hazards: Hazards) -> F64:
    """Log score of each outcome for days at risk, shape (outcomes,)."""
    lead, age = np.nonzero(cells.days)
    days, exits = cells.days[lead, age], cells.exits[:, lead, age]
    chance = np.clip(hazards.at(lead - age, age), 1e-9, 1 - 1e-9)
    return np.asarray((exits * np.log(chance) + (days - exits) * np.log1p(-chance)).sum(axis=1))


def lead_window(entered: I64, lead: I64, last: int, windows: Sequence[Window]) -> Window:
    """The past whose lead times are most like those of the 28 days that follow, by log score of ten bins.

    Lead times are known as soon as a record enters, so they can follow a season that hazards cannot.
    """
    edges = np.unique(np.quantile(lead, np.linspace(0.1, 0.9, 9)))
    number = np.searchsorted(edges, lead, side="right")
    scores = []
    for origin in _origins(last):
        past, following = entered <= origin, (entered > origin) & (entered <= origin + HORIZON)
        if past.sum() < LEAST_EXITS or following.sum() < LEAST_EXITS:
            break
        row = []
        for window in windows:
            counts = np.bincount(number[past], window.weights(origin)[entered[past]], len(edges) + 1) + 1.0
            row.append(np.log(counts / counts.sum())[number[following]].mean())
        scores.append(row)
    return windows[_simplest(np.array(scores))] if scores else windows[0]


def _simplest(scores: F64) -> int:
    """Number of the first column that no later one beats, of scores by origin."""
    best = 0
    for i in range(1, scores.shape[1]):
        gain = scores[:, i] - scores[:, best]
        error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else 0.0
        if gain.mean() > max(error, 1e-9):
            best = i
    return best


def doubts(spells: DueSpells, outcomes: int, last: int, assumed: bool) -> str:
    """Why the date may not have been known in advance, or nothing.

    Parameters
    ----------
    spells : DueSpells
    outcomes : int
    last : int
        The last day of the data.
    assumed : bool
        Whether it is only assumed that dates were known when the stage was entered.
    """
    dated, ended = ~np.isnan(spells.lead), spells.outcome >= 0
    still = ~ended & (spells.until == last)
    if still.any() and dated[still].mean() * KNOWN_SHARE > (dated[ended].mean() if ended.any() else 0.0):
        return (
            f"the date is known of {dated[still].mean():.0%} of the open records, but only of "
            f"{dated[ended].mean() if ended.any() else 0:.0%} of those that have left: nothing shows how records end "
            "around it"
        )
    exits = spells.where(dated & ended)
    if len(exits) < LEAST_EXITS:
        return f"only {len(exits):,} records with a date that was known before have left the stage"
    late = exits.until - exits.due
    on_date = np.array(
        [np.mean(late[exits.outcome == j] == 0) if np.any(exits.outcome == j) else 0.0 for j in range(outcomes)]
    )
    passed = spells.where(dated & (spells.due < last) & (spells.until >= spells.due))
    behind = np.mean((passed.until > passed.due) & (passed.due >= passed.since)) if len(passed) else 0.0
    if np.mean(late == 0) >= SAME_DAY and (assumed or behind > OVERDUE):
        return (
            f"{np.mean(late == 0):.0%} of all records left on the very day of their date, whatever the outcome: "
            "it was probably overwritten when they were closed"
        )
    if on_date.max(initial=0.0) >= SAME_DAY and behind > LEFT_BEHIND:
        return (
            f"one outcome always comes on the very day of the date, and yet {behind:.0%} of the records that were open "
            "on their date stayed: it was probably overwritten when they were closed"
        )
    distance = _unlike(spells, last)
    if assumed and distance > UNLIKE:
        return (
            "records that are closed and new records have different lead times (distance "
            f"{distance:.2f}): the dates of the closed ones were probably overwritten"
        )
    return ""


def _unlike(spells: DueSpells, last: int) -> float:
    """Distance between the lead times of the newest quarter of the records and of those before."""
    first = spells.where(~np.isnan(spells.lead) & (spells.since == spells.entered))
    if len(first) < 4 * LEAST_EXITS:
        return 0.0
    limit = np.quantile(first.entered, 0.75)
    new, old = np.sort(first.lead[first.entered > limit]), np.sort(first.lead[first.entered <= limit])
    if not len(new) or not len(old):
        return 0.0
    at = np.concatenate([new, old])
    parts = [np.searchsorted(some, at, side="right") / len(some) for some in (new, old)]
    return float(np.abs(parts[0] - parts[1]).max())
