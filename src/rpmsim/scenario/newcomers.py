"""Names that a what-if, a dated change or ``--set`` brings in: meant as new, or one that is there misspelled.

A name is new if the plan then uses it, or if its definition is complete. A name that differs from a known one by a slip
of the pen is taken for new only where the definition also says so, by a key that nobody writes to change a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

from rpmsim.scenario.schema.reading import class_key
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar, find

MOST_COMPARED = 1_000
"""Names with which a new one is compared: lists of people may be long."""


@dataclass(frozen=True)
class _Section:
    """A map whose names are the scenario's own.

    Parameters
    ----------
    noun : str
    used : callable or None
        The names that the rest of a plan uses; None for things that need no use.
    complete : tuple of tuple of str
        Keys of which a definition has at least one set.
    says_new : tuple of str
        Keys that say of a name close to a known one that it is meant.
    """

    noun: str
    used: Callable[[Mapping], Iterator[str]] | None = None
    complete: tuple[tuple[str, ...], ...] = ()
    says_new: tuple[str, ...] = ("label",)


def _texts(node: Node | None) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _texts(item)
    elif node is not None:
        for item in node.items.values():
            yield from _texts(item)


def _each(tree: Node | None, *path: str) -> Iterator[Node]:
    """The nodes at a path in which `*` stands for every name."""
    if tree is None or not path:
        if tree is not None:
            yield tree
    elif path[0] != "*":
        yield from _each(find(tree, path[:1]), *path[1:])
    elif isinstance(tree, Mapping | Listing):
        for item in tree.items.values() if isinstance(tree, Mapping) else tree.items:
            yield from _each(item, *path[1:])


def _at(*places: str) -> Callable[[Mapping], Iterator[str]]:
    """Texts at places of a tree; keys of the maps there where a place ends in `keys`."""

    def names(tree: Mapping) -> Iterator[str]:
        for place in places:
            *path, last = place.split(".")
            for node in _each(tree, *path):
                if last == "keys":
                    yield from node.items if isinstance(node, Mapping) else ()
                else:
                    yield from _texts(find(node, (last,)))

    return names


SECTIONS: MappingType[Path, _Section] = {
    ("segments",): _Section("segment", _at("channels.*.mix.keys", "open.*.segment", "opening.*.*.segment")),
    ("channels",): _Section(
        "channel",
        complete=tuple(
            (*leads, key) for key in ("into", "mix", "kind", "label") for leads in (("leads",), ("current",))
        ),
    ),
    ("stages",): _Section(
        "stage",
        _at(
            "channels.*.into",
            "stages.*.to.keys",
            "stages.*.gives_up.to",
            "stages.*.timeout.to",
            "roles.*.leavers_items",
            "opening.keys",
            "open.*.stage",
        ),
    ),
    ("roles",): _Section("role", _at("stages.*.worked_by", "channels.*.made_by")),
    ("grades",): _Section("grade", _at("channels.*.grades.keys", "channels.*.grades.*.keys")),
    ("bands",): _Section("size band"),
    ("costs",): _Section("cost", says_new=("kind",)),
    ("changes",): _Section("dated change", complete=(("from",),), says_new=("from",)),
    ("calendar", "clocks"): _Section("clock", _at("stages.*.to.*.clock")),
    ("roles", "*", "team"): _Section("person", says_new=("start", "label")),
}


@dataclass
class Newcomers:
    """Gathers names while the layers of a scenario are merged, and says those that are not meant as new."""

    complaints: Complaints
    _seen: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def note(self, parent: Mapping, merged: Mapping) -> None:
        """Remember which names one layer has brought in, and which were there before."""
        for path in _places(merged):
            before, after = _names(parent, path), _names(merged, path)
            if before:
                for name in after:
                    if name not in before:
                        self._seen.setdefault((*path, name), before)

    def report(self, tree: Mapping) -> None:
        """Report names that are used nowhere, defined in part, or misspelled."""
        for path, known in self._seen.items():
            *above, name = path
            definition, container = find(tree, path), find(tree, tuple(above))
            section = _section(tuple(above))
            if section is None or definition is None or not isinstance(container, Mapping):
                continue
            still_there = [other for other in known if other in container.items]
            about = _wrong(section, name, definition, still_there, tree)
            if about:
                self.complaints.error(container.marks[name], path, *about)
            elif section.noun == "dated change" and (near := _near(name, still_there)):
                self.complaints.warn(
                    container.marks[name],
                    path,
                    f"a separate change in addition to the parent's `{near}`: both apply",
                    f"to change the parent's, write `changes.{near}`; otherwise give this one another name",
                )


def stranger(path: Path, tree: Mapping) -> tuple[str, str] | None:
    """What to answer where a path names something that a tree does not have: message and fix; None if it has it."""
    for depth in range(1, len(path)):
        section = _section(path[:depth])
        known = _names(tree, path[:depth])
        if section is not None and known and path[depth] not in known:
            return f"there is no {section.noun} `{path[depth]}`", nearest(path[depth], known)
    return None


def _section(path: Path) -> _Section | None:
    """The section at a path, if there is one."""
    return SECTIONS.get((path[0], "*", *path[2:]) if path[0] == "roles" and len(path) > 1 else path)


def _places(tree: Mapping) -> Iterator[Path]:
    for path in SECTIONS:
        if "*" in path:
            yield from ((path[0], name, path[2]) for name in _names(tree, path[:1]))
        else:
            yield path


def _names(tree: Mapping, path: Path) -> tuple[str, ...]:
    node = find(tree, path)
    return tuple(node.items) if isinstance(node, Mapping) else ()


def _wrong(section: _Section, name: str, definition: Node, known: list[str], tree: Mapping) -> tuple[str, str] | None:
    """What is wrong with a name that a layer brings in, and the fix; None if it is new."""
    keys = set(definition.items) if isinstance(definition, Mapping) else set()
    near = _near(name, known)
    if section.used is not None:
        if name in {class_key(used)[1] for used in section.used(tree)} or (
            section.noun == "stage" and name in ("won", "lost")
        ):
            return None
        return f"there is no {section.noun} `{name}`, and nothing refers to it", nearest(name, known)
    if section.complete and not any(keys.issuperset(needed) for needed in section.complete):
        needed = " and ".join(f"`{key}`" for key in section.complete[0])
        close = nearest(name, known)
        fix = f"{close.removesuffix('?')}{'?' if close.endswith('?') else '.'} A new one needs {needed}"
        return f"there is no {section.noun} `{name}`", fix
    if near is not None and not keys.intersection(section.says_new):
        said = " or ".join(f"`{key}`" for key in section.says_new)
        return f"there is no {section.noun} `{name}`", f"did you mean `{near}`? If it is new, state its {said}"
    return None


def _near(name: str, known: list[str]) -> str | None:
    """The known name of which another one is probably a misspelling."""
    return next((other for other in known[:MOST_COMPARED] if slip(name, other)), None)


def slip(name: str, other: str) -> bool:
    """Whether one name is probably the other with a slip: one letter more, less, changed or swapped; two in long ones.

    Names that differ in a number, or of which one is the other and a further word, are two names.
    """
    if re.sub(r"\d+", "", name) == re.sub(r"\d+", "", other) and name.strip("_") != other.strip("_"):
        return False
    if any(one.startswith(f"{two}_") or one.endswith(f"_{two}") for one, two in ((name, other), (other, name))):
        return False
    most = 0 if max(len(name), len(other)) < 4 else 1 if max(len(name), len(other)) < 8 else 2
    if abs(len(name) - len(other)) > most:
        return False
    return name.replace("_", "") == other.replace("_", "") or _edits(name, other) <= most


def _edits(one: str, two: str) -> int:
    """Letters added, taken away, changed, or swapped with the next, from one word to the other."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
