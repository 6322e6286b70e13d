"""Open records and opening stock that are older than nearly all that ever stay in their stage."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.cycle import Stage
from rpmsim.model.distributions import DEFAULT_SIGMA, Z_P90, Shape, cdf, cumulative_days, shape_of
from rpmsim.model.number import Drawable, LeadClass, Number, median_of, resolve, sampled
from rpmsim.model.plan import Model, OpenDeal, OpeningStock
from rpmsim.model.tails import tail_hazards
from rpmsim.scenario.rules.look import Look
from rpmsim.text.nodes import Mapping, Path, find

RARE = 0.005
"""A record is reported if fewer of all stays last longer (D: our judgment): about 1% of a stage's stock is so old."""
ENDED = 1e-10
"""Less than this share: nothing is left of the distributions, and leads leave by the tail of the stage."""
DRAWS = 200
MOST_NAMED = 3

_Item = tuple[dt.date, Path, str, int]
"""Day on which it began the stage, place, how it is called, and how many it stands for."""


def check_overdue(look: Look) -> None:
    """Warn, once for a stage, of what is open for longer than nearly all stays by the plan's own distributions."""
    groups: dict[tuple[str, LeadClass], list[_Item]] = {}
    for key, item in [*_records(look), *_stock(look)]:
        groups.setdefault(key, []).append(item)
    clocks = _Clocks(
        look.model, min((item[0] for items in groups.values() for item in items), default=look.model.as_of)
    )
    found: dict[str, list[tuple[float, _Item]]] = {}
    older: dict[str, list[tuple[_Item, LeadClass]]] = {}
    for (name, lead), items in groups.items():
        rows = _overdue(clocks, look.stages[name], lead, items)
        ended = 0.0 if look.stages[name].timeout else ENDED  # after its timeout a lead leaves by it
        found.setdefault(name, []).extend(row for row in rows if row[0] >= ended)
        older.setdefault(name, []).extend((item, lead) for share, item in rows if share < ended)
    for name, rows in found.items():
        if rows:
            _report(look, name, sorted(rows, key=lambda row: row[1][0]))
        if older[name]:
            _report_older(look, name, sorted(older[name], key=lambda row: row[0][0]))


class _Clocks:
    """How far the clocks of a model have run until its start since the days from ``first`` on."""

    def __init__(self, model: Model, first: dt.date) -> None:
        self.as_of = model.as_of
        self._model, self._first = model, first
        self._passed: dict[str, NDArray[np.float64]] = {}

    def passed(self, name: str, entered: dt.date) -> float:
        """Weights of the days after ``entered``, the last one of the data included."""
        if name not in self._passed:
            days = (self.as_of - self._first).days
            weights = self._model.calendar.weights(name, self._first + dt.timedelta(1), days)
            self._passed[name] = np.append(np.cumsum(weights[::-1])[::-1], 0.0)
        return float(self._passed[name][(entered - self._first).days])


def _records(look: Look) -> list[tuple[tuple[str, LeadClass], _Item]]:
    listed = look.place.tree.items.get("open")
    result: list[tuple[tuple[str, LeadClass], _Item]] = []
    for i, deal in enumerate(look.model.open_deals):
        path = ("open", deal.id if isinstance(listed, Mapping) else str(i))
        by_due = deal.due is not None and any(o.offset is not None for o in look.stages[deal.stage].outcomes)
        if not deal.waiting and not by_due and find(look.place.tree, (*path, "odds")) is None:
            item = (deal.entered, (*path, "entered"), f"`{deal.id}`", 1)
            result.append(((deal.stage, _class_of(look, deal)), item))
    return result


