"""A checked scenario: the model, where each value came from, and one text that repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from rpmsim.model.plan import Model
from rpmsim.scenario.emit import emit
from rpmsim.scenario.frozen import Frozen, inputs
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.posterior_file import PosteriorFile
from rpmsim.text.nodes import Mapping, Node, Path, Scalar, Step, dotted
from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.maps import Named
from rpmsim.text.source import SourceFile


@dataclass(frozen=True)
class Leaf:
    """One value of the resolved scenario.

    Parameters
    ----------
    path : str
        Where it stands, such as ``stages.mql.to.won.share``.
    text : str
        The value after all relative steps, as text.
    file, line : str, int or None
        Where it was written last; no line for an override.
    chain : tuple of Step
        For a relative value, what was written, oldest first; else empty.
    owner, source, date, note : str
        History of the assumption, from the nearest map around it that states it.
    """

    path: str
    text: str
    file: str
    line: int | None
    chain: tuple[Step, ...] = ()
    owner: str = ""
    source: str = ""
    date: str = ""
    note: str = ""


@dataclass(frozen=True, repr=False)
class Scenario:
    """A scenario that was read and checked.

    Parameters
    ----------
    model : Model
        What it means.
    tree : Mapping
        The resolved tree, each scalar with its origin.
    path : path or None
        The file; None for a text on its own.
    files : tuple of SourceFile
        Every file that was read, the farthest ancestor first, with its SHA-256.
    overrides : dict of str to str
        What was set on the command line.
    warnings : list of str
        What is not wrong, but surely not meant.
    frozen : Frozen or None
        What the file says of itself if it is a frozen scenario.
    posterior : PosteriorFile or None
        The joint parameter draws that it names.
    """

    model: Model
    tree: Mapping
    path: FilePath | None = None
    files: tuple[SourceFile, ...] = ()
    overrides: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    frozen: Frozen | None = None
    posterior: PosteriorFile | None = None

    def __repr__(self) -> str:
        """Say in a line what it is; everything in it would fill many screens."""
        where = f" from {self.path}" if self.path else ""
        changed = f", {len(self.overrides)} set" if self.overrides else ""
        return f"<Scenario {self.model!r}{where}{changed}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self.model.name

    @property
    def status(self) -> str:
        """Where it stands (draft, approved), or an empty text."""
        return self._top("status")

    @property
    def approved_by(self) -> str:
        """Who approved it, or an empty text."""
        return self._top("approved_by")

    def _top(self, key: str) -> str:
        node = self.tree.items.get(key)
        return node.text if isinstance(node, Scalar) else ""

    @property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of every file read, by its path from the scenario's folder; of a frozen one, of its sources."""
        if self.frozen is not None:
            return dict(self.frozen.files)
        return inputs({file.path: file.sha256 for file in self.files}, self.path)

    def place_of(self, path: Path) -> tuple[str, int | None, int | None]:
        """File, line and column at which a value, or the nearest map around it, was written last."""
        node: Node = self.tree
        mark = node.mark
        for key in path:
            if not isinstance(node, Mapping) or key not in node.items:
                break
            mark, node = node.marks.get(key, node.items[key].mark), node.items[key]
        return mark.file or str(self.path or ""), mark.line or None, mark.column or None

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its origin and history, in the order of the file."""
        yield from _leaves(self.tree, SCENARIO, (), {})

    def resolved_text(self, posterior: str = "") -> str:
        """One YAML text from which the same model loads, without any other file than its posterior.

        ``posterior`` is the name of that file, where it is not to be the scenario's own.
        """
        tree = self.tree
        if posterior and self.posterior is not None:
            tree = tree.copy()
            node = tree.items["posterior"]
            assert isinstance(node, Mapping)
            node.items["file"] = Scalar(posterior, node.mark)
        return emit(tree, self.model)


def _leaves(node: Node, type_: Type | None, path: Path, about: dict[str, str]) -> Iterator[Leaf]:
    """The values of a tree; ``about`` is what the nearest maps around it say of them."""
    if isinstance(node, Scalar):
        yield Leaf(dotted(path), node.text, node.mark.file, node.mark.line or None, node.chain, **about)
        return
    items = node.items if isinstance(node, Mapping) else {str(i): item for i, item in enumerate(node.items)}
    said: dict[str, str] = {}
    if not isinstance(type_, Named):  # names of the file's own may be any words
        said = {word: item.text for word in PROVENANCE if isinstance(item := items.get(word), Scalar)}
    for key, item in items.items():
        if key not in said:
            yield from _leaves(item, type_.step(key) if type_ else None, (*path, key), about | said)
