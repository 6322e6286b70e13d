"""The graph: every stage is reached, no lead runs into a wall, no cycle takes no day."""

from __future__ import annotations

from rpmsim.model.graph import edges_of, zero_day_cycle
from rpmsim.model.plan import Model
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.rules.look import Look

ENDS = ("won", "lost", "customer")
BUILT_IN = ("won", "lost")


def check_reached(look: Look) -> None:
    """Every declared stage can be reached, from a channel or from what is there at the start."""
    for stage in look.content.stages:
        declared = look.place.tree.items.get("stages")
        is_declared = stage.name in getattr(declared, "items", {})
        if not look.pairs[stage.name] and (is_declared or stage.name not in BUILT_IN):
            look.place.error(
                ("stages", stage.name),
                f"no lead ever reaches `{stage.name}`",
                "add an outcome or a channel (`into`) that leads there, or remove the stage",
            )


def check_ends(look: Look) -> None:
    """Every stage that is not an end has a way out, and every lead can come to an end."""
    for stage in look.content.stages:
        if not stage.outcomes and stage.stays is None and stage.timeout is None and stage.kind not in ENDS:
            look.place.error(
                ("stages", stage.name),
                f"`{stage.name}` is a dead end",
                "state outcomes (`to:`), or state that its leads stay: `stays: {share: 100%}`",
            )
        if stage.amount_here and stage.kind in ENDS:
            look.place.error(
                ("stages", stage.name, "amount"),
                "the size band has no effect in a final stage",
                "mark an earlier stage",
            )


def check_cycle_takes_a_day(model: Model, place: Place) -> None:
    """Each way back to a stage takes at least a day, in the base and under every change."""
    cycle = zero_day_cycle(*model.contents)
    if cycle:
        place.error(
            ("stages", cycle[0], "to", cycle[1]),
            "a cycle that takes 0 days: " + " -> ".join(cycle),
            "give one of these outcomes a time, such as `median: 30 days`",
        )


def check_some_end(look: Look) -> None:
    """Warn of stages from which no end can be reached: their leads go round for ever."""
    ways = {stage.name: [edge.target for edge in edges_of(stage, look.content)] for stage in look.content.stages}
    ending = {
        stage.name
        for stage in look.content.stages
        if stage.kind in ENDS or stage.stays is not None or not stage.outcomes
    }
    grown = True
    while grown:
        more = {
            name for name, targets in ways.items() if name not in ending and any(target in ending for target in targets)
        }
        ending |= more
        grown = bool(more)
    for name in ways:
        if name not in ending and look.pairs[name]:
            look.place.error(
                ("stages", name),
                f"from `{name}`, no lead ever reaches a final stage",
                "add an outcome that leads to `lost`, or let leads stay",
            )
