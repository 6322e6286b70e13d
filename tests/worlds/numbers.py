"""The same quantities read off the truth and off a calibration: shares, times, arrivals, amounts, random effects.

Times are in calendar days whatever clock they run on, over the days on which the exported visits began. Shares and
times of all classes together are weighted by the exported visits, so that both sides mean the same mix.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.arrivals import Channel
from rpmsim.model.cycle import Delay, Stage
from rpmsim.model.distributions import cumulative_days, mean, quantile, shape_of
from rpmsim.model.number import LeadClass, Number, resolve, sampled
from rpmsim.model.plan import Model
from tests.worlds.past import Past

F64 = NDArray[np.float64]

LONGEST_DAYS = 400
"""Ages up to which medians are looked for."""
LEAST_VISITS = 20
"""A class of which fewer visits to a stage were exported is not looked at alone."""
UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}


class Key(NamedTuple):
    """Name of a quantity.

    ``what`` is the kind by which results are pooled, ``where`` the stage and outcome, channel or segment, ``of`` the
    class.
    """

    what: str
    where: str
    of: str = "all"


def numbers_of(model: Model, past: Past, draws: int) -> dict[Key, F64]:
    """Values of all quantities in parameter draws.

    Parameters
    ----------
    model : Model
        The truth, whose numbers are exact, or a calibration.
    past : Past
        For the mix of classes, and the days on which visits began.
    draws : int
        Number of parameter draws; draw r of all quantities is the same.

    Returns
    -------
    dict of Key to array, shape (draws,)
    """
    pairs = [*_outcomes(model, past, draws), *_arrivals(model, past, draws), *_amounts(model, draws)]
    return {key: np.broadcast_to(np.asarray(value, dtype=np.float64), (draws,)) for key, value in pairs}


def _outcomes(model: Model, past: Past, draws: int) -> Iterator[tuple[Key, Any]]:
    for stage in model.content.stages:
        visits = past.entries.get(stage.name, Counter())
        if not stage.outcomes or not visits:
            continue
        for effect in ("shock", "pace"):
            stated = getattr(stage, effect)
            yield Key(f"{effect} sigma", stage.name), sampled(stated.sigma, draws) if stated else 0.0
        at_most = cache(partial(_at_most, model, past.days[stage.name], draws))
        shares = {kind: _shares(stage, _known(kind, model), draws) for kind in visits}
        for outcome in stage.outcomes:
            where = f"{stage.name} to {outcome.to}"
            times = {kind: at_most(resolve(outcome.delay, _known(kind, model))) for kind in visits}
            for name, kinds in _groups(visits):
                weights = np.array([visits[kind] for kind in kinds], dtype=np.float64)
                weights /= weights.sum()
                parts = [w * shares[kind][outcome.to] for w, kind in zip(weights, kinds, strict=True)]
                share = np.sum(parts, axis=0)
                if outcome.to != "lost":
                    yield Key("share" if name == "all" else "share by class", where, name), share
                if name == "all":
                    taken = np.sum(
                        [part[:, None] * times[kind] for part, kind in zip(parts, kinds, strict=True)], axis=0
                    )
                    yield Key("median days", where), _median(taken / np.maximum(share, 1e-12)[:, None])


def _known(kind: LeadClass, model: Model) -> LeadClass:
    """The class as the model names it: one whose channels or segments are all one has a name of its own for it."""
    channels, segments = ([item.name for item in items] for items in (model.content.channels, model.content.segments))
    return LeadClass(
        kind.channel if kind.channel in channels else channels[0],
        kind.segment if kind.segment in segments else segments[0],
        returns=min(kind.returns, model.max_returns),
        band=model.bands[0].name if model.bands else "",
    )


def _groups(visits: Counter[LeadClass]) -> Iterator[tuple[str, list[LeadClass]]]:
    """All classes together, and those of each channel and each segment."""
    kinds = sorted(visits, key=lambda kind: kind.key)
    yield "all", kinds
    for dimension in ("channel", "segment"):
        names = sorted({getattr(kind, dimension) for kind in kinds})
        for name in names if len(names) > 1 else ():
            some = [kind for kind in kinds if getattr(kind, dimension) == name]
            if sum(visits[kind] for kind in some) >= LEAST_VISITS:
                yield name, some


def _shares(stage: Stage, kind: LeadClass, draws: int) -> dict[str, F64]:
    """Share of each outcome for one class; the rest is what others leave."""
    stated: dict[str, F64 | None] = {}
    for outcome in stage.outcomes:
        number: Number | None = resolve(outcome.share, kind)
        stated[outcome.to] = None if number is None else np.broadcast_to(sampled(number, draws), (draws,))
    left = 1.0 - np.sum([share for share in stated.values() if share is not None], axis=0)
    return {to: left + np.zeros(draws) if share is None else np.asarray(share) for to, share in stated.items()}


def _at_most(model: Model, starts: Counter[dt.date], draws: int, delay: Delay) -> F64:
    """Probability of a time of at most 0, 1, 2, ... calendar days; shape (draws or 1, days)."""
    shape = shape_of(delay.distribution, lambda item: sampled(item, draws))
    by_clock = np.atleast_2d(cumulative_days(shape, delay.least, LONGEST_DAYS))
    if delay.clock == "calendar":
        return by_clock
    first = min(starts)
    weights = model.calendar.weights(delay.clock, first, (max(starts) - first).days + LONGEST_DAYS)
    return by_clock @ _elapsed(np.array(weights), [((day - first).days, count) for day, count in starts.items()]).T


def _elapsed(weights: F64, starts: list[tuple[int, int]]) -> F64:
    """How many days of a clock pass within 0, 1, 2, ... calendar days: shares of the starts, shape (days, its days)."""
    at, count = (np.array(column) for column in zip(*starts, strict=True))
    sums = np.cumsum(weights)
    ages = np.arange(LONGEST_DAYS)
    passed = np.floor(sums[at[:, None] + ages] - sums[at][:, None] + 1e-9).astype(int)
    cell = ages * LONGEST_DAYS + np.minimum(passed, LONGEST_DAYS - 1)
    counts = np.bincount(cell.ravel(), np.repeat(count, LONGEST_DAYS), LONGEST_DAYS**2)
    return counts.reshape(LONGEST_DAYS, LONGEST_DAYS) / count.sum()


def _median(at_most: F64) -> F64:
    """Median where the chance of a day is spread over the half days around it, so that it is no whole number."""
    at = np.argmax(at_most >= 0.5, axis=1)
    rows = np.arange(len(at_most))
    before = np.where(at > 0, at_most[rows, np.maximum(at - 1, 0)], 0.0)
    part = (0.5 - before) / np.maximum(at_most[rows, at] - before, 1e-12)
    median = np.where(at > 0, at - 0.5 + part, 0.5 * part)
    return np.where(at_most[:, -1] >= 0.5, median, LONGEST_DAYS)


def _arrivals(model: Model, past: Past, draws: int) -> Iterator[tuple[Key, Any]]:
    for channel in model.content.channels:
        level = _per_day(channel, draws)
        yield Key("level", channel.name), level
        now = past.level.get(channel.name, 1.0) if _is_truth(model) else sampled(channel.drift_now, draws)
        yield Key("level now", channel.name), level * now
        yield Key("dispersion", channel.name), sampled(channel.dispersion, draws)
        yield Key("drift sigma", channel.name), sampled(channel.drift_sigma, draws)
        yield Key("drift phi", channel.name), sampled(channel.drift_phi, draws)


def _is_truth(model: Model) -> bool:
    """The truth starts long before the export; its state on the day is none of its numbers."""
    return model.name.startswith("World ")


def _per_day(channel: Channel, draws: int) -> Any:
    """Expected leads of a day, on average over the week."""
    if channel.rate is None:
        return np.nan
    return sampled(channel.rate, draws) * sampled(channel.change, draws) / UNIT_DAYS[channel.rate_unit]


def _amounts(model: Model, draws: int) -> Iterator[tuple[Key, Any]]:
    for segment in model.content.segments:
        if segment.amount is None:
            continue
        shape = shape_of(segment.amount.distribution, lambda item: sampled(item, draws))
        yield Key("amount mean", segment.name), mean(shape)
        yield Key("amount median", segment.name), quantile(shape, 0.5)
