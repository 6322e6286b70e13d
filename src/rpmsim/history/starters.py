"""Mappings to begin with: that of a CRM's standard export, with the lines that fit the files at hand.

A line of a starter may end with conditions on the columns of its source's file, or of a file that they name:
``#? COLUMN`` keeps it unless the file is there without the column, ``#+ COLUMN`` only where the file is there with it,
and ``#- COLUMN`` only where it is not. A file that is not there yet is taken to be the standard export in one currency.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from rpmsim.errors import InputError
from rpmsim.history.found_files import find
from rpmsim.history.mapping import Location

_CONDITION = re.compile(r" +#([?+-]) ([^#]+?)(?= +#[?+-] |$)")
_FILE = re.compile(r"\bfile: (\w[^,}]*\.csv)")


def starter(system: str, folder: Path, stated: dict[str, str]) -> str:
    """The text of a mapping.

    Parameters
    ----------
    system : str
        Name of the CRM, in lower case.
    folder : path
        Where the export lies, or will lie.
    stated : dict of str to str
        Values of keys at the top.
    """
    text = files("rpmsim.history").joinpath("starter", f"{system}.yaml").read_text(encoding="utf-8")
    for key, value in stated.items():
        text = text.replace(f"{key}: {{{key}}}", f"{key}: {value}")
    headers: dict[str, tuple[str, ...] | None] = {}
    lines, file = [], ""
    for line in text.splitlines():
        named = _FILE.search(line)
        file = named[1] if named else file
        if all(_holds(mark, what, file, folder, headers) for mark, what in _CONDITION.findall(line)):
            lines.append(_CONDITION.sub("", line))
    return "\n".join(lines) + "\n"


def _holds(mark: str, what: str, file: str, folder: Path, headers: dict[str, tuple[str, ...] | None]) -> bool:
    """Whether a condition on a column, such as ``OwnerId`` or ``Opportunity.csv:Amount``, holds."""
    other, _, column = what.rpartition(":")
    file = other or file
    if file not in headers:
        headers[file] = _header(folder, file)
    header = headers[file]
    there = header is not None and column in header
    return there if mark == "+" else not there if mark == "-" else header is None or there


def _header(folder: Path, file: str) -> tuple[str, ...] | None:
    """Columns of a file; None where it is not there or cannot be read, which reading it will say."""
    try:
        found = find(Location(file, optional=True), folder, file)
    except (InputError, OSError):
        return None
    return found.header if found else None
