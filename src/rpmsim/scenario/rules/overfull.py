"""Ranges of shares that together exceed 100% in many draws: what is simulated is then less than what is stated."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.model.cycle import Stage
from rpmsim.model.number import LeadClass, Number, resolve, sampled, upper_end
from rpmsim.scenario.rules.look import Look
from rpmsim.scenario.rules.shares import TOLERANCE, classes_of, whose
from rpmsim.text.nodes import Path

DRAWS = 20_000
MANY, MUCH = 0.05, 0.002
"""It is distinguished from this share of the draws on, and from this excess on average (D): below, little shifts."""
MOST_CLASSES = 200


def check_overfull(look: Look, fresh: set[str]) -> None:
    """Warn of stages and mixes whose ranges exceed 100% together in many draws, with the share of the draws."""
    for stage in look.content.stages:
        if stage.name in fresh:
            _stage(look, stage)
    for channel in look.content.channels:
        numbers = [number for _, number in channel.mix if number is not None]
        if len(numbers) < len(channel.mix) and fresh:
            _report(look, ("channels", channel.name, "mix"), _over(numbers), "", numbers, rest=True)


def _stage(look: Look, stage: Stage) -> None:
    """The class of a stage that exceeds most often."""
    worst: tuple[float, LeadClass, list[Number], bool] | None = None
    seen: set[tuple[Number, ...]] = set()
    for lead in classes_of(look, stage):
        stays = resolve(stage.stays, lead)
        shares: list[Any] = [*(resolve(outcome.share, lead) for outcome in stage.outcomes), stays]
        numbers = [share for share in shares if isinstance(share, Number)]
        if tuple(numbers) in seen or len(seen) >= MOST_CLASSES:
            continue
        seen.add(tuple(numbers))
        rest = stays == "rest" or any(share is None for share in shares[:-1])
        over = _over(numbers)
        if worst is None or over > worst[0]:
            worst = over, lead, numbers, rest
    if worst is not None:
        over, lead, numbers, rest = worst
        _report(look, ("stages", stage.name, "to"), over, whose(stage, lead), numbers, rest)


def _report(look: Look, path: Path, over: float, of_whom: str, numbers: list[Number], rest: bool) -> None:
    if over < MANY:
        return
    fix = "narrow or lower the ranges"
    ranged = sum(number.ranged for number in numbers)
    less = "" if rest else ", and in the others some leads never leave"
    look.place.warn(
        path,
        f"in {over:.0%} of the draws the shares{of_whom} add up to more than 100% and are scaled back{less}: the "
        "simulated shares differ from the stated ones",
        fix if rest else f"let one of the outcomes be `share: rest`{', or ' + fix if ranged > 2 else ''}",
    )


def _over(numbers: list[Number]) -> float:
    """Share of the draws in which numbers exceed 1 together; parameters of one name are drawn together."""
    if not any(number.ranged for number in numbers):
        return 0.0
    highest = sum(number.high if number.high is not None else number.mid for number in numbers)
    if highest <= 1.0 + TOLERANCE:
        highest_draw = sum(upper_end(number, 4.0) for number in numbers)
        if highest_draw <= 1.0 + TOLERANCE:
            return 0.0
    total = sum(np.broadcast_to(sampled(number, DRAWS), DRAWS) for number in numbers)
    excess = np.asarray(total) - 1.0
    return float(np.mean(excess > TOLERANCE)) if np.mean(np.maximum(excess, 0.0)) >= MUCH else 0.0
