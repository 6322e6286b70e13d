"""Shares: together 100%, for every class that comes, at their middle values, or on average over joint draws."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from rpmsim.model.cycle import Stage
from rpmsim.model.graph import leaves
from rpmsim.model.number import ByClass, Dimension, LeadClass, Number, resolve
from rpmsim.scenario.rules.look import Look
from rpmsim.text.nodes import Path

TOLERANCE = 1e-9
MOST_CLASSES = 5_000


def check_stage_shares(look: Look) -> None:
    """Outcomes and `stays` of every stage."""
    for stage in look.content.stages:
        if not stage.outcomes and stage.stays is None:
            continue
        for lead in classes_of(look, stage):
            if not _whole(look, stage, lead):
                break


def _whole(look: Look, stage: Stage, lead: LeadClass) -> bool:
    """Whether the shares of one class make 100%; reported at the stage if not."""
    shares = {outcome.to: resolve(outcome.share, lead) for outcome in stage.outcomes}
    stays = resolve(stage.stays, lead)
    rests = [name for name, share in shares.items() if share is None] + (["stays"] if stays == "rest" else [])
    stated = [_middle(share) for share in shares.values() if share is not None] + (
        [_middle(stays)] if isinstance(stays, Number) else []
    )
    total = sum(stated)
    path: Path = ("stages", stage.name, "to") if stage.outcomes else ("stages", stage.name, "stays")
    for_whom = whose(stage, lead)
    if len(rests) > 1:
        look.place.error(path, f"{len(rests)} outcomes are `rest`{for_whom}: {', '.join(rests)}", "keep one of them")
    elif total > 1 + TOLERANCE:
        look.place.error(path, f"the shares add up to {_percent(total)}{for_whom}, more than 100%", "lower one of them")
    elif total < 1 - TOLERANCE and not rests:
        look.place.error(
            path,
            f"the shares add up to {_percent(total)}{for_whom}, less than 100%",
            "let one outcome be `share: rest`, or let the others stay: `stays: {share: rest}`",
        )
    else:
        return True
    return False


def _middle(number: Number) -> float:
    """The value at which shares are added up: joint draws that make 100% each do so on average, and not by medians."""
    return number.mid if number.draws is None else float(number.draws.values.mean())


def check_old_leads(look: Look) -> None:
    """Chances per day of old leads are together at most 100%."""
    for stage in look.content.stages:
        stated = [outcome.beyond for outcome in stage.outcomes]
        for lead in classes_of(look, stage, stated):
            chances = [resolve(beyond, lead) for beyond in stated]
            total = sum(_middle(chance) for chance in chances if chance is not None)
            if total > 1 + TOLERANCE:
                look.place.error(
                    ("stages", stage.name, "to"),
                    f"leads older than the times leave by {_percent(total)} per day{whose(stage, lead, stated)}",
                    "no more can leave on a day than there are: lower a `beyond`",
                )
                break


def _percent(share: float) -> str:
    return f"{share * 100:.6g}%"


def whose(stage: Stage, lead: LeadClass, values: Iterable[Any] | None = None) -> str:
    """The class, as far as it makes a difference to the shares of a stage, or to other values of it."""
    names = [str(getattr(lead, dimension)) for dimension in dict.fromkeys(_dimensions(stage, values))]
    return f" for {', '.join(names)}" if names else ""


def _dimensions(stage: Stage, values: Iterable[Any] | None) -> Iterator[Dimension]:
    """Dimensions by which shares of the stage differ, or other values."""

    def inside(value: Any) -> Iterator[Dimension]:
        if isinstance(value, ByClass):
            yield value.dimension
            for _, case in value.cases:
                yield from inside(case)
            yield from inside(value.default)

    shares = [*(outcome.share for outcome in stage.outcomes), stage.stays]
    for value in shares if values is None else values:
        yield from inside(value)


def classes_of(look: Look, stage: Stage, values: Iterable[Any] | None = None) -> list[LeadClass]:
    """Classes that can come to the stage, one for each difference that its shares make, or other values of it."""
    used = set(_dimensions(stage, values))
    pairs: Iterable[tuple[str, str]] = {
        (channel if "channel" in used else "", segment if "segment" in used else "")
        for channel, segment in look.pairs[stage.name]
    }
    names = look.names
    grades = names["grade"] if "grade" in used else ("",)
    returns = range(look.model.max_returns + 1) if "returns" in used else (0,)
    bands = names["band"] if "band" in used else ("",)
    combinations = itertools.product(sorted(pairs), grades, returns, bands)
    return [LeadClass(c, s, g, r, b) for (c, s), g, r, b in itertools.islice(combinations, MOST_CLASSES)]


def check_mixes(look: Look) -> None:
    """Mixes of channels by segment and by grade."""
    for channel in look.content.channels:
        path = ("channels", channel.name)
        _mix(look, channel.mix, (*path, "mix"))
        if look.model.grades and not channel.grades:
            look.place.error(
                path,
                "the scenario declares grades, but the channel does not state their shares",
                "write `grades: {" + look.model.grades[0] + ": 20%, ...: rest}`",
            )
        if isinstance(channel.grades, ByClass):
            for name, mix in channel.grades.cases:
                _mix(look, mix, (*path, "grades", name))
            missing = [segment for segment, _ in channel.mix if segment not in dict(channel.grades.cases)]
            if missing and channel.grades.default is None:
                look.place.error(
                    (*path, "grades"), f"no grades for {', '.join(missing)}", "add a line for each, or `other:`"
                )
            if channel.grades.default is not None:
                _mix(look, channel.grades.default, (*path, "grades", "other"))
        elif channel.grades:
            _mix(look, channel.grades, (*path, "grades"))


def _mix(look: Look, mix: tuple[tuple[str, Number | None], ...], path: Path) -> None:
    stated = sum(_middle(share) for _, share in mix if share is not None)
    rests = sum(share is None for _, share in mix)
    if rests > 1:
        look.place.error(path, f"{rests} shares are `rest`", "keep one of them")
    elif stated > 1 + TOLERANCE:
        look.place.error(path, f"the mix adds up to {_percent(stated)}, more than 100%", "lower one of the shares")
    elif stated < 1 - TOLERANCE and not rests:
        look.place.error(path, f"the mix adds up to {_percent(stated)}, less than 100%", "let one share be `rest`")


def check_slots(look: Look) -> None:
    """A stage whose items hold slots and may never leave needs a timeout."""
    holding = {role.name for role in look.content.roles if role.holds is not None}
    for stage in look.content.stages:
        if stage.timeout is not None or stage.stays is None or not holding & set(leaves(stage.worked_by)):
            continue
        for lead in _staying_classes(look, stage):
            if resolve(stage.worked_by, lead) in holding and _stays(stage, lead) > TOLERANCE:
                look.place.error(
                    ("stages", stage.name, "stays"),
                    f"leads that never leave{whose(stage, lead)} occupy their slots forever",
                    "add `timeout: {after: 120 days, to: lost}`",
                )
                break


def _staying_classes(look: Look, stage: Stage) -> list[LeadClass]:
    by_role = {stage.worked_by.dimension} if isinstance(stage.worked_by, ByClass) else set()
    if not by_role:
        return classes_of(look, stage)
    names = look.names
    pairs = sorted(look.pairs[stage.name])
    combinations = itertools.product(
        pairs, names["grade"] or ("",), range(look.model.max_returns + 1), names["band"] or ("",)
    )
    return [LeadClass(c, s, g, r, b) for (c, s), g, r, b in itertools.islice(combinations, MOST_CLASSES)]


def _stays(stage: Stage, lead: LeadClass) -> float:
    stays = resolve(stage.stays, lead)
    if isinstance(stays, Number):
        return stays.mid if stays.high is None else stays.high
    if stays != "rest":
        return 0.0
    stated: list[Number | None] = [resolve(outcome.share, lead) for outcome in stage.outcomes]
    return 1.0 - sum(_middle(share) for share in stated if share is not None)
