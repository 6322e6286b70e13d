"""What follows from hazards by days to go: how new leads leave, what is ahead of an open record, and offset tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.due_hazards import Hazards

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

MOST_LEADS = 48
"""Distinct lead times in the time of new leads; those next to each other are put together."""

MOST_SURVIVAL = 12.0
"""Summed hazard until the date up to which an offset table reaches back: farther, chances sink below its resolution."""

DAILY = 10
"""Days around the date with a row each in an offset table; farther away, a row holds a tenth of the days until then."""

NOBODY = 1e-6
"""If less is left of all new leads, nothing is said of how these leave."""

FEW = 9.0
"""Summed hazard after the date from which on so few are left (1 in 10,000) that an offset table ends."""

AT_ONCE = 512
"""Records that are followed together."""


@dataclass(frozen=True)
class Leads:
    """Lead times of new records.

    Parameters
    ----------
    days : array of int, shape (points,)
    weights : array, shape (draws, points)
        Add up to 1.
    """

    days: I64
    weights: F64


def lead_times(lead: I64, weight: F64, draws: int, rng: np.random.Generator) -> Leads:
    """Lead times as observed, with a draw of their weights for each parameter draw (Bayesian bootstrap; Rubin, 1981).

    Lead times next to each other are put together where there are very many.
    """
    distinct, number = np.unique(lead, return_inverse=True)
    if len(distinct) > MOST_LEADS:
        order = np.argsort(lead, kind="stable")
        rank = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
        of_lead = np.maximum.accumulate(np.floor(rank * MOST_LEADS).astype(np.int64))
        number = np.empty_like(number)
        number[order] = np.unique(of_lead, return_inverse=True)[1]
    points = int(number.max()) + 1
    total = np.bincount(number, weight, points)
    days = np.round(np.bincount(number, weight * lead, points) / total).astype(np.int64)
    drawn = rng.standard_gamma(np.maximum(total * weight.sum() / (weight**2).sum(), 1e-9), (draws, points))
    return Leads(days, drawn / drawn.sum(axis=1, keepdims=True))


def new_leads(hazards: Hazards, leads: Leads, ages: int) -> F64:
    """Chance that a new lead leaves for each outcome at each age, shape (draws, outcomes, ages)."""
    result = np.zeros((len(leads.weights), hazards.by_days.shape[1], ages))
    along = _Along(hazards, int(leads.days.max()), ages) if hazards.plain else None
    for i, lead in enumerate(leads.days.tolist()):
        chance = along.from_day(lead) if along else _left(hazards.at(lead - np.arange(ages), np.arange(ages)))
        result += leads.weights[:, i, None, None] * chance
    return result


class _Along:
    """Hazards that depend on the days to go alone, followed once from the most days to go on."""

    def __init__(self, hazards: Hazards, longest: int, ages: int) -> None:
        to_go = longest - np.arange(longest + ages)
        chance = hazards.at(to_go, np.zeros_like(to_go))
        self._log_left = np.concatenate(
            [np.zeros((len(chance), 1)), np.cumsum(np.log1p(-chance.sum(axis=1)), axis=1)], axis=1
        )
        self._chance, self._longest, self._ages = chance, longest, ages

    def from_day(self, lead: int) -> F64:
        """Chances by age of a record with a lead time, shape (draws, outcomes, ages)."""
        first = self._longest - lead
        span = slice(first, first + self._ages)
        left = np.exp(self._log_left[:, span] - self._log_left[:, first, None])
        return self._chance[..., span] * left[:, None]


def _left(chance: F64) -> F64:
    """Chances per day to chances of leaving on a day; shape (..., outcomes, days)."""
    stay = 1.0 - chance.sum(axis=-2)
    begin = np.ones_like(stay)
    np.cumprod(stay[..., :-1], axis=-1, out=begin[..., 1:])
    return chance * begin[..., None, :]


def ahead(hazards: Hazards, to_go: I64, age: I64, days: int) -> F64:
    """Chance that an open record leaves for each outcome within so many days, shape (records, outcomes).

    Parameters
    ----------
    to_go, age : array of int, shape (records,)
        On the first of the days.
    """
    result = np.empty((len(to_go), hazards.by_days.shape[0]))
    step = np.arange(days)
    for start in range(0, len(to_go), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        chance = hazards.at(to_go[part, None] - step, age[part, None] + step)
        result[part] = _left(np.moveaxis(chance, 0, 1)).sum(axis=2)
    return result


@dataclass(frozen=True)
class Offsets:
    """Days from the date on which records leave, seen from far ahead.

    Parameters
    ----------
    days : array of int, shape (rows,)
        Negative before the date; the first row lies before all that is open, and takes what makes the chances of
        open records right (see :func:`offsets`).
    weights : array, shape (outcomes, rows)
    tail : array, shape (outcomes,)
        Chance per day after the last row.
    """

    days: I64
    weights: F64
    tail: F64

    def after(self, to_go: I64) -> F64:
        """Weight on the days from ``to_go`` days before the date on, shape (outcomes, records)."""
        sums = np.cumsum(self.weights[:, ::-1], axis=1)[:, ::-1]
        place = np.searchsorted(self.days, -to_go, side="left")
        return np.concatenate([sums, np.zeros((len(sums), 1))], axis=1)[:, place]


def offsets(hazards: Hazards, shares: F64, longest: int, past: int) -> Offsets:
    """Offset tables of a model in which the chances of open records follow hazards by days to go.

    In the model, outcome j of an open record with k days to go has the weight p_j (1 - G_j), with the share p_j of new
    leads and the weight 1 - G_j of the offsets from -k on. With hazards, a record that is still there k days before its
    date has forgotten when it came: its chances are those of a record that began as far ahead as any, given that it is
    still there. With u_j(k), the chance of leaving on day k seen from there, the table of outcome j is in proportion to
    u_j / p_j, the same factor for all outcomes. What is missing to 1 stands on a day before all others, on which no
    open record can leave any more.

    Parameters
    ----------
    hazards : Hazards
        By days to go, without draws or ages.
    shares : array, shape (outcomes,)
        Of new leads.
    longest, past : int
        Most days to go, and days after the date.
    """
    to_go = longest - np.arange(longest + past + 1)
    chance = hazards.at(to_go, np.zeros_like(to_go))
    summed = -np.log1p(-chance.sum(axis=0))
    until_date = np.cumsum(summed[: longest + 1][::-1])[::-1]
    start = int(np.argmax(until_date <= MOST_SURVIVAL)) if longest else 0
    after_date = np.cumsum(summed[longest:])
    end = longest + 1 + int(np.argmax(after_date > FEW)) if after_date[-1] > FEW else len(to_go)
    to_go, chance = to_go[start:end], chance[:, start:end]
    leaving = _left(chance)
    leaving[:, -1] *= 1.0 + (1.0 - leaving.sum()) / max(leaving[:, -1].sum(), 1e-300)
    group = np.concatenate([[0], np.cumsum(_new_row(to_go))])
    rows = int(group[-1]) + 1
    mass = np.bincount(group, leaving.sum(axis=0), rows)
    center = np.bincount(group, leaving.sum(axis=0) * -to_go, rows) / np.maximum(mass, 1e-300)
    middle = np.bincount(group, -to_go.astype(np.float64), rows) / np.bincount(group, minlength=rows)
    days = np.round(np.where(mass > 0, center, middle)).astype(np.int64)
    by_row = np.stack([np.bincount(group, line, rows) for line in leaving])
    ratio = np.divide(by_row, shares[:, None], out=np.zeros_like(by_row), where=shares[:, None] > 0)
    most = ratio.sum(axis=1).max(initial=0.0)
    weights = ratio / most if most > 0 else np.zeros_like(ratio)
    missing = np.maximum(1.0 - weights.sum(axis=1), 0.0)
    before = -(max(longest, int(-days[0])) + 1)
    return Offsets(np.append(before, days), np.column_stack([missing, weights]), chance[:, -1])


def _new_row(to_go: I64) -> NDArray[np.bool_]:
    """Whether each day but the first begins a row."""
    width = np.where(np.abs(to_go) <= DAILY, 1, np.maximum(np.abs(to_go) // 10, 1))
    result = np.zeros(len(to_go) - 1, dtype=bool)
    held = 1
    for i in range(1, len(to_go)):
        if held >= width[i] or abs(int(to_go[i])) <= DAILY:
            result[i - 1], held = True, 0
        held += 1
    return result


def by_age_bins(chances: F64, starts: I64) -> F64:
    """Hazards by age that are constant within bins, from chances of leaving on each day.

    Parameters
    ----------
    chances : array, shape (..., outcomes, ages)
    starts : array of int, shape (bins,)
        First age of each bin, the first one 0; the last bin has no end.

    Returns
    -------
    array, shape (..., outcomes, bins)
        Each bin has the same chances of leaving as the days in it.
    """
    ages = chances.shape[-1]
    edges = np.minimum(np.append(starts, max(ages, int(starts[-1]) + 1)), ages)
    sums = np.concatenate([np.zeros((*chances.shape[:-1], 1)), np.cumsum(chances, axis=-1)], axis=-1)
    taken = np.diff(sums[..., edges], axis=-1)
    begin = 1.0 - sums[..., edges[:-1]].sum(axis=-2)
    width = np.diff(edges)
    empty = (width <= 0) | (begin <= NOBODY)
    leaving = np.divide(taken.sum(axis=-2), begin, out=np.zeros_like(begin), where=~empty)
    per_day = -np.expm1(np.log1p(-np.clip(leaving, 0.0, 1.0 - 1e-9)) / np.maximum(width, 1))
    result = taken / np.maximum(taken.sum(axis=-2, keepdims=True), 1e-300) * per_day[..., None, :]
    for i in range(1, result.shape[-1]):  # bins of nobody are like the one before
        result[..., i] = np.where(empty[..., None, i], result[..., i - 1], result[..., i])
    return result
