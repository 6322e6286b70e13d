"""Sizes: a small file must not describe an enormous model."""

from __future__ import annotations

from rpmsim.model.number import numbers_in
from rpmsim.model.plan import Model
from rpmsim.scenario.assemble.place import Place

MOST_CLASSES = 5_000
MOST_CELLS = 200_000
MOST_HEADS = 20_000
MOST_PARAMETERS = 2_000
MOST_OPENING = 1e9


def classes_are_few(model: Model, place: Place) -> bool:
    """Whether there are few enough classes, and pairs of a stage and a class, to look at each of them."""
    content = model.content
    sizes = (
        len(content.channels),
        len(content.segments),
        max(len(model.grades), 1),
        model.max_returns + 1,
        max(len(model.bands), 1),
    )
    classes = 1
    for size in sizes:
        classes *= size
    if classes > MOST_CLASSES:
        text = " x ".join(str(size) for size in sizes)
        place.error(
            ("channels",),
            f"{classes:,} classes of leads (channels x segments x grades x returns x bands: {text})",
            f"at most {MOST_CLASSES:,}: combine channels or segments",
        )
        return False
    if classes * len(content.stages) > MOST_CELLS:
        place.error(
            ("stages",),
            f"{len(content.stages)} stages and {classes:,} classes",
            f"at most {MOST_CELLS:,} pairs of a stage and a class",
        )
        return False
    return True


def check_sizes(model: Model, place: Place) -> None:
    """People, ranges and what is there at the start are of this world."""
    for role in model.content.roles:
        heads = (
            max(role.heads.mid, role.heads.high or 0.0)
            + len(role.team)
            + sum(max(number.mid, number.high or 0.0) for _, number in role.hires)
        )
        if heads > MOST_HEADS:
            place.error(("roles", role.name), f"{heads:,.0f} people", f"at most {MOST_HEADS:,} in a role")
    names = {number.name for number in numbers_in((model.content, model.changes)) if number.ranged}
    if len(names) > MOST_PARAMETERS:
        place.error((), f"{len(names):,} ranges", f"at most {MOST_PARAMETERS:,}: replace most ranges by single numbers")
    if sum(item.count for item in model.opening) > MOST_OPENING:
        place.error(("opening",), "more than a billion leads at the start", "check the counts")
