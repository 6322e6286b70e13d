"""Whether the exits of an outcome follow the months of the quarter: decided from the history, and put into its clock.

Quarters that begin in any month are recognized, since factors belong to every third month of the year.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.clocks import PLACES, Clock, make_clock, months_of
from rpmsim.calibration.evidence import Evidence, Spells
from rpmsim.calibration.exposure import ages_of, at_risk_by_day
from rpmsim.calibration.hazards import Cause, counted, drawn_hazards
from rpmsim.calibration.quarter_effect import QuarterEffect, quarter_effect

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_EXITS, LEAST_QUARTERS = 100, 3
"""Exits, and whole months of each place in a quarter, without which a pattern is not looked for."""
MOST_MONTHS = 60
"""Months that count, the last ones: an older habit says little."""
UNLIKELY = 0.001
"""Chance of differences as large between months that are alike, below which they are a pattern."""
SMALLEST = 0.15
"""Smallest deviation of the largest factor from 1: less is lost among weeks that differ anyway."""
MOST_LOG = 3.0
ROUNDS = 5
SETTLED = 0.01
EARLY = 7
"""Days after the beginning of a month within which an outcome that comes first is counted from that month on."""


def with_quarter(evidence: Evidence, spells: Spells, outcome: int, clock: Clock, closed: I64) -> Clock:
    """A clock with factors for the months of the quarter, if the exits of an outcome clearly follow them.

    Parameters
    ----------
    evidence : Evidence
    spells : Spells
        Of one stage.
    outcome : int
    clock : Clock
        Of the outcome, without such factors.
    closed : array of int
        Days on which clocks of open days do not run.

    Returns
    -------
    Clock
        The same if there is no pattern.

    Notes
    -----
    Hazards by age and factors of months are fitted in turn until neither changes, which gives the maximum of their
    joint likelihood (Holford, 1980): a record that waits for the end of the quarter is not slow.
    """
    effect = effect_of(evidence, spells, outcome, clock)
    if effect is None or effect.chance >= UNLIKELY:
        return clock
    log = np.zeros(PLACES)
    for _ in range(ROUNDS):
        log = np.clip(log + effect.log, -MOST_LOG, MOST_LOG)
        following = effect_of(evidence, spells, outcome, _with(evidence, clock, closed, log))
        if following is None:
            return clock
        settled, effect = bool(np.abs(following.log).max() < SETTLED), following
        if settled:
            break
    shrunk = effect.at(log).shrunk
    if np.abs(_factors(shrunk) - 1.0).max() < SMALLEST:
        return clock
    return _with(evidence, clock, closed, shrunk)


def effect_of(evidence: Evidence, spells: Spells, outcome: int, clock: Clock) -> QuarterEffect | None:
    """Factors of the months of a quarter that a clock leaves; None if months or exits are too few."""
    ended = spells.where((spells.outcome == outcome) & (spells.until > spells.entered))
    if len(ended) < LEAST_EXITS:
        return None
    days = evidence.seen + 1
    month = months_of(evidence, np.arange(days))
    whole = _whole(month[max(int(spells.since.min()), int(ended.until.min()) - EARLY) :])[-MOST_MONTHS:]
    if np.bincount(whole % PLACES, minlength=PLACES).min() < LEAST_QUARTERS:
        return None
    came, expected = np.bincount(ended.until, minlength=days), _expected(spells, outcome, clock, days)
    by_month = [np.bincount(month - month[0], of_day)[whole - month[0]] for of_day in (came, expected)]
    return quarter_effect(whole, by_month[0], by_month[1])


def _whole(months: I64) -> I64:
    """Months of which all days are among these, given by the month of each day."""
    there, count = np.unique(months, return_counts=True)
    first, after = (number.astype("datetime64[M]").astype("datetime64[D]") for number in (there, there + 1))
    return there[count == (after - first).astype(np.int64)]


def _expected(spells: Spells, outcome: int, clock: Clock, days: int) -> F64:
    """Exits of an outcome that its hazards by age let expect on each day, without those of the day of entering."""
    cause = Cause(outcome, clock, ages_of(spells, clock))
    one = np.zeros(len(spells), dtype=np.int64)
    ((count,),) = counted(spells, [cause], np.ones(days), (one, 1))
    hazards = drawn_hazards(count, np.ones((1, 1)))[0]
    return np.asarray(hazards[1:] @ at_risk_by_day(spells, clock, cause.ages, days)[1:])


def _with(evidence: Evidence, clock: Clock, closed: I64, log: F64) -> Clock:
    quarter = tuple(round(float(factor), 3) for factor in _factors(log))
    return make_clock(evidence, clock.open_days, closed, clock.month_end, quarter)


def _factors(log: F64) -> F64:
    """Factors with a mean of 1."""
    factors = np.exp(log)
    return np.asarray(factors / factors.mean())
