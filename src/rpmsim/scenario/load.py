"""A scenario file and what it extends, to a checked scenario."""

from __future__ import annotations

import os
import posixpath
import warnings
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from rpmsim.display import plain
from rpmsim.errors import ScenarioWarning
from rpmsim.model.plan import Model
from rpmsim.posterior.contents import Posterior
from rpmsim.scenario.assemble.calendar import fiscal_calendar
from rpmsim.scenario.check import check
from rpmsim.scenario.file_tables import Tables
from rpmsim.scenario.frozen import check_seal, frozen_of
from rpmsim.scenario.language.scenario import NOT_INHERITED, SCENARIO
from rpmsim.scenario.merge import merge
from rpmsim.scenario.moved_start import carry_start
from rpmsim.scenario.newcomers import Newcomers
from rpmsim.scenario.overrides import split_settings
from rpmsim.scenario.passed_record import pass_record_on
from rpmsim.scenario.posterior_file import PosteriorFile, place_posterior, read_posterior
from rpmsim.scenario.scenario import Scenario
from rpmsim.text.complaints import Complaints
from rpmsim.text.file_kind import is_history
from rpmsim.text.nodes import Mapping, Mark, Node, Scalar
from rpmsim.text.source import SourceFile, read_text
from rpmsim.text.yaml_text import CONTROL, parse_yaml

MOST_PARENTS = 20
OVERRIDE = "--set"
_NOTHING = Mark("", 0, 0)


def load_scenario(
    path: str | os.PathLike[str], overrides: MappingType[str, object] | Iterable[str] | str | None = None
) -> Scenario:
    """Read a scenario file, with all that it extends.

    Parameters
    ----------
    path : str or path
        The file. What it extends lies in its folder, or below.
    overrides : mapping, or iterable of str, optional
        Values by path (``{"roles.sdr.heads": "+2"}``), or texts ``path=value`` as ``--set`` takes them; they follow the
        rules of a what-if and are applied one after the other.

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        With all errors of the overrides, or else of the text, of the form, of the meaning.

    Warns
    -----
    ScenarioWarning
        Of what is not wrong, but surely worth a look; also in ``Scenario.warnings``.

    Examples
    --------
    >>> base = rpmsim.load_scenario("scenarios/base.yaml")
    >>> more = rpmsim.load_scenario("scenarios/base.yaml", ["roles.sdr.heads=+2"])
    """
    settings = split_settings(overrides)
    complaints = Complaints()
    top = FilePath(path)
    tables = Tables(FilePath(os.path.realpath(top.parent)), complaints)
    chain = _read_chain(top, str(path), tables, complaints)
    extras = _override_trees(settings, complaints)
    for extra in extras:
        tables.place(extra, SCENARIO, top.parent, posixpath.dirname(str(path)))
        place_posterior(extra, top.parent, FilePath(os.path.realpath(top.parent)), complaints)
    complaints.raise_if_any()
    files = [source for _, sources in chain for source in sources] + tables.take_sources()
    home = _Home(top.parent, posixpath.dirname(str(path)))
    model, tree = _finish([tree for tree, _ in chain], extras, top.stem, home, complaints)
    tables.report_people_left_out(role.name for role in model.content.roles)
    frozen = frozen_of(_without_seal(tree))
    files += home.sources
    return _warned(Scenario(model, tree, top, tuple(files), settings, complaints.warnings, frozen, home.posterior))


