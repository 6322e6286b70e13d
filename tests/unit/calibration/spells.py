"""Spells of one stage, made up for tests."""

import numpy as np

from rpmsim.calibration.clocks import EVERY_DAY, Clock
from rpmsim.calibration.evidence import NOT_LEFT, Spells


def every_day(days):
    return Clock(EVERY_DAY, np.ones(days))


def spells_of(entered, until, outcome, since=None, record=None, channel=None):
    entered, until, outcome = (np.asarray(values, dtype=np.int64) for values in (entered, until, outcome))
    zero = np.zeros(len(entered), dtype=np.int64)
    record = np.arange(len(entered)) if record is None else np.asarray(record)
    return Spells(
        record, record, zero, outcome, entered, entered if since is None else np.asarray(since), until,
        zero if channel is None else np.asarray(channel), zero, zero, np.full(len(entered), np.nan), zero,
    )  # fmt: skip


def drawn_spells(rng, n, shares, times, last, entered=None):
    """Records of which each takes an outcome by the shares, after a time of it; censored after the last day.

    ``times`` are functions of (rng, n) that give whole days.
    """
    entered = rng.integers(0, last + 1, n) if entered is None else entered
    outcome = rng.choice(len(shares), n, p=shares)
    days = np.zeros(n, dtype=np.int64)
    for j, time in enumerate(times):
        here = outcome == j
        days[here] = time(rng, int(here.sum()))
    until = entered + days
    censored = until > last
    return spells_of(entered, np.minimum(until, last), np.where(censored, NOT_LEFT, outcome))


def lognormal_days(median, sigma, least=1):
    return lambda rng, n: np.maximum(np.rint(median * np.exp(sigma * rng.standard_normal(n))), least).astype(np.int64)
