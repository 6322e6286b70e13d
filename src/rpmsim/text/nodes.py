"""The tree of a file: every scalar is text and knows where it was written.

The same node types hold one file's tree and, after merging, the resolved tree; there a scalar also carries
the steps by which its value came about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str, ...]


class Mark(NamedTuple):
    """A position in a file, counted from 1; ``line`` is 0 where there is none (an override on the command line)."""

    file: str
    line: int
    column: int


class Step(NamedTuple):
    """One step in the history of a value: what was written, and where."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as text.

    Parameters
    ----------
    text : str
        As written; in the resolved tree, the value after all relative steps.
    mark : Mark
        Where it was written last.
    quoted : bool
        Whether it stood in quotes (then ``null`` is a word).
    written : Path
        Path under which it was written, with its wildcards; an alias has its anchor's.
        A range's parameter is named by it.
    layer : int
        Number of the layer that wrote it; 0 is the farthest ancestor.
    chain : tuple of Step
        Earlier steps, oldest first, if the value is relative.
    """

    text: str
    mark: Mark
    quoted: bool = False
    written: Path = ()
    layer: int = 0
    chain: tuple[Step, ...] = ()

    @property
    def is_null(self) -> bool:
        """Whether it says that something is to be deleted."""
        return not self.quoted and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(slots=True)
class Listing:
    """A list; it is replaced as a whole."""

    items: list[Node]
    mark: Mark


@dataclass(slots=True)
class Mapping:
    """A map with the positions of its keys; ``table`` where it is a table's, which a what-if replaces as a whole."""

    items: dict[str, Node]
    marks: dict[str, Mark]
    mark: Mark
    table: bool = False

    def copy(self) -> Mapping:
        """Copy the tree of maps; scalars and lists are shared, since nothing changes them."""
        items = {key: node.copy() if isinstance(node, Mapping) else node for key, node in self.items.items()}
        return Mapping(items, dict(self.marks), self.mark, self.table)

    def put(self, key: str, node: Node, mark: Mark) -> None:
        """Set a key; the position of its first statement stays its position."""
        self.items[key] = node
        self.marks.setdefault(key, mark)

    def drop(self, key: str) -> None:
        """Remove a key."""
        del self.items[key]
        del self.marks[key]


Node = Scalar | Listing | Mapping


def child(node: Node | None, key: str) -> Node | None:
    """The node under one key or index, or None."""
    if isinstance(node, Mapping):
        return node.items.get(key)
    if isinstance(node, Listing) and key.isdecimal() and int(key) < len(node.items):
        return node.items[int(key)]
    return None


def find(tree: Node | None, path: Path) -> Node | None:
    """The node at a path, or None."""
    for key in path:
        tree = child(tree, key)
    return tree


def mark_of(tree: Node, path: Path) -> Mark:
    """Position of the value at a path, or of the key of a map, or of the nearest ancestor that exists."""
    mark = tree.mark
    for key in path:
        inner = child(tree, key)
        if inner is None:
            return mark
        mark = tree.marks[key] if isinstance(tree, Mapping) else inner.mark
        tree = inner
    return tree.mark if isinstance(tree, Scalar) else mark


def scalars(tree: Node, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Every scalar with its path, in order."""
    if isinstance(tree, Scalar):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, node in tree.items.items():
            yield from scalars(node, (*path, key))
    else:
        for index, node in enumerate(tree.items):
            yield from scalars(node, (*path, str(index)))


def stamped(node: Node, path: Path, layer: int) -> Node:
    """Copy a tree, noting on every scalar the path under which it was written and the layer that wrote it."""
    if isinstance(node, Scalar):
        return Scalar(node.text, node.mark, node.quoted, node.written or path, layer, node.chain)
    if isinstance(node, Mapping):
        items = {key: stamped(item, (*path, key), layer) for key, item in node.items.items()}
        return Mapping(items, dict(node.marks), node.mark, node.table)
    return Listing([stamped(item, (*path, str(i)), layer) for i, item in enumerate(node.items)], node.mark)


def dotted(path: Path) -> str:
    """The path as people write it."""
    return ".".join(path)