def load_scenario_text(text: str, name: str = "scenario", posterior: str | os.PathLike[str] | None = None) -> Scenario:
    """Read a scenario from its resolved text, which needs no other file than its posterior.

    Parameters
    ----------
    text : str
        As :meth:`Scenario.resolved_text` gives it.
    name : str
        Stands for the file in messages, and for the scenario's name if the text states none.
    posterior : path, optional
        The posterior file, if the text names one.

    Raises
    ------
    InputError
        If the text is wrong.
    """
    complaints = Complaints()
    tree = parse_yaml(text, name, complaints)
    if tree is not None:
        check_seal(text, tree, complaints)
    if tree is not None and "extends" in tree.items:
        complaints.error(
            tree.marks["extends"],
            "extends",
            "a scenario loaded from a text cannot extend a file",
            "load it from a file, or remove the line",
        )
    if tree is not None:
        tables = Tables(None, complaints)
        tables.calendar = fiscal_calendar([tree])
        tables.place(tree, SCENARIO, FilePath(), "")
    complaints.raise_if_any()
    assert tree is not None
    home = _Home(None, "", None if posterior is None else FilePath(posterior))
    model, tree = _finish([tree], [], name, home, complaints)
    frozen = frozen_of(_without_seal(tree))
    return _warned(Scenario(model, tree, warnings=complaints.warnings, frozen=frozen, posterior=home.posterior))


@dataclass
class _Home:
    """Where a scenario lies, and what was read there: its folder, also as the user wrote it.

    ``beside`` is the posterior of a scenario that has no folder.
    """

    folder: FilePath | None
    shown: str
    beside: FilePath | None = None
    posterior: PosteriorFile | None = None
    sources: list[SourceFile] = field(default_factory=list)

    def read(self, resolved: Mapping, complaints: Complaints) -> Posterior | None:
        """Read the posterior that the scenario names."""
        read = read_posterior(resolved, self._find, complaints)
        if read is None:
            complaints.raise_if_any()  # without the file, every number in it would be an error of its own
            return None
        self.posterior, source = read
        self.sources.append(source)
        return self.posterior.contents

    def _find(self, name: str) -> tuple[FilePath, str] | None:
        """The posterior of a name, and how it is called in messages."""
        if self.folder is None:
            return None if self.beside is None else (self.beside, str(self.beside))
        return self.folder / name, posixpath.join(self.shown, name) if self.shown else name


def _warned(scenario: Scenario) -> Scenario:
    """Pass a scenario on to whoever called for it, with its warnings as Python's."""
    for text in scenario.warnings:
        warnings.warn(text, ScenarioWarning, stacklevel=3)
    return scenario


def _without_seal(tree: Mapping) -> Mapping | None:
    """Take the block ``frozen`` away: it is about the file, and not about the plan."""
    block = tree.items.get("frozen")
    if block is None:
        return None
    tree.drop("frozen")
    return block if isinstance(block, Mapping) else None


def _read_chain(
    top: FilePath, shown: str, tables: Tables, complaints: Complaints
) -> list[tuple[Mapping, list[SourceFile]]]:
    """The trees of the file and its ancestors, the farthest ancestor first."""
    read_files: list[tuple[Mapping, SourceFile, FilePath, str]] = []
    root = FilePath(os.path.realpath(top.parent))
    path, at = top, None
    seen: list[FilePath] = []
    while True:
        real = FilePath(os.path.realpath(path))
        if real in seen:
            complaints.error(
                at or Mark(shown, 0, 0),
                "extends",
                f"{shown} extends itself" + (" through other files" if len(seen) > 1 else ""),
                "break the cycle",
            )
            break
        seen.append(real)
        if len(seen) > MOST_PARENTS:
            complaints.error(
                at or Mark(shown, 0, 0),
                "extends",
                f"more than {MOST_PARENTS} files extend each other",
                "a few levels are enough",
            )
            break
        read = read_text(path, shown, complaints, at)
        tree = parse_yaml(read[0], shown, complaints) if read else None
        if read is None or tree is None:
            break
        if is_history(tree):
            fix = f"`rpmsim calibrate {shown}` makes a model of it, which is a scenario"
            complaints.error(
                at or Mark(shown, 0, 0), "", f"{shown if at else 'this'} is a history, not a scenario", fix
            )
            break
        check_seal(read[0], tree, complaints)
        read_files.append((tree, read[1], path.parent, posixpath.dirname(shown)))
        extends = tree.items.get("extends")
        if extends is None:
            break
        parent = _parent(extends, tree.marks["extends"], path, root, complaints)
        if parent is None:
            break
        assert isinstance(extends, Scalar)
        path, shown, at = parent, posixpath.join(posixpath.dirname(shown), extends.text), extends.mark
    tables.calendar = fiscal_calendar([tree for tree, *_ in read_files])
    chain = []
    for tree, source, folder, label in read_files:
        tables.place(tree, SCENARIO, folder, label)
        place_posterior(tree, folder, root, complaints)
        chain.append((tree, [source, *tables.take_sources()]))
    return chain[::-1]


