"""The clocks of a model: those whose days have stated weights, and those that run at a random pace."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from rpmsim.arrays.days import Span, versions_of
from rpmsim.arrays.dues import longest_offset
from rpmsim.arrays.layout import F64, I64
from rpmsim.arrays.name_hashes import hashes
from rpmsim.model.calendar import Every, period_numbers
from rpmsim.model.cycle import NO_DELAY, Outcome, RandomEffect, Stage
from rpmsim.model.graph import leaves
from rpmsim.model.number import Z90, Number, upper_end
from rpmsim.model.plan import Model

EVERY: tuple[Every, ...] = get_args(Every)

SLACK = 1e-9
"""Slack of sums of clock weights."""

MOST_DEVIATIONS = 30
"""So many standard deviations above its mean (at the upper end of the range of a sigma), a random clock ends: longer
delays count as ending beyond the horizon. By Cantelli's inequality, less than 1 / 901 of the replications come so far,
whatever the distribution, and in these only leads whose delay is that long are affected."""

LONGEST_TABLE = 65_000
"""Days of a distribution table at most: its guide counts them in 16 bits."""


@dataclass(frozen=True)
class Source:
    """A pace that a stage states for all its outcomes, or an outcome (``to``) for itself: sigma by version."""

    stage: str
    to: str
    every: Every
    sigma: tuple[Number, ...]


@dataclass(frozen=True)
class RandomClock:
    """A clock by which an outcome ``to`` of a stage, or all that state no pace of their own, leave it.

    Parameters
    ----------
    base : int
        Number of the clock whose weights are multiplied.
    sources : tuple of Source
        What multiplies them; two where a dated change gives an outcome a pace of its own.
    """

    stage: str
    to: str
    base: int
    sources: tuple[Source, ...]


def clock_names(model: Model) -> list[str]:
    """All clocks of stated weights; the calendar is number 0."""
    return ["calendar", "work", *(clock.name for clock in model.calendar.clocks)]


class Clocks:
    """Numbers of all clocks; random ones come after those of stated weights."""

    def __init__(self, model: Model, span: Span) -> None:
        self.names = clock_names(model)
        self.random: list[RandomClock] = []
        self._of_delay: dict[tuple[str, str, int], int] = {}
        for name in dict.fromkeys(s.name for content in span.contents for s in content.stages if _states_pace(s)):
            self._add(name, versions_in(span, name))

    def _add(self, name: str, versions: list[Stage]) -> None:
        for i, outcome in enumerate(versions[0].outcomes):
            through = [version.outcomes[i] for version in versions]
            sources = _sources(versions, through)
            own = outcome.to if any(each.pace is not None for each in through) else ""
            if any(delay.by_date for each in through for delay in leaves(each.delay)):
                continue  # a date comes when it comes
            bases = {self.names.index(d.clock) for each in through for d in leaves(each.delay) if takes_time(d)}
            for base in sorted(bases) if sources else ():
                clock = RandomClock(name, own, base, sources)
                if clock not in self.random:
                    self.random.append(clock)
                self._of_delay[name, outcome.to, base] = len(self.names) + self.random.index(clock)

    def number(self, stage: str, outcome: Outcome, clock: str) -> int:
        """Number of the clock by which an outcome of a stage runs on a named clock."""
        base = self.names.index(clock)
        return self._of_delay.get((stage, outcome.to, base), base)

    @property
    def sources(self) -> list[tuple[int, Source]]:
        """Every pace with the place of the random clock that it drives, in the order of the clocks."""
        return [(i, source) for i, clock in enumerate(self.random) for source in clock.sources]


def _states_pace(stage: Stage) -> bool:
    return stage.pace is not None or any(outcome.pace is not None for outcome in stage.outcomes)


def takes_time(delay: Any) -> bool:
    """Whether a delay is not 0 days in all cases."""
    return (delay.distribution, delay.least) != (NO_DELAY.distribution, 0)


def versions_in(span: Span, name: str) -> list[Stage]:
    """Every version of a stage."""
    return [next(s for s in span.contents[i].stages if s.name == name) for i in versions_of(name, span)]


def all_versions(model: Model, span: Span) -> list[Stage]:
    """Every version of every stage in the order of the frame."""
    return [version for stage in model.content.stages for version in versions_in(span, stage.name)]


def _sources(versions: list[Stage], outcomes: list[Outcome]) -> tuple[Source, ...]:
    """What drives the pace of an outcome through all versions; empty where nothing does."""
    name, to = versions[0].name, outcomes[0].to
    stated = [None if own.pace is not None else stage.pace for stage, own in zip(versions, outcomes, strict=True)]
    return (*_source(name, "", stated), *_source(name, to, [own.pace for own in outcomes]))


def _source(stage: str, to: str, effects: list[RandomEffect | None]) -> Iterator[Source]:
    some = [effect for effect in effects if effect is not None]
    if any(effect.sigma.ranged or effect.sigma.mid > 0 for effect in some):
        sigma = tuple(Number(0.0) if effect is None else effect.sigma for effect in effects)
        yield Source(stage, to, some[0].every, sigma)


def clock_fields(model: Model, span: Span) -> dict[str, Any]:
    """Fields of the frame on clocks, and on the periods in which random effects are drawn."""
    clocks = Clocks(model, span)
    total = span.history + span.days
    first_date = span.date(-span.history)
    sums = np.array(
        [np.concatenate([[0.0], np.cumsum(model.calendar.weights(name, first_date, total))]) for name in clocks.names]
    )
    periods = np.array([period_numbers(first_date, total, every) for every in EVERY])
    most = [float(sums.max()), *(_most_days(clock, sums[clock.base], periods, span.history) for clock in clocks.random)]
    size = math.ceil(min(max(*most, longest_offset(model)), LONGEST_TABLE)) + 2
    first = np.array([np.searchsorted(row[1:], np.arange(size) - SLACK, side="left") for row in sums])
    stages = [stage.name for stage in model.content.stages]
    bases = [*range(len(clocks.names)), *(clock.base for clock in clocks.random)]
    # A random clock that counts whole days rounds: where factors are nearly 1, a delay takes its days, not one more.
    halves = [model.calendar.counts_whole_days(clocks.names[clock.base]) for clock in clocks.random]
    shocks = {s.name: s.shock.every for content in span.contents for s in content.stages if s.shock is not None}

    def integers(values: list[Any]) -> Any:
        return np.array(values, dtype=np.int64)

    return {
        "clock_sum": sums,
        "clock_first": first.astype(np.int64),
        "clock_slack": np.array([SLACK] * len(clocks.names) + [0.5 if half else SLACK for half in halves]),
        "clock_waits": integers([model.calendar.clock(clocks.names[base]).waits for base in bases]),
        "random_base": integers([clock.base for clock in clocks.random]),
        "pace_clock": integers([i for i, _ in clocks.sources]),
        "pace_stage": integers([stages.index(source.stage) for _, source in clocks.sources]),
        "pace_hash": _pace_hashes([source for _, source in clocks.sources]),
        "pace_every": integers([EVERY.index(source.every) for _, source in clocks.sources]),
        "shock_every": integers([EVERY.index(shocks.get(name, "quarter")) for name in stages]),
        "period_number": periods,
        "delay_days": size,
    }


def _pace_hashes(sources: list[Source]) -> Any:
    """Hashes of the paces: a stage's is the same on all clocks."""
    names = [f"{source.stage}>{source.to}" for source in sources]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return hashes("pace", number)[[number[name] for name in names]]


def _most_days(clock: RandomClock, sums: F64, periods: I64, history: int) -> float:
    """How far a random clock comes at most, for its stated weights, summed, and the number of each day's periods."""
    numbers = periods[max(EVERY.index(source.every) for source in clock.sources), history:]
    begins = np.flatnonzero(np.diff(numbers, prepend=-1)) + history
    weights = np.diff(sums[[*begins, -1]])
    sigma2 = sum(max(upper_end(number, Z90) for number in source.sigma) ** 2 for source in clock.sources)
    return float(sums[-1] + MOST_DEVIATIONS * math.sqrt(math.expm1(sigma2) * (weights**2).sum()))
