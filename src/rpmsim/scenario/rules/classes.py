"""Maps by class: every class that comes there is named, and bands only where they are known."""

from __future__ import annotations

from rpmsim.model.graph import edges_of
from rpmsim.model.number import Dimension
from rpmsim.scenario.rules.look import Look
from rpmsim.scenario.schema.reading import DIMENSIONS, ClassMap, class_key, spelled
from rpmsim.text.nodes import Path


def check_class_maps(look: Look, class_maps: list[ClassMap]) -> None:
    """Each map without `other` names every class that can come."""
    for class_map in class_maps:
        stage = (
            look.stages.get(class_map.path[1]) if class_map.path[0] == "stages" and len(class_map.path) > 1 else None
        )
        if stage is None:
            continue
        outer = _outer_names(look, class_map.path)
        pairs = {
            pair
            for pair in look.pairs[stage.name]
            if outer.get("channel", pair[0]) == pair[0] and outer.get("segment", pair[1]) == pair[1]
        }
        comes: dict[Dimension, set[str]] = {
            "channel": {pair[0] for pair in pairs},
            "segment": {pair[1] for pair in pairs},
        }
        needed = [
            name for name in look.names[class_map.dimension] if name in comes.get(class_map.dimension, {name}) and pairs
        ]
        missing = [name for name in needed if name not in class_map.names]
        if missing:
            listed = ", ".join(f"`{spelled(class_map.dimension, name)}`" for name in missing)
            look.place.complaints.error(
                class_map.mark,
                (*look.place.prefix, *class_map.path),
                f"no value for {listed}, which can enter this stage",
                "add a line for each" + (", or `other:` for all others" if len(class_map.path) else ""),
            )


def _outer_names(look: Look, path: Path) -> dict[Dimension, str]:
    """Class names on the way to a nested map."""
    named = [class_key(key) for key in path[2:]]
    return {d: name for stated, name in named for d in DIMENSIONS if name in look.names[d] and stated in ("", d)}


def check_bands(look: Look, class_maps: list[ClassMap]) -> None:
    """Bands need a stage at which they become known, and count only from there on."""
    marked = [stage.name for stage in look.content.stages if stage.amount_here]
    bands = [band.name for band in look.model.bands]
    if bands and not marked:
        look.place.error(
            ("bands",),
            "no stage states where amounts become known",
            "write `amount: here` in the first stage in which they are known",
        )
    if not bands and marked:
        look.place.error(
            ("stages", marked[0], "amount"),
            "`amount: here` without size bands",
            "declare `bands: {small: {below: 10k}, large: {}}`",
        )
    for channel in look.content.channels:
        for segment, _ in channel.mix:
            stated = next((s for s in look.content.segments if s.name == segment), None)
            if bands and stated is not None and stated.amount is None:
                look.place.error(
                    ("segments", segment),
                    "the scenario has size bands, and this segment has no amount",
                    "write `amount: {median: 18k, p90: 45k}`",
                )
    if not bands or not marked:
        return
    known = _behind(look, marked)
    for class_map in class_maps:
        if class_map.dimension == "band" and class_map.path[0] == "stages" and class_map.path[1] not in known:
            look.place.complaints.error(
                class_map.mark,
                class_map.path,
                "size bands are used here, but a lead can get here before its band is known",
                f"write `amount: here` in an earlier stage than {', '.join(marked)}, or add `other:`",
            )


def _behind(look: Look, marked: list[str]) -> set[str]:
    """Stages that no lead reaches without passing a marked one."""
    ways = {stage.name: [edge.target for edge in edges_of(stage, look.content)] for stage in look.content.stages}
    before: set[str] = set()
    todo = [channel.into for channel in look.content.channels]
    while todo:
        name = todo.pop()
        if name in before or name in marked or name not in ways:
            continue
        before.add(name)
        todo += ways[name]
    return set(ways) - before
