"""Dated changes: each one's statements on top of all that came before it."""

from __future__ import annotations

from rpmsim.scenario.language.scenario import CONTENT
from rpmsim.scenario.merge import apply_statements
from rpmsim.scenario.statements import Statement
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Mapping, Mark, Node, Path, Scalar, dotted
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.maps import Named, Record

CONTENT_TREE = Record("the content", CONTENT)


def content_tree(tree: Mapping) -> Mapping:
    """The part of a tree that changes may touch."""
    items = {key: node for key, node in tree.items.items() if key in CONTENT}
    return Mapping(items, {key: tree.marks[key] for key in items}, tree.mark).copy()


def overlay(
    before: Mapping, name: str, statements: dict[str, Node], marks: dict[str, Mark], complaints: Complaints
) -> Mapping:
    """The content tree from a change's day on."""
    prefix = ("changes", name)
    listed = []
    for key, node in statements.items():
        path = tuple(key.split("."))
        if len(path) < 2:
            complaints.error(
                marks[key], (*prefix, key), "a change without a path", "state what changes: `segments.smb.amount: +5%`"
            )
            continue
        if _may_change(path, node, before, marks[key], prefix, complaints):
            listed.append(Statement(path, node, (marks[key],) * len(path), (*prefix, *path)))
    return apply_statements(before, listed, CONTENT_TREE, complaints)


def _may_change(path: Path, node: Node, before: Mapping, mark: Mark, prefix: Path, complaints: Complaints) -> bool:
    """Whether a date may change the place: names and the shape of the graph hold for the whole run."""
    type_: Type | None = CONTENT_TREE
    tree: Node | None = before
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(type_, Record) and key in type_.fields and not type_.fields[key].dated:
            complaints.error(mark, (*prefix, dotted(path)), f"`{key}` cannot change by date", _instead(key))
            return False
        if isinstance(type_, Named) and isinstance(type_.inner, Record) and key != "*":
            known = isinstance(tree, Mapping) and key in tree.items
            if not known and not (type_.noun == "stages" and key in ("won", "lost")):
                close = nearest(key, tree.items) if isinstance(tree, Mapping) else ""
                complaints.error(
                    mark,
                    (*prefix, dotted(path)),
                    f"`{key}` does not exist before the change",
                    (f"{close} Otherwise " if close.startswith("did you mean") else "")
                    + "declare it above (such as an outcome with `share: 0%`), and set its numbers in the change",
                )
                return False
            if last and isinstance(node, Scalar) and node.is_null:
                complaints.error(
                    mark, (*prefix, dotted(path)), f"`{key}` cannot be deleted by date", "set its share or rate to 0"
                )
                return False
        tree = tree.items.get(key) if isinstance(tree, Mapping) and key != "*" else None if key != "*" else _any(tree)
        type_ = type_.step(key) if type_ else None
    return True


def _any(tree: Node | None) -> Node | None:
    """All that stands under the names of a map, taken together."""
    merged = Mapping({}, {}, Mark("", 0, 0))
    if isinstance(tree, Mapping):
        for node in tree.items.values():
            if isinstance(node, Mapping):
                for key, item in node.items.items():
                    merged.put(key, item, node.marks[key])
    return merged


def _instead(key: str) -> str:
    if key in ("heads", "tenure", "team", "hires", "departures"):
        return (
            "people come with `hires` and go with `departures`, which have their own dates, or with `leaves` or `end`"
        )
    return "it holds for the whole run; model the new state as another stage, channel or role"
