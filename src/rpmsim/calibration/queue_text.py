"""Stages with a queue as the scenario writes them: who works them, how soon, with how much work, and who gives up."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.calibration.part import Finding, Part
from rpmsim.calibration.queue_order import NEWER_FIRST
from rpmsim.calibration.response import fit_giving_up, fit_response
from rpmsim.calibration.role_text import DRAWN, HOURS, draw
from rpmsim.calibration.roles import Role
from rpmsim.calibration.take_ups import Mask, Visits
from rpmsim.calibration.waiting_effect import odds_per_day
from rpmsim.history.mapping import StageRule
from rpmsim.model.cycle import KIND_ORDER

SAME_WAY = 0.8
"""Share of records that give up which move to one stage."""

LONGEST_HELD = "10 years"

SHORTEST_WORK = 1.0 / 60.0
"""Hours of work, at least."""


def write_queues(
    part: Part,
    rules: tuple[StageRule, ...],
    visits: Visits,
    segments: list[str],
    roles: list[Role],
    draws: int,
    rng: np.random.Generator,
) -> list[str]:
    """Write the stages that roles work, and give their names.

    Parameters
    ----------
    part : Part
    rules : tuple of StageRule
        All stages of the mapping.
    visits : Visits
    segments : list of str
        Names in the model of the segments of the visits.
    roles : list of Role
        Those with a limit.
    draws : int
    rng : Generator
    """
    written = []
    for number, stage in enumerate(visits.stages):
        mine = [role for role in roles if any(cell[0] == number for cell in role.team.cells)]
        if not mine:
            continue
        written.append(stage)
        mask = (visits.stage == number) & np.any([role.team.mask(visits) for role in mine], axis=0)
        text: dict[str, Any] = {"worked_by": _worked_by(visits, segments, mine, number)}
        _write_work(part, text, segments, number, stage, mine)
        if any(role.limit.kind == "holds" for role in mine):
            # The engine wants every slot to become free at some time; in the horizon, this changes nothing.
            lost = next((rule.name for rule in rules if rule.kind == "lost"), "lost")
            text["timeout"] = {"after": LONGEST_HELD, "to": lost}
        if any(role.order is not None and role.order <= NEWER_FIRST for role in mine):
            text["queue"] = "last in"
        response = fit_response(visits.wait_hours[mask & visits.started], draws, rng)
        if response is not None:
            text["response"] = {"time": {"median": f"{DRAWN} hours", "p90": f"{DRAWN} hours"}}
            draw(part, f"stages.{stage}.response.time.median", response.median, response.records)
            draw(part, f"stages.{stage}.response.time.p90", response.p90, response.records)
        _write_giving_up(part, text, rules, visits, mask, stage, draws, rng)
        _say_effect(part, rules, visits, mask, stage)
        part.text.setdefault("stages", {})[stage] = text
    return written


def _worked_by(visits: Visits, segments: list[str], roles: list[Role], stage: int) -> str | dict[str, str]:
    """The role of a stage, by segment if it differs; the few records that none works are worked by nobody."""
    sizes = np.bincount(visits.segment[visits.stage == stage], minlength=len(segments))
    role_of = {cell[1]: role.name for role in roles for cell in role.team.cells if cell[0] == stage}
    best: dict[str, tuple[int, str]] = {}
    for segment in np.flatnonzero(sizes):
        entry = int(sizes[segment]), role_of.get(int(segment), "nobody")
        best[segments[segment]] = max(entry, best.get(segments[segment], (0, "")))
    chosen = {name: role for name, (_, role) in best.items()}
    names = set(chosen.values())
    return names.pop() if len(names) == 1 else {name: chosen.get(name, "nobody") for name in dict.fromkeys(segments)}


def _write_work(
    part: Part, text: dict[str, Any], segments: list[str], number: int, stage: str, roles: list[Role]
) -> None:
    """Hours of work, if a role has stages that differ in it."""
    path = f"stages.{stage}.work"
    if len(roles) == 1 and roles[0].limit.effort is not None:
        text["work"] = f"{DRAWN} hours"
        draw(part, path, _hours(roles[0], number), roles[0].limit.taken)
        return
    for role in roles:
        if role.limit.effort is not None:
            for name in sorted({segments[segment] for s, segment in role.team.cells if s == number}):
                text.setdefault("work", {})[name] = f"{DRAWN} hours"
                draw(part, f"{path}.{name}", _hours(role, number), role.limit.taken)


def _hours(role: Role, stage: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    assert role.limit.effort is not None
    return np.maximum(role.limit.effort[:, stage] * HOURS, SHORTEST_WORK)


def _write_giving_up(
    part: Part,
    text: dict[str, Any],
    rules: tuple[StageRule, ...],
    visits: Visits,
    mask: Mask,
    stage: str,
    draws: int,
    rng: np.random.Generator,
) -> None:
    share, gave_up, target, same = fit_giving_up(visits, mask, draws, rng)
    if target < 0:
        return
    to = rules[target].name
    text["gives_up"] = {"share": f"{DRAWN} per day", "to": to}
    draw(part, f"stages.{stage}.gives_up.share", share, gave_up)
    if same < SAME_WAY:
        what = f"{gave_up} records left without being taken up, {same:.0%} of them for {to}; in the model, all do."
        to_do = "Check whether they really were not worked, or whether work items are missing."
        part.findings.append(Finding(f"giving up in {stage}", "REVIEW", what, to_do))


def _say_effect(part: Part, rules: tuple[StageRule, ...], visits: Visits, mask: Mask, stage: str) -> None:
    """Whether those who waited longer advance less; said, and not put into the model, as it need not be the waiting."""
    place = {rule.name: i for i, rule in enumerate(rules)}
    order = {kind: i for i, kind in enumerate(KIND_ORDER)}
    here = order.get(rules[place[stage]].kind, -1), place[stage]
    ahead = [i for i, rule in enumerate(rules) if rule.kind in order and (order[rule.kind], i) > here]
    found = odds_per_day(visits, mask, ahead)
    if found is None or found[1] <= 1.0 <= found[2]:
        return
    factor, low, high, n = found
    what = (
        f"Records that waited a day longer advanced at odds x{factor:.2f} ({low:.2f} to {high:.2f}, {n} records). "
        "That need not be caused by the waiting. It is not in the model, whose shares hold at the waits of the past."
    )
    part.findings.append(Finding(f"effect of waiting in {stage}", "PASS", what))
