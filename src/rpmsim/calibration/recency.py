"""Which past counts for the hazards of a stage: chosen by how well it would have forecast, inside the history.

At each origin, hazards are fitted to what was known then in several windows, and the exits of the next days are
forecast for the records that were there and for those that came. The longest window that is not clearly worse than
the best one is taken (one-standard-error rule; Breiman et al., 1984). If that is not the whole history, or if the past
origins are too few to say so, all windows that are not clearly worse are, in turn: one for each draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.evidence import Spells
from rpmsim.calibration.exposure import at_risk_by_day
from rpmsim.calibration.hazards import Cause, with_prior
from rpmsim.calibration.windows import ALL, CANDIDATES, Window

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_EXITS = 50
"""Weighted exits without which a window is no candidate."""
LEAST_SEPARATE = 2.5
"""Horizons that the past origins span, without which they do not say that the whole history is as good as any part."""
ORIGINS = 12
EVERY = 7
RECENT = 28
CLEARLY = 3.5
"""A window is no candidate if the exits of the last four weeks are so many standard errors away from what it lets
expect (a chance of 1 in 2,000): past origins may all lie before a change."""
RECENT_COMMON = 0.15
"""Relative standard deviation of what all records have in common in four weeks, in that comparison."""
COMMON = 0.1
"""Standard deviation of what all records have in common in a forecast of some weeks, relative to the mean: a forecast
without it would be judged by chance alone where counts are large."""


@dataclass(frozen=True)
class Tried:
    """Forecasts of exits at past origins.

    Parameters
    ----------
    windows : tuple of Window
    origins : tuple of int
        Days.
    expected : array, shape (origins, windows, outcomes)
    observed : array, shape (origins, outcomes)
    """

    windows: tuple[Window, ...]
    origins: tuple[int, ...]
    expected: F64
    observed: F64

    @property
    def crps(self) -> F64:
        """Scores relative to the number that is usual for the outcome; shape (origins, windows)."""
        score = crps_of(self.expected, self.observed[:, None, :])
        usual = np.maximum(self.observed.mean(axis=0), 1.0)
        return (score / np.sqrt(usual + (COMMON * usual) ** 2)).mean(axis=2)


@dataclass(frozen=True)
class Choice:
    """The windows of a stage, and how they were chosen.

    Parameters
    ----------
    windows : list of Window
        One for all draws, or several that take turns.
    tried : Tried, optional
        None where there was nothing to choose by.
    """

    windows: list[Window]
    tried: Tried | None = None

    @property
    def name(self) -> str:
        """In words."""
        if len(self.windows) == 1:
            return self.windows[0].name
        days = [f"{window.days:.0f}" for window in self.windows if window != ALL]
        listed = f"{', '.join(days[:-1])} or {days[-1]}" if len(days) > 1 else days[0]
        return f"half-life {listed} days" + (", or all" if ALL in self.windows else "")


def crps_of(mean: F64, observed: F64) -> F64:
    """CRPS of a normal forecast of a count, with what is common (Gneiting and Raftery, 2007, section 4.2)."""
    sd = np.sqrt(mean + (COMMON * mean) ** 2 + 0.25)
    z = (observed - mean) / sd
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return sd * (z * (2 * special.ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def choose(spells: Spells, causes: list[Cause], last: int, horizon: int) -> Choice:
    """Choose the windows of a stage.

    Parameters
    ----------
    spells : Spells
        Of one stage.
    causes : list of Cause
    last : int
        Number of the last day.
    horizon : int
        Days ahead that the forecast is for.
    """
    exits = spells.until[spells.outcome >= 0]
    span = last - int(spells.since.min())
    possible = [w for w in CANDIDATES if w.days < span and w.weights(last)[exits].sum() >= LEAST_EXITS] + [ALL]
    possible = _fitting(spells, causes, last, possible)
    if len(possible) < 2:
        return Choice(possible)
    tried = forecasts(spells, causes, last, horizon, tuple(possible))
    if len(tried.origins) < 3:
        return Choice(possible, tried)  # nothing to choose by: some of each
    scores = tried.crps
    best = int(scores.mean(axis=0).argmin())
    worse = scores - scores[:, [best]]
    separate = (tried.origins[0] - tried.origins[-1]) / horizon + 1
    error = worse.std(axis=0, ddof=1) / np.sqrt(min(max(separate, 2.0), len(tried.origins)))
    near = worse.mean(axis=0) <= error
    near[best] = True
    if near[-1] and separate >= LEAST_SEPARATE:
        return Choice([possible[-1]], tried)
    return Choice([window for window, is_near in zip(possible, near, strict=True) if is_near], tried)


def forecasts(
    spells: Spells,
    causes: list[Cause],
    last: int,
    horizon: int,
    windows: tuple[Window, ...],
    count: int = ORIGINS,
    speed: float = 1.0,
) -> Tried:
    """Forecast the exits of the next days at past origins, if all are so many times as fast, and look at what came."""
    first = int(spells.since.min(initial=last)) + max(horizon, 28)
    origins = tuple(day for i in range(count) if (day := last - horizon - EVERY * i) >= first)
    tables = _tables(spells, causes, last + 1)
    expected = np.zeros((len(origins), len(windows), len(causes)))
    observed = np.zeros((len(origins), len(causes)))
    for i, origin in enumerate(origins):
        hazards = [_hazards(at_risk, exits, windows, origin) for at_risk, exits in tables]
        expected[i] = expected_exits(spells, causes, [_sped_up(h, speed) for h in hazards], origin, horizon)
        coming = (spells.until > origin) & (spells.until <= origin + horizon) & _watched(spells, origin)
        observed[i] = [(coming & (spells.outcome == cause.outcome)).sum() for cause in causes]
    return Tried(windows, origins, expected, observed)


def _fitting(spells: Spells, causes: list[Cause], last: int, windows: list[Window]) -> list[Window]:
    """Windows by which the exits of the last weeks are not astonishing; the shortest one if there is none."""
    origin = last - RECENT
    if origin <= spells.since.min():
        return [windows[-1]]
    hazards = [_hazards(at_risk, exits, tuple(windows), last) for at_risk, exits in _tables(spells, causes, last + 1)]
    expected = expected_exits(spells, causes, hazards, origin, RECENT)
    came = (spells.until > origin) & _watched(spells, origin)
    observed = np.array([(came & (spells.outcome == cause.outcome)).sum() for cause in causes])
    error = np.sqrt(np.maximum(expected, 1.0) + (RECENT_COMMON * expected) ** 2)
    fits = np.atleast_1d((np.abs(observed - expected) < CLEARLY * error).all(axis=1))
    return [window for window, is_fit in zip(windows, fits, strict=True) if is_fit] or windows[:1]


def _tables(spells: Spells, causes: list[Cause], days: int) -> list[tuple[F64, F64]]:
    """For each outcome its days at risk and its exits, both by bin and calendar day."""
    clocks = {cause.clock.key: cause for cause in causes}
    by_clock = {key: at_risk_by_day(spells, cause.clock, cause.ages, days) for key, cause in clocks.items()}
    return [(by_clock[cause.clock.key], _exits(spells, cause, days)) for cause in causes]


def _exits(spells: Spells, cause: Cause, days: int) -> F64:
    """Exits of one outcome by bin and calendar day, shape (bins, days)."""
    result = np.zeros((len(cause.ages), days))
    ended = spells.where(spells.outcome == cause.outcome)
    np.add.at(result, (cause.bins(ended), ended.until), 1.0)
    return result


def _hazards(at_risk: F64, exits: F64, windows: tuple[Window, ...], origin: int) -> F64:
    """Hazards of an outcome as known at an origin, shape (windows, bins)."""
    weights = np.stack([window.weights(origin) for window in windows])
    exits = weights @ exits[:, : origin + 1].T
    at_risk = weights @ at_risk[:, : origin + 1].T
    center = exits.sum(axis=1, keepdims=True) / np.maximum(at_risk.sum(axis=1, keepdims=True), 1e-9)
    return with_prior(exits, at_risk, center)


def _sped_up(hazards: F64, speed: float) -> F64:
    """Hazards of those who are so many times as fast; who leaves on the day of entering is as fast as can be."""
    if hazards.shape[1] == 1:
        return hazards
    return np.concatenate([hazards[:, :1], np.minimum(hazards[:, 1:] * speed, 1.0)], axis=1)


def _watched(spells: Spells, origin: int) -> NDArray[np.bool_]:
    """Spells that were there at the origin, or began afterwards."""
    return (spells.since <= origin) | (spells.entered > origin)


def expected_exits(spells: Spells, causes: list[Cause], hazards: list[F64], origin: int, horizon: int) -> F64:
    """Expected exits by outcome in the days after an origin, of records that are there and of those that came.

    Parameters
    ----------
    spells : Spells
        Of one stage; what they did after the origin is not used, but for those that began then.
    causes : list of Cause
    hazards : list of array, shape (windows, bins)
        One for each outcome.
    origin, horizon : int

    Returns
    -------
    array, shape (windows, outcomes)
    """
    there = (spells.since <= origin) & ((spells.until > origin) | ((spells.until == origin) & (spells.outcome < 0)))
    came = (spells.entered > origin) & (spells.entered <= origin + horizon)
    entered, count = np.unique(spells.entered[there | came], return_counts=True)
    left = np.repeat(count[None, :].astype(np.float64), len(hazards[0]), axis=0)
    result = np.zeros((len(hazards[0]), len(causes)))
    for day in range(origin + 1, origin + horizon + 1):
        here = np.flatnonzero(entered <= day)
        rates = []
        for cause, hazard in zip(causes, hazards, strict=True):
            age = cause.clock.age(entered[here], day)
            new = entered[here] == day
            bins = np.where(new, 0, cause.ages.of(np.maximum(age, 1)))
            rates.append(hazard[:, bins] * np.where(new, 1.0, cause.clock.weights[day]))
        total = np.minimum(sum(rates), 1.0)
        for j, rate in enumerate(rates):
            result[:, j] += (left[:, here] * rate).sum(axis=1)
        left[:, here] *= 1.0 - total
    return result