def _parent(extends: Node, mark: Mark, child: FilePath, root: FilePath, complaints: Complaints) -> FilePath | None:
    """The file that is extended, if it may be."""
    if not isinstance(extends, Scalar) or extends.text.strip() == "":
        complaints.error(mark, "extends", "`extends` is not the name of a file", "write `extends: base.yaml`")
        return None
    text = extends.text
    if "\\" in text or text.startswith(("/", "~")) or ":" in text:
        complaints.error(
            extends.mark,
            "extends",
            f"`{text}` is not a relative path",
            "write it relative to this file's folder, with /: `extends: base.yaml`",
        )
        return None
    parent = child.parent / text
    if not FilePath(os.path.realpath(parent)).is_relative_to(root):
        complaints.error(
            extends.mark,
            "extends",
            f"`{text}` is outside the folder of the scenario",
            "a scenario extends files in its own folder or below; move it up, or move the parent next to it",
        )
        return None
    return parent


def _override_trees(overrides: dict[str, str], complaints: Complaints) -> list[Mapping]:
    trees = [_override_tree(path, value, complaints) for path, value in overrides.items()]
    return [tree for tree in trees if tree is not None]


def _override_tree(path: str, value: str, complaints: Complaints) -> Mapping | None:
    """An override as the tree of a what-if of one line."""
    mark = Mark(f"{OVERRIDE} {path}={value}"[:200], 0, 0)
    found = CONTROL.search(path + value)
    if found:
        complaints.error(mark, path, f"character {ord(found.group()):#04x} is not allowed there", "retype it")
        return None
    node: Node = Scalar(value, mark)
    if value.lstrip().startswith(("{", "[", '"', "'")):
        parsed = parse_yaml(f"value: {value}", mark.file, complaints)
        if parsed is None:
            return None
        node = parsed.items["value"]
    keys = path.split(".")
    if not all(keys):
        complaints.error(mark, path, "not a path", "write it as in a file, with dots: `roles.sdr.heads`")
        return None
    for key in reversed(keys):
        node = Mapping({key: node}, {key: mark}, mark)
    assert isinstance(node, Mapping)
    return node


def _finish(
    trees: list[Mapping], extras: list[Mapping], stem: str, home: _Home, complaints: Complaints
) -> tuple[Model, Mapping]:
    """Merge the files' trees and the overrides, in this order, and check the result."""
    resolved = Mapping({}, {}, trees[-1].mark)
    newcomers = Newcomers(complaints)
    for layer, tree in enumerate([*trees, *extras]):
        stated = tree
        if layer < len(trees):
            for key in NOT_INHERITED:
                if key in resolved.items:
                    resolved.drop(key)
            stated = Mapping({k: v for k, v in tree.items.items() if k != "extends"}, tree.marks, tree.mark)
        merged = merge(resolved, stated, SCENARIO, layer, complaints)
        newcomers.note(resolved, merged)
        resolved = merged
    newcomers.report(resolved)
    starts = [node if isinstance(node := tree.items.get("as_of"), Scalar) else None for tree in (*trees, *extras)]
    carry_start(resolved, starts, complaints)
    pass_record_on(resolved, len(starts) - 1)
    resolved.mark = trees[-1].mark
    if "name" not in resolved.items:
        resolved.put("name", Scalar(plain(stem), trees[-1].mark, quoted=True), trees[-1].mark)
    first = [key for key in NOT_INHERITED if key in resolved.items]
    resolved.items = {key: resolved.items[key] for key in dict.fromkeys((*first, *resolved.items))}
    return check(resolved, complaints, home.read(resolved, complaints)), resolved
