"""Which days of the history say what the level of a channel is: first and last days, weekdays, holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import poisson

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_SILENT_DAYS = 28
"""A channel has ended, or begun late, if it has had no lead for at least this long ..."""
SILENCE_RATIO = 2
"""... which is this many times its longest other silence ..."""
SILENCE_CHANCE = 1e-3
"""... and less likely than this at a constant level."""
CLOSED_RATIO = 0.4
"""A channel is closed on holidays if at most this part of the usual leads comes on them ..."""
CLOSED_CHANCE = 0.01
"""... and that is less likely than this by chance."""
ENOUGH_EXPECTED = 10.0
"""Leads expected on holidays from which on a channel is judged by its own."""
STRENGTHS = np.geomspace(1.0, 1e6, 25)
"""Candidate numbers of leads that the common profile of weekdays is worth."""


@dataclass(frozen=True)
class Days:
    """The days of the history.

    Parameters
    ----------
    counts : ndarray of int, shape (days, channels)
        New leads; 0 on days that are not usable.
    usable : ndarray of bool, shape (days, channels)
        Whether the day says something about the channel.
    weekday, week : ndarray of int, shape (days,)
        0 is Monday; weeks from Monday to Sunday, counted from 0.
    restarts : ndarray of int, shape (channels,)
        First day from which the present level is known; 0 if that is the whole history.
    began, ended : tuple of (date or None)
        First lead of a channel that began late; last lead of one that has ended.
    """

    counts: I64
    usable: Flags
    weekday: I64
    week: I64
    restarts: I64
    began: tuple[dt.date | None, ...]
    ended: tuple[dt.date | None, ...]


def read_days(
    counts: NDArray[np.integer],
    first: dt.date,
    recorded: Sequence[tuple[int, int]] | None,
    breaks: Collection[dt.date],
) -> Days:
    """Find out which days say what the level of each channel is now; arguments as in :func:`fit_arrivals`."""
    days, channels = counts.shape
    index = np.arange(days)
    usable = np.ones((days, channels), dtype=bool)
    for channel, (begin, end) in enumerate(recorded or ()):
        usable[:, channel] = (index >= begin) & (index <= end)
    last_break = max((day for day in breaks if day <= first + dt.timedelta(days - 1)), default=first)
    restarts = np.full(channels, max(0, (last_break - first).days))
    began: list[dt.date | None] = [None] * channels
    ended: list[dt.date | None] = [None] * channels
    for channel in range(channels):
        seen = np.flatnonzero(usable[:, channel])
        busy = np.flatnonzero(usable[:, channel] & (counts[:, channel] > 0))
        if len(busy) == 0:
            continue
        longest = int(np.diff(busy).max(initial=0))
        if _silent(int(busy[0] - seen[0]), longest, len(seen), len(busy)):
            began[channel] = first + dt.timedelta(int(busy[0]))
            usable[: busy[0] + 1, channel] = False  # the day that defines the beginning says nothing about the level
        if _silent(int(seen[-1] - busy[-1]), longest, len(seen), len(busy)):
            ended[channel] = first + dt.timedelta(int(busy[-1]))
            restarts[channel] = max(restarts[channel], busy[-1] + 1)
    monday_based = first.toordinal() - 1 + index
    week = monday_based // 7
    known = np.where(usable, counts, 0).astype(np.int64)
    return Days(known, usable, monday_based % 7, week - week[0], restarts, tuple(began), tuple(ended))


def _silent(gap: int, longest: int, days: int, busy: int) -> bool:
    """Whether a gap at the edge of the data is a beginning or an end, rather than chance or habit."""
    if gap < max(FEWEST_SILENT_DAYS, SILENCE_RATIO * longest) or gap >= days:
        return False
    return bool(busy * np.log1p(-gap / days) < np.log(SILENCE_CHANCE))


def weekday_weights(days: Days) -> F64:
    """Weight of each weekday by channel, with a mean of 1; shape (7, channels).

    The profile of all channels is shrunk towards equal days, and that of a channel towards the one of all: as far as
    makes the counts most likely (Dirichlet-multinomial; Minka, *Estimating a Dirichlet distribution*, 2000). Counts are
    divided by their dispersion within weeks, so 500 leads of one list say no more than one lead.
    """
    seen = _by_weekday(days.usable, days)
    weights = np.ones((7, days.counts.shape[1]))
    for _ in range(2):
        leads = _by_weekday(days.counts, days) / dispersion_within_weeks(days, weights)
        common = _shrunk(leads.sum(axis=1, keepdims=True), seen.mean(axis=1, keepdims=True), np.ones((7, 1)))
        weights = _shrunk(leads, seen, common)
    return weights


def _by_weekday(values: NDArray[np.generic], days: Days) -> F64:
    """Sums by weekday; shape (7, channels)."""
    sums = np.zeros((7, values.shape[1]))
    np.add.at(sums, days.weekday, values)
    return sums


def _shrunk(leads: F64, seen: F64, towards: F64) -> F64:
    """Profiles shrunk towards one, all by the same strength; columns are channels, weights have a mean of 1."""
    center = towards * seen
    center = center / np.maximum(center.sum(axis=0), 1e-12)
    prior = STRENGTHS[:, None, None] * center
    total = leads.sum(axis=0)
    likely = np.where(center > 0, gammaln(prior + leads) - gammaln(np.maximum(prior, 1e-300)), 0.0).sum(axis=1)
    likely += gammaln(STRENGTHS)[:, None] - gammaln(STRENGTHS[:, None] + total)
    strength = STRENGTHS[np.argmax(likely.sum(axis=1))]
    weights = np.where(seen > 0, (leads + strength * center) / np.maximum(seen, 1.0), 0.0)
    unseen = (seen == 0) * towards
    weights = weights / np.maximum((weights * (seen > 0)).sum(axis=0), 1e-12) * (7.0 - unseen.sum(axis=0)) + unseen
    return np.asarray(np.where(seen.sum(axis=0) > 0, weights, towards))


def dispersion_within_weeks(days: Days, weights: F64) -> F64:
    """Variance of the day's leads around their part of the week's, over its mean; at least 1; shape (channels,)."""
    exposure = days.usable * weights[days.weekday]
    leads, parts = by_week(days.counts, days), by_week(exposure, days)
    expected = exposure * (leads / np.maximum(parts, 1e-12))[days.week]
    squares = np.where(expected > 0, (days.counts - expected) ** 2 / np.maximum(expected, 1e-12), 0.0).sum(axis=0)
    free = (expected > 0).sum(axis=0) - (leads > 0).sum(axis=0)
    return np.asarray(np.maximum(1.0, squares / np.maximum(free, 1)))


def by_week(values: NDArray[np.generic], days: Days) -> F64:
    """Sums by week; shape (weeks, channels)."""
    return np.add.reduceat(np.asarray(values, dtype=np.float64), np.unique(days.week, return_index=True)[1], axis=0)


def closed_on_holidays(days: Days, weights: F64, holiday: Flags) -> Flags:
    """Whether holidays have (nearly) no leads; a channel with few is judged with all others; shape (channels,)."""
    exposure = days.usable * weights[days.weekday]
    other = ~holiday[:, None]
    level = by_week(days.counts * other, days) / np.maximum(by_week(exposure * other, days), 1e-12)
    on_holidays = holiday[:, None] & days.usable
    spread = dispersion_within_weeks(days, weights)
    expected = (on_holidays * exposure * level[days.week]).sum(axis=0) / spread
    came = (on_holidays * days.counts).sum(axis=0) / spread
    own = expected >= ENOUGH_EXPECTED
    expected, came = np.where(own, expected, expected.sum()), np.where(own, came, came.sum())
    return np.asarray((came <= CLOSED_RATIO * expected) & (poisson.cdf(came, expected) < CLOSED_CHANCE))
