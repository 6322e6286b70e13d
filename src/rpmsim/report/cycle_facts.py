"""What a scenario states of its cycle, in words short enough for a picture; ranges at their medians."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rpmsim.arrays.classes import classes_of
from rpmsim.model.cycle import Delay, Outcome, Stage
from rpmsim.model.distributions import mean, quantile, shape_of
from rpmsim.model.graph import leaves, pairs_by_stage, roles_of
from rpmsim.model.number import LeadClass, Number, median_of, resolve
from rpmsim.model.plan import Model
from rpmsim.report import numbers

_ARROW, _DOT = "→", " · "


@dataclass(frozen=True)
class Way:
    """A way out of a stage: where to, what share takes it, and how long it takes."""

    to: str
    to_label: str
    to_kind: str
    advances: bool
    share_and_time: str

    @property
    def text(self) -> str:
        """Target, share and time."""
        return f"{_ARROW} {self.to_label}: {self.share_and_time}"


@dataclass(frozen=True)
class ChannelFacts:
    """A channel: the stage that its leads enter, and how many come."""

    into: str
    into_label: str
    text: str


@dataclass(frozen=True)
class StageFacts:
    """A stage: lines inside its box, who works it, and the ways out."""

    name: str
    label: str
    kind: str
    lines: tuple[str, ...]
    people: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Cycle:
    """A cycle to be drawn."""

    title: str
    subtitle: str
    channels: tuple[ChannelFacts, ...]
    stages: tuple[StageFacts, ...]


def cycle_of(model: Model) -> Cycle:
    """What a model states of its cycle on the first day.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Cycle
        Shares and times that differ by class stand as their range over the classes.
    """
    labels = {stage.name: stage.label or stage.name for stage in model.content.stages}
    channels = tuple(
        ChannelFacts(
            channel.into, labels.get(channel.into, channel.into), f"{channel.label or channel.name}{_DOT}{leads}"
        )
        for channel, leads in zip(model.content.channels, _arrivals(model), strict=True)
    )
    subtitle = (
        f"As of {model.as_of.isoformat()}: shares, median times, people and leads as stated; ranges at their medians"
    )
    return Cycle(
        model.label or model.name,
        subtitle,
        channels,
        tuple(_stage(model, stage, _coming(model, stage)) for stage in model.content.stages),
    )


def _coming(model: Model, stage: Stage) -> list[LeadClass]:
    """Classes of leads that can come to a stage; where none can, all."""
    opening = [(row.stage, row.channel, row.segment) for row in model.opening]
    opening += [(deal.stage, deal.channel, deal.segment) for deal in model.open_deals]
    pairs = pairs_by_stage(model.content, opening)[stage.name]
    every = classes_of(model).leads
    return [lead for lead in every if (lead.channel, lead.segment) in pairs] or list(every)


def _arrivals(model: Model) -> Iterator[str]:
    """How many leads of each channel come in a month, averaged over the run."""
    from rpmsim.arrays.compile import compile_model

    program = compile_model(model)
    rates = program.middle.rate[0]
    months = rates.shape[1] / 30.4375
    for number, channel in enumerate(model.content.channels):
        if channel.made_by:
            role = next((r.label or r.name for r in model.content.roles if r.name == channel.made_by), channel.made_by)
            yield f"made by {role}"
        else:
            yield f"{numbers.count(float(rates[number].sum()) / months)} leads a month"


def _stage(model: Model, stage: Stage, leads: Sequence[LeadClass]) -> StageFacts:
    labels = {other.name: other.label or other.name for other in model.content.stages}
    kinds = {other.name: other.kind for other in model.content.stages}
    ways = [
        Way(outcome.to, labels[outcome.to], kinds[outcome.to], outcome.advances, _share_and_time(outcome, leads))
        for outcome in stage.outcomes
    ]
    if stage.timeout is not None:
        days, target = stage.timeout
        text = f"after {days.mid:,.0f} days without an outcome"
        ways.append(Way(target, labels[target], kinds[target], False, text))
    if stage.gives_up is not None:
        chance, target = stage.gives_up
        text = f"{_percent([chance.mid])} a day while waiting"
        ways.append(Way(target, labels[target], kinds[target], False, text))
    return StageFacts(
        stage.name,
        labels[stage.name],
        stage.kind,
        tuple(_lines(model, stage)),
        tuple(_people(model, stage)),
        tuple(ways),
    )


def _lines(model: Model, stage: Stage) -> Iterator[str]:
    """What stands in the box: what is there at the start, the SLA, who stays, the amount of a win."""
    listed = sum(deal.stage == stage.name for deal in model.open_deals)
    count = sum(row.count for row in model.opening if row.stage == stage.name) + listed
    if count:
        yield f"{count:,} there at the start"
    limits = _mids(stage.response.sla_hours)
    if limits:
        yield f"SLA {_range([f'{value:g}' for value in limits])} hours"
    if stage.stays == "rest":
        yield "the rest stays"
    elif stage.stays is not None and any(_mids(stage.stays)):
        yield f"{_percent(_mids(stage.stays))} stay"
    if stage.kind == "won":
        stated = [segment.amount for segment in model.content.segments if segment.amount is not None]
        for per, words in (("total", ""), ("year", " a year"), ("month", " a month")):
            means = sorted(float(mean(shape_of(a.distribution, median_of))) for a in stated if a.per == per)
            if means:
                yield f"mean amount {_range([numbers.money(value, model.currency) for value in means])}{words}"


def _people(model: Model, stage: Stage) -> Iterator[str]:
    """Who works a stage, and how many they are."""
    for name in roles_of(stage):
        role = next(role for role in model.content.roles if role.name == name)
        heads = role.heads.mid + len(role.team)
        yield f"{role.label or role.name}{_DOT}{heads:g} {'person' if heads == 1 else 'people'}"


def _share_and_time(outcome: Outcome, leads: Sequence[LeadClass]) -> str:
    """Share, and median days, of the classes that come there; of an outcome without a time the share alone."""
    shares = [resolve(outcome.share, lead) for lead in leads]
    stated = [share.mid for share in shares if isinstance(share, Number)]
    said = _percent(stated) if stated else ""
    if len(stated) < len(shares):
        said = f"{said} or the rest" if said else "the rest"
    delays = [resolve(outcome.delay, lead) for lead in leads]
    times = sorted({_median(delay) for delay in delays if not delay.by_date})
    if any(delay.by_date for delay in delays):
        return f"{said}{_DOT}by its due date"
    return f"{said}{_DOT}{_range([f'{time:,.0f}' for time in times])} days" if times and times[-1] > 0 else said


def _median(delay: Delay) -> float:
    """Median days of a delay, at least its shortest one."""
    shape = shape_of(delay.distribution, median_of)
    return max(float(delay.least), float(np.asarray(quantile(shape, 0.5)).ravel()[0]))


def _mids(value: Any) -> list[float]:
    return [leaf.mid for leaf in leaves(value) if isinstance(leaf, Number)]


def _percent(shares: Iterable[float]) -> str:
    """A share, or the range of several."""
    return f"{_range([f'{100 * share:.{0 if share >= 0.0995 or share == 0 else 1}f}' for share in sorted(shares)])}%"


def _range(texts: list[str]) -> str:
    """A text, or the first and the last of several."""
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"
