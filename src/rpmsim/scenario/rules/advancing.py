"""Stages of no stated kind: an effect on conversion may act on outcomes that do not bring a lead forward."""

from __future__ import annotations

from rpmsim.model.cycle import Stage
from rpmsim.model.graph import roles_of
from rpmsim.scenario.rules.look import Look
from rpmsim.text.nodes import find


def check_advancing(look: Look) -> None:
    """Warn where a stage has no kind, something acts on its conversion, and an outcome parks the lead."""
    favored = {deal.stage for deal in look.model.open_deals if deal.odds != 1.0}
    for stage in look.content.stages:
        if stage.kind != "other" or find(look.place.tree, ("stages", stage.name, "kind")) is not None:
            continue
        effect = _effect(stage) or ("the odds of open deals" if stage.name in favored else "")
        if not effect:
            continue
        for outcome in stage.outcomes:
            stated = find(look.place.tree, ("stages", stage.name, "to", outcome.to, "advances")) is not None
            if outcome.advances and not stated and _parks(look, stage.name, outcome.to):
                look.place.warn(
                    ("stages", stage.name, "to", outcome.to),
                    f"`{stage.name}` has no kind, so a move to `{outcome.to}` counts as advancing, and {effect} "
                    "affects it like a conversion",
                    f"state the `kind` of `{stage.name}` (such as `mql` or `opportunity`), or here `advances: no`",
                )


def _effect(stage: Stage) -> str:
    """What acts on the conversion of a stage, in words."""
    if roles_of(stage) and stage.response.decay != "none":
        return "a wait"
    if stage.load is not None:
        return "load"
    if stage.odds:
        return "`odds`"
    return "`shock`" if stage.shock is not None else ""


def _parks(look: Look, source: str, target: str) -> bool:
    """Whether a lead that goes there can win only by coming back: nurture, a pool, an end of another name."""
    if look.stages[target].kind == "nurture":
        return True
    seen, todo = {source}, [target]
    while todo:
        name = todo.pop()
        if name in seen or name not in look.stages:
            continue
        seen.add(name)
        if look.stages[name].kind in ("won", "customer"):
            return False
        todo += [outcome.to for outcome in look.stages[name].outcomes]
    return True
