"""From hazards of single outcomes to shares and times of all of them together, and back.

The engine reads hazards by age, whatever the clock of an outcome: they stand for its share and for the distribution of
its time on its own clock. Where all outcomes run on one clock, the hazards of the outcomes are these. Otherwise a
record is followed day by day from each weekday, and from each month of a quarter where clocks follow these.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.clocks import PLACES
from rpmsim.calibration.hazards import Cause

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

MONTH_DAYS = 365.25 / 12
LONGEST = 1000
"""Days for which records are followed day by day where clocks differ; later ones leave as in the last bin."""


def union(causes: list[Cause]) -> I64:
    """First ages of all bins of all outcomes."""
    return np.unique(np.concatenate([cause.ages.starts for cause in causes]))


def together(causes: list[Cause], hazards: list[F64], entries: F64) -> tuple[I64, F64]:
    """Hazards of all outcomes by one set of ages.

    Parameters
    ----------
    causes : list of Cause
    hazards : list of array, shape (draws, bins)
        Chance of each outcome per day of its clock.
    entries : array, shape (7,)
        Share of the records that enter on each day of the week, Monday first.

    Returns
    -------
    starts : array of int, shape (ages,)
    hazards : array, shape (draws, outcomes, ages)
        That give each outcome's share, and its time on its own clock.
    """
    starts = union(causes)
    if len({cause.clock.key for cause in causes}) == 1:
        joint = np.stack(hazards, axis=1)
        return starts, joint / np.maximum(joint.sum(axis=1, keepdims=True), 1.0)
    leaving, tail = _followed(causes, hazards, entries, starts)
    return starts, hazards_of(leaving, starts, tail)


def hazards_of(leaving: F64, starts: I64, tail: F64) -> F64:
    """Hazards that are constant within bins and let these shares leave in each.

    Parameters
    ----------
    leaving : array, shape (draws, outcomes, ages)
    starts : array of int, shape (ages,)
    tail : array, shape (draws,)
        Chance per day of leaving in the last bin; 0 where those who are left stay.
    """
    out = leaving.sum(axis=1)
    begins = np.maximum(1.0 - (np.cumsum(out, axis=1) - out), 0.0)
    part = np.divide(out, begins, out=np.zeros_like(out), where=begins > 1e-12).clip(0.0, 1.0)
    total = np.empty_like(part)
    total[:, :-1] = 1.0 - (1.0 - part[:, :-1]) ** (1.0 / np.diff(starts))
    total[:, -1] = np.where(out[:, -1] > 0, tail, 0.0)
    split = np.divide(leaving, out[:, None, :], out=np.zeros_like(leaving), where=out[:, None, :] > 0)
    return total[:, None, :] * split


def _entries(causes: list[Cause], entries: F64) -> Iterator[tuple[int, float, float]]:
    """Weekday, day of the quarter, and share of those who are followed: through the quarter where months differ."""
    differ = any(cause.clock.quarter for cause in causes)
    for weekday in np.flatnonzero(entries > 0).tolist():
        for month in range(PLACES) if differ else (0,):
            share = float(entries[weekday]) / (PLACES if differ else 1)
            yield weekday, (month + (weekday + 0.5) / 7.0) * MONTH_DAYS, share


def _by_month(causes: list[Cause], begins: float, days: int) -> F64:
    """Factor of the month in which each day falls, shape (outcomes, days + 1)."""
    place = ((begins + np.arange(days + 1)) / MONTH_DAYS).astype(np.int64) % PLACES
    return np.array([np.array(cause.clock.quarter or (1.0,) * PLACES)[place] for cause in causes])


def _followed(causes: list[Cause], hazards: list[F64], entries: F64, starts: I64) -> tuple[F64, F64]:
    """Shares leaving by age of their own clock; and the chance per day of leaving in the last bin."""
    draws = len(hazards[0])
    leaving = np.zeros((draws, len(causes), len(starts)))
    running = np.array([cause.clock.week for cause in causes])
    pace = running.mean(axis=1)
    days = min(LONGEST, int(max(cause.ages.starts[-1] / p for cause, p in zip(causes, pace, strict=True))) + 8)
    last = np.stack([hazard[:, -1] for hazard in hazards], axis=1) * pace
    rate = np.minimum(last.sum(axis=1), 1.0)
    for weekday, begins, share in _entries(causes, entries):
        left = np.full(draws, share)
        passed = np.zeros(len(causes))
        by_month = _by_month(causes, begins, days)
        for day in range(days + 1):
            runs = np.ones(len(causes)) if day == 0 else running[:, (weekday + day) % 7] * by_month[:, day]
            if day:
                passed += runs
            ages = np.floor(passed + 1e-9).astype(np.int64)
            hazard = np.stack(
                [
                    values[:, cause.ages.of(np.maximum(age, min(day, 1)))] * run
                    for cause, values, age, run in zip(causes, hazards, ages, runs, strict=True)
                ],
                axis=1,
            )
            total = hazard.sum(axis=1)
            out = hazard / np.maximum(total, 1.0)[:, None] * left[:, None]
            where = np.searchsorted(starts, np.maximum(ages, min(day, 1)), side="right") - 1
            leaving[:, np.arange(len(causes)), where] += out
            left = left * np.maximum(1.0 - total, 0.0)
        rest = np.divide(last, last.sum(axis=1)[:, None], out=np.zeros_like(last), where=rate[:, None] > 0)
        leaving[:, :, -1] += left[:, None] * rest
    mean_pace = float((leaving.mean(axis=(0, 2)) * pace).sum() / max(leaving.mean(axis=0).sum(), 1e-12))
    return leaving, np.minimum(rate / max(mean_pace, 1e-9), 1.0)


def with_end(starts: I64, hazards: F64, age: int) -> tuple[I64, F64]:
    """The same hazards up to an age from which on nobody leaves."""
    age = max(age, int(starts[-1]) + 1)
    return np.append(starts, age), np.concatenate([hazards, np.zeros_like(hazards[..., :1])], axis=-1)


def odds_changed(leaving: F64, advancing: NDArray[np.bool_], factor: F64) -> F64:
    """Shares by age with the odds of the advancing outcomes multiplied, as effects on conversion do in the model.

    Parameters
    ----------
    leaving : array, shape (draws, outcomes, ages)
    advancing : array of bool, shape (outcomes,)
    factor : array, shape (draws,)
    """
    share = leaving[:, advancing].sum(axis=(1, 2)).clip(0.0, 1.0)
    changed = factor * share / (1.0 - share + factor * share)
    up = np.divide(changed, share, out=np.ones_like(share), where=share > 0)
    down = np.divide(1.0 - changed, 1.0 - share, out=np.ones_like(share), where=share < 1)
    return leaving * np.where(advancing[None, :], up[:, None], down[:, None])[:, :, None]
