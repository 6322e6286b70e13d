"""What every type of the language has in common: reading a node, and what reading gathers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar

NAME = re.compile(r"[a-z0-9_]{1,64}")
PROVENANCE = ("owner", "source", "date", "note")


@dataclass
class Reading:
    """What reading one tree gathers: errors of form, and errors of meaning."""

    form: Complaints
    meaning: Complaints


class Type:
    """What may stand at a place."""

    noun: str
    table: str = ""
    """How the rows of a table in a file stand for it; empty where none may."""

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read the node; an error gives None."""
        raise NotImplementedError

    def step(self, key: str) -> Type | None:
        """The type under a key, or None."""
        return None

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The types of which this one is made, each with the keys that lead to it."""
        return ()

    def _refuse(self, node: Node, path: Path, reading: Reading) -> None:
        """Report that the node has the wrong form; the value of an error is None."""
        if isinstance(node, Scalar) and node.text.endswith((".csv", ".xlsx")):
            reading.form.error(
                node.mark,
                path,
                f"`{node.text}`: a table in a file is not allowed here",
                f"write it inline: {self.hint()}",
            )
            return
        form = "a list" if isinstance(node, Listing) else "a map" if isinstance(node, Mapping) else f"`{node.text}`"
        reading.form.error(node.mark, path, f"expected {self.noun}, not {form}", f"write {self.hint()}")

    def hint(self) -> str:
        """What to write instead, for messages."""
        return self.noun

    def brief(self) -> str:
        """What may stand there in a few words, for the reference."""
        return self._brief() + (" or a table" if self.table else "")

    def _brief(self) -> str:
        return self.noun