def _stock(look: Look) -> list[tuple[tuple[str, LeadClass], _Item]]:
    result: list[tuple[tuple[str, LeadClass], _Item]] = []
    rows: dict[str, int] = {}
    for stock in look.model.opening:
        i = rows[stock.stage] = rows.get(stock.stage, -1) + 1
        if not stock.waiting and stock.count:
            day = look.model.as_of - dt.timedelta(stock.days)
            item = (day, ("opening", stock.stage, str(i), "age"), _leads(stock.count), stock.count)
            result.append(((stock.stage, _class_of(look, stock)), item))
    return result


def _class_of(look: Look, item: OpenDeal | OpeningStock) -> LeadClass:
    bands = look.names["band"]
    band = item.band if isinstance(item, OpeningStock) else ""
    return LeadClass(item.channel, item.segment, item.grade, item.returns, band or (bands[-1] if bands else ""))


def _overdue(clocks: _Clocks, stage: Stage, lead: LeadClass, items: list[_Item]) -> list[tuple[float, _Item]]:
    """Items with the share of all stays that last longer, where that is rare (0 if leads may stay forever)."""
    if not stage.outcomes or _fitted(stage, lead):
        return []
    items = sorted(items, key=lambda item: item[0])
    if not _may_be_rare(stage, lead, (clocks.as_of - items[0][0]).days):
        return []
    beyond = _beyond(clocks, stage, lead)

    def older(limit: float, last: int) -> int:
        """How many of the first items have a smaller share: it falls with age, so that the rare ones come first."""
        first = 0
        while first < last:
            middle = (first + last) // 2
            if beyond(items[middle][0]) < limit:
                first = middle + 1
            else:
                last = middle
        return first

    forever = resolve(stage.stays, lead) is not None and stage.timeout is None
    rare = older(ENDED if forever else RARE, len(items))
    ended = older(ENDED, rare)
    shares = [0.0] * ended + [beyond(item[0]) if i == 0 else RARE for i, item in enumerate(items[ended:rare])]
    return list(zip(shares, items[:rare], strict=True))


def _fitted(stage: Stage, lead: LeadClass) -> bool:
    """Whether hazards of a posterior state the times: they hold at any age, and old records were part of the fit."""
    return all(resolve(outcome.delay, lead).distribution.family == "hazards" for outcome in stage.outcomes)


def _may_be_rare(stage: Stage, lead: LeadClass, age: int) -> bool:
    """Whether an age lies beyond the p90 of every common outcome: most do not, and need no library of distributions."""
    if stage.timeout is not None and age >= stage.timeout[0].mid:
        return True
    for outcome in stage.outcomes:
        share, distribution = resolve(outcome.share, lead), resolve(outcome.delay, lead).distribution
        stated = {name: number.mid for name, number in distribution.parameters}
        if (
            share is not None
            and share.mid >= 10 * RARE
            and distribution.family == "lognormal"
            and "median" in stated
            and age < stated.get("p90", stated["median"] * math.exp(Z_P90 * stated.get("sigma", DEFAULT_SIGMA)))
        ):
            return False
    return True


def _beyond(clocks: _Clocks, stage: Stage, lead: LeadClass) -> Callable[[dt.date], float]:
    """Share of all stays that last longer than from a day to the start, on average over draws."""
    factor: Any = 1.0
    for effect in stage.stretch:
        stated = resolve(effect, lead)
        factor = factor * (_draw(stated) if isinstance(stated, Number) else 1.0)
    shares = _shares(stage, lead)
    delays = [resolve(outcome.delay, lead) for outcome in stage.outcomes]
    shapes: list[Shape] = [shape_of(delay.distribution, _draw) for delay in delays]

    def beyond(entered: dt.date) -> float:
        age = (clocks.as_of - entered).days
        if stage.timeout is not None and age >= stage.timeout[0].mid:
            return 0.0
        left: Any = 0.0
        for share, delay, shape in zip(shares, delays, shapes, strict=True):
            # A stay of X takes floor(X + 0.5) days of its clock, and a day at least.
            passed = (clocks.passed(delay.clock, entered) + 0.5) / factor
            lasts = np.where(age < delay.least, 1.0, 1.0 - cdf(shape, np.nextafter(passed, -np.inf)))
            left = left + share * lasts
        return float(np.mean(left))

    return beyond


