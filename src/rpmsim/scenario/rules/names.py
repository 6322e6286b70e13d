"""Names: every one that is used is declared, and no class name has two meanings."""

from __future__ import annotations

from collections.abc import Iterable

from rpmsim.model.cycle import SOURCE
from rpmsim.model.graph import cases, roles_of
from rpmsim.model.plan import OpeningStock
from rpmsim.scenario.rules.look import Look
from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Path

RETURNING = "returning"
"""In a list of classes: leads that have returned."""
_TAKEN = (
    ("stages", SOURCE, "the forecast calls so where new leads come from"),
    ("roles", "nobody", "`worked_by: nobody` means no role"),
)
"""Section, name, and what it means there."""


def check_names(look: Look) -> None:
    """Names that stand in stages, channels and roles."""
    stages, roles = look.stages, {role.name for role in look.content.roles}
    segments = look.names["segment"]
    for stage in look.content.stages:
        path = ("stages", stage.name)
        for outcome in stage.outcomes:
            _known(look, outcome.to, stages, "stage", (*path, "to", outcome.to))
        for key, limit in (("gives_up", stage.gives_up), ("timeout", stage.timeout)):
            if limit is not None:
                _known(look, limit[1], stages, "stage", (*path, key, "to"))
        for names, role in cases(stage.worked_by):
            if role is not None:
                _known(look, role, roles, "role", (*path, "worked_by", *names))
        for key in ("priority", "ties"):
            _queue_names(look, getattr(stage.queue, key), (*path, "queue", key))
    for channel in look.content.channels:
        path = ("channels", channel.name)
        if channel.into:
            _known(look, channel.into, stages, "stage", (*path, "into"))
        if channel.made_by:
            _known(look, channel.made_by, roles, "role", (*path, "made_by"))
        for segment, _ in channel.mix:
            _known(look, segment, segments, "segment", (*path, "mix", segment))
    for role in look.content.roles:
        path = ("roles", role.name)
        if role.leavers_items not in ("colleagues", "queue"):
            _known(look, role.leavers_items, stages, "stage", (*path, "leavers_items"))
        for i, name in enumerate(role.order):
            _known(look, name, stages, "stage", (*path, "serves", str(i)))


def _known(look: Look, name: str, known: Iterable[str], what: str, path: Path) -> None:
    if name not in known:
        look.place.error(path, f"there is no {what} `{name}`", nearest(name, known))


def _queue_names(look: Look, names: tuple[str, ...], path: Path) -> None:
    known = [
        *(name for dimension in ("channel", "segment", "grade", "band") for name in look.names[dimension]),
        RETURNING,
    ]
    for i, name in enumerate(names):
        _known(look, name, known, "class", (*path, str(i)))
        if name == RETURNING and not look.model.max_returns:
            look.place.error((*path, str(i)), "returns are not tracked", "state `returns: 1` at the top")
        if name in names[:i]:
            look.place.error((*path, str(i)), f"`{name}` is listed twice", "keep the first")


def check_class_names(look: Look) -> None:
    """A class name means one thing; a few names are taken."""
    for section, name, why in _TAKEN:
        if any(thing.name == name for thing in getattr(look.content, section)):
            noun = section.removesuffix("s")
            fix = f"give the {noun} another name, and the `label` that people are to read"
            look.place.error((section, name), f"`{name}` is a reserved word: {why}", fix)
    sections = {"channel": "channels", "segment": "segments", "grade": "grades", "band": "bands"}
    seen: dict[str, str] = {}
    for dimension, section in sections.items():
        for name in look.names[dimension]:  # type: ignore[index]
            if name == RETURNING:
                look.place.error(
                    (section, name),
                    f"`{name}` is a reserved word: in a list of classes it stands for leads that have returned",
                    f"give the {dimension} another name, and the `label` that people are to read",
                )
            elif name in look.names["returns"]:
                look.place.error(
                    (section, name), f"`{name}` is also a return count", f"give the {dimension} another name"
                )
            elif name in seen:
                look.place.error(
                    (section, name),
                    f"`{name}` is also a {seen[name]}",
                    "rename one of them: maps by class distinguish them by name",
                )
            seen.setdefault(name, dimension)


def check_start_names(look: Look) -> None:
    """Names in opening stock and open records, and that who waits has someone to wait for."""
    for stage, rows in _rows_by_stage(look):
        for i, item in enumerate(rows):
            path = ("opening", stage, str(i))
            _known(look, stage, look.stages, "stage", ("opening", stage))
            _class_of(look, item.channel, item.segment, item.grade, item.returns, path)
            _waits(look, item.waiting, stage, path)
            if item.band:
                _known(look, item.band, look.names["band"], "band", (*path, "band"))
    listed = look.place.tree.items.get("open")
    by_id = hasattr(listed, "marks")
    for i, deal in enumerate(look.model.open_deals):
        place = ("open", deal.id if by_id else str(i))
        if deal.stage:
            _known(look, deal.stage, look.stages, "stage", (*place, "stage"))
        _class_of(look, deal.channel, deal.segment, deal.grade, deal.returns, place)
        _waits(look, deal.waiting, deal.stage, place)


def _waits(look: Look, waiting: bool, stage: str, path: Path) -> None:
    if waiting and stage in look.stages and not roles_of(look.stages[stage]):
        look.place.error(path, f"waits in `{stage}`, which no role works", "state its `age` in the stage instead")


def _rows_by_stage(look: Look) -> Iterable[tuple[str, list[OpeningStock]]]:
    rows: dict[str, list[OpeningStock]] = {}
    for item in look.model.opening:
        rows.setdefault(item.stage, []).append(item)
    return rows.items()


def _class_of(look: Look, channel: str, segment: str, grade: str, returns: int, path: Path) -> None:
    if channel:
        _known(look, channel, look.names["channel"], "channel", (*path, "channel"))
    if segment:
        _known(look, segment, look.names["segment"], "segment", (*path, "segment"))
    if grade:
        _known(look, grade, look.names["grade"], "grade", (*path, "grade"))
    elif look.model.grades:
        look.place.error(
            path, "no grade is stated, and the scenario declares grades", "write `grade: " + look.model.grades[0] + "`"
        )
    if returns > look.model.max_returns:
        look.place.error(
            (*path, "returns"),
            f"{returns} returns, but only {look.model.max_returns} are tracked",
            "state `returns: ...` at the top",
        )
