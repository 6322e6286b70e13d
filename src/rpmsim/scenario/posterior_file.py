"""The posterior that a scenario names: found next to the scenario, checked, and held fast by its hash."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath

from rpmsim.errors import InputError
from rpmsim.posterior.contents import Posterior
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Node, Scalar
from rpmsim.text.source import SourceFile

KEY = "posterior"


@dataclass(frozen=True)
class PosteriorFile:
    """The posterior of a scenario: where the file lies, and what it holds."""

    path: FilePath
    contents: Posterior

    def copy_to(self, folder: FilePath, name: str = "") -> None:
        """Copy the file into a folder, under its own name or another one."""
        shutil.copyfile(self.path, folder / (name or self.path.name))


def place_posterior(tree: Mapping, folder: FilePath, root: FilePath, complaints: Complaints) -> None:
    """Write the name of the posterior as a path from the top scenario's folder, whatever file of it names one.

    Parameters
    ----------
    tree : Mapping
        Of one file; it is changed.
    folder, root : path
        Folder of that file, and of the top scenario, which holds all files.
    """
    node = tree.items.get(KEY)
    holder, key = (node, "file") if isinstance(node, Mapping) else (tree, KEY)
    name = holder.items.get(key)
    if not isinstance(name, Scalar) or name.is_null:
        return
    text = name.text.strip()
    if "\\" in text or FilePath(text).is_absolute() or text.startswith("~") or ":" in text:
        complaints.error(
            name.mark, KEY, f"`{text}` is not a relative path", "write it relative to this file's folder, with /"
        )
        holder.drop(key)
        return
    if not text:
        complaints.error(name.mark, KEY, "no file is named", "write `posterior: FILE.nc`")
        holder.drop(key)
        return
    real = FilePath(os.path.realpath(folder / text))
    if not real.is_relative_to(root):
        message = f"`{text}` is outside the folder of the scenario"
        complaints.error(name.mark, KEY, message, "move it to the folder of the scenario, or below")
        holder.drop(key)
        return
    placed = posixpath.normpath(os.path.relpath(folder / text, root).replace(os.sep, "/"))
    holder.items[key] = Scalar(placed, name.mark, name.quoted, name.written)


def read_posterior(
    resolved: Mapping, find: Callable[[str], tuple[FilePath, str] | None], complaints: Complaints
) -> tuple[PosteriorFile, SourceFile] | None:
    """Read the posterior of a resolved scenario, and note its hash in the tree.

    Parameters
    ----------
    find : callable
        Gives the file of a name, and how it is called in messages; None where there is no folder to look in.
    """
    node = resolved.items.get(KEY)
    if node is None:
        return None
    name, sealed = _stated(node)
    if name is None:
        return None
    found = find(name.text)
    if found is None:
        complaints.error(
            name.mark, KEY, f"the scenario needs the file {name.text}", "load the scenario from a file next to it"
        )
        return None
    path, label = found
    try:
        posterior = open_from(path, label)
    except InputError as error:
        for diagnostic in error.diagnostics:
            complaints.error(name.mark, KEY, f"{label} {diagnostic.message}", diagnostic.fix)
        return None
    if sealed is not None and sealed.text != posterior.sha256:
        complaints.error(
            sealed.mark,
            (KEY, "sha256"),
            f"{label} is not the file with which the scenario was frozen or run: its contents have changed",
            "restore the file, or name another one in a scenario that extends this one",
        )
        return None
    items: dict[str, Node] = {"file": name, "sha256": Scalar(posterior.sha256, name.mark)}
    resolved.items[KEY] = Mapping(items, dict.fromkeys(items, name.mark), name.mark)
    return PosteriorFile(path, posterior), SourceFile(label, posterior.sha256)


def open_from(path: FilePath, label: str) -> Posterior:
    """Read the file; its library is loaded only where a scenario has a posterior."""
    from rpmsim.posterior.reading import open_posterior

    return open_posterior(path, label)


def _stated(node: Node) -> tuple[Scalar | None, Scalar | None]:
    """The name of the file, and the hash that it must have where one was stated with that name or after it."""
    if isinstance(node, Scalar):
        return (None if node.is_null else node), None
    if not isinstance(node, Mapping):
        return None, None
    name, sealed = node.items.get("file"), node.items.get("sha256")
    if not isinstance(name, Scalar):
        return None, None
    if not isinstance(sealed, Scalar) or sealed.layer < name.layer:
        sealed = None
    return name, sealed
