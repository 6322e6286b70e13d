"""Where a builder stands: the tree for positions, and where errors of meaning go."""

from __future__ import annotations

from dataclasses import dataclass

from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Path, Scalar, find, mark_of


@dataclass(frozen=True)
class Place:
    """A tree and the complaints about it.

    Parameters
    ----------
    prefix : Path
        What stands before the path in messages: the change in which the tree holds.
    """

    tree: Mapping
    complaints: Complaints
    prefix: Path = ()

    def older_than_start(self, path: Path) -> bool:
        """Whether a parent stated the value, and a what-if of it the start: then the start has moved on past it."""
        node, start = find(self.tree, path), self.tree.items.get("as_of")
        return isinstance(node, Scalar) and isinstance(start, Scalar) and node.layer < start.layer

    def error(self, path: Path, message: str, fix: str) -> None:
        """Report an error at the position of a path."""
        self.complaints.error(mark_of(self.tree, path), (*self.prefix, *path), message, fix)

    def warn(self, path: Path, message: str, fix: str) -> None:
        """Report a warning at the position of a path."""
        self.complaints.warn(mark_of(self.tree, path), (*self.prefix, *path), message, fix)
