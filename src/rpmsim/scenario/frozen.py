"""Frozen scenarios: one text that needs no other file, sealed by the hash of itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rpmsim import __version__
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Scalar

_SEAL = re.compile(r"^  sha256: ([0-9a-f]{64})\n", re.MULTILINE)
_HEAD = """\
# A frozen scenario: everything that a run needs, in one file. Do not edit it, or the seal breaks. Write a scenario that
# extends it, or use --set. `rpmsim run` uses the settings of the run in this file unless others are given.
"""


@dataclass(frozen=True)
class Frozen:
    """What a frozen scenario says of itself.

    Parameters
    ----------
    run : mapping
        ``replications``, ``seed``, ``draws`` and ``keep``, as far as they are stated.
    files : mapping of str to str
        SHA-256 of each file that was read, by its path from the scenario's folder.
    """

    run: MappingType[str, Any] = field(default_factory=dict)
    files: MappingType[str, str] = field(default_factory=dict)


def frozen_text(
    resolved: str, run: MappingType[str, Any], files: MappingType[str, str], overrides: MappingType[str, str]
) -> str:
    """Seal a resolved text.

    Parameters
    ----------
    resolved : str
        As :meth:`rpmsim.scenario.Scenario.resolved_text` gives it.
    run : mapping
        Settings of the run; None is left out.
    files, overrides : mapping of str to str
        Hash of each file that was read, and what was set on the command line.

    Returns
    -------
    str
        A scenario file.
    """
    lines = [
        "frozen:",
        "  sha256: ",
        f"  version: {__version__}",
        f"  at: {dt.datetime.now(dt.UTC).isoformat(timespec='seconds')!r}",
        *(f"  {key}: {value}" for key, value in run.items() if value is not None),
        *_pairs("files", ("file", "sha256"), files),
        *_pairs("set", ("path", "value"), overrides),
    ]
    text = _HEAD + "\n".join(lines) + "\n" + resolved
    unsealed = text.replace("  sha256: \n", "", 1)
    return text.replace("  sha256: \n", f"  sha256: {_hash(unsealed)}\n", 1)


def _pairs(key: str, names: tuple[str, str], pairs: MappingType[str, str]) -> list[str]:
    """A list of small maps: as keys, the dots of file names and paths would be taken for levels."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    rows = [f"    - {{{names[0]}: {quoted(one)}, {names[1]}: {quoted(other)}}}" for one, other in pairs.items()]
    return [f"  {key}:", *rows] if rows else []


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check_seal(text: str, tree: Mapping, complaints: Complaints) -> None:
    """Report where a frozen text is not as it was sealed."""
    block = tree.items.get("frozen")
    if block is None:
        return
    seal = _SEAL.search(text)
    if seal is None or seal[1] != _hash(text.replace(seal[0], "", 1)):
        complaints.error(
            tree.marks["frozen"],
            "frozen",
            "the file was changed after it was frozen",
            "use the original file, or remove the block `frozen` to make it an ordinary scenario",
        )


def frozen_of(block: Mapping | None) -> Frozen | None:
    """What the block ``frozen`` of a checked tree says; None where there is none."""
    if block is None:
        return None

    run: dict[str, Any] = {}
    for key in ("replications", "seed", "draws", "keep"):
        node = block.items.get(key)
        if isinstance(node, Scalar):
            run[key] = node.text if key == "keep" else int(node.text)
    rows = block.items.get("files")
    files = [row.items for row in rows.items if isinstance(row, Mapping)] if isinstance(rows, Listing) else []
    pairs = [(row.get("file"), row.get("sha256")) for row in files]
    return Frozen(run, {a.text: b.text for a, b in pairs if isinstance(a, Scalar) and isinstance(b, Scalar)})


def inputs(files: MappingType[str, str], scenario_file: str | os.PathLike[str] | None) -> dict[str, str]:
    """Hashes by the path from the scenario's folder, so that they do not depend on where one stands."""
    folder = Path(scenario_file).absolute().parent if scenario_file is not None else Path.cwd()
    return {os.path.relpath(Path(path).absolute(), folder).replace(os.sep, "/"): hash_ for path, hash_ in files.items()}