def _shares(stage: Stage, lead: LeadClass) -> list[Any]:
    """Shares of the outcomes in the draws, scaled back where they exceed 1; the rest where one is left."""
    stated = [resolve(outcome.share, lead) for outcome in stage.outcomes]
    values: list[Any] = [None if share is None else _draw(share) for share in stated]
    stays = resolve(stage.stays, lead)
    total = np.asarray(sum(value for value in values if value is not None), dtype=np.float64)
    total = total + (_draw(stays) if isinstance(stays, Number) else 0.0)
    rest = np.maximum(0.0, 1.0 - total)
    return [rest if value is None else value / np.maximum(total, 1.0) for value in values]


def _draw(number: Drawable) -> Any:
    return sampled(number, DRAWS)


def _report_older(look: Look, name: str, rows: list[tuple[_Item, LeadClass]]) -> None:
    """Warn of what is older than everything that the distributions of a stage hold, unless its tail is stated."""
    stage = look.stages[name]
    if any(outcome.beyond is not None for outcome in stage.outcomes):
        return
    (entered, path, called, many), lead = rows[0]
    age = (look.model.as_of - entered).days
    parts = np.array([[float(np.mean(share)) for share in _shares(stage, lead)]])
    delays = [resolve(outcome.delay, lead) for outcome in stage.outcomes]
    by_day = [cumulative_days(shape_of(delay.distribution, median_of), delay.least, age + 2) for delay in delays]
    rates = 100 * tail_hazards(parts, np.array([by_day]))[0]
    words = ", ".join(f"{outcome.to} {rate:.2g}%" for outcome, rate in zip(stage.outcomes, rates, strict=True))
    others = _others([item for item, _ in rows[1:]])
    same = f" (the same holds for {others})" if others else ""
    look.place.warn(
        path,
        f"{called} {'has' if many == 1 else 'have'} been in {name} for {age:,} days, longer than the times of all "
        f"outcomes allow{same}: such leads leave as fast as the last leads of the distributions, by {rates.sum():.2g}% "
        f"per day ({words})",
        f"state how old leads leave, such as `{stage.outcomes[0].to}: {{beyond: 0.5% per day}}`, or correct the dates",
    )


def _report(look: Look, name: str, rows: list[tuple[float, _Item]]) -> None:
    share, (entered, path, called, many) = rows[0]
    age = (look.model.as_of - entered).days
    whole = "any lead stays" if share < 1e-6 else f"{math.floor((1 - share) * 1000) / 10:g}% of all leads stay"
    others = _others([item for _, item in rows[1:]])
    same = f"; the same holds for {others}" if others else ""
    look.place.warn(
        path,
        f"{called} {'has' if many == 1 else 'have'} been in {name} for {age:,} days, longer than {whole}{same}: the "
        "chance of a win depends on the far tail of the distribution",
        "state its `odds` if the deal is alive, correct `entered`, or leave it out"
        if path[0] == "open"
        else "correct the age, or leave them out if nobody expects them to move",
    )


def _others(items: list[_Item]) -> str:
    """Records by name, as far as there is room, and the number of leads in the other rows."""
    records = [called for _, path, called, _ in items if path[0] == "open"]
    counts = [many for _, path, _, many in items if path[0] != "open"]
    more = len(records) - MOST_NAMED + 1
    listed = ", ".join(records[: MOST_NAMED - 1]) + (f" and {more:,} more" if more > 0 else "")
    rows = f"{_leads(sum(counts))} in {len(counts):,} other row{'s' if len(counts) > 1 else ''}" if counts else ""
    return " and ".join(part for part in (listed, rows) if part)


def _leads(count: int) -> str:
    return f"{count:,} lead{'' if count == 1 else 's'}"
